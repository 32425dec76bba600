use std::time::Duration;

use chrono::TimeDelta;
use sea_orm::DbErr;
use shared::process::Lifecycle;

use super::App;
use crate::{domain::Derived, store};

/// What happened on a day is mostly on record so long after its end. What comes later takes away the standings that it is missing in, and
/// they are made again.
const LATE: TimeDelta = TimeDelta::hours(1);

/// How often is looked whether another day is over.
const LOOK: Duration = Duration::from_secs(60);

impl App {
    /// Adds up who caused how much by the end of each day, for as long as the process lives; any number of replicas may.
    pub fn keep_standings(&self, lifecycle: &Lifecycle) {
        let (app, stop) = (self.clone(), lifecycle.halting());
        lifecycle.spawn("audit standings", async move {
            while !stop.is_cancelled() {
                match app.advance_standings().await {
                    Ok(true) => continue,
                    Ok(false) => {}
                    Err(error) => {
                        tracing::warn!(%error, "who caused how much could not be added up; it is tried again")
                    }
                }
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = tokio::time::sleep(LOOK) => {}
                }
            }
            Ok(())
        });
    }

    /// One day more; whether one was over that had not been added up.
    pub(super) async fn advance_standings(&self) -> Result<bool, DbErr> {
        let tx = self.db.background().begin().await?;
        // Whoever counts waits.
        store::lock_head(&tx).await?;
        // Whoever counts anew begins with the oldest days.
        let anew = store::rebuilds(&*tx).await?;
        if anew.iter().any(|it| it.derived == Derived::Metrics && it.finished_at.is_none()) {
            return Ok(false);
        }
        let advanced = store::standings::advance(&tx, self.clock.now() - LATE).await?;
        tx.commit().await?;
        Ok(advanced)
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use shared::{events::UserDeleted, ids::UserId, testing::World};

    use super::*;
    use crate::domain::Draft;

    #[tokio::test(flavor = "multi_thread")]
    async fn a_day_is_added_up_an_hour_after_its_end_and_none_while_all_is_counted_anew() {
        let world = World::at("2026-03-01T08:00:00Z".parse().unwrap()).await;
        let app = App::of(&world).await;
        let advance = async || app.advance_standings().await.unwrap();
        assert!(!advance().await, "nothing has happened yet");
        let user_id = UserId::at(world.clock().now());
        let event = world.envelope(&UserDeleted { user_id }, 1, Some(user_id));
        let tx = app.db.begin().await.unwrap();
        app.recorder().record(&tx, &[&Draft::of(&event).unwrap()], world.clock().now()).await.unwrap();
        tx.commit().await.unwrap();

        world.clock().advance(TimeDelta::minutes(16 * 60 + 59));
        assert!(!advance().await, "the day is not over");
        world.clock().advance(TimeDelta::minutes(1));
        app.rebuild(Derived::Metrics).await.unwrap();
        assert!(!advance().await, "it may not be counted to its end");
        while app.rebuilds().await.unwrap().iter().any(|it| it.finished_at.is_none()) {
            app.rebuild_some().await.unwrap();
        }
        assert_eq!(
            [advance().await, advance().await, advance().await],
            [true, true, false],
            "its beginning, its end"
        );
    }
}

use chrono::TimeDelta;
use sea_orm::DbErr;

use super::App;
use crate::{domain::Derived, store};

/// What happened on a day is mostly on record so long after its end. What comes later takes away the standings that it is missing in, and
/// they are made again.
const LATE: TimeDelta = TimeDelta::hours(1);

impl App {
    /// One day more; whether one was over that had not been added up.
    pub(super) async fn advance_standings(&self) -> Result<bool, DbErr> {
        let (db, over) = (self.db.background(), self.clock.now() - LATE);
        if store::standings::next_day(db.conn(), over).await?.is_none() {
            return Ok(false);
        }
        let tx = db.begin().await?;
        // Whoever counts waits.
        store::lock_head(&tx).await?;
        // Whoever counts anew begins with the oldest days.
        let anew = store::rebuilds(&*tx).await?;
        if anew.iter().any(|it| it.derived == Derived::Metrics && it.finished_at.is_none()) {
            return Ok(false);
        }
        let advanced = store::standings::advance(&tx, over).await?;
        tx.commit().await?;
        Ok(advanced)
    }
}

#[cfg(test)]
mod tests {
    use sea_orm::ConnectionTrait;
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

        // The release before counts on without them, and this one starts again.
        let kept = async || {
            let rows =
                app.db.conn().query_all_raw(app.db.sql("SELECT until FROM standings", [])).await.unwrap();
            rows.len()
        };
        app.found().await.unwrap();
        assert_eq!(kept().await, 2);
        let behind = "UPDATE metrics SET count = count + 1 WHERE dimension = 'user'";
        app.db.run(behind, []).await.unwrap();
        app.found().await.unwrap();
        assert_eq!(kept().await, 0);
    }
}

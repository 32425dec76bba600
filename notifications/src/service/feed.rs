use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use shared::{
    auth::Caller,
    db::{Db, Tx},
    ids::UserId,
    live::{Follower, Next},
    process::Lifecycle,
};
use tokio::sync::{Notify, watch};

use super::{App, Line};
use crate::{error::Error, store::feeds};

/// How often the ends of the followed lists are looked up, for what other replicas wrote down.
const POLL: Duration = Duration::from_millis(500);
/// How many notifications a follower is handed at a time.
const BATCH: u64 = 100;
/// How many streams one person may have open: a browser's tabs. One more, and the oldest ends: it may well be of a tab that
/// is long gone, which shows only when something is written to it.
const STREAMS_EACH: u64 = 20;

/// The live ends of people's lists: one question finds what is new for all who follow theirs here.
#[derive(Clone)]
pub(super) struct Feeds(Arc<Inner>);

struct Inner {
    written: Arc<Notify>,
    seats: Mutex<HashMap<UserId, Arc<Seat>>>,
    open: AtomicUsize,
    limit: usize,
}

/// One person's live end, shared by all their streams.
struct Seat {
    end: watch::Sender<i64>,
    joined: AtomicU64,
}

impl Feeds {
    pub(super) fn new(limit: usize) -> Self {
        Self(Arc::new(Inner {
            written: Arc::new(Notify::new()),
            seats: Mutex::default(),
            open: AtomicUsize::new(0),
            limit,
        }))
    }

    pub(super) fn wake_after(&self, tx: &Tx) {
        tx.wake_after_commit(&self.0.written);
    }

    /// A place, and its number among all that this person has taken.
    fn join(&self, person: UserId) -> Result<(Arc<Seat>, u64), Error> {
        if self.0.open.load(Ordering::Relaxed) >= self.0.limit {
            return Err(Error::TooManyStreams);
        }
        self.0.open.fetch_add(1, Ordering::Relaxed);
        let seat = self.seats().entry(person).or_insert_with(Seat::new).clone();
        let number = seat.joined.fetch_add(1, Ordering::Relaxed);
        Ok((seat, number))
    }

    /// Those who follow their list; whoever has gone is forgotten here.
    fn followers(&self) -> Vec<UserId> {
        let mut seats = self.seats();
        seats.retain(|_, seat| Arc::strong_count(seat) > 1);
        seats.keys().copied().collect()
    }

    fn tell(&self, found: HashMap<UserId, i64>) {
        let seats = self.seats();
        for (person, place) in found {
            if let Some(seat) = seats.get(&person) {
                seat.end.send_if_modified(|known| std::mem::replace(known, place) != place);
            }
        }
    }

    fn seats(&self) -> MutexGuard<'_, HashMap<UserId, Arc<Seat>>> {
        self.0.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat {
    fn new() -> Arc<Self> {
        Arc::new(Self { end: watch::Sender::new(0), joined: AtomicU64::new(0) })
    }
}

/// What is new for a follower.
#[derive(Debug)]
pub enum News {
    /// These notifications, in order, each with its place.
    Lines(Vec<(i64, Line)>),
    /// Where the list ends: what comes is behind it.
    From(i64),
}

/// Somebody who follows their list. Thousands do at a time, so it holds no more than it must.
pub struct Following {
    app: Arc<App>,
    owner: UserId,
    /// For the address that a name is made of, when nothing else is known.
    email: Box<str>,
    after: Option<i64>,
    seat: Arc<Seat>,
    number: u64,
    follower: Follower,
}

impl Drop for Following {
    fn drop(&mut self) {
        self.app.feeds.0.open.fetch_sub(1, Ordering::Relaxed);
    }
}

impl App {
    /// Follows the caller's list from behind a place, or from its end, for as long as the session lives.
    ///
    /// # Errors
    /// [`Error::TooManyStreams`].
    pub fn follow(self: Arc<Self>, caller: &Caller, after: Option<i64>) -> Result<Following, Error> {
        let (seat, number) = self.feeds.join(caller.user_id)?;
        Ok(Following {
            owner: caller.user_id,
            email: caller.email.as_str().into(),
            after,
            follower: self.live.follow(caller, seat.end.subscribe()),
            app: self,
            seat,
            number,
        })
    }

    /// Keeps those who follow their lists informed for as long as the process lives. While there are none it costs
    /// nothing.
    pub fn announce(&self, db: Db, lifecycle: &Lifecycle) {
        let (feeds, stop) = (self.feeds.clone(), lifecycle.halting());
        lifecycle.spawn("notification streams", async move {
            let mut followed = false;
            loop {
                tokio::select! {
                    () = stop.cancelled() => return Ok(()),
                    () = feeds.0.written.notified() => {}
                    () = tokio::time::sleep(POLL), if followed => {}
                }
                let followers = feeds.followers();
                followed = !followers.is_empty();
                match feeds::ends(db.conn(), &followers).await {
                    Ok(found) => feeds.tell(found),
                    // The followers wait; whoever reads gets the fault.
                    Err(error) => tracing::debug!(%error, "the ends of the lists are not known"),
                }
            }
        });
    }
}

impl Following {
    /// Waits for what comes next.
    ///
    /// # Errors
    /// When the database refuses; the client comes back with the last place that it knows.
    pub async fn next(&mut self) -> Result<Next<News>, Error> {
        let Self { app, owner, email, after, seat, number, follower } = self;
        // The announcer may be asleep since nobody followed until now.
        app.feeds.0.written.notify_one();
        follower
            .next(
                || seat.joined.load(Ordering::Relaxed) > *number + STREAMS_EACH,
                async || {
                    let Some(place) = *after else {
                        let end = feeds::end(app.db.conn(), *owner).await?;
                        *after = Some(end);
                        return Ok(Some(News::From(end)));
                    };
                    let found = feeds::after(app.db.conn(), *owner, place, BATCH).await?;
                    let Some((last, _)) = found.last() else { return Ok(None) };
                    *after = Some(*last);
                    let (language, name) = app.reader_of(*owner, email).await?;
                    let line = |(place, notification)| (place, app.line(notification, language, &name));
                    Ok(Some(News::Lines(found.into_iter().map(line).collect())))
                },
            )
            .await
    }
}

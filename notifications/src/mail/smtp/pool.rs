use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use futures_util::future::join_all;

use super::{server::Server, wire::Line};

/// For so long a connection is taken for good without a question: one a mail is a third of what there is to say.
const TRUSTED: Duration = Duration::from_secs(1);
/// After so long without a mail a connection is ended.
const KEPT: Duration = Duration::from_secs(60);

/// The connections that wait for the next mail. One that is taken and not given back is gone: whoever drops a conversation
/// half-way leaves nothing behind that a later mail could run into.
pub(super) struct Pool {
    server: Arc<Server>,
    most: usize,
    limit: Duration,
    idle: Mutex<Vec<(Line, Instant)>>,
}

impl Pool {
    /// Keeps `most` at most. A host that is not reached within `limit` is given up.
    pub(super) fn new(server: Arc<Server>, most: usize, limit: Duration) -> Self {
        Self { server, most, limit, idle: Mutex::default() }
    }

    /// A connection that is good as far as one can know: the one used last, or a new one.
    ///
    /// # Errors
    /// In words, when there is none to be had.
    pub(super) async fn take(&self) -> Result<Line, String> {
        while let Some((mut line, since)) = self.pop() {
            if line.is_over() {
                continue;
            }
            if since.elapsed() < TRUSTED || line.answers().await {
                return Ok(line);
            }
            // Where one is dead, the others may well be, and finding out takes time that a mail has not.
            break;
        }
        self.server.dial(self.limit).await
    }

    /// Gives back one whose conversation has come to its end.
    pub(super) fn put(&self, line: Line) {
        let mut idle = self.idle();
        if idle.len() < self.most {
            idle.push((line, Instant::now()));
        }
    }

    /// Ends those that have had nothing to do for long.
    pub(super) async fn tidy(&self) {
        self.end(|since| since.elapsed() >= KEPT).await;
    }

    /// Ends all.
    pub(super) async fn close(&self) {
        self.end(|_| true).await;
    }

    async fn end(&self, which: impl Fn(&Instant) -> bool) {
        let ended: Vec<_> = self.idle().extract_if(.., |(_, since)| which(since)).collect();
        join_all(ended.into_iter().map(|(line, _)| line.leave())).await;
    }

    fn pop(&self) -> Option<(Line, Instant)> {
        self.idle().pop()
    }

    fn idle(&self) -> MutexGuard<'_, Vec<(Line, Instant)>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::Arc, time::Duration};

    use super::{KEPT, Pool, TRUSTED};
    use crate::mail::smtp::{
        fake::{Encrypted, Fake},
        server::Server,
    };

    async fn pool() -> (Fake, Pool) {
        let fake = Fake::start(Encrypted::Never).await;
        let server = Server::parse(&format!("smtp://{}", fake.address)).unwrap();
        (fake, Pool::new(Arc::new(server), 2, Duration::from_secs(10)))
    }

    /// As if all had been idle for so long.
    fn age(pool: &Pool, by: Duration) {
        for (_, since) in pool.idle().iter_mut() {
            *since = since.checked_sub(by).unwrap();
        }
    }

    #[tokio::test]
    async fn the_one_used_last_is_taken_again_and_asked_only_after_a_pause() {
        let (fake, pool) = pool().await;
        for _ in 0..3 {
            let line = pool.take().await.unwrap();
            pool.put(line);
        }
        assert_eq!(fake.heard(0), ["EHLO"]);
        age(&pool, TRUSTED);
        let line = pool.take().await.unwrap();
        pool.put(line);
        assert_eq!(fake.heard(0), ["EHLO", "NOOP"]);
        assert_eq!(fake.conversations(), 1);
    }

    #[tokio::test]
    async fn what_is_dropped_is_not_taken_again() {
        let (fake, pool) = pool().await;
        let line = pool.take().await.unwrap();
        pool.put(line);
        drop(pool.take().await.unwrap());
        pool.take().await.unwrap();
        assert_eq!(fake.conversations(), 2);
    }

    #[tokio::test]
    async fn no_more_are_kept_than_wanted_and_none_for_longer_than_a_minute() {
        let (fake, pool) = pool().await;
        let lines = futures_util::future::try_join_all((0..3).map(|_| pool.take())).await.unwrap();
        lines.into_iter().for_each(|line| pool.put(line));
        assert_eq!(pool.idle().len(), 2);
        pool.tidy().await;
        assert_eq!(pool.idle().len(), 2);
        age(&pool, KEPT);
        pool.tidy().await;
        assert!(pool.idle().is_empty());
        let left = (0..3).filter(|number| fake.heard(*number).last().is_some_and(|verb| verb == "QUIT"));
        assert_eq!(left.count(), 2, "they take their leave");
    }

    #[tokio::test]
    async fn at_the_end_all_take_their_leave() {
        let (fake, pool) = pool().await;
        let line = pool.take().await.unwrap();
        pool.put(line);
        pool.close().await;
        assert_eq!(fake.heard(0), ["EHLO", "QUIT"]);
        assert!(pool.idle().is_empty());
    }
}

//! What lives once in an operating-system process (or once in a test): the clock, the tasks and how they end,
//! the local bus, the revoked sessions.

use std::collections::BTreeMap;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::auth::Revocations;
use crate::bus::LocalBus;
use crate::clock::Clock;
use crate::db::Db;

/// What the services of one process share, handed to each at its start.
#[derive(Clone)]
pub struct Process {
    /// The time.
    pub clock: Clock,
    /// The background tasks, the readiness and the stop.
    pub lifecycle: Lifecycle,
    /// Carries events between the services of this process when there is no NATS.
    pub local: LocalBus,
    /// The sessions that are refused from now on.
    pub revocations: Revocations,
}

impl Process {
    /// A process that has just started. To be called inside the tokio runtime that background tasks are to run on.
    pub fn new(clock: Clock) -> Self {
        Process {
            revocations: Revocations::new(clock.clone()),
            local: LocalBus::new(),
            lifecycle: Lifecycle::new(),
            clock,
        }
    }
}

/// A server that is away shall not hold up the end.
const CLOSED_WITHIN: Duration = Duration::from_secs(2);

/// The background tasks of a process, its readiness, and its stop in two phases.
///
/// Phase one ([`Lifecycle::begin_stop`]): not ready any more, HTTP takes nothing new and finishes what it has. Phase
/// two ([`Lifecycle::finish`]): the relay, the consumers and the workers finish what they hold. In this order, so that
/// what the last request wrote still leaves the house.
#[derive(Clone)]
pub struct Lifecycle(Arc<Inner>);

struct Inner {
    runtime: Handle,
    tasks: TaskTracker,
    /// Cancelled when the stop begins.
    stopping: CancellationToken,
    /// Cancelled when HTTP has drained.
    halting: CancellationToken,
    /// Cancelled when waiting is over: what still runs is dropped.
    forced: CancellationToken,
    running: Mutex<BTreeMap<u64, &'static str>>,
    next_task: AtomicU64,
    gates: Mutex<Vec<(&'static str, Arc<AtomicBool>)>>,
    failure: Mutex<Option<String>>,
    databases: Mutex<Vec<Db>>,
}

/// Something that must have happened once before the process is ready; made by [`Lifecycle::ready_gate`].
#[derive(Clone, Debug)]
pub struct ReadyGate(Arc<AtomicBool>);

impl ReadyGate {
    /// It has happened.
    pub fn open(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    /// Whether it has happened.
    pub fn is_open(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

impl Lifecycle {
    fn new() -> Self {
        Lifecycle(Arc::new(Inner {
            runtime: Handle::current(),
            tasks: TaskTracker::new(),
            stopping: CancellationToken::new(),
            halting: CancellationToken::new(),
            forced: CancellationToken::new(),
            running: Mutex::default(),
            next_task: AtomicU64::new(0),
            gates: Mutex::default(),
            failure: Mutex::default(),
            databases: Mutex::default(),
        }))
    }

    /// Runs a task for as long as the process lives, on the runtime of the process whatever thread asks. The task is
    /// to end, with `Ok`, when [`Lifecycle::halting`] is cancelled. If it ends before a stop has begun, fails or
    /// panics, that is logged and the process stops with a failure: half a process is worse than none.
    pub fn spawn(&self, name: &'static str, task: impl Future<Output = anyhow::Result<()>> + Send + 'static) {
        let number = self.0.next_task.fetch_add(1, Ordering::Relaxed);
        locked(&self.0.running).insert(number, name);
        let lifecycle = self.clone();
        let watched = async move {
            let ended = tokio::select! {
                biased;
                () = lifecycle.0.forced.cancelled() => Ok(Ok(())),
                ended = AssertUnwindSafe(task).catch_unwind() => ended,
            };
            locked(&lifecycle.0.running).remove(&number);
            match ended {
                Ok(Ok(())) if lifecycle.0.stopping.is_cancelled() => {}
                Ok(Ok(())) => lifecycle.fail(format!("The task “{name}” ended although nobody asked it to.")),
                Ok(Err(fault)) => lifecycle.fail(format!("The task “{name}” failed: {fault:#}")),
                Err(panic) => lifecycle.fail(format!("The task “{name}” panicked: {}", panic_text(&*panic))),
            }
        };
        self.0.tasks.spawn_on(watched, &self.0.runtime);
    }

    /// Logs a failure after which the process cannot go on, and begins the stop. The first one is kept.
    pub fn fail(&self, what: String) {
        tracing::error!("the process stops: {what}");
        locked(&self.0.failure).get_or_insert(what);
        self.begin_stop();
    }

    /// What went wrong, if the process stops because something did.
    pub fn failure(&self) -> Option<String> {
        locked(&self.0.failure).clone()
    }

    /// Phase one of the stop: readiness is off, HTTP drains. Asking twice is the same as once.
    pub fn begin_stop(&self) {
        self.0.stopping.cancel();
    }

    /// Cancelled when phase one begins. HTTP waits on it.
    pub fn stopping(&self) -> CancellationToken {
        self.0.stopping.clone()
    }

    /// Cancelled when phase two begins. Background tasks wait on it, finish what they hold, and return `Ok`.
    pub fn halting(&self) -> CancellationToken {
        self.0.halting.clone()
    }

    /// Phase two of the stop: lets the background tasks finish within `limit`, then drops those that still run.
    /// Fails when a task had died, or had to be dropped.
    pub async fn finish(&self, limit: Duration) -> anyhow::Result<()> {
        self.begin_stop();
        self.0.halting.cancel();
        self.0.tasks.close();
        if tokio::time::timeout(limit, self.0.tasks.wait()).await.is_err() {
            let mut names: Vec<&str> = locked(&self.0.running).values().copied().collect();
            names.sort_unstable();
            names.dedup();
            self.fail(format!("Still running {limit:?} after the stop, and dropped: {}.", names.join(", ")));
            self.0.forced.cancel();
            // A task that never awaits cannot be dropped; the end of the runtime takes it.
            let _ = tokio::time::timeout(Duration::from_millis(200), self.0.tasks.wait()).await;
        }
        let databases = std::mem::take(&mut *locked(&self.0.databases));
        for db in databases {
            // The last who had it is gone; SQLite folds its log back into the file.
            let _ = tokio::time::timeout(CLOSED_WITHIN, db.close()).await;
        }
        match self.failure() {
            Some(failure) => Err(anyhow::Error::msg(failure)),
            None => Ok(()),
        }
    }

    /// Closes a database when the last task has ended.
    pub fn close_at_the_end(&self, db: &Db) {
        locked(&self.0.databases).push(db.clone());
    }

    /// Holds readiness back until the gate is opened. `name` says what is waited for.
    pub fn ready_gate(&self, name: &'static str) -> ReadyGate {
        let open = Arc::new(AtomicBool::new(false));
        locked(&self.0.gates).push((name, open.clone()));
        ReadyGate(open)
    }

    /// The names of the gates that are still closed.
    pub fn waiting_for(&self) -> Vec<&'static str> {
        let gates = locked(&self.0.gates);
        gates.iter().filter(|(_, open)| !open.load(Ordering::SeqCst)).map(|(name, _)| *name).collect()
    }

    /// Whether requests may be sent here: every gate is open and no stop has begun.
    pub fn is_ready(&self) -> bool {
        !self.0.stopping.is_cancelled() && self.waiting_for().is_empty()
    }
}

/// A panic while one of these locks is held leaves the value whole, so poisoning is of no interest.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> &str {
    match (panic.downcast_ref::<&str>(), panic.downcast_ref::<String>()) {
        (Some(text), _) => text,
        (_, Some(text)) => text,
        _ => "(it left no message)",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOON: Duration = Duration::from_secs(5);

    #[tokio::test]
    async fn a_task_that_fails_stops_the_process_and_says_why() {
        let lifecycle = Lifecycle::new();
        lifecycle
            .spawn("relay", async { Err(anyhow::anyhow!("the database is gone").context("publishing")) });
        lifecycle.stopping().cancelled().await;
        let failure = lifecycle.finish(SOON).await.unwrap_err().to_string();
        assert_eq!(failure, "The task “relay” failed: publishing: the database is gone");
    }

    #[tokio::test]
    async fn a_task_that_panics_or_ends_early_stops_the_process() {
        let lifecycle = Lifecycle::new();
        lifecycle.spawn("worker", async { panic!("no such row") });
        lifecycle.stopping().cancelled().await;
        assert_eq!(lifecycle.failure().unwrap(), "The task “worker” panicked: no such row");

        let lifecycle = Lifecycle::new();
        lifecycle.spawn("worker", async { Ok(()) });
        lifecycle.stopping().cancelled().await;
        assert!(lifecycle.failure().unwrap().contains("ended although nobody asked"));
    }

    #[tokio::test]
    async fn tasks_finish_in_phase_two_and_not_before() {
        let lifecycle = Lifecycle::new();
        let (halting, done) = (lifecycle.halting(), Arc::new(AtomicBool::new(false)));
        let mark = done.clone();
        lifecycle.spawn("relay", async move {
            halting.cancelled().await;
            mark.store(true, Ordering::SeqCst);
            Ok(())
        });
        lifecycle.begin_stop();
        tokio::task::yield_now().await;
        assert!(!done.load(Ordering::SeqCst));
        lifecycle.finish(SOON).await.unwrap();
        assert!(done.load(Ordering::SeqCst));
    }

    #[tokio::test]
    async fn a_task_that_does_not_end_is_dropped_and_named() {
        let lifecycle = Lifecycle::new();
        lifecycle.spawn("stubborn", std::future::pending());
        let failure = lifecycle.finish(Duration::from_millis(10)).await.unwrap_err().to_string();
        assert!(failure.contains("stubborn"), "{failure}");
        assert!(lifecycle.0.tasks.is_empty());
    }

    #[tokio::test]
    async fn readiness_waits_for_every_gate_and_ends_with_the_stop() {
        let lifecycle = Lifecycle::new();
        let (keys, feed) = (lifecycle.ready_gate("signing keys"), lifecycle.ready_gate("revoked sessions"));
        keys.open();
        assert_eq!(lifecycle.waiting_for(), ["revoked sessions"]);
        assert!(!lifecycle.is_ready());
        feed.open();
        assert!(lifecycle.is_ready());
        lifecycle.begin_stop();
        assert!(!lifecycle.is_ready());
    }
}

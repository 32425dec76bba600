//! The HTTP workers. Each has a thread and a runtime of its own, and a connection is woken by the runtime that opened it: so what
//! keeps connections is there for each worker, and no answer wakes two threads.

use std::cell::Cell;

thread_local! {
    static WORKER: Cell<Option<usize>> = const { Cell::new(None) };
}

/// Says which of the workers this thread is, from 0 on.
pub(crate) fn work_as(worker: usize) {
    WORKER.set(Some(worker));
}

/// One for each worker, and one for all other threads. Where there are fewer than workers they are shared.
pub(crate) struct PerWorker<T> {
    workers: Vec<T>,
    others: T,
}

impl<T> PerWorker<T> {
    /// Of these: at least one for the workers, and one for the others.
    pub(crate) fn of(workers: Vec<T>, others: T) -> Self {
        assert!(!workers.is_empty(), "there is one at least");
        Self { workers, others }
    }

    /// This thread's.
    pub(crate) fn mine(&self) -> &T {
        match WORKER.get() {
            Some(worker) => &self.workers[worker % self.workers.len()],
            None => &self.others,
        }
    }

    /// Those of the workers.
    pub(crate) fn workers(&self) -> &[T] {
        &self.workers
    }

    /// The same of something else for each.
    #[cfg(feature = "blobs")]
    pub(crate) fn map<U>(&self, to: impl Fn(&T) -> U) -> PerWorker<U> {
        PerWorker { workers: self.workers.iter().map(&to).collect(), others: to(&self.others) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_worker_has_its_own_and_shares_where_there_are_too_few() {
        let two = PerWorker::of(vec!["first", "second"], "others");
        assert_eq!(*two.mine(), "others");
        let of = |worker| {
            std::thread::scope(|scope| {
                let thread = scope.spawn(|| {
                    work_as(worker);
                    *two.mine()
                });
                thread.join().unwrap()
            })
        };
        assert_eq!([0, 1, 2, 3].map(of), ["first", "second", "first", "second"]);
    }
}

//! The HTTP workers. Each has a thread and a runtime of its own, and a connection is woken by the runtime that opened it: so what
//! keeps connections is there for each worker, and no answer wakes two threads.

use std::cell::Cell;

thread_local! {
    static WORKER: Cell<usize> = const { Cell::new(0) };
}

/// Says which of the workers this thread is, from 0 on.
pub(crate) fn work_as(worker: usize) {
    WORKER.set(worker);
}

/// One for each worker. Where there are fewer they are shared, and a thread that is none uses the first.
pub(crate) struct PerWorker<T>(Vec<T>);

impl<T> PerWorker<T> {
    /// Of these, at least one.
    pub(crate) fn of(each: Vec<T>) -> Self {
        assert!(!each.is_empty(), "there is one at least");
        Self(each)
    }

    /// This thread's.
    pub(crate) fn mine(&self) -> &T {
        &self.0[WORKER.get() % self.0.len()]
    }

    /// All of them.
    pub(crate) fn all(&self) -> &[T] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_thread_has_its_own_and_shares_where_there_are_too_few() {
        let two = PerWorker::of(vec!["first", "second"]);
        assert_eq!(*two.mine(), "first");
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

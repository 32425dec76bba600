//! Ctrl-C and SIGTERM: the command in front is ended, and everything started before is stopped on the way out.

use std::sync::Arc;
use std::sync::atomic::{AtomicI32, AtomicUsize, Ordering};

use anyhow::Context;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

/// Somebody asked us to stop.
#[derive(Debug)]
pub struct Interrupted;

impl std::fmt::Display for Interrupted {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        to.write_str("interrupted; what was started has been stopped")
    }
}

impl std::error::Error for Interrupted {}

/// Whether to stop, and whom to tell.
#[derive(Clone)]
pub struct Stop(Arc<Inner>);

struct Inner {
    asked: AtomicUsize,
    /// The process in front, for `kill`: positive for a process, negative for a group, 0 for nobody.
    front: AtomicI32,
}

impl Stop {
    /// Listens from now on. A signal no longer ends this process by itself.
    pub fn listen() -> anyhow::Result<Stop> {
        let stop = Stop(Arc::new(Inner { asked: AtomicUsize::new(0), front: AtomicI32::new(0) }));
        let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP]).context("signals cannot be listened to")?;
        let told = stop.clone();
        std::thread::spawn(move || {
            for _ in signals.forever() {
                let before = told.0.asked.fetch_add(1, Ordering::SeqCst);
                // Whoever asks twice means it.
                told.forward(if before == 0 { libc::SIGTERM } else { libc::SIGKILL });
            }
        });
        Ok(stop)
    }

    /// Whether somebody asked us to stop.
    pub fn is_asked(&self) -> bool {
        self.0.asked.load(Ordering::SeqCst) > 0
    }

    /// An error once somebody has asked us to stop.
    pub fn check(&self) -> anyhow::Result<()> {
        if self.is_asked() { Err(Interrupted.into()) } else { Ok(()) }
    }

    /// What a fault means: after a signal everything fails, and the signal is the reason.
    pub fn explain(&self, fault: anyhow::Error) -> anyhow::Error {
        if self.is_asked() { Interrupted.into() } else { fault }
    }

    /// Passes signals on to this process (or, negative, to this group) until the guard is dropped.
    pub fn in_front(&self, process: i32) -> Front<'_> {
        self.0.front.store(process, Ordering::SeqCst);
        if self.is_asked() {
            self.forward(libc::SIGTERM);
        }
        Front(self)
    }

    fn forward(&self, signal: i32) {
        let front = self.0.front.load(Ordering::SeqCst);
        if front != 0 {
            send(front, signal);
        }
    }
}

/// As long as this lives, signals are passed on.
pub struct Front<'a>(&'a Stop);

impl Drop for Front<'_> {
    fn drop(&mut self) {
        self.0.0.front.store(0, Ordering::SeqCst);
    }
}

/// Sends a signal to a process of ours or, negative, to a group of ours. One that is gone already is no fault.
pub fn send(process: i32, signal: i32) {
    // SAFETY: `kill` touches no memory of ours; the id is that of a child that has not been waited for.
    unsafe {
        libc::kill(process, signal);
    }
}

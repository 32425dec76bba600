//! The allocator, asked to be modest. Only glibc's needs to be asked.

use std::time::Duration;

use crate::process::Lifecycle;

/// The first time soon after the start, which takes most.
const FIRST: Duration = Duration::from_secs(2);
const EVERY: Duration = Duration::from_secs(60);

/// Now and then what a burst took and nobody needs any more goes back to the system.
pub(super) fn upkeep(lifecycle: &Lifecycle) {
    let halting = lifecycle.halting();
    lifecycle.spawn("memory", async move {
        let mut due = tokio::time::interval_at(tokio::time::Instant::now() + FIRST, EVERY);
        loop {
            tokio::select! {
                () = halting.cancelled() => return Ok(()),
                _ = due.tick() => give_back(),
            }
        }
    });
}

/// At the start: threads share two arenas, instead of keeping one each that never shrinks.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub(super) fn share_arenas() {
    // SAFETY: `mallopt` only sets a number; no other thread runs yet.
    unsafe {
        libc::mallopt(libc::M_ARENA_MAX, 2);
    }
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn give_back() {
    // SAFETY: `malloc_trim` may be called at any time, from any thread.
    unsafe {
        libc::malloc_trim(0);
    }
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub(super) fn share_arenas() {}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn give_back() {}

//! What runs the helpdesk in containers: its files are sound, its settings are good, its users have the least rights. Docker is
//! not wanted for it. The servers that the environment names are used as the compose file sets them up; without them their part
//! is left out.

mod composed;
mod image;
mod proxy;
mod recipes;
mod rights;
mod secrets;
mod servers;
mod settings;
mod shape;
#[path = "../support/mod.rs"]
mod support;
mod whole;

use std::{
    io::Write,
    time::{Duration, Instant},
};

/// How long a condition may take to come true.
const PATIENCE: Duration = Duration::from_secs(60);

/// Waits until a condition holds, and fails the test when it does not come to.
async fn until<F: Future<Output = bool>>(what: &str, mut holds: impl FnMut() -> F) {
    let since = Instant::now();
    let mut looks = tokio::time::interval(Duration::from_millis(25));
    while !holds().await {
        assert!(since.elapsed() < PATIENCE, "waited {PATIENCE:?} in vain until {what}");
        looks.tick().await;
    }
}

fn left_out(wanted: &str) {
    // Not `eprintln!`, which the test harness swallows.
    let _ = writeln!(
        std::io::stderr(),
        "left out: containers on real servers ({wanted}; `cargo xtask test` runs it)"
    );
}

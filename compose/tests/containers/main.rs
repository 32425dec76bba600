//! What runs the helpdesk in containers: its files are sound, its settings are good, its users have the least rights. Docker is
//! not wanted for it. The servers that the environment names are used as the compose file sets them up; without them their part
//! is left out.

mod composed;
mod image;
mod kubernetes;
mod network;
mod overlay;
mod phases;
mod proxy;
mod recipes;
mod rights;
mod secrets;
#[path = "../support/server.rs"]
mod server;
mod servers;
mod settings;
mod shape;
#[path = "../support/mod.rs"]
mod support;
#[path = "../support/ticket.rs"]
mod ticket;
#[path = "../survival/waiting.rs"]
mod waiting;
mod whole;

use std::io::Write;

use waiting::until;

fn left_out(wanted: &str) {
    // Not `eprintln!`, which the test harness swallows.
    let _ = writeln!(
        std::io::stderr(),
        "left out: containers on real servers ({wanted}; `cargo xtask test` runs it)"
    );
}

//! The Debian package, taken apart: the six services as six processes, by the command lines, settings, secrets and sockets of its
//! units, on real servers, NATS with its accounts among them. `cargo xtask ci` builds the package and names it in `TEST_DEB`.

mod installed;
mod journey;
#[path = "../support/server.rs"]
mod server;
mod supervisor;
#[path = "../support/ticket.rs"]
mod ticket;
mod unit;
#[path = "../survival/waiting.rs"]
mod waiting;

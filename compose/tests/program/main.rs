//! The real program, started as a person or a supervisor would.

mod boot;
mod commands;
mod house;
mod monitoring;
mod operating;
mod running;
mod supervised;
#[path = "../support/mod.rs"]
mod support;
mod verifying;
#[path = "../survival/waiting.rs"]
mod waiting;

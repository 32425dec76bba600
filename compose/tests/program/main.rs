//! The real program, started as a person or a supervisor would.

mod boot;
mod commands;
mod monitoring;
mod running;
#[path = "../support/mod.rs"]
mod support;

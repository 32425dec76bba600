//! The real program, started as a person or a supervisor would.

mod boot;
mod commands;
mod running;
mod supervised;
#[path = "../support/mod.rs"]
mod support;

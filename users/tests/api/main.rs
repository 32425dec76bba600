//! The users service as its callers meet it: over HTTP, on a port of its own, with events as auth sends them.

mod access;
mod accounts;
mod editing;
mod reading;
mod service;

//! The tickets service as its callers meet it: over HTTP, on a port of its own.

mod access;
mod idempotency;
mod listing;
mod opening;
mod reading;
mod service;

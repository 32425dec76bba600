//! The users service as its callers meet it: over HTTP, on a port of its own, with events as auth sends them.

mod access;
mod accounts;
mod activities;
mod administering;
mod avatars;
mod cache;
mod deletion;
mod editing;
mod export;
mod hostile;
mod outages;
mod peers;
mod people;
mod reading;
mod service;
mod stats;

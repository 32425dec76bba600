//! Auth as its callers meet it: over HTTP, on a port of its own.

mod administration;
mod contract;
mod deletion;
mod export;
mod first_admin;
mod guessing;
mod house;
mod keys;
mod limits;
mod mailbox;
mod passwords;
mod refreshing;
mod registration;
mod sessions;
mod signing_in;
mod tokens;
mod verification;

//! The files service over HTTP: the real one on a free port, with an S3 server behind it – the embedded one, or the one
//! that `TEST_S3_URL`, `TEST_S3_ACCESS_KEY` and `TEST_S3_SECRET_KEY` name. So with the virus scanner, and
//! `TEST_CLAMD_ADDRESS`. Tickets, a peer, is played by a table.

#![allow(
    clippy::disallowed_methods,
    reason = "a peer's stand-in runs beside the services, not among their tasks, and the environment names the servers to test on"
)]

mod access;
mod avatars;
mod avatars_kept;
mod bucket;
mod clamd;
mod download;
mod glances;
mod harness;
mod hostile;
mod links;
mod names;
mod outages;
mod peer;
mod people;
mod purge;
mod quota;
mod samples;
mod thumbnails;
mod types;
mod upload;
mod viruses;

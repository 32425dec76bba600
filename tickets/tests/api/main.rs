//! The tickets service as its callers meet it: over HTTP, on a port of its own.

mod access;
mod assigning;
mod attachments;
mod commenting;
mod editing;
mod export;
mod history;
mod idempotency;
mod listing;
mod matrix;
mod opening;
mod reading;
mod replicas;
mod searching;
mod service;
mod sla;
mod statistics;
mod workflow;

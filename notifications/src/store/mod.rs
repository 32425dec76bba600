//! Remembers: deliveries, recipients, preferences, administrators' templates.

#[cfg(test)]
mod claims_tests;
pub mod deliveries;
pub mod digests;
mod entities;
pub mod feeds;
pub mod ledger;
pub mod list;
pub mod orders;
pub mod preferences;
pub mod recipients;
pub mod templates;

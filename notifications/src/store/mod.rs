//! Remembers: deliveries, recipients, preferences.

#[cfg(test)]
mod claims_tests;
pub mod deliveries;
mod entities;
pub mod list;
pub mod preferences;
pub mod recipients;

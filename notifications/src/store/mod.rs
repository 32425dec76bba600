//! Remembers: deliveries, recipients, preferences.

pub mod deliveries;
mod entities;
pub mod list;
pub mod preferences;
pub mod recipients;

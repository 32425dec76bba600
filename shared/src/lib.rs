//! What three services need, or what is a contract between two. It knows no service.

pub mod auth;
pub mod http;
pub mod once;
pub mod page;
pub mod clock;
pub mod program;
pub mod migrate;
pub mod telemetry;
pub mod process;
pub mod cache;
pub mod config;
pub mod ids;
pub mod bus;
pub mod db;
pub mod events;
mod outbox;
mod relay;
#[cfg(feature = "testing")]
pub mod testing;

pub use migrate::migrate;

//! What three services need, or what is a contract between two. It knows no service.

pub mod clock;
pub mod config;
pub mod ids;
pub mod bus;
pub mod db;
pub mod events;
mod outbox;
mod relay;
#[cfg(feature = "testing")]
pub mod testing;

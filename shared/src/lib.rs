#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

pub mod auth;
#[cfg(feature = "blobs")]
pub mod blobs;
pub mod bus;
pub mod cache;
pub mod clock;
pub mod config;
pub mod db;
pub mod events;
pub mod http;
pub mod ids;
pub mod live;
pub mod migrate;
pub mod once;
mod outbox;
pub mod page;
pub mod process;
pub mod program;
mod relay;
pub mod rows;
pub mod stamped;
pub mod telemetry;
#[cfg(feature = "testing")]
pub mod testing;
pub mod text;
pub mod vault;
mod workers;

pub use migrate::migrate;

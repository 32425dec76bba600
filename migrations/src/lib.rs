#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

pub mod audit;
pub mod auth;
pub mod blocks;
mod dialect;
pub mod files;
pub mod notifications;
mod step;
pub mod tickets;
pub mod users;

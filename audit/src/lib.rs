#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

mod config;
mod consumers;
pub mod domain;
mod error;
mod rendering;
mod routes;
mod run;
mod service;
mod store;

pub use config::{Config, Retention};
pub use error::Error;
pub use routes::FeedEventOut;
pub use run::{run, start};
pub use service::{FeedReader, Following};

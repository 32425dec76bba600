#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

mod config;
mod consumers;
mod domain;
mod error;
mod measures;
mod routes;
mod run;
mod service;
mod store;

pub use config::Config;
pub use error::Error;
pub use run::{run, start};

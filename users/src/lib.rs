#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

mod clients;
mod config;
mod consumers;
mod domain;
mod error;
mod routes;
mod run;
mod service;
mod store;

pub use config::Config;
pub use error::Error;
pub use run::{run, start};

#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

mod config;
mod consumers;
mod domain;
mod error;
mod gateway;
mod mail;
mod measures;
mod routes;
mod run;
mod service;
mod store;

pub use config::{Config, WorkerConfig};
pub use run::{run, start};

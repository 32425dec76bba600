#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

mod buckets;
mod config;
mod consumers;
mod domain;
mod error;
mod looking;
mod measures;
mod pictures;
mod routes;
mod run;
mod scanner;
mod service;
mod store;

pub use config::{ClamdAddress, Config, Scanning, Storage, Uploads};
pub use domain::Limits;
pub use run::{run, start};

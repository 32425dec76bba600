#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

mod blobs;
mod config;
mod consumers;
mod domain;
mod error;
mod measures;
mod pictures;
mod routes;
mod run;
mod scanner;
mod service;
mod store;

pub use config::{ClamdAddress, Config, S3Server, Scanning, Storage, Uploads};
pub use domain::Limits;
pub use run::{run, start};

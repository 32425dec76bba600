#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

mod blobs;
mod config;
mod consumers;
mod domain;
mod error;
mod routes;
mod run;
mod service;
mod store;

pub use config::{Config, S3Server, Storage, Uploads};
pub use domain::Limits;
pub use run::{run, start};

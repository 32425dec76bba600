#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

mod admin;
pub mod all_in_one;
pub mod banner;
mod check;
pub mod cli;
pub mod data_dir;
mod launch;
pub mod ports;
pub mod services;
pub mod settings;

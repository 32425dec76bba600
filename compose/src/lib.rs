#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

mod admin;
pub mod all_in_one;
pub mod banner;
mod check;
pub mod cli;
pub mod data_dir;
mod event_line;
mod launch;
pub mod ports;
mod replay;
pub mod services;
pub mod settings;
mod since;
mod tail;
mod verify;

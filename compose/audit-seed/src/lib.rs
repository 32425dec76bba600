#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

mod chain;
mod counted;
mod life;
mod random;
mod script;
mod times;
mod words;
mod world;

pub use script::write_trail;
pub use world::World;

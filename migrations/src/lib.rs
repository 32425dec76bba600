//! The tables of the six databases: one module and one `Migrator` per database, and [`blocks`] for what every one has.
//!
//! The SQL is written once, for PostgreSQL; [`dialect`] says what SQLite is told instead. Ids and times have no
//! default in the database: both come from the program, so that rows are alike on either.

pub mod audit;
pub mod auth;
pub mod blocks;
mod dialect;
pub mod files;
pub mod notifications;
pub mod tickets;
pub mod users;

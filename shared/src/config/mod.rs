//! Configuration: `config.default.toml` < `helpdesk.toml` < environment, all faults at once, in words.
//!
//! ```
//! use shared::config::{Settings, Sources};
//!
//! let sources = Sources::of("[tickets]\ntitle_max = 100", [("REOPEN_WINDOW", "7 days")]);
//! let mut settings = Settings::new("tickets", "port = 3003\ntitle_max = 255\nreopen_window = \"7d\"", &sources);
//! let title_max: usize = settings.number("title_max", 1..=255);
//! let window = settings.duration("reopen_window");
//! assert_eq!(title_max, 100);
//! assert_eq!(
//!     settings.finish((title_max, window)).unwrap_err().to_string(),
//!     "tickets: REOPEN_WINDOW: “7 days” is not a duration, as in 250ms, 10s, 30m, 24h or 7d"
//! );
//! ```

mod base;
mod faults;
mod layers;
mod secret;
mod settings;
mod sources;
#[cfg(test)]
mod tests;
mod values;

/// The services of the house. Each has a database with an outbox, and may have a table of its own in helpdesk.toml.
pub const SERVICES: [&str; 6] = ["auth", "users", "tickets", "files", "notifications", "audit"];

pub use base::{
    CacheConfig, Common, DatabaseConfig, Environment, EventBus, EventsConfig, HttpConfig, LogFormat,
    NatsIdentity, TelemetryConfig, TokensConfig,
};
pub use faults::{Fault, Faults};
pub use secret::{Secret, redacted};
pub use settings::Settings;
pub use sources::Sources;
pub use values::duration;

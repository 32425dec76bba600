//! The other services, as far as they are asked: each by a typed client, with the caller's own token, within limits.

mod auth;
mod avatars;
mod exports;

pub use auth::AuthClient;
pub use avatars::AvatarsClient;
pub use exports::{Document, Exports, ExportsClient};

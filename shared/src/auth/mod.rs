//! Who calls: roles, verified access tokens, ended sessions. No service asks auth about a token; each verifies it
//! with auth's public keys.

mod caller;
mod claims;
mod keys;
mod revocations;
mod role;
mod verifier;

pub use caller::{Admin, Agent, Caller, MaybeCaller};
pub use claims::{ACCESS_TOKEN_TYPE, Claims};
pub use revocations::Revocations;
pub use role::{Role, UnknownRole};
pub use verifier::{TokenError, TokenVerifier};

//! What auth decides: pure rules over values that were parsed once, with the time passed in.

pub mod account;
pub mod change;
pub mod client;
pub mod email;
pub mod key;
pub mod link;
pub mod password;
pub mod session;
pub mod throttle;
pub mod token;

pub use account::{Account, AccountError, AccountState};
pub use change::Change;
pub use client::Client;
pub use email::{Email, EmailError, EmailHash};
pub use password::{Password, PasswordError, PasswordHash, PasswordPolicy};
pub use session::{EndReason, Lifetimes, RefreshToken, Session};
pub use throttle::{Attempts, ThrottleRules, Verdict};
pub use token::{Token, TokenHash};

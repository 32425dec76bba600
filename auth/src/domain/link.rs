//! The links that mails carry: a token that is stored as a hash, and the order to send it.

use chrono::Duration;
use shared::{
    clock::Timestamp,
    events::{NewCommand, SendPasswordResetMail, SendVerificationMail},
    ids::OneTimeTokenId,
};

use super::{
    account::Account,
    token::{OneTimeToken, Purpose, Token},
};

/// The limits of mailed links, from the configuration.
#[derive(Clone, Copy, Debug)]
pub struct LinkRules {
    /// How long a reset link works.
    pub reset: Duration,
    /// How long a verification link works.
    pub verification: Duration,
    /// So many mails of one kind an account gets within an hour.
    pub per_hour: u64,
}

impl LinkRules {
    /// How far back mails are counted.
    pub const WINDOW: Duration = Duration::hours(1);

    fn lifetime(&self, purpose: Purpose) -> Duration {
        match purpose {
            Purpose::PasswordReset => self.reset,
            Purpose::EmailVerification => self.verification,
        }
    }
}

/// A link on its way: what is stored of it, and the mail. Both are written or neither is.
pub struct Link {
    token: OneTimeToken,
    mail: NewCommand,
}

impl Link {
    /// A link for the owner of `account`. Storing it voids the earlier ones of the same purpose.
    #[must_use]
    pub fn new(
        account: &Account,
        purpose: Purpose,
        secret: &Token,
        rules: &LinkRules,
        now: Timestamp,
    ) -> Self {
        let (user_id, email) = (account.id(), account.email().to_string());
        let (token, expires_at) = (secret.reveal(), now + rules.lifetime(purpose));
        let mail = match purpose {
            Purpose::PasswordReset => {
                NewCommand::of(&SendPasswordResetMail { user_id, email, token, expires_at }, now)
            }
            Purpose::EmailVerification => {
                NewCommand::of(&SendVerificationMail { user_id, email, token, expires_at }, now)
            }
        };
        let id = OneTimeTokenId::at(now);
        Self {
            token: OneTimeToken { id, user_id, purpose, hash: secret.hash(), created_at: now, expires_at },
            mail,
        }
    }

    /// What is stored, and what is sent.
    #[must_use]
    pub fn into_parts(self) -> (OneTimeToken, NewCommand) {
        (self.token, self.mail)
    }
}

//! Who am I?

use shared::auth::{Caller, Claims};

use super::App;
use crate::{Error, domain::Account};

/// What an access token stands for.
pub struct Verified {
    /// What it says.
    pub claims: Claims,
    /// The account as it is now.
    pub account: Account,
}

impl App {
    /// What the caller's token says, confirmed by the session and the account behind it.
    ///
    /// # Errors
    /// [`Error::SignedOut`] when the session has ended or the account is closed, whatever the token says.
    pub async fn verify(&self, caller: &Caller) -> Result<Verified, Error> {
        let (account, _) = self.glance(caller).await?;
        // It was verified on the way in, or there would be no caller; only what it says is read here.
        let claims =
            jsonwebtoken::dangerous::insecure_decode_claims(caller.token()).map_err(Error::internal)?;
        Ok(Verified { claims, account })
    }

    /// The caller's account.
    ///
    /// # Errors
    /// [`Error::SignedOut`], as above.
    pub async fn me(&self, caller: &Caller) -> Result<Account, Error> {
        self.glance(caller).await.map(|(account, _)| account)
    }
}

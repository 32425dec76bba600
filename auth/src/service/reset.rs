//! A new password through a mailed link.

use shared::ids::UserId;

use super::App;
use crate::{
    Error,
    domain::{Account, Token, TokenHash, token::Purpose},
    store,
};

impl App {
    /// Sets a new password. The link is spent, what counts against the address is forgiven, all sessions end.
    ///
    /// # Errors
    /// [`Error::Link`] for a token that is malformed, unknown, spent, voided or expired, or whose account is closed –
    /// all alike. [`Error::Password`] leaves the link as it is.
    pub async fn reset_password(&self, token: &str, password: String) -> Result<(), Error> {
        let hash = Token::parse(token).ok_or(Error::Link)?.hash();
        let owner = self.owner(Purpose::PasswordReset, &hash).await?;
        let found = store::accounts::by_id(self.0.db.conn(), owner).await?.filter(Account::is_active);
        let email = found.ok_or(Error::Link)?.email().clone();
        let password = self.0.policy.parse(password, Some(&email))?;
        let password_hash = self.0.hasher.hash(password).await?;

        let now = self.now();
        let tx = self.0.db.begin().await?;
        let account =
            store::accounts::lock(&tx, owner).await?.filter(Account::is_active).ok_or(Error::Link)?;
        if !store::links::spend(&tx, Purpose::PasswordReset, &hash, now).await? {
            return Err(Error::Link);
        }
        let sessions = store::sessions::all_live(&*tx, owner, now).await?;
        let change = account.reset_password(password_hash, sessions, &self.0.lifetimes, now);
        self.commit(tx, change).await?;
        self.forgive(&email).await;
        tracing::info!(user = %owner, "a password was reset");
        Ok(())
    }

    /// Whose link it is, while it is good.
    pub(super) async fn owner(&self, purpose: Purpose, hash: &TokenHash) -> Result<UserId, Error> {
        store::links::owner(self.0.db.conn(), purpose, hash, self.now()).await?.ok_or_else(|| {
            tracing::info!(purpose = purpose.as_str(), "a link was refused");
            Error::Link
        })
    }
}

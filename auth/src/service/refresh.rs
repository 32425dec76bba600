//! The next access token.

use super::{App, SignedIn};
use crate::{
    Error,
    domain::{Account, Client, EndReason, Token, session::Use},
    store,
};

impl App {
    /// Exchanges a refresh token for an access token and the next refresh token.
    ///
    /// # Errors
    /// [`Error::RefreshToken`] when it is none of ours, expired, spent or of an ended session; also for all but one
    /// of several uses at once. A use long after it was spent ends the session (RFC 9700 § 4.14.2).
    pub async fn refresh(&self, token: &str, client: &Client) -> Result<SignedIn, Error> {
        let token = Token::parse(token).ok_or(Error::RefreshToken)?;
        let known = store::refresh_tokens::by_hash(self.0.db.conn(), &token.hash()).await?;
        let user_id = known.ok_or(Error::RefreshToken)?.user_id;

        let now = self.now();
        let tx = self.0.db.begin().await?;
        // The account first, as everywhere; so the rest is as it was found until the end of this transaction.
        let account = store::accounts::lock(&tx, user_id).await?.filter(Account::is_active);
        let spent = store::refresh_tokens::by_hash(&*tx, &token.hash()).await?;
        let (Some(account), Some(spent)) = (account, spent) else { return Err(Error::RefreshToken) };
        let session = store::sessions::by_id(&*tx, spent.session_id).await?.ok_or(Error::RefreshToken)?;
        match spent.judge(&session, now) {
            Use::Refuse => {
                tracing::info!(user = %user_id, session = %session.id, ip = client.ip_text(), "a refresh token was refused");
                Err(Error::RefreshToken)
            }
            Use::Reuse => {
                tracing::warn!(user = %user_id, session = %session.id, ip = client.ip_text(), "a spent refresh token came back");
                metrics::counter!("auth_refresh_reuse_total").increment(1);
                let change = account.end_session(session, EndReason::TokenReuse, &self.0.lifetimes, now);
                self.commit(tx, change).await?;
                Err(Error::RefreshToken)
            }
            Use::Rotate => {
                let session = session.seen_from(client, &self.0.lifetimes, now);
                let secret = self.secret();
                let next = session.refresh_token(secret.hash(), &self.0.lifetimes, now);
                if !store::refresh_tokens::rotate(&tx, spent.id, &next, now).await? {
                    return Err(Error::RefreshToken);
                }
                store::sessions::renew(&tx, &session).await?;
                tx.commit().await?;
                self.signed_in(account, &session, &secret).await
            }
        }
    }
}

//! Proving an address.

use shared::auth::Caller;

use super::App;
use crate::{
    Error,
    domain::{
        Token,
        link::{Link, LinkRules},
        token::Purpose,
    },
    store,
};

impl App {
    /// Takes the token of a mailed link as the proof of an address.
    ///
    /// # Errors
    /// [`Error::Link`] for a token that is malformed, unknown, spent, voided or expired.
    pub async fn verify_email(&self, token: &str) -> Result<(), Error> {
        let hash = Token::parse(token).ok_or(Error::Link)?.hash();
        let owner = self.owner(Purpose::EmailVerification, &hash).await?;
        let now = self.now();
        let tx = self.0.db.begin().await?;
        let account = store::accounts::lock(&tx, owner).await?.ok_or(Error::Link)?;
        if !store::links::spend(&tx, Purpose::EmailVerification, &hash, now).await? {
            return Err(Error::Link);
        }
        self.commit(tx, account.verify_email(now)).await.map(|_| ())
    }

    /// Mails the caller another link, unless the address is proven.
    ///
    /// # Errors
    /// [`Error::RateLimited`] after too many within an hour; [`Error::SignedOut`].
    pub async fn resend_verification(&self, caller: &Caller) -> Result<(), Error> {
        let now = self.now();
        let tx = self.0.db.begin().await?;
        let (account, _) = self.present(&tx, caller).await?;
        if account.state().email_verified {
            return Ok(());
        }
        let since = now - LinkRules::WINDOW;
        let made = store::links::made_since(&*tx, account.id(), Purpose::EmailVerification, since).await?;
        if made.len() as u64 >= self.0.links.per_hour {
            let free = made.iter().min().map_or(now, |first| *first + LinkRules::WINDOW);
            return Err(Error::RateLimited { retry_after: (free - now).to_std().unwrap_or_default() });
        }
        let link = Link::new(&account, Purpose::EmailVerification, &self.secret(), &self.0.links, now);
        self.commit(tx, account.send(link)).await.map(|_| ())
    }
}

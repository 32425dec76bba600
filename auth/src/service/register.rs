//! Making an account.

use sea_orm::{DbErr, SqlErr};
use shared::auth::Role;

use super::{App, SignedIn};
use crate::{
    Error,
    domain::{Account, Client, Email, Password, link::Link, token::Purpose},
    store::{self, registrations::Claim},
};

/// What is asked for: parsed, and by the rules.
pub struct Registration {
    /// The address.
    pub email: Email,
    /// The password.
    pub password: Password,
    /// The client's key for this request, should it have to repeat it.
    pub idempotency_key: Option<String>,
}

impl App {
    /// Makes an account, signs it in, and mails a link that proves the address.
    ///
    /// With an idempotency key a repetition finds the account that the first request made, and signs in to it: the
    /// answer is the same but for the tokens, which are stored nowhere.
    ///
    /// # Errors
    /// [`Error::EmailTaken`]; of several at once one gets the address. [`Error::Repetition`] when the key was used
    /// for something else.
    pub async fn register(&self, asked: Registration, client: &Client) -> Result<SignedIn, Error> {
        let Registration { email, password, idempotency_key } = asked;
        let fingerprint = self.0.vault.fingerprint(&[email.as_str(), password.reveal()]);
        // Before the transaction, and whether the address is taken or not: it takes a while.
        let hash = self.0.hasher.hash(password.clone()).await?;
        let now = self.now();
        let tx = self.0.db.begin().await?;
        if let Some(key) = &idempotency_key {
            match store::registrations::claim(&tx, key, &fingerprint, now).await? {
                Claim::New => {}
                Claim::Mismatch => return Err(Error::Repetition),
                Claim::Repeated(id) => {
                    drop(tx);
                    return self.repeat(id, password, client).await;
                }
            }
        }
        let refresh = self.secret();
        let mut change = Account::register(email, hash, Role::User, false, now);
        change.begin(&self.beginning(client, &refresh), now);
        let link =
            Link::new(change.account(), Purpose::EmailVerification, &self.secret(), &self.0.links, now);
        let change = change.with_link(link);
        if let Some(key) = &idempotency_key {
            store::registrations::answer(&tx, key, change.account().id()).await?;
        }
        self.commit_signed_in(tx, change, &refresh).await.map_err(taken)
    }

    /// The password is looked at again: it may have been changed since, and the key must not open what it does not.
    async fn repeat(
        &self,
        id: shared::ids::UserId,
        password: Password,
        client: &Client,
    ) -> Result<SignedIn, Error> {
        let account = store::accounts::by_id(self.0.db.conn(), id).await?.filter(Account::is_active);
        let typed = password.reveal().to_owned();
        let hash = account.as_ref().map(|account| &account.state().password_hash);
        let matches = self.0.hasher.matches(typed.clone(), hash).await?;
        let account = account.filter(|_| matches).ok_or(Error::EmailTaken)?;
        self.begin_session(&account, typed, client).await
    }
}

/// The unique index on the address has the last word on who was first.
fn taken(error: Error) -> Error {
    let unique = |fault: &DbErr| matches!(fault.sql_err(), Some(SqlErr::UniqueConstraintViolation(_)));
    match error {
        Error::Database(fault) if unique(&fault) => Error::EmailTaken,
        other => other,
    }
}

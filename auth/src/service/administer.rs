//! What an administrator does to another's account.

use shared::{
    auth::{Caller, Role},
    clock::Timestamp,
    db::Tx,
    ids::UserId,
};

use super::App;
use crate::{
    Error,
    domain::{
        Account, Change,
        account::{AccountError, Administration},
    },
    store,
};

impl App {
    /// Gives an account a role; its sessions end, for their tokens say the old one.
    ///
    /// # Errors
    /// [`Error::Rule`] for the own account and for the last active administrator; [`Error::NotFound`];
    /// [`Error::Forbidden`] when the caller is no administrator any more.
    pub async fn set_role(&self, caller: &Caller, id: UserId, role: Role) -> Result<Account, Error> {
        let decide = |account: Account, admin: Administration<'_>, now| account.change_role(role, admin, now);
        let account = self.administer(caller, id, decide).await?;
        tracing::info!(by = %caller.user_id, user = %id, %role, "a role was given");
        Ok(account)
    }

    /// Closes an account, or opens it again; its sessions end.
    ///
    /// # Errors
    /// As for [`App::set_role`].
    pub async fn set_status(&self, caller: &Caller, id: UserId, is_active: bool) -> Result<Account, Error> {
        let decide =
            |account: Account, admin: Administration<'_>, now| account.change_status(is_active, admin, now);
        let account = self.administer(caller, id, decide).await?;
        tracing::info!(by = %caller.user_id, user = %id, is_active, "an account was closed or opened");
        Ok(account)
    }

    /// Deletes an account and all that auth knows of its owner; its sessions end.
    ///
    /// # Errors
    /// As for [`App::set_role`].
    pub async fn delete(&self, caller: &Caller, id: UserId) -> Result<(), Error> {
        self.administer(caller, id, Account::delete).await?;
        tracing::info!(by = %caller.user_id, user = %id, "an account was deleted");
        Ok(())
    }

    /// Does to another's account what `decide` says.
    async fn administer(
        &self,
        caller: &Caller,
        id: UserId,
        decide: impl FnOnce(Account, Administration<'_>, Timestamp) -> Result<Change, AccountError>,
    ) -> Result<Account, Error> {
        let tx = self.0.db.begin().await?;
        let (account, admin) = self.administration(&tx, caller, id).await?;
        let change = decide(account, admin, self.now())?;
        self.commit(tx, change).await
    }

    /// All that has to be known and kept from others: first that nobody else administers, then both accounts.
    async fn administration(
        &self,
        tx: &Tx,
        caller: &Caller,
        id: UserId,
    ) -> Result<(Account, Administration<'_>), Error> {
        let admins = store::accounts::admins_alone(tx).await?;
        // The token says what the caller was; here counts what the caller is.
        let (me, _) = self.present(tx, caller).await?;
        if me.role() != Role::Admin {
            return Err(Error::Forbidden);
        }
        let account = store::accounts::lock(tx, id).await?.ok_or(Error::NotFound)?;
        let sessions = store::sessions::all_live(&**tx, id, self.now()).await?;
        let other_admins = admins.iter().filter(|admin| **admin != id).count() as u64;
        let lifetimes = &self.0.lifetimes;
        Ok((account, Administration { by: Some(caller.user_id), other_admins, sessions, lifetimes }))
    }
}

//! An account: who may sign in, as what. Every decision on one is a method here and gives a [`Change`].

use shared::{
    auth::Role,
    clock::Timestamp,
    events::{
        UserDeleted, UserEmailVerified, UserLogin, UserLogout, UserPasswordChanged, UserPasswordReset,
        UserRegistered, UserRoleChanged, UserStatusChanged,
    },
    ids::{SessionId, UserId},
};

use super::{
    change::Change,
    client::Client,
    email::Email,
    link::Link,
    password::PasswordHash,
    session::{EndReason, Lifetimes, Session},
    token::Token,
};

/// An account's fields, as they are stored.
#[derive(Clone, Debug)]
pub struct AccountState {
    /// Its id in all six services.
    pub id: UserId,
    /// Its address, unique.
    pub email: Email,
    /// What is stored of the password.
    pub password_hash: PasswordHash,
    /// What its owner may do.
    pub role: Role,
    /// Whether its owner may sign in.
    pub is_active: bool,
    /// Whether the address was proven.
    pub email_verified: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// When its owner last signed in.
    pub last_login: Option<Timestamp>,
    /// Counts its events.
    pub version: i64,
}

/// An account. What it holds can be read by all and changed only by its methods.
#[derive(Clone, Debug)]
pub struct Account(AccountState);

/// A rule on accounts was broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccountError {
    /// Administrators do not administer themselves.
    #[error("administrators cannot change their own role or status, nor delete themselves")]
    OwnAccount,
    /// Somebody must be left to administer.
    #[error("this is the last active administrator")]
    LastAdmin,
}

/// A session about to begin: from where, and with which refresh token.
pub struct Beginning<'a> {
    /// From where.
    pub client: &'a Client,
    /// The secret of the first refresh token.
    pub refresh: &'a Token,
    /// How long things live.
    pub lifetimes: &'a Lifetimes,
}

/// What an administrator does to another's account, and what has to be known to judge it.
pub struct Administration<'a> {
    /// The administrator; nobody when the operator acts on the machine itself.
    pub by: Option<UserId>,
    /// How many *other* active administrators there are.
    pub other_admins: u64,
    /// The sessions of the account that are alive.
    pub sessions: Vec<Session>,
    /// How long things live.
    pub lifetimes: &'a Lifetimes,
}

impl Account {
    /// As it was stored.
    #[must_use]
    pub fn restore(state: AccountState) -> Self {
        Self(state)
    }

    /// Makes an account. Its owner proves the address later, but for an administrator made by the operator.
    pub fn register(
        email: Email,
        password_hash: PasswordHash,
        role: Role,
        by_operator: bool,
        now: Timestamp,
    ) -> Change {
        let id = UserId::at(now);
        let account = Self(AccountState {
            id,
            email,
            password_hash,
            role,
            is_active: true,
            email_verified: by_operator,
            created_at: now,
            updated_at: now,
            last_login: None,
            version: 0,
        });
        let event =
            UserRegistered { user_id: id, email: account.email().to_string(), role: role.to_string() };
        let mut change = Change::of(account);
        change.is_new = true;
        change.tell(&event, (!by_operator).then_some(id), now);
        change
    }

    /// Its owner signed in with the right password. `rehash` is given when the stored hash has another cost than the
    /// configured one.
    pub fn sign_in(self, beginning: &Beginning<'_>, rehash: Option<PasswordHash>, now: Timestamp) -> Change {
        let mut account = self;
        account.0.last_login = Some(now);
        if let Some(hash) = rehash {
            account.0.password_hash = hash;
        }
        let id = account.id();
        let mut change = Change::of(account);
        change.forgives = true;
        let session_id = change.begin(beginning, now);
        let client = beginning.client;
        let event = UserLogin {
            user_id: id,
            session_id,
            ip: client.ip_text(),
            user_agent: client.user_agent.clone(),
        };
        change.tell(&event, Some(id), now);
        change
    }

    /// Its owner signed out of `session`; `others` end with it.
    pub fn sign_out(
        self,
        session: Session,
        others: Option<Vec<Session>>,
        lifetimes: &Lifetimes,
        now: Timestamp,
    ) -> Change {
        let (id, session_id) = (self.id(), session.id);
        let mut change = Change::of(self);
        change.tell(&UserLogout { user_id: id, session_id, all_sessions: others.is_some() }, Some(id), now);
        let sessions = std::iter::once(session).chain(others.unwrap_or_default());
        change.end_all(sessions, EndReason::Logout, lifetimes, Some(id), now);
        change
    }

    /// One of its sessions ends: its owner said so, or a spent refresh token came back.
    pub fn end_session(
        self,
        session: Session,
        reason: EndReason,
        lifetimes: &Lifetimes,
        now: Timestamp,
    ) -> Change {
        let by = (reason == EndReason::Ended).then_some(self.id());
        let mut change = Change::of(self);
        change.end(session.end(reason, lifetimes, now), by, now);
        change
    }

    /// Its owner set a new password, knowing the old one; `others` are all sessions but the one that asked.
    pub fn change_password(
        self,
        hash: PasswordHash,
        others: Vec<Session>,
        lifetimes: &Lifetimes,
        now: Timestamp,
    ) -> Change {
        let id = self.id();
        let mut change = self.with_password(hash);
        change.tell(&UserPasswordChanged { user_id: id }, Some(id), now);
        change.end_all(others, EndReason::PasswordChanged, lifetimes, Some(id), now);
        change
    }

    /// Its owner set a new password through a link; all sessions end.
    pub fn reset_password(
        self,
        hash: PasswordHash,
        sessions: Vec<Session>,
        lifetimes: &Lifetimes,
        now: Timestamp,
    ) -> Change {
        let id = self.id();
        let mut change = self.with_password(hash);
        change.tell(&UserPasswordReset { user_id: id }, Some(id), now);
        change.end_all(sessions, EndReason::PasswordReset, lifetimes, Some(id), now);
        change
    }

    /// Its owner proved the address.
    pub fn verify_email(self, now: Timestamp) -> Change {
        let (id, email) = (self.id(), self.email().to_string());
        let news = !self.0.email_verified;
        let mut change = Change::of(self);
        if news {
            change.account.0.email_verified = true;
            change.tell(&UserEmailVerified { user_id: id, email }, Some(id), now);
        }
        change
    }

    /// A mail with `link` goes to its owner; nothing else changes.
    pub fn send(self, link: Link) -> Change {
        Change::of(self).with_link(link)
    }

    /// An administrator gives it a role. Giving the one that it has changes nothing.
    ///
    /// # Errors
    /// When it is the administrator's own account, or that of the last active administrator.
    pub fn change_role(
        self,
        role: Role,
        admin: Administration<'_>,
        now: Timestamp,
    ) -> Result<Change, AccountError> {
        self.may_administer(&admin, role == Role::Admin)?;
        let old = self.role();
        let mut change = Change::of(self);
        if role != old {
            change.account.0.role = role;
            let user_id = change.account.id();
            let event = UserRoleChanged { user_id, old_role: old.to_string(), new_role: role.to_string() };
            change.tell(&event, admin.by, now);
            change.end_all(admin.sessions, EndReason::RoleChanged, admin.lifetimes, admin.by, now);
        }
        Ok(change)
    }

    /// An administrator closes or opens it. Asking for what is so changes nothing.
    ///
    /// # Errors
    /// When it is the administrator's own account, or that of the last active administrator.
    pub fn change_status(
        self,
        is_active: bool,
        admin: Administration<'_>,
        now: Timestamp,
    ) -> Result<Change, AccountError> {
        self.may_administer(&admin, is_active)?;
        let news = self.0.is_active != is_active;
        let mut change = Change::of(self);
        if news {
            change.account.0.is_active = is_active;
            let user_id = change.account.id();
            change.tell(&UserStatusChanged { user_id, is_active }, admin.by, now);
            change.voids_links = !is_active;
            change.end_all(admin.sessions, EndReason::Deactivated, admin.lifetimes, admin.by, now);
        }
        Ok(change)
    }

    /// An administrator deletes it: nothing that is its owner's stays, and its sessions end.
    ///
    /// # Errors
    /// As for [`Account::change_role`].
    pub fn delete(self, admin: Administration<'_>, now: Timestamp) -> Result<Change, AccountError> {
        self.may_administer(&admin, false)?;
        let user_id = self.id();
        let mut change = Change::of(self);
        change.deletes = true;
        change.tell(&UserDeleted { user_id }, admin.by, now);
        change.end_all(admin.sessions, EndReason::Deactivated, admin.lifetimes, admin.by, now);
        Ok(change)
    }

    /// The operator makes it an administrator's, on the machine itself: with a new password, and open.
    pub fn appoint(self, hash: PasswordHash, operator: Administration<'_>, now: Timestamp) -> Change {
        let (id, old, was_active) = (self.id(), self.role(), self.is_active());
        let mut change = self.with_password(hash);
        change.account.0.role = Role::Admin;
        change.account.0.is_active = true;
        change.tell(&UserPasswordReset { user_id: id }, operator.by, now);
        if old != Role::Admin {
            let (old_role, new_role) = (old.to_string(), Role::Admin.to_string());
            change.tell(&UserRoleChanged { user_id: id, old_role, new_role }, operator.by, now);
        }
        if !was_active {
            change.tell(&UserStatusChanged { user_id: id, is_active: true }, operator.by, now);
        }
        change.end_all(operator.sessions, EndReason::PasswordReset, operator.lifetimes, operator.by, now);
        change
    }

    /// Its id in all six services.
    #[must_use]
    pub fn id(&self) -> UserId {
        self.0.id
    }

    /// Its address.
    #[must_use]
    pub fn email(&self) -> &Email {
        &self.0.email
    }

    /// What its owner may do.
    #[must_use]
    pub fn role(&self) -> Role {
        self.0.role
    }

    /// Whether its owner may sign in.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.0.is_active
    }

    /// All its fields, to be shown or stored.
    #[must_use]
    pub fn state(&self) -> &AccountState {
        &self.0
    }

    /// Counts one more event.
    pub(super) fn next_version(&mut self) -> i64 {
        self.0.version += 1;
        self.0.version
    }

    pub(super) fn touch(&mut self, now: Timestamp) {
        self.0.updated_at = now;
    }

    fn with_password(mut self, hash: PasswordHash) -> Change {
        self.0.password_hash = hash;
        let mut change = Change::of(self);
        change.forgives = true;
        change.voids_links = true;
        change
    }

    /// `keeps` says whether an administrator would still be one afterwards.
    fn may_administer(&self, admin: &Administration<'_>, keeps: bool) -> Result<(), AccountError> {
        if admin.by == Some(self.id()) {
            return Err(AccountError::OwnAccount);
        }
        let is_admin = self.role() == Role::Admin && self.is_active();
        if is_admin && !keeps && admin.other_admins == 0 {
            return Err(AccountError::LastAdmin);
        }
        Ok(())
    }
}

impl Change {
    /// Begins a session with the change.
    pub fn begin(&mut self, beginning: &Beginning<'_>, now: Timestamp) -> SessionId {
        let session = Session::open(self.account.id(), beginning.client, beginning.lifetimes, now);
        let refresh = session.refresh_token(beginning.refresh.hash(), beginning.lifetimes, now);
        let id = session.id;
        self.opened = Some((session, refresh));
        id
    }

    fn end_all(
        &mut self,
        sessions: impl IntoIterator<Item = Session>,
        reason: EndReason,
        lifetimes: &Lifetimes,
        by: Option<UserId>,
        now: Timestamp,
    ) {
        for session in sessions {
            self.end(session.end(reason, lifetimes, now), by, now);
        }
    }
}

#[cfg(test)]
#[path = "account_tests.rs"]
mod tests;

//! A change of an account, ready to be saved.

use shared::{
    clock::Timestamp,
    events::{Event, NewEvent},
    ids::{SessionId, UserId},
};

use super::{
    account::Account,
    link::Link,
    session::{EndedSession, RefreshToken, Session},
};

/// All that one decision brings about: the account, its sessions, its links, and the events that tell of them.
///
/// Only the methods of [`Account`] make one, and `store::save` takes nothing else: so nobody can alter an account, or
/// end a session, without its event.
#[must_use = "a change that is not saved did not happen"]
pub struct Change {
    pub(super) account: Account,
    pub(super) is_new: bool,
    pub(super) deletes: bool,
    pub(super) forgives: bool,
    pub(super) voids_links: bool,
    pub(super) opened: Option<(Session, RefreshToken)>,
    pub(super) ended: Vec<EndedSession>,
    pub(super) link: Option<Link>,
    pub(super) events: Vec<NewEvent>,
}

/// The parts of a change, for the store.
pub struct Parts {
    /// The account as it is from now on.
    pub account: Account,
    /// Whether it was made just now.
    pub is_new: bool,
    /// Whether it is no more, and with it all that belonged to its owner.
    pub deletes: bool,
    /// Whether the failed logins that count against its address are struck out.
    pub forgives: bool,
    /// Whether reset links that are still out are worth nothing from now on.
    pub voids_links: bool,
    /// The session that began.
    pub opened: Option<(Session, RefreshToken)>,
    /// The sessions that ended.
    pub ended: Vec<EndedSession>,
    /// The link to be mailed.
    pub link: Option<Link>,
    /// What the world is told.
    pub events: Vec<NewEvent>,
}

impl Change {
    pub(super) fn of(account: Account) -> Self {
        Change {
            account,
            is_new: false,
            deletes: false,
            forgives: false,
            voids_links: false,
            opened: None,
            ended: Vec::new(),
            link: None,
            events: Vec::new(),
        }
    }

    /// The account as it is after the change.
    #[must_use]
    pub fn account(&self) -> &Account {
        &self.account
    }

    /// The session that the change begins.
    #[must_use]
    pub fn opened(&self) -> Option<&Session> {
        self.opened.as_ref().map(|(session, _)| session)
    }

    /// The events of the change, in order.
    #[cfg(test)]
    pub fn events(&self) -> &[NewEvent] {
        &self.events
    }

    /// The sessions that the change ends, with the moment until when each has to be remembered.
    pub fn ended(&self) -> impl Iterator<Item = (SessionId, Timestamp)> + '_ {
        self.ended.iter().map(|session| (session.id, session.until))
    }

    /// Adds the mail with a link.
    pub fn with_link(mut self, link: Link) -> Self {
        self.link = Some(link);
        self
    }

    /// Takes it apart to be written.
    #[must_use]
    pub fn into_parts(self) -> Parts {
        Parts {
            account: self.account,
            is_new: self.is_new,
            deletes: self.deletes,
            forgives: self.forgives,
            voids_links: self.voids_links,
            opened: self.opened,
            ended: self.ended,
            link: self.link,
            events: self.events,
        }
    }

    /// Adds an event of the account; each has a version of its own, so their order can be told.
    pub(super) fn tell<E: Event>(&mut self, event: &E, by: Option<UserId>, now: Timestamp) {
        let version = self.account.next_version();
        self.account.touch(now);
        self.events.push(NewEvent::of(event, version, by, now));
    }

    /// Ends a session and tells of it. A session is told of once, so its version is 1.
    pub(super) fn end(&mut self, session: EndedSession, by: Option<UserId>, now: Timestamp) {
        self.events.push(NewEvent::of(&session.event(), 1, by, now));
        self.ended.push(session);
    }
}

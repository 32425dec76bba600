//! What is done to a ticket that is there.

use sea_orm::DbErr;
use shared::auth::{Caller, Role};
use shared::db::Tx;
use shared::http::IfMatch;
use shared::ids::{TicketId, UserId};

use super::App;
use crate::domain::{Move, Ticket, TicketPatch, Visibility};
use crate::{Error, store};

/// A ticket that is about to be changed, and who does it under which condition.
#[derive(Debug, Clone, Copy)]
pub struct Target<'a> {
    /// The ticket.
    pub id: TicketId,
    /// Who changes it.
    pub caller: &'a Caller,
    /// The versions that may be changed.
    pub if_match: &'a IfMatch,
}

impl App {
    /// Edits a ticket; an edit that changes nothing writes nothing and tells nobody.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Stale`], or a rule that it breaks.
    pub async fn edit(&self, target: Target<'_>, patch: TicketPatch) -> Result<Ticket, Error> {
        let tx = self.db.begin().await?;
        let ticket = self.hold(&tx, target).await?;
        let change = ticket.edit(patch, target.caller, &self.rules, self.clock.now())?;
        self.finish(tx, ticket, change).await
    }

    /// Gives a ticket to an agent, or to nobody.
    ///
    /// # Errors
    /// [`Error::NotAssignable`] for somebody who works no tickets, and as for [`App::edit`].
    pub async fn assign(&self, target: Target<'_>, agent: Option<UserId>) -> Result<Ticket, Error> {
        let tx = self.db.begin().await?;
        let ticket = self.hold(&tx, target).await?;
        if let Some(agent) = agent.filter(|agent| ticket.assigned_to != Some(*agent)) {
            self.must_work(&tx, agent, target.caller).await?;
        }
        let by = Some(target.caller.user_id);
        let change = ticket.assign(agent, by, &self.rules, self.clock.now())?;
        self.finish(tx, ticket, change).await
    }

    /// Moves a ticket in the workflow.
    ///
    /// # Errors
    /// As for [`App::edit`].
    pub async fn move_to(&self, target: Target<'_>, wanted: Move) -> Result<Ticket, Error> {
        let tx = self.db.begin().await?;
        let ticket = self.hold(&tx, target).await?;
        let change = ticket.move_to(wanted, target.caller, &self.rules, self.clock.now())?;
        self.finish(tx, ticket, Some(change)).await
    }

    /// Takes back a ticket that nobody has begun to work on.
    ///
    /// # Errors
    /// As for [`App::edit`].
    pub async fn delete(&self, target: Target<'_>) -> Result<(), Error> {
        let tx = self.db.begin().await?;
        let ticket = self.hold(&tx, target).await?;
        let change = ticket.delete(target.caller, self.clock.now())?;
        store::save(&tx, change).await?;
        Ok(tx.commit().await?)
    }

    /// The ticket, kept from everybody else until the transaction ends. What was due to happen to it by itself has
    /// happened: whoever answers a minute late does not hide that the clock had run out.
    pub(super) async fn hold(&self, tx: &Tx, target: Target<'_>) -> Result<Ticket, Error> {
        let visibility = Visibility::of(target.caller);
        let ticket = store::lock(tx, target.id, visibility).await?.ok_or(Error::NotFound)?;
        if !target.if_match.allows(ticket.version) {
            return Err(Error::Stale(ticket.version));
        }
        Ok(self.ring(tx, ticket).await?)
    }

    /// Lets everything happen that is due to happen to a locked ticket by itself.
    pub(super) async fn ring(&self, tx: &Tx, ticket: Ticket) -> Result<Ticket, DbErr> {
        let mut ticket = ticket;
        while let Some(change) = ticket.ring(&self.rules, self.clock.now()) {
            match store::save(tx, change).await? {
                Some(rung) => ticket = rung,
                None => break,
            }
        }
        Ok(ticket)
    }

    /// Saves the change, if there is one, and commits.
    async fn finish(
        &self,
        tx: Tx,
        present: Ticket,
        change: Option<crate::domain::Change>,
    ) -> Result<Ticket, Error> {
        let ticket = match change {
            Some(change) => store::save(&tx, change).await?.unwrap_or(present),
            None => present,
        };
        tx.commit().await?;
        Ok(ticket)
    }

    /// Only who works tickets can be given one. A caller's own token says that they do, before auth's event has.
    async fn must_work(&self, tx: &Tx, agent: UserId, caller: &Caller) -> Result<(), Error> {
        let known = store::staff::find(&**tx, agent).await?;
        let works = known.as_ref().is_some_and(crate::domain::Member::works);
        let is_newcomer = known.is_none() && caller.user_id == agent && caller.is(Role::Agent);
        if works || is_newcomer { Ok(()) } else { Err(Error::NotAssignable) }
    }
}

use std::collections::HashMap;

use shared::{clock::Timestamp, ids::UserId};

use super::{App, known};
use crate::{
    domain::{Channel, Delivery, MailAddress, Notice, Outcome, Preferences, Recipient, reason},
    gateway::Message,
    mail::{Mail, Names},
};

/// What is handed over to be carried.
#[derive(Clone, Debug)]
pub enum Parcel {
    /// To a mail server.
    Mail(Box<Mail>),
    /// To a gateway.
    Message(Box<Message>),
}

impl App {
    /// What a delivery is as things stand at `now`: address, names, language and wishes are those of this moment and not
    /// of the one that it was ordered at. `people` holds those of [`Delivery::people`] of whom something is known.
    ///
    /// # Errors
    /// What becomes of the delivery instead.
    pub(super) fn parcel(
        &self,
        delivery: &Delivery,
        people: &HashMap<UserId, Recipient>,
        wishes: &Preferences,
        now: Timestamp,
    ) -> Result<Parcel, Outcome> {
        let recipient = known(people.get(&delivery.recipient).cloned(), delivery.recipient);
        if recipient.erased {
            return Err(Outcome::Unwanted(reason::ERASED));
        }
        if delivery.is_expired(now) {
            return Err(Outcome::Unsendable(reason::EXPIRED.to_owned()));
        }
        if !delivery.template.guards_the_account() && !recipient.active.value() {
            return Err(Outcome::Unwanted(reason::INACTIVE));
        }
        if !wishes.wants(delivery.channel, delivery.template) {
            return Err(Outcome::Unwanted(reason::UNWANTED));
        }
        let notice = delivery
            .notice()
            .map_err(|_| Outcome::Unsendable("the facts of the message cannot be read".to_owned()))?;
        if let Some(reason) = notice.withheld_from(&recipient) {
            return Err(Outcome::Unwanted(reason));
        }
        if delivery.channel == Channel::Email
            && delivery.template.may_wait()
            && let Some(until) = wishes.rhythm.window_end(now)
        {
            return Err(Outcome::Collect(until));
        }
        let address = delivery.address.as_ref().or(recipient.address.value().as_ref());
        let address = address.ok_or(Outcome::UnknownRecipient)?;
        let to = MailAddress::parse(address).map_err(|fault| Outcome::Unsendable(fault.to_string()))?;
        let other = notice.names().and_then(|user| people.get(&user)?.known_as());
        let names = Names { reader: &recipient.name(&to), other: other.as_deref() };
        let language = self.language(wishes, &recipient);
        let renderer = self.templates.renderer();
        let variables = renderer.variables(&notice, language, names, &self.links);
        let unsendable = |fault: crate::mail::RenderFault| Outcome::Unsendable(fault.to_string());
        if delivery.channel != Channel::Email {
            let title = renderer.subject(delivery.template, language, &variables).map_err(unsendable)?;
            return Ok(Parcel::Message(Box::new(self.message(delivery, &notice, title, language))));
        }
        let letter = renderer.letter(delivery.template, language, &variables).map_err(unsendable)?;
        Ok(Parcel::Mail(Box::new(Mail {
            delivery: delivery.id,
            to,
            letter,
            language,
            thread: notice.ticket(),
            unsubscribe: (!delivery.template.guards_the_account()).then(|| self.links.preferences()),
            at: now,
        })))
    }

    fn message(
        &self,
        delivery: &Delivery,
        notice: &Notice,
        title: String,
        language: crate::domain::Language,
    ) -> Message {
        Message {
            id: delivery.id,
            channel: delivery.channel.as_str(),
            user_id: delivery.recipient,
            template: delivery.template.as_str(),
            language: language.as_str(),
            title,
            ticket_id: notice.ticket(),
            url: self.links.of(notice),
        }
    }
}

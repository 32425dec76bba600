use std::collections::HashMap;

use shared::{clock::Timestamp, ids::UserId};

use super::{App, known};
use crate::{
    domain::{Delivery, MailAddress, Outcome, Preferences, Recipient, reason},
    mail::{Mail, Names, variables},
};

impl App {
    /// The mail of a delivery as things stand at `now`: address, names, language and wishes are those of this moment and
    /// not of the one that it was ordered at. `people` holds those of [`Delivery::people`] of whom something is known.
    ///
    /// # Errors
    /// What becomes of the delivery instead.
    pub(super) fn mail(
        &self,
        delivery: &Delivery,
        people: &HashMap<UserId, Recipient>,
        wishes: &Preferences,
        now: Timestamp,
    ) -> Result<Mail, Outcome> {
        let recipient = known(people.get(&delivery.recipient).cloned(), delivery.recipient);
        if recipient.erased {
            return Err(Outcome::Unwanted(reason::ERASED));
        }
        if delivery.is_expired(now) {
            return Err(Outcome::Unsendable(reason::EXPIRED.to_owned()));
        }
        if delivery.template.is_optional() {
            if !recipient.active.value() {
                return Err(Outcome::Unwanted(reason::INACTIVE));
            }
            if !wishes.wants_mail(delivery.template) {
                return Err(Outcome::Unwanted(reason::UNWANTED));
            }
        }
        let address = delivery.address.as_ref().or(recipient.address.value().as_ref());
        let address = address.ok_or(Outcome::UnknownRecipient)?;
        let to = MailAddress::parse(address).map_err(|fault| Outcome::Unsendable(fault.to_string()))?;
        let notice = delivery
            .notice()
            .map_err(|_| Outcome::Unsendable("the facts of the message cannot be read".to_owned()))?;
        let language = self.language(wishes, &recipient);
        let other = notice.names().and_then(|user| people.get(&user)?.known_as());
        let names = Names { reader: &recipient.name(&to), other: other.as_deref() };
        let variables = variables(&notice, language, names, &self.links);
        let letter = self
            .renderer
            .letter(delivery.template, language, &variables)
            .map_err(|fault| Outcome::Unsendable(fault.to_string()))?;
        Ok(Mail { delivery: delivery.id, to, letter, language, thread: notice.ticket(), at: now })
    }
}

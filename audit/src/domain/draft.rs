use std::borrow::Cow;

use serde_json::Map;
use shared::{clock::Timestamp, events::Envelope, vault::Seal};

use super::{AuditEntry, Hash, Link, Unreadable, Withheld, chain::hash};

/// A row of the trail but for its place, its seal and its hash: all that can be made of an event before its turn has come.
#[derive(Clone, Debug)]
pub struct Draft {
    entry: AuditEntry,
    parts: Withheld,
    envelope: String,
}

impl Draft {
    /// Reads an event.
    ///
    /// # Errors
    /// As for [`AuditEntry::of`].
    pub fn of(event: &Envelope) -> Result<Self, Unreadable> {
        let entry = AuditEntry::of(event)?;
        let parted = entry.parts().and_then(|parts| Ok((serde_json::to_string(&parts.kept)?, parts)));
        let (envelope, parts) = parted.map_err(|fault| Unreadable::of(event, fault))?;
        Ok(Self { entry, parts, envelope })
    }

    /// What the event says.
    #[must_use]
    pub fn entry(&self) -> &AuditEntry {
        &self.entry
    }

    /// The row behind the one with this number and hash, its personal details sealed for whom it is about. Without a seal – of
    /// somebody who was erased – they are given up.
    ///
    /// # Errors
    /// None that is known: JSON is made of JSON.
    pub fn link(
        &self,
        (last, previous): (i64, Hash),
        recorded_at: Timestamp,
        seal: Option<&Seal>,
    ) -> Result<Link, serde_json::Error> {
        let sealed = self.parts.sealed(seal)?;
        let (sequence, person_id) = (last + 1, self.entry.person());
        let envelope = self.envelope.clone();
        let hash = hash(previous, sequence, recorded_at, person_id, sealed.as_deref(), &envelope);
        Ok(Link { sequence, recorded_at, person_id, sealed, envelope, hash })
    }

    /// What that row is found by: the personal details where it has them.
    #[must_use]
    pub fn parts(&self, link: &Link) -> Cow<'_, Withheld> {
        if link.sealed.is_some() || self.parts.personal.is_empty() {
            return Cow::Borrowed(&self.parts);
        }
        Cow::Owned(Withheld { kept: self.parts.kept.clone(), personal: Map::new() })
    }
}

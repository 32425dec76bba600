//! Events as rows of the trail, sealed, hashed and signed as audit does it.

use std::{
    collections::HashMap,
    io::{self, Write},
};

use anyhow::Context;
use audit::domain::{Checkpoint, Draft, Hash, Signer};
use shared::{
    clock::{Timestamp, rfc3339},
    events::Envelope,
    ids::UserId,
    vault::{Seal, new_key},
};

/// The columns of a row, in the order in which [`Chain::add`] writes them.
pub const COLUMNS: &str = "sequence, recorded_at, event_id, \"timestamp\", action, resource_type, resource_id, user_id, \
    person_id, envelope, sealed, hash";

/// The end of a trail that grows.
pub struct Chain {
    signer: Signer,
    sequence: i64,
    hash: Hash,
    recorded_at: Timestamp,
    seals: HashMap<UserId, Seal>,
    /// The keys that were made since they were asked for, as rows of `person_keys`.
    keys: Vec<u8>,
}

impl Chain {
    /// The trail before its first row.
    pub fn empty(signer: Signer, at: Timestamp) -> Self {
        let (seals, keys) = (HashMap::new(), Vec::new());
        Self { signer, sequence: 0, hash: Hash::BEGINNING, recorded_at: at, seals, keys }
    }

    /// When the next row may be recorded at the earliest.
    pub fn recorded_at(&self) -> Timestamp {
        self.recorded_at
    }

    /// How many rows there are.
    pub fn length(&self) -> i64 {
        self.sequence
    }

    /// The end, signed.
    pub fn end(&self) -> Checkpoint {
        self.signer.sign(self.sequence, self.hash, self.recorded_at)
    }

    /// Puts an event at the end and writes its row in the text form of `COPY`.
    ///
    /// # Errors
    /// When the event cannot be read, or nothing can be written.
    pub fn add(
        &mut self,
        event: &Envelope,
        recorded_at: Timestamp,
        to: &mut impl Write,
    ) -> anyhow::Result<()> {
        let draft = Draft::of(event)?;
        let person = draft.entry().person();
        if let Some(person) = person.filter(|person| !self.seals.contains_key(person)) {
            let key = new_key();
            writeln!(self.keys, "{person}\t{}\t{}", hex::encode(key), rfc3339(recorded_at))?;
            self.seals.insert(person, Seal::of(&key));
        }
        let seal = person.and_then(|person| self.seals.get(&person));
        let end = (self.sequence, self.hash);
        let link = draft.link(end, recorded_at, seal).context("an event's data is JSON")?;
        (self.sequence, self.hash, self.recorded_at) = (link.sequence, link.hash, recorded_at);
        let facts = draft.entry().facts();
        write!(
            to,
            "{}\t{}\t{}\t{}\t{}\t{}\t",
            self.sequence,
            rfc3339(recorded_at),
            facts.event_id,
            rfc3339(facts.timestamp),
            facts.action,
            facts.resource_type
        )?;
        optional(to, facts.resource_id)?;
        optional(to, facts.user_id)?;
        optional(to, person)?;
        escaped(to, &link.envelope)?;
        to.write_all(b"\t")?;
        optional(to, link.sealed)?;
        writeln!(to, "{}", self.hash)?;
        Ok(())
    }

    /// The rows of `person_keys` that have come since the last time.
    pub fn take_keys(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.keys)
    }
}

/// A checkpoint as a row, in the text form of `COPY`.
pub fn row(checkpoint: &Checkpoint) -> String {
    let Checkpoint { sequence, hash, recorded_at, key_id, signature } = checkpoint;
    format!("{sequence}\t{hash}\t{}\t{key_id}\t{signature}\n", rfc3339(*recorded_at))
}

/// A field and the mark behind it.
fn optional(to: &mut impl Write, value: Option<impl std::fmt::Display>) -> io::Result<()> {
    match value {
        Some(value) => write!(to, "{value}\t"),
        None => to.write_all(b"\\N\t"),
    }
}

/// JSON has no control characters; its backslashes are doubled.
fn escaped(to: &mut impl Write, text: &str) -> io::Result<()> {
    for (place, piece) in text.split('\\').enumerate() {
        if place > 0 {
            to.write_all(b"\\\\")?;
        }
        to.write_all(piece.as_bytes())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use audit::domain::{Link, Verifier};

    use super::*;
    use crate::world::World;

    #[test]
    fn what_is_written_is_a_trail_that_audit_finds_intact() {
        let at: Timestamp = "2026-03-01T08:00:00Z".parse().unwrap();
        let (mut chain, mut world) = (Chain::empty(Signer::of(&[7; 32]), at), World::new(1, 200));
        let mut rows = Vec::new();
        for _ in 0..500 {
            let event = world.happen(at);
            chain.add(&event, at, &mut rows).unwrap();
        }
        let rows = String::from_utf8(rows).unwrap();
        let mut verifier = Verifier::from_the_beginning(vec![Signer::of(&[7; 32]).public_key()]);
        for line in rows.lines() {
            let fields: Vec<&str> = line.split('\t').collect();
            let known = |at: usize| Some(fields[at]).filter(|field| *field != "\\N");
            let link = Link {
                sequence: fields[0].parse().unwrap(),
                recorded_at: fields[1].parse().unwrap(),
                person_id: known(8).map(|person| person.parse().unwrap()),
                sealed: known(10).map(str::to_owned),
                envelope: fields[9].replace("\\\\", "\\"),
                hash: fields[11].parse().unwrap(),
            };
            verifier.row(&link).unwrap();
        }
        assert_eq!((chain.length(), rows.lines().count()), (500, 500));
        verifier.checkpoint(&chain.end()).unwrap();
        assert!(!chain.take_keys().is_empty() && chain.take_keys().is_empty());
    }
}

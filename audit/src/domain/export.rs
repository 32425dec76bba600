//! The trail as files: what an outsider needs to verify it, and nothing that only the house can read. One JSON object a line.

use serde::{Deserialize, Serialize};
use shared::clock::Timestamp;

use super::{Checkpoint, Link, PublicKey, Remembered, Tampering, Verifier};

/// A line of an export.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum ExportLine {
    /// The first: the export begins behind this checkpoint, or with the first row of all.
    Start {
        /// Nothing where it begins with the first row of all.
        behind: Option<Checkpoint>,
    },
    /// A row of the trail.
    Row(Link),
    /// What was signed when the row before was the last. The last line of an export is one.
    Checkpoint(Checkpoint),
}

impl ExportLine {
    /// The line with its line feed.
    #[must_use]
    pub fn text(&self) -> String {
        serde_json::to_string(self).expect("a line is plain data and serialises") + "\n"
    }
}

/// Why exports do not show what they should. It is about the line that was read last, or about the end of them all.
#[derive(Debug, thiserror::Error)]
pub enum ExportFault {
    /// The trail was tampered with.
    #[error("{0}")]
    Tampered(#[from] Tampering),
    /// An export goes on behind rows that none has brought.
    #[error("the rows {first} to {last} are missing between this export and the one before")]
    Gap {
        /// The first that is missing.
        first: i64,
        /// The last that is missing.
        last: i64,
    },
    /// What is behind the last checkpoint may be anybody's.
    #[error(
        "no checkpoint signs the rows {first} to {last}: the trail was cut off behind row {last}, or they were inserted"
    )]
    Unsigned {
        /// The first row that is not signed.
        first: i64,
        /// The last.
        last: i64,
    },
    /// A line is none of an export.
    #[error("this is no line of an export ({})", without_line(.0))]
    Unreadable(#[from] serde_json::Error),
    /// It does not say where it begins.
    #[error("an export begins with a line of the kind start, and this one does not")]
    NoStart,
    /// It begins before the one before has ended.
    #[error(
        "this export begins behind row {begins}, and the one before ended with row {ended}: they are not consecutive"
    )]
    Apart {
        /// The row behind which it begins.
        begins: i64,
        /// The last of the one before.
        ended: i64,
    },
    /// The remembered row is older than all that was shown.
    #[error("row {remembered}, which is remembered, is not in it: it begins behind row {begins}")]
    NotReached {
        /// The row that is remembered.
        remembered: i64,
        /// The row behind which the exports begin.
        begins: i64,
    },
}

/// Of each text there is one line, and whoever reads a file counts its lines.
fn without_line(fault: &serde_json::Error) -> String {
    fault.to_string().replace(" at line 1 column ", " at column ")
}

/// What exports have shown: that a trail is whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// How many rows there were.
    pub rows: u64,
    /// When the first of them was recorded; nothing where there was none.
    pub first_recorded_at: Option<Timestamp>,
    /// The checkpoint behind which they begin; nothing where they begin with the first row of all.
    pub behind: Option<Checkpoint>,
    /// How many checkpoints there were, and held.
    pub checkpoints: u64,
    /// The one at their end.
    pub end: Checkpoint,
}

/// Reads exports, the parts of one trail in their order, and verifies them with the public keys alone.
pub struct ExportVerifier {
    keys: Vec<PublicKey>,
    remembered: Option<Remembered>,
    verifier: Option<Verifier>,
    behind: Option<Checkpoint>,
    signed: Option<Checkpoint>,
    first_recorded_at: Option<Timestamp>,
    checkpoints: u64,
    rows: u64,
    /// Whether a checkpoint has still to come: every export ends with one.
    is_open: bool,
}

impl ExportVerifier {
    /// `remembered` is a checkpoint of an earlier day: what it has seen must still be there, so that a trail that was cut off
    /// shows even if its end was signed.
    #[must_use]
    pub fn new(keys: Vec<PublicKey>, remembered: Option<Remembered>) -> Self {
        Self {
            keys,
            remembered,
            verifier: None,
            behind: None,
            signed: None,
            first_recorded_at: None,
            checkpoints: 0,
            rows: 0,
            is_open: false,
        }
    }

    /// The last row that was seen, or behind which the exports begin; 0 before anything was.
    #[must_use]
    pub fn last(&self) -> i64 {
        self.verifier.as_ref().map_or(0, Verifier::last)
    }

    /// The next line; an export that goes on where the one before has ended follows it line by line.
    ///
    /// # Errors
    /// When it is none, or shows that the trail is not as it was written.
    pub fn line(&mut self, text: &str) -> Result<(), ExportFault> {
        match serde_json::from_str(text)? {
            ExportLine::Start { behind } => self.start(behind)?,
            ExportLine::Row(link) => {
                let verifier = self.verifier.as_mut().ok_or(ExportFault::NoStart)?;
                verifier.row(&link)?;
                self.is_open = true;
                self.rows += 1;
                self.first_recorded_at.get_or_insert(link.recorded_at);
                self.remember()?;
            }
            ExportLine::Checkpoint(checkpoint) => {
                let verifier = self.verifier.as_mut().ok_or(ExportFault::NoStart)?;
                verifier.checkpoint(&checkpoint)?;
                // The end of an export is the checkpoint that was kept there, as often as not.
                if self.signed.as_ref().is_none_or(|it| it.sequence != checkpoint.sequence) {
                    self.checkpoints += 1;
                }
                self.signed = Some(checkpoint);
                self.is_open = false;
            }
        }
        Ok(())
    }

    fn start(&mut self, behind: Option<Checkpoint>) -> Result<(), ExportFault> {
        self.is_open = true;
        let Some(verifier) = &mut self.verifier else {
            self.verifier = Some(match &behind {
                None => Verifier::from_the_beginning(self.keys.clone()),
                Some(behind) => Verifier::from_checkpoint(self.keys.clone(), behind)?,
            });
            self.behind = behind;
            return self.remember();
        };
        let (ended, begins) = (verifier.last(), behind.as_ref().map_or(0, |it| it.sequence));
        match behind {
            _ if begins < ended => Err(ExportFault::Apart { begins, ended }),
            _ if begins > ended => Err(ExportFault::Gap { first: ended + 1, last: begins }),
            Some(behind) => Ok(verifier.checkpoint(&behind)?),
            None => Ok(()),
        }
    }

    /// Holds what is remembered against the row that was seen last.
    fn remember(&mut self) -> Result<(), ExportFault> {
        let Some(verifier) = &self.verifier else { return Ok(()) };
        match self.remembered.take_if(|it| it.sequence == verifier.last()) {
            Some(remembered) => Ok(verifier.holds(&remembered)?),
            None => Ok(()),
        }
    }

    /// There are no more lines: what they have shown.
    ///
    /// # Errors
    /// When the last row was not signed, so that there may have been more; or what is remembered was not among them.
    pub fn end(self) -> Result<Verified, ExportFault> {
        let verifier = self.verifier.ok_or(ExportFault::NoStart)?;
        let last = verifier.last();
        if let Some(remembered) = self.remembered {
            if remembered.sequence > last {
                return Err(Tampering::CutOff(last + 1).into());
            }
            let begins = self.behind.map_or(0, |it| it.sequence);
            return Err(ExportFault::NotReached { remembered: remembered.sequence, begins });
        }
        match self.signed {
            Some(end) if !self.is_open => Ok(Verified {
                rows: self.rows,
                first_recorded_at: self.first_recorded_at,
                behind: self.behind,
                checkpoints: self.checkpoints,
                end,
            }),
            signed => {
                let first = signed.or(self.behind).map_or(0, |it| it.sequence) + 1;
                Err(if first > last {
                    Tampering::CutOff(first).into()
                } else {
                    ExportFault::Unsigned { first, last }
                })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::{TimeDelta, TimeZone, Utc};

    use super::*;
    use crate::domain::{Hash, Signer, hash};

    /// The lines of an export of these rows, which ends with a checkpoint.
    fn export(first: i64, last: i64) -> Vec<String> {
        let (signer, at) = (Signer::of(&[7; 32]), Utc.with_ymd_and_hms(2026, 3, 1, 8, 0, 0).unwrap());
        let mut previous = Hash::BEGINNING;
        let mut lines = vec![ExportLine::Start { behind: None }];
        for sequence in 1..=last {
            if sequence == first && first > 1 {
                let behind = signer.sign(sequence - 1, previous, at + TimeDelta::seconds(sequence - 1));
                lines = vec![ExportLine::Start { behind: Some(behind) }];
            }
            let (recorded_at, envelope) =
                (at + TimeDelta::seconds(sequence), format!("{{\"n\":{sequence}}}"));
            let hash = hash(previous, sequence, recorded_at, None, None, &envelope);
            previous = hash;
            lines.push(ExportLine::Row(Link {
                sequence,
                recorded_at,
                person_id: None,
                sealed: None,
                envelope,
                hash,
            }));
        }
        lines.push(ExportLine::Checkpoint(signer.sign(last, previous, at + TimeDelta::seconds(last))));
        lines.iter().map(ExportLine::text).collect()
    }

    fn verify(parts: &[Vec<String>], remembered: Option<Remembered>) -> Result<Verified, String> {
        let mut verifier = ExportVerifier::new(vec![Signer::of(&[7; 32]).public_key()], remembered);
        let read = parts.iter().flatten().try_for_each(|line| verifier.line(line));
        read.and_then(|()| verifier.end()).map_err(|fault| fault.to_string())
    }

    #[test]
    fn consecutive_exports_are_one_trail() {
        let verified = verify(&[export(1, 4), export(5, 7), export(8, 9)], None).unwrap();
        assert_eq!((verified.rows, verified.checkpoints, verified.end.sequence), (9, 3, 9));
        let verified = verify(&[export(5, 7), export(8, 9)], None).unwrap();
        assert_eq!((verified.rows, verified.behind.map(|it| it.sequence)), (5, Some(4)));
        // As `split` makes them.
        let whole = export(1, 9);
        assert_eq!(verify(&[whole[..4].to_vec(), whole[4..].to_vec()], None).unwrap().rows, 9);
    }

    #[test]
    fn what_is_missing_between_exports_or_at_their_end_is_found() {
        let cut = |export: Vec<String>, by: usize| export[..export.len() - by].to_vec();
        let unsigned =
            "no checkpoint signs the rows 5 to 7: the trail was cut off behind row 7, or they were inserted";
        for (parts, fault) in [
            (
                vec![export(1, 4), export(8, 9)],
                "the rows 5 to 7 are missing between this export and the one before",
            ),
            (
                vec![cut(export(1, 4), 2), export(5, 7)],
                "the rows 4 to 4 are missing between this export and the one before",
            ),
            (vec![export(1, 4), cut(export(5, 7), 1)], unsigned),
            (
                vec![export(1, 4), cut(export(5, 7), 4)],
                "the trail was cut off: row 5 is the first that is missing",
            ),
            (
                vec![export(5, 7), export(1, 4)],
                "this export begins behind row 0, and the one before ended with row 7: they are not consecutive",
            ),
            (vec![], "an export begins with a line of the kind start, and this one does not"),
        ] {
            assert_eq!(verify(&parts, None), Err(fault.to_owned()));
        }
    }

    #[test]
    fn what_is_remembered_must_still_be_there() {
        let at = |row: i64| {
            let export = export(1, row);
            Some(export.last().unwrap().parse::<Remembered>().unwrap())
        };
        for row in 1..=9 {
            assert!(verify(&[export(1, 4), export(5, 9)], at(row)).is_ok(), "{row}");
        }
        // Also where it is the one behind which an export begins.
        assert!(verify(&[export(5, 9)], at(4)).is_ok());
        assert!(
            verify(&[export(5, 9)], at(3))
                .unwrap_err()
                .starts_with("row 3, which is remembered, is not in it")
        );
        let fault = "the trail was cut off: row 10 is the first that is missing";
        assert_eq!(verify(&[export(1, 9)], at(10)), Err(fault.to_owned()));
        let other = Some(Remembered { sequence: 6, hash: Hash::BEGINNING });
        let fault = "the rows from 5 to 6 are not those that were signed";
        assert_eq!(verify(&[export(1, 4), export(5, 9)], other), Err(fault.to_owned()));
    }
}

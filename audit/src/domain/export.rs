//! The trail as a file: what an outsider needs to verify it, and nothing that only the house can read. One JSON object a line.

use serde::{Deserialize, Serialize};

use super::{Checkpoint, Link, PublicKey, Tampering, Verifier};

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

/// Why an export does not show what it should.
#[derive(Debug, thiserror::Error)]
pub enum ExportFault {
    /// The trail was tampered with.
    #[error("{0}")]
    Tampered(#[from] Tampering),
    /// A line is none of an export.
    #[error("line {line} is no line of an export: {fault}")]
    Unreadable {
        /// Which one, from 1.
        line: usize,
        /// Where reading stopped.
        fault: serde_json::Error,
    },
    /// It does not say where it begins.
    #[error("line {0}: an export begins with a line of the kind start, and this is another")]
    NoStart(usize),
    /// It begins somewhere else than the one before has ended.
    #[error("line {0}: this export does not go on where the one before has ended")]
    Apart(usize),
    /// Nothing of the remembered checkpoint is in it.
    #[error("the row {0} that you remember is not in it")]
    NotReached(i64),
}

/// Reads exports, one after the other, and verifies them with the public keys alone.
pub struct ExportVerifier {
    keys: Vec<PublicKey>,
    remembered: Option<Checkpoint>,
    verifier: Option<Verifier>,
    signed: Option<Checkpoint>,
    lines: usize,
    rows: u64,
}

impl ExportVerifier {
    /// `remembered` is a checkpoint of an earlier day: what it has seen must still be there, so that a trail that was cut off
    /// shows even if its end was signed.
    #[must_use]
    pub fn new(keys: Vec<PublicKey>, remembered: Option<Checkpoint>) -> Self {
        Self { keys, remembered, verifier: None, signed: None, lines: 0, rows: 0 }
    }

    /// The next line.
    ///
    /// # Errors
    /// When it is none, or shows that the trail is not as it was written.
    pub fn line(&mut self, text: &str) -> Result<(), ExportFault> {
        self.lines += 1;
        let line = self.lines;
        match serde_json::from_str(text).map_err(|fault| ExportFault::Unreadable { line, fault })? {
            ExportLine::Start { behind } => self.start(behind)?,
            ExportLine::Row(link) => {
                let verifier = self.verifier.as_mut().ok_or(ExportFault::NoStart(line))?;
                verifier.row(&link)?;
                self.rows += 1;
                if let Some(remembered) = self.remembered.take_if(|it| it.sequence == link.sequence) {
                    verifier.checkpoint(&remembered)?;
                }
            }
            ExportLine::Checkpoint(checkpoint) => {
                let verifier = self.verifier.as_mut().ok_or(ExportFault::NoStart(line))?;
                verifier.checkpoint(&checkpoint)?;
                self.signed = Some(checkpoint);
            }
        }
        Ok(())
    }

    fn start(&mut self, behind: Option<Checkpoint>) -> Result<(), ExportFault> {
        match (&mut self.verifier, behind) {
            (None, None) => self.verifier = Some(Verifier::from_the_beginning(self.keys.clone())),
            (None, Some(behind)) => {
                self.verifier = Some(Verifier::from_checkpoint(self.keys.clone(), &behind)?);
            }
            (Some(verifier), Some(behind)) if behind.sequence == verifier.last() => {
                verifier.checkpoint(&behind)?;
            }
            (Some(_), _) => return Err(ExportFault::Apart(self.lines)),
        }
        Ok(())
    }

    /// There are no more lines: how many rows there were, and the checkpoint that they end with.
    ///
    /// # Errors
    /// When the last row was not signed, so that there may have been more; or the remembered one was not among them.
    pub fn end(self) -> Result<(u64, Checkpoint), ExportFault> {
        let verifier = self.verifier.ok_or(ExportFault::NoStart(self.lines + 1))?;
        let signed = self.signed.filter(|signed| signed.sequence == verifier.last());
        let signed = signed.ok_or(Tampering::CutOff(verifier.last() + 1))?;
        match self.remembered {
            Some(remembered) if remembered.sequence > verifier.last() => {
                Err(Tampering::CutOff(verifier.last() + 1).into())
            }
            Some(remembered) => Err(ExportFault::NotReached(remembered.sequence)),
            None => Ok((self.rows, signed)),
        }
    }
}

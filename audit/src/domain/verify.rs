//! Is the trail as it was written? The same question for the service, over its table, and for an outsider, over an export.

use super::{Checkpoint, Facts, Hash, Link, PublicKey, Remembered};

/// What is wrong, and with which row first.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Tampering {
    /// The row is not what its hash says.
    #[error("row {0} was changed")]
    Changed(i64),
    /// It is not there, and later ones are.
    #[error("row {0} was removed")]
    Removed(i64),
    /// It is there twice, or behind the end.
    #[error("row {0} was inserted")]
    Inserted(i64),
    /// It and all that followed are gone.
    #[error("the trail was cut off: row {0} is the first that is missing")]
    CutOff(i64),
    /// The rows fit each other, and not what was signed: they were all made anew from somewhere behind the last checkpoint
    /// that still held.
    #[error("the rows from {0} to {1} are not those that were signed")]
    Rewritten(i64, i64),
    /// A checkpoint was signed by nobody that is trusted.
    #[error("the checkpoint at row {0} was not signed by a key that is trusted")]
    Forged(i64),
    /// It is not in the table, and what says that an archive has it was signed by nobody that is trusted.
    #[error(
        "row {0} is not there, and the archive that is said to have it was not signed by a key that is trusted"
    )]
    NotArchived(i64),
}

impl Tampering {
    /// The first row that is not as it was written.
    #[must_use]
    pub fn sequence(&self) -> i64 {
        match *self {
            Self::Changed(row)
            | Self::Removed(row)
            | Self::Inserted(row)
            | Self::CutOff(row)
            | Self::Rewritten(row, _)
            | Self::Forged(row)
            | Self::NotArchived(row) => row,
        }
    }

    /// What was done to it, in a word.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Changed(_) => "changed",
            Self::Removed(_) => "removed",
            Self::Inserted(_) => "inserted",
            Self::CutOff(_) => "cut_off",
            Self::Rewritten(..) => "rewritten",
            Self::Forged(_) => "forged",
            Self::NotArchived(_) => "not_archived",
        }
    }
}

/// Goes along the trail, row by row.
#[derive(Clone, Debug)]
pub struct Verifier {
    keys: Vec<PublicKey>,
    last: i64,
    hash: Hash,
    /// The last row that a checkpoint has confirmed.
    signed: i64,
}

impl Verifier {
    /// From the first row on.
    #[must_use]
    pub fn from_the_beginning(keys: Vec<PublicKey>) -> Self {
        Self { keys, last: 0, hash: Hash::BEGINNING, signed: 0 }
    }

    /// From behind a checkpoint on: what is before it is taken on its word.
    ///
    /// # Errors
    /// When nobody trusted has signed it.
    pub fn from_checkpoint(keys: Vec<PublicKey>, checkpoint: &Checkpoint) -> Result<Self, Tampering> {
        let verifier =
            Self { keys, last: checkpoint.sequence, hash: checkpoint.hash, signed: checkpoint.sequence };
        verifier.trust(checkpoint)?;
        Ok(verifier)
    }

    fn trust(&self, checkpoint: &Checkpoint) -> Result<(), Tampering> {
        let trusted = self.keys.iter().any(|key| key.verifies(checkpoint));
        if trusted { Ok(()) } else { Err(Tampering::Forged(checkpoint.sequence)) }
    }

    /// The last row that was seen.
    #[must_use]
    pub fn last(&self) -> i64 {
        self.last
    }

    /// The next row.
    ///
    /// # Errors
    /// When it is not the one that belongs here.
    pub fn row(&mut self, link: &Link) -> Result<(), Tampering> {
        let wanted = self.last + 1;
        if link.sequence > wanted {
            return Err(Tampering::Removed(wanted));
        }
        if link.sequence < wanted {
            return Err(Tampering::Inserted(link.sequence));
        }
        if link.computed(self.hash) != link.hash {
            return Err(Tampering::Changed(wanted));
        }
        self.last = wanted;
        self.hash = link.hash;
        Ok(())
    }

    /// The next row of the table, with what it is found by there: a line could be hidden without touching the chain.
    ///
    /// # Errors
    /// When it is not the one that belongs here, or is found by what its envelope does not say.
    pub fn row_found_by(&mut self, link: &Link, facts: &Facts) -> Result<(), Tampering> {
        self.row(link)?;
        if facts.are_of(link) { Ok(()) } else { Err(Tampering::Changed(link.sequence)) }
    }

    /// A checkpoint at the row that was seen last.
    ///
    /// # Errors
    /// When it was signed by nobody trusted, or when other rows were there when it was signed.
    pub fn checkpoint(&mut self, checkpoint: &Checkpoint) -> Result<(), Tampering> {
        self.trust(checkpoint)?;
        if checkpoint.sequence > self.last {
            return Err(Tampering::CutOff(self.last + 1));
        }
        if checkpoint.sequence < self.last {
            return Err(Tampering::Inserted(checkpoint.sequence + 1));
        }
        if checkpoint.hash != self.hash {
            return Err(Tampering::Rewritten(self.signed + 1, self.last));
        }
        self.signed = self.last;
        Ok(())
    }

    /// What somebody remembers of the row that was seen last.
    ///
    /// # Errors
    /// When it was another row.
    pub fn holds(&self, remembered: &Remembered) -> Result<(), Tampering> {
        if (remembered.sequence, remembered.hash) == (self.last, self.hash) {
            Ok(())
        } else {
            Err(Tampering::Rewritten(self.signed + 1, self.last))
        }
    }
}

//! Archives: the oldest months of the trail as files. That they were put away is signed, as the trail's end is: who lets rows go
//! without an archive, or points to another file, cannot sign that.

use chrono::TimeDelta;
use shared::clock::{Timestamp, rfc3339};

use super::{Grain, PublicKey, Signer, Tampering};

/// What a file holds, and which one it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contents {
    /// The first row in it.
    pub first_sequence: i64,
    /// The last one. A checkpoint at this row ends the file.
    pub last_sequence: i64,
    /// When the first was recorded.
    pub first_recorded_at: Timestamp,
    /// When the last was recorded.
    pub last_recorded_at: Timestamp,
    /// The file's name in the bucket.
    pub object: String,
    /// SHA-256 of the file, in hexadecimal digits.
    pub file_hash: String,
    /// Its bytes.
    pub file_size: i64,
}

impl Contents {
    /// A file with these rows (number and time of the first and of the last), named after their month, their numbers and its
    /// own hash: so no file takes the place of another.
    #[must_use]
    pub fn of(first: (i64, Timestamp), last: (i64, Timestamp), file_hash: String, file_size: i64) -> Self {
        let (month, mark) = (first.1.format("%Y-%m"), file_hash.get(..16).unwrap_or_default());
        let object = format!("trail-{month}-rows-{:012}-{:012}-{mark}.jsonl.gz", first.0, last.0);
        Self {
            first_sequence: first.0,
            last_sequence: last.0,
            first_recorded_at: first.1,
            last_recorded_at: last.1,
            object,
            file_hash,
            file_size,
        }
    }
}

/// A part of the trail that was put away, signed.
///
/// What is signed is a text of nine parts, each ended by a line feed but the last: `helpdesk-archive-1`, the numbers of the first
/// and the last row, when these were recorded, the object, its SHA-256, its size, and when it was put away (times in RFC 3339
/// with microseconds).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Archive {
    /// What was put away.
    pub contents: Contents,
    /// When.
    pub archived_at: Timestamp,
    /// Which key has signed: see [`PublicKey::id`].
    pub key_id: String,
    /// The signature, in hexadecimal digits.
    pub signature: String,
}

fn signed_text(it: &Contents, archived_at: Timestamp) -> String {
    format!(
        "helpdesk-archive-1\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}",
        it.first_sequence,
        it.last_sequence,
        rfc3339(it.first_recorded_at),
        rfc3339(it.last_recorded_at),
        it.object,
        it.file_hash,
        it.file_size,
        rfc3339(archived_at),
    )
}

impl Signer {
    /// This was put away.
    #[must_use]
    pub fn sign_archive(&self, contents: Contents, archived_at: Timestamp) -> Archive {
        let signature = self.signature(&signed_text(&contents, archived_at));
        Archive { contents, archived_at, key_id: self.public_key().id(), signature }
    }
}

impl Archive {
    /// Whether the owner of one of these keys signed it.
    #[must_use]
    pub fn is_trusted(&self, keys: &[PublicKey]) -> bool {
        let text = signed_text(&self.contents, self.archived_at);
        keys.iter().any(|key| key.has_signed(&text, &self.signature))
    }
}

/// Holds all archives against each other: each is signed, and begins where the one before has ended.
///
/// # Errors
/// The first row of which that cannot be said.
pub fn check_archives(archives: &[Archive], keys: &[PublicKey]) -> Result<(), Tampering> {
    let mut wanted = 1;
    for archive in archives {
        if archive.contents.first_sequence != wanted {
            return Err(Tampering::Removed(wanted));
        }
        if !archive.is_trusted(keys) {
            return Err(Tampering::NotArchived(wanted));
        }
        wanted = archive.contents.last_sequence + 1;
    }
    Ok(())
}

/// The end of the month that a row was recorded in, once all of that month is older than `keep`.
#[must_use]
pub fn month_to_put_away(recorded_at: Timestamp, keep: TimeDelta, now: Timestamp) -> Option<Timestamp> {
    let end = Grain::Month.next(Grain::Month.start(recorded_at));
    end.checked_add_signed(keep).is_some_and(|due| due <= now).then_some(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn archive(signer: &Signer, first: i64, last: i64) -> Archive {
        let time = at("2026-01-05T08:00:00Z");
        let contents = Contents::of((first, time), (last, time), "ab".repeat(32), 7);
        signer.sign_archive(contents, at("2026-03-01T00:00:00Z"))
    }

    #[test]
    fn a_month_goes_when_all_of_it_is_old_enough() {
        let keep = TimeDelta::days(30);
        for (recorded_at, now, end) in [
            ("2026-01-01T00:00:00Z", "2026-03-02T23:59:59Z", None),
            ("2026-01-01T00:00:00Z", "2026-03-03T00:00:00Z", Some("2026-02-01T00:00:00Z")),
            ("2026-01-31T23:59:59.999999Z", "2026-03-03T00:00:00Z", Some("2026-02-01T00:00:00Z")),
            ("2026-02-01T00:00:00Z", "2026-03-03T00:00:00Z", None),
            ("2025-12-31T23:00:00Z", "2026-03-03T00:00:00Z", Some("2026-01-01T00:00:00Z")),
        ] {
            assert_eq!(
                month_to_put_away(at(recorded_at), keep, at(now)),
                end.map(at),
                "{recorded_at} at {now}"
            );
        }
        let month = at("2026-01-01T00:00:00Z");
        assert_eq!(month_to_put_away(month, TimeDelta::MAX, at("2026-03-02T23:59:59Z")), None);
    }

    #[test]
    fn a_file_is_named_after_its_month_its_rows_and_its_hash() {
        let object = archive(&Signer::of(&[7; 32]), 3, 12_345).contents.object;
        assert_eq!(object, "trail-2026-01-rows-000000000003-000000012345-abababababababab.jsonl.gz");
    }

    #[test]
    fn archives_are_signed_and_follow_each_other() {
        let signer = Signer::of(&[7; 32]);
        let keys = [signer.public_key()];
        let whole = [archive(&signer, 1, 4), archive(&signer, 5, 5), archive(&signer, 6, 9)];
        assert_eq!(check_archives(&whole, &keys), Ok(()));
        assert_eq!(check_archives(&whole[1..], &keys), Err(Tampering::Removed(1)));
        assert_eq!(check_archives(&[whole[0].clone(), whole[2].clone()], &keys), Err(Tampering::Removed(5)));
        let forged = [whole[0].clone(), archive(&Signer::of(&[8; 32]), 5, 5)];
        assert_eq!(check_archives(&forged, &keys), Err(Tampering::NotArchived(5)));
        let mut longer = whole[0].clone();
        longer.contents.last_sequence = 5;
        assert_eq!(check_archives(&[longer], &keys), Err(Tampering::NotArchived(1)));
    }
}

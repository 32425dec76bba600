//! Chance that can be repeated (splitmix64).

use shared::clock::Timestamp;
use uuid::{Builder, Uuid};

/// A sequence of numbers that follows from its seed.
pub struct Random(u64);

impl Random {
    /// The sequence of a seed.
    pub fn of(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// One of `0..end`, all alike.
    pub fn below(&mut self, end: u64) -> u64 {
        self.next() % end.max(1)
    }

    /// One of `0..end`, of which the first come far more often than the last.
    pub fn skewed(&mut self, end: u64) -> u64 {
        let share = self.share();
        ((share * share * share * end as f64) as u64).min(end.saturating_sub(1))
    }

    /// From 0 up to 1.
    pub fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// One of these.
    pub fn of_these<'a>(&mut self, these: &[&'a str]) -> &'a str {
        let place = self.below(these.len() as u64);
        these[usize::try_from(place).unwrap_or(0)]
    }

    /// An id of version 7 that carries a moment.
    pub fn id_at(&mut self, at: Timestamp) -> Uuid {
        let mut rest = [0; 10];
        rest[..8].copy_from_slice(&self.next().to_be_bytes());
        rest[8..].copy_from_slice(&self.next().to_be_bytes()[..2]);
        Builder::from_unix_timestamp_millis(at.timestamp_millis().unsigned_abs(), &rest).into_uuid()
    }
}

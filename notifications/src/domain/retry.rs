use chrono::Duration;
use shared::clock::Timestamp;

/// How long after each failed attempt the next one comes. After the last of them the delivery has failed for good.
pub const DELAYS: [Duration; 6] = [
    Duration::seconds(5),
    Duration::minutes(5),
    Duration::minutes(30),
    Duration::hours(2),
    Duration::hours(5),
    Duration::hours(10),
];

/// When to try again after `failures` failed attempts, or `None` when it was the last one.
///
/// A delivery that becomes worthless at `expires_at` is looked at once more at that moment at the latest, so that its
/// secret does not lie around until the schedule comes by.
#[must_use]
pub fn next_attempt(failures: i32, now: Timestamp, expires_at: Option<Timestamp>) -> Option<Timestamp> {
    let index = usize::try_from(failures).ok()?.checked_sub(1)?;
    let at = now + *DELAYS.get(index)?;
    Some(expires_at.map_or(at, |end| at.min(end.max(now))))
}

/// When to look again at a delivery whose recipient is not known yet: soon at first, then as long again as it has waited
/// already, five minutes at most. The recipient's arrival wakes it anyway; this is for the arrival that was missed.
#[must_use]
pub fn next_look(waiting_since: Timestamp, now: Timestamp) -> Timestamp {
    now + (now - waiting_since).clamp(Duration::seconds(1), Duration::minutes(5))
}

#[cfg(test)]
mod tests {
    use chrono::{Duration, TimeZone, Utc};

    use super::{next_attempt, next_look};

    #[test]
    fn the_schedule_is_5_s_5_min_30_min_2_h_5_h_10_h_then_the_end() {
        let now = Utc.with_ymd_and_hms(2026, 1, 1, 0, 0, 0).unwrap();
        let waits: Vec<_> = (1..=7)
            .map(|failures| next_attempt(failures, now, None).map(|at| (at - now).num_seconds()))
            .collect();
        assert_eq!(
            waits,
            [Some(5), Some(300), Some(1800), Some(7200), Some(18_000), Some(36_000), None],
            "seconds after each failure"
        );
        assert_eq!(next_attempt(0, now, None), None, "without a failure there is nothing to repeat");
    }

    #[test]
    fn an_expiring_delivery_is_looked_at_when_it_expires() {
        let now = Utc.with_ymd_and_hms(2026, 1, 1, 0, 0, 0).unwrap();
        let end = now + Duration::minutes(10);
        assert_eq!(next_attempt(2, now, Some(end)), Some(now + Duration::minutes(5)));
        assert_eq!(next_attempt(3, now, Some(end)), Some(end));
        assert_eq!(next_attempt(3, end + Duration::hours(1), Some(end)), Some(end + Duration::hours(1)));
    }

    #[test]
    fn an_unknown_recipient_is_awaited_longer_and_longer() {
        let start = Utc.with_ymd_and_hms(2026, 1, 1, 0, 0, 0).unwrap();
        for (waited, wait) in [(0, 1), (1, 1), (8, 8), (200, 200), (100_000, 300)] {
            let now = start + Duration::seconds(waited);
            assert_eq!(next_look(start, now) - now, Duration::seconds(wait), "after {waited} s");
        }
    }
}

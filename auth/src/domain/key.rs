//! When the keys that sign access tokens are made, used, and forgotten.

use chrono::Duration;
use shared::clock::Timestamp;

/// How long a key is still published after the last token that it could have signed has expired.
const MARGIN: Duration = Duration::minutes(10);

/// The timetable of keys, from the configuration.
#[derive(Clone, Copy, Debug)]
pub struct KeyRules {
    /// A key signs for that long.
    pub rotation: Duration,
    /// It is published that long before it signs, so that every verifier knows it in time.
    pub ahead: Duration,
    /// How long a token lives that it signs.
    pub token: Duration,
}

/// What the timetable needs to know of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Generation {
    /// 1, 2, 3 … – unique in the database, so that of several replicas one makes the next key.
    pub number: i64,
    /// From when on it signs, until the next one does.
    pub signs_from: Timestamp,
}

impl KeyRules {
    /// The key that signs at `now`.
    #[must_use]
    pub fn signer(&self, keys: &[Generation], now: Timestamp) -> Option<Generation> {
        keys.iter().copied().filter(|key| key.signs_from <= now).max_by_key(|key| key.number)
    }

    /// The key that has to be made at `now`, if any: the first one at once, each further one ahead of its time.
    #[must_use]
    pub fn next(&self, keys: &[Generation], now: Timestamp) -> Option<Generation> {
        let Some(latest) = keys.iter().max_by_key(|key| key.number) else {
            return Some(Generation { number: 1, signs_from: now });
        };
        let due = latest.signs_from + self.rotation;
        (now >= due - self.ahead)
            .then(|| Generation { number: latest.number + 1, signs_from: due.max(now + self.ahead) })
    }

    /// Whether a key may be forgotten at `now`: no token that it signed can be alive.
    #[must_use]
    pub fn is_spent(&self, keys: &[Generation], key: Generation, now: Timestamp) -> bool {
        let successor =
            keys.iter().filter(|other| other.number > key.number).map(|other| other.signs_from).min();
        successor.is_some_and(|since| since + self.token + MARGIN <= now)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const RULES: KeyRules =
        KeyRules { rotation: Duration::days(30), ahead: Duration::hours(1), token: Duration::hours(24) };

    fn start() -> Timestamp {
        "2026-03-01T08:00:00Z".parse().unwrap()
    }

    #[test]
    fn the_first_key_signs_at_once() {
        let first = RULES.next(&[], start()).unwrap();
        assert_eq!(first, Generation { number: 1, signs_from: start() });
        assert_eq!(RULES.signer(&[first], start()), Some(first));
        assert_eq!(RULES.next(&[first], start()), None);
    }

    #[test]
    fn the_next_key_is_published_an_hour_before_it_signs() {
        let first = Generation { number: 1, signs_from: start() };
        let due = start() + RULES.rotation;
        assert_eq!(RULES.next(&[first], due - RULES.ahead - Duration::seconds(1)), None);
        let second = RULES.next(&[first], due - RULES.ahead).unwrap();
        assert_eq!(second, Generation { number: 2, signs_from: due });
        let both = [first, second];
        assert_eq!(RULES.signer(&both, due - Duration::seconds(1)), Some(first));
        assert_eq!(RULES.signer(&both, due), Some(second));
        assert!(!RULES.is_spent(&both, first, due + RULES.token));
        assert!(RULES.is_spent(&both, first, due + RULES.token + MARGIN));
        assert!(!RULES.is_spent(&both, second, due + RULES.rotation * 10));
    }

    #[test]
    fn after_a_long_sleep_the_next_key_is_still_published_ahead() {
        let first = Generation { number: 1, signs_from: start() };
        let now = start() + RULES.rotation * 5;
        assert_eq!(RULES.next(&[first], now).unwrap().signs_from, now + RULES.ahead);
        assert_eq!(RULES.signer(&[first], now), Some(first));
    }

    proptest! {
        /// Over any rhythm of looking: somebody always signs, nobody signs unannounced, and no live token's key is gone.
        #[test]
        fn every_token_can_be_verified_for_its_whole_life(hours in prop::collection::vec(1i64..600, 1..60)) {
            let mut keys: Vec<Generation> = Vec::new();
            let mut made: Vec<Timestamp> = Vec::new();
            let mut signed: Vec<(i64, Timestamp)> = Vec::new();
            let mut now = start();
            for gap in hours {
                if let Some(next) = RULES.next(&keys, now) {
                    keys.push(next);
                    made.push(now);
                }
                let all = keys.clone();
                keys.retain(|key| !RULES.is_spent(&all, *key, now));
                let signer = RULES.signer(&keys, now).unwrap();
                let announced = made[usize::try_from(signer.number).unwrap() - 1];
                prop_assert!(signer.number == 1 || now - announced >= RULES.ahead);
                signed.push((signer.number, now));
                for (number, at) in &signed {
                    prop_assert!(now - *at >= RULES.token || keys.iter().any(|key| key.number == *number));
                }
                now += Duration::hours(gap);
            }
        }
    }
}

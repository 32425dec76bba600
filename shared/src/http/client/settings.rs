use std::time::Duration;

/// The limits of a [`super::ServiceClient`].
#[derive(Clone, Debug)]
pub struct ClientSettings {
    /// For a call with all its tries.
    pub total: Duration,
    /// For one try: a peer that froze leaves time for another one.
    pub each: Duration,
    /// How often an idempotent call is tried at most.
    pub tries: u32,
    /// The longest pause before the first retry; it doubles each time.
    pub first_pause: Duration,
    /// No pause is longer.
    pub longest_pause: Duration,
    /// How many calls may wait on the service at once; more fail at once.
    pub at_once: usize,
    /// How long a service that keeps failing is left alone.
    pub rest: Duration,
}

impl Default for ClientSettings {
    fn default() -> Self {
        ClientSettings {
            total: Duration::from_millis(800),
            each: Duration::from_millis(400),
            tries: 3,
            first_pause: Duration::from_millis(25),
            longest_pause: Duration::from_millis(200),
            at_once: 64,
            rest: Duration::from_secs(1),
        }
    }
}

impl ClientSettings {
    /// Full jitter: anything from nothing to the capped exponential. `chance` is from 0 to 1.
    pub(super) fn pause(&self, tries: u32, chance: f64) -> Duration {
        let doubled = self.first_pause.saturating_mul(2_u32.saturating_pow(tries.saturating_sub(1)));
        doubled.min(self.longest_pause).mul_f64(chance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_their_cap_and_are_jittered_in_full() {
        let settings = ClientSettings::default();
        let longest: Vec<u128> = (1..=6).map(|tries| settings.pause(tries, 1.0).as_millis()).collect();
        assert_eq!(longest, [25, 50, 100, 200, 200, 200]);
        assert_eq!(settings.pause(3, 0.5).as_millis(), 50);
        assert_eq!(settings.pause(40, 0.0), Duration::ZERO);
    }
}

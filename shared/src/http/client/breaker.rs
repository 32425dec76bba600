use std::time::{Duration, Instant};

/// Leaves a service alone that keeps failing, and tries it again with one call at a time.
pub(super) struct Breaker {
    state: State,
    /// The latest outcomes, newest in the lowest bit, 1 for a failure.
    recent: u32,
    known: u32,
    rest: Duration,
    /// How often in a row the one call after a rest failed.
    relapses: u32,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    Closed,
    /// Nobody is let through until then.
    Open(Instant),
    /// One call is on its way; if it is never heard of, the next one goes at this time.
    HalfOpen(Instant),
}

#[derive(Debug, PartialEq)]
pub(super) enum Verdict {
    Go,
    Wait(Duration),
}

/// How many outcomes are looked at.
const WINDOW: u32 = 20;
/// Fewer prove nothing, unless they fail one after the other.
const ENOUGH: u32 = 10;
const IN_A_ROW: u32 = 5;
const LONGEST_REST: u32 = 8;

impl Breaker {
    /// `rest` is how long the first pause lasts; each relapse doubles it, eightfold at most.
    pub(super) fn new(rest: Duration) -> Self {
        Breaker { state: State::Closed, recent: 0, known: 0, rest, relapses: 0 }
    }

    /// Whether a call may be made now.
    pub(super) fn ask(&mut self, now: Instant) -> Verdict {
        match self.state {
            State::Closed => Verdict::Go,
            State::Open(until) | State::HalfOpen(until) if now < until => Verdict::Wait(until - now),
            State::Open(_) | State::HalfOpen(_) => {
                self.state = State::HalfOpen(now + self.rest);
                Verdict::Go
            }
        }
    }

    /// How a call ended; whether that opened the breaker.
    pub(super) fn record(&mut self, success: bool, now: Instant) -> bool {
        let before = self.state;
        match self.state {
            State::Closed => {
                self.recent = (self.recent << 1) | u32::from(!success);
                self.known = (self.known + 1).min(WINDOW);
                if self.is_too_much() {
                    self.open(now);
                }
            }
            State::HalfOpen(_) if success => {
                let rest = self.rest;
                *self = Breaker::new(rest);
            }
            State::HalfOpen(_) => {
                self.relapses += 1;
                self.open(now);
            }
            // A late answer to a call from before it opened.
            State::Open(_) => {}
        }
        matches!(self.state, State::Open(_)) && self.state != before
    }

    fn open(&mut self, now: Instant) {
        let times = 2_u32.saturating_pow(self.relapses).min(LONGEST_REST);
        self.state = State::Open(now + self.rest * times);
        (self.recent, self.known) = (0, 0);
    }

    fn is_too_much(&self) -> bool {
        let window = self.recent & ((1 << WINDOW) - 1);
        let row = (1 << IN_A_ROW) - 1;
        let in_a_row = self.known >= IN_A_ROW && window & row == row;
        in_a_row || (self.known >= ENOUGH && window.count_ones() * 2 >= self.known)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REST: Duration = Duration::from_secs(1);

    fn failing(breaker: &mut Breaker, times: usize, now: Instant) {
        for _ in 0..times {
            breaker.record(false, now);
        }
    }

    #[test]
    fn five_failures_in_a_row_open_it() {
        let (mut breaker, now) = (Breaker::new(REST), Instant::now());
        failing(&mut breaker, 4, now);
        assert_eq!(breaker.ask(now), Verdict::Go);
        assert!(breaker.record(false, now), "this one opens it");
        assert_eq!(breaker.ask(now), Verdict::Wait(REST));
        assert!(!breaker.record(false, now), "it is open already");
    }

    #[test]
    fn half_of_them_failing_opens_it_too() {
        let (mut breaker, now) = (Breaker::new(REST), Instant::now());
        for call in 0..10 {
            assert_eq!(breaker.ask(now), Verdict::Go);
            breaker.record(call % 2 == 0, now);
        }
        assert_ne!(breaker.ask(now), Verdict::Go);
    }

    #[test]
    fn a_few_failures_among_many_do_not() {
        let (mut breaker, now) = (Breaker::new(REST), Instant::now());
        for call in 0..1000 {
            breaker.record(call % 4 != 0, now);
            assert_eq!(breaker.ask(now), Verdict::Go);
        }
    }

    #[test]
    fn after_the_rest_one_call_decides() {
        let (mut breaker, now) = (Breaker::new(REST), Instant::now());
        failing(&mut breaker, 5, now);
        let later = now + REST;
        assert_eq!(breaker.ask(later), Verdict::Go);
        assert_eq!(breaker.ask(later), Verdict::Wait(REST)); // a second one waits for the first
        breaker.record(false, later);
        assert_eq!(breaker.ask(later), Verdict::Wait(REST * 2));
        let much_later = later + REST * 2;
        assert_eq!(breaker.ask(much_later), Verdict::Go);
        breaker.record(true, much_later);
        assert_eq!(breaker.ask(much_later), Verdict::Go);
        failing(&mut breaker, 4, much_later);
        assert_eq!(breaker.ask(much_later), Verdict::Go);
    }

    #[test]
    fn rests_do_not_grow_for_ever() {
        let (mut breaker, mut now) = (Breaker::new(REST), Instant::now());
        failing(&mut breaker, 5, now);
        for _ in 0..40 {
            now += REST * LONGEST_REST;
            assert_eq!(breaker.ask(now), Verdict::Go);
            breaker.record(false, now);
        }
        assert_eq!(breaker.ask(now), Verdict::Wait(REST * LONGEST_REST));
    }

    #[test]
    fn a_probe_that_is_never_heard_of_does_not_close_the_road_for_ever() {
        let (mut breaker, now) = (Breaker::new(REST), Instant::now());
        failing(&mut breaker, 5, now);
        assert_eq!(breaker.ask(now + REST), Verdict::Go);
        assert_eq!(breaker.ask(now + REST * 2), Verdict::Go);
    }
}

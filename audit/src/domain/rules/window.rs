use std::{
    collections::{HashMap, VecDeque},
    ops::RangeInclusive,
};

use super::{Measure, Rule};

/// What an event is to a window: when it happened, in microseconds since 1970, and what tells it apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    /// When it happened.
    pub at: i64,
    /// What tells it apart where different values are counted.
    pub value: String,
    /// Whether it speaks for an alert.
    pub is_hit: bool,
}

impl Rule {
    /// The ends of the windows that hold too much and do not overlap, the first that does and then the next; of those that may end
    /// so. `moments` are in the order of their times, and all that those windows hold.
    #[must_use]
    pub fn overflowing(&self, moments: &[Moment], open: &[RangeInclusive<i64>]) -> Vec<i64> {
        let length = self.window_micros();
        let mut window = Window::default();
        let mut ends: Vec<i64> = Vec::new();
        for (place, moment) in moments.iter().enumerate() {
            window.push(moment);
            window.drop_until(moment.at - length);
            // All that happened at one moment is in the window that ends then.
            let is_last = moments.get(place + 1).is_none_or(|next| next.at > moment.at);
            let is_open = open.iter().any(|ends| ends.contains(&moment.at));
            let is_apart = ends.last().is_none_or(|end| end + length <= moment.at);
            if is_last && is_open && is_apart && window.is_too_much(self.measure) {
                ends.push(moment.at);
            }
        }
        ends
    }
}

/// What lies in a window, counted as it moves.
#[derive(Default)]
struct Window<'a> {
    moments: VecDeque<&'a Moment>,
    hits: usize,
    /// Each value, with how often it is there and how many of those are hits.
    values: HashMap<&'a str, (usize, usize)>,
    /// How many of the values have a hit.
    hit_values: usize,
}

impl<'a> Window<'a> {
    fn push(&mut self, moment: &'a Moment) {
        self.moments.push_back(moment);
        let (all, hits) = self.values.entry(&moment.value).or_default();
        *all += 1;
        if moment.is_hit {
            self.hits += 1;
            self.hit_values += usize::from(*hits == 0);
            *hits += 1;
        }
    }

    /// Lets go of what happened then or before.
    fn drop_until(&mut self, at: i64) {
        while let Some(moment) = self.moments.pop_front_if(|moment| moment.at <= at) {
            let Some((all, hits)) = self.values.get_mut(&*moment.value) else { continue };
            *all -= 1;
            if moment.is_hit {
                self.hits -= 1;
                *hits -= 1;
                self.hit_values -= usize::from(*hits == 0);
            }
            if *all == 0 {
                self.values.remove(&*moment.value);
            }
        }
    }

    fn is_too_much(&self, measure: Measure) -> bool {
        match measure {
            Measure::Events(count) => self.hits >= count as usize,
            Measure::Values(count) => self.hit_values >= count as usize,
            Measure::Share { percent, minimum } => {
                self.values.len() >= minimum as usize
                    && self.hit_values * 100 >= self.values.len() * percent as usize
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use chrono::TimeDelta;
    use proptest::prelude::*;

    use super::{super::RuleName, *};

    const LENGTH: i64 = 10;

    fn rule(measure: Measure) -> Rule {
        Rule { name: RuleName::SlaDecay, window: TimeDelta::microseconds(LENGTH), measure }
    }

    fn moments(of: &[(i64, &str, bool)]) -> Vec<Moment> {
        of.iter()
            .map(|(at, value, is_hit)| Moment { at: *at, value: (*value).to_owned(), is_hit: *is_hit })
            .collect()
    }

    #[test]
    fn a_window_is_found_when_it_is_full_and_the_next_when_it_is_full_again() {
        let three = rule(Measure::Events(3));
        let burst: Vec<_> = (0..9).map(|at| (at * 3, "", true)).collect();
        assert_eq!(three.overflowing(&moments(&burst), &[0..=99]), [6, 18]);
        assert_eq!(three.overflowing(&moments(&burst), &[7..=11, 20..=99]), [9, 21]);
        let slow: Vec<_> = (0..9).map(|at| (at * 5, "", true)).collect();
        assert!(three.overflowing(&moments(&slow), &[0..=99]).is_empty());
        let at_once = moments(&[(5, "", true), (5, "", false), (5, "", true), (5, "", true)]);
        assert_eq!(three.overflowing(&at_once, &[5..=5]), [5]);
    }

    #[test]
    fn a_share_counts_each_value_once_and_asks_for_enough_of_them() {
        let half = rule(Measure::Share { percent: 50, minimum: 3 });
        let two = [(1, "a", false), (2, "a", true), (3, "b", true)];
        assert!(half.overflowing(&moments(&two), &[0..=99]).is_empty());
        let three = [(1, "a", false), (2, "a", true), (3, "b", false), (4, "c", false), (5, "c", true)];
        assert_eq!(half.overflowing(&moments(&three), &[0..=99]), [5]);
    }

    fn some_moments() -> impl Strategy<Value = Vec<Moment>> {
        let moment = (0..60_i64, 0..4_u8, any::<bool>());
        prop::collection::vec(moment, 0..40).prop_map(|mut of| {
            of.sort_unstable();
            of.into_iter()
                .map(|(at, value, is_hit)| Moment { at, value: value.to_string(), is_hit })
                .collect()
        })
    }

    fn some_measure() -> impl Strategy<Value = Measure> {
        prop_oneof![
            (1..6_u32).prop_map(Measure::Events),
            (1..4_u32).prop_map(Measure::Values),
            (1..=100_u32, 1..4_u32).prop_map(|(percent, minimum)| Measure::Share { percent, minimum }),
        ]
    }

    /// Each window by itself, looked at as a whole.
    fn is_too_much(measure: Measure, moments: &[Moment], end: i64) -> bool {
        let within = || moments.iter().filter(|it| it.at > end - LENGTH && it.at <= end);
        let all: BTreeSet<_> = within().map(|it| &it.value).collect();
        let hit: BTreeSet<_> = within().filter(|it| it.is_hit).map(|it| &it.value).collect();
        match measure {
            Measure::Events(count) => within().filter(|it| it.is_hit).count() >= count as usize,
            Measure::Values(count) => hit.len() >= count as usize,
            Measure::Share { percent, minimum } => {
                all.len() >= minimum as usize && hit.len() * 100 >= all.len() * percent as usize
            }
        }
    }

    proptest! {
        #[test]
        fn a_moving_window_finds_what_looking_at_each_window_finds(
            moments in some_moments(), measure in some_measure(), from in 0..60_i64, length in 0..60_i64,
        ) {
            let ends: BTreeSet<i64> = moments.iter().map(|it| it.at).collect();
            let mut expected: Vec<i64> = Vec::new();
            for end in ends.into_iter().filter(|end| (from..=from + length).contains(end)) {
                let is_apart = expected.last().is_none_or(|last| last + LENGTH <= end);
                if is_apart && is_too_much(measure, &moments, end) {
                    expected.push(end);
                }
            }
            prop_assert_eq!(rule(measure).overflowing(&moments, &[from..=from + length]), expected);
        }
    }
}

use std::{collections::BTreeMap, ops::RangeInclusive};

/// The numbers of one service's gap-free sequence that have arrived, as ranges that neither overlap nor touch: where
/// nothing is missing it is one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arrivals(BTreeMap<i64, i64>);

impl Arrivals {
    /// Adds numbers, in any order and as often as they come. A sequence begins at 1; what is below is no number.
    pub fn add(&mut self, numbers: RangeInclusive<i64>) {
        let (first, last) = numbers.into_inner();
        let (mut first, mut last) = (first.max(1), last);
        if first > last {
            return;
        }
        while let Some((&start, &end)) = self.0.range(..=last.saturating_add(1)).next_back()
            && end >= first - 1
        {
            self.0.remove(&start);
            (first, last) = (first.min(start), last.max(end));
        }
        self.0.insert(first, last);
    }

    /// The ranges, the lowest first.
    pub fn ranges(&self) -> impl Iterator<Item = RangeInclusive<i64>> {
        self.0.iter().map(|(first, last)| *first..=*last)
    }

    /// From the lowest number to the highest; `None` when nothing has arrived.
    #[must_use]
    pub fn span(&self) -> Option<RangeInclusive<i64>> {
        let ((first, _), (_, last)) = (self.0.first_key_value()?, self.0.last_key_value()?);
        Some(*first..=*last)
    }

    /// What is missing from 1 to `end`, the lowest first.
    #[must_use]
    pub fn holes(&self, end: i64) -> Vec<RangeInclusive<i64>> {
        let mut holes = Vec::new();
        let mut next = 1;
        for (first, last) in self.0.range(..=end) {
            if next < *first {
                holes.push(next..=first - 1);
            }
            next = last.saturating_add(1);
        }
        if next <= end {
            holes.push(next..=end);
        }
        holes
    }
}

impl FromIterator<RangeInclusive<i64>> for Arrivals {
    fn from_iter<T: IntoIterator<Item = RangeInclusive<i64>>>(ranges: T) -> Self {
        let mut arrivals = Self::default();
        ranges.into_iter().for_each(|range| arrivals.add(range));
        arrivals
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    /// What came, the ranges that it makes, and the holes up to 5.
    type Case<'a> = (&'a [i64], &'a [RangeInclusive<i64>], &'a [RangeInclusive<i64>]);

    #[test]
    fn what_touches_becomes_one_range_and_what_does_not_leaves_a_hole() {
        let cases: [Case; 6] = [
            (&[], &[], &[1..=5]),
            (&[1, 2, 3, 4, 5], &[1..=5], &[]),
            (&[5, 3, 1, 4, 2], &[1..=5], &[]),
            (&[2, 4, 4, 2], &[2..=2, 4..=4], &[1..=1, 3..=3, 5..=5]),
            (&[9, 1], &[1..=1, 9..=9], &[2..=5]),
            (&[0, -7, i64::MAX, 1], &[1..=1, i64::MAX..=i64::MAX], &[2..=5]),
        ];
        for (numbers, ranges, holes) in cases {
            let arrivals: Arrivals = numbers.iter().map(|number| *number..=*number).collect();
            assert_eq!(arrivals.ranges().collect::<Vec<_>>(), ranges, "{numbers:?}");
            assert_eq!(arrivals.holes(5), holes, "{numbers:?}");
        }
    }

    proptest! {
        /// Whatever comes in whatever order: the ranges are exactly what came, the holes exactly what did not.
        #[test]
        fn ranges_and_holes_are_what_a_set_of_numbers_would_say(
            came in prop::collection::vec((-2i64..60, 0i64..6), 0..40),
            end in -1i64..70,
        ) {
            let arrivals: Arrivals = came.iter().map(|(first, more)| *first..=first + more).collect();
            let set: BTreeSet<i64> =
                came.iter().flat_map(|(first, more)| *first..=first + more).filter(|number| *number > 0).collect();
            let ranges: Vec<_> = arrivals.ranges().collect();
            prop_assert_eq!(ranges.iter().cloned().flatten().collect::<Vec<_>>(), set.iter().copied().collect::<Vec<_>>());
            for pair in ranges.windows(2) {
                prop_assert!(pair[0].end() + 1 < *pair[1].start(), "{:?} touch", pair);
            }
            let missing: Vec<i64> = (1..=end).filter(|number| !set.contains(number)).collect();
            prop_assert_eq!(arrivals.holes(end).into_iter().flatten().collect::<Vec<_>>(), missing);
            prop_assert_eq!(arrivals.span().map(RangeInclusive::into_inner), set.first().copied().zip(set.last().copied()));
        }
    }
}

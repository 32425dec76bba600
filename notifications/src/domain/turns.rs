use super::Priority;

/// Of ten places, one goes first to what may wait, two to the ordinary, and the rest to the urgent: so a flood of urgent
/// mails slows the others, and never stops them.
#[must_use]
pub fn first_of(place: u64) -> Priority {
    match place % 10 {
        4 => Priority::Low,
        2 | 7 => Priority::Normal,
        _ => Priority::High,
    }
}

/// How many of the next `count` places go first to each priority, when `taken` were given before.
#[must_use]
pub fn shares(taken: u64, count: usize) -> [(Priority, usize); 3] {
    let places = || (taken..).take(count).map(first_of);
    [Priority::High, Priority::Normal, Priority::Low]
        .map(|priority| (priority, places().filter(|first| *first == priority).count()))
}

#[cfg(test)]
mod tests {
    use super::{Priority, shares};

    #[test]
    fn each_priority_has_its_share_however_few_places_there_are_at_a_time() {
        for at_a_time in [1, 3, 8, 100] {
            let mut sums = [0; 3];
            for turn in 0..1000 / at_a_time {
                let shares = shares((turn * at_a_time) as u64, at_a_time);
                assert_eq!(
                    shares.map(|(priority, _)| priority),
                    [Priority::High, Priority::Normal, Priority::Low]
                );
                assert_eq!(shares.iter().map(|(_, count)| count).sum::<usize>(), at_a_time);
                for (sum, (_, count)) in sums.iter_mut().zip(shares) {
                    *sum += count;
                }
            }
            assert!(sums[0] >= 690 && sums[1] >= 190 && sums[2] >= 90, "{at_a_time}: {sums:?}");
        }
    }
}

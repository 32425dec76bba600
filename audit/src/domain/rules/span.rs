use std::ops::RangeInclusive;

/// Where a window may end (in microseconds, as everything here) that has the moment `at` in it and overlaps none for which
/// an alert was raised already; `None` when it cannot. A window is what lies within `length` up to its end.
///
/// In order, the newest event is the end of its own window. One that comes late may complete the window of a later one.
pub(super) fn open_ends(at: i64, length: i64, alerts: &[i64]) -> Option<RangeInclusive<i64>> {
    let (mut first, mut last) = (at, at + length - 1);
    for alert in alerts {
        // Two windows do not overlap when their ends are a length apart.
        match *alert {
            alert if alert <= at => first = first.max(alert + length),
            alert if alert >= at + length => last = last.min(alert - length),
            _ => return None,
        }
    }
    (first <= last).then_some(first..=last)
}

#[cfg(test)]
mod tests {
    use super::open_ends;

    #[test]
    fn an_alert_speaks_for_the_window_before_it_and_the_one_after_it() {
        for (alerts, expected) in [
            (vec![], Some(100..=109)),
            // In order: the burst goes on.
            (vec![95], Some(105..=109)),
            (vec![91], Some(101..=109)),
            (vec![90], Some(100..=109)),
            (vec![100], None),
            // Late: it was told of already what came after.
            (vec![105], None),
            (vec![109], None),
            (vec![110], Some(100..=100)),
            (vec![115], Some(100..=105)),
            (vec![119], Some(100..=109)),
            (vec![200, 3], Some(100..=109)),
            // Between two of them.
            (vec![95, 117], Some(105..=107)),
            (vec![95, 114], None),
        ] {
            assert_eq!(open_ends(100, 10, &alerts), expected, "{alerts:?}");
        }
    }
}

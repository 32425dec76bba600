use std::ops::RangeInclusive;

/// Those of these moments (in microseconds, as everything here) at which a window may end that overlaps none for which an alert
/// was raised already. `alerts` are the ends of those. A window is what lies within `length` up to its end.
pub(super) fn open_ends(ends: RangeInclusive<i64>, length: i64, alerts: &[i64]) -> Vec<RangeInclusive<i64>> {
    let mut alerts = alerts.to_vec();
    alerts.sort_unstable();
    let (mut first, last) = ends.into_inner();
    let mut open = Vec::new();
    for alert in alerts {
        // Two windows do not overlap when their ends are a length apart.
        open.push(first..=last.min(alert - length));
        first = first.max(alert + length);
    }
    open.push(first..=last);
    open.retain(|ends| !ends.is_empty());
    open
}

#[cfg(test)]
mod tests {
    use super::open_ends;

    #[test]
    fn an_alert_speaks_for_the_window_before_it_and_the_one_after_it() {
        // Of an event at 100 and windows of 10.
        for (alerts, expected) in [
            (vec![], vec![100..=109]),
            // In order: the burst goes on.
            (vec![95], vec![105..=109]),
            (vec![91], vec![101..=109]),
            (vec![90], vec![100..=109]),
            (vec![100], vec![]),
            // Late: it was told of already what came after.
            (vec![105], vec![]),
            (vec![109], vec![]),
            (vec![110], vec![100..=100]),
            (vec![115], vec![100..=105]),
            (vec![119], vec![100..=109]),
            (vec![200, 3], vec![100..=109]),
            // Between two of them.
            (vec![95, 117], vec![105..=107]),
            (vec![95, 114], vec![]),
        ] {
            assert_eq!(open_ends(100..=109, 10, &alerts), expected, "{alerts:?}");
        }
        // Of several events, from 100 to 150: the last one's window may end at 159.
        assert_eq!(open_ends(100..=159, 10, &[140, 95]), [105..=130, 150..=159]);
        assert_eq!(open_ends(100..=159, 10, &[110, 121]), [100..=100, 131..=159]);
        assert_eq!(open_ends(105..=109, 10, &[100]), []);
    }
}

//! When things happen: by day more than by night, on working days more than on others, and every month a little more.

use chrono::{Datelike, TimeDelta, Timelike, Weekday};
use shared::clock::Timestamp;

use crate::random::Random;

/// The hours of a time, each with how many events it has; together exactly as many as are wanted.
pub fn hours(from: Timestamp, to: Timestamp, count: u64) -> Vec<(Timestamp, u64)> {
    let starts: Vec<Timestamp> = std::iter::successors(Some(from), |hour| Some(*hour + TimeDelta::hours(1)))
        .take_while(|it| *it < to)
        .collect();
    let many = starts.len() as f64;
    let weights: Vec<f64> =
        starts.iter().enumerate().map(|(place, hour)| weight(*hour) * (0.5 + place as f64 / many)).collect();
    let all: f64 = weights.iter().sum();
    let (mut sum, mut given) = (0.0, 0);
    let mut hours: Vec<(Timestamp, u64)> = Vec::with_capacity(starts.len());
    for (hour, weight) in starts.into_iter().zip(weights) {
        sum += weight;
        let by_now = (count as f64 * sum / all).round() as u64;
        hours.push((hour, by_now - given));
        given = by_now;
    }
    if let Some((_, last)) = hours.last_mut() {
        *last += count - given;
    }
    hours
}

fn weight(hour: Timestamp) -> f64 {
    let by_hour = match hour.hour() {
        8..12 | 14..18 => 10.0,
        7 | 12 | 13 | 18 => 5.0,
        _ => 1.0,
    };
    let is_free = matches!(hour.weekday(), Weekday::Sat | Weekday::Sun);
    if is_free { by_hour * 0.15 } else { by_hour }
}

/// The moments of so many events within an hour, in order.
pub fn moments(hour: Timestamp, count: u64, random: &mut Random) -> Vec<Timestamp> {
    const HOUR: f64 = 3_600_000_000.0;
    let each = HOUR / count.max(1) as f64;
    (0..count)
        .map(|place| hour + TimeDelta::microseconds(((place as f64 + random.share()) * each) as i64))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_as_many_moments_as_are_wanted_and_in_order() {
        let from: Timestamp = "2024-11-01T00:00:00Z".parse().unwrap();
        let to: Timestamp = "2026-11-01T00:00:00Z".parse().unwrap();
        for count in [0, 7, 100_000] {
            let hours = hours(from, to, count);
            assert_eq!(hours.iter().map(|(_, many)| many).sum::<u64>(), count);
        }
        let mut random = Random::of(3);
        let all: Vec<_> = hours(from, to, 100_000)
            .into_iter()
            .flat_map(|(hour, many)| moments(hour, many, &mut random))
            .collect();
        assert!(all.is_sorted() && all[0] >= from && *all.last().unwrap() < to);
    }
}

//! Numbers and times as people write them.

use chrono::{NaiveDate, SecondsFormat};
use shared::clock::Timestamp;

use crate::domain::{Bucket, report::Value};

/// `1,234,567`; `2 d 3 h`; `12.5 %`; a dash where there is nothing to say.
pub(super) fn of(value: Value) -> String {
    const NOTHING: &str = "–";
    match value {
        Value::Count(count) => thousands(count),
        Value::Duration(ms) => ms.map_or_else(|| NOTHING.to_owned(), length),
        Value::Share(share) => share.map_or_else(|| NOTHING.to_owned(), per_cent),
    }
}

pub(super) fn thousands(count: i64) -> String {
    let digits = count.unsigned_abs().to_string();
    let mut text = String::from(if count < 0 { "-" } else { "" });
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn per_cent(share: f64) -> String {
    let tenths = (share * 1_000.0).round() as i64;
    match tenths % 10 {
        0 => format!("{}\u{a0}%", thousands(tenths / 10)),
        tenth => format!("{}.{}\u{a0}%", thousands(tenths / 10), tenth.abs()),
    }
}

/// Its two greatest units.
fn length(ms: i64) -> String {
    const UNITS: [(i64, &str); 5] =
        [(86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1_000, "s"), (1, "ms")];
    let first = UNITS.iter().position(|(size, _)| ms >= *size).unwrap_or(UNITS.len() - 1);
    let (size, unit) = UNITS[first];
    let rest = UNITS.get(first + 1).map(|(smaller, unit)| ((ms % size) / smaller, unit));
    match rest {
        Some((rest, smaller)) if rest > 0 && *smaller != "ms" => {
            format!("{}\u{a0}{unit} {rest}\u{a0}{smaller}", thousands(ms / size))
        }
        _ => format!("{}\u{a0}{unit}", thousands(ms / size)),
    }
}

/// `2026-03-01T08:00:00Z`.
pub(super) fn machine_time(at: Timestamp) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// `1 March 2026, 08:00`.
pub(super) fn moment(at: Timestamp) -> String {
    at.format("%-d %B %Y, %H:%M").to_string()
}

/// `1 March 2026`.
pub(super) fn day(day: NaiveDate) -> String {
    day.format("%-d %B %Y").to_string()
}

/// A bucket, shortly. What is told by the day is less than a year.
pub(super) fn bucket(at: Timestamp, bucket: Bucket) -> String {
    at.format(match bucket {
        Bucket::Hour => "%-d %b, %H:%M",
        Bucket::Day => "%-d %b",
        Bucket::Week => "%-d %b %Y",
    })
    .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_people_read_them() {
        for (value, text) in [
            (Value::Count(0), "0"),
            (Value::Count(999), "999"),
            (Value::Count(1_000), "1,000"),
            (Value::Count(12_345_678), "12,345,678"),
            (Value::Duration(None), "–"),
            (Value::Duration(Some(0)), "0 ms"),
            (Value::Duration(Some(999)), "999 ms"),
            (Value::Duration(Some(1_900)), "1 s"),
            (Value::Duration(Some(61_000)), "1 min 1 s"),
            (Value::Duration(Some(7_200_000)), "2 h"),
            (Value::Duration(Some(183_600_000)), "2 d 3 h"),
            (Value::Share(None), "–"),
            (Value::Share(Some(0.125)), "12.5 %"),
            (Value::Share(Some(0.5)), "50 %"),
            (Value::Share(Some(13.0)), "1,300 %"),
        ] {
            assert_eq!(of(value).replace('\u{a0}', " "), text);
        }
    }
}

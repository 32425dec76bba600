//! How durations and sizes are written in settings.

use std::time::Duration;

/// Reads "250ms", "10s", "30m", "24h", "7d".
///
/// # Errors
/// How it should look.
pub fn duration(text: &str) -> Result<Duration, String> {
    let millis = scaled(text, &[("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)])
        .ok_or_else(|| format!("“{text}” is not a duration, as in 250ms, 10s, 30m, 24h or 7d"))?;
    Ok(Duration::from_millis(millis))
}

/// Reads "1048576", "64KiB", "10MiB", "1GiB" into bytes. The error says how it should look.
pub(super) fn bytes(text: &str) -> Result<u64, String> {
    scaled(text, &[("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("", 1)])
        .ok_or_else(|| format!("“{text}” is not a size, as in 1048576, 64KiB, 10MiB or 1GiB"))
}

/// A whole number followed by exactly one of the units.
fn scaled(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let (_, factor) = units.iter().find(|(name, _)| *name == unit.trim_start())?;
    number.parse::<u64>().ok()?.checked_mul(*factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_in_their_five_units() {
        for (text, millis) in
            [("250ms", 250), ("10s", 10_000), ("30m", 1_800_000), ("24h", 86_400_000), ("7d", 604_800_000)]
        {
            assert_eq!(duration(text), Ok(Duration::from_millis(millis)));
        }
        for text in ["", "10", "s", "-1s", "1.5h", "1w", "10s ", "99999999999999999999d"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn sizes_are_read_in_binary_units() {
        assert_eq!(bytes("10MiB"), Ok(10 << 20));
        assert_eq!(bytes("512"), Ok(512));
        assert!(bytes("10MB").is_err());
        assert!(bytes("many").is_err());
    }
}

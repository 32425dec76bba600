/// What of a file a request asks for (RFC 9110, 14).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// All of it.
    Whole,
    /// From the first byte to the last, both included.
    Bytes(u64, u64),
    /// Bytes that it does not have.
    Beyond,
}

impl Part {
    /// Reads a `Range` header for a file of `size` bytes, at least one. What cannot be read, is in another unit, or
    /// names several ranges is answered with the whole file, as the standard allows.
    pub fn of(header: Option<&str>, size: u64) -> Self {
        Self::parse(header, size).unwrap_or(Part::Whole)
    }

    fn parse(header: Option<&str>, size: u64) -> Option<Self> {
        let (unit, ranges) = header?.split_once('=')?;
        let (first, last) = ranges.split_once('-')?;
        if !unit.eq_ignore_ascii_case("bytes") {
            return None;
        }
        Some(match (number(first)?, number(last)?) {
            (None, None) => return None,
            (None, Some(0)) => Part::Beyond,
            (None, Some(suffix)) => Part::Bytes(size.saturating_sub(suffix), size - 1),
            (Some(first), Some(last)) if last < first => return None,
            (Some(first), _) if first >= size => Part::Beyond,
            (Some(first), last) => Part::Bytes(first, last.unwrap_or(u64::MAX).min(size - 1)),
        })
    }
}

/// Digits, or nothing. A number too large for us is larger than any file.
fn number(text: &str) -> Option<Option<u64>> {
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some((!text.is_empty()).then(|| text.parse().unwrap_or(u64::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_the_bytes_it_names_or_the_whole() {
        for (header, part) in [
            (None, Part::Whole),
            (Some("bytes=0-3"), Part::Bytes(0, 3)),
            (Some("bytes = 2-"), Part::Whole),
            (Some("Bytes=2-"), Part::Bytes(2, 9)),
            (Some("bytes=9-9"), Part::Bytes(9, 9)),
            (Some("bytes=5-500"), Part::Bytes(5, 9)),
            (Some("bytes=-4"), Part::Bytes(6, 9)),
            (Some("bytes=-400"), Part::Bytes(0, 9)),
            (Some("bytes=0-99999999999999999999999"), Part::Bytes(0, 9)),
            (Some("bytes=10-"), Part::Beyond),
            (Some("bytes=99999999999999999999999-"), Part::Beyond),
            (Some("bytes=-0"), Part::Beyond),
            (Some("bytes=4-2"), Part::Whole),
            (Some("bytes=0-1,3-4"), Part::Whole),
            (Some("bytes=-"), Part::Whole),
            (Some("bytes=+1-2"), Part::Whole),
            (Some("lines=0-3"), Part::Whole),
            (Some("nonsense"), Part::Whole),
        ] {
            assert_eq!(Part::of(header, 10), part, "{header:?}");
        }
    }
}

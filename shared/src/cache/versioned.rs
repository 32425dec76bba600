//! A value with its version in front, in digits of a fixed number: as texts they compare as the numbers do, in Redis
//! too, whose own numbers are not exact beyond 2⁵³.

/// The digits of the greatest version.
pub(super) const DIGITS: usize = 19;

/// The value behind its version.
pub(super) fn write(version: i64, value: &[u8]) -> Vec<u8> {
    let mut entry = format!("{:0DIGITS$}", version.max(0)).into_bytes();
    entry.extend_from_slice(value);
    entry
}

/// The version and the value; nothing when it was not written here.
pub(super) fn read(entry: &[u8]) -> Option<(i64, Vec<u8>)> {
    let (version, value) = entry.split_at_checked(DIGITS)?;
    Some((std::str::from_utf8(version).ok()?.parse().ok()?, value.to_vec()))
}

/// Whether what is there is newer than what is to take its place.
pub(super) fn is_newer(there: &[u8], entry: &[u8]) -> bool {
    there.get(..DIGITS) > entry.get(..DIGITS)
}

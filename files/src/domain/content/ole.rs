use std::io::{self, Read, Seek, SeekFrom};

use super::bytes_of;

/// How a compound file begins ([MS-CFB] 2.2).
pub(super) const MAGIC: [u8; 8] = [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1];
/// The last number that names a sector; the others say "end", "free" and the like.
const LAST_SECTOR: u32 = 0xFFFF_FFFA;
/// Entries of the directory that are looked at; the streams sought are among the first few.
const MAX_ENTRIES: u32 = 4096;

/// Whether this is a compound file with one of these streams in its directory.
///
/// The directory is read along its chain of sectors, without building its tree: nothing here grows with the file, and a
/// chain that runs in circles ends at the bound.
pub(super) fn holds<R: Read + Seek>(bytes: &mut R, size: u64, streams: &[&str]) -> io::Result<bool> {
    bytes.rewind()?;
    let header: [u8; 512] = bytes_of(bytes)?;
    let u16_at = |at: usize| u16::from_le_bytes([header[at], header[at + 1]]);
    let shift = u16_at(30);
    if !header.starts_with(&MAGIC) || u16_at(28) != 0xFFFE || !matches!((u16_at(26), shift), (3, 9) | (4, 12))
    {
        return Ok(false);
    }
    let mut chain = Chain { bytes, header: &header, shift, size };
    let per_sector = 1u32 << (shift - 7);
    let mut sector = u32_in(&header, 48);
    let mut seen = 0;
    while sector <= LAST_SECTOR && seen < MAX_ENTRIES {
        chain.seek_to(sector)?;
        for _ in 0..per_sector {
            let entry: [u8; 128] = bytes_of(chain.bytes)?;
            // The kind of entry 2 is a stream.
            if entry[66] == 2 && streams.contains(&name_of(&entry).as_str()) {
                return Ok(true);
            }
        }
        seen += per_sector;
        sector = chain.after(sector)?;
    }
    Ok(false)
}

fn u32_in(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

/// An entry's name: UTF-16, its length in bytes with the final zero at 64.
fn name_of(entry: &[u8; 128]) -> String {
    let length = usize::from(u16::from_le_bytes([entry[64], entry[65]])).clamp(2, 64) - 2;
    let units = entry[..length].chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
    char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

/// The table that says which sector follows which.
struct Chain<'a, R> {
    bytes: &'a mut R,
    header: &'a [u8; 512],
    shift: u16,
    size: u64,
}

impl<R: Read + Seek> Chain<'_, R> {
    fn seek_to(&mut self, sector: u32) -> io::Result<()> {
        let at = (u64::from(sector) + 1) << self.shift;
        if at >= self.size {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.bytes.seek(SeekFrom::Start(at)).map(drop)
    }

    fn after(&mut self, sector: u32) -> io::Result<u32> {
        let per_sector = 1u32 << (self.shift - 2);
        let table = self.table(sector / per_sector)?;
        self.number(table, sector % per_sector)
    }

    fn number(&mut self, sector: u32, index: u32) -> io::Result<u32> {
        self.seek_to(sector)?;
        self.bytes.seek_relative(i64::from(index) * 4)?;
        Ok(u32::from_le_bytes(bytes_of(self.bytes)?))
    }

    /// The sector in which the `index`th piece of the table lies: the header names the first 109, then a chain of
    /// sectors whose last number is the next one.
    fn table(&mut self, index: u32) -> io::Result<u32> {
        if index < 109 {
            return Ok(u32_in(self.header, 76 + 4 * index as usize));
        }
        let per_sector = (1u32 << (self.shift - 2)) - 1;
        let (steps, index) = ((index - 109) / per_sector, (index - 109) % per_sector);
        let mut sector = u32_in(self.header, 68);
        for _ in 0..steps {
            sector = self.number(sector, per_sector)?;
        }
        self.number(sector, index)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use crate::domain::samples;

    fn holds_in(bytes: Vec<u8>, streams: &[&str]) -> bool {
        let size = bytes.len() as u64;
        holds(&mut Cursor::new(bytes), size, streams).unwrap_or(false)
    }

    #[test]
    fn a_document_is_told_by_its_stream() {
        assert!(holds_in(samples::compound(&["WordDocument", "1Table"]), &["WordDocument"]));
        assert!(
            holds_in(samples::compound(&["a", "b", "c", "d", "e", "Book"]), &["Workbook", "Book"]),
            "in the second sector"
        );
        assert!(!holds_in(samples::compound(&["PowerPoint Document"]), &["WordDocument"]));
        assert!(!holds_in(samples::compound(&[]), &["WordDocument"]));
    }

    #[test]
    fn a_directory_that_runs_in_circles_ends() {
        let mut bytes = samples::compound(&["a", "b", "c", "d", "e", "Book"]);
        // The second directory sector is followed by the first.
        bytes[512 + 4 * 2..512 + 4 * 3].copy_from_slice(&1u32.to_le_bytes());
        assert!(!holds_in(bytes, &["WordDocument"]));
    }
}

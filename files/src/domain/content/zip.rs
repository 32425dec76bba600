use std::io::{self, BufReader, Read, Seek, SeekFrom};

use super::bytes_of;

/// The record that ends an archive, without its comment (APPNOTE.TXT 4.3.16).
const END: u64 = 22;
/// No office document has as many parts.
const MAX_ENTRIES: u16 = 10_000;

struct End {
    at: u64,
    entries: u16,
    directory_size: u64,
    directory_at: u64,
}

/// Finds the end record: its comment must reach exactly to the end of the file.
fn end_of<R: Read + Seek>(bytes: &mut R, size: u64) -> io::Result<Option<End>> {
    let start = size.saturating_sub(END + u64::from(u16::MAX));
    bytes.seek(SeekFrom::Start(start))?;
    let mut tail = Vec::new();
    bytes.take(END + u64::from(u16::MAX)).read_to_end(&mut tail)?;
    let u16_at = |at: usize| u16::from_le_bytes([tail[at], tail[at + 1]]);
    let u32_at = |at: usize| u32::from_le_bytes([tail[at], tail[at + 1], tail[at + 2], tail[at + 3]]);
    let Some(last) = tail.len().checked_sub(END as usize) else { return Ok(None) };
    let found = (0..=last).rev().find(|at| {
        tail[*at..].starts_with(b"PK\x05\x06")
            && *at + END as usize + usize::from(u16_at(*at + 20)) == tail.len()
    });
    Ok(found.map(|at| End {
        at: start + at as u64,
        entries: u16_at(at + 10),
        directory_size: u64::from(u32_at(at + 12)),
        directory_at: u64::from(u32_at(at + 16)),
    }))
}

/// Whether an archive program would open this file by its end.
pub(super) fn ends_as_an_archive<R: Read + Seek>(bytes: &mut R, size: u64) -> io::Result<bool> {
    Ok(end_of(bytes, size)?.is_some())
}

/// Whether this is an Office Open XML package whose main part is `<main>*.xml`, without macros. The archive must fill
/// the file from its first byte to its last.
pub(super) fn is_office_document<R: Read + Seek>(bytes: &mut R, size: u64, main: &str) -> io::Result<bool> {
    let Some(end) = end_of(bytes, size)? else { return Ok(false) };
    if end.entries > MAX_ENTRIES || end.directory_at + end.directory_size != end.at {
        return Ok(false);
    }
    bytes.seek(SeekFrom::Start(end.directory_at))?;
    let mut directory = BufReader::new(bytes).take(end.directory_size);
    let mut has_types = false;
    let mut has_main = false;
    let mut begins_at_zero = false;
    for _ in 0..end.entries {
        let entry: [u8; 46] = bytes_of(&mut directory)?;
        if !entry.starts_with(b"PK\x01\x02") {
            return Ok(false);
        }
        let length_at = |at: usize| u64::from(u16::from_le_bytes([entry[at], entry[at + 1]]));
        begins_at_zero |= entry[42..46] == [0; 4];
        let mut name = Vec::new();
        directory.by_ref().take(length_at(28)).read_to_end(&mut name)?;
        io::copy(&mut directory.by_ref().take(length_at(30) + length_at(32)), &mut io::sink())?;
        let Ok(name) = String::from_utf8(name) else { return Ok(false) };
        let name = name.to_ascii_lowercase();
        if name.ends_with("vbaproject.bin") || name.split('/').any(|part| part == "..") {
            return Ok(false);
        }
        has_types |= name == "[content_types].xml";
        // Some versions of Office write `word/document2.xml`.
        has_main |= name
            .strip_prefix(main)
            .and_then(|rest| rest.strip_suffix(".xml"))
            .is_some_and(|middle| middle.bytes().all(|byte| byte.is_ascii_digit()));
    }
    Ok(has_types && has_main && begins_at_zero && directory.limit() == 0)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use crate::domain::samples;

    #[test]
    fn an_archive_is_a_document_by_what_it_holds() {
        for (names, document) in [
            (&["[Content_Types].xml", "_rels/.rels", "word/document.xml"][..], true),
            (&["word/document2.xml", "[Content_Types].xml"], true),
            (&["word/document.xml"], false),
            (&["[Content_Types].xml", "xl/workbook.xml"], false),
            (&["[Content_Types].xml", "word/documents.xml"], false),
            (&["[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"], false),
            (&["[Content_Types].xml", "word/document.xml", "../../evil"], false),
            (&["META-INF/MANIFEST.MF", "Main.class"], false),
            (&[], false),
        ] {
            let archive = samples::archive(names);
            let size = archive.len() as u64;
            assert_eq!(
                is_office_document(&mut Cursor::new(archive), size, "word/document").unwrap(),
                document,
                "{names:?}"
            );
        }
    }

    #[test]
    fn nothing_stands_before_or_after_a_document() {
        let names = ["[Content_Types].xml", "word/document.xml"];
        for (before, after) in [(&b"MZ"[..], &b""[..]), (b"", b"x")] {
            let bytes = [before, &samples::archive(&names), after].concat();
            let size = bytes.len() as u64;
            assert!(!is_office_document(&mut Cursor::new(bytes), size, "word/document").unwrap());
        }
    }
}

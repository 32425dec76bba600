//! Looks into a file's bytes: are they what its name and its uploader say?
//!
//! Every check reads forward through a small buffer, or seeks, and gives up at a bound: a file costs the same few
//! kilobytes of memory whatever it holds. None decompresses or decodes anything.

mod image;
mod ole;
mod strip;
mod text;
mod zip;

use std::io::{self, BufReader, ErrorKind, Read, Seek, SeekFrom};

use super::kind::Kind;
pub use image::Pixels;
pub use strip::strip;

/// How much of a file's beginning is compared with the known magic numbers.
const HEAD: u64 = 4096;

/// How large the picture is, when `bytes` are a picture of this kind, all through and nothing else besides.
///
/// # Errors
/// Only when reading fails.
pub fn pixels<R: Read + Seek>(kind: Kind, bytes: &mut R) -> io::Result<Option<Pixels>> {
    Ok(match look(kind, bytes)? {
        Finding::Picture(pixels) => Some(pixels),
        Finding::Document | Finding::Other => None,
    })
}

/// What bytes were found to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finding {
    /// A picture, and so large.
    Picture(Pixels),
    /// Anything else of the list.
    Document,
    /// Not what they were said to be.
    Other,
}

/// Whether `bytes` are a file of this kind, all through and nothing else besides.
///
/// # Errors
/// Only when reading fails; bytes that end too early are no fault but [`Finding::Other`].
pub fn look<R: Read + Seek>(kind: Kind, bytes: &mut R) -> io::Result<Finding> {
    match check(kind, bytes) {
        Err(error) if matches!(error.kind(), ErrorKind::UnexpectedEof | ErrorKind::InvalidInput) => {
            Ok(Finding::Other)
        }
        answer => answer,
    }
}

fn check<R: Read + Seek>(kind: Kind, bytes: &mut R) -> io::Result<Finding> {
    let size = bytes.seek(SeekFrom::End(0))?;
    bytes.rewind()?;
    let mut head = Vec::new();
    bytes.by_ref().take(HEAD).read_to_end(&mut head)?;
    if !has_magic(kind, &head) {
        return Ok(Finding::Other);
    }
    // A picture or a document that is an archive as well is a carrier for something else.
    if !matches!(kind, Kind::Docx | Kind::Xlsx) && zip::ends_as_an_archive(bytes, size)? {
        return Ok(Finding::Other);
    }
    bytes.rewind()?;
    let picture = |pixels: Option<Pixels>| pixels.map_or(Finding::Other, Finding::Picture);
    let is_document = match kind {
        Kind::Jpeg => return image::jpeg(&mut BufReader::new(bytes)).map(picture),
        Kind::Png => return image::png(&mut BufReader::new(bytes)).map(picture),
        Kind::Gif => return image::gif(&mut BufReader::new(bytes)).map(picture),
        Kind::Pdf => ends_as_a_pdf(bytes, size),
        Kind::Doc => ole::holds(bytes, size, &["WordDocument"]),
        Kind::Xls => ole::holds(bytes, size, &["Workbook", "Book"]),
        Kind::Docx => zip::is_office_document(bytes, size, "word/document"),
        Kind::Xlsx => zip::is_office_document(bytes, size, "xl/workbook"),
        Kind::Text => text::is_plain(bytes),
    };
    Ok(if is_document? { Finding::Document } else { Finding::Other })
}

/// The magic number. What is inside a zip or a compound file, and what is text, is decided later.
fn has_magic(kind: Kind, head: &[u8]) -> bool {
    match kind {
        Kind::Jpeg | Kind::Png | Kind::Gif | Kind::Pdf => {
            infer::get(head).is_some_and(|found| found.mime_type() == kind.mime())
        }
        Kind::Doc | Kind::Xls => head.starts_with(&ole::MAGIC),
        Kind::Docx | Kind::Xlsx => head.starts_with(b"PK\x03\x04"),
        Kind::Text => !text::is_marked_up(head),
    }
}

/// A PDF ends with `%%EOF`; readers look for it in the last kilobyte (ISO 32000-1, annex H.3.18), and so do we.
fn ends_as_a_pdf<R: Read + Seek>(bytes: &mut R, size: u64) -> io::Result<bool> {
    bytes.seek(SeekFrom::Start(size.saturating_sub(1024)))?;
    let mut tail = Vec::new();
    bytes.take(1024).read_to_end(&mut tail)?;
    Ok(tail.windows(5).any(|window| window == b"%%EOF"))
}

/// Reads exactly `N` bytes.
fn bytes_of<const N: usize>(from: &mut impl Read) -> io::Result<[u8; N]> {
    let mut buffer = [0; N];
    from.read_exact(&mut buffer)?;
    Ok(buffer)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use crate::domain::samples;

    fn kinds_of(bytes: &[u8]) -> Vec<Kind> {
        Kind::ALL
            .into_iter()
            .filter(|kind| look(*kind, &mut Cursor::new(bytes)).unwrap() != Finding::Other)
            .collect()
    }

    #[test]
    fn a_sample_of_each_kind_is_that_kind_and_no_other() {
        for kind in Kind::ALL {
            assert_eq!(kinds_of(&samples::of(kind.extensions()[0])), [kind]);
        }
    }

    #[test]
    fn a_sample_cut_short_is_nothing() {
        // A text has no end to miss, and a compound file is told by its directory.
        let ends = |kind: &Kind| !matches!(kind, Kind::Text | Kind::Doc | Kind::Xls);
        for kind in Kind::ALL.into_iter().filter(ends) {
            let whole = samples::of(kind.extensions()[0]);
            for cut in 0..whole.len() {
                assert!(!kinds_of(&whole[..cut]).contains(&kind), "{kind:?} cut to {cut} of {}", whole.len());
            }
        }
    }

    #[test]
    fn a_picture_that_carries_an_archive_is_refused() {
        let archive = samples::of("docx");
        for kind in [Kind::Jpeg, Kind::Png, Kind::Gif, Kind::Pdf] {
            let mut both = samples::of(kind.extensions()[0]);
            both.extend_from_slice(&archive);
            assert_eq!(kinds_of(&both), [], "{kind:?}");
        }
    }

    #[test]
    fn a_magic_number_alone_convinces_nobody() {
        for polyglot in [
            &b"GIF89a<script>alert(1)</script>"[..],
            b"GIF89a/*\x00*/=1;alert(1)//",
            b"\x89PNG\r\n\x1a\n<?php system($_GET['c']); ?>",
            b"\xFF\xD8\xFF\xE0<?php system($_GET['c']); ?>",
            b"%PDF-1.7 <script>alert(1)</script>",
            b"PK\x03\x04 and nothing more",
            b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1 and nothing more",
            b"MZ\x90\x00\x03\x00\x00\x00",
            b"\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00",
        ] {
            assert_eq!(kinds_of(polyglot), [], "{}", polyglot.escape_ascii());
        }
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_a_check_panic_or_hang(seed in 0..9usize, at in 0..4096usize, with in proptest::collection::vec(0u8.., 0..64)) {
            let kind = Kind::ALL[seed];
            let mut bytes = samples::of(kind.extensions()[0]);
            for (offset, byte) in with.into_iter().enumerate() {
                let at = (at + offset) % bytes.len();
                bytes[at] = byte;
            }
            kinds_of(&bytes);
        }
    }
}

//! Takes out of a picture what does not belong to how it looks: where it was taken, with what, when, what somebody remarked.
//! Nothing is decoded, so it looks as it did, to the last pixel.

use std::io::{self, BufRead, BufReader, ErrorKind, Read, Seek, Write};

use super::bytes_of;
use crate::domain::Kind;

/// The chunks of a PNG that say how it looks.
const LOOKS: [&[u8; 4]; 16] = [
    b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"cICP", b"sBIT",
    b"bKGD", b"pHYs", b"acTL", b"fcTL", b"fdAT",
];
/// The applications whose words in a GIF say how often it moves.
const LOOPS: [&[u8; 11]; 2] = [b"NETSCAPE2.0", b"ANIMEXTS1.0"];
/// The most bytes of a telephone's words that are looked at for which way up the picture is.
const WORDS: u64 = 64 * 1024;

/// Copies a picture of this kind, which was found to be one, without what is not its looks.
///
/// # Errors
/// When reading or writing fails; [`ErrorKind::InvalidData`] or [`ErrorKind::UnexpectedEof`] when it is no such picture.
pub fn strip<R: Read + Seek>(kind: Kind, bytes: &mut R, to: &mut impl Write) -> io::Result<()> {
    bytes.rewind()?;
    let mut bytes = BufReader::new(bytes);
    match kind {
        Kind::Jpeg => jpeg(&mut bytes, to),
        Kind::Png => png(&mut bytes, to),
        Kind::Gif => gif(&mut bytes, to),
        _ => Err(ErrorKind::InvalidData.into()),
    }
}

fn png(bytes: &mut impl BufRead, to: &mut impl Write) -> io::Result<()> {
    to.write_all(&bytes_of::<8>(bytes)?)?;
    loop {
        let length: [u8; 4] = bytes_of(bytes)?;
        let name: [u8; 4] = bytes_of(bytes)?;
        // The checksum counts too.
        let rest = u64::from(u32::from_be_bytes(length)) + 4;
        if LOOKS.contains(&&name) {
            to.write_all(&[length, name].concat())?;
            pass(bytes, rest, to)?;
        } else {
            pass(bytes, rest, &mut io::sink())?;
        }
        if name == *b"IEND" {
            // Nothing but zeros.
            return io::copy(bytes, to).map(drop);
        }
    }
}

fn gif(bytes: &mut impl BufRead, to: &mut impl Write) -> io::Result<()> {
    let head: [u8; 13] = bytes_of(bytes)?;
    to.write_all(&head)?;
    pass(bytes, super::image::color_table(head[10]), to)?;
    loop {
        match bytes_of(bytes)? {
            [0x2C] => {
                let descriptor: [u8; 9] = bytes_of(bytes)?;
                to.write_all(&[0x2C])?;
                to.write_all(&descriptor)?;
                pass(bytes, super::image::color_table(descriptor[8]) + 1, to)?;
                blocks(bytes, to)?;
            }
            [0x21] => extension(bytes, to)?,
            [0x3B] => {
                to.write_all(&[0x3B])?;
                // Nothing but zeros.
                return io::copy(bytes, to).map(drop);
            }
            _ => return Err(ErrorKind::InvalidData.into()),
        }
    }
}

fn extension(bytes: &mut impl BufRead, to: &mut impl Write) -> io::Result<()> {
    let [label] = bytes_of(bytes)?;
    match label {
        // How long a frame is shown, and what shows through.
        0xF9 => {
            to.write_all(&[0x21, label])?;
            blocks(bytes, to)
        }
        0xFF => {
            let [length] = bytes_of(bytes)?;
            let mut name = vec![0; length.into()];
            bytes.read_exact(&mut name)?;
            if LOOPS.iter().any(|known| name == *known) {
                to.write_all(&[0x21, label, length])?;
                to.write_all(&name)?;
                blocks(bytes, to)
            } else if length == 0 {
                Ok(())
            } else {
                blocks(bytes, &mut io::sink())
            }
        }
        _ => blocks(bytes, &mut io::sink()),
    }
}

/// Passes blocks on that each begin with their length, up to the empty one.
fn blocks(bytes: &mut impl BufRead, to: &mut impl Write) -> io::Result<()> {
    loop {
        let [length] = bytes_of(bytes)?;
        to.write_all(&[length])?;
        if length == 0 {
            return Ok(());
        }
        pass(bytes, length.into(), to)?;
    }
}

fn jpeg(bytes: &mut impl BufRead, to: &mut impl Write) -> io::Result<()> {
    to.write_all(&bytes_of::<2>(bytes)?)?;
    let [_, mut marker] = bytes_of(bytes)?;
    loop {
        while marker == 0xFF {
            [marker] = bytes_of(bytes)?;
        }
        if marker == 0xD9 {
            // What is behind the end is another picture, or a little film.
            return to.write_all(&[0xFF, marker]);
        }
        let length: [u8; 2] = bytes_of(bytes)?;
        let rest = u64::from(u16::from_be_bytes(length).checked_sub(2).ok_or(ErrorKind::InvalidData)?);
        match marker {
            0xE0..=0xEF => {
                let mut words = Vec::new();
                bytes.take(rest.min(WORDS)).read_to_end(&mut words)?;
                words_of_application(marker, &words, to)?;
            }
            0xFE => pass(bytes, rest, &mut io::sink())?,
            _ => {
                to.write_all(&[0xFF, marker])?;
                to.write_all(&length)?;
                pass(bytes, rest, to)?;
            }
        }
        marker = if marker == 0xDA { scan(bytes, to)? } else { bytes_of::<2>(bytes)?[1] };
    }
}

/// Of what programs add, that which changes the looks: the colours, and which way up it is.
fn words_of_application(marker: u8, words: &[u8], to: &mut impl Write) -> io::Result<()> {
    let is_looks = match marker {
        0xE0 => words.starts_with(b"JFIF\0"),
        0xE2 => words.starts_with(b"ICC_PROFILE\0"),
        0xEE => words.starts_with(b"Adobe"),
        _ => false,
    };
    if is_looks {
        to.write_all(&[0xFF, marker])?;
        to.write_all(&(words.len() as u16 + 2).to_be_bytes())?;
        return to.write_all(words);
    }
    let exif = if marker == 0xE1 { words.strip_prefix(b"Exif\0\0") } else { None };
    match exif.and_then(way_up) {
        Some(way @ 2..=8) => {
            // One entry (0x0112), one short number, and no more.
            to.write_all(b"\xff\xe1\0\x22Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0")?;
            to.write_all(&[way, 0, 0, 0, 0, 0, 0, 0])
        }
        _ => Ok(()),
    }
}

/// Which of its eight ways up a picture is, in the words of a telephone (TIFF 6.0, tag 274, in the first directory).
fn way_up(tiff: &[u8]) -> Option<u8> {
    let is_little = match tiff.get(..4)? {
        b"II*\0" => true,
        b"MM\0*" => false,
        _ => return None,
    };
    let short = |at: usize| {
        let bytes = tiff.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(if is_little { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) })
    };
    let long = |at: usize| {
        let (a, b) = (u32::from(short(at)?), u32::from(short(at + 2)?));
        Some(if is_little { b << 16 | a } else { a << 16 | b })
    };
    let directory = usize::try_from(long(4)?).ok()?;
    let entries = usize::from(short(directory)?);
    let mut places = (0..entries).map(|n| directory + 2 + 12 * n);
    let entry = places.find(|at| short(*at) == Some(0x0112))?;
    u8::try_from(short(entry + 8)?).ok()
}

/// Passes the coded pixels on; the marker that ends them.
fn scan(bytes: &mut impl BufRead, to: &mut impl Write) -> io::Result<u8> {
    loop {
        let buffer = bytes.fill_buf()?;
        if buffer.is_empty() {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        let until = buffer.iter().position(|byte| *byte == 0xFF).unwrap_or(buffer.len());
        let is_marker = until < buffer.len();
        to.write_all(&buffer[..until])?;
        bytes.consume(until + usize::from(is_marker));
        if !is_marker {
            continue;
        }
        let mut next = [0xFF];
        while next == [0xFF] {
            next = bytes_of(bytes)?;
        }
        match next {
            // A stuffed byte, or a restart marker: still pixels.
            [0x00 | 0xD0..=0xD7] => to.write_all(&[0xFF, next[0]])?,
            [marker] => return Ok(marker),
        }
    }
}

/// Passes on so many bytes, which must be there.
fn pass(bytes: &mut impl BufRead, count: u64, to: &mut impl Write) -> io::Result<()> {
    let passed = io::copy(&mut bytes.take(count), to)?;
    if passed == count { Ok(()) } else { Err(ErrorKind::UnexpectedEof.into()) }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::super::{Finding, look};
    use super::*;
    use crate::domain::samples;

    const PICTURES: [Kind; 3] = [Kind::Jpeg, Kind::Png, Kind::Gif];

    fn stripped(kind: Kind, bytes: &[u8]) -> io::Result<Vec<u8>> {
        let mut left = Vec::new();
        strip(kind, &mut Cursor::new(bytes), &mut left).map(|()| left)
    }

    fn sample(kind: Kind) -> Vec<u8> {
        samples::of(kind.extensions()[0])
    }

    #[test]
    fn a_picture_without_remarks_stays_as_it_is() {
        for kind in PICTURES {
            assert_eq!(stripped(kind, &sample(kind)).unwrap(), sample(kind), "{kind:?}");
        }
        let padded = [&sample(Kind::Png)[..], &[0; 9]].concat();
        assert_eq!(stripped(Kind::Png, &padded).unwrap(), padded);
    }

    #[test]
    fn remarks_places_and_second_pictures_go() {
        let with = |kind, at: usize, words: &[u8]| {
            let mut bytes = sample(kind);
            bytes.splice(at..at, words.iter().copied());
            bytes
        };
        for (kind, at, words) in [
            (Kind::Png, 33, &b"\0\0\0\x06tEXtSECRET\0\0\0\0"[..]),
            (Kind::Png, 33, b"\0\0\0\x06eXIfSECRET\0\0\0\0"),
            (Kind::Png, 33, b"\0\0\0\x06SEcRSECRET\0\0\0\0"),
            (Kind::Gif, 19, b"\x21\xfe\x06SECRET\0"),
            (Kind::Gif, 19, b"\x21\xff\x0bXMP DataXMP\x06SECRET\0"),
            (Kind::Gif, 19, b"\x21\x01\x06SECRET\0"),
            (Kind::Jpeg, 20, b"\xff\xfe\0\x08SECRET"),
            (Kind::Jpeg, 20, b"\xff\xe1\0\x0eExif\0\0SECRET"),
            (Kind::Jpeg, 20, b"\xff\xed\0\x08SECRET"),
            (Kind::Jpeg, 20, b"\xff\xe0\0\x0dJFXX\0SECRET"),
        ] {
            let bytes = with(kind, at, words);
            assert!(matches!(look(kind, &mut Cursor::new(&bytes)).unwrap(), Finding::Picture(_)), "{kind:?}");
            assert_eq!(stripped(kind, &bytes).unwrap(), sample(kind), "{}", words.escape_ascii());
        }
        let twice = sample(Kind::Jpeg).repeat(2);
        assert_eq!(stripped(Kind::Jpeg, &twice).unwrap(), sample(Kind::Jpeg));
        let looping = with(Kind::Gif, 19, b"\x21\xff\x0bNETSCAPE2.0\x03\x01\0\0\0");
        assert_eq!(stripped(Kind::Gif, &looping).unwrap(), looping, "it goes on moving");
    }

    #[test]
    fn which_way_up_it_is_stays_and_nothing_else_of_a_telephones_words() {
        let little =
            b"\xff\xe1\0\x28Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0SECRET";
        let big =
            b"\xff\xe1\0\x28Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0SECRET";
        for words in [little, big] {
            let mut bytes = sample(Kind::Jpeg);
            bytes.splice(20..20, words.iter().copied());
            let left = stripped(Kind::Jpeg, &bytes).unwrap();
            let mut expected = sample(Kind::Jpeg);
            expected.splice(20..20, little[..36].iter().copied());
            expected[23] = 0x22;
            assert_eq!(left, expected);
            assert!(matches!(look(Kind::Jpeg, &mut Cursor::new(&left)).unwrap(), Finding::Picture(_)));
        }
    }

    proptest::proptest! {
        #[test]
        fn what_was_a_picture_still_is_one_of_the_same_size(
            seed in 0..3usize, at in 0..200usize, with in proptest::collection::vec(0u8.., 0..24),
        ) {
            let kind = PICTURES[seed];
            let mut bytes = sample(kind);
            let at = at % bytes.len();
            let end = (at + with.len()).min(bytes.len());
            bytes.splice(at..end, with);
            let found = look(kind, &mut Cursor::new(&bytes)).unwrap();
            let left = stripped(kind, &bytes);
            if let Finding::Picture(_) = found {
                proptest::prop_assert_eq!(look(kind, &mut Cursor::new(left.unwrap())).unwrap(), found);
            }
        }
    }
}

use std::io::{self, BufRead, BufReader, Read, Seek};

use super::bytes_of;

/// A PNG (RFC 2083): the signature, chunks with honest lengths from `IHDR` to `IEND`, and nothing after it.
pub(super) fn is_png<R: Read + Seek>(bytes: &mut BufReader<R>) -> io::Result<bool> {
    if bytes_of(bytes)? != *b"\x89PNG\r\n\x1a\n" {
        return Ok(false);
    }
    let mut first = true;
    let mut has_data = false;
    loop {
        let length = u32::from_be_bytes(bytes_of(bytes)?);
        let name: [u8; 4] = bytes_of(bytes)?;
        if !name.iter().all(u8::is_ascii_alphabetic) || first != (name == *b"IHDR") {
            return Ok(false);
        }
        if first && length != 13 {
            return Ok(false);
        }
        first = false;
        has_data |= name == *b"IDAT";
        skip(bytes, u64::from(length) + 4)?;
        if name == *b"IEND" {
            return Ok(length == 0 && has_data && only_padding_follows(bytes)?);
        }
    }
}

/// A GIF (87a, 89a): the screen, blocks, the trailer, and nothing after it.
pub(super) fn is_gif<R: Read + Seek>(bytes: &mut BufReader<R>) -> io::Result<bool> {
    let signature: [u8; 6] = bytes_of(bytes)?;
    if signature != *b"GIF87a" && signature != *b"GIF89a" {
        return Ok(false);
    }
    let screen: [u8; 7] = bytes_of(bytes)?;
    skip(bytes, color_table(screen[4]))?;
    let mut has_image = false;
    loop {
        match bytes_of(bytes)? {
            [0x2C] => {
                has_image = true;
                let descriptor: [u8; 9] = bytes_of(bytes)?;
                // The table of colours, then the byte that says how the pixels are coded.
                skip(bytes, color_table(descriptor[8]) + 1)?;
            }
            [0x21] => skip(bytes, 1)?,
            [0x3B] => return Ok(has_image && only_padding_follows(bytes)?),
            _ => return Ok(false),
        }
        skip_blocks(bytes)?;
    }
}

/// Steps over blocks that each begin with their length, up to the empty one.
fn skip_blocks<R: Read + Seek>(bytes: &mut BufReader<R>) -> io::Result<()> {
    loop {
        match bytes_of(bytes)? {
            [0] => return Ok(()),
            [length] => skip(bytes, u64::from(length))?,
        }
    }
}

fn color_table(flags: u8) -> u64 {
    if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) }
}

/// A JPEG (ITU T.81): segments with honest lengths, a frame, a scan, the end of the image. What follows the end is left
/// alone: telephones put a second picture, or a little film, there.
pub(super) fn is_jpeg<R: Read + Seek>(bytes: &mut BufReader<R>) -> io::Result<bool> {
    if bytes_of(bytes)? != [0xFF, 0xD8] {
        return Ok(false);
    }
    let mut has_frame = false;
    let mut has_scan = false;
    loop {
        if bytes_of(bytes)? != [0xFF] {
            return Ok(false);
        }
        let [mut marker] = bytes_of(bytes)?;
        while marker == 0xFF {
            [marker] = bytes_of(bytes)?;
        }
        match marker {
            0xD9 => return Ok(has_scan),
            // Markers that no segment has, or not here.
            0x00 | 0x01 | 0xD0..=0xD8 => return Ok(false),
            _ => {}
        }
        let length = u16::from_be_bytes(bytes_of(bytes)?);
        if length < 2 {
            return Ok(false);
        }
        skip(bytes, u64::from(length) - 2)?;
        match marker {
            0xC0..=0xCF if !matches!(marker, 0xC4 | 0xC8 | 0xCC) => has_frame = true,
            0xDA if !has_frame => return Ok(false),
            0xDA => {
                has_scan = true;
                skip_scan(bytes)?;
            }
            _ => {}
        }
    }
}

/// Passes over the coded pixels and stops before the marker that ends them.
fn skip_scan<R: Read + Seek>(bytes: &mut BufReader<R>) -> io::Result<()> {
    loop {
        let buffer = bytes.fill_buf()?;
        if buffer.is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let Some(at) = buffer.iter().position(|byte| *byte == 0xFF) else {
            let length = buffer.len();
            bytes.consume(length);
            continue;
        };
        bytes.consume(at + 1);
        match bytes_of(bytes)? {
            // A stuffed byte, or a restart marker: still pixels.
            [0x00 | 0xD0..=0xD7] => {}
            // Fill bytes may stand before a marker: this one may be the marker's own 0xFF. Step back to the pair's last.
            [0xFF] => bytes.seek_relative(-1)?,
            _ => return bytes.seek_relative(-2),
        }
    }
}

/// Steps over `count` bytes, which must be there.
fn skip<R: Read + Seek>(bytes: &mut BufReader<R>, count: u64) -> io::Result<()> {
    let Some(before_last) = count.checked_sub(1) else { return Ok(()) };
    bytes.seek_relative(before_last.try_into().map_err(|_| io::ErrorKind::UnexpectedEof)?)?;
    // A seek goes beyond the end without a word; reading the last one does not.
    bytes_of::<1>(bytes).map(drop)
}

/// Whether only zeros are left: some programs pad what they write.
fn only_padding_follows(bytes: &mut impl BufRead) -> io::Result<bool> {
    loop {
        let buffer = bytes.fill_buf()?;
        if buffer.is_empty() {
            return Ok(true);
        }
        if buffer.iter().any(|byte| *byte != 0) {
            return Ok(false);
        }
        let length = buffer.len();
        bytes.consume(length);
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use crate::domain::samples;

    #[test]
    fn nothing_but_padding_may_follow_a_picture() {
        let png = |tail: &[u8]| {
            is_png(&mut BufReader::new(Cursor::new([&samples::of("png")[..], tail].concat()))).unwrap()
        };
        let gif = |tail: &[u8]| {
            is_gif(&mut BufReader::new(Cursor::new([&samples::of("gif")[..], tail].concat()))).unwrap()
        };
        assert!(png(b"\0\0") && gif(b"\0"));
        assert!(!png(b"<script>") && !gif(b"<?php"));
    }

    #[test]
    fn a_telephones_jpeg_with_a_second_picture_behind_is_a_jpeg() {
        let picture = samples::of("jpg");
        assert!(is_jpeg(&mut BufReader::new(Cursor::new([&picture[..], &picture].concat()))).unwrap());
    }

    #[test]
    fn fill_bytes_before_a_marker_are_skipped() {
        let mut picture = samples::of("jpg");
        let end = picture.len() - 2;
        picture.splice(end..end, [0xFF, 0xFF]);
        assert!(is_jpeg(&mut BufReader::new(Cursor::new(picture))).unwrap());
    }
}

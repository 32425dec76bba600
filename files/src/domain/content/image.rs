use std::io::{self, BufRead, BufReader, Read, Seek};

use super::bytes_of;

/// The most scans that one JPEG may have. A program writes a dozen; each makes the decoder go through all the pixels again,
/// and takes ten bytes.
const MOST_SCANS: u32 = 100;

/// How large a picture says that it is; of several sizes in one file, the largest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pixels {
    /// From left to right.
    pub width: u32,
    /// From top to bottom.
    pub height: u32,
    /// In all of its frames together.
    pub in_all: u64,
}

impl Pixels {
    fn or_more(self, width: u32, height: u32) -> Self {
        let in_all = self.in_all.saturating_add(u64::from(width) * u64::from(height));
        Pixels { width: self.width.max(width), height: self.height.max(height), in_all }
    }
}

/// A PNG (RFC 2083): the signature, chunks with honest lengths from `IHDR` to `IEND`, and nothing after it.
pub(super) fn png<R: Read + Seek>(bytes: &mut BufReader<R>) -> io::Result<Option<Pixels>> {
    if bytes_of(bytes)? != *b"\x89PNG\r\n\x1a\n" {
        return Ok(None);
    }
    let mut pixels = Pixels::default();
    let mut first = true;
    let mut has_data = false;
    loop {
        let length = u32::from_be_bytes(bytes_of(bytes)?);
        let name: [u8; 4] = bytes_of(bytes)?;
        if !name.iter().all(u8::is_ascii_alphabetic) || first != (name == *b"IHDR") {
            return Ok(None);
        }
        if first && length != 13 {
            return Ok(None);
        }
        let mut rest = u64::from(length) + 4;
        if first {
            let width = u32::from_be_bytes(bytes_of(bytes)?);
            pixels = pixels.or_more(width, u32::from_be_bytes(bytes_of(bytes)?));
            rest -= 8;
        }
        // A frame of an animated PNG: its number, its width, its height.
        if name == *b"fcTL" {
            let Some(behind) = rest.checked_sub(12) else { return Ok(None) };
            let [_, width, height]: [u32; 3] =
                [bytes_of(bytes)?, bytes_of(bytes)?, bytes_of(bytes)?].map(u32::from_be_bytes);
            pixels = pixels.or_more(width, height);
            rest = behind;
        }
        first = false;
        has_data |= name == *b"IDAT";
        skip(bytes, rest)?;
        if name == *b"IEND" {
            let is_whole = length == 0 && has_data && only_padding_follows(bytes)?;
            return Ok(is_whole.then_some(pixels));
        }
    }
}

/// A GIF (87a, 89a): the screen, blocks, the trailer, and nothing after it.
pub(super) fn gif<R: Read + Seek>(bytes: &mut BufReader<R>) -> io::Result<Option<Pixels>> {
    let signature: [u8; 6] = bytes_of(bytes)?;
    if signature != *b"GIF87a" && signature != *b"GIF89a" {
        return Ok(None);
    }
    let screen: [u8; 7] = bytes_of(bytes)?;
    let number = |bytes: &[u8]| u32::from(u16::from_le_bytes([bytes[0], bytes[1]]));
    let mut pixels = Pixels::default().or_more(number(&screen[..2]), number(&screen[2..4]));
    skip(bytes, color_table(screen[4]))?;
    let mut has_image = false;
    loop {
        match bytes_of(bytes)? {
            [0x2C] => {
                has_image = true;
                let descriptor: [u8; 9] = bytes_of(bytes)?;
                let [left, top, width, height] = [0, 2, 4, 6].map(|at| number(&descriptor[at..at + 2]));
                // A picture may stick out of the screen, and programs make the screen larger for it.
                pixels = pixels.or_more(left + width, top + height);
                // The table of colours, then the byte that says how the pixels are coded.
                skip(bytes, color_table(descriptor[8]) + 1)?;
            }
            [0x21] => skip(bytes, 1)?,
            [0x3B] => {
                let is_whole = has_image && only_padding_follows(bytes)?;
                return Ok(is_whole.then_some(pixels));
            }
            _ => return Ok(None),
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

pub(super) fn color_table(flags: u8) -> u64 {
    if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) }
}

/// A JPEG (ITU T.81): segments with honest lengths, a frame, a scan, the end of the image. What follows the end is left
/// alone: telephones put a second picture, or a little film, there.
pub(super) fn jpeg<R: Read + Seek>(bytes: &mut BufReader<R>) -> io::Result<Option<Pixels>> {
    if bytes_of(bytes)? != [0xFF, 0xD8] {
        return Ok(None);
    }
    let mut pixels = None;
    let mut scans = 0;
    loop {
        if bytes_of(bytes)? != [0xFF] {
            return Ok(None);
        }
        let [mut marker] = bytes_of(bytes)?;
        while marker == 0xFF {
            [marker] = bytes_of(bytes)?;
        }
        match marker {
            0xD9 => return Ok(pixels.filter(|_| scans > 0)),
            // Markers that no segment has, or not here.
            0x00 | 0x01 | 0xD0..=0xD8 => return Ok(None),
            _ => {}
        }
        let length = u16::from_be_bytes(bytes_of(bytes)?);
        if length < 2 {
            return Ok(None);
        }
        let mut rest = u64::from(length) - 2;
        let is_frame = matches!(marker, 0xC0..=0xCF) && !matches!(marker, 0xC4 | 0xC8 | 0xCC);
        if is_frame {
            let Some(behind) = rest.checked_sub(5) else { return Ok(None) };
            let [_, h1, h0, w1, w0] = bytes_of(bytes)?;
            let (width, height) = (u16::from_be_bytes([w1, w0]).into(), u16::from_be_bytes([h1, h0]).into());
            pixels = Some(pixels.unwrap_or_default().or_more(width, height));
            rest = behind;
        }
        skip(bytes, rest)?;
        match marker {
            0xDA if pixels.is_none() || scans == MOST_SCANS => return Ok(None),
            0xDA => {
                scans += 1;
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
        let png_with = |tail: &[u8]| {
            png(&mut BufReader::new(Cursor::new([&samples::of("png")[..], tail].concat()))).unwrap().is_some()
        };
        let gif_with = |tail: &[u8]| {
            gif(&mut BufReader::new(Cursor::new([&samples::of("gif")[..], tail].concat()))).unwrap().is_some()
        };
        assert!(png_with(b"\0\0") && gif_with(b"\0"));
        assert!(!png_with(b"<script>") && !gif_with(b"<?php"));
    }

    #[test]
    fn a_telephones_jpeg_with_a_second_picture_behind_is_a_jpeg() {
        let picture = samples::of("jpg");
        assert!(jpeg(&mut BufReader::new(Cursor::new([&picture[..], &picture].concat()))).unwrap().is_some());
    }

    #[test]
    fn fill_bytes_before_a_marker_are_skipped() {
        let mut picture = samples::of("jpg");
        let end = picture.len() - 2;
        picture.splice(end..end, [0xFF, 0xFF]);
        assert!(jpeg(&mut BufReader::new(Cursor::new(picture))).unwrap().is_some());
    }

    #[test]
    fn the_largest_size_that_a_picture_names_counts() {
        let pixels = |width: u32, height: u32, in_all| Some(Pixels { width, height, in_all });
        let read = |bytes: Vec<u8>| BufReader::new(Cursor::new(bytes));
        for (width, height) in [(1, 1), (640, 480), (65_535, 2)] {
            let (w, h) = (u32::from(width), u32::from(height));
            let all = u64::from(w) * u64::from(h);
            assert_eq!(png(&mut read(samples::sized("png", width, height))).unwrap(), pixels(w, h, all));
            // The screen of a GIF is filled, and each of its pictures drawn upon it.
            assert_eq!(gif(&mut read(samples::sized("gif", width, height))).unwrap(), pixels(w, h, all + 1));
            assert_eq!(jpeg(&mut read(samples::sized("jpg", width, height))).unwrap(), pixels(w, h, all));
        }
        // A frame of a GIF that begins at (2, 0) and is one pixel wide.
        let mut sticking_out = samples::of("gif");
        sticking_out[28] = 2;
        assert_eq!(gif(&mut read(sticking_out)).unwrap(), pixels(3, 1, 4));
        // Two frames in one JPEG.
        let mut twice = samples::sized("jpg", 3, 4);
        let frame = samples::sized("jpg", 9, 2)[20..33].to_vec();
        twice.splice(20..20, frame);
        assert_eq!(jpeg(&mut read(twice)).unwrap(), pixels(9, 4, 30));
    }

    #[test]
    fn each_frame_of_a_moving_picture_counts() {
        let read = |bytes: Vec<u8>| BufReader::new(Cursor::new(bytes));
        let frame = b"\x2c\0\0\0\0\x0a\0\x14\0\0\x02\x02\x44\x01\0";
        let mut moving = samples::of("gif");
        let end = moving.len() - 1;
        moving.splice(end..end, frame.repeat(50));
        assert_eq!(gif(&mut read(moving)).unwrap().unwrap().in_all, 2 + 50 * 200);

        let mut moving = samples::of("png");
        let mut frame = b"\0\0\0\x1afcTL\0\0\0\0\0\0\0\x0a\0\0\0\x14".to_vec();
        frame.extend([0; 14 + 4]);
        moving.splice(33..33, frame.repeat(50));
        assert_eq!(png(&mut read(moving)).unwrap().unwrap().in_all, 1 + 50 * 200);
    }

    #[test]
    fn a_jpeg_that_is_drawn_over_and_over_is_none() {
        let of_scans = |count| {
            let mut picture = samples::of("jpg");
            let scan = picture[33..picture.len() - 2].to_vec();
            picture.splice(33..33, scan.repeat(count - 1));
            jpeg(&mut BufReader::new(Cursor::new(picture))).unwrap()
        };
        assert!(of_scans(MOST_SCANS as usize).is_some());
        assert_eq!(of_scans(MOST_SCANS as usize + 1), None);
    }
}

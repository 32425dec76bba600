//! Draws small pictures of large ones: the only place where anything that somebody sent is decoded.

use std::fs::File;
use std::io::{BufReader, Cursor};

use image::codecs::gif::GifDecoder;
use image::codecs::jpeg::{JpegDecoder, JpegEncoder};
use image::codecs::png::{PngDecoder, PngEncoder};
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageResult, Limits};

use crate::domain::Kind;

/// The most bytes that decoding one pixel may take: four colours of sixteen bits, and as much again on the way.
const BYTES_A_PIXEL: u64 = 16;
/// How true to the original a small JPEG is, of a hundred.
const QUALITY: u8 = 80;

/// A small picture of a large one: drawn anew from its pixels, so nothing else of it is left – no place where it was taken,
/// no remarks, no second picture behind it.
pub struct Thumbnail {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// What it is: a JPEG of a JPEG, a PNG of the others, which may be seen through.
    pub kind: Kind,
}

/// Draws the picture in `file`, the first frame of one that moves, at most `side` pixels wide and high and never larger than
/// it is. `most` is how many pixels it was found to have. Work for a thread of its own.
///
/// # Errors
/// When its pixels cannot be made out, or want more memory than so many should.
pub fn shrink(kind: Kind, file: File, side: u32, most: u64) -> ImageResult<Thumbnail> {
    let bytes = BufReader::new(file);
    let (orientation, picture) = match kind {
        Kind::Jpeg => decode(JpegDecoder::new(bytes)?, most)?,
        Kind::Png => decode(PngDecoder::new(bytes)?, most)?,
        _ => decode(GifDecoder::new(bytes)?, most)?,
    };
    let mut small =
        if picture.width().max(picture.height()) > side { picture.thumbnail(side, side) } else { picture };
    // It goes with the metadata, in which alone it stood.
    small.apply_orientation(orientation);
    let mut bytes = Cursor::new(Vec::new());
    let kind = match kind {
        Kind::Jpeg => {
            small.into_rgb8().write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, QUALITY))?;
            Kind::Jpeg
        }
        _ => {
            small.into_rgba8().write_with_encoder(PngEncoder::new(&mut bytes))?;
            Kind::Png
        }
    };
    Ok(Thumbnail { bytes: bytes.into_inner(), kind })
}

fn decode(mut decoder: impl ImageDecoder, most: u64) -> ImageResult<(Orientation, DynamicImage)> {
    let mut limits = Limits::default();
    limits.max_alloc = Some(most.saturating_mul(BYTES_A_PIXEL).saturating_add(1 << 20));
    decoder.set_limits(limits)?;
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    Ok((orientation, DynamicImage::from_decoder(decoder)?))
}

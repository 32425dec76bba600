/// A picture of somebody, small enough and of a kind that browsers show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    kind: &'static str,
    bytes: Vec<u8>,
}

/// Why a picture is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PictureFault {
    /// There is nothing in it.
    #[error("must not be empty")]
    Empty,
    /// It has too many bytes.
    #[error("A picture has at most {} bytes.", Picture::MAX)]
    TooLarge,
    /// It is none, or not what it is said to be.
    #[error("A picture is a JPEG, a PNG or a GIF, and says so.")]
    NotAllowed,
}

/// What a picture may be, and how such a file begins.
const KINDS: [(&str, &[&[u8]]); 3] = [
    ("image/jpeg", &[b"\xff\xd8\xff"]),
    ("image/png", &[b"\x89PNG\r\n\x1a\n"]),
    ("image/gif", &[b"GIF87a", b"GIF89a"]),
];

impl Picture {
    /// How many bytes it may have.
    pub const MAX: usize = 2 * 1024 * 1024;

    /// Checks what came in and what it was said to be. (Files looks closer: at its pixels.)
    ///
    /// # Errors
    /// The first rule that it breaks.
    pub fn parse(declared: &str, bytes: Vec<u8>) -> Result<Self, PictureFault> {
        let (kind, beginnings) =
            KINDS.into_iter().find(|(kind, _)| *kind == declared).ok_or(PictureFault::NotAllowed)?;
        if bytes.is_empty() {
            return Err(PictureFault::Empty);
        }
        if bytes.len() > Self::MAX {
            return Err(PictureFault::TooLarge);
        }
        if !beginnings.iter().any(|beginning| bytes.starts_with(beginning)) {
            return Err(PictureFault::NotAllowed);
        }
        Ok(Self { kind, bytes })
    }

    /// Its media type.
    pub fn kind(&self) -> &'static str {
        self.kind
    }

    /// Its bytes, taken out.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_what_it_is_said_to_be() {
        let large = [b"GIF89a".as_slice(), &vec![0; Picture::MAX]].concat();
        for (declared, bytes, outcome) in [
            ("image/jpeg", b"\xff\xd8\xff\xe0".as_slice(), Ok("image/jpeg")),
            ("image/png", b"\x89PNG\r\n\x1a\n.", Ok("image/png")),
            ("image/gif", b"GIF87a", Ok("image/gif")),
            ("image/gif", b"GIF88a", Err(PictureFault::NotAllowed)),
            ("image/png", b"\xff\xd8\xff\xe0", Err(PictureFault::NotAllowed)),
            ("image/svg+xml", b"<svg/>", Err(PictureFault::NotAllowed)),
            ("text/html", b"GIF89a", Err(PictureFault::NotAllowed)),
            ("", b"GIF89a", Err(PictureFault::NotAllowed)),
            ("image/gif", b"", Err(PictureFault::Empty)),
            ("image/gif", &large, Err(PictureFault::TooLarge)),
            ("image/gif", &large[..Picture::MAX], Ok("image/gif")),
        ] {
            let parsed = Picture::parse(declared, bytes.to_vec());
            assert_eq!(parsed.as_ref().map(Picture::kind).map_err(|fault| *fault), outcome, "{declared}");
        }
    }
}

use super::{FileError, Pixels};

/// So many times the pixels of one picture may be in all frames of one that moves: they are drawn one after the other.
const FRAMES: u64 = 10;

/// How much may be brought. Sizes in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// One file.
    pub file_size: u64,
    /// Files of one ticket.
    pub ticket_files: u64,
    /// All files of one ticket together.
    pub ticket_size: u64,
    /// A picture of somebody.
    pub avatar_size: u64,
    /// Pixels of one picture.
    pub pixels: u64,
}

/// What a ticket holds already, uploads that are on their way included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// How many files.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
}

impl Limits {
    /// Whether a picture is small enough to be drawn by who looks at it, and by us. What it says of itself counts: nothing
    /// was decoded yet.
    ///
    /// # Errors
    /// Too many pixels, in one frame or in all of them.
    pub fn admit_pixels(&self, pixels: Pixels) -> Result<(), FileError> {
        let area = u64::from(pixels.width) * u64::from(pixels.height);
        if area > self.pixels || pixels.in_all > self.pixels.saturating_mul(FRAMES) {
            return Err(FileError::TooManyPixels { limit: self.pixels });
        }
        Ok(())
    }

    /// Whether a ticket that holds `usage` has room for one more file of `size` bytes.
    ///
    /// # Errors
    /// Which limit it would pass.
    pub fn admit(&self, usage: Usage, size: u64) -> Result<(), FileError> {
        if size > self.file_size {
            return Err(FileError::TooLarge { limit: self.file_size });
        }
        if usage.files >= self.ticket_files {
            return Err(FileError::TooManyFiles { limit: self.ticket_files });
        }
        if usage.bytes.saturating_add(size) > self.ticket_size {
            return Err(FileError::QuotaExceeded { limit: self.ticket_size, used: usage.bytes });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_takes_files_up_to_each_limit_and_not_one_byte_more() {
        let limits = Limits { file_size: 10, ticket_files: 3, ticket_size: 25, avatar_size: 1, pixels: 1 };
        let usage = |files, bytes| Usage { files, bytes };
        let picture = |width, height, in_all| limits.admit_pixels(Pixels { width, height, in_all }).is_ok();
        assert!(picture(1, 1, 1) && picture(1, 1, 10));
        assert!(!picture(2, 1, 1) && !picture(1, 1, 11) && !picture(u32::MAX, u32::MAX, u64::MAX));
        for (held, size, answer) in [
            (usage(0, 0), 10, Ok(())),
            (usage(0, 0), 11, Err(FileError::TooLarge { limit: 10 })),
            (usage(2, 15), 10, Ok(())),
            (usage(2, 16), 10, Err(FileError::QuotaExceeded { limit: 25, used: 16 })),
            (usage(3, 0), 1, Err(FileError::TooManyFiles { limit: 3 })),
            (usage(2, u64::MAX), 1, Err(FileError::QuotaExceeded { limit: 25, used: u64::MAX })),
        ] {
            assert_eq!(limits.admit(held, size), answer, "{held:?} + {size}");
        }
    }
}

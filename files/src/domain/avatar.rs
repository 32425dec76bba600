use shared::auth::{Caller, Role};
use shared::clock::Timestamp;
use shared::ids::{FileId, UserId};

use super::{FileError, Kind, Pixels, TypeFault};

/// The longest side of somebody's picture, in pixels: what shows it must hold all of them in memory.
const MAX_SIDE: u32 = 4096;

/// Somebody whose picture the caller may change: oneself, or anybody for an administrator. What changes a picture asks
/// for one, so that nothing can forget to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sitter(UserId);

impl Sitter {
    /// `None` when it is somebody else's picture.
    pub fn of(caller: &Caller, user: UserId) -> Option<Self> {
        (caller.user_id == user || caller.is(Role::Admin)).then_some(Sitter(user))
    }

    /// Who.
    pub fn user(self) -> UserId {
        self.0
    }
}

/// The kind that a picture is declared to be.
///
/// # Errors
/// When it is declared to be no picture, or nothing.
pub fn picture_kind(content_type: Option<&str>) -> Result<Kind, TypeFault> {
    content_type.and_then(Kind::of_mime).filter(|kind| kind.is_picture()).ok_or(TypeFault::NoPicture)
}

/// A picture that was received whole and found good, and is not stored yet.
#[derive(Clone, Debug)]
pub struct Portrait {
    /// The id that its object will have.
    pub id: FileId,
    /// Whom it shows.
    pub sitter: Sitter,
    /// What it is.
    pub kind: Kind,
    /// Its bytes.
    pub size: u64,
    /// SHA-256 of its bytes.
    pub sha256: [u8; 32],
}

impl Portrait {
    /// Where its bytes lie in the bucket. A new picture lies elsewhere than the one that it replaces.
    pub fn key(&self) -> String {
        format!("{}/{}", self.sitter.user(), self.id)
    }

    /// Whether it is this very picture.
    pub fn is(&self, avatar: &Avatar) -> bool {
        avatar.hash == hex::encode(self.sha256)
    }

    /// Its bytes are in the bucket: from now on it is somebody's picture.
    pub fn hung(&self, bucket: &str, now: Timestamp) -> Avatar {
        Avatar {
            user_id: self.sitter.user(),
            file_id: self.id,
            bucket: bucket.to_owned(),
            key: self.key(),
            mime_type: self.kind.mime().to_owned(),
            size: self.size,
            hash: hex::encode(self.sha256),
            created_at: now,
        }
    }
}

/// Refuses a picture that is too large to be shown, or has no size at all. (A JPEG that says zero tells its height later,
/// and it may be any.)
///
/// # Errors
/// [`FileError::Pixels`].
pub fn admit_pixels(pixels: Pixels) -> Result<(), FileError> {
    let fits = |side| (1..=MAX_SIDE).contains(&side);
    if fits(pixels.width) && fits(pixels.height) { Ok(()) } else { Err(FileError::Pixels { side: MAX_SIDE }) }
}

/// Somebody's picture. Its bytes lie in the bucket for as long as it is here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Avatar {
    /// Whose.
    pub user_id: UserId,
    /// The id of its object.
    pub file_id: FileId,
    /// The bucket in which its bytes lie.
    pub bucket: String,
    /// Their key there.
    pub key: String,
    /// What it was found to be.
    pub mime_type: String,
    /// In bytes.
    pub size: u64,
    /// SHA-256 of its bytes, hexadecimal.
    pub hash: String,
    /// When it was stored.
    pub created_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use shared::ids::SessionId;

    use super::*;

    #[test]
    fn a_picture_is_changed_by_whom_it_shows_or_an_administrator() {
        let now: Timestamp = "2026-03-01T08:00:00Z".parse().unwrap();
        let (alice, bob) = (UserId::at(now), UserId::at(now));
        let caller = |id, role| Caller::new(id, SessionId::at(now), role, "a@example.com", now, "token");
        for (who, role, may) in [
            (alice, Role::User, true),
            (bob, Role::User, false),
            (bob, Role::Agent, false),
            (bob, Role::Admin, true),
        ] {
            let sitter = Sitter::of(&caller(who, role), alice);
            assert_eq!(sitter.map(Sitter::user), may.then_some(alice), "{role:?}");
        }
    }

    #[test]
    fn a_picture_is_a_jpeg_a_png_or_a_gif() {
        for (declared, kind) in [
            (Some("image/jpeg"), Ok(Kind::Jpeg)),
            (Some("IMAGE/PNG"), Ok(Kind::Png)),
            (Some("image/gif; a=b"), Ok(Kind::Gif)),
            (Some("application/pdf"), Err(TypeFault::NoPicture)),
            (Some("text/plain"), Err(TypeFault::NoPicture)),
            (Some("image/svg+xml"), Err(TypeFault::NoPicture)),
            (None, Err(TypeFault::NoPicture)),
        ] {
            assert_eq!(picture_kind(declared), kind, "{declared:?}");
        }
    }

    #[test]
    fn a_picture_has_from_one_to_so_many_pixels_on_a_side() {
        for (width, height, fits) in [
            (1, 1, true),
            (MAX_SIDE, MAX_SIDE, true),
            (MAX_SIDE + 1, 1, false),
            (1, MAX_SIDE + 1, false),
            (0, 1, false),
            (1, 0, false),
            (u32::MAX, u32::MAX, false),
        ] {
            assert_eq!(admit_pixels(Pixels { width, height, in_all: 1 }).is_ok(), fits, "{width} × {height}");
        }
    }
}

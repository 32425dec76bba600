use bytes::Bytes;
use futures_util::Stream;
use shared::auth::Caller;
use shared::blobs::BlobError;
use shared::ids::{FileId, UserId};

use super::{App, Parcel};
use crate::domain::{self, Avatar, FileError, Kind, Portrait, Sitter, TypeFault, Verdict};
use crate::error::Error;
use crate::looking;
use crate::store;

/// A picture of somebody as it came in, with what was said about it.
pub struct Picture {
    /// Whom it shows.
    pub sitter: Sitter,
    /// What it is said to be.
    pub kind: Kind,
    /// Its bytes.
    pub parcel: Parcel,
}

/// Somebody's picture as it is now.
pub struct Hung {
    /// The picture.
    pub avatar: Avatar,
    /// Whether there was none before.
    pub is_first: bool,
}

impl App {
    /// Somebody whose picture the caller may change.
    ///
    /// # Errors
    /// [`Error::NotFound`] when it is not the caller's to change.
    pub fn sitter(&self, caller: &Caller, user: UserId) -> Result<Sitter, Error> {
        Sitter::of(caller, user).ok_or(Error::NotFound)
    }

    /// Makes this somebody's picture: looks at it, takes out what is not its looks, announces its object, stores the bytes, and only then writes the row,
    /// while the picture that it replaces is left to the sweeper. Killed at any moment, it leaves at worst an
    /// announcement, which the sweeper clears away with the object. The same picture again changes nothing.
    ///
    /// # Errors
    /// A broken rule, a bucket that is away, [`Error::NotFound`] for somebody who was forgotten.
    pub async fn hang(&self, picture: Picture) -> Result<Hung, Error> {
        let Picture { sitter, kind, parcel } = picture;
        let pixels =
            looking::pixels(&parcel.received, kind).await?.ok_or(FileError::from(TypeFault::Bytes))?;
        domain::admit_pixels(pixels)?;
        self.limits.admit_pixels(pixels)?;
        if let Verdict::Infected { signature } = self.scanner.scan(&parcel.received).await? {
            tracing::warn!(user = %sitter.user(), signature, "an infected picture was refused");
            return Err(FileError::Infected { signature }.into());
        }
        // Everybody who signs in sees it: where it was taken is nobody's business.
        let bare = looking::strip(&self.spool, &parcel.received, kind).await?;
        let bare = bare.ok_or(FileError::from(TypeFault::Bytes))?;
        let portrait = Portrait {
            id: FileId::at(self.clock.now()),
            sitter,
            kind,
            size: bare.size(),
            sha256: bare.sha256(),
        };
        if let Some(same) = self.announce(&portrait).await? {
            return Ok(same);
        }
        if let Err(fault) = self.buckets.avatars.put(&portrait.key(), &bare, kind.mime()).await {
            self.give_up(portrait.id, &fault).await;
            return Err(fault.into());
        }
        let hung = self.settle_portrait(&portrait).await;
        if hung.is_err() {
            self.leave_to_the_sweeper(portrait.id).await;
        }
        hung
    }

    /// Notes that the object is about to come, or finds that the picture hangs already.
    async fn announce(&self, portrait: &Portrait) -> Result<Option<Hung>, Error> {
        let tx = self.db.begin().await?;
        if store::is_erased(&tx, portrait.sitter.user()).await? {
            return Err(Error::NotFound);
        }
        let known = store::avatar(&*tx, portrait.sitter.user()).await?;
        if let Some(avatar) = known.filter(|avatar| portrait.is(avatar)) {
            return Ok(Some(Hung { avatar, is_first: false }));
        }
        store::announce(&tx, portrait, &self.buckets.avatars.name(), self.clock.now()).await?;
        tx.commit().await?;
        Ok(None)
    }

    /// The bytes are in the bucket: the announcement becomes a picture.
    async fn settle_portrait(&self, portrait: &Portrait) -> Result<Hung, Error> {
        let user = portrait.sitter.user();
        let tx = self.db.begin().await?;
        store::sit(&tx, user).await?;
        if store::is_erased(&tx, user).await? {
            return Err(Error::NotFound);
        }
        let known = store::avatar(&*tx, user).await?;
        let is_first = known.is_none();
        if let Some(avatar) = known.filter(|avatar| portrait.is(avatar)) {
            // The same picture, sent twice at once: the other one was first.
            drop(tx);
            self.discard(&self.buckets.avatars, portrait.id, &portrait.key()).await;
            return Ok(Hung { avatar, is_first });
        }
        if !store::release(&tx, portrait.id).await? {
            return Err(Error::Overtaken);
        }
        let avatar = portrait.hung(&self.buckets.avatars.name(), self.clock.now());
        store::hang(&tx, &avatar).await?;
        tx.commit().await?;
        Ok(Hung { avatar, is_first })
    }

    /// Somebody's picture, for anybody who has signed in.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is none.
    pub async fn avatar(&self, _: &Caller, user: UserId) -> Result<Avatar, Error> {
        store::avatar(self.db.conn(), user).await?.ok_or(Error::NotFound)
    }

    /// The bytes of somebody's picture, and which one they are of: another one than was asked for, when it was replaced
    /// meanwhile.
    ///
    /// # Errors
    /// [`Error::NotFound`] when it was taken down meanwhile; when the bucket is away. Once the bytes flow, the stream says
    /// so.
    pub async fn avatar_bytes(
        &self,
        caller: &Caller,
        mut avatar: Avatar,
    ) -> Result<(Avatar, impl Stream<Item = Result<Bytes, BlobError>> + use<>), Error> {
        loop {
            match self.buckets.named(&avatar.bucket).get(&avatar.key, None).await {
                Err(BlobError::Missing) => {
                    let now = self.avatar(caller, avatar.user_id).await?;
                    if now == avatar {
                        return Err(BlobError::Missing.into());
                    }
                    avatar = now;
                }
                bytes => return Ok((avatar, bytes?)),
            }
        }
    }

    /// Takes somebody's picture down, if there is one. The sweeper removes its bytes.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn take_down(&self, sitter: Sitter) -> Result<(), Error> {
        let tx = self.db.begin().await?;
        store::sit(&tx, sitter.user()).await?;
        store::take_down(&tx, sitter.user(), self.clock.now()).await?;
        Ok(tx.commit().await?)
    }
}

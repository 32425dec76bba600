use shared::auth::{Caller, Role};
use shared::clock::Timestamp;
use shared::events::{FileDeleted, FileDownloaded, FileInfected, FileUploaded, FileWay, NewEvent};
use shared::ids::{FileId, TicketId, UserId};
use thiserror::Error;

use super::{FileName, Kind, NameFault};

/// A rule broken.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum FileError {
    /// The name.
    #[error(transparent)]
    Name(#[from] NameFault),
    /// Not a single byte.
    #[error("the file is empty")]
    Empty,
    /// More bytes than one file may have.
    #[error("a file has at most {}", Size(*limit))]
    TooLarge {
        /// In bytes.
        limit: u64,
    },
    /// The ticket has as many files as it may have.
    #[error("a ticket has at most {limit} files")]
    TooManyFiles {
        /// How many.
        limit: u64,
    },
    /// The ticket's files would be larger together than they may be.
    #[error("the files of a ticket have at most {} together; {} are taken", Size(*limit), Size(*used))]
    QuotaExceeded {
        /// In bytes.
        limit: u64,
        /// Bytes that the ticket holds already.
        used: u64,
    },
    /// Not on the list, or not what it claims to be.
    #[error(transparent)]
    Type(#[from] TypeFault),
    /// A picture of somebody that is too large to be shown, or has no size.
    #[error("a picture has from 1 to {side} pixels on each side")]
    Pixels {
        /// The most on one side.
        side: u32,
    },
    /// More pixels than a picture may have, or ten times as many in all of its frames.
    #[error("a picture has at most {limit} pixels, and at most ten times as many in all of its frames")]
    TooManyPixels {
        /// How many.
        limit: u64,
    },
    /// The scanner found something in it.
    #[error("the file is infected: {signature}")]
    Infected {
        /// The scanner's name for what it found.
        signature: String,
    },
    /// No picture, or one whose pixels cannot be made out.
    #[error("there is no thumbnail of this file")]
    NoThumbnail,
    /// Somebody else's file.
    #[error("only who uploaded a file, and administrators, may delete it")]
    NotYours,
}

/// Why a file's type was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum TypeFault {
    /// The extension is not on the list.
    #[error("files with this extension are not taken")]
    Extension,
    /// The declared type is not on the list, or there is none.
    #[error(
        "files of this Content-Type are not taken; the part that holds the file must declare one that is"
    )]
    Declared,
    /// The name says one thing and the declared type another.
    #[error("the file's extension and its Content-Type do not agree")]
    Disagreement,
    /// A picture of somebody that is declared to be none.
    #[error("a picture is sent with a Content-Type of image/jpeg, image/png or image/gif")]
    NoPicture,
    /// The bytes are something else.
    #[error("the file's bytes are not what it is said to be")]
    Bytes,
}

/// Bytes, for people.
struct Size(u64);

impl std::fmt::Display for Size {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        const MIB: u64 = 1024 * 1024;
        match self.0 {
            bytes if bytes >= MIB && bytes % MIB == 0 => write!(f, "{} MiB", bytes / MIB),
            bytes if bytes >= MIB => write!(f, "{:.1} MiB", bytes as f64 / MIB as f64),
            bytes => write!(f, "{bytes} bytes"),
        }
    }
}

/// The kind that a file claims to be: its extension and the declared type must both be on the list, and agree.
///
/// # Errors
/// Which of the two is amiss.
pub fn declared_kind(name: &FileName, content_type: Option<&str>) -> Result<Kind, TypeFault> {
    let by_name = name.extension().and_then(|it| Kind::of_extension(&it)).ok_or(TypeFault::Extension)?;
    let declared = content_type.and_then(Kind::of_mime).ok_or(TypeFault::Declared)?;
    if by_name == declared { Ok(declared) } else { Err(TypeFault::Disagreement) }
}

/// A file that was received whole and found good, and is not stored yet.
#[derive(Clone, Debug)]
pub struct Upload {
    /// The id that the file will have.
    pub id: FileId,
    /// The ticket that it belongs to.
    pub ticket_id: TicketId,
    /// Its name.
    pub name: FileName,
    /// What it is.
    pub kind: Kind,
    /// Its bytes.
    pub size: u64,
    /// SHA-256 of its bytes.
    pub sha256: [u8; 32],
    /// Who brings it.
    pub uploaded_by: UserId,
    /// Whether a scanner looked at it, and found nothing.
    pub is_scanned: bool,
}

impl Upload {
    /// Where its bytes lie in the bucket. Made of ids alone: nothing that a client chose gets into a key.
    pub fn key(&self) -> String {
        format!("{}/{}", self.ticket_id, self.id)
    }

    /// A scanner found something in it: what there is to tell. It never becomes a file.
    pub fn infected(&self, signature: &str, now: Timestamp) -> NewEvent {
        let event = FileInfected {
            file_id: self.id,
            ticket_id: self.ticket_id,
            file_name: self.name.to_string(),
            uploaded_by: self.uploaded_by,
            signature: signature.to_owned(),
        };
        NewEvent::of(&event, 1, Some(self.uploaded_by), now)
    }

    /// Its bytes are in the bucket: from now on it is a file.
    pub fn stored(self, bucket: &str, now: Timestamp) -> Change {
        let file = File {
            id: self.id,
            ticket_id: self.ticket_id,
            key: self.key(),
            bucket: bucket.to_owned(),
            name: self.name,
            mime_type: self.kind.mime().to_owned(),
            size: self.size,
            hash: hex::encode(self.sha256),
            uploaded_by: self.uploaded_by,
            virus_scanned: self.is_scanned,
            virus_status: self.is_scanned.then(|| "clean".to_owned()),
            created_at: now,
            deleted_at: None,
            version: 1,
        };
        let event = FileUploaded {
            file_id: file.id,
            ticket_id: file.ticket_id,
            file_name: file.name.to_string(),
            file_size: file.size as i64,
            mime_type: file.mime_type.clone(),
            file_hash: file.hash.clone(),
            uploaded_by: file.uploaded_by,
        };
        let events = vec![NewEvent::of(&event, file.version, Some(file.uploaded_by), now)];
        Change { file, events }
    }
}

/// A file of a ticket. Its bytes lie in the bucket for as long as it is here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// The file.
    pub id: FileId,
    /// The ticket that it belongs to.
    pub ticket_id: TicketId,
    /// Its name as the uploader gave it.
    pub name: FileName,
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
    /// Who brought it.
    pub uploaded_by: UserId,
    /// Whether a scanner looked at it.
    pub virus_scanned: bool,
    /// What the scanner said.
    pub virus_status: Option<String>,
    /// When it was stored.
    pub created_at: Timestamp,
    /// When it was deleted, if it was.
    pub deleted_at: Option<Timestamp>,
    /// Counts its changes and orders its events.
    pub version: i64,
}

impl File {
    /// Removes it from sight, for who uploaded it and for administrators.
    ///
    /// # Errors
    /// [`FileError::NotYours`] for anybody else.
    pub fn delete(self, caller: &Caller, now: Timestamp) -> Result<Change, FileError> {
        if self.uploaded_by != caller.user_id && caller.role < Role::Admin {
            return Err(FileError::NotYours);
        }
        Ok(self.gone(Some(caller.user_id), now))
    }

    /// Somebody takes its bytes away, or is given the means to: what there is to tell. It stays as it is.
    pub fn downloaded(&self, by: UserId, via: FileWay, now: Timestamp) -> NewEvent {
        let event = FileDownloaded { file_id: self.id, ticket_id: self.ticket_id, downloaded_by: by, via };
        NewEvent::of(&event, self.version, Some(by), now)
    }

    /// Its ticket was deleted, by whom is said, and it goes with it.
    pub fn go_with_its_ticket(self, by: Option<UserId>, now: Timestamp) -> Change {
        self.gone(by, now)
    }

    fn gone(mut self, by: Option<UserId>, now: Timestamp) -> Change {
        self.deleted_at = Some(now);
        self.version += 1;
        let event = FileDeleted {
            file_id: self.id,
            ticket_id: self.ticket_id,
            file_name: self.name.to_string(),
            uploaded_by: Some(self.uploaded_by),
        };
        let events = vec![NewEvent::of(&event, self.version, by, now)];
        Change { file: self, events }
    }
}

/// A file as it is after a step of its life, and the events that tell of it. Only [`Upload`] and [`File`] make one, so a
/// file cannot be written without its event.
#[derive(Clone, Debug)]
pub struct Change {
    file: File,
    events: Vec<NewEvent>,
}

impl Change {
    /// Takes it apart, for the store.
    pub(crate) fn into_parts(self) -> (File, Vec<NewEvent>) {
        (self.file, self.events)
    }
}

#[cfg(test)]
mod tests {
    use shared::ids::SessionId;

    use super::*;

    fn now() -> Timestamp {
        "2026-03-01T08:00:00Z".parse().unwrap()
    }

    fn caller(user_id: UserId, role: Role) -> Caller {
        Caller::new(user_id, SessionId::at(now()), role, "a@example.com", now(), "token")
    }

    fn upload(uploaded_by: UserId) -> Upload {
        Upload {
            id: FileId::at(now()),
            ticket_id: TicketId::at(now()),
            name: FileName::parse("a.txt").unwrap(),
            kind: Kind::Text,
            size: 5,
            sha256: [0xAB; 32],
            uploaded_by,
            is_scanned: false,
        }
    }

    #[test]
    fn name_and_declared_type_must_be_on_the_list_and_agree() {
        for (name, declared, answer) in [
            ("a.JPG", Some("image/jpeg"), Ok(Kind::Jpeg)),
            ("a.txt", Some("text/plain; charset=utf-8"), Ok(Kind::Text)),
            ("a.svg", Some("image/svg+xml"), Err(TypeFault::Extension)),
            ("a.html", Some("text/plain"), Err(TypeFault::Extension)),
            ("a", Some("text/plain"), Err(TypeFault::Extension)),
            ("a.txt", Some("text/html"), Err(TypeFault::Declared)),
            ("a.txt", Some("application/octet-stream"), Err(TypeFault::Declared)),
            ("a.txt", None, Err(TypeFault::Declared)),
            ("a.png", Some("image/jpeg"), Err(TypeFault::Disagreement)),
        ] {
            assert_eq!(
                declared_kind(&FileName::parse(name).unwrap(), declared),
                answer,
                "{name} as {declared:?}"
            );
        }
    }

    #[test]
    fn a_stored_upload_is_a_file_and_tells_of_itself() {
        let alice = UserId::at(now());
        let upload = upload(alice);
        let key = upload.key();
        assert_eq!(key, format!("{}/{}", upload.ticket_id, upload.id));
        let (file, events) = upload.stored("helpdesk-tickets", now()).into_parts();
        assert_eq!((file.key.as_str(), file.hash.as_str()), (key.as_str(), "ab".repeat(32).as_str()));
        assert_eq!((file.virus_scanned, &file.virus_status), (false, &None));
        assert_eq!(events.iter().map(NewEvent::event_type).collect::<Vec<_>>(), ["file.uploaded"]);
    }

    #[test]
    fn what_was_looked_at_says_so_and_what_was_found_out_tells_of_it() {
        let alice = UserId::at(now());
        let scanned = Upload { is_scanned: true, ..upload(alice) };
        let told = scanned.infected("Eicar", now());
        assert_eq!((told.event_type(), told.json()["signature"].as_str()), ("file.infected", Some("Eicar")));
        let file = scanned.stored("b", now()).into_parts().0;
        assert_eq!((file.virus_scanned, file.virus_status.as_deref()), (true, Some("clean")));
    }

    #[test]
    fn a_file_that_goes_with_its_ticket_tells_of_itself() {
        let (alice, bob) = (UserId::at(now()), UserId::at(now()));
        let file = upload(alice).stored("b", now()).into_parts().0;
        let (file, events) = file.go_with_its_ticket(Some(bob), now()).into_parts();
        assert_eq!((file.deleted_at, file.version), (Some(now()), 2));
        assert_eq!(events.iter().map(NewEvent::event_type).collect::<Vec<_>>(), ["file.deleted"]);
    }

    #[test]
    fn a_file_is_deleted_by_its_uploader_or_an_administrator() {
        let alice = UserId::at(now());
        let bob = UserId::at(now());
        let file = upload(alice).stored("b", now()).into_parts().0;
        for (who, role, may) in [
            (alice, Role::User, true),
            (alice, Role::Agent, true),
            (bob, Role::User, false),
            (bob, Role::Agent, false),
            (bob, Role::Admin, true),
        ] {
            let answer = file.clone().delete(&caller(who, role), now());
            assert_eq!(answer.is_ok(), may, "{role:?}");
            if let Ok(change) = answer {
                let (file, events) = change.into_parts();
                assert_eq!((file.deleted_at, file.version), (Some(now()), 2));
                assert_eq!(events.iter().map(NewEvent::event_type).collect::<Vec<_>>(), ["file.deleted"]);
            }
        }
    }

    #[test]
    fn limits_are_told_in_words() {
        let text = |fault: FileError| fault.to_string();
        assert_eq!(text(FileError::TooLarge { limit: 10 << 20 }), "a file has at most 10 MiB");
        assert_eq!(
            text(FileError::QuotaExceeded { limit: 50 << 20, used: 52_000_000 }),
            "the files of a ticket have at most 50 MiB together; 49.6 MiB are taken"
        );
        assert_eq!(text(FileError::TooLarge { limit: 900 }), "a file has at most 900 bytes");
    }
}

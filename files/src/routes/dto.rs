use serde::{Deserialize, Serialize};
use shared::http::{Answer, ApiError, Code, When};
use shared::ids::{FileAccessId, FileId, TicketId, UserId};
use utoipa::{IntoParams, ToSchema};

use crate::domain::{Avatar, File, Side};
use crate::service::{Export, Noted};

/// The form of an upload. The parts may come in either order.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "only its schema is used; the form is read as a stream")]
pub struct FileForm {
    /// The ticket that the file is for.
    pub ticket_id: TicketId,
    /// The file, with its name and its type.
    #[schema(value_type = String, format = Binary, content_media_type = "application/octet-stream")]
    pub file: Vec<u8>,
}

/// Which files a list shows.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OfTicket {
    /// The ticket whose files they are.
    pub ticket_id: TicketId,
}

/// A file.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FileOut {
    /// The file.
    pub id: FileId,
    /// Its name as the uploader gave it.
    pub original_name: String,
    /// What it was found to be.
    pub mime_type: String,
    /// In bytes.
    pub file_size: u64,
    /// SHA-256 of its bytes, hexadecimal.
    #[schema(min_length = 64, max_length = 64)]
    pub file_hash: String,
    /// The ticket that it belongs to.
    pub ticket_id: TicketId,
    /// Who brought it.
    pub uploaded_by: UserId,
    /// Whether a scanner looked at it.
    pub virus_scanned: bool,
    /// What the scanner said.
    pub virus_status: Option<String>,
    /// When it was stored.
    pub created_at: When,
}

impl From<&File> for FileOut {
    fn from(file: &File) -> Self {
        FileOut {
            id: file.id,
            original_name: file.name.to_string(),
            mime_type: file.mime_type.clone(),
            file_size: file.size,
            file_hash: file.hash.clone(),
            ticket_id: file.ticket_id,
            uploaded_by: file.uploaded_by,
            virus_scanned: file.virus_scanned,
            virus_status: file.virus_status.clone(),
            created_at: When(file.created_at),
        }
    }
}

impl FileOut {
    /// The answer to its making.
    pub fn created(file: &File) -> Answer {
        Answer::created(format!("/files/{}", file.id), &FileOut::from(file))
    }
}

/// The bytes of a picture, as they are.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
#[expect(dead_code, reason = "only its schema is used; the bytes are read and sent as a stream")]
pub struct PictureBytes(Vec<u8>);

/// Which version of a picture its address names.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Version {
    /// The beginning of the hash of its bytes, so that a new picture has a new address.
    #[serde(rename = "v")]
    pub _v: Option<String>,
}

/// Somebody's picture.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AvatarOut {
    /// Whose.
    pub user_id: UserId,
    /// Where it is served; another one after each change.
    pub url: String,
    /// What it was found to be.
    pub mime_type: String,
    /// In bytes.
    pub file_size: u64,
    /// SHA-256 of its bytes, hexadecimal.
    #[schema(min_length = 64, max_length = 64)]
    pub file_hash: String,
}

impl From<&Avatar> for AvatarOut {
    fn from(avatar: &Avatar) -> Self {
        AvatarOut {
            user_id: avatar.user_id,
            url: format!("/files/avatars/{}?v={:.16}", avatar.user_id, avatar.hash),
            mime_type: avatar.mime_type.clone(),
            file_size: avatar.size,
            file_hash: avatar.hash.clone(),
        }
    }
}

/// How a file is wished for.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Wish {
    /// A picture at most so many pixels wide and high: 64, 256 or 1024.
    pub size: Option<u32>,
}

impl Wish {
    /// The size that is wished for.
    ///
    /// # Errors
    /// 400 `bad_query` for one that is not offered.
    pub fn side(&self) -> Result<Option<Side>, ApiError> {
        let Some(size) = self.size else { return Ok(None) };
        let offered = || {
            let sizes = Side::ALL.map(|size| size.to_string()).join(", ");
            ApiError::new(Code::BadQuery).field("size", "bad_query", format!("must be one of {sizes}"))
        };
        Side::of(size).map(Some).ok_or_else(offered)
    }
}

/// A link to the bytes of a file.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LinkOut {
    /// Where: whoever holds it may read the file.
    pub url: String,
    /// Until when.
    pub expires_at: When,
}

/// A line of a file's log of accesses.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AccessOut {
    /// The line.
    pub id: FileAccessId,
    /// The file.
    pub file_id: FileId,
    /// Who.
    pub user_id: UserId,
    /// `download`, `thumbnail` or `url`.
    pub action: String,
    /// From where; not of somebody whose account has ended.
    pub ip_address: Option<String>,
    /// With what; not of somebody whose account has ended.
    pub user_agent: Option<String>,
    /// When.
    pub created_at: When,
}

impl From<Noted> for AccessOut {
    fn from(line: Noted) -> Self {
        AccessOut {
            id: line.id,
            file_id: line.file,
            user_id: line.user,
            action: line.action,
            ip_address: line.ip_address,
            user_agent: line.user_agent,
            created_at: When(line.at),
        }
    }
}

/// All that is kept here about the caller.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExportOut {
    /// The files that they brought, the deleted ones too, oldest first.
    pub files: Vec<ExportedFile>,
    /// What they did with files, oldest first.
    pub access_logs: Vec<ExportedAccess>,
    /// Their picture.
    pub avatar: Option<ExportedAvatar>,
}

/// A file, with what became of it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExportedFile {
    /// The file.
    #[serde(flatten)]
    pub file: FileOut,
    /// When it was deleted, if it was.
    pub deleted_at: Option<When>,
}

/// A line of the log of accesses.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExportedAccess {
    /// The file.
    pub file_id: FileId,
    /// What was done with it.
    pub action: String,
    /// From where.
    pub ip_address: Option<String>,
    /// With what.
    pub user_agent: Option<String>,
    /// When.
    pub created_at: When,
}

/// Somebody's picture, and since when.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExportedAvatar {
    /// The picture.
    #[serde(flatten)]
    pub avatar: AvatarOut,
    /// When it was stored.
    pub created_at: When,
}

impl From<Export> for ExportOut {
    fn from(export: Export) -> Self {
        let file =
            |file: &File| ExportedFile { file: FileOut::from(file), deleted_at: file.deleted_at.map(When) };
        let accesses = export.accesses.into_iter().map(|noted| ExportedAccess {
            file_id: noted.file,
            action: noted.action,
            ip_address: noted.ip_address,
            user_agent: noted.user_agent,
            created_at: When(noted.at),
        });
        let avatar = export.avatar.map(|avatar| ExportedAvatar {
            avatar: AvatarOut::from(&avatar),
            created_at: When(avatar.created_at),
        });
        ExportOut { files: export.files.iter().map(file).collect(), access_logs: accesses.collect(), avatar }
    }
}

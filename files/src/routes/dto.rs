use serde::{Deserialize, Serialize};
use shared::http::{Answer, When};
use shared::ids::{FileId, TicketId, UserId};
use utoipa::{IntoParams, ToSchema};

use crate::domain::File;

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

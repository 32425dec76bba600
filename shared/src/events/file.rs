use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ids::{FileId, TicketId, UserId};

/// A file was accepted and stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FileUploaded {
    /// The file.
    pub file_id: FileId,
    /// The ticket that it belongs to.
    pub ticket_id: TicketId,
    /// Its name as the uploader gave it.
    pub file_name: String,
    /// Its size in bytes.
    pub file_size: i64,
    /// What it was found to be.
    pub mime_type: String,
    /// SHA-256 of its bytes, hexadecimal.
    pub file_hash: String,
    /// Who brought it.
    pub uploaded_by: UserId,
}

/// By which way the bytes of a file leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FileWay {
    /// Through the service.
    Direct,
    /// By a link to the bucket itself: it was given, and may be used.
    Link,
}

/// Somebody took a file away, or was given the means to. The parts of one download are one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FileDownloaded {
    /// The file.
    pub file_id: FileId,
    /// The ticket that it belongs to.
    pub ticket_id: TicketId,
    /// Who took it.
    pub downloaded_by: UserId,
    /// By which way.
    pub via: FileWay,
}

/// A file was deleted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FileDeleted {
    /// The file.
    pub file_id: FileId,
    /// The ticket that it belonged to.
    pub ticket_id: TicketId,
    /// Its name.
    pub file_name: String,
    /// Who had uploaded it; events of before this was said do not know.
    #[serde(default)]
    pub uploaded_by: Option<UserId>,
}

/// A file was refused by the virus scanner.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FileInfected {
    /// The file.
    pub file_id: FileId,
    /// The ticket that it was meant for.
    pub ticket_id: TicketId,
    /// Its name as the uploader gave it.
    pub file_name: String,
    /// Who brought it.
    pub uploaded_by: UserId,
    /// The scanner's name for what it found.
    pub signature: String,
}

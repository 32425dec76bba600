//! Files.

use serde_json::{Value, json};
use shared::events::{FileDeleted, FileDownloaded, FileInfected, FileUploaded};
use shared::ids::UserId;

use super::handlers::Audited;

impl Audited for FileUploaded {
    const PERSONAL: &'static [&'static str] = &["fileName"];

    fn person(&self) -> Option<UserId> {
        Some(self.uploaded_by)
    }

    fn details(self) -> Value {
        json!({
            "ticketId": self.ticket_id,
            "fileName": self.file_name,
            "fileSize": self.file_size,
            "mimeType": self.mime_type,
            "fileHash": self.file_hash,
        })
    }
}

impl Audited for FileDownloaded {
    fn person(&self) -> Option<UserId> {
        None
    }

    fn details(self) -> Value {
        json!({ "ticketId": self.ticket_id, "via": self.via })
    }
}

impl Audited for FileDeleted {
    const PERSONAL: &'static [&'static str] = &["fileName"];

    fn person(&self) -> Option<UserId> {
        self.uploaded_by
    }

    fn details(self) -> Value {
        json!({ "ticketId": self.ticket_id, "fileName": self.file_name })
    }
}

impl Audited for FileInfected {
    const PERSONAL: &'static [&'static str] = &["fileName"];

    fn person(&self) -> Option<UserId> {
        Some(self.uploaded_by)
    }

    fn details(self) -> Value {
        json!({
            "ticketId": self.ticket_id,
            "fileName": self.file_name,
            "uploadedBy": self.uploaded_by,
            "signature": self.signature,
        })
    }
}

//! Files.

use serde_json::{Value, json};
use shared::events::{FileDeleted, FileDownloaded, FileInfected, FileUploaded};

use super::handlers::Audited;

impl Audited for FileUploaded {
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
    fn details(self) -> Value {
        json!({ "ticketId": self.ticket_id, "via": self.via })
    }
}

impl Audited for FileDeleted {
    fn details(self) -> Value {
        json!({ "ticketId": self.ticket_id, "fileName": self.file_name })
    }
}

impl Audited for FileInfected {
    fn details(self) -> Value {
        json!({
            "ticketId": self.ticket_id,
            "fileName": self.file_name,
            "uploadedBy": self.uploaded_by,
            "signature": self.signature,
        })
    }
}

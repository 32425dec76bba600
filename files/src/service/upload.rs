use shared::auth::Caller;
use shared::blobs::{BlobError, Blobs};
use shared::http::Answer;
use shared::ids::FileId;
use shared::once::Once;

use super::{App, Parcel, Visible};
use crate::domain::{File, FileError, FileName, Finding, TypeFault, Upload, Verdict, declared_kind};
use crate::error::Error;
use crate::looking;
use crate::store;

/// A file as it came in, with what was said about it.
pub struct Incoming {
    /// The ticket that it is for.
    pub ticket: Visible,
    /// Its name.
    pub name: FileName,
    /// The `Content-Type` that it was sent with.
    pub declared: Option<String>,
    /// Its bytes.
    pub parcel: Parcel,
}

impl Incoming {
    /// What makes two requests with one `Idempotency-Key` the same.
    pub fn fingerprint(&self) -> Vec<u8> {
        let text = format!(
            "{}\n{}\n{}\n",
            self.ticket.ticket(),
            self.name,
            self.declared.as_deref().unwrap_or_default()
        );
        [text.as_bytes(), &self.parcel.sha256()].concat()
    }
}

impl App {
    /// Adds a file to a ticket: looks at it, has the scanner look, holds room for it, stores its bytes, and only then writes its row, with
    /// the event. Killed at any moment, it leaves at worst a reservation, which the sweeper clears away with the object.
    ///
    /// # Errors
    /// A broken rule, a bucket or a scanner that is away, an idempotency key used for something else.
    pub async fn upload(
        &self,
        caller: &Caller,
        incoming: Incoming,
        once: Once<File>,
    ) -> Result<Answer, Error> {
        let Incoming { ticket, name, declared, parcel } = incoming;
        let kind = declared_kind(&name, declared.as_deref()).map_err(FileError::from)?;
        match looking::look(&parcel.received, kind).await? {
            Finding::Picture(pixels) => self.limits.admit_pixels(pixels)?,
            Finding::Document => {}
            Finding::Other => return Err(Error::Rule(TypeFault::Bytes.into())),
        }
        let verdict = self.scanner.scan(&parcel.received).await?;
        let upload = Upload {
            id: FileId::at(self.clock.now()),
            ticket_id: ticket.ticket(),
            name,
            kind,
            size: parcel.received.size(),
            sha256: parcel.sha256(),
            uploaded_by: caller.user_id,
            is_scanned: verdict == Verdict::Clean,
        };
        if let Verdict::Infected { signature } = verdict {
            return Err(self.infected(&upload, signature).await?);
        }
        if let Some(answer) = self.reserve(&upload, &once).await? {
            return Ok(answer);
        }
        if let Err(fault) = self.buckets.tickets.put(&upload.key(), &parcel.received, kind.mime()).await {
            self.give_up(upload.id, &fault).await;
            return Err(fault.into());
        }
        let id = upload.id;
        let settled = self.settle(upload, once).await;
        if settled.is_err() {
            self.leave_to_the_sweeper(id).await;
        }
        settled
    }

    /// Tells of an infected file, of which nothing else is kept; what its uploader is told.
    async fn infected(&self, upload: &Upload, signature: String) -> Result<Error, Error> {
        let tx = self.db.begin().await?;
        tx.emit(upload.infected(&signature, self.clock.now())).await?;
        tx.commit().await?;
        tracing::warn!(ticket = %upload.ticket_id, user = %upload.uploaded_by, signature, "an infected file was refused");
        Ok(FileError::Infected { signature }.into())
    }

    /// Holds room, or gives the answer to an earlier request with the same key: a repeated upload needs no room.
    async fn reserve(&self, upload: &Upload, once: &Once<File>) -> Result<Option<Answer>, Error> {
        let tx = self.db.begin().await?;
        // The claim itself belongs to the transaction that writes the row; here it is tried and taken back.
        let attempt = tx.begin().await?;
        if let Some(answer) = once.claim(&attempt).await? {
            return Ok(Some(answer));
        }
        attempt.rollback().await?;
        store::reserve(&tx, upload, &self.buckets.tickets.name(), &self.limits, self.clock.now()).await??;
        tx.commit().await?;
        Ok(None)
    }

    /// The bytes are in the bucket: the reservation becomes a file.
    async fn settle(&self, upload: Upload, once: Once<File>) -> Result<Answer, Error> {
        let (id, key) = (upload.id, upload.key());
        let tx = self.db.begin().await?;
        store::hold(&tx, upload.ticket_id).await?;
        if store::is_gone(&tx, upload.ticket_id).await? {
            return Err(Error::NotFound);
        }
        if let Some(answer) = once.claim(&tx).await? {
            // The same request, sent twice at once: the other one was first, and its file is the answer.
            drop(tx);
            self.discard(&self.buckets.tickets, id, &key).await;
            return Ok(answer);
        }
        if !store::release(&tx, id).await? {
            return Err(Error::Overtaken);
        }
        let change = upload.stored(&self.buckets.tickets.name(), self.clock.now());
        let file = store::save(&tx, change).await?;
        let answer = once.answer(&tx, &file).await?;
        tx.commit().await?;
        metrics::counter!("files_stored_total").increment(1);
        metrics::counter!("files_stored_bytes_total").increment(file.size);
        Ok(answer)
    }

    /// Gives the room of a failed upload back at once. Where the object may have come into the bucket all the same, the
    /// sweeper looks after it. Should even this fail, the sweeper does it all.
    pub(super) async fn give_up(&self, id: FileId, fault: &BlobError) {
        let given_back = async {
            let tx = self.db.begin().await?;
            if fault.perhaps_done() {
                store::abandon(&tx, id).await?;
            } else {
                store::forget(&tx, id).await?;
            }
            tx.commit().await
        };
        if let Err(error) = given_back.await {
            tracing::warn!(file = %id, %error, "a failed upload keeps its room until it is swept");
        }
    }

    /// Gives up what was stored and could not be settled, whatever went wrong: if its row was not written, the object is
    /// nobody's. If it was, this finds nothing.
    pub(super) async fn leave_to_the_sweeper(&self, id: FileId) {
        let unknown = BlobError::Away { cause: String::new(), perhaps_done: true };
        self.give_up(id, &unknown).await;
    }

    /// Removes an object that is not wanted after all, then its reservation.
    pub(super) async fn discard(&self, bucket: &Blobs, id: FileId, key: &str) {
        match bucket.delete(key).await {
            Ok(()) => self.give_up(id, &BlobError::Missing).await,
            Err(_) => self.leave_to_the_sweeper(id).await,
        }
    }
}

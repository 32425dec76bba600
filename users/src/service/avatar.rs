//! The caller's picture. Its bytes are files' to keep; where they are served is part of the profile.
//!
//! Files goes first, both ways: whoever is killed in between has told nobody of a picture that is not there, and the same
//! request again does the rest.

use std::time::Duration;

use shared::auth::Caller;
use tokio::sync::OwnedSemaphorePermit;

use super::App;
use crate::domain::{Person, Picture};
use crate::{Error, store};

/// How long a picture waits for its turn before it is told to come again.
const WAIT: Duration = Duration::from_millis(500);

/// A place for a picture on its way in.
pub struct Place(#[allow(dead_code, reason = "it is given back when it is dropped")] OwnedSemaphorePermit);

impl App {
    /// A place for a picture that is about to come in.
    ///
    /// # Errors
    /// Too many come in already.
    pub async fn place_for_picture(&self) -> Result<Place, Error> {
        match tokio::time::timeout(WAIT, self.pictures.clone().acquire_owned()).await {
            Ok(Ok(permit)) => Ok(Place(permit)),
            Ok(Err(_)) | Err(_) => Err(Error::Busy),
        }
    }

    /// Gives the caller this picture.
    ///
    /// # Errors
    /// The caller was erased; what files says; files or the database is away.
    pub async fn set_avatar(&self, caller: &Caller, picture: Picture) -> Result<Person, Error> {
        self.profile(caller).await?;
        let url = self.avatars.store(caller, picture).await?;
        let kept = self.keep_avatar(caller, Some(url)).await;
        if matches!(kept, Err(Error::Erased)) {
            // Erased while the picture was on its way: it goes too, as far as the token still reaches.
            let _ = self.avatars.remove(caller).await;
        }
        kept
    }

    /// Takes the caller's picture away; that there was none is no fault.
    ///
    /// # Errors
    /// The caller was erased; files or the database is away.
    pub async fn remove_avatar(&self, caller: &Caller) -> Result<(), Error> {
        self.profile(caller).await?;
        self.avatars.remove(caller).await?;
        self.keep_avatar(caller, None).await.map(|_| ())
    }

    async fn keep_avatar(&self, caller: &Caller, url: Option<String>) -> Result<Person, Error> {
        let tx = self.db.begin().await?;
        let mut person = self.own(&tx, caller).await?;
        if let Some(change) = person.profile.with_avatar(url, self.now()) {
            person = store::save(&tx, person, change).await?;
        }
        self.commit_living(tx, person).await
    }
}

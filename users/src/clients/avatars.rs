use std::time::Duration;

use serde::Deserialize;
use shared::auth::Caller;
use shared::http::{CallError, ClientSettings, ServiceClient};

use crate::domain::Picture;

/// Files, as far as it keeps the pictures of people.
#[derive(Clone)]
pub struct AvatarsClient(ServiceClient);

/// A picture as files answers it.
#[derive(Deserialize)]
struct Stored {
    url: String,
}

impl AvatarsClient {
    /// Files at this URL.
    pub fn new(url: &str) -> Self {
        // Files looks at every pixel and stores the picture elsewhere; when its own store is away it takes 1.5 s to say so.
        let settings = ClientSettings {
            total: Duration::from_millis(2_500),
            each: Duration::from_secs(2),
            tries: 2,
            at_once: 16,
            ..ClientSettings::default()
        };
        Self(ServiceClient::new("files", url, settings))
    }

    /// Stores the caller's picture in the place of the one before; where it is served from now on.
    ///
    /// # Errors
    /// What files says, or that it is away.
    pub async fn store(&self, caller: &Caller, picture: Picture) -> Result<String, CallError> {
        let (path, kind) = (format!("/files/avatars/{}", caller.user_id), picture.kind());
        let stored: Stored = self.0.put_bytes(&path, kind, picture.into_bytes().into(), caller).await?;
        Ok(stored.url)
    }

    /// Removes the caller's picture; that there was none is no fault.
    ///
    /// # Errors
    /// What files says, or that it is away.
    pub async fn remove(&self, caller: &Caller) -> Result<(), CallError> {
        self.0.delete(&format!("/files/avatars/{}", caller.user_id), caller).await
    }
}

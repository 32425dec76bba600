use shared::clock::Timestamp;
use shared::ids::{ActivityId, UserId};

/// Something a user did, for their own list of activities.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activity {
    /// Its id.
    pub id: ActivityId,
    /// Who did it.
    pub user_id: UserId,
    /// What it was.
    pub deed: Deed,
    /// When.
    pub created_at: Timestamp,
}

/// What a user can do here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deed {
    /// They edited their profile. Values are left out: what was taken out of a profile is gone.
    ProfileUpdated {
        /// The fields that changed, as they are called in the API.
        fields: Vec<String>,
    },
}

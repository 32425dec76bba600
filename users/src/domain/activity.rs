use serde_json::{Value, json};
use shared::clock::Timestamp;
use shared::ids::{ActivityId, UserId};

/// Something that was done to somebody's profile, for their list of activities.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activity {
    /// Its id.
    pub id: ActivityId,
    /// Whose profile it is.
    pub user_id: UserId,
    /// What was done.
    pub deed: Deed,
    /// When.
    pub created_at: Timestamp,
}

/// What can be done here. Values are left out: what was taken out of a profile is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deed {
    /// The profile was edited.
    ProfileUpdated {
        /// The fields that changed, as they are called in the API.
        fields: Vec<String>,
        /// The administrator who did it, where it was not its owner.
        by: Option<UserId>,
    },
    /// There is another picture.
    AvatarChanged,
    /// The picture was taken away.
    AvatarRemoved,
}

impl Deed {
    /// Its kind, as stored and shown.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::ProfileUpdated { .. } => "PROFILE_UPDATED",
            Self::AvatarChanged => "AVATAR_CHANGED",
            Self::AvatarRemoved => "AVATAR_REMOVED",
        }
    }

    /// What there is to tell of it, as stored and shown.
    pub fn data(&self) -> Value {
        match self {
            Self::ProfileUpdated { fields, by: None } => json!({ "fields": fields }),
            Self::ProfileUpdated { fields, by: Some(by) } => json!({ "fields": fields, "by": by }),
            Self::AvatarChanged | Self::AvatarRemoved => json!({}),
        }
    }
}

/// An activity as it was stored: kinds outlive the programs that made them.
#[derive(Debug, Clone, PartialEq)]
pub struct PastActivity {
    /// Its id.
    pub id: ActivityId,
    /// What was done.
    pub kind: String,
    /// What there is to tell of it.
    pub data: Value,
    /// When.
    pub created_at: Timestamp,
}

/// Which activities are wanted, in which order, from where on.
#[derive(Debug, Clone)]
pub struct ListActivities {
    /// Whose.
    pub user_id: UserId,
    /// The newest first.
    pub descending: bool,
    /// Only those behind this one.
    pub after: Option<(Timestamp, ActivityId)>,
    /// How many at most.
    pub limit: u64,
}

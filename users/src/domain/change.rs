use shared::events::NewEvent;

use super::{Activity, Profile};

/// What an edit did: the profile as it now is, the activity to remember, the events it causes.
///
/// Only the methods of [`Profile`] make one, and the store updates by nothing else.
#[derive(Debug)]
pub struct Change {
    profile: Profile,
    activity: Activity,
    events: Vec<NewEvent>,
}

impl Change {
    pub(super) fn new(profile: Profile, activity: Activity, events: Vec<NewEvent>) -> Self {
        Self { profile, activity, events }
    }

    /// Taken apart by the store, which writes all three in one transaction.
    pub(crate) fn into_parts(self) -> (Profile, Activity, Vec<NewEvent>) {
        (self.profile, self.activity, self.events)
    }
}

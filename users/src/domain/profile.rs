use shared::clock::Timestamp;
use shared::events::{FieldChange, NewEvent, UserAvatarChanged, UserProfileUpdated};
use shared::ids::{ActivityId, ProfileId, UserId};

use super::{Activity, Change, Deed, Department, Edit, JobTitle, Name, Phone, Preferences};

/// What a person tells of themselves.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    /// Its id.
    pub id: ProfileId,
    /// The account it belongs to.
    pub user_id: UserId,
    /// First name.
    pub first_name: Option<Name>,
    /// Last name.
    pub last_name: Option<Name>,
    /// Phone number.
    pub phone: Option<Phone>,
    /// Where they work.
    pub department: Option<Department>,
    /// What they do there.
    pub job_title: Option<JobTitle>,
    /// Where their picture is served.
    pub avatar_url: Option<String>,
    /// What they like.
    pub preferences: Preferences,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Goes up by one with every edit; the order of the events that this service emits on it.
    pub version: i64,
}

/// An edit of a profile: any subset of it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ProfilePatch {
    /// First name.
    pub first_name: Edit<Name>,
    /// Last name.
    pub last_name: Edit<Name>,
    /// Phone number.
    pub phone: Edit<Phone>,
    /// Where they work.
    pub department: Edit<Department>,
    /// What they do there.
    pub job_title: Edit<JobTitle>,
    /// What they like, as a whole; cleared means the empty object.
    pub preferences: Edit<Preferences>,
}

impl Profile {
    /// The empty profile of an account that has none yet.
    pub fn new(user_id: UserId, now: Timestamp) -> Self {
        Self {
            id: ProfileId::at(now),
            user_id,
            first_name: None,
            last_name: None,
            phone: None,
            department: None,
            job_title: None,
            avatar_url: None,
            preferences: Preferences::default(),
            created_at: now,
            updated_at: now,
            version: 1,
        }
    }

    /// Edited, by its owner or an administrator; nothing when the edit changes nothing.
    pub fn edit(&self, patch: ProfilePatch, by: UserId, now: Timestamp) -> Option<Change> {
        let edited = Self {
            first_name: patch.first_name.apply(self.first_name.clone()),
            last_name: patch.last_name.apply(self.last_name.clone()),
            phone: patch.phone.apply(self.phone.clone()),
            department: patch.department.apply(self.department.clone()),
            job_title: patch.job_title.apply(self.job_title.clone()),
            preferences: patch.preferences.apply(Some(self.preferences.clone())).unwrap_or_default(),
            updated_at: now,
            version: self.version + 1,
            ..self.clone()
        };
        let changes = self.changes_to(&edited);
        if changes.is_empty() {
            return None;
        }
        let fields = changes.iter().map(|change| change.field.clone()).collect();
        let deed = Deed::ProfileUpdated { fields, by: Some(by).filter(|by| *by != self.user_id) };
        let event = NewEvent::of(&edited.updated_event(changes), edited.version, Some(by), now);
        Some(Change::new(edited, self.activity(deed, now), vec![event]))
    }

    /// Its owner has another picture, or none; nothing when it is the one that they had.
    pub fn with_avatar(&self, avatar_url: Option<String>, now: Timestamp) -> Option<Change> {
        if self.avatar_url == avatar_url {
            return None;
        }
        let deed = if avatar_url.is_some() { Deed::AvatarChanged } else { Deed::AvatarRemoved };
        let edited = Self { avatar_url, updated_at: now, version: self.version + 1, ..self.clone() };
        let event = UserAvatarChanged { user_id: self.user_id, avatar_url: edited.avatar_url.clone() };
        let event = NewEvent::of(&event, edited.version, Some(self.user_id), now);
        Some(Change::new(edited, self.activity(deed, now), vec![event]))
    }

    fn activity(&self, deed: Deed, now: Timestamp) -> Activity {
        Activity { id: ActivityId::at(now), user_id: self.user_id, deed, created_at: now }
    }

    /// Every field that an edit may touch, by its name in the API, as text.
    fn fields(&self) -> [(&'static str, Option<String>); 6] {
        let preferences = self.preferences.to_json();
        [
            ("firstName", self.first_name.as_ref().map(|name| name.as_str().to_owned())),
            ("lastName", self.last_name.as_ref().map(|name| name.as_str().to_owned())),
            ("phone", self.phone.as_ref().map(|phone| phone.as_str().to_owned())),
            ("department", self.department.as_ref().map(|department| department.as_str().to_owned())),
            ("jobTitle", self.job_title.as_ref().map(|title| title.as_str().to_owned())),
            ("preferences", Some(preferences)),
        ]
    }

    fn changes_to(&self, edited: &Self) -> Vec<FieldChange> {
        let pairs = self.fields().into_iter().zip(edited.fields());
        pairs
            .filter(|((_, old), (_, new))| old != new)
            .map(|((field, old), (_, new))| FieldChange { field: field.to_owned(), old, new })
            .collect()
    }

    fn updated_event(&self, changes: Vec<FieldChange>) -> UserProfileUpdated {
        UserProfileUpdated {
            user_id: self.user_id,
            first_name: self.first_name.as_ref().map(|name| name.as_str().to_owned()),
            last_name: self.last_name.as_ref().map(|name| name.as_str().to_owned()),
            language: self.preferences.language().map(str::to_owned),
            changes,
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta};
    use serde_json::json;

    use super::*;

    fn profile() -> Profile {
        let now = DateTime::UNIX_EPOCH;
        Profile { first_name: Some(Name::parse("Ada").unwrap()), ..Profile::new(UserId::at(now), now) }
    }

    #[test]
    fn an_edit_touches_only_what_it_names() {
        let (before, later) = (profile(), DateTime::UNIX_EPOCH + TimeDelta::hours(1));
        let patch =
            ProfilePatch { last_name: Edit::Set(Name::parse("Lovelace").unwrap()), ..Default::default() };

        let (after, activity, events) = before.edit(patch, before.user_id, later).unwrap().into_parts();

        let expected = Profile {
            last_name: Some(Name::parse("Lovelace").unwrap()),
            updated_at: later,
            version: 2,
            ..before
        };
        assert_eq!(after, expected);
        assert_eq!(activity.deed, Deed::ProfileUpdated { fields: vec!["lastName".into()], by: None });
        assert_eq!(
            events[0].json()["changes"],
            json!([{"field": "lastName", "old": null, "new": "Lovelace"}])
        );
    }

    #[test]
    fn an_edit_that_changes_nothing_is_none() {
        let before = profile();
        for patch in [
            ProfilePatch::default(),
            ProfilePatch { first_name: Edit::Set(Name::parse(" Ada ").unwrap()), ..Default::default() },
            ProfilePatch { phone: Edit::Clear, preferences: Edit::Clear, ..Default::default() },
        ] {
            assert!(before.edit(patch, before.user_id, DateTime::UNIX_EPOCH).is_none());
        }
    }

    #[test]
    fn the_event_repeats_what_others_show_and_says_what_was_cleared() {
        let language = json!({"language": "fr"});
        let patch = ProfilePatch {
            first_name: Edit::Clear,
            preferences: Edit::Set(Preferences::parse(language.as_object().unwrap().clone()).unwrap()),
            ..Default::default()
        };
        let before = profile();
        let (_, _, events) = before.edit(patch, before.user_id, DateTime::UNIX_EPOCH).unwrap().into_parts();
        let event = events[0].json();
        assert_eq!((&event["firstName"], &event["language"]), (&json!(null), &json!("fr")));
        assert_eq!(
            event["changes"],
            json!([
                {"field": "firstName", "old": "Ada", "new": null},
                {"field": "preferences", "old": "{}", "new": r#"{"language":"fr"}"#},
            ])
        );
    }

    #[test]
    fn a_picture_that_is_there_already_is_no_change() {
        let before = profile();
        assert!(before.with_avatar(None, DateTime::UNIX_EPOCH).is_none());
        let change = before.with_avatar(Some("/files/a".into()), DateTime::UNIX_EPOCH).unwrap();
        let (after, activity, events) = change.into_parts();
        assert_eq!((after.version, &activity.deed), (2, &Deed::AvatarChanged));
        assert_eq!(events[0].json()["avatarUrl"], "/files/a");
        assert!(after.with_avatar(Some("/files/a".into()), DateTime::UNIX_EPOCH).is_none());
        let (_, activity, events) = after.with_avatar(None, DateTime::UNIX_EPOCH).unwrap().into_parts();
        assert_eq!((activity.deed, &events[0].json()["avatarUrl"]), (Deed::AvatarRemoved, &json!(null)));
    }
}

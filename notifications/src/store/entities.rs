//! The tables of this service, as `migrations::notifications` makes them.

/// One message to one recipient over one channel.
pub(super) mod delivery {
    use sea_orm::entity::prelude::*;

    /// A row of `deliveries`.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "deliveries")]
    pub struct Model {
        /// The delivery.
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        /// The event or command that asked for it; unique with recipient, channel and template.
        pub event_id: Uuid,
        /// The request that it all began with.
        pub correlation_id: Option<String>,
        /// Who gets it.
        pub recipient_id: Uuid,
        /// `email`, `in_app`, `sms`, `push`.
        pub channel: String,
        /// The template's name.
        pub template: String,
        /// 0 goes before 1 goes before 2.
        pub priority: i16,
        /// The facts that the template shows, as JSON; overwritten when they were secret.
        pub payload: String,
        /// Where to, when the order said so itself.
        pub address: Option<String>,
        /// The ticket that it is about.
        pub ticket_id: Option<Uuid>,
        /// `pending`, `sent`, `failed`, `suppressed`, `collected`, `digested`.
        pub status: String,
        /// Failed attempts.
        pub attempts: i32,
        /// How often it was claimed; only the last claimant may settle it.
        pub claim: i64,
        /// Not before.
        pub next_attempt_at: DateTimeUtc,
        /// Claimed until then.
        pub lease_until: Option<DateTimeUtc>,
        /// Why it waits, failed or was suppressed.
        pub last_error: Option<String>,
        /// When it becomes worthless.
        pub expires_at: Option<DateTimeUtc>,
        /// When it was ordered.
        pub created_at: DateTimeUtc,
        /// When it was sent.
        pub sent_at: Option<DateTimeUtc>,
        /// When the recipient read it.
        pub read_at: Option<DateTimeUtc>,
        /// Its place in the recipient's list.
        pub place: Option<i64>,
        /// The delivery that took it along.
        pub digest_id: Option<Uuid>,
    }

    /// None.
    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// What is known of somebody who may get notifications.
pub(super) mod recipient {
    use sea_orm::entity::prelude::*;

    /// A row of `recipients`. Each field, or group, has the version of the aggregate that it was true at.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "recipients")]
    pub struct Model {
        /// The account.
        #[sea_orm(primary_key, auto_increment = false)]
        pub user_id: Uuid,
        /// The address.
        pub email: Option<String>,
        /// Of auth's account.
        pub email_version: i64,
        /// The role.
        pub role: Option<String>,
        /// Of auth's account.
        pub role_version: i64,
        /// Whether the account may be used.
        pub is_active: bool,
        /// Of auth's account.
        pub active_version: i64,
        /// The first name.
        pub first_name: Option<String>,
        /// The last name.
        pub last_name: Option<String>,
        /// The language of the profile.
        pub language: Option<String>,
        /// Of users' profile.
        pub profile_version: i64,
        /// The account has ended.
        pub erased: bool,
        /// When this row last changed.
        pub updated_at: DateTimeUtc,
    }

    /// None.
    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// What somebody wants to be told.
pub(super) mod preference {
    use sea_orm::entity::prelude::*;

    /// A row of `preferences`.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "preferences")]
    pub struct Model {
        /// Whose.
        #[sea_orm(primary_key, auto_increment = false)]
        pub user_id: Uuid,
        /// The language chosen for notifications.
        pub language: Option<String>,
        /// Template to yes or no, as a JSON object.
        pub email: Json,
        /// The same for the list.
        pub in_app: Json,
        /// The same for text messages.
        pub sms: Json,
        /// The same for push messages.
        pub push: Json,
        /// How often mails come.
        pub digest: String,
        /// When this row last changed.
        pub updated_at: DateTimeUtc,
    }

    /// None.
    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

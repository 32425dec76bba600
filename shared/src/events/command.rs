use schemars::JsonSchema;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::{
    clock::Timestamp,
    ids::{EventId, UserId},
};

/// An order that carries a secret and so never enters the event stream: it travels on a work queue of its own, is
/// removed once taken, and its outbox row is deleted once published.
pub trait Command: Serialize + DeserializeOwned + JsonSchema {
    /// The wire name, as in `mail.send_password_reset`.
    const TYPE: &'static str;
    /// Whom it is about; part of the subject.
    fn user_id(&self) -> UserId;
}

/// Send the link that proves an address.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SendVerificationMail {
    /// The account.
    pub user_id: UserId,
    /// Where to.
    pub email: String,
    /// The secret of the link.
    pub token: String,
    /// The link is worth nothing after that.
    pub expires_at: Timestamp,
}

/// Send the link that sets a new password.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SendPasswordResetMail {
    /// The account.
    pub user_id: UserId,
    /// Where to.
    pub email: String,
    /// The secret of the link.
    pub token: String,
    /// The link is worth nothing after that.
    pub expires_at: Timestamp,
}

impl Command for SendVerificationMail {
    const TYPE: &'static str = "mail.send_verification";
    fn user_id(&self) -> UserId {
        self.user_id
    }
}

impl Command for SendPasswordResetMail {
    const TYPE: &'static str = "mail.send_password_reset";
    fn user_id(&self) -> UserId {
        self.user_id
    }
}

/// What a command travels in.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CommandEnvelope {
    /// Unique; the inbox and `Nats-Msg-Id` go by it.
    pub command_id: EventId,
    /// The wire name.
    pub command_type: String,
    /// When it was given.
    pub timestamp: Timestamp,
    /// The request that it began with.
    pub correlation_id: Option<String>,
    /// Whom it is about.
    pub user_id: UserId,
    /// The command itself.
    #[schemars(with = "serde_json::Value")]
    pub data: Box<RawValue>,
}

impl CommandEnvelope {
    /// The typed command.
    ///
    /// # Errors
    /// When `data` does not have the shape of `C`.
    pub fn data<C: Command>(&self) -> Result<C, serde_json::Error> {
        serde_json::from_str(self.data.get())
    }

    /// `<command type>.<user id>`: the subject without the namespace in front.
    #[must_use]
    pub fn subject(&self) -> String {
        format!("{}.{}", self.command_type, Uuid::from(self.user_id))
    }
}

/// A secret stays out of logs, whoever formats the envelope.
impl std::fmt::Debug for CommandEnvelope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "CommandEnvelope({} {})", self.command_type, self.command_id)
    }
}

/// A command that waits to be written to the command outbox.
pub struct NewCommand(pub(crate) CommandEnvelope);

impl NewCommand {
    /// Wraps a command given at `now`.
    #[must_use]
    pub fn of<C: Command>(command: &C, now: Timestamp) -> Self {
        Self(CommandEnvelope {
            command_id: EventId::at(now),
            command_type: C::TYPE.to_owned(),
            timestamp: now,
            correlation_id: None,
            user_id: command.user_id(),
            data: serde_json::value::to_raw_value(command).expect("a command is plain data and serialises"),
        })
    }
}

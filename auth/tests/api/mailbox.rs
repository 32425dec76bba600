//! Takes the commands that order mails, as the notifications service does.

use std::sync::{Arc, Mutex};

use shared::{
    bus::{Durable, Fault, Handler},
    db::Tx,
    events::{Command, CommandEnvelope, SendPasswordResetMail, SendVerificationMail},
    testing::World,
};

/// The mails that were ordered so far.
#[derive(Clone, Default)]
pub struct Mailbox(Arc<Mutex<Vec<CommandEnvelope>>>);

impl Handler<CommandEnvelope> for Mailbox {
    async fn handle(&self, _: &Tx, command: &CommandEnvelope) -> Result<(), Fault> {
        self.0.lock().unwrap().push(command.clone());
        Ok(())
    }
}

impl Mailbox {
    /// Must be there before the service starts.
    pub async fn open(world: &World) -> Self {
        let db = world.open::<migrations::notifications::Migrator>("notifications").await;
        let json = include_str!("../../../nats/consumers/notifications-commands.json");
        let durable = Durable::new("notifications-commands", json).unwrap();
        let mailbox = Self::default();
        world.bus("notifications").await.subscribe(durable, db.background(), mailbox.clone()).unwrap();
        mailbox
    }

    /// The tokens of the reset mails to an address, in their order.
    pub fn resets(&self, email: &str) -> Vec<String> {
        self.of::<SendPasswordResetMail>()
            .into_iter()
            .filter(|mail| mail.email == email)
            .map(|mail| mail.token)
            .collect()
    }

    /// The tokens of the verification mails to an address, in their order.
    pub fn verifications(&self, email: &str) -> Vec<String> {
        self.of::<SendVerificationMail>()
            .into_iter()
            .filter(|mail| mail.email == email)
            .map(|mail| mail.token)
            .collect()
    }

    /// How many mails were ordered.
    pub fn len(&self) -> usize {
        self.0.lock().unwrap().len()
    }

    fn of<C: Command>(&self) -> Vec<C> {
        let commands = self.0.lock().unwrap();
        commands
            .iter()
            .filter(|command| command.command_type == C::TYPE)
            .map(|command| command.data().unwrap())
            .collect()
    }
}

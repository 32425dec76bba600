use shared::{
    bus::{Fault, Handler},
    db::Tx,
    events::{Command, CommandEnvelope, SendPasswordResetMail, SendVerificationMail},
    ids::UserId,
};

use crate::{
    domain::{Notice, SecretLink},
    service::{App, Cause},
};

/// Takes the orders for mails that carry a secret. The address is in the order: a verification mail goes out before
/// anybody has heard of the account.
pub struct Commands(pub App);

impl Handler<CommandEnvelope> for Commands {
    async fn handle(&self, tx: &Tx, command: &CommandEnvelope) -> Result<(), Fault> {
        let (user, email, notice) = match command.command_type.as_str() {
            SendVerificationMail::TYPE => {
                let SendVerificationMail { user_id, email, token, expires_at } = command.data()?;
                (user_id, email, Notice::EmailVerification(SecretLink { token, expires_at }))
            }
            SendPasswordResetMail::TYPE => {
                let SendPasswordResetMail { user_id, email, token, expires_at } = command.data()?;
                (user_id, email, Notice::PasswordReset(SecretLink { token, expires_at }))
            }
            unknown => return Err(Fault::Poison(format!("no command `{unknown}` is known here"))),
        };
        self.order(tx, command, user, &email, notice).await
    }
}

impl Commands {
    async fn order(
        &self,
        tx: &Tx,
        command: &CommandEnvelope,
        user: UserId,
        email: &str,
        notice: Notice,
    ) -> Result<(), Fault> {
        let cause = Cause { id: command.command_id, correlation_id: command.correlation_id.as_deref() };
        Ok(self.0.write_to(tx, cause, user, email, notice).await?)
    }
}

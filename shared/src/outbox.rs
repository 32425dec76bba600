//! The transactional outbox: events and commands are rows of the transaction that causes them.

use sea_orm::{ConnectionTrait, DbErr, Value};

use crate::{
    db::Tx,
    events::{NewCommand, NewEvent},
    telemetry,
};

impl Tx {
    /// Writes one event into the outbox; it is published after, and only after, this transaction commits.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn emit(&self, event: NewEvent) -> Result<(), DbErr> {
        self.emit_all(vec![event]).await
    }

    /// Writes several events, in their order, with one statement.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn emit_all(&self, events: Vec<NewEvent>) -> Result<(), DbErr> {
        if events.is_empty() {
            return Ok(());
        }
        let cause = self.cause();
        let correlation = cause.correlation_id.or_else(telemetry::current_correlation);
        let trace = telemetry::traceparent();
        let now = self.db().clock().now();
        let mut rows = Vec::with_capacity(events.len());
        let mut values: Vec<Value> = Vec::with_capacity(events.len() * 5);
        for event in events {
            let envelope = event.into_envelope(self.db().service(), correlation.clone(), cause.causation_id);
            let at = values.len();
            rows.push(format!("(${}, ${}, ${}, ${}, ${})", at + 1, at + 2, at + 3, at + 4, at + 5));
            values.push(uuid::Uuid::from(envelope.event_id).into());
            values.push(envelope.subject().into());
            values.push(serde_json::to_string(&envelope).map_err(|e| DbErr::Custom(e.to_string()))?.into());
            values.push(trace.clone().into());
            values.push(now.into());
        }
        let insert = format!(
            "INSERT INTO outbox (event_id, subject, envelope, traceparent, created_at) VALUES {}",
            rows.join(", ")
        );
        let statement = sea_orm::Statement::from_sql_and_values(self.get_database_backend(), insert, values);
        self.execute_raw(statement).await?;
        self.wake_after_commit(self.db().outbox_wake());
        Ok(())
    }

    /// Writes a command, which carries a secret, into the command outbox; its row is deleted once published.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn command(&self, command: NewCommand) -> Result<(), DbErr> {
        let mut envelope = command.0;
        envelope.correlation_id = self.cause().correlation_id.or_else(telemetry::current_correlation);
        let json = serde_json::to_string(&envelope).map_err(|e| DbErr::Custom(e.to_string()))?;
        self.run(
            "INSERT INTO command_outbox (command_id, subject, envelope, created_at) VALUES ($1, $2, $3, $4)",
            [
                uuid::Uuid::from(envelope.command_id).into(),
                envelope.subject().into(),
                json.into(),
                self.db().clock().now().into(),
            ],
        )
        .await?;
        self.wake_after_commit(self.db().outbox_wake());
        Ok(())
    }
}

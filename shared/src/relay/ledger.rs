//! What the relay reads and writes: the lease, the sequence, how far it has published.

use sea_orm::{ConnectionTrait, DbErr, QueryResult, Statement, Value};
use uuid::Uuid;

use crate::{
    bus::{Again, OutboxEnds, Outgoing},
    db::Db,
    events::Envelope,
    ids::{EventId, LeaseId},
};

/// How long a leader that says nothing remains the leader, in milliseconds.
const LEASE: i64 = 10_000;
/// How long published events are kept, to be published again on demand.
const OUTBOX_DAYS: i64 = 7;
/// Longer than any event can be redelivered from the stream or the outbox.
const INBOX_DAYS: i64 = 15;

/// What a leader knows of its office.
#[derive(Clone, Debug)]
pub(super) struct Term {
    /// The last number of the sequence that is safely published.
    pub published: i64,
    /// The next number to give.
    pub next: i64,
    /// The stream's number of the last published event.
    pub stream_sequence: u64,
    /// Which stream that is; `None` before the first publication.
    pub stream_identity: Option<String>,
}

pub(super) struct Ledger {
    db: Db,
    me: String,
}

impl Ledger {
    pub(super) fn new(db: Db) -> Self {
        let me = LeaseId::at(db.clock().now()).to_string();
        Self { db, me }
    }

    /// Takes or renews the lease; `None` while another holds it. SQLite has no other replica, so there a lease left by
    /// a killed process is void.
    pub(super) async fn lead(&self) -> Result<Option<Term>, DbErr> {
        let now = self.db.epoch_ms();
        let free = if self.db.is_postgres() { format!("lease_until < {now}") } else { "1 = 1".to_owned() };
        let sql = format!(
            "UPDATE relay SET holder = $1, lease_until = {now} + {LEASE} \
             WHERE name = 'outbox' AND (holder = $1 OR holder IS NULL OR {free}) \
             RETURNING published_sequence, next_sequence, stream_sequence, stream_identity"
        );
        // Renewing on every idle poll would be a write four times a second; a look is enough while the lease is young.
        let look = format!(
            "SELECT published_sequence, next_sequence, stream_sequence, stream_identity FROM relay \
             WHERE name = 'outbox' AND holder = $1 AND lease_until > {now} + {LEASE} / 2"
        );
        if let Some(row) = self.db.conn().query_one_raw(self.db.sql(&look, [self.me.as_str().into()])).await?
        {
            return term(&row).map(Some);
        }
        let tx = self.db.begin().await?;
        let rows = tx.rows(&sql, [self.me.as_str().into()]).await?;
        tx.commit().await?;
        rows.first().map(term).transpose()
    }

    /// The events to publish next with their numbers, in order: first those that have a number already (a publication
    /// that was cut off), then new ones, which are given theirs here.
    pub(super) async fn next_events(
        &self,
        term: &Term,
        limit: u64,
    ) -> anyhow::Result<(Vec<Outgoing>, Vec<i64>)> {
        let limit = i64::try_from(limit)?;
        let rows = if term.published + 1 < term.next {
            let sql = "SELECT sequence, subject, envelope, traceparent FROM outbox \
                       WHERE sequence > $1 AND sequence < $2 ORDER BY sequence LIMIT $3";
            let values = [term.published.into(), term.next.into(), limit.into()];
            self.db.conn().query_all_raw(self.db.sql(sql, values)).await?
        } else {
            self.number(limit).await?
        };
        let mut numbered = rows.iter().map(outgoing_event).collect::<anyhow::Result<Vec<_>>>()?;
        numbered.sort_unstable_by_key(|(number, _)| *number);
        let (numbers, batch) = numbered.into_iter().unzip();
        Ok((batch, numbers))
    }

    async fn number(&self, limit: i64) -> anyhow::Result<Vec<QueryResult>> {
        let waiting = "SELECT 1 FROM outbox WHERE sequence IS NULL LIMIT 1";
        if self.db.conn().query_one_raw(self.db.sql(waiting, [])).await?.is_none() {
            return Ok(Vec::new());
        }
        let tx = self.db.begin().await?;
        // The row of the office is locked first: whoever else believes to lead waits here and then finds out.
        let next = format!(
            "UPDATE relay SET lease_until = {} + {LEASE} WHERE name = 'outbox' AND holder = $1 RETURNING next_sequence",
            self.db.epoch_ms()
        );
        let held = tx.rows(&next, [self.me.as_str().into()]).await?;
        let Some(office) = held.first() else { anyhow::bail!("another replica leads now") };
        let next: i64 = office.try_get("", "next_sequence")?;
        let rows = tx
            .rows(
                "UPDATE outbox SET sequence = batch.number FROM \
                 (SELECT position, $1 + row_number() OVER (ORDER BY position) - 1 AS number \
                  FROM (SELECT position FROM outbox WHERE sequence IS NULL ORDER BY position LIMIT $2) AS waiting) AS batch \
                 WHERE outbox.position = batch.position \
                 RETURNING outbox.sequence, outbox.subject, outbox.envelope, outbox.traceparent",
                [next.into(), limit.into()],
            )
            .await?;
        let taken = i64::try_from(rows.len())?;
        tx.run("UPDATE relay SET next_sequence = next_sequence + $1 WHERE name = 'outbox'", [taken.into()])
            .await?;
        tx.commit().await?;
        Ok(rows)
    }

    /// Whether this replica still leads: only then the mark is made.
    pub(super) async fn mark_published(&self, last: i64, stream_sequence: u64) -> anyhow::Result<bool> {
        let sql = format!(
            "UPDATE relay SET published_sequence = $1, stream_sequence = $2, lease_until = {} + {LEASE} \
             WHERE name = 'outbox' AND holder = $3",
            self.db.epoch_ms()
        );
        let values = [last.into(), i64::try_from(stream_sequence)?.into(), self.me.as_str().into()];
        Ok(self.db.run(&sql, values).await? == 1)
    }

    /// The event that was published last, while the outbox and the stream are bound to hold it.
    pub(super) async fn last_published(&self, term: &Term) -> anyhow::Result<Option<EventId>> {
        let kept_since = self.db.clock().now() - chrono::Duration::days(OUTBOX_DAYS - 1);
        let sql = "SELECT event_id FROM outbox WHERE sequence = $1 AND created_at > $2";
        let row = self
            .db
            .conn()
            .query_one_raw(self.db.sql(sql, [term.published.into(), kept_since.into()]))
            .await?;
        Ok(row.map(|row| row.try_get::<Uuid>("", "event_id")).transpose()?.map(EventId::from))
    }

    /// What the outbox holds of the numbers that were given.
    pub(super) async fn ends(&self) -> anyhow::Result<OutboxEnds> {
        let sql = "SELECT published_sequence, COALESCE((SELECT min(sequence) FROM outbox WHERE sequence IS NOT NULL), \
                   next_sequence) AS oldest FROM relay WHERE name = 'outbox'";
        let row = self.db.conn().query_one_raw(self.db.sql(sql, [])).await?;
        let row = row.ok_or_else(|| anyhow::anyhow!("the relay's row is gone"))?;
        Ok(OutboxEnds {
            oldest: row.try_get("", "oldest")?,
            published: row.try_get("", "published_sequence")?,
        })
    }

    /// Those of the events asked for again that are here, up to the number that is published: beyond it they come anyway.
    pub(super) async fn again(&self, asked: &Again, published: i64) -> anyhow::Result<Vec<Outgoing>> {
        let mut found = Vec::new();
        let mut left = i64::try_from(Again::EVENTS)?;
        for (first, last) in asked.ranges() {
            let sql = "SELECT sequence, subject, envelope, traceparent FROM outbox \
                       WHERE sequence >= $1 AND sequence <= $2 ORDER BY sequence LIMIT $3";
            let values = [first.into(), last.min(published).into(), left.into()];
            let rows = self.db.conn().query_all_raw(self.db.sql(sql, values)).await?;
            left -= i64::try_from(rows.len())?;
            for row in &rows {
                let (_, event) = outgoing_event(row)?;
                found.push(Outgoing { again: Some(EventId::at(self.db.clock().now())), ..event });
            }
            if left == 0 {
                break;
            }
        }
        Ok(found)
    }

    /// Notes which stream it is that holds what is published.
    pub(super) async fn settle_on(&self, term: Term, identity: String) -> anyhow::Result<Term> {
        let sql = "UPDATE relay SET stream_identity = $1 WHERE name = 'outbox' AND holder = $2";
        let held = self.db.run(sql, [identity.as_str().into(), self.me.as_str().into()]).await?;
        anyhow::ensure!(held == 1, "another replica leads now");
        Ok(Term { stream_identity: Some(identity), ..term })
    }

    /// Goes back to the oldest event that the outbox retains.
    pub(super) async fn rewind(&self, term: Term) -> anyhow::Result<Term> {
        let tx = self.db.begin().await?;
        let rows = tx
            .rows(
                "UPDATE relay SET stream_sequence = 0, published_sequence = \
                 COALESCE((SELECT min(sequence) - 1 FROM outbox WHERE sequence IS NOT NULL), published_sequence) \
                 WHERE name = 'outbox' AND holder = $1 RETURNING published_sequence",
                [self.me.as_str().into()],
            )
            .await?;
        tx.commit().await?;
        let Some(row) = rows.first() else { anyhow::bail!("another replica leads now") };
        Ok(Term { published: row.try_get("", "published_sequence")?, stream_sequence: 0, ..term })
    }

    pub(super) async fn next_commands(&self, limit: u64) -> anyhow::Result<(Vec<Outgoing>, Vec<i64>)> {
        let sql =
            "SELECT position, command_id, subject, envelope FROM command_outbox ORDER BY position LIMIT $1";
        let rows = self.db.conn().query_all_raw(self.db.sql(sql, [i64::try_from(limit)?.into()])).await?;
        let mut batch = Vec::with_capacity(rows.len());
        let mut positions = Vec::with_capacity(rows.len());
        for row in &rows {
            positions.push(row.try_get("", "position")?);
            batch.push(Outgoing {
                id: EventId::from(row.try_get::<Uuid>("", "command_id")?),
                again: None,
                subject: row.try_get("", "subject")?,
                payload: row.try_get("", "envelope")?,
                traceparent: None,
                cloud: None,
            });
        }
        Ok((batch, positions))
    }

    pub(super) async fn forget_commands(&self, positions: &[i64]) -> Result<(), DbErr> {
        if positions.is_empty() {
            return Ok(());
        }
        let places: Vec<String> = (1..=positions.len()).map(|place| format!("${place}")).collect();
        let sql = format!("DELETE FROM command_outbox WHERE position IN ({})", places.join(", "));
        let values: Vec<Value> = positions.iter().map(|position| (*position).into()).collect();
        let tx = self.db.begin().await?;
        tx.execute_raw(Statement::from_sql_and_values(tx.get_database_backend(), sql, values)).await?;
        tx.commit().await
    }

    pub(super) async fn resign(&self) -> Result<(), DbErr> {
        let sql = "UPDATE relay SET holder = NULL WHERE name = 'outbox' AND holder = $1";
        self.db.run(sql, [self.me.as_str().into()]).await.map(drop)
    }

    /// Removes what nobody can ask for any more.
    pub(super) async fn tidy(&self) -> Result<(), DbErr> {
        let now = self.db.clock().now();
        let tx = self.db.begin().await?;
        tx.run(
            "DELETE FROM outbox WHERE created_at < $1 \
             AND sequence <= (SELECT published_sequence FROM relay WHERE name = 'outbox')",
            [(now - chrono::Duration::days(OUTBOX_DAYS)).into()],
        )
        .await?;
        let long_ago = now - chrono::Duration::days(INBOX_DAYS);
        tx.run("DELETE FROM inbox WHERE received_at < $1", [long_ago.into()]).await?;
        crate::once::purge(&*tx, now).await?;
        tx.commit().await
    }
}

fn term(row: &QueryResult) -> Result<Term, DbErr> {
    let stream_sequence: i64 = row.try_get("", "stream_sequence")?;
    Ok(Term {
        published: row.try_get("", "published_sequence")?,
        next: row.try_get("", "next_sequence")?,
        stream_sequence: u64::try_from(stream_sequence).unwrap_or(0),
        stream_identity: row.try_get("", "stream_identity")?,
    })
}

fn outgoing_event(row: &QueryResult) -> anyhow::Result<(i64, Outgoing)> {
    let number: i64 = row.try_get("", "sequence")?;
    let mut envelope: Envelope = serde_json::from_str(&row.try_get::<String>("", "envelope")?)?;
    envelope.sequence = number;
    let cloud = Some((envelope.source.to_string(), envelope.timestamp.to_rfc3339()));
    Ok((
        number,
        Outgoing {
            id: envelope.event_id,
            again: None,
            subject: row.try_get("", "subject")?,
            payload: serde_json::to_string(&envelope)?,
            traceparent: row.try_get("", "traceparent")?,
            cloud,
        },
    ))
}

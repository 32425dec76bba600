#![allow(
    clippy::disallowed_methods,
    reason = "tests are told their servers by the environment, and names are random"
)]

use std::{
    io::Write,
    sync::{Mutex, PoisonError},
};

use async_nats::jetstream::stream::Stream;
use futures_util::TryStreamExt;
use sea_orm::{ConnectionTrait, Database, Statement};
use uuid::Uuid;

const STREAMS: [&str; 2] = ["HELPDESK", "HELPDESK_COMMANDS"];

/// Once in each test binary, so that nobody takes half a suite for the whole.
static SAID: std::sync::Once = std::sync::Once::new();
const LEFT_OUT: &str = "left out: PostgreSQL, NATS JetStream, Redis, SMTP and S3 (`cargo xtask test` runs the suite on them too)";

/// The servers that tests were given, and this world's share of them.
pub(super) struct Backends {
    /// Distinguishes this world's databases, streams and keys from everybody else's.
    pub namespace: String,
    database_url: Option<String>,
    pub nats_url: Option<String>,
    pub redis_url: Option<String>,
    made: Mutex<Vec<String>>,
}

impl Backends {
    pub(super) fn from_environment() -> Self {
        let named = |key: &str| std::env::var(key).ok().filter(|value| !value.is_empty());
        if named("TEST_DATABASE_URL").is_none() {
            SAID.call_once(|| {
                // Not `eprintln!`, which the test harness swallows. A closed standard error is no reason to fail.
                let _ = writeln!(std::io::stderr(), "{LEFT_OUT}");
            });
        }
        Self {
            namespace: format!("t{}", Uuid::new_v4().simple()),
            database_url: named("TEST_DATABASE_URL"),
            nats_url: named("TEST_NATS_URL"),
            redis_url: named("TEST_REDIS_URL"),
            made: Mutex::default(),
        }
    }

    /// A PostgreSQL database of this world's own; `None` on the embedded backends.
    pub(super) async fn database(&self, service: &str) -> Option<String> {
        let admin = self.database_url.as_ref()?;
        let name = format!("{}_{service}", self.namespace);
        let (server, _) = admin.rsplit_once('/').expect("TEST_DATABASE_URL ends in /<database>");
        let url = format!("{server}/{name}");
        let known = self.made.lock().unwrap_or_else(PoisonError::into_inner).contains(&name);
        if !known {
            let connection = Database::connect(admin).await.expect("TEST_DATABASE_URL answers");
            connection
                .execute_unprepared(&format!("CREATE DATABASE {name}"))
                .await
                .expect("a database can be made");
            connection.close().await.expect("the connection closes");
            self.made.lock().unwrap_or_else(PoisonError::into_inner).push(name);
        }
        Some(url)
    }

    /// Whether no consumer of this world has anything before it. The local bus answers only when all have taken.
    pub(super) async fn consumers_are_idle(&self) -> bool {
        for stream in STREAMS {
            let Some(stream) = self.stream(stream).await else { continue };
            let mut consumers = stream.consumers();
            while let Ok(Some(consumer)) = consumers.try_next().await {
                if consumer.config.durable_name.is_some()
                    && consumer.num_pending + consumer.num_ack_pending as u64 > 0
                {
                    return false;
                }
            }
        }
        true
    }

    /// The number of the last message in each stream of this world that is there.
    pub(super) async fn stream_positions(&self) -> Vec<i64> {
        let mut positions = Vec::new();
        for stream in STREAMS {
            let Some(stream) = self.stream(stream).await else { continue };
            positions.push(stream.cached_info().state.last_sequence.cast_signed());
        }
        positions
    }

    async fn jetstream(&self) -> Option<async_nats::jetstream::Context> {
        let client = async_nats::connect(self.nats_url.as_ref()?).await.expect("TEST_NATS_URL answers");
        Some(async_nats::jetstream::new(client))
    }

    /// One of this world's streams, while it is there.
    pub(super) async fn stream(&self, name: &str) -> Option<Stream> {
        self.jetstream().await?.get_stream(format!("{}-{name}", self.namespace)).await.ok()
    }

    pub(super) async fn delete_streams(&self) {
        let Some(context) = self.jetstream().await else { return };
        for stream in STREAMS {
            // It may never have been made.
            let _ = context.delete_stream(format!("{}-{stream}", self.namespace)).await;
        }
    }

    /// Leaves the servers as they were found.
    pub(super) async fn clean(&self) {
        self.delete_streams().await;
        let made = std::mem::take(&mut *self.made.lock().unwrap_or_else(PoisonError::into_inner));
        if let (Some(admin), false) = (&self.database_url, made.is_empty()) {
            let connection = Database::connect(admin).await.expect("TEST_DATABASE_URL answers");
            for name in made {
                let sql = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
                connection.execute_unprepared(&sql).await.expect("a private database can be dropped");
            }
        }
    }
}

/// How far a service's outbox is published; `None` while anything waits in it.
///
/// # Panics
/// When it cannot be read.
pub async fn published(db: &impl ConnectionTrait) -> Option<i64> {
    let sql = "SELECT published_sequence FROM relay WHERE name = 'outbox' \
               AND NOT EXISTS (SELECT 1 FROM outbox WHERE sequence IS NULL OR sequence > published_sequence) \
               AND NOT EXISTS (SELECT 1 FROM command_outbox)";
    let sql = Statement::from_string(db.get_database_backend(), sql);
    let row = db.query_one_raw(sql).await.expect("the outbox can be read")?;
    Some(row.try_get("", "published_sequence").expect("a number"))
}

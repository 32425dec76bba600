//! Registrations that carried an `Idempotency-Key`, in the table `idempotency_keys`.
//!
//! `shared::once` keeps answers, and this one holds tokens; so here only the account's id is kept, and a repetition
//! gets tokens of its own.

use sea_orm::{ConnectionTrait, DbErr};
use shared::{clock::Timestamp, db::Tx, ids::UserId};

use super::broken;

const SCOPE: &str = "auth.register";
/// How long a key is remembered.
const KEPT: chrono::Duration = chrono::Duration::hours(24);

/// What is known of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// Nothing: it is ours now.
    New,
    /// The same request made this account.
    Repeated(UserId),
    /// Another request had it.
    Mismatch,
}

/// Claims a key for a request; of several at once one gets it and the others wait for what it does.
///
/// # Errors
/// When the database refuses.
pub async fn claim(tx: &Tx, key: &str, fingerprint: &str, now: Timestamp) -> Result<Claim, DbErr> {
    tx.run(
        "DELETE FROM idempotency_keys WHERE scope = $1 AND key = $2 AND created_at < $3",
        [SCOPE.into(), key.into(), (now - KEPT).into()],
    )
    .await?;
    let claimed = tx
        .run(
            "INSERT INTO idempotency_keys (scope, key, request_hash, created_at) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (scope, key) DO NOTHING",
            [SCOPE.into(), key.into(), fingerprint.into(), now.into()],
        )
        .await?;
    if claimed == 1 {
        return Ok(Claim::New);
    }
    let statement = tx.db().sql(
        "SELECT request_hash, answer FROM idempotency_keys WHERE scope = $1 AND key = $2",
        [SCOPE.into(), key.into()],
    );
    let row = tx.query_one_raw(statement).await?.ok_or_else(|| broken("idempotency key"))?;
    if row.try_get::<String>("", "request_hash")? != fingerprint {
        return Ok(Claim::Mismatch);
    }
    let answer: String = row.try_get("", "answer")?;
    answer.parse().map(Claim::Repeated).map_err(|_| broken("idempotency key"))
}

/// Notes the account that the request of a key has made.
///
/// # Errors
/// When the database refuses.
pub async fn answer(tx: &Tx, key: &str, account: UserId) -> Result<(), DbErr> {
    tx.run(
        "UPDATE idempotency_keys SET answer = $1 WHERE scope = $2 AND key = $3",
        [account.to_string().into(), SCOPE.into(), key.into()],
    )
    .await
    .map(|_| ())
}

/// Forgets the key that made an account: used again, it may make another one.
pub(super) async fn forget(tx: &Tx, account: UserId) -> Result<(), DbErr> {
    tx.run(
        "DELETE FROM idempotency_keys WHERE scope = $1 AND answer = $2",
        [SCOPE.into(), account.to_string().into()],
    )
    .await
    .map(|_| ())
}

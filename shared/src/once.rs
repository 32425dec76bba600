//! `Idempotency-Key`: the same request twice has one effect and one answer.
//!
//! The key is claimed inside the transaction of the effect, so there is no moment at which one is there without the
//! other. Two requests at the same time: on PostgreSQL the second's insert waits for the first to commit and then
//! finds its answer; on SQLite there is one writer anyway.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use chrono::Duration;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ConnectionTrait};
use sha2::{Digest, Sha256};

use crate::clock::{Clock, Timestamp};
use crate::db::Transaction;
use crate::http::{Answer, ApiError, Code};
use crate::http::{Authentication, BodyHash};

/// The request header.
pub const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// How long a key is kept.
pub const KEPT: Duration = Duration::hours(24);

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "idempotency_keys")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub scope: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub key: String,
        pub request_hash: String,
        pub answer: Option<String>,
        pub created_at: ChronoDateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Why a claim failed.
#[derive(Debug, thiserror::Error)]
pub enum OnceError {
    /// The key was used for another request.
    #[error("this Idempotency-Key was used for another request")]
    Mismatch,
    /// The key is claimed and has no answer yet.
    #[error("a request with this Idempotency-Key is still running")]
    InProgress,
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbErr),
}

/// The right to have an effect once, with the answer that is given each time. As an extractor it is `Once`; the
/// handler completes it with [`Once::answering`], and the use case claims it in its transaction.
///
/// The stored answer lies in the database for [`KEPT`]: never use it for an answer that holds a secret.
pub struct Once<T = ()> {
    request: Option<Request>,
    answer: Box<dyn Fn(&T) -> Answer + Send + Sync>,
}

#[derive(Clone)]
struct Request {
    scope: String,
    key: String,
    /// Method, path and query: within one scope (a route pattern) they tell `/tickets/1` from `/tickets/2`.
    target: String,
    body: Body,
    now: Timestamp,
}

#[derive(Clone)]
enum Body {
    /// Read by another extractor, which leaves the hash here before the handler begins.
    Extracted(BodyHash),
    Given([u8; 32]),
}

impl Once<()> {
    /// The key that the request carries, for a use case whose answer must not be stored and that keeps its own record.
    pub fn key(&self) -> Option<&str> {
        self.request.as_ref().map(|request| request.key.as_str())
    }

    /// Says how the effect is answered.
    pub fn answering<T>(self, answer: impl Fn(&T) -> Answer + Send + Sync + 'static) -> Once<T> {
        Once { request: self.request, answer: Box::new(answer) }
    }

    /// The same for a body that [`crate::http::Valid`] did not read, as in an upload: `about` stands for all of it,
    /// as in the file's hash followed by the other fields.
    pub fn answering_about<T>(
        self,
        about: &[u8],
        answer: impl Fn(&T) -> Answer + Send + Sync + 'static,
    ) -> Once<T> {
        let given = Body::Given(Sha256::digest(about).into());
        let request = self.request.map(|request| Request { body: given, ..request });
        Once { request, answer: Box::new(answer) }
    }
}

impl<T> Once<T> {
    /// A use without a key: nothing is claimed and nothing stored.
    pub fn none(answer: impl Fn(&T) -> Answer + Send + Sync + 'static) -> Self {
        Once { request: None, answer: Box::new(answer) }
    }

    /// Claims the key in the transaction of the effect. `Some` is the answer of an earlier request: return it and
    /// commit nothing. Without a key there is nothing to claim.
    pub async fn claim(&self, tx: &Transaction) -> Result<Option<Answer>, OnceError> {
        match &self.request {
            Some(request) => request.claim(tx).await,
            None => Ok(None),
        }
    }

    /// The answer to the effect, stored with the claim when there is one. To be called in the same transaction.
    pub async fn answer(&self, tx: &Transaction, effect: &T) -> Result<Answer, OnceError> {
        let answer = (self.answer)(effect);
        if let Some(request) = &self.request {
            let stored = serde_json::to_string(&answer).map_err(|error| DbErr::Json(error.to_string()))?;
            row::Entity::update_many()
                .col_expr(row::Column::Answer, Expr::value(stored))
                .filter(row::Column::Scope.eq(&request.scope))
                .filter(row::Column::Key.eq(&request.key))
                .exec(tx)
                .await?;
        }
        Ok(answer)
    }
}

impl Request {
    fn hash(&self) -> String {
        let body = match &self.body {
            Body::Given(hash) => *hash,
            // No extractor read a body: there is none to tell requests apart by.
            Body::Extracted(hash) => hash.0.get().copied().unwrap_or_default(),
        };
        hex::encode(Sha256::new().chain_update(&self.target).chain_update([0]).chain_update(body).finalize())
    }

    async fn claim(&self, tx: &Transaction) -> Result<Option<Answer>, OnceError> {
        let hash = self.hash();
        let claim = row::ActiveModel {
            scope: Set(self.scope.clone()),
            key: Set(self.key.clone()),
            request_hash: Set(hash.clone()),
            answer: Set(None),
            created_at: Set(self.now),
        };
        let columns = [row::Column::Scope, row::Column::Key];
        let claimed = row::Entity::insert(claim)
            .on_conflict(OnConflict::columns(columns).do_nothing().to_owned())
            .exec_without_returning(tx)
            .await?;
        if claimed == 1 {
            return Ok(None);
        }
        let Some(earlier) = row::Entity::find_by_id((self.scope.clone(), self.key.clone())).one(tx).await?
        else {
            return Err(OnceError::InProgress); // purged between the two statements; the next try finds it free
        };
        if earlier.created_at <= self.now - KEPT {
            return self.renew(tx, &earlier, hash).await;
        }
        if earlier.request_hash != hash {
            return Err(OnceError::Mismatch);
        }
        let stored = earlier.answer.ok_or(OnceError::InProgress)?;
        let answer: Answer = serde_json::from_str(&stored).map_err(|error| DbErr::Json(error.to_string()))?;
        Ok(Some(answer.header("idempotency-replayed", "true")))
    }

    /// Takes over an expired key. The condition makes one of several win.
    async fn renew(
        &self,
        tx: &Transaction,
        earlier: &row::Model,
        hash: String,
    ) -> Result<Option<Answer>, OnceError> {
        let renewed = row::Entity::update_many()
            .col_expr(row::Column::RequestHash, Expr::value(hash))
            .col_expr(row::Column::Answer, Expr::value(Option::<String>::None))
            .col_expr(row::Column::CreatedAt, Expr::value(self.now))
            .filter(row::Column::Scope.eq(&self.scope))
            .filter(row::Column::Key.eq(&self.key))
            .filter(row::Column::CreatedAt.eq(earlier.created_at))
            .exec(tx)
            .await?;
        if renewed.rows_affected == 1 { Ok(None) } else { Err(OnceError::InProgress) }
    }
}

/// Deletes the keys older than [`KEPT`]; says how many.
pub async fn purge(conn: &impl ConnectionTrait, now: Timestamp) -> Result<u64, DbErr> {
    let purged = row::Entity::delete_many().filter(row::Column::CreatedAt.lte(now - KEPT)).exec(conn).await?;
    Ok(purged.rows_affected)
}

impl FromRequest for Once<()> {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(key_of(req).map(|key| {
            let request = key.map(|key| Request {
                scope: scope_of(req),
                key,
                target: format!("{} {}", req.method(), req.uri()),
                body: Body::Extracted(BodyHash::of(req)),
                now: req.app_data::<Clock>().map_or_else(|| Clock::system().now(), Clock::now),
            });
            Once { request, answer: Box::new(|()| Answer::no_content()) }
        }))
    }
}

fn key_of(req: &HttpRequest) -> Result<Option<String>, ApiError> {
    let mut values = req.headers().get_all(IDEMPOTENCY_KEY);
    let Some(value) = values.next() else { return Ok(None) };
    let key = value.to_str().unwrap_or_default();
    let printable = key.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    if values.next().is_some() || key.is_empty() || key.len() > 255 || !printable {
        let detail = "Idempotency-Key must be given once, as 1 to 255 printable ASCII characters.";
        return Err(ApiError::new(Code::BadHeader).detail(detail).field(
            "Idempotency-Key",
            "bad_header",
            detail,
        ));
    }
    Ok(Some(key.to_string()))
}

/// Caller and route: one caller's key says nothing about another's.
fn scope_of(req: &HttpRequest) -> String {
    let extensions = req.extensions();
    let caller = match extensions.get::<Authentication>().map(|who| who.caller()) {
        Some(Ok(caller)) => caller.user_id.to_string(),
        _ => "public".to_string(),
    };
    let route = req.match_pattern().unwrap_or_else(|| req.path().to_string());
    format!("{caller} {} {route}", req.method())
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn a_key_is_1_to_255_printable_characters() {
        let key = |value: &str| {
            let request =
                TestRequest::get().insert_header((IDEMPOTENCY_KEY, value.as_bytes())).to_http_request();
            key_of(&request)
        };
        assert_eq!(key("a b-1~").unwrap().unwrap(), "a b-1~");
        assert_eq!(key(&"x".repeat(255)).unwrap().unwrap().len(), 255);
        for bad in ["", &"x".repeat(256), "ü", "a\tb"] {
            assert_eq!(key(bad).unwrap_err().code(), Code::BadHeader, "{bad:?}");
        }
        let twice =
            TestRequest::get().append_header((IDEMPOTENCY_KEY, "a")).append_header((IDEMPOTENCY_KEY, "b"));
        assert_eq!(key_of(&twice.to_http_request()).unwrap_err().code(), Code::BadHeader);
        assert_eq!(key_of(&TestRequest::get().to_http_request()).unwrap(), None);
    }

    #[test]
    fn the_hash_depends_on_the_target_and_the_body() {
        let request = |target: &str, body: &[u8]| {
            let body = Body::Given(Sha256::digest(body).into());
            let (scope, key) = ("scope".into(), "key".into());
            Request { scope, key, target: target.into(), body, now: Clock::system().now() }.hash()
        };
        assert_eq!(request("POST /a", b"x"), request("POST /a", b"x"));
        assert_ne!(request("POST /a", b"x"), request("POST /b", b"x"));
        assert_ne!(request("POST /a", b"x"), request("POST /a", b"y"));
    }
}

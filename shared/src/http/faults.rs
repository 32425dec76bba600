//! What the layers below report, as the error that a client gets.

use std::time::Duration;

use sea_orm::{DbErr, RuntimeErr, sqlx};

use super::ApiError;
use super::client::CallError;
use super::code::Code;
use crate::auth::TokenError;
use crate::once::OnceError;

/// A database that cannot be reached is 503 and worth another try, a question that took too long is 503 too; everything else
/// it reports is our own fault.
impl From<DbErr> for ApiError {
    fn from(error: DbErr) -> Self {
        match &error {
            error if is_passing(error) => ApiError::unavailable(error),
            error if is_cancelled(error) => ApiError::new(Code::DeadlineExceeded).caused_by(error),
            error => ApiError::internal(error),
        }
    }
}

/// Whether a time limit that we set broke the statement off (SQLSTATE 57014).
fn is_cancelled(error: &DbErr) -> bool {
    let (DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error))) = error
    else {
        return false;
    };
    matches!(error.as_ref(), sqlx::Error::Database(fault) if fault.code().is_some_and(|code| code == "57014"))
}

/// Whether the same statement may well succeed a moment later.
pub fn is_passing(error: &DbErr) -> bool {
    match error {
        DbErr::ConnectionAcquire(_) | DbErr::Conn(_) => true,
        DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error)) => {
            match error.as_ref() {
                sqlx::Error::Io(_)
                | sqlx::Error::PoolTimedOut
                | sqlx::Error::PoolClosed
                | sqlx::Error::WorkerCrashed
                | sqlx::Error::Protocol(_) => true,
                sqlx::Error::Database(fault) => fault.code().is_some_and(|code| passing_state(&code)),
                _ => false,
            }
        }
        _ => false,
    }
}

/// SQLSTATE classes: 08 connection, 53 resources, 57P shutdown or start, 40 serialisation and deadlock, 55P03 lock;
/// 25006 is what a standby says to a write. SQLite's 5 and 6 (busy, locked) with their extended codes.
fn passing_state(code: &str) -> bool {
    let postgres = code.len() == 5
        && (["08", "53", "57P", "40"].iter().any(|class| code.starts_with(class))
            || code == "55P03"
            || code == "25006");
    let sqlite = code.len() < 5 && code.parse::<u32>().is_ok_and(|code| matches!(code & 0xff, 5 | 6));
    postgres || sqlite
}

impl From<OnceError> for ApiError {
    fn from(error: OnceError) -> Self {
        match error {
            OnceError::Mismatch => ApiError::new(Code::IdempotencyMismatch),
            OnceError::InProgress => {
                ApiError::new(Code::IdempotencyInProgress).retry_after(Duration::from_secs(1))
            }
            OnceError::Db(error) => error.into(),
        }
    }
}

impl From<TokenError> for ApiError {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::Missing => ApiError::new(Code::MissingToken),
            TokenError::Invalid(_) => ApiError::new(Code::InvalidToken),
            TokenError::Expired => ApiError::new(Code::TokenExpired),
            TokenError::Revoked => ApiError::new(Code::TokenRevoked),
            TokenError::Unavailable(what) => {
                ApiError::new(Code::Starting).detail(format!("Waiting for the {what}."))
            }
        }
    }
}

impl From<CallError> for ApiError {
    fn from(error: CallError) -> Self {
        match error {
            CallError::NotFound => ApiError::not_found(),
            CallError::Forbidden => ApiError::new(Code::Forbidden),
            CallError::Unauthorized => ApiError::new(Code::InvalidToken),
            CallError::Unavailable { retry_after } => {
                ApiError::unavailable("a service that was called is away").retry_after(retry_after)
            }
            // It was asked with the caller's own token: what it says to the request, it says to the caller.
            CallError::Refused { status: 400..=499, code, detail } if Code::named(&code).is_some() => {
                let error = ApiError::new(Code::named(&code).unwrap_or(Code::BadRequest));
                match detail {
                    Some(detail) => error.detail(detail),
                    None => error,
                }
            }
            refused @ CallError::Refused { .. } => ApiError::internal(refused),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_database_is_503_and_a_broken_rule_is_not() {
        for code in
            ["57P01", "57P03", "08006", "53300", "40001", "40P01", "55P03", "25006", "5", "6", "517", "261"]
        {
            assert!(passing_state(code), "{code}");
        }
        for code in ["23505", "23503", "42P01", "22P05", "22021", "57014", "19", "1555", "2067", ""] {
            assert!(!passing_state(code), "{code}");
        }
        assert_eq!(ApiError::from(DbErr::RecordNotFound("x".into())).code(), Code::Internal);
        let lost = DbErr::Conn(RuntimeErr::Internal("gone".into()));
        assert_eq!(ApiError::from(lost).code(), Code::DependencyUnavailable);
    }
}

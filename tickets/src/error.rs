use sea_orm::DbErr;
use shared::http::{ApiError, Code};
use shared::once::OnceError;

use crate::domain::{Status, TicketError};

/// Why a use case did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such ticket, as far as the caller may know.
    #[error("no such ticket")]
    NotFound,
    /// The ticket is at another version than the caller asked for.
    #[error("the ticket is at version {0}")]
    Stale(i64),
    /// A rule on tickets was broken.
    #[error(transparent)]
    Rule(#[from] TicketError),
    /// Whoever is to have the ticket works no tickets.
    #[error("only an active agent or administrator can be given a ticket")]
    NotAssignable,
    /// The request's `Idempotency-Key` stands in its way.
    #[error(transparent)]
    Once(#[from] OnceError),
    /// The database refused, or is away.
    #[error(transparent)]
    Database(#[from] DbErr),
    /// What is stored cannot be read.
    #[error("stored data cannot be read: {0}")]
    Unreadable(String),
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        match error {
            Error::NotFound => ApiError::not_found(),
            Error::Stale(current) => ApiError::precondition_failed(current),
            Error::Rule(fault) => broken(fault),
            Error::NotAssignable => ApiError::validation("assignedTo", "not_an_agent", error.to_string()),
            Error::Once(fault) => fault.into(),
            // The lock on the row keeps this from happening; without it the version would.
            Error::Database(DbErr::RecordNotUpdated) => ApiError::new(Code::StaleVersion),
            Error::Database(fault) => fault.into(),
            Error::Unreadable(fault) => ApiError::internal(fault),
        }
    }
}

fn broken(rule: TicketError) -> ApiError {
    let detail = rule.to_string();
    match rule {
        TicketError::IllegalMove { legal, .. } => {
            let words: Vec<_> = legal.into_iter().map(Status::as_str).collect();
            let message = format!("must be one of: {}", words.join(", "));
            let message = if words.is_empty() { "cannot change from here".to_owned() } else { message };
            ApiError::new(Code::InvalidTransition).field("status", "invalid_transition", message)
        }
        TicketError::ReopenWindowOver { .. } => ApiError::new(Code::ReopenWindowOver),
        TicketError::Closed => ApiError::new(Code::TicketClosed),
        TicketError::NotDeletable(_) => ApiError::new(Code::NotDeletable),
        TicketError::InternalByRequester => {
            ApiError::new(Code::Forbidden).field("isInternal", "forbidden", detail.as_str())
        }
        TicketError::ResolutionByRequester => {
            ApiError::new(Code::Forbidden).field("resolution", "forbidden", detail.as_str())
        }
        TicketError::NotTheOwner => ApiError::new(Code::Forbidden),
    }
    .detail(format!("{detail}."))
}

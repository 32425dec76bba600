use shared::http::Problem;
use utoipa::IntoResponses;

/// How a change of a ticket may be refused.
#[derive(IntoResponses)]
#[allow(dead_code, reason = "only its description is used")]
pub enum ChangeRefusal {
    /// Malformed JSON, or an unknown field
    #[response(status = 400)]
    Malformed(Problem),
    /// No token, or none that holds
    #[response(status = 401)]
    SignedOut(Problem),
    /// Not by this role, or not this field by this role
    #[response(status = 403)]
    Forbidden(Problem),
    /// No such ticket for this caller
    #[response(status = 404)]
    NotFound(Problem),
    /// Not where the ticket stands; the legal moves are named. Or a request with the same Idempotency-Key is still running
    #[response(status = 409)]
    Conflict(Problem),
    /// It is at another version than If-Match allows
    #[response(status = 412)]
    Stale(Problem),
    /// A value is invalid, or the Idempotency-Key was used for another body
    #[response(status = 422)]
    Invalid(Problem),
}

/// How a list may be refused.
#[derive(IntoResponses)]
#[allow(dead_code, reason = "only its description is used")]
pub enum ListRefusal {
    /// An unknown parameter, value or cursor
    #[response(status = 400)]
    BadQuery(Problem),
    /// No token, or none that holds
    #[response(status = 401)]
    SignedOut(Problem),
    /// Not by this role
    #[response(status = 403)]
    Forbidden(Problem),
    /// No such ticket for this caller
    #[response(status = 404)]
    NotFound(Problem),
}

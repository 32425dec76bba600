use actix_web::post;
use actix_web::web::Data;
use shared::auth::Caller;
use shared::http::{Answer, ApiError, Once, Problem, Valid};

use super::dto::{TicketIn, TicketOut};
use crate::service::App;

/// Open a ticket
///
/// It belongs to whoever asks. With an `Idempotency-Key` it may be sent again without opening a second one.
#[utoipa::path(
    tag = "tickets",
    request_body = TicketIn,
    params(("Idempotency-Key" = Option<String>, Header, description = "The same key gives the same answer for 24 h", min_length = 1, max_length = 255)),
    responses(
        (status = 201, body = TicketOut, headers(("Location" = String), ("ETag" = String))),
        (status = 400, description = "Malformed JSON, or an unknown field", body = Problem),
        (status = 401, body = Problem),
        (status = 422, description = "A value is invalid, or the key was used for another body", body = Problem),
    ),
    security(("bearer" = [])),
)]
#[post("/tickets")]
pub async fn open(
    app: Data<App>,
    caller: Caller,
    ticket: Valid<TicketIn>,
    once: Once,
) -> Result<Answer, ApiError> {
    let rules = app.rules().clone();
    let once = once.answering(move |ticket| TicketOut::created(ticket, &rules));
    Ok(app.open(&caller, ticket.0, once).await?)
}

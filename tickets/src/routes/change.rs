use actix_web::web::Data;
use actix_web::{delete, post, put};
use shared::auth::Caller;
use shared::http::{Answer, ApiError, IfMatch, MaybeValid, Once, PathId, Valid};
use shared::ids::TicketId;

use super::dto::{ChangeRefusal, CommentIn, CommentOut, RemarkIn, TicketOut, TicketPatchIn};
use crate::domain::{Content, Move, Status, Ticket};
use crate::service::{App, Target};

/// Edit a ticket
///
/// What is not named stays as it is. Its requester may change title, description, category and priority, an agent the
/// resolution too; nobody while it is closed.
#[utoipa::path(
    tag = "tickets",
    params(("id" = TicketId, Path), ("If-Match" = Option<String>, Header, description = "The versions that may be changed")),
    request_body = TicketPatchIn,
    responses(
        (status = 200, body = TicketOut, headers(("ETag" = String))),
        ChangeRefusal,
    ),
    security(("bearer" = [])),
)]
#[put("/tickets/{id}")]
pub async fn edit(
    app: Data<App>,
    caller: Caller,
    id: PathId<TicketId>,
    if_match: IfMatch,
    patch: Valid<TicketPatchIn>,
) -> Result<Answer, ApiError> {
    let target = Target { id: id.0, caller: &caller, if_match: &if_match };
    Ok(changed(&app, &app.edit(target, patch.0).await?))
}

/// Take a ticket back
///
/// Its requester may, while it is open.
#[utoipa::path(
    tag = "tickets",
    params(("id" = TicketId, Path), ("If-Match" = Option<String>, Header, description = "The versions that may be deleted")),
    responses(
        (status = 204),
        ChangeRefusal,
    ),
    security(("bearer" = [])),
)]
#[delete("/tickets/{id}")]
pub async fn delete(
    app: Data<App>,
    caller: Caller,
    id: PathId<TicketId>,
    if_match: IfMatch,
) -> Result<Answer, ApiError> {
    app.delete(Target { id: id.0, caller: &caller, if_match: &if_match }).await?;
    Ok(Answer::no_content())
}

/// Close a ticket
///
/// One that is resolved: by its requester, or by an agent.
#[utoipa::path(
    tag = "tickets",
    params(("id" = TicketId, Path), ("If-Match" = Option<String>, Header, description = "The versions that may be changed")),
    request_body(content = Option<RemarkIn>),
    responses(
        (status = 200, body = TicketOut, headers(("ETag" = String))),
        ChangeRefusal,
    ),
    security(("bearer" = [])),
)]
#[post("/tickets/{id}/close")]
pub async fn close(
    app: Data<App>,
    caller: Caller,
    id: PathId<TicketId>,
    if_match: IfMatch,
    remark: MaybeValid<RemarkIn>,
) -> Result<Answer, ApiError> {
    let target = Target { id: id.0, caller: &caller, if_match: &if_match };
    let ticket = app.move_to(target, with(Status::Closed, remark.0)).await?;
    Ok(changed(&app, &ticket))
}

/// Reopen a ticket
///
/// For seven days after it was closed. Its clocks start anew.
#[utoipa::path(
    tag = "tickets",
    params(("id" = TicketId, Path), ("If-Match" = Option<String>, Header, description = "The versions that may be changed")),
    request_body(content = Option<RemarkIn>),
    responses(
        (status = 200, body = TicketOut, headers(("ETag" = String))),
        ChangeRefusal,
    ),
    security(("bearer" = [])),
)]
#[post("/tickets/{id}/reopen")]
pub async fn reopen(
    app: Data<App>,
    caller: Caller,
    id: PathId<TicketId>,
    if_match: IfMatch,
    remark: MaybeValid<RemarkIn>,
) -> Result<Answer, ApiError> {
    let target = Target { id: id.0, caller: &caller, if_match: &if_match };
    let ticket = app.move_to(target, with(Status::Open, remark.0)).await?;
    Ok(changed(&app, &ticket))
}

/// Write on a ticket
///
/// The requester's word on a ticket that waits for them sets it to work again. With an `Idempotency-Key` it may be sent again
/// without being written twice.
#[utoipa::path(
    tag = "tickets",
    params(
        ("id" = TicketId, Path),
        ("If-Match" = Option<String>, Header, description = "The versions that may be written on"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key gives the same answer for 24 h", min_length = 1, max_length = 255),
    ),
    request_body = CommentIn,
    responses(
        (status = 201, body = CommentOut, headers(("Location" = String))),
        ChangeRefusal,
    ),
    security(("bearer" = [])),
)]
#[post("/tickets/{id}/comments")]
pub async fn comment(
    app: Data<App>,
    caller: Caller,
    id: PathId<TicketId>,
    if_match: IfMatch,
    comment: Valid<CommentIn>,
    once: Once,
) -> Result<Answer, ApiError> {
    let target = Target { id: id.0, caller: &caller, if_match: &if_match };
    Ok(app.comment(target, comment.0, once.answering(CommentOut::created)).await?)
}

/// The ticket as it is now, with its `ETag`.
pub fn changed(app: &App, ticket: &Ticket) -> Answer {
    Answer::ok(&TicketOut::at(ticket, app.rules(), app.now())).etag(ticket.version)
}

fn with(status: Status, said: Option<Option<Content>>) -> Move {
    Move { comment: said.flatten(), ..Move::to(status) }
}

use actix_web::get;
use actix_web::web::Data;
use shared::auth::Caller;
use shared::http::{Answer, ApiError, IfNoneMatch, Listing, PathId, Problem, etag};
use shared::ids::TicketId;
use shared::page::{Page, PageParams};

use super::dto::TicketOut;
use super::listing::{self, TicketFilter};
use crate::domain::Visibility;
use crate::service::App;

/// Read a ticket
///
/// Its requester and every agent may. For everybody else there is no such ticket.
#[utoipa::path(
    tag = "tickets",
    params(("id" = TicketId, Path), ("If-None-Match" = Option<String>, Header, description = "An ETag that is at hand already")),
    responses(
        (status = 200, body = TicketOut, headers(("ETag" = String))),
        (status = 304, description = "It is still at the version asked about"),
        (status = 401, body = Problem),
        (status = 404, body = Problem),
    ),
    security(("bearer" = [])),
)]
#[get("/tickets/{id}")]
pub async fn read(
    app: Data<App>,
    caller: Caller,
    id: PathId<TicketId>,
    at_hand: IfNoneMatch,
) -> Result<Answer, ApiError> {
    let ticket = app.ticket(&caller, id.0).await?;
    if at_hand.matches(&etag(ticket.version)) {
        return Ok(Answer::not_modified().etag(ticket.version));
    }
    Ok(Answer::ok(&TicketOut::at(&ticket, app.clock().now())).etag(ticket.version))
}

/// List my tickets
///
/// Only one's own, for agents too.
#[utoipa::path(
    tag = "tickets",
    params(TicketFilter, PageParams),
    responses(
        (status = 200, body = Page<TicketOut>),
        (status = 400, description = "An unknown parameter, value or cursor", body = Problem),
        (status = 401, body = Problem),
    ),
    security(("bearer" = [])),
)]
#[get("/tickets")]
pub async fn list(app: Data<App>, caller: Caller, asked: Listing<TicketFilter>) -> Result<Answer, ApiError> {
    let page = listing::page(&asked)?;
    let tickets = app.list(&listing::wanted(asked.filter, &page, Visibility::own(&caller))?).await?;
    let now = app.clock().now();
    let shown = Page::of(tickets, page.limit, |ticket| listing::cursor(ticket, &page));
    Ok(Answer::ok(&shown.map(|ticket| TicketOut::at(&ticket, now))))
}

use actix_web::get;
use actix_web::web::Data;
use serde::Deserialize;
use shared::auth::Caller;
use shared::http::{Answer, ApiError, IfNoneMatch, Listing, Params, PathId, Problem, When, etag};
use shared::ids::TicketId;
use shared::page::{Page, PageParams};
use utoipa::IntoParams;

use super::dto::{ExportOut, ListRefusal, TicketOut};
use super::listing::{self, TicketFilter};
use crate::domain::Visibility;
use crate::service::App;

/// Which moment of a ticket is asked about.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Moment {
    /// The ticket as it stood then.
    at: Option<When>,
}

/// Read a ticket
///
/// Its requester and every agent may. For everybody else there is no such ticket. With `at` it is as it stood then; then it
/// has no `ETag`.
#[utoipa::path(
    tag = "tickets",
    params(("id" = TicketId, Path), Moment, ("If-None-Match" = Option<String>, Header, description = "An ETag that is at hand already")),
    responses(
        (status = 200, body = TicketOut, headers(("ETag" = String))),
        (status = 304, description = "It is still at the version asked about"),
        (status = 400, description = "Not a time", body = Problem),
        (status = 401, body = Problem),
        (status = 404, description = "No such ticket for this caller, or not yet at that time", body = Problem),
    ),
    security(("bearer" = [])),
)]
#[get("/tickets/{id}")]
pub async fn read(
    app: Data<App>,
    caller: Caller,
    id: PathId<TicketId>,
    moment: Params<Moment>,
    at_hand: IfNoneMatch,
) -> Result<Answer, ApiError> {
    if let Some(When(at)) = moment.0.at {
        let past = app.ticket_at(&caller, id.0, at).await?;
        return Ok(Answer::ok(&TicketOut::at(&past.ticket, app.rules(), past.moment)));
    }
    let ticket = app.ticket(&caller, id.0).await?;
    if at_hand.matches(&etag(ticket.version)) {
        return Ok(Answer::not_modified().etag(ticket.version));
    }
    Ok(Answer::ok(&TicketOut::at(&ticket, app.rules(), app.now())).etag(ticket.version))
}

/// List my tickets
///
/// Only one's own, for agents too. With `q`, the best match first unless another sort is named; ranked are the newest 200
/// that match.
#[utoipa::path(
    tag = "tickets",
    params(TicketFilter, PageParams),
    responses((status = 200, body = Page<TicketOut>), ListRefusal),
    security(("bearer" = [])),
)]
#[get("/tickets")]
pub async fn list(app: Data<App>, caller: Caller, asked: Listing<TicketFilter>) -> Result<Answer, ApiError> {
    let wanted = asked.filter.wanted(Visibility::own(&caller))?;
    listing::answer(&app, &asked.page, wanted).await
}

/// Export what is stored on me
///
/// Everything that this service keeps on the caller, in full.
#[utoipa::path(
    tag = "tickets",
    responses((status = 200, body = ExportOut), (status = 401, body = Problem)),
    security(("bearer" = [])),
)]
#[get("/tickets/export")]
pub async fn export(app: Data<App>, caller: Caller) -> Result<Answer, ApiError> {
    let export = app.export(&caller).await?;
    Ok(Answer::ok(&ExportOut::at(&export, app.rules(), app.now())))
}

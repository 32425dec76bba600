use actix_web::web::Data;
use actix_web::{get, put};
use shared::auth::Agent;
use shared::http::{Answer, ApiError, IfMatch, Listing, PathId, Problem, Valid};
use shared::ids::TicketId;
use shared::page::{Page, PageParams};

use super::change::changed;
use super::dto::{AssignIn, ChangeRefusal, ListRefusal, StatisticsOut, StatusIn, TicketOut};
use super::listing::{self, DeskFilter};
use crate::service::{App, Target};

/// List all tickets
///
/// With `q`, the best match first unless another sort is named; ranked are the newest 200 that match.
#[utoipa::path(
    tag = "tickets",
    operation_id = "list_all_tickets",
    params(DeskFilter, PageParams),
    responses(
        (status = 200, body = Page<TicketOut>),
        ListRefusal,
    ),
    security(("bearer" = [])),
)]
#[get("/admin/tickets")]
pub async fn list(app: Data<App>, _agent: Agent, asked: Listing<DeskFilter>) -> Result<Answer, ApiError> {
    let wanted = asked.filter.wanted(app.now())?;
    listing::answer(&app, &asked.page, wanted).await
}

/// The desk in numbers
#[utoipa::path(
    tag = "tickets",
    operation_id = "ticket_statistics",
    responses((status = 200, body = StatisticsOut), (status = 401, body = Problem), (status = 403, body = Problem)),
    security(("bearer" = [])),
)]
#[get("/admin/tickets/stats")]
pub async fn statistics(app: Data<App>, _agent: Agent) -> Result<Answer, ApiError> {
    Ok(app.statistics(|all| Answer::ok(&StatisticsOut::from(all))).await?)
}

/// Give a ticket to an agent
///
/// To an active agent or administrator, or with `null` to nobody. It does not move in the workflow by that.
#[utoipa::path(
    tag = "tickets",
    params(("id" = TicketId, Path), ("If-Match" = Option<String>, Header, description = "The versions that may be changed")),
    request_body = AssignIn,
    responses(
        (status = 200, body = TicketOut, headers(("ETag" = String))),
        ChangeRefusal,
    ),
    security(("bearer" = [])),
)]
#[put("/admin/tickets/{id}/assign")]
pub async fn assign(
    app: Data<App>,
    agent: Agent,
    id: PathId<TicketId>,
    if_match: IfMatch,
    whom: Valid<AssignIn>,
) -> Result<Answer, ApiError> {
    let target = Target { id: id.0, caller: &agent.0, if_match: &if_match };
    Ok(changed(&app, &app.assign(target, whom.0).await?))
}

/// Move a ticket in the workflow
///
/// A move that the workflow has not is refused, and the legal ones are named.
#[utoipa::path(
    tag = "tickets",
    params(("id" = TicketId, Path), ("If-Match" = Option<String>, Header, description = "The versions that may be changed")),
    request_body = StatusIn,
    responses(
        (status = 200, body = TicketOut, headers(("ETag" = String))),
        ChangeRefusal,
    ),
    security(("bearer" = [])),
)]
#[put("/admin/tickets/{id}/status")]
pub async fn set_status(
    app: Data<App>,
    agent: Agent,
    id: PathId<TicketId>,
    if_match: IfMatch,
    wanted: Valid<StatusIn>,
) -> Result<Answer, ApiError> {
    let target = Target { id: id.0, caller: &agent.0, if_match: &if_match };
    Ok(changed(&app, &app.move_to(target, wanted.0).await?))
}

use actix_web::get;
use actix_web::web::Data;
use shared::auth::Caller;
use shared::http::{Answer, ApiError, Listing, NoFilter, PathId, Problem, When};
use shared::ids::TicketId;
use shared::page::{Cursor, Page, PageParams, PageQuery};
use uuid::Uuid;

use super::dto::{AttachmentOut, CommentOut, HistoryOut, ListRefusal, SlaExplainedOut};
use crate::domain::Visibility;
use crate::service::{App, Chapter};

/// Read what was written on a ticket
///
/// The oldest first unless `sort=-createdAt`. A requester gets the public comments and nothing that tells of others.
#[utoipa::path(
    tag = "tickets",
    params(("id" = TicketId, Path), PageParams),
    responses(
        (status = 200, body = Page<CommentOut>),
        ListRefusal,
    ),
    security(("bearer" = [])),
)]
#[get("/tickets/{id}/comments")]
pub async fn comments(
    app: Data<App>,
    caller: Caller,
    id: PathId<TicketId>,
    asked: Listing<NoFilter>,
) -> Result<Answer, ApiError> {
    let (page, chapter) = chapter(id.0, &caller, &asked.page)?;
    let comments = app.comments(&caller, &chapter).await?;
    let shown = Page::of(comments, page.limit, |last| behind(&page, last.created_at, last.id.0));
    Ok(Answer::ok(&shown.as_ref().map(CommentOut::from)))
}

/// Read what happened to a ticket
///
/// Every change, field by field; the oldest first unless `sort=-createdAt`.
#[utoipa::path(
    tag = "tickets",
    params(("id" = TicketId, Path), PageParams),
    responses(
        (status = 200, body = Page<HistoryOut>),
        ListRefusal,
    ),
    security(("bearer" = [])),
)]
#[get("/tickets/{id}/history")]
pub async fn history(
    app: Data<App>,
    caller: Caller,
    id: PathId<TicketId>,
    asked: Listing<NoFilter>,
) -> Result<Answer, ApiError> {
    let (page, chapter) = chapter(id.0, &caller, &asked.page)?;
    let lines = app.history(&caller, &chapter).await?;
    let shown = Page::of(lines, page.limit, |last| behind(&page, last.created_at, last.id.0));
    Ok(Answer::ok(&shown.as_ref().map(HistoryOut::from)))
}

/// List the files of a ticket
///
/// Told by the files service's events; the files themselves are there.
#[utoipa::path(
    tag = "tickets",
    params(("id" = TicketId, Path)),
    responses((status = 200, body = Vec<AttachmentOut>), (status = 401, body = Problem), (status = 404, body = Problem)),
    security(("bearer" = [])),
)]
#[get("/tickets/{id}/attachments")]
pub async fn attachments(app: Data<App>, caller: Caller, id: PathId<TicketId>) -> Result<Answer, ApiError> {
    let files = app.attachments(&caller, id.0).await?;
    Ok(Answer::ok(&files.iter().map(AttachmentOut::from).collect::<Vec<_>>()))
}

/// Explain the clocks of a ticket
///
/// Each as the intervals in which it ran, waited for the requester, or nobody worked; they add up.
#[utoipa::path(
    tag = "tickets",
    params(("id" = TicketId, Path)),
    responses((status = 200, body = SlaExplainedOut), (status = 401, body = Problem), (status = 404, body = Problem)),
    security(("bearer" = [])),
)]
#[get("/tickets/{id}/sla")]
pub async fn sla(app: Data<App>, caller: Caller, id: PathId<TicketId>) -> Result<Answer, ApiError> {
    Ok(Answer::ok(&SlaExplainedOut::from(app.explain(&caller, id.0).await?)))
}

fn chapter(ticket: TicketId, caller: &Caller, page: &PageParams) -> Result<(PageQuery, Chapter), ApiError> {
    let page = PageQuery::parse(page, &["createdAt"], "createdAt")?;
    let after = page.after::<(When, Uuid)>()?.map(|(When(at), id)| (at, id));
    let (visibility, descending, limit) = (Visibility::of(caller), page.sort.descending, page.fetch());
    Ok((page, Chapter { ticket, visibility, after, descending, limit }))
}

fn behind(page: &PageQuery, at: shared::clock::Timestamp, id: Uuid) -> Cursor {
    Cursor::of(&page.sort, &(When(at), id))
}

use actix_web::{
    get, post,
    web::{Data, Json},
};
use serde::{Deserialize, Serialize};
use shared::{
    auth::Admin,
    bus::{FailedEvent, FailedQuery},
    http::{ApiError, Listing, PathId, Problem, When},
    ids::{EventId, FailedEventId},
    page::{Cursor, Page, PageQuery},
};
use utoipa::{IntoParams, ToSchema};

use crate::service::App;

/// So many characters of a message are shown; it may be a megabyte of anything.
const SHOWN: usize = 4_000;

/// Which failed events are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
pub struct FailedParams {
    /// Only those that are on record by now, or only those that are not.
    resolved: Option<bool>,
}

/// An event that could not be put on record.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FailedEventOut {
    /// What a retry names it by.
    id: FailedEventId,
    /// The event; null when not even that could be made out.
    event_id: Option<EventId>,
    /// As in `ticket.created`; null when not even that could be made out.
    #[schema(example = "ticket.created")]
    event_type: Option<String>,
    /// The subject that it came by, without the namespace.
    subject: String,
    /// The message as it came, or its first 4,000 characters: an envelope, or whatever it is.
    envelope: String,
    /// Why it could not be put on record.
    error: String,
    /// How often it was tried.
    attempts: i32,
    /// When it failed last.
    failed_at: When,
    /// When it was put on record after all.
    resolved_at: Option<When>,
}

impl From<FailedEvent> for FailedEventOut {
    fn from(event: FailedEvent) -> Self {
        let mut envelope = event.envelope;
        if let Some((end, _)) = envelope.char_indices().nth(SHOWN) {
            envelope.truncate(end);
        }
        Self {
            id: event.id,
            event_id: event.event_id,
            event_type: event.event_type,
            subject: event.subject,
            envelope,
            error: event.error,
            attempts: event.attempts,
            failed_at: When(event.failed_at),
            resolved_at: event.resolved_at.map(When),
        }
    }
}

/// The events that could not be put on record, those that failed last first.
#[utoipa::path(
    tag = "audit",
    params(FailedParams, ("limit" = Option<u64>, Query, minimum = 1, maximum = 100), ("cursor" = Option<String>, Query),
        ("sort" = Option<String>, Query, description = "`-failedAt` (the default) or `failedAt`")),
    responses(
        (status = 200, body = Page<FailedEventOut>),
        (status = 400, body = Problem, description = "A parameter is unknown or cannot be read"),
        (status = 401, body = Problem),
        (status = 403, body = Problem, description = "Not an administrator"),
    ),
    security(("bearer" = [])),
)]
#[get("/audit/events/failed")]
pub async fn list(
    app: Data<App>,
    _admin: Admin,
    listing: Listing<FailedParams>,
) -> Result<Json<Page<FailedEventOut>>, ApiError> {
    let page = PageQuery::parse(&listing.page, &["failedAt"], "-failedAt")?;
    let query = FailedQuery {
        resolved: listing.filter.resolved,
        descending: page.sort.descending,
        after: page.after::<(When, FailedEventId)>()?.map(|(when, id)| (when.0, id)),
        limit: page.fetch(),
    };
    let events = app.failed(&query).await?;
    let cursor = |event: &FailedEvent| Cursor::of(&page.sort, &(When(event.failed_at), event.id));
    Ok(Json(Page::of(events, page.limit, cursor).map(FailedEventOut::from)))
}

/// Tries once more to put an event on record, after what was wrong has been mended. Nothing doubles: what is on record
/// already is only marked as resolved.
#[utoipa::path(
    tag = "audit",
    params(("id" = FailedEventId, Path)),
    responses(
        (status = 200, body = FailedEventOut),
        (status = 401, body = Problem),
        (status = 403, body = Problem, description = "Not an administrator"),
        (status = 404, body = Problem),
        (status = 409, body = Problem, description = "It is on record already"),
        (status = 422, body = Problem, description = "It failed again, for the reason that is given"),
    ),
    security(("bearer" = [])),
)]
#[post("/audit/events/failed/{id}/retry")]
pub async fn retry(
    app: Data<App>,
    _admin: Admin,
    id: PathId<FailedEventId>,
) -> Result<Json<FailedEventOut>, ApiError> {
    Ok(Json(app.retry_failed(id.0).await?.into()))
}

//! The deadline that comes with a request and goes on with the calls made for it: nobody works on an answer that no
//! one waits for any more.

use std::future::Future;
use std::time::{Duration, Instant};

use actix_web::http::header::HeaderMap;

/// Milliseconds that the caller will still wait.
pub(super) const HEADER: &str = "x-deadline-ms";

tokio::task_local! {
    pub(super) static DEADLINE: Instant;
}

/// The deadline of a request that came with one.
pub(crate) fn deadline_of(headers: &HeaderMap) -> Option<Instant> {
    let left: u64 = headers.get(HEADER)?.to_str().ok()?.parse().ok()?;
    // A longer one is as good as none, and would overflow an `Instant`.
    (left <= 60_000).then(|| Instant::now() + Duration::from_millis(left))
}

/// Answers a request under its deadline: calls made meanwhile take no longer.
pub async fn within_deadline<F: Future>(deadline: Option<Instant>, answering: F) -> F::Output {
    match deadline {
        Some(deadline) => DEADLINE.scope(deadline, answering).await,
        None => answering.await,
    }
}

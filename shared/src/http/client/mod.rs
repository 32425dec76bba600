//! Calls from one service to another, on behalf of a caller: bounded in time, in number and in tries.

mod breaker;
mod budget;
mod deadline;
mod settings;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use rand::Rng;
use reqwest::header::{AUTHORIZATION, RETRY_AFTER};
use reqwest::{Method, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::Semaphore;

pub(super) use deadline::deadline_of;
pub use deadline::within_deadline;
pub use settings::ClientSettings;

use super::error::Problem;
use super::request_id::REQUEST_ID;
use crate::auth::Caller;
use crate::telemetry::{self, Measure, Unit};
use breaker::{Breaker, Verdict};
use budget::Budget;
use deadline::DEADLINE;

/// Why a call brought nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// 404: it does not exist, or the caller may not see it.
    #[error("not found")]
    NotFound,
    /// 403.
    #[error("forbidden")]
    Forbidden,
    /// 401: the caller's token is not taken there.
    #[error("unauthorized")]
    Unauthorized,
    /// Any other answer that is no success.
    #[error("refused with {status} {code}")]
    Refused {
        /// The status.
        status: u16,
        /// The problem's code, or empty.
        code: String,
        /// What it said for the client.
        detail: Option<String>,
    },
    /// No answer in time, or none worth the name; or not even asked, because that has been so for a while.
    #[error("unavailable")]
    Unavailable {
        /// When it may be worth another try.
        retry_after: Duration,
    },
}

/// Calls one service. Clones share its limits.
#[derive(Clone)]
pub struct ServiceClient(Arc<Inner>);

struct Inner {
    name: &'static str,
    base: String,
    settings: ClientSettings,
    http: reqwest::Client,
    state: Mutex<State>,
    places: Semaphore,
}

struct State {
    breaker: Breaker,
    budget: Budget,
}

/// What is sent.
#[derive(Clone)]
struct Body {
    content_type: String,
    bytes: Bytes,
}

/// How one try ended.
enum Try {
    Answered(StatusCode, Vec<u8>),
    Failed(Failure),
}

struct Failure {
    why: &'static str,
    /// When the server wants to be asked again.
    wish: Option<Duration>,
    /// Whether another try, at once, may go better.
    passing: bool,
}

impl Failure {
    fn of(why: &'static str) -> Try {
        Try::Failed(Failure { why, wish: None, passing: true })
    }

    /// A gateway's or a draining server's refusal may be another one's success. A 500 is a fault that stays, and 429
    /// a request not to be asked.
    fn answered(status: StatusCode, wish: Option<Duration>) -> Try {
        // One second is what a server says that has no better idea.
        let soon = wish.is_none_or(|wish| wish <= Duration::from_secs(1));
        let passing = soon && matches!(status.as_u16(), 502..=504);
        Try::Failed(Failure { why: "server error", wish, passing })
    }
}

impl ServiceClient {
    /// A client of the service `name` at `base_url`.
    pub fn new(name: &'static str, base_url: &str, settings: ClientSettings) -> Self {
        begin(name);
        let http = reqwest::Client::builder()
            .connect_timeout(settings.total)
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .pool_idle_timeout(Duration::from_secs(15)) // shorter than our servers keep a connection
            .pool_max_idle_per_host(settings.at_once)
            .build()
            .expect("an HTTP client without certificates of its own can be built");
        let state = State { breaker: Breaker::new(settings.rest), budget: Budget::new() };
        let base = base_url.trim_end_matches('/').to_string();
        let places = Semaphore::new(settings.at_once);
        ServiceClient(Arc::new(Inner { name, base, settings, http, state: Mutex::new(state), places }))
    }

    /// GET, with retries.
    pub async fn get<T: DeserializeOwned>(&self, path: &str, caller: &Caller) -> Result<T, CallError> {
        let body = self.call(Method::GET, path, None, caller).await?;
        self.decode(&body)
    }

    /// POST of a JSON body; tried once, for it may have had its effect although no answer came.
    pub async fn post<B: Serialize, T: DeserializeOwned>(
        &self,
        path: &str,
        body: &B,
        caller: &Caller,
    ) -> Result<T, CallError> {
        let body = self.call(Method::POST, path, Some(self.encode(body)?), caller).await?;
        self.decode(&body)
    }

    /// PUT of a JSON body, with retries: a PUT twice is the same as once.
    pub async fn put<B: Serialize, T: DeserializeOwned>(
        &self,
        path: &str,
        body: &B,
        caller: &Caller,
    ) -> Result<T, CallError> {
        let body = self.call(Method::PUT, path, Some(self.encode(body)?), caller).await?;
        self.decode(&body)
    }

    /// PUT of bytes as they are, with retries.
    pub async fn put_bytes<T: DeserializeOwned>(
        &self,
        path: &str,
        content_type: &str,
        bytes: Bytes,
        caller: &Caller,
    ) -> Result<T, CallError> {
        let body = Body { content_type: content_type.to_owned(), bytes };
        let answer = self.call(Method::PUT, path, Some(body), caller).await?;
        self.decode(&answer)
    }

    /// DELETE, with retries. A 404 after a try without an answer may mean that it did work.
    pub async fn delete(&self, path: &str, caller: &Caller) -> Result<(), CallError> {
        self.call(Method::DELETE, path, None, caller).await.map(|_| ())
    }

    fn encode(&self, body: &impl Serialize) -> Result<Body, CallError> {
        let bytes = serde_json::to_vec(body).map_err(|_| broken_contract(0, "unwritable_body"))?;
        Ok(Body { content_type: "application/json".to_owned(), bytes: bytes.into() })
    }

    fn decode<T: DeserializeOwned>(&self, body: &[u8]) -> Result<T, CallError> {
        let body = if body.is_empty() { b"null" } else { body };
        serde_json::from_slice(body).map_err(|error| {
            tracing::error!(service = self.0.name, %error, "a service answered with what is not its contract");
            broken_contract(200, "unreadable_body")
        })
    }

    async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<Body>,
        caller: &Caller,
    ) -> Result<Vec<u8>, CallError> {
        let started = Instant::now();
        let outcome = self.attempt(method, path, body, caller, started).await;
        let label = match &outcome {
            Ok(_) => "ok",
            Err(CallError::Unavailable { .. }) => "unavailable",
            Err(_) => "refused",
        };
        let labels = [("target", self.0.name), ("outcome", label)];
        metrics::counter!("calls_total", &labels).increment(1);
        metrics::histogram!("call_duration_seconds", &labels).record(started.elapsed());
        outcome
    }

    async fn attempt(
        &self,
        method: Method,
        path: &str,
        body: Option<Body>,
        caller: &Caller,
        started: Instant,
    ) -> Result<Vec<u8>, CallError> {
        let Inner { settings, places, name, .. } = &*self.0;
        // Full: this dependency has as many of our requests waiting on it as it is allowed to.
        let _place = places.try_acquire().map_err(|_| self.unavailable("full", None))?;
        let ours = started + settings.total;
        let deadline = DEADLINE.try_with(|theirs| ours.min(*theirs)).unwrap_or(ours);
        let idempotent = method != Method::POST;
        let mut tries = 0;
        self.with_state(|state| state.budget.called());
        loop {
            if let Verdict::Wait(wait) = self.with_state(|state| state.breaker.ask(Instant::now())) {
                return Err(self.unavailable("breaker open", Some(wait)));
            }
            tries += 1;
            let outcome = self.once(&method, path, body.clone(), caller, deadline).await;
            let failed = matches!(outcome, Try::Failed(_));
            if self.with_state(|state| state.breaker.record(!failed, Instant::now())) {
                metrics::counter!("breaker_openings_total", "target" => *name).increment(1);
            }
            let Failure { why, wish, passing } = match outcome {
                Try::Answered(status, body) => return answered(status, body),
                Try::Failed(failure) => failure,
            };
            tracing::debug!(target_service = name, why, tries, "a call failed");
            let pause = settings.pause(tries, rand::rng().random_range(0.0..1.0));
            let in_time = Instant::now() + pause < deadline;
            let again = idempotent && passing && tries < settings.tries && in_time;
            if !again || !self.with_state(|state| state.budget.may_retry()) {
                return Err(self.unavailable(why, wish));
            }
            tokio::time::sleep(pause).await;
        }
    }

    async fn once(
        &self,
        method: &Method,
        path: &str,
        body: Option<Body>,
        caller: &Caller,
        deadline: Instant,
    ) -> Try {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Failure::of("no time left");
        }
        let limit = left.min(self.0.settings.each);
        let mut request = self
            .0
            .http
            .request(method.clone(), format!("{}{path}", self.0.base))
            .timeout(limit)
            .header(AUTHORIZATION, format!("Bearer {}", caller.token()))
            .header(deadline::HEADER, limit.as_millis().to_string());
        if let Some(id) = telemetry::current_correlation() {
            request = request.header(REQUEST_ID, id);
        }
        if let Some(trace) = telemetry::traceparent() {
            request = request.header("traceparent", trace);
        }
        if let Some(body) = body {
            request = request.header("content-type", body.content_type).body(body.bytes);
        }
        let response = match request.send().await {
            Ok(response) => response,
            Err(error) if error.is_timeout() => return Failure::of("timeout"),
            Err(error) if error.is_connect() => return Failure::of("no connection"),
            Err(_) => return Failure::of("broken off"),
        };
        let status = response.status();
        if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
            let wish =
                response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
            return Failure::answered(status, wish.map(Duration::from_secs));
        }
        match response.bytes().await {
            Ok(body) => Try::Answered(status, body.into()),
            Err(_) => Failure::of("broken off"),
        }
    }

    fn with_state<R>(&self, act: impl FnOnce(&mut State) -> R) -> R {
        act(&mut self.0.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn unavailable(&self, why: &'static str, retry_after: Option<Duration>) -> CallError {
        tracing::warn!(target_service = self.0.name, why, "a service is away");
        CallError::Unavailable { retry_after: retry_after.unwrap_or(Duration::from_secs(1)) }
    }
}

/// Describes what is counted of the calls to a service, all of it at zero.
fn begin(target: &'static str) {
    let own = [("target", target)];
    let calls = Measure::counter("calls_total", Unit::Count, "Calls to another service.");
    let lasting = Measure::histogram("call_duration_seconds", Unit::Seconds, "How long such a call took.");
    for outcome in ["ok", "refused", "unavailable"] {
        calls.series(&[own[0], ("outcome", outcome)]);
        lasting.series(&[own[0], ("outcome", outcome)]);
    }
    Measure::counter(
        "breaker_openings_total",
        Unit::Count,
        "Times that a service was left alone, having failed.",
    )
    .series(&own);
}

fn answered(status: StatusCode, body: Vec<u8>) -> Result<Vec<u8>, CallError> {
    match status {
        status if status.is_success() => Ok(body),
        StatusCode::NOT_FOUND => Err(CallError::NotFound),
        StatusCode::FORBIDDEN => Err(CallError::Forbidden),
        StatusCode::UNAUTHORIZED => Err(CallError::Unauthorized),
        status => {
            let (code, detail) = serde_json::from_slice::<Problem>(&body)
                .map(|problem| (problem.code, problem.detail))
                .unwrap_or_default();
            Err(CallError::Refused { status: status.as_u16(), code, detail })
        }
    }
}

/// Not what a service of ours says.
fn broken_contract(status: u16, code: &str) -> CallError {
    CallError::Refused { status, code: code.to_owned(), detail: None }
}

//! [`ApiError`]: what goes wrong, on its way to the client as `application/problem+json` (RFC 9457).

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::{HttpResponse, ResponseError};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::code::Code;
use crate::telemetry;

/// The media type of every error body.
pub const PROBLEM_JSON: &str = "application/problem+json";

/// An error as the client is to see it. The cause of an internal one is logged once, at the boundary, and never sent.
pub struct ApiError(Box<Parts>);

struct Parts {
    code: Code,
    detail: Option<String>,
    errors: Vec<FieldError>,
    retry_after: Option<Duration>,
    headers: Vec<(HeaderName, HeaderValue)>,
    cause: Option<String>,
}

/// What is wrong with one field of the input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FieldError {
    /// The field's path in the body, in camelCase, as in `preferences.language` or `items[0].name`.
    pub field: String,
    /// A stable snake_case word, as in `too_long`.
    #[schema(value_type = String)]
    pub code: Cow<'static, str>,
    /// The fault in words.
    pub message: String,
}

/// The body of every error (RFC 9457).
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    /// A URI that names the kind of problem.
    #[serde(rename = "type")]
    #[schema(example = "urn:helpdesk:problem:not_found")]
    pub kind: String,
    /// The kind of problem in words.
    pub title: String,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599)]
    pub status: u16,
    /// What happened this time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The kind of problem as a stable snake_case word.
    pub code: String,
    /// The request's id, as in the `X-Request-Id` header and in the logs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// For invalid input: each field and its fault.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
}

impl ApiError {
    /// An error of this kind, to be refined by the methods below.
    pub fn new(code: Code) -> Self {
        let (detail, errors, retry_after, headers, cause) = (None, Vec::new(), None, Vec::new(), None);
        ApiError(Box::new(Parts { code, detail, errors, retry_after, headers, cause }))
    }

    /// 404, for what does not exist and for what the caller may not see, alike.
    pub fn not_found() -> Self {
        ApiError::new(Code::NotFound)
    }

    /// 422 for a single field.
    pub fn validation(field: &str, code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        ApiError::new(Code::ValidationFailed).field(field, code, message)
    }

    /// 500. `cause` is logged when the error is answered, and never sent.
    pub fn internal(cause: impl fmt::Display) -> Self {
        ApiError::new(Code::Internal).caused_by(cause)
    }

    /// 503 because a dependency is away; `cause` is logged and never sent. `Retry-After` is 1 s unless set.
    pub fn unavailable(cause: impl fmt::Display) -> Self {
        ApiError::new(Code::DependencyUnavailable).caused_by(cause)
    }

    /// What happened this time, in words for the client.
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.0.detail = Some(detail.into());
        self
    }

    /// Adds a field's fault to `errors`.
    pub fn field(
        mut self,
        field: &str,
        code: impl Into<Cow<'static, str>>,
        message: impl Into<String>,
    ) -> Self {
        self.0.errors.push(FieldError { field: field.into(), code: code.into(), message: message.into() });
        self
    }

    /// Adds all these to `errors`.
    pub fn fields(mut self, errors: impl IntoIterator<Item = FieldError>) -> Self {
        self.0.errors.extend(errors);
        self
    }

    /// Sets `Retry-After`, in whole seconds rounded up. 429 and 503 have it in any case.
    pub fn retry_after(mut self, after: Duration) -> Self {
        self.0.retry_after = Some(after);
        self
    }

    /// Adds a response header; one that is not valid in HTTP is left out.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::from_str(value)) {
            self.0.headers.push((name, value));
        }
        self
    }

    /// Remembers why, for the log.
    pub fn caused_by(mut self, cause: impl fmt::Display) -> Self {
        self.0.cause = Some(format!("{cause:#}"));
        self
    }

    /// The error's row in the table of codes.
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        self.0.code.status()
    }

    /// What is wrong with each field.
    pub fn errors(&self) -> &[FieldError] {
        &self.0.errors
    }

    /// What is to be logged and not to be sent.
    pub(crate) fn cause(&self) -> Option<&str> {
        self.0.cause.as_deref()
    }

    /// The body, with the id of the request that is being answered.
    pub fn problem(&self) -> Problem {
        let code = self.0.code;
        Problem {
            kind: format!("urn:helpdesk:problem:{}", code.as_str()),
            title: code.title().into(),
            status: code.status().as_u16(),
            detail: self.0.detail.clone(),
            code: code.as_str().into(),
            request_id: telemetry::current_correlation(),
            errors: self.0.errors.clone(),
        }
    }
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        self.status()
    }

    fn error_response(&self) -> HttpResponse {
        let status = self.status();
        let mut response = HttpResponse::build(status);
        response.insert_header((header::CONTENT_TYPE, PROBLEM_JSON));
        if status == StatusCode::UNAUTHORIZED {
            response.insert_header((header::WWW_AUTHENTICATE, challenge(self.0.code)));
        }
        let retry_after = match (self.0.retry_after, status) {
            (None, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) => {
                Some(Duration::from_secs(1))
            }
            (given, _) => given,
        };
        if let Some(after) = retry_after {
            response.insert_header((header::RETRY_AFTER, whole_seconds(after).to_string()));
        }
        for (name, value) in &self.0.headers {
            response.insert_header((name.clone(), value.clone()));
        }
        response.body(serde_json::to_string(&self.problem()).expect("a problem is plain strings and numbers"))
    }
}

/// RFC 6750: the parameter `error` only where a token was there to be refused.
fn challenge(code: Code) -> &'static str {
    match code {
        Code::InvalidToken | Code::TokenExpired | Code::TokenRevoked => r#"Bearer error="invalid_token""#,
        _ => "Bearer",
    }
}

/// Rounded up, and never 0: a client that waits no time at all has not been told to wait.
fn whole_seconds(duration: Duration) -> u64 {
    let rounded = duration.as_secs() + u64::from(duration.subsec_nanos() > 0);
    rounded.max(1)
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.code.as_str())?;
        match &self.0.detail {
            Some(detail) => write!(f, ": {detail}"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiError")
            .field("code", &self.0.code)
            .field("detail", &self.0.detail)
            .field("errors", &self.0.errors)
            .field("cause", &self.0.cause)
            .finish()
    }
}

impl std::error::Error for ApiError {}

#[cfg(test)]
mod tests {
    use actix_web::body::to_bytes;

    use super::*;

    async fn body(error: &ApiError) -> Problem {
        let bytes = to_bytes(error.error_response().into_body()).await.unwrap();
        serde_json::from_slice(&bytes).unwrap()
    }

    fn header_of(error: &ApiError, name: header::HeaderName) -> Option<String> {
        error.error_response().headers().get(name).map(|value| value.to_str().unwrap().to_string())
    }

    #[actix_web::test]
    async fn an_internal_cause_is_never_sent() {
        let error = ApiError::internal("password authentication failed for user helpdesk");
        let problem = body(&error).await;
        assert_eq!(problem.code, "internal");
        assert!(!serde_json::to_string(&problem).unwrap().contains("password"));
        assert_eq!(error.cause(), Some("password authentication failed for user helpdesk"));
    }

    #[actix_web::test]
    async fn invalid_input_names_each_field() {
        let error = ApiError::validation("title", "too_long", "at most 255 characters").field("a", "b", "c");
        let problem = body(&error).await;
        assert_eq!((problem.status, problem.errors.len()), (422, 2));
        assert_eq!(problem.kind, "urn:helpdesk:problem:validation_failed");
    }

    #[test]
    fn the_headers_that_a_status_asks_for_are_there() {
        assert_eq!(
            header_of(&ApiError::new(Code::MissingToken), header::WWW_AUTHENTICATE).unwrap(),
            "Bearer"
        );
        let expired = header_of(&ApiError::new(Code::TokenExpired), header::WWW_AUTHENTICATE).unwrap();
        assert!(expired.starts_with("Bearer error="));
        assert_eq!(header_of(&ApiError::new(Code::Starting), header::RETRY_AFTER).unwrap(), "1");
        let limited = ApiError::new(Code::TooManyAttempts).retry_after(Duration::from_millis(2_001));
        assert_eq!(header_of(&limited, header::RETRY_AFTER).unwrap(), "3");
        assert_eq!(header_of(&ApiError::not_found(), header::RETRY_AFTER), None);
    }

    #[test]
    fn a_header_with_a_line_break_is_left_out() {
        let error = ApiError::new(Code::Conflict).header("x-test", "a\r\nset-cookie: b");
        assert_eq!(error.error_response().headers().get("x-test"), None);
    }
}

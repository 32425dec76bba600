//! [`Answer`]: what a handler says on success, as data that can be kept and said again.

use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, Responder};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::conditional;
use super::error::ApiError;

/// A status, headers and a JSON body.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Answer {
    status: u16,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    headers: Vec<(String, String)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    body: Option<Box<RawValue>>,
}

impl Answer {
    /// 200 with a body.
    pub fn ok(body: &impl Serialize) -> Self {
        Answer::with(StatusCode::OK, body)
    }

    /// 200 with a body that was written as JSON before; nothing if it was not.
    pub fn again(body: String) -> Option<Self> {
        let body = RawValue::from_string(body).ok()?;
        Some(Answer { status: 200, headers: Vec::new(), body: Some(body) })
    }

    /// 201 with `Location` and the resource.
    pub fn created(location: impl Into<String>, body: &impl Serialize) -> Self {
        Answer::with(StatusCode::CREATED, body).header("location", location)
    }

    /// 202, and nothing else.
    pub fn accepted() -> Self {
        Answer { status: 202, headers: Vec::new(), body: None }
    }

    /// 202 with a body.
    pub fn accepted_with(body: &impl Serialize) -> Self {
        Answer::with(StatusCode::ACCEPTED, body)
    }

    /// 204.
    pub fn no_content() -> Self {
        Answer { status: 204, headers: Vec::new(), body: None }
    }

    /// 304: the client has it already. To be given the `ETag` that matched.
    pub fn not_modified() -> Self {
        Answer { status: 304, headers: Vec::new(), body: None }
    }

    /// Any status with a body.
    pub fn with(status: StatusCode, body: &impl Serialize) -> Self {
        match serde_json::value::to_raw_value(body) {
            Ok(body) => Answer { status: status.as_u16(), headers: Vec::new(), body: Some(body) },
            // Only a type that JSON cannot hold gets here (a map with keys that are no strings).
            Err(error) => {
                tracing::error!(%error, body = std::any::type_name_of_val(body), "an answer cannot be written as JSON");
                Answer { status: 500, headers: Vec::new(), body: None }
            }
        }
    }

    /// Adds a header; one that is not valid in HTTP is left out.
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_string(), value.into()));
        self
    }

    /// Adds the `ETag` of a version.
    pub fn etag(self, version: i64) -> Self {
        self.header("etag", conditional::etag(version))
    }

    /// The status.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The body as JSON.
    pub fn body(&self) -> Option<&str> {
        self.body.as_deref().map(RawValue::get)
    }
}

impl Responder for Answer {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse<BoxBody> {
        let status = match StatusCode::from_u16(self.status) {
            Ok(status) if !status.is_server_error() => status,
            _ => return HttpResponse::from_error(ApiError::internal("an answer could not be written")),
        };
        let mut response = HttpResponse::build(status);
        for (name, value) in &self.headers {
            if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::from_str(value)) {
                response.append_header((name, value));
            }
        }
        match self.body {
            Some(body) => {
                response.insert_header((header::CONTENT_TYPE, "application/json"));
                response.body(String::from(Box::<str>::from(body)))
            }
            None => response.finish(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_survives_being_stored() {
        let answer = Answer::created("/tickets/1", &serde_json::json!({"a": [1, 2]})).etag(1);
        let stored = serde_json::to_string(&answer).unwrap();
        let again: Answer = serde_json::from_str(&stored).unwrap();
        assert_eq!((again.status(), again.body()), (201, Some(r#"{"a":[1,2]}"#)));
        assert_eq!(serde_json::to_string(&again).unwrap(), stored);
        assert_eq!(serde_json::to_string(&Answer::no_content()).unwrap(), r#"{"status":204}"#);
    }

    #[actix_web::test]
    async fn an_answer_is_said_with_its_headers() {
        let request = actix_web::test::TestRequest::get().to_http_request();
        let response = Answer::created("/tickets/1", &[1]).etag(3).respond_to(&request);
        assert_eq!(response.status(), 201);
        assert_eq!(response.headers().get("etag").unwrap(), "\"3\"");
        assert_eq!(response.headers().get("location").unwrap(), "/tickets/1");
        let bytes = actix_web::body::to_bytes(response.into_body()).await.unwrap();
        assert_eq!(bytes, "[1]");
    }
}

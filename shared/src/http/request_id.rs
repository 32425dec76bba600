//! `X-Request-Id`: taken or made, answered, logged, and carried on into events as their correlation id.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::HeaderMap;
use actix_web::{FromRequest, HttpMessage, HttpRequest};

use super::error::ApiError;
use crate::clock::Timestamp;
use crate::ids::uuid_at;

/// The header.
pub const REQUEST_ID: &str = "x-request-id";

/// The id of the request that is being answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(pub String);

impl RequestId {
    /// What the client sent, if it is 1 to 128 letters, digits and `-_.:/+=@`; else a new one.
    pub(super) fn of(headers: &HeaderMap, now: Timestamp) -> Self {
        let given = headers.get(REQUEST_ID).and_then(|value| value.to_str().ok());
        match given {
            Some(id) if is_sane(id) => RequestId(id.to_string()),
            _ => RequestId(uuid_at(now).simple().to_string()),
        }
    }
}

/// It goes into logs, events and headers: nothing in it may mean anything there.
fn is_sane(id: &str) -> bool {
    let sane = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:/+=@".contains(&byte);
    (1..=128).contains(&id.len()) && id.bytes().all(sane)
}

impl FromRequest for RequestId {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let found = req.extensions().get::<RequestId>().cloned();
        ready(found.ok_or_else(|| ApiError::internal("the server gave the request no id")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_harmless_id_is_taken() {
        assert!(is_sane("0199-abc_DEF.1:2/3+4=@"));
        for id in ["", "a b", "a\"b", "ü", "a;b", &"x".repeat(129)] {
            assert!(!is_sane(id), "{id}");
        }
    }
}

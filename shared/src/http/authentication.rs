//! The caller of a request: verified once, before the routes, and handed to whichever handler asks for one.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::{self, HeaderMap};
use actix_web::{FromRequest, HttpMessage, HttpRequest};

use super::code::Code;
use super::error::ApiError;
use crate::auth::{Admin, Agent, Caller, MaybeCaller, Role, TokenError, TokenVerifier};

/// What is known of the caller. Lies in the request's extensions.
pub(crate) struct Authentication(Result<Caller, TokenError>);

impl Authentication {
    /// Verifies the bearer token, if there is one. A public route does not mind when it is refused.
    pub(super) async fn of(headers: &HeaderMap, guard: &TokenVerifier) -> Self {
        Authentication(match bearer(headers) {
            Ok(token) => guard.verify(token).await,
            Err(error) => Err(error),
        })
    }

    pub(crate) fn caller(&self) -> Result<&Caller, TokenError> {
        self.0.as_ref().map_err(TokenError::clone)
    }
}

/// RFC 6750, 2.1. Only the header: a token in a URL ends up in logs.
fn bearer(headers: &HeaderMap) -> Result<&str, TokenError> {
    let mut values = headers.get_all(header::AUTHORIZATION);
    let value = values.next().ok_or(TokenError::Missing)?;
    if values.next().is_some() {
        return Err(TokenError::Invalid("two Authorization headers"));
    }
    let text = value.to_str().map_err(|_| TokenError::Invalid("not ASCII"))?;
    match text.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Ok(token.trim()),
        _ => Err(TokenError::Missing),
    }
}

fn caller(req: &HttpRequest) -> Result<Caller, ApiError> {
    let extensions = req.extensions();
    let known =
        extensions.get::<Authentication>().ok_or_else(|| ApiError::internal("no token was looked for"))?;
    Ok(known.caller()?.clone())
}

fn at_least(req: &HttpRequest, role: Role) -> Result<Caller, ApiError> {
    let caller = caller(req)?;
    if caller.is(role) {
        return Ok(caller);
    }
    metrics::counter!("access_refusals_total", "needed" => role.as_str()).increment(1);
    tracing::info!(user = %caller.user_id, role = %caller.role, needed = %role, "a role too low was refused");
    Err(ApiError::new(Code::Forbidden).detail(format!("The role {role} is needed.")))
}

impl FromRequest for Caller {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(caller(req))
    }
}

impl FromRequest for Agent {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(at_least(req, Role::Agent).map(Agent))
    }
}

impl FromRequest for Admin {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(at_least(req, Role::Admin).map(Admin))
    }
}

impl FromRequest for MaybeCaller {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let extensions = req.extensions();
        let caller = extensions.get::<Authentication>().and_then(|known| known.caller().ok().cloned());
        ready(Ok(MaybeCaller(caller)))
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    #[test]
    fn a_token_comes_from_one_bearer_header() {
        let with = |values: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(header::AUTHORIZATION, HeaderValue::from_str(value).unwrap());
            }
            bearer(&headers).map(str::to_string)
        };
        assert_eq!(with(&["Bearer abc"]), Ok("abc".into()));
        assert_eq!(with(&["bearer  abc"]), Ok("abc".into()));
        assert_eq!(with(&[]), Err(TokenError::Missing));
        assert_eq!(with(&["Basic abc"]), Err(TokenError::Missing));
        assert_eq!(with(&["Bearer"]), Err(TokenError::Missing));
        assert!(matches!(with(&["Bearer a", "Bearer b"]), Err(TokenError::Invalid(_))));
    }
}

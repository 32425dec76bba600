//! Versions in headers: `ETag`, `If-Match`, `If-None-Match` (RFC 9110, 13.1).

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::{self, HeaderName};
use actix_web::{FromRequest, HttpRequest};

use super::code::Code;
use super::error::ApiError;

/// The entity tag of a version: `"3"`.
pub fn etag(version: i64) -> String {
    format!("\"{version}\"")
}

/// The versions that a write may be applied to; without the header, any.
#[derive(Clone, Debug, Default)]
pub struct IfMatch(Option<Tags>);

impl ApiError {
    /// 412 `precondition_failed`, with the `ETag` of what is there.
    pub fn precondition_failed(current: i64) -> Self {
        ApiError::new(Code::PreconditionFailed).header("etag", &etag(current))
    }
}

/// The representations that the client has already.
#[derive(Clone, Debug, Default)]
pub struct IfNoneMatch(Option<Tags>);

#[derive(Clone, Debug, PartialEq)]
enum Tags {
    Any,
    /// Without `W/`: a proxy that compresses weakens a tag in passing, and a version says the same either way.
    These(Vec<String>),
}

impl IfMatch {
    /// Whether a write may be applied to this version.
    pub fn allows(&self, current: i64) -> bool {
        match &self.0 {
            Some(Tags::These(tags)) => tags.contains(&etag(current)),
            Some(Tags::Any) | None => true,
        }
    }
}

impl IfNoneMatch {
    /// Whether the client has this representation already, so that 304 is the answer to a GET.
    pub fn matches(&self, etag: &str) -> bool {
        match &self.0 {
            Some(Tags::Any) => true,
            Some(Tags::These(tags)) => tags.iter().any(|tag| tag == etag.trim_start_matches("W/")),
            None => false,
        }
    }
}

impl FromRequest for IfMatch {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(tags(req, header::IF_MATCH).map(IfMatch))
    }
}

impl FromRequest for IfNoneMatch {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(tags(req, header::IF_NONE_MATCH).map(IfNoneMatch))
    }
}

fn tags(req: &HttpRequest, name: HeaderName) -> Result<Option<Tags>, ApiError> {
    let mut values = req.headers().get_all(&name).peekable();
    if values.peek().is_none() {
        return Ok(None);
    }
    let texts: Option<Vec<&str>> = values.map(|value| value.to_str().ok()).collect();
    texts.and_then(|texts| parse(&texts.join(","))).map(Some).ok_or_else(|| {
        ApiError::new(Code::BadHeader).detail(format!("{name} must be * or a list of quoted entity tags."))
    })
}

fn parse(text: &str) -> Option<Tags> {
    if text.trim() == "*" {
        return Some(Tags::Any);
    }
    let (mut rest, mut tags) = (text, Vec::new());
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        if rest.is_empty() {
            break;
        }
        let opened = rest.strip_prefix("W/").unwrap_or(rest).strip_prefix('"')?;
        let end = opened.find('"')?;
        tags.push(format!("\"{}\"", &opened[..end]));
        rest = &opened[end + 1..];
        if !rest.is_empty() && !rest.starts_with([' ', '\t', ',']) {
            return None;
        }
    }
    (!tags.is_empty()).then_some(Tags::These(tags))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn if_match(text: &str) -> IfMatch {
        IfMatch(Some(parse(text).unwrap()))
    }

    #[test]
    fn a_write_is_held_to_the_version_it_asks_for() {
        for allowed in ["\"3\"", "W/\"3\"", "\"1\", \"3\"", "*"] {
            assert!(if_match(allowed).allows(3), "{allowed}");
        }
        assert!(IfMatch::default().allows(3));
        assert!(!if_match("\"2\"").allows(3) && !if_match("\"abc\"").allows(3));
    }

    #[test]
    fn a_representation_that_the_client_has_is_recognised() {
        let has = IfNoneMatch(parse("W/\"a,b\", \"c\""));
        assert!(has.matches("\"a,b\"") && has.matches("W/\"c\""));
        assert!(!has.matches("\"d\"") && !IfNoneMatch::default().matches("\"d\""));
    }

    #[test]
    fn what_is_not_a_list_of_tags_is_refused() {
        for text in ["3", "\"3", "\"3\"x", "", ",", "W/3", "* , \"3\""] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}

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
    /// 412 `precondition_failed` when the header asks for other versions than `current`.
    pub fn check(&self, current: i64) -> Result<(), ApiError> {
        match &self.0 {
            Some(Tags::These(tags)) if !tags.contains(&etag(current)) => {
                Err(ApiError::new(Code::PreconditionFailed).header("etag", &etag(current)))
            }
            _ => Ok(()),
        }
    }

    /// The version asked for; `None` without the header, for `*`, and for several.
    pub fn version(&self) -> Option<i64> {
        match &self.0 {
            Some(Tags::These(tags)) if tags.len() == 1 => tags[0].trim_matches('"').parse().ok(),
            _ => None,
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
        assert!(if_match("\"3\"").check(3).is_ok());
        assert!(if_match("W/\"3\"").check(3).is_ok());
        assert!(if_match("\"1\", \"3\"").check(3).is_ok());
        assert!(if_match("*").check(3).is_ok());
        assert!(IfMatch::default().check(3).is_ok());
        assert_eq!(if_match("\"2\"").check(3).unwrap_err().code(), Code::PreconditionFailed);
        assert_eq!(if_match("\"abc\"").check(3).unwrap_err().code(), Code::PreconditionFailed);
        assert_eq!((if_match("\"2\"").version(), if_match("*").version()), (Some(2), None));
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

//! Query strings and path parameters.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::code::Code;
use super::error::ApiError;
use crate::page::PageParams;

/// The query string as a struct (`#[serde(rename_all = "camelCase", deny_unknown_fields)]`, never `flatten`). 400
/// `bad_query` names the parameter that is wrong, unknown or repeated.
pub struct Params<T>(pub T);

/// The query string of a list: `limit`, `cursor` and `sort` apart from the list's own filters.
pub struct Listing<T> {
    /// What every list takes.
    pub page: PageParams,
    /// The list's own parameters, with the same rules as [`Params`].
    pub filter: T,
}

/// The filter of a list that has none.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoFilter {}

/// The path's parameter (or a tuple of them). One that cannot be read names nothing that exists: 404.
pub struct PathId<T>(pub T);

impl<T: DeserializeOwned> FromRequest for Params<T> {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(pairs(req.query_string()).and_then(|pairs| decode(&pairs)).map(Params))
    }
}

impl<T: DeserializeOwned> FromRequest for Listing<T> {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let (page, filter): (Vec<_>, Vec<_>) = match pairs(req.query_string()) {
            Ok(pairs) => {
                pairs.into_iter().partition(|(name, _)| matches!(name.as_str(), "limit" | "cursor" | "sort"))
            }
            Err(error) => return ready(Err(error)),
        };
        ready(decode(&page).and_then(|page| Ok(Listing { page, filter: decode(&filter)? })))
    }
}

impl<T: DeserializeOwned + 'static> FromRequest for PathId<T> {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        if req.match_info().iter().any(|(_, value)| value.contains('\0')) {
            return ready(Err(ApiError::not_found()));
        }
        let path = web::Path::<T>::from_request(req, payload).into_inner();
        ready(path.map(|path| PathId(path.into_inner())).map_err(|_| ApiError::not_found()))
    }
}

fn pairs(query: &str) -> Result<Vec<(String, String)>, ApiError> {
    let pairs: Vec<(String, String)> =
        serde_urlencoded::from_str(query).map_err(|_| ApiError::new(Code::BadQuery))?;
    for (name, value) in &pairs {
        if name.contains('\0') || value.contains('\0') {
            return Err(bad_query(name.trim_matches('\0'), "must not contain the character U+0000"));
        }
    }
    Ok(pairs)
}

fn decode<T: DeserializeOwned>(pairs: &[(String, String)]) -> Result<T, ApiError> {
    let encoded = serde_urlencoded::to_string(pairs).map_err(|_| ApiError::new(Code::BadQuery))?;
    let deserializer = serde_urlencoded::Deserializer::new(form_pairs(&encoded));
    serde_path_to_error::deserialize(deserializer).map_err(|error| {
        let path = error.path().to_string();
        fault(path.trim_matches('.'), &error.into_inner().to_string())
    })
}

fn form_pairs(encoded: &str) -> form_urlencoded::Parse<'_> {
    form_urlencoded::parse(encoded.as_bytes())
}

fn fault(path: &str, text: &str) -> ApiError {
    let quoted = |start| text.strip_prefix(start).and_then(|rest: &str| rest.split('`').next());
    if let Some(name) = quoted("unknown field `") {
        return bad_query(name, "is not known here");
    }
    if let Some(name) = quoted("duplicate field `") {
        return bad_query(name, "is given twice");
    }
    if let Some(name) = quoted("missing field `") {
        return bad_query(name, "is required");
    }
    match text.rsplit_once("expected ") {
        Some((_, expected)) => bad_query(path, &format!("must be {expected}")),
        None => bad_query(path, "is not valid"),
    }
}

/// 400 `bad_query` for one parameter.
pub fn bad_query(name: &str, message: &str) -> ApiError {
    ApiError::new(Code::BadQuery).detail(format!("{name} {message}.")).field(name, "bad_query", message)
}

#[cfg(test)]
mod tests {
    use super::super::When;
    use super::*;

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    struct Filter {
        created_from: Option<When>,
        count: Option<u8>,
        overdue: Option<bool>,
        q: Option<String>,
    }

    fn filter(query: &str) -> Result<Filter, ApiError> {
        decode(&pairs(query)?)
    }

    #[test]
    fn a_query_is_read_into_its_types() {
        let found = filter("count=7&overdue=true&q=a%20b%26c&createdFrom=2026-01-31T10:00:00Z").unwrap();
        assert_eq!((found.count, found.overdue, found.q.as_deref()), (Some(7), Some(true), Some("a b&c")));
        assert_eq!(serde_json::json!(found.created_from), "2026-01-31T10:00:00Z");
    }

    #[test]
    fn a_bad_parameter_is_named() {
        let cases = [
            ("nope=1", "nope"),
            ("count=300", "count"),
            ("count=", "count"),
            ("overdue=maybe", "overdue"),
            ("count=1&count=2", "count"),
            ("q=a%00b", "q"),
            ("createdFrom=yesterday", "createdFrom"),
            ("createdFrom=%2B262000-01-01T00:00:00Z", "createdFrom"),
            ("createdFrom=0001-01-01T00:00:00Z", "createdFrom"),
        ];
        for (query, name) in cases {
            let error = filter(query).unwrap_err();
            assert_eq!((error.code(), error.errors()[0].field.as_str()), (Code::BadQuery, name), "{query}");
        }
    }
}

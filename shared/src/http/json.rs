//! JSON from strangers: bounded before it is parsed, and its faults told apart (400 cannot be read, 422 wrong value).

use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::Value;
use serde_json::error::Category;

use super::code::Code;
use super::error::ApiError;

/// How deep objects and arrays may be nested.
pub const MAX_DEPTH: usize = 32;

/// Decodes an object: 400 for what is malformed, too deep, or has an unknown or repeated field; 422 for a missing
/// field, a wrong type, or a NUL character (PostgreSQL's text cannot hold one).
pub(crate) fn decode<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiError> {
    let scan = scan(body)?;
    if scan.escaped_nul {
        return Err(nul_fields(body)?);
    }
    if body.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'{') {
        well_formed(body)?;
        return Err(ApiError::validation("", "invalid_type", "the body must be a JSON object"));
    }
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let path = error.path().to_string();
        fault(body, &path, error.inner())
    })?;
    deserializer.end().map_err(|error| malformed(&error))?;
    Ok(value)
}

#[derive(Debug, Default, PartialEq)]
struct Scan {
    escaped_nul: bool,
}

/// One pass over the bytes, without a stack: the depth is known before a parser recurses into it.
fn scan(body: &[u8]) -> Result<Scan, ApiError> {
    let (mut depth, mut in_string, mut found) = (0_usize, false, Scan::default());
    let mut at = 0;
    while let Some(&byte) = body.get(at) {
        match byte {
            b'\\' if in_string => {
                found.escaped_nul |= body[at + 1..].starts_with(b"u0000");
                at += 1; // what follows is escaped, were it a quote
            }
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => {
                depth += 1;
                if depth > MAX_DEPTH {
                    let detail = format!("Objects and arrays may be nested {MAX_DEPTH} deep at most.");
                    return Err(ApiError::new(Code::MalformedJson).detail(detail));
                }
            }
            b'}' | b']' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
        at += 1;
    }
    Ok(found)
}

fn well_formed(body: &[u8]) -> Result<(), ApiError> {
    serde_json::from_slice::<IgnoredAny>(body).map(|_| ()).map_err(|error| malformed(&error))
}

fn malformed(error: &serde_json::Error) -> ApiError {
    let text = match error.classify() {
        Category::Eof => "The body ends too early".to_string(),
        _ => format!("The body cannot be read as JSON at line {}, column {}", error.line(), error.column()),
    };
    ApiError::new(Code::MalformedJson).detail(format!("{text}."))
}

/// The 422 that names each string or key with a NUL in it.
fn nul_fields(body: &[u8]) -> Result<ApiError, ApiError> {
    let value: Value = serde_json::from_slice(body).map_err(|error| malformed(&error))?;
    let mut fields = Vec::new();
    find_nul(&value, String::new(), &mut fields);
    let error = ApiError::new(Code::ValidationFailed);
    Ok(fields.iter().fold(error, |error, field| {
        error.field(field, "invalid_character", "must not contain the character U+0000")
    }))
}

fn find_nul(value: &Value, path: String, found: &mut Vec<String>) {
    match value {
        Value::String(text) if text.contains('\0') => found.push(path),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                find_nul(item, format!("{path}[{index}]"), found);
            }
        }
        Value::Object(fields) => {
            for (key, item) in fields {
                if key.contains('\0') {
                    found.push(path.clone());
                } else {
                    find_nul(item, joined(&path, key), found);
                }
            }
        }
        _ => {}
    }
}

/// Serde tells its kinds of error apart by their text only. The texts are stable; a test here holds each.
fn fault(body: &[u8], path: &str, error: &serde_json::Error) -> ApiError {
    if error.classify() != Category::Data {
        return malformed(error);
    }
    // What is malformed further on outranks a wrong value here.
    if let Err(error) = well_formed(body) {
        return error;
    }
    let text = error.to_string();
    let text = text.rsplit_once(" at line ").map_or(text.as_str(), |(text, _)| text);
    let path = if path == "." { "" } else { path };
    if let Some(name) = quoted(text, "unknown field `") {
        let field = joined(path, name);
        let error = ApiError::new(Code::UnknownField).detail(format!("Unknown field: {field}."));
        return error.field(&field, "unknown_field", "is not known here");
    }
    if let Some(name) = quoted(text, "duplicate field `") {
        let field = joined(path, name);
        let error = ApiError::new(Code::DuplicateField).detail(format!("Field given twice: {field}."));
        return error.field(&field, "duplicate_field", "is given twice");
    }
    if let Some(name) = quoted(text, "missing field `") {
        return ApiError::validation(&joined(path, name), "required", "is required");
    }
    // Serde's own sentences quote the value; it may be a password, so only what was expected is repeated.
    let code = match text.split(':').next() {
        Some("invalid type") => "invalid_type",
        _ => "invalid_value",
    };
    let message = match text.rsplit_once("expected ") {
        Some((_, expected)) => format!("must be {}", shortened(expected)),
        None => "is not valid".to_string(),
    };
    ApiError::validation(path, code, message)
}

fn shortened(text: &str) -> &str {
    text.char_indices().nth(200).map_or(text, |(end, _)| &text[..end])
}

fn quoted<'a>(text: &'a str, start: &str) -> Option<&'a str> {
    text.strip_prefix(start)?.split('`').next()
}

/// The path to a field of the object at `path`; some of serde's errors carry the field in the path already.
fn joined(path: &str, field: &str) -> String {
    if path.is_empty() {
        field.to_string()
    } else if path == field || path.ends_with(&format!(".{field}")) {
        path.to_string()
    } else {
        format!("{path}.{field}")
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    struct In {
        first_name: String,
        level: Option<Level>,
        inner: Option<Inner>,
        anything: Option<Value>,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(rename_all = "UPPERCASE")]
    enum Level {
        Low,
        High,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    struct Inner {
        max_count: u8,
    }

    fn refused(body: &str) -> (u16, &'static str, String, String) {
        let error = decode::<In>(body.as_bytes()).unwrap_err();
        let (field, code) = match error.errors().first() {
            Some(first) => (first.field.clone(), first.code.to_string()),
            None => Default::default(),
        };
        (error.status().as_u16(), error.code().as_str(), field, code)
    }

    fn nested(depth: usize) -> String {
        let levels = depth - 1; // the outer object is one
        format!(r#"{{"firstName":"a","anything":{}{}}}"#, "[".repeat(levels), "]".repeat(levels))
    }

    #[test]
    fn what_cannot_be_read_is_400() {
        let cases = [
            "",
            "   ",
            "{",
            "nonsense",
            "{\"firstName\":",
            "{\"firstName\":\"a\"} x",
            "{\"firstName\":\"a\",}",
            "{\"firstName\":\"\\ud800\"}",
            "{firstName:1}",
            "[",
            "\u{feff}{}",
            "{\"firstName\":5,",
        ];
        for body in cases {
            let (status, code, ..) = refused(body);
            assert_eq!((status, code), (400, "malformed_json"), "{body}");
        }
        let invalid_utf8 = decode::<In>(b"{\"firstName\":\"\xff\"}").unwrap_err();
        assert_eq!(invalid_utf8.code(), Code::MalformedJson);
    }

    #[test]
    fn unknown_and_repeated_fields_are_400_and_named() {
        let unknown = (400, "unknown_field", "role".to_string(), "unknown_field".to_string());
        assert_eq!(refused(r#"{"firstName":"a","role":"admin"}"#), unknown);
        let inner = refused(r#"{"firstName":"a","inner":{"maxCount":1,"x":2}}"#);
        assert_eq!((inner.1, inner.2.as_str()), ("unknown_field", "inner.x"));
        let twice = refused(r#"{"firstName":"a","firstName":"b"}"#);
        assert_eq!((twice.0, twice.1, twice.2.as_str()), (400, "duplicate_field", "firstName"));
    }

    #[test]
    fn a_missing_field_and_a_wrong_type_are_422_with_their_path() {
        let cases = [
            ("{}", "firstName", "required"),
            (r#"{"firstName":"a","inner":{}}"#, "inner.maxCount", "required"),
            (r#"{"firstName":5}"#, "firstName", "invalid_type"),
            (r#"{"firstName":null}"#, "firstName", "invalid_type"),
            (r#"{"firstName":"a","inner":{"maxCount":300}}"#, "inner.maxCount", "invalid_value"),
            (r#"{"firstName":"a","level":"MIDDLE"}"#, "level", "invalid_value"),
            ("[]", "", "invalid_type"),
            ("\"text\"", "", "invalid_type"),
            ("null", "", "invalid_type"),
        ];
        for (body, field, code) in cases {
            let expected = (422, "validation_failed", field.to_string(), code.to_string());
            assert_eq!(refused(body), expected, "{body}");
        }
    }

    #[test]
    fn the_value_itself_is_never_repeated() {
        let error = decode::<In>(br#"{"firstName":"a","inner":{"maxCount":"hunter2"}}"#).unwrap_err();
        assert!(!format!("{error:?}").contains("hunter2"));
    }

    #[test]
    fn nesting_is_bounded_before_parsing() {
        assert!(decode::<In>(nested(MAX_DEPTH).as_bytes()).is_ok());
        assert_eq!(refused(&nested(MAX_DEPTH + 1)).1, "malformed_json");
        assert_eq!(refused(&"[".repeat(200_000)).0, 400);
        let brackets_in_text = format!(r#"{{"firstName":"{}\" {}"}}"#, "[".repeat(50), "{".repeat(50));
        assert!(decode::<In>(brackets_in_text.as_bytes()).is_ok());
    }

    #[test]
    fn a_nul_character_is_422_and_its_field_named() {
        let (status, _, field, code) = refused(r#"{"firstName":"a\u0000b"}"#);
        assert_eq!((status, field.as_str(), code.as_str()), (422, "firstName", "invalid_character"));
        let deep = refused(r#"{"firstName":"a","anything":{"list":["x",{"y":"\u0000"}]}}"#);
        assert_eq!(deep.2, "anything.list[1].y");
        assert_eq!(refused(r#"{"firstName":"a","anything":{"\u0000":1}}"#).2, "anything");
        // An escaped backslash before it makes it plain text.
        assert!(decode::<In>(br#"{"firstName":"a\\u0000b"}"#).is_ok());
    }
}

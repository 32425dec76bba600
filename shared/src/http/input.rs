//! From a body's fields to values that hold: parsed, not checked, and all faults at once.

use std::borrow::Cow;
use std::fmt::Display;

use serde::de::DeserializeOwned;

use super::code::Code;
use super::error::{ApiError, FieldError};

/// A request body. The struct mirrors the JSON (`#[serde(rename_all = "camelCase", deny_unknown_fields)]`); `parse`
/// turns it into what the service room takes.
pub trait Input: DeserializeOwned {
    /// What comes out: domain values only.
    type Parsed;

    /// Parses each field and leaves every fault in `errors`. `None` exactly when there is one.
    fn parse(self, errors: &mut FieldErrors) -> Option<Self::Parsed>;
}

/// Why a value was refused: its text is the message, `code` the stable word.
pub trait FieldFault: Display {
    /// The stable snake_case word, as in `too_long`.
    fn code(&self) -> &str;
}

/// The faults found so far in one body.
#[derive(Debug, Default)]
pub struct FieldErrors {
    prefix: String,
    errors: Vec<FieldError>,
}

impl FieldErrors {
    /// None yet.
    pub fn new() -> Self {
        FieldErrors::default()
    }

    /// The value, or `None` and its fault noted under `field`.
    pub fn take<T, E: FieldFault>(&mut self, field: &str, parsed: Result<T, E>) -> Option<T> {
        match parsed {
            Ok(value) => Some(value),
            Err(fault) => {
                self.add(field, fault.code().to_string(), fault.to_string());
                None
            }
        }
    }

    /// The value, or `None` and `required` noted under `field`.
    pub fn required<T>(&mut self, field: &str, value: Option<T>) -> Option<T> {
        if value.is_none() {
            self.add(field, "required", "is required");
        }
        value
    }

    /// For a field that may be absent: `Some(None)` when it is, `None` with its fault noted when it is wrong.
    pub fn optional<T, E: FieldFault>(
        &mut self,
        field: &str,
        parsed: Option<Result<T, E>>,
    ) -> Option<Option<T>> {
        match parsed {
            None => Some(None),
            Some(parsed) => self.take(field, parsed).map(Some),
        }
    }

    /// Notes a fault.
    pub fn add(&mut self, field: &str, code: impl Into<Cow<'static, str>>, message: impl Into<String>) {
        let field = match (self.prefix.as_str(), field) {
            ("", field) => field.to_string(),
            (prefix, "") => prefix.to_string(),
            (prefix, field) => format!("{prefix}.{field}"),
        };
        self.errors.push(FieldError { field, code: code.into(), message: message.into() });
    }

    /// Parses a nested object: what `parse` notes is noted under `field.…`.
    pub fn within<T>(&mut self, field: &str, parse: impl FnOnce(&mut FieldErrors) -> T) -> T {
        let outer = self.prefix.clone();
        self.prefix = if outer.is_empty() { field.to_string() } else { format!("{outer}.{field}") };
        let parsed = parse(self);
        self.prefix = outer;
        parsed
    }

    /// Whether nothing is wrong so far.
    pub fn is_empty(&self) -> bool {
        self.errors.is_empty()
    }

    /// 422 with all faults.
    pub fn into_error(self) -> ApiError {
        ApiError::new(Code::ValidationFailed).fields(self.errors)
    }
}

/// Runs an input's own parsing.
pub(crate) fn parsed<T: Input>(input: T) -> Result<T::Parsed, ApiError> {
    let mut errors = FieldErrors::new();
    match input.parse(&mut errors) {
        Some(value) if errors.is_empty() => Ok(value),
        _ => Err(errors.into_error()),
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug)]
    struct TooLong;

    impl std::fmt::Display for TooLong {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("at most 3 characters")
        }
    }

    impl FieldFault for TooLong {
        fn code(&self) -> &'static str {
            "too_long"
        }
    }

    fn short(text: String) -> Result<String, TooLong> {
        if text.len() > 3 { Err(TooLong) } else { Ok(text) }
    }

    #[derive(Deserialize)]
    struct In {
        a: Option<String>,
        b: Option<String>,
        inner: String,
    }

    impl Input for In {
        type Parsed = (String, Option<String>, String);

        fn parse(self, errors: &mut FieldErrors) -> Option<Self::Parsed> {
            let a = errors.required("a", self.a).and_then(|a| errors.take("a", short(a)));
            let b = errors.optional("b", self.b.map(short));
            let inner = errors.within("inner", |errors| errors.take("name", short(self.inner)));
            Some((a?, b?, inner?))
        }
    }

    #[test]
    fn every_fault_is_reported_at_once_with_its_path() {
        let input = In { a: None, b: Some("long!".into()), inner: "long!".into() };
        let error = parsed(input).unwrap_err();
        let found: Vec<_> = error.errors().iter().map(|e| (e.field.as_str(), e.code.as_ref())).collect();
        assert_eq!(found, [("a", "required"), ("b", "too_long"), ("inner.name", "too_long")]);
    }

    #[test]
    fn an_absent_optional_field_is_no_fault() {
        let input = In { a: Some("abc".into()), b: None, inner: "x".into() };
        assert_eq!(parsed(input).unwrap(), ("abc".into(), None, "x".into()));
    }
}

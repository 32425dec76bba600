use std::fmt;

use reqwest::Url;

/// A value that is never printed: not in a log, not in an error, not with `{:?}`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Takes a value into custody.
    pub fn new(value: impl Into<String>) -> Self {
        Secret(value.into())
    }

    /// The value, for the one place that needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// A URL fit for printing: without the password, and without the query, which may hold one too. What cannot be read as
/// a URL is not shown at all.
pub fn redacted(url: &str) -> String {
    if let Some(path) = url.strip_prefix("sqlite:") {
        return format!("sqlite:{}", path.split('?').next().unwrap_or_default());
    }
    match Url::parse(url) {
        Ok(mut url) => {
            if url.password().is_some() && url.set_password(Some("***")).is_err() {
                return format!("{}:***", url.scheme());
            }
            url.set_query(None);
            url.set_fragment(None);
            url.to_string()
        }
        Err(_) => "***".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_never_printed() {
        let secret = Secret::new("hunter2");
        assert_eq!(format!("{secret} {secret:?} {:?}", Some(&secret)), "*** *** Some(***)");
        assert_eq!(secret.expose(), "hunter2");
    }

    #[test]
    fn a_printed_url_has_no_password_and_no_query() {
        for (url, printed) in [
            (
                "postgres://app:hunter2@db:5432/tickets?sslpassword=hunter2",
                "postgres://app:***@db:5432/tickets",
            ),
            ("postgres://db/tickets", "postgres://db/tickets"),
            ("redis://:hunter2@cache:6379/1", "redis://:***@cache:6379/1"),
            ("sqlite://./data/tickets.db?key=hunter2", "sqlite://./data/tickets.db"),
            ("hunter2", "***"),
        ] {
            assert_eq!(redacted(url), printed);
        }
    }
}

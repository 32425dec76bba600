use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

use figment::Figment;
use figment::value::Value;
use reqwest::Url;

use super::layers::{self, Origin};
use super::{Fault, Faults, Secret, Sources, values};

/// The shortest secret that production takes, in bytes.
const MIN_SECRET: usize = 32;

/// One service's settings while they are read. A value that is wrong is noted, with its key, and reading goes on with
/// a stand-in; [`Settings::finish`] then reports all of them at once.
pub struct Settings<'a> {
    service: &'static str,
    sources: &'a Sources,
    values: Figment,
    faults: Vec<Fault>,
    production: bool,
}

impl<'a> Settings<'a> {
    /// Layers a service's defaults (the text of its config.default.toml) and the sources over what all have in common.
    pub fn new(service: &'static str, defaults: &str, sources: &'a Sources) -> Self {
        let (values, faults) = layers::stack(service, defaults, sources);
        let mut settings = Settings { service, sources, values, faults, production: false };
        settings.production = settings.choice("helpdesk_env", &["development", "production"]) == "production";
        settings
    }

    /// The service whose settings these are.
    pub fn service(&self) -> &'static str {
        self.service
    }

    /// Whether all six services run in this process.
    pub fn all_in_one(&self) -> bool {
        self.sources.all_in_one
    }

    /// Whether this is for production.
    pub fn in_production(&self) -> bool {
        self.production
    }

    /// Whether nobody has set the key.
    pub fn is_default(&self, key: &str) -> bool {
        matches!(self.origin(key), Origin::Default | Origin::Start)
    }

    /// The value as it is written; empty where it is not set.
    pub fn text(&mut self, key: &str) -> String {
        match self.values.find_value(key) {
            Ok(Value::String(_, text)) => text.trim().to_owned(),
            Ok(Value::Char(_, one)) => one.to_string(),
            Ok(Value::Bool(_, yes)) => yes.to_string(),
            Ok(Value::Num(_, number)) => number_text(number),
            Ok(_) => {
                self.fault(key, "is a list or a table; a single value is wanted");
                String::new()
            }
            Err(_) => {
                self.fault(key, "has no default: it is missing from this service's config.default.toml");
                String::new()
            }
        }
    }

    /// The value where it is set and not empty.
    pub fn optional(&mut self, key: &str) -> Option<String> {
        Some(self.text(key)).filter(|text| !text.is_empty())
    }

    /// The value, which must not be empty.
    pub fn required(&mut self, key: &str) -> String {
        let text = self.text(key);
        if text.is_empty() {
            self.fault(key, "is not set");
        }
        text
    }

    /// The value, never to be printed.
    pub fn secret(&mut self, key: &str) -> Option<Secret> {
        self.optional(key).map(Secret::new)
    }

    /// A secret that keys are derived from and that has to stay the same. `None`, the one in the data folder, is for machines of
    /// development; production wants one set, of 32 characters at least.
    pub fn lasting_secret(&mut self, key: &str) -> Option<Secret> {
        let secret = self.secret(key);
        let missing = "the one in the data folder is known to this machine only; set one";
        self.refuse_in_production(key, secret.is_none(), missing);
        if let Some(secret) = &secret {
            let short = secret.expose().len() < MIN_SECRET;
            let why = "it is too short; 32 characters at least, as from `openssl rand -base64 32`";
            self.refuse_in_production(key, short, why);
        }
        secret
    }

    /// The value as a `T`; its `Default` when it cannot be read.
    pub fn parse<T>(&mut self, key: &str) -> T
    where
        T: FromStr<Err: Display> + Default,
    {
        self.parse_or(key, T::default())
    }

    /// The value as a `T`; `otherwise` when it cannot be read.
    pub fn parse_or<T>(&mut self, key: &str, otherwise: T) -> T
    where
        T: FromStr<Err: Display>,
    {
        let text = self.text(key);
        self.taken(key, text.parse().map_err(|fault| format!("“{text}” cannot be used: {fault}")), otherwise)
    }

    /// A whole number within a range, ends included.
    pub fn number<T>(&mut self, key: &str, range: RangeInclusive<T>) -> T
    where
        T: FromStr + PartialOrd + Display + Copy,
    {
        let text = self.text(key);
        let number = text.parse().ok().filter(|number| range.contains(number));
        let hint = match text.starts_with("tcp://") {
            true => " (Kubernetes sets such variables for a Service of this name: enableServiceLinks: false)",
            false => "",
        };
        let number = number.ok_or_else(|| {
            format!("“{text}” is not a number from {} to {}{hint}", range.start(), range.end())
        });
        self.taken(key, number, *range.start())
    }

    /// A yes or a no: true, false, yes, no, on, off, 1, 0.
    pub fn flag(&mut self, key: &str) -> bool {
        let text = self.text(key);
        let flag = match text.to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" | "1" => Ok(true),
            "false" | "no" | "off" | "0" => Ok(false),
            _ => Err(format!("“{text}” is neither true nor false")),
        };
        self.taken(key, flag, false)
    }

    /// A duration, as in "24h", "7d", "30m", "10s", "250ms".
    pub fn duration(&mut self, key: &str) -> Duration {
        let text = self.text(key);
        self.taken(key, values::duration(&text), Duration::ZERO)
    }

    /// A size in bytes, as in "10MiB".
    pub fn bytes(&mut self, key: &str) -> u64 {
        let text = self.text(key);
        self.taken(key, values::bytes(&text), 0)
    }

    /// One of some words.
    pub fn choice(&mut self, key: &str, words: &[&'static str]) -> &'static str {
        let text = self.text(key);
        let chosen = words.iter().copied().find(|word| word.eq_ignore_ascii_case(&text));
        self.taken(
            key,
            chosen.ok_or_else(|| format!("“{text}” is not one of {}", words.join(", "))),
            words[0],
        )
    }

    /// A list: in the file as one, or anywhere with commas between the values.
    pub fn list(&mut self, key: &str) -> Vec<String> {
        let values = match self.values.find_value(key) {
            Ok(Value::Array(_, values)) => values,
            _ => {
                let text = self.text(key);
                return text
                    .split(',')
                    .map(str::trim)
                    .filter(|value| !value.is_empty())
                    .map(str::to_owned)
                    .collect();
            }
        };
        let texts: Option<Vec<String>> = values.into_iter().map(Value::into_string).collect();
        self.taken(key, texts.ok_or_else(|| "is not a list of texts".to_owned()), Vec::new())
    }

    /// A list whose values are each a `T`.
    pub fn list_of<T>(&mut self, key: &str) -> Vec<T>
    where
        T: FromStr<Err: Display>,
    {
        let mut parsed = Vec::new();
        for text in self.list(key) {
            match text.parse() {
                Ok(value) => parsed.push(value),
                Err(fault) => self.fault(key, format!("“{text}” cannot be used: {fault}")),
            }
        }
        parsed
    }

    /// A URL of one of the schemes, without a slash at its end.
    pub fn url(&mut self, key: &str, schemes: &[&str]) -> String {
        let text = self.text(key);
        self.checked_url(key, text.trim_end_matches('/'), schemes)
    }

    /// A URL of one of the schemes, where one is set.
    pub fn optional_url(&mut self, key: &str, schemes: &[&str]) -> Option<String> {
        let text = self.optional(key)?;
        Some(self.checked_url(key, text.trim_end_matches('/'), schemes))
    }

    /// Notes a fault unless `text` is a URL with a host and one of the schemes. A password in it is not repeated.
    pub(super) fn checked_url(&mut self, key: &str, text: &str, schemes: &[&str]) -> String {
        let wanted = || schemes.iter().map(|scheme| format!("{scheme}://…")).collect::<Vec<_>>().join(" or ");
        match Url::parse(text) {
            Ok(url) if !schemes.contains(&url.scheme()) => {
                self.fault(key, format!("is a {}: URL; wanted is {}", url.scheme(), wanted()));
            }
            Ok(url) if url.host_str().is_none_or(str::is_empty) => self.fault(key, "names no host"),
            Ok(_) => {}
            Err(fault) => self.fault(key, format!("is not a URL ({fault}); wanted is {}", wanted())),
        }
        text.to_owned()
    }

    /// Notes what is wrong with a key, in words that follow the key's name.
    pub fn fault(&mut self, key: &str, what: impl Into<String>) {
        let name = key.to_ascii_uppercase();
        let (key, place) = match self.origin(key) {
            Origin::Default | Origin::Start | Origin::Environment => (name, String::new()),
            Origin::Prefixed => (format!("{}_{name}", self.service.to_ascii_uppercase()), String::new()),
            Origin::FileTop => (name, format!(" (helpdesk.toml: {key})")),
            Origin::FileTable => (name, format!(" (helpdesk.toml: [{}] {key})", self.service)),
        };
        self.faults.push(Fault { scope: self.service.to_owned(), key, what: what.into() + &place });
    }

    /// Notes a fault when this is production and `is_embedded` says that the setting is good for development only.
    pub fn refuse_in_production(&mut self, key: &str, is_embedded: bool, why: &str) {
        if self.production && is_embedded {
            self.fault(key, format!("is refused in production: {why}"));
        }
    }

    /// The configuration, if nothing was wrong.
    ///
    /// # Errors
    /// Everything that was.
    pub fn finish<C>(self, config: C) -> Result<C, Faults> {
        if self.faults.is_empty() { Ok(config) } else { Err(Faults::new(self.faults)) }
    }

    /// Where a key's value is from.
    pub(super) fn origin(&self, key: &str) -> Origin {
        self.values.find_metadata(key).map_or(Origin::Default, Origin::of)
    }

    fn taken<T>(&mut self, key: &str, value: Result<T, String>, otherwise: T) -> T {
        value.unwrap_or_else(|what| {
            let what = if self.text(key).is_empty() { "is not set".to_owned() } else { what };
            self.fault(key, what);
            otherwise
        })
    }
}

/// A number as it was written.
fn number_text(number: figment::value::Num) -> String {
    match (number.to_u128_lossy(), number.to_i128(), number.to_f64()) {
        (_, _, Some(float)) => float.to_string(),
        (Some(number), _, _) => number.to_string(),
        (_, Some(number), _) => number.to_string(),
        _ => String::new(),
    }
}

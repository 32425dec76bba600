use std::collections::BTreeMap;
use std::path::Path;

use figment::value::{Dict, Value};

use super::Faults;

/// Where settings come from: the file and the environment, read once, before any service looks at them.
#[derive(Clone, Default)]
pub struct Sources {
    pub(super) file: Dict,
    pub(super) environment: BTreeMap<String, String>,
    /// Set by the program that starts the services; weaker than the file.
    pub(super) start: BTreeMap<String, String>,
    pub(super) all_in_one: bool,
    fault: Option<String>,
}

/// What is in them may be a password, so they are not printed.
impl std::fmt::Debug for Sources {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sources").field("all_in_one", &self.all_in_one).finish_non_exhaustive()
    }
}

impl Sources {
    /// helpdesk.toml (in the working directory, or where `HELPDESK_CONFIG` points) and the environment.
    ///
    /// # Errors
    /// When the file is named and cannot be read, or is not TOML.
    pub fn from_process_environment() -> Result<Self, Faults> {
        // Not `vars`, which panics on a variable that is not UTF-8, be it none of ours.
        #[allow(clippy::disallowed_methods, reason = "the one place that reads the environment")]
        let environment: BTreeMap<String, String> = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        let named = environment.get("HELPDESK_CONFIG").cloned().filter(|path| !path.is_empty());
        let path = named.clone().unwrap_or_else(|| "helpdesk.toml".to_owned());
        let toml = match std::fs::read_to_string(Path::new(&path)) {
            Ok(toml) => toml,
            Err(fault) if named.is_none() && fault.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(fault) => {
                return Err(Faults::one("configuration", &path, format!("cannot be read: {fault}")));
            }
        };
        let sources = Sources { environment, ..Sources::of(&toml, []) };
        match sources.fault {
            Some(fault) => Err(Faults::one("configuration", path, fault)),
            None => Ok(sources),
        }
    }

    /// Given settings, for tests: the text of a helpdesk.toml, and environment variables. That the text is not TOML
    /// is reported when a service reads its settings.
    pub fn of<'a>(toml: &str, environment: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let (file, fault) = match toml::from_str::<Dict>(toml) {
            Ok(file) => (file, None),
            Err(fault) => {
                // Not its `Display`, which shows the line: there may be a password in it.
                let line = fault.span().map_or(1, |span| 1 + toml[..span.start].matches('\n').count());
                (Dict::new(), Some(format!("is not TOML: line {line}: {}", fault.message())))
            }
        };
        let environment =
            environment.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Sources { file, environment, fault, ..Sources::default() }
    }

    /// The same with one more environment variable.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.environment.insert(name.to_owned(), value.into());
        self
    }

    /// The same with another default for a key, weaker than the file and the environment.
    #[must_use]
    pub fn default_to(mut self, key: &str, value: impl Into<String>) -> Self {
        self.start.insert(key.to_owned(), value.into());
        self
    }

    /// The same for a process that holds all six services: one DATABASE_URL for all of them is then a fault.
    #[must_use]
    pub fn all_in_one(mut self) -> Self {
        self.all_in_one = true;
        self
    }

    /// A service's table in the file.
    pub(super) fn table(&self, service: &str) -> Option<&Dict> {
        self.file.get(service).and_then(Value::as_dict)
    }

    /// Why the file could not be read.
    pub(super) fn fault(&self) -> Option<&str> {
        self.fault.as_deref()
    }
}

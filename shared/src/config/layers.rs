//! The layers that a setting may come from, weakest first, and what in them is not known.

use figment::value::{Dict, Map, Value};
use figment::{Figment, Metadata, Profile, Provider};

use super::{Fault, SERVICES, Sources};

/// The keys that all services have, with their defaults.
const SHARED: &str = include_str!("../../config.default.toml");

/// Where a value is from; a later one wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    Default,
    /// Set by the program that starts the services.
    Start,
    FileTop,
    FileTable,
    Environment,
    Prefixed,
}

impl Origin {
    const ALL: [(Origin, &'static str); 6] = [
        (Origin::Default, "default"),
        (Origin::Start, "start"),
        (Origin::FileTop, "top of the file"),
        (Origin::FileTable, "table of the file"),
        (Origin::Environment, "environment"),
        (Origin::Prefixed, "prefixed environment"),
    ];

    fn name(self) -> &'static str {
        Self::ALL[self as usize].1
    }

    pub(super) fn of(metadata: &Metadata) -> Origin {
        Self::ALL
            .iter()
            .find(|(_, name)| *name == metadata.name)
            .map_or(Origin::Default, |(origin, _)| *origin)
    }
}

struct Layer(Origin, Dict);

impl Provider for Layer {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.0.name())
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        Ok(Map::from([(Profile::Default, self.1.clone())]))
    }
}

/// All layers of one service's settings, and what is wrong with them whatever the keys mean.
pub(super) fn stack(service: &'static str, defaults: &str, sources: &Sources) -> (Figment, Vec<Fault>) {
    let mut reader = Reader { service, faults: Vec::new() };
    if let Some(what) = sources.fault() {
        reader.fault("helpdesk.toml", "(file)", what.to_owned());
    }
    let (shared, own) = (reader.defaults(SHARED), reader.defaults(defaults));
    let known: Vec<&str> = shared.keys().chain(own.keys()).map(String::as_str).collect();
    let common: Vec<&str> = shared.keys().map(String::as_str).collect();

    let top: Dict = sources.file.iter().filter(|(_, value)| value.as_dict().is_none()).map(cloned).collect();
    for key in top.keys().filter(|key| !is_known(key, &common)) {
        let what = match is_known(key, &known) {
            true => format!("belongs to one service: put it under [{service}]"),
            false => format!("is not a setting that all services have{}", suggestion(key, &common)),
        };
        reader.fault("helpdesk.toml", key, what);
    }
    // One file serves all processes, so each can tell a mistyped table.
    let tables: Vec<&str> = SERVICES.into_iter().chain(["helpdesk"]).collect();
    for (name, _) in sources.file.iter().filter(|(_, value)| value.as_dict().is_some()) {
        if !tables.contains(&name.as_str()) {
            reader.fault(
                "helpdesk.toml",
                &format!("[{name}]"),
                format!("is not a service{}", suggestion(name, &tables)),
            );
        }
    }
    let table = sources.table(service).cloned().unwrap_or_default();
    for key in table.keys().filter(|key| !is_known(key, &known)) {
        reader.fault(
            "helpdesk.toml",
            &format!("[{service}] {key}"),
            format!("is not a setting{}", suggestion(key, &known)),
        );
    }
    let prefix = format!("{}_", service.to_ascii_uppercase());
    for name in sources.environment.keys() {
        // Only what is nearly a key: AUTH_SERVICE_URL begins with AUTH_ as well, and is none of auth's own.
        let key = name.strip_prefix(&prefix).unwrap_or_default().to_ascii_lowercase();
        let whole = name.to_ascii_lowercase();
        if let Some(near) =
            nearest(&key, &known).filter(|_| !is_known(&key, &known) && !is_known(&whole, &known))
        {
            reader.fault(
                service,
                name,
                format!("is not a setting; did you mean {prefix}{}?", near.to_ascii_uppercase()),
            );
        }
    }

    let start = sources.start.iter().map(|(key, value)| (key.clone(), Value::from(value.clone()))).collect();
    let top = reader.with_files(top, &known);
    let table = reader.with_files(table, &known);
    let environment = reader.variables(sources, &known, "");
    let prefixed = reader.variables(sources, &known, &prefix);
    let values = Figment::new()
        .merge(Layer(Origin::Default, shared))
        .merge(Layer(Origin::Default, own))
        .merge(Layer(Origin::Start, start))
        .merge(Layer(Origin::FileTop, top))
        .merge(Layer(Origin::FileTable, table))
        .merge(Layer(Origin::Environment, environment))
        .merge(Layer(Origin::Prefixed, prefixed));
    (values, reader.faults)
}

struct Reader {
    service: &'static str,
    faults: Vec<Fault>,
}

impl Reader {
    fn fault(&mut self, scope: &str, key: &str, what: String) {
        self.faults.push(Fault { scope: scope.to_owned(), key: key.to_owned(), what });
    }

    fn defaults(&mut self, toml: &str) -> Dict {
        toml::from_str(toml).unwrap_or_else(|fault: toml::de::Error| {
            self.fault(self.service, "config.default.toml", format!("is not TOML: {}", fault.message()));
            Dict::new()
        })
    }

    /// The known keys among the environment's variables, as `PREFIX_KEY` or, from a file, `PREFIX_KEY_FILE`.
    fn variables(&mut self, sources: &Sources, known: &[&str], prefix: &str) -> Dict {
        let mut values = Dict::new();
        for key in known {
            let name = format!("{prefix}{}", key.to_ascii_uppercase());
            let (plain, file) =
                (sources.environment.get(&name), sources.environment.get(&format!("{name}_FILE")));
            if let Some(value) = self.one_of(&name, plain.map(|text| Value::from(text.as_str())), file) {
                values.insert((*key).to_owned(), value);
            }
        }
        values
    }

    /// Reads what a part of helpdesk.toml gives as `key_file = "path"`, and drops what is not known.
    fn with_files(&mut self, part: Dict, known: &[&str]) -> Dict {
        let mut values = Dict::new();
        for key in known {
            let path = part.get(&format!("{key}_file")).and_then(Value::as_str).map(str::to_owned);
            if let Some(value) =
                self.one_of(&key.to_ascii_uppercase(), part.get(*key).cloned(), path.as_ref())
            {
                values.insert((*key).to_owned(), value);
            }
        }
        values
    }

    fn one_of(&mut self, name: &str, plain: Option<Value>, path: Option<&String>) -> Option<Value> {
        let path = path.filter(|path| !path.is_empty());
        match (plain, path) {
            (Some(plain), Some(_)) if plain.as_str() != Some("") => {
                self.fault(self.service, name, format!("is set, and {name}_FILE too: which one counts?"));
                Some(plain)
            }
            (_, Some(path)) => match std::fs::read_to_string(path) {
                Ok(text) => Some(Value::from(text.trim_end_matches(['\r', '\n']))),
                Err(fault) => {
                    self.fault(
                        self.service,
                        &format!("{name}_FILE"),
                        format!("{path} cannot be read: {fault}"),
                    );
                    None
                }
            },
            (plain, None) => plain,
        }
    }
}

fn cloned((key, value): (&String, &Value)) -> (String, Value) {
    (key.clone(), value.clone())
}

/// Whether it is one of the keys, or one of them from a file.
fn is_known(key: &str, known: &[&str]) -> bool {
    known.contains(&key) || key.strip_suffix("_file").is_some_and(|key| known.contains(&key))
}

fn suggestion(key: &str, known: &[&str]) -> String {
    nearest(key, known).map(|near| format!("; did you mean {near}?")).unwrap_or_default()
}

/// The known word that this one is most likely a slip of, if any.
fn nearest<'k>(word: &str, known: &[&'k str]) -> Option<&'k str> {
    let slips = |candidate: &str| strsim::osa_distance(word, candidate);
    let near = known.iter().copied().min_by_key(|candidate| slips(candidate))?;
    (word.len() >= 4 && slips(near) <= 2).then_some(near)
}

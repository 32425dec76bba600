//! A compose file as Docker Compose would read it: anchors merged, `${VARIABLE:-default}` at its default.

use std::{collections::BTreeMap, path::PathBuf};

use serde_norway::Value;

/// The one that holds everything.
pub const WHOLE: &str = "compose.yaml";
/// One service each, by its number in the specification; what they share is `Phase`.
pub const PHASES: [(&str, u16); 6] =
    [("auth", 1), ("user", 2), ("ticket", 3), ("file", 4), ("notification", 5), ("audit", 6)];
/// What the tests run in.
pub const TESTS: &str = "compose.test.yaml";

pub fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docker")
}

/// All of them.
pub fn files() -> Vec<Composed> {
    let phases = PHASES.map(|(name, _)| format!("compose.{name}.yaml"));
    let all: Vec<_> =
        [WHOLE, TESTS].map(str::to_owned).into_iter().chain(phases).map(|it| Composed::read(&it)).collect();
    let there = std::fs::read_dir(folder()).unwrap().flatten();
    let there = there.filter(|entry| entry.file_name().to_string_lossy().ends_with(".yaml")).count();
    assert_eq!(all.len(), there, "a compose file is not looked at");
    all
}

/// One compose file.
pub struct Composed {
    pub file: String,
    pub root: Value,
    pub containers: BTreeMap<String, Container>,
}

/// One service of it, in Compose's sense.
pub struct Container {
    pub value: Value,
}

impl Composed {
    pub fn read(file: &str) -> Self {
        let text = std::fs::read_to_string(folder().join(file)).unwrap();
        let mut root: Value =
            serde_norway::from_str(&interpolated(&text)).unwrap_or_else(|fault| panic!("{file}: {fault}"));
        // What is merged may itself merge something.
        for _ in 0..3 {
            root.apply_merge().unwrap();
        }
        let containers = root["services"].as_mapping().unwrap().iter();
        let containers =
            containers.map(|(name, value)| (text_of(name), Container { value: value.clone() })).collect();
        Self { file: file.to_owned(), root, containers }
    }

    /// The containers that run one of the six, each with its service.
    pub fn services(&self) -> Vec<(&str, &Container)> {
        let program =
            |container: &Container| container.list("command").into_iter().next().unwrap_or_default();
        let ours = self.containers.values().filter(|it| it.text("image").starts_with("helpdesk:"));
        let mut services = Vec::new();
        for container in ours {
            let program = program(container);
            let service =
                compose::services::Service::ALL.into_iter().find(|it| program == format!("helpdesk-{it}"));
            services.push((
                service.unwrap_or_else(|| panic!("{}: {program} is none of the six", self.file)).name(),
                container,
            ));
        }
        services
    }

    /// The file behind each secret, as it is named in the folder of secrets.
    pub fn secrets(&self) -> BTreeMap<String, String> {
        let Some(secrets) = self.root["secrets"].as_mapping() else { return BTreeMap::new() };
        let file = |value: &Value| text_of(&value["file"]).strip_prefix("./secrets/").unwrap().to_owned();
        secrets.iter().map(|(name, value)| (text_of(name), file(value))).collect()
    }
}

impl Container {
    pub fn text(&self, key: &str) -> String {
        text_of(&self.value[key])
    }

    /// A list of texts, empty where there is none.
    pub fn list(&self, key: &str) -> Vec<String> {
        self.value[key].as_sequence().into_iter().flatten().map(text_of).collect()
    }

    pub fn environment(&self) -> BTreeMap<String, String> {
        let pairs = self.value["environment"].as_mapping().into_iter().flatten();
        pairs.map(|(key, value)| (text_of(key), text_of(value))).collect()
    }

    /// The secrets that it is given, and where it finds each.
    pub fn secrets(&self) -> BTreeMap<String, String> {
        let place = |value: &Value| match value.as_str() {
            Some(name) => (name.to_owned(), format!("/run/secrets/{name}")),
            None => (text_of(&value["source"]), text_of(&value["target"])),
        };
        self.value["secrets"].as_sequence().into_iter().flatten().map(place).collect()
    }

    /// The ports of the machine, with the address they listen on, and those of the container.
    pub fn ports(&self) -> Vec<(String, u16)> {
        let published = self.list("ports").into_iter().map(|port| {
            let (host, inside) = port.rsplit_once(':').unwrap();
            (host.to_owned(), inside.trim_end_matches("/udp").parse().unwrap())
        });
        published.collect()
    }

    /// Files and folders of the checkout that are mounted.
    pub fn mounted(&self) -> Vec<String> {
        let mounts = self.list("volumes").into_iter();
        mounts.filter(|it| it.starts_with('.')).map(|it| it.split(':').next().unwrap().to_owned()).collect()
    }
}

fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        Value::Sequence(words) => words.iter().map(text_of).collect::<Vec<_>>().join(" "),
        other => serde_norway::to_string(other).unwrap().trim().to_owned(),
    }
}

/// `${NAME:-default}` becomes the default, as where nobody has set anything.
fn interpolated(text: &str) -> String {
    let mut pieces = text.split("${");
    let mut told = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (variable, rest) = piece.split_once('}').expect("a variable ends");
        let (_, default) = variable.split_once(":-").unwrap_or_else(|| panic!("{variable} has no default"));
        told.push_str(default);
        told.push_str(rest);
    }
    told
}

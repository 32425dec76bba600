//! What is for Kubernetes, as `cargo xtask ci` has built it: the objects of an overlay, its pods, their settings and secrets.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::Write,
    path::{Path, PathBuf},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use compose::services::Service;
use serde_norway::Value;
use tempfile::TempDir;

const NAMES: [&str; 2] = ["staging", "production"];

/// One overlay.
pub struct Overlay {
    pub name: &'static str,
    objects: Vec<Value>,
    /// The files that are mounted into the pods.
    files: TempDir,
}

/// What runs pods of one kind: a Deployment or a Job.
pub struct Workload<'a> {
    pub overlay: &'a Overlay,
    pub object: &'a Value,
}

/// All overlays; none where nobody has built them.
pub fn overlays() -> Vec<Overlay> {
    #[allow(clippy::disallowed_methods, reason = "tests are told what was built by the environment")]
    let Some(folder) = std::env::var_os("TEST_KUBERNETES").map(PathBuf::from) else {
        // Not `eprintln!`, which the test harness swallows.
        let _ =
            writeln!(std::io::stderr(), "left out: Kubernetes (TEST_KUBERNETES; `cargo xtask ci` builds it)");
        return Vec::new();
    };
    NAMES.map(|name| Overlay::read(&folder, name)).into()
}

impl Overlay {
    fn read(folder: &Path, name: &'static str) -> Self {
        let text = std::fs::read_to_string(folder.join(format!("{name}.yaml"))).unwrap();
        let objects = text.split("\n---\n").map(|object| serde_norway::from_str(object).unwrap()).collect();
        let overlay = Self { name, objects, files: tempfile::tempdir().unwrap() };
        for secret in overlay.all("Secret") {
            let at = overlay.files.path().join(name_of(secret));
            std::fs::create_dir(&at).unwrap();
            for (file, content) in texts(&secret["data"]) {
                // What is long is on several lines.
                let content = BASE64_STANDARD.decode(content.replace('\n', "")).unwrap();
                std::fs::write(at.join(file), content).unwrap();
            }
        }
        overlay
    }

    /// The objects of a kind.
    pub fn all(&self, kind: &str) -> Vec<&Value> {
        self.objects.iter().filter(|object| object["kind"] == kind).collect()
    }

    /// The object of a kind with this name.
    pub fn one(&self, kind: &str, name: &str) -> &Value {
        let found = self.all(kind).into_iter().find(|object| name_of(object) == name);
        found.unwrap_or_else(|| panic!("{}: there is no {kind} {name}", self.name))
    }

    /// All that run pods.
    pub fn workloads(&self) -> Vec<Workload<'_>> {
        let objects = [self.all("Deployment"), self.all("Job")].concat();
        objects.into_iter().map(|object| Workload { overlay: self, object }).collect()
    }

    /// The six.
    pub fn services(&self) -> Vec<(Service, Workload<'_>)> {
        let run = |workload: &Workload<'_>, service: Service| {
            list(&workload.container()["command"]) == [format!("helpdesk-{service}")]
        };
        let services = Service::ALL.map(|service| {
            let found = self.workloads().into_iter().find(|workload| run(workload, service));
            (service, found.unwrap_or_else(|| panic!("{}: nothing runs {service}", self.name)))
        });
        services.into()
    }
}

impl Workload<'_> {
    pub fn name(&self) -> &str {
        name_of(self.object)
    }

    pub fn template(&self) -> &Value {
        &self.object["spec"]["template"]
    }

    pub fn pod(&self) -> &Value {
        &self.template()["spec"]
    }

    /// Its only container.
    pub fn container(&self) -> &Value {
        let containers = self.pod()["containers"].as_sequence().unwrap();
        assert_eq!(containers.len(), 1, "{}", self.name());
        &containers[0]
    }

    pub fn labels(&self) -> BTreeMap<String, String> {
        texts(&self.template()["metadata"]["labels"])
    }

    /// Its settings as they are written: what comes later wins.
    pub fn environment(&self) -> BTreeMap<String, String> {
        let mut environment = BTreeMap::new();
        for from in self.container()["envFrom"].as_sequence().into_iter().flatten() {
            let name = from["configMapRef"]["name"].as_str().unwrap();
            environment.extend(texts(&self.overlay.one("ConfigMap", name)["data"]));
        }
        for one in self.container()["env"].as_sequence().into_iter().flatten() {
            environment.insert(text(&one["name"]), text(&one["value"]));
        }
        environment
    }

    /// The same with its secrets where a test finds them.
    pub fn environment_here(&self) -> Vec<(String, String)> {
        let here = |value: String| match value.strip_prefix("/run/secrets/") {
            Some(name) => self.secrets().join(name).display().to_string(),
            None => value,
        };
        self.environment().into_iter().map(|(key, value)| (key, here(value))).collect()
    }

    /// The folder with the files that it finds at `/run/secrets`.
    pub fn secrets(&self) -> PathBuf {
        let mounts = self.container()["volumeMounts"].as_sequence().unwrap();
        let mount = mounts.iter().find(|mount| mount["mountPath"] == "/run/secrets").unwrap();
        let volumes = self.pod()["volumes"].as_sequence().unwrap();
        let volume = volumes.iter().find(|volume| volume["name"] == mount["name"]).unwrap();
        self.overlay.files.path().join(volume["secret"]["secretName"].as_str().unwrap())
    }

    /// The names of those files.
    pub fn secret_names(&self) -> BTreeSet<String> {
        let entries = std::fs::read_dir(self.secrets()).unwrap().flatten();
        entries.map(|entry| entry.file_name().into_string().unwrap()).collect()
    }

    /// Where it listens; 0 for one that does not.
    pub fn port(&self) -> u64 {
        self.container()["ports"][0]["containerPort"].as_u64().unwrap_or_default()
    }
}

pub fn name_of(object: &Value) -> &str {
    object["metadata"]["name"].as_str().unwrap()
}

/// A map of texts, empty where there is none.
pub fn texts(value: &Value) -> BTreeMap<String, String> {
    let pairs = value.as_mapping().into_iter().flatten();
    pairs.map(|(key, value)| (text(key), text(value))).collect()
}

/// A list of texts, empty where there is none.
pub fn list(value: &Value) -> Vec<String> {
    value.as_sequence().into_iter().flatten().map(text).collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value:?} is no text")).to_owned()
}

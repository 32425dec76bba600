//! The settings that the compose files give to the six: each exists, and together they are good.

use std::{collections::BTreeSet, process::Command};

use compose::services::{Configured, Service};
use shared::config::Sources;

use crate::{
    composed::{Composed, WHOLE, files},
    secrets::Secrets,
};

fn service(name: &str) -> Service {
    Service::ALL.into_iter().find(|it| it.name() == name).unwrap()
}

/// The names of all settings that a service has, as in the environment.
pub fn known(name: &str) -> BTreeSet<String> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let keys = |folder: &str| {
        let text = std::fs::read_to_string(root.join(folder).join("config.default.toml")).unwrap();
        let keys = text.lines().filter_map(|line| Some(line.split_once(" = ")?.0.to_ascii_uppercase()));
        keys.filter(|key| !key.starts_with('#')).collect::<Vec<_>>()
    };
    keys("shared").into_iter().chain(keys(name)).collect()
}

/// A container's environment, with its secrets where they were made.
fn environment(container: &crate::composed::Container, secrets: &Secrets) -> Vec<(String, String)> {
    let at = |value: String| match value.strip_prefix("/run/secrets/") {
        Some(name) => secrets.file(name).display().to_string(),
        None => value,
    };
    container.environment().into_iter().map(|(key, value)| (key, at(value))).collect()
}

#[test]
fn every_setting_in_a_compose_file_exists() {
    for composed in files() {
        for (name, container) in composed.services() {
            let known = known(name);
            for key in container.environment().into_keys() {
                let exists =
                    known.contains(&key) || key.strip_suffix("_FILE").is_some_and(|key| known.contains(key));
                assert!(exists, "{}: {name} has no setting {key}", composed.file);
            }
        }
    }
}

#[test]
fn each_service_takes_its_settings_in_every_compose_file() {
    let secrets = Secrets::make();
    for composed in files() {
        for (name, container) in composed.services() {
            let environment = environment(container, &secrets);
            let environment = environment.iter().map(|(key, value)| (key.as_str(), value.as_str()));
            let read = Configured::read(service(name), &Sources::of("", environment));
            let read = read.unwrap_or_else(|faults| panic!("{}:\n{faults}", composed.file));
            assert_eq!(read.common().is_production(), composed.file == WHOLE);
        }
    }
}

#[test]
fn config_check_accepts_each_of_the_six_of_the_whole() {
    let (whole, secrets) = (Composed::read(WHOLE), Secrets::make());
    assert_eq!(whole.services().len(), 6);
    for (name, container) in whole.services() {
        let checked = Command::new(env!("CARGO_BIN_EXE_helpdesk"))
            .args(["config", "check", "--only", name])
            .current_dir(secrets.folder())
            .env_clear()
            .envs(environment(container, &secrets))
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&checked.stdout);
        assert!(checked.status.success(), "{name}: {}", String::from_utf8_lossy(&checked.stderr));
        assert!(told.contains("The configuration is good, for production."), "{told}");
        let secret = secrets.read(&format!("postgres_{name}"));
        assert!(!told.contains(&secret), "it shows a password");
    }
}

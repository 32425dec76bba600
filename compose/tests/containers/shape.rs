//! What every container has: a pinned image, a health check, limits, nothing to write to and no rights.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    composed::{Composed, Container, PHASES, TESTS, WHOLE, files, folder},
    secrets::Secrets,
};

/// Says of every container what it breaks of a rule.
fn each(rule: impl Fn(&Composed, &str, &Container) -> Option<String>) {
    let mut faults = Vec::new();
    for composed in files() {
        for (name, container) in &composed.containers {
            if let Some(fault) = rule(&composed, name, container) {
                faults.push(format!("{}: {name}: {fault}", composed.file));
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

/// The one container that is no server: it installs what the tests want, and builds.
fn is_the_tests_own(composed: &Composed, name: &str) -> bool {
    composed.file == TESTS && name == "test"
}

#[test]
fn every_image_is_pinned_to_a_version() {
    each(|_, _, container| {
        let image = container.text("image");
        let tag = image.rsplit_once(':').map_or("", |(_, tag)| tag).trim_start_matches('v');
        let numbers = tag.split('-').next().unwrap_or_default();
        let is_pinned =
            numbers.split('.').count() >= 2 && numbers.split('.').all(|it| it.parse::<u32>().is_ok());
        (!is_pinned).then(|| format!("{image} is no version"))
    });
}

#[test]
fn one_thing_has_one_version_everywhere() {
    let mut tags: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for container in files().iter().flat_map(|composed| composed.containers.values()) {
        let image = container.text("image");
        let (name, tag) = image.rsplit_once(':').unwrap();
        tags.entry(name.to_owned()).or_default().insert(tag.to_owned());
    }
    // The specification's phases want PostgreSQL 15.
    assert_eq!(tags.remove("postgres").unwrap().len(), 2);
    assert!(tags.values().all(|tags| tags.len() == 1), "{tags:?}");
}

#[test]
fn every_container_has_a_health_check_and_limits() {
    each(|composed, name, container| {
        let limits = &container.value["deploy"]["resources"]["limits"];
        let checked = !container.value["healthcheck"]["test"].is_null();
        if is_the_tests_own(composed, name) {
            return limits["memory"].is_null().then(|| "no limit".to_owned());
        }
        let missing = ["cpus", "memory", "pids"].into_iter().find(|key| limits[*key].is_null());
        match missing {
            Some(key) => Some(format!("no limit of {key}")),
            None => (!checked).then(|| "no health check".to_owned()),
        }
    });
}

#[test]
fn no_container_can_write_to_itself_or_has_a_capability() {
    each(|composed, name, container| {
        if is_the_tests_own(composed, name) {
            return None;
        }
        let bound = container.list("cap_drop") == ["ALL"]
            && container.list("security_opt") == ["no-new-privileges:true"]
            && container.value["read_only"] == true
            && container.value["privileged"].is_null();
        // Caddy's program is marked as wanting it, and cannot be started without.
        let added = container.list("cap_add");
        let is_caddy = container.text("image").starts_with("caddy:") && added == ["NET_BIND_SERVICE"];
        (!bound || !(added.is_empty() || is_caddy)).then(|| "is not confined".to_owned())
    });
}

#[test]
fn ours_run_as_nobody() {
    each(|_, _, container| {
        let is_ours = container.text("image").starts_with("helpdesk:");
        (is_ours && container.text("user") != "65532:65532").then(|| "runs as somebody".to_owned())
    });
}

#[test]
fn in_the_whole_no_secret_stands_in_the_environment() {
    let whole = Composed::read(WHOLE);
    let made = Secrets::make();
    let files = whole.secrets();
    for (name, container) in &whole.containers {
        let given = container.secrets();
        for (key, value) in container.environment() {
            let tells = ["PASSWORD", "SECRET", "TOKEN", "CREDENTIALS", "ACCESS_KEY"]
                .iter()
                .any(|it| key.contains(it));
            let may_hold_one = ["DATABASE_URL", "REDIS_URL", "SMTP_URL"].contains(&key.as_str());
            let from_file = key.ends_with("_FILE");
            assert!(
                from_file || !(tells || may_hold_one) || key.ends_with("EXPIRES_IN"),
                "{name}: {key} stands in the environment"
            );
            assert!(!value.contains('@') || !value.contains("://"), "{name}: {key} holds a password");
            if from_file {
                assert!(
                    given.values().any(|place| *place == value),
                    "{name}: {key}: {value} is not among its secrets"
                );
            }
        }
        for secret in given.keys() {
            let file =
                files.get(secret).unwrap_or_else(|| panic!("{name}: the secret {secret} is not declared"));
            assert!(made.file(file).is_file(), "secrets.sh does not make {file}");
        }
    }
}

#[test]
fn in_the_whole_the_store_of_files_is_reached_by_its_gateway_alone() {
    let command = Composed::read(WHOLE).containers["s3"].list("command");
    let bound: Vec<_> = command.iter().filter(|word| word.contains("ip.bind")).map(String::as_str).collect();
    assert_eq!(bound, ["-ip.bind=127.0.0.1", "-s3.ip.bind=0.0.0.0"]);
}

#[test]
fn a_service_is_given_its_own_secrets_and_no_others() {
    let whole = Composed::read(WHOLE);
    for (service, container) in whole.services() {
        for other in
            compose::services::Service::ALL.map(|it| it.name()).into_iter().filter(|it| *it != service)
        {
            let foreign =
                container.secrets().into_keys().find(|secret| secret.ends_with(&format!("_{other}")));
            assert_eq!(foreign, None, "{service}");
        }
    }
}

#[test]
fn ports_are_those_of_the_contract_and_this_machines_alone() {
    let whole = Composed::read(WHOLE);
    for (service, container) in whole.services() {
        let at = compose::services::Service::ALL.iter().position(|it| it.name() == service).unwrap();
        let port = 3001 + u16::try_from(at).unwrap();
        assert_eq!(container.ports(), [(format!("127.0.0.1:{port}"), port)], "{service}");
        assert_eq!(container.environment()["PORT"], port.to_string(), "{service}");
    }
    for composed in files() {
        for (name, container) in &composed.containers {
            let local = container.ports().iter().all(|(host, _)| host.starts_with("127.0.0.1:"));
            assert!(local || name == "proxy", "{}: {name} can be reached from other machines", composed.file);
        }
    }
}

#[test]
fn a_phase_has_the_ports_of_the_specification_and_local_events() {
    for (name, number) in PHASES {
        let phase = Composed::read(&format!("compose.{name}.yaml"));
        let port_of = |container: &str| phase.containers[container].ports();
        let at = |outside: u16, inside: u16| (format!("127.0.0.1:{outside}"), inside);
        let service = format!("{name}-service");
        assert_eq!(port_of(&service), [at(3000 + number, 3000 + number)]);
        assert_eq!(port_of(&format!("{name}-db")), [at(5400 + number, 5432)]);
        if phase.containers.contains_key(&format!("{name}-redis")) {
            assert_eq!(port_of(&format!("{name}-redis")), [at(6300 + number, 6379)]);
        }
        assert_eq!(phase.containers[&service].environment()["EVENTS"], "local");
    }
    let files = Composed::read("compose.file.yaml");
    assert_eq!(
        files.containers["minio"].ports().iter().map(|(_, inside)| *inside).collect::<Vec<_>>(),
        [9000, 9001]
    );
}

#[test]
fn what_is_mounted_is_there() {
    each(|_, _, container| {
        let missing = container.mounted().into_iter().find(|path| !folder().join(path).exists());
        missing.map(|path| format!("{path} is not there"))
    });
}

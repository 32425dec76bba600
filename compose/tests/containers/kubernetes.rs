//! The pods for Kubernetes: their settings are good, their rights the least, their numbers the specification's.

use std::{collections::BTreeSet, process::Command};

use compose::services::{Configured, Service};
use serde_norway::Value;
use shared::config::Sources;

use crate::{
    overlay::{Overlay, Workload, list, name_of, overlays, texts},
    proxy,
    settings::known,
};

fn yaml(text: &str) -> Value {
    serde_norway::from_str(text).unwrap()
}

/// Says of every workload of every overlay what it breaks of a rule.
fn each(rule: impl Fn(&Workload<'_>) -> Vec<String>) {
    let mut faults = Vec::new();
    for overlay in overlays() {
        for workload in overlay.workloads() {
            let broken = rule(&workload).into_iter();
            faults.extend(broken.map(|fault| format!("{}: {}: {fault}", overlay.name, workload.name())));
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

/// What is not as it should be, by its path.
fn differences(value: &Value, wanted: &[(&str, &str)]) -> Vec<String> {
    let at = |path: &str| path.split('.').fold(value, |value, key| &value[key]);
    let wrong = wanted.iter().filter(|(path, wanted)| *at(path) != yaml(wanted));
    wrong.map(|(path, wanted)| format!("{path} is {:?}, not {wanted}", at(path))).collect()
}

fn duration(text: &str) -> u64 {
    text.strip_suffix('s').unwrap().parse().unwrap()
}

#[test]
fn every_setting_in_kubernetes_exists() {
    for overlay in overlays() {
        for (service, workload) in overlay.services() {
            let known = known(service.name());
            let mut keys = workload.environment().into_keys();
            let odd = keys.find(|key| !known.contains(key.strip_suffix("_FILE").unwrap_or(key)));
            assert_eq!(odd, None, "{}: {service} has no such setting", overlay.name);
        }
    }
}

#[test]
fn each_service_takes_its_settings_for_production_and_leaves_migrations_to_the_job() {
    for overlay in overlays() {
        for (service, workload) in overlay.services() {
            let environment = workload.environment_here();
            let environment = environment.iter().map(|(key, value)| (key.as_str(), value.as_str()));
            let read = Configured::read(service, &Sources::of("", environment));
            let read = read.unwrap_or_else(|faults| panic!("{}: {service}:\n{faults}", overlay.name));
            assert!(read.common().is_production());
            assert!(!read.common().database.migrate_on_start);
            assert_eq!(u64::from(read.common().http.port), workload.port());
        }
    }
}

#[test]
fn the_job_migrates_the_databases_of_the_six_and_nothing_else() {
    for overlay in overlays() {
        let jobs = overlay.workloads();
        let job = jobs.iter().find(|workload| workload.object["kind"] == "Job").unwrap();
        assert_eq!(list(&job.container()["command"]), ["helpdesk", "migrate"]);
        let folder = tempfile::tempdir().unwrap();
        let checked = Command::new(env!("CARGO_BIN_EXE_helpdesk"))
            .args(["config", "check"])
            .current_dir(folder.path())
            .env_clear()
            .envs(job.environment_here())
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&checked.stdout);
        assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
        assert!(!told.contains("sqlite:"), "{told}");
        let read = |workload: &Workload<'_>, file: &str| {
            std::fs::read_to_string(workload.secrets().join(file)).unwrap()
        };
        let mut wanted = BTreeSet::new();
        for (service, workload) in overlay.services() {
            let file = format!("database_url_{service}");
            assert_eq!(read(job, &file), read(&workload, &file), "{}: {service}", overlay.name);
            let key = format!("{}_DATABASE_URL_FILE", service.name().to_ascii_uppercase());
            assert_eq!(job.environment()[&key], format!("/run/secrets/{file}"));
            wanted.insert(file);
        }
        assert_eq!(job.secret_names(), wanted);
    }
}

#[test]
fn all_but_the_six_can_be_applied_before_them() {
    for overlay in overlays() {
        let is_one =
            |object: &Value| object["metadata"]["labels"]["app.kubernetes.io/component"] == "service";
        for workload in overlay.workloads() {
            assert_eq!(
                is_one(workload.object),
                workload.object["kind"] == "Deployment",
                "{}",
                workload.name()
            );
        }
        for kind in ["Secret", "ConfigMap", "NetworkPolicy", "ServiceAccount", "Service"] {
            assert!(!overlay.all(kind).into_iter().any(is_one), "{}: {kind}", overlay.name);
        }
    }
}

#[test]
fn a_pod_is_given_its_own_secrets_as_files_and_no_others() {
    for overlay in overlays() {
        for (service, workload) in overlay.services() {
            let environment = workload.environment();
            let files = environment.iter().filter(|(key, _)| key.ends_with("_FILE"));
            let read: BTreeSet<_> =
                files.map(|(_, path)| path.strip_prefix("/run/secrets/").unwrap().to_owned()).collect();
            assert_eq!(read, workload.secret_names(), "{}: {service}", overlay.name);
            let foreign = Service::ALL.into_iter().filter(|other| *other != service);
            for other in foreign {
                let foreign = read.iter().find(|file| file.ends_with(&format!("_{other}")));
                assert_eq!(foreign, None, "{}: {service}", overlay.name);
            }
        }
        for map in overlay.all("ConfigMap") {
            for (key, value) in texts(&map["data"]) {
                let holds_one = value.contains("://") && value.contains('@');
                let is_one =
                    ["PASSWORD", "SECRET", "ACCESS_KEY", "CREDENTIALS"].iter().any(|it| key.contains(it));
                assert!(!holds_one && (!is_one || key.ends_with("_FILE")), "{}: {key}", name_of(map));
            }
        }
    }
}

#[test]
fn no_pod_can_write_to_itself_has_a_right_or_speaks_to_kubernetes() {
    each(|workload| {
        let pod = differences(
            workload.pod(),
            &[
                ("automountServiceAccountToken", "false"),
                ("enableServiceLinks", "false"),
                ("serviceAccountName", "helpdesk"),
                ("hostNetwork", "null"),
                ("hostPID", "null"),
                ("hostIPC", "null"),
                ("initContainers", "null"),
                ("securityContext.runAsNonRoot", "true"),
                ("securityContext.runAsUser", "65532"),
                ("securityContext.fsGroup", "65532"),
                ("securityContext.seccompProfile", "{ type: RuntimeDefault }"),
            ],
        );
        let container = differences(
            workload.container(),
            &[(
                "securityContext",
                "{ allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: [ALL] } }",
            )],
        );
        let volumes = workload.pod()["volumes"].as_sequence().unwrap();
        let odd = volumes.iter().filter(|volume| {
            volume["secret"]["defaultMode"] != 0o440 && volume["emptyDir"]["sizeLimit"].is_null()
        });
        let odd = odd.map(|volume| format!("{volume:?} is neither a secret nor a folder with a limit"));
        pod.into_iter().chain(container).chain(odd).collect()
    });
    for overlay in overlays() {
        let namespace = &overlay.all("Namespace")[0]["metadata"]["labels"];
        assert_eq!(namespace["pod-security.kubernetes.io/enforce"], "restricted", "{}", overlay.name);
    }
}

#[test]
fn every_pod_has_the_release_in_it() {
    let release = format!(":{}", env!("CARGO_PKG_VERSION"));
    each(|workload| {
        let image = workload.container()["image"].as_str().unwrap();
        (!image.ends_with(&release)).then(|| format!("{image} is not {release}")).into_iter().collect()
    });
}

#[test]
fn probes_and_limits_are_those_of_the_specification() {
    for overlay in overlays() {
        for (service, workload) in overlay.services() {
            let faults = differences(
                workload.container(),
                &[
                    ("livenessProbe.httpGet", "{ path: /health, port: http }"),
                    ("livenessProbe.initialDelaySeconds", "30"),
                    ("livenessProbe.periodSeconds", "10"),
                    ("readinessProbe.httpGet", "{ path: /ready, port: http }"),
                    ("readinessProbe.initialDelaySeconds", "5"),
                    ("readinessProbe.periodSeconds", "5"),
                    ("resources.requests", "{ memory: 256Mi, cpu: 250m }"),
                    ("resources.limits", "{ memory: 512Mi, cpu: 500m }"),
                ],
            );
            assert!(faults.is_empty(), "{}: {service}: {faults:#?}", overlay.name);
            let at = Service::ALL.iter().position(|it| *it == service).unwrap();
            assert_eq!(workload.port(), 3001 + u64::try_from(at).unwrap(), "{service}");
        }
    }
}

#[test]
fn a_services_name_leads_to_its_pods() {
    for overlay in overlays() {
        assert_eq!(overlay.all("Service").len(), 6);
        for (_, workload) in overlay.services() {
            let service = overlay.one("Service", workload.name());
            let (port, container) = (&service["spec"]["ports"][0], &workload.container()["ports"][0]);
            assert_eq!(port["port"].as_u64(), Some(workload.port()), "{}", workload.name());
            assert_eq!((&port["name"], &port["targetPort"]), (&container["name"], &container["name"]));
            assert_eq!(service["spec"]["selector"], workload.object["spec"]["selector"]["matchLabels"]);
            let labels = workload.labels();
            let selected = texts(&service["spec"]["selector"]);
            assert!(
                selected.iter().all(|(key, value)| labels.get(key) == Some(value)),
                "{}",
                workload.name()
            );
        }
    }
}

/// How few pods of a service there may be, before anything goes wrong.
fn fewest(overlay: &Overlay, workload: &Workload<'_>) -> u64 {
    let fixed = workload.object["spec"]["replicas"].as_u64();
    let scalers = overlay.all("HorizontalPodAutoscaler").into_iter();
    let scaler = scalers
        .map(|scaler| &scaler["spec"])
        .find(|scaler| scaler["scaleTargetRef"]["name"] == workload.object["metadata"]["name"]);
    match (fixed, scaler) {
        (Some(fixed), None) => fixed,
        (None, Some(scaler)) => {
            let (fewest, most) = (&scaler["minReplicas"], &scaler["maxReplicas"]);
            assert!(fewest.as_u64() < most.as_u64(), "{}", workload.name());
            fewest.as_u64().unwrap()
        }
        // An `apply` would undo what the autoscaler has done, or nobody says how many.
        _ => panic!("{}: {}: one has to say how many, and only one", overlay.name, workload.name()),
    }
}

#[test]
fn a_node_may_go_and_a_release_come_while_all_six_serve() {
    for overlay in overlays() {
        for (service, workload) in overlay.services() {
            let wanted = if overlay.name == "production" { 3 } else { 2 };
            assert_eq!(fewest(&overlay, &workload), wanted, "{}: {service}", overlay.name);
            let budget = &overlay.one("PodDisruptionBudget", workload.name())["spec"];
            assert_eq!(budget["maxUnavailable"], 1);
            assert_eq!(budget["selector"], workload.object["spec"]["selector"]);
            assert_eq!(workload.object["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"], 0);
            let spread = workload.pod()["topologySpreadConstraints"].as_sequence().unwrap();
            let over: Vec<_> = spread.iter().map(|it| it["topologyKey"].as_str().unwrap()).collect();
            assert_eq!(over, ["kubernetes.io/hostname", "topology.kubernetes.io/zone"]);
            let environment = workload.environment();
            let stop = duration(&environment["DRAIN_DELAY"]) + duration(&environment["DRAIN_TIMEOUT"]);
            let patience = workload.pod()["terminationGracePeriodSeconds"].as_u64().unwrap();
            assert!(patience > stop, "{service} is killed while it stops");
        }
    }
}

#[test]
fn the_ingress_leads_where_the_proxy_does() {
    for overlay in overlays() {
        let rules = overlay.one("Ingress", "helpdesk")["spec"]["rules"].as_sequence().unwrap();
        assert_eq!(rules.len(), 1);
        let mut leads = BTreeSet::new();
        for path in rules[0]["http"]["paths"].as_sequence().unwrap() {
            let backend = &path["backend"]["service"];
            let service = overlay.one("Service", backend["name"].as_str().unwrap());
            assert_eq!(backend["port"]["name"], service["spec"]["ports"][0]["name"]);
            let (path, kind) = (path["path"].as_str().unwrap(), path["pathType"].as_str().unwrap());
            let target =
                format!("{}:{}", name_of(service), service["spec"]["ports"][0]["port"].as_u64().unwrap());
            leads.insert((path.to_owned(), kind == "Prefix", target));
        }
        let mut wanted = BTreeSet::new();
        for (patterns, target) in proxy::routes() {
            for pattern in &patterns {
                let below = pattern.strip_suffix("/*");
                let whole = below.is_none() && patterns.contains(&format!("{pattern}/*"));
                if !whole {
                    wanted.insert((below.unwrap_or(pattern).to_owned(), below.is_some(), target.clone()));
                }
            }
        }
        assert_eq!(leads, wanted, "{}", overlay.name);
    }
}

#[test]
fn prometheus_finds_all_six_under_the_names_that_its_rules_know() {
    for overlay in overlays() {
        let monitor = &overlay.all("ServiceMonitor")[0]["spec"];
        let endpoint = &monitor["endpoints"][0];
        assert_eq!(endpoint["path"], "/metrics");
        for service in overlay.all("Service") {
            let labels = texts(&service["metadata"]["labels"]);
            let selected = texts(&monitor["selector"]["matchLabels"]);
            assert!(
                selected.iter().all(|(key, value)| labels.get(key) == Some(value)),
                "{}",
                name_of(service)
            );
            assert_eq!(service["spec"]["ports"][0]["name"], endpoint["port"]);
            assert_eq!(labels[monitor["jobLabel"].as_str().unwrap()], name_of(service));
        }
    }
}

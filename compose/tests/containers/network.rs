//! Who reaches whom in Kubernetes: what the settings name, and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use serde_norway::Value;

use crate::overlay::{Overlay, Workload, list, name_of, overlays, texts};

/// Settings with addresses that are for browsers.
const FOR_BROWSERS: [&str; 3] = ["APP_URL", "CORS_ORIGINS", "S3_PUBLIC_ENDPOINT"];

/// Where a connection leads.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Target {
    /// To the pods of the overlay that bear the name.
    Pods(String, u64),
    /// Out of the namespace.
    Elsewhere(u64),
}

/// What the settings of a workload make it connect to.
fn wanted(workload: &Workload<'_>) -> BTreeSet<Target> {
    let mut wanted = BTreeSet::new();
    for (key, value) in workload.environment_here() {
        let value = match key.strip_suffix("_FILE") {
            Some(_) => std::fs::read_to_string(&value).unwrap(),
            None => value,
        };
        if !FOR_BROWSERS.contains(&key.as_str()) {
            let addresses = value.trim().split(',').filter_map(|one| address(&key, one));
            wanted.extend(addresses.map(|(host, port)| target(workload.overlay, &host, port)));
        }
    }
    wanted
}

/// The host and the port of an address, where a value is one.
fn address(key: &str, value: &str) -> Option<(String, u64)> {
    let url = match value.contains("://") {
        true => value.to_owned(),
        false if key.ends_with("_ADDRESS") => format!("tcp://{value}"),
        false => return None,
    };
    let url = reqwest::Url::parse(&url).unwrap_or_else(|_| panic!("{key}: {value} is no address"));
    let usual = |scheme: &str| match scheme {
        "postgres" => 5432,
        "nats" => 4222,
        "redis" => 6379,
        "smtps" => 465,
        _ => panic!("{key}: {value} has no port"),
    };
    let port = url.port_or_known_default().unwrap_or_else(|| usual(url.scheme()));
    Some((url.host_str().unwrap().to_owned(), port.into()))
}

fn target(overlay: &Overlay, host: &str, port: u64) -> Target {
    let ours = overlay.all("Service").into_iter().any(|service| name_of(service) == host);
    if !ours {
        assert!(host.contains('.'), "{}: there is no Service {host}", overlay.name);
        return Target::Elsewhere(port);
    }
    let service = &overlay.one("Service", host)["spec"]["ports"][0];
    assert_eq!(service["port"].as_u64(), Some(port), "{}: {host}", overlay.name);
    Target::Pods(host.to_owned(), port)
}

/// Whether labels are selected; an empty selector selects everything.
fn selects(selector: &Value, labels: &BTreeMap<String, String>) -> bool {
    let alike = texts(&selector["matchLabels"]).iter().all(|(key, value)| labels.get(key) == Some(value));
    let mut expressions = selector["matchExpressions"].as_sequence().into_iter().flatten();
    alike
        && expressions.all(|it| {
            assert_eq!(it["operator"], "In");
            let label = labels.get(it["key"].as_str().unwrap());
            label.is_some_and(|label| list(&it["values"]).contains(label))
        })
}

/// The rules of one direction that hold for a workload.
fn rules<'a>(overlay: &'a Overlay, direction: &str, workload: &Workload<'_>) -> Vec<&'a Value> {
    let labels = workload.labels();
    let policies = overlay.all("NetworkPolicy").into_iter().map(|policy| &policy["spec"]);
    let holds = policies.filter(|policy| {
        let of_direction = list(&policy["policyTypes"]).iter().any(|it| it.eq_ignore_ascii_case(direction));
        of_direction && selects(&policy["podSelector"], &labels)
    });
    holds.flat_map(|policy| policy[direction].as_sequence().into_iter().flatten()).collect()
}

fn items<'a>(rule: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    let items =
        rule[key].as_sequence().unwrap_or_else(|| panic!("a rule without {key} lets everything pass"));
    items.iter()
}

/// The ports of a rule, a name being that of the container's port.
fn ports(rule: &Value, of: &Workload<'_>) -> Vec<u64> {
    let number = |port: &Value| match port["port"].as_str() {
        Some(name) => {
            assert_eq!(of.container()["ports"][0]["name"], name);
            of.port()
        }
        None => port["port"].as_u64().unwrap(),
    };
    items(rule, "ports").map(number).collect()
}

/// What the policies let a workload connect to, but for the service of names.
fn allowed(workload: &Workload<'_>) -> BTreeSet<Target> {
    let mut allowed = BTreeSet::new();
    for rule in rules(workload.overlay, "egress", workload) {
        for peer in items(rule, "to") {
            let outside = !peer["namespaceSelector"].is_null() || !peer["ipBlock"].is_null();
            let pods = workload.overlay.workloads();
            let pods = pods.iter().filter(|pods| !outside && selects(&peer["podSelector"], &pods.labels()));
            let names: Vec<_> = pods.map(|pods| pods.name().to_owned()).collect();
            assert!(outside || !names.is_empty(), "{}: {peer:?} is nobody", workload.overlay.name);
            for port in items(rule, "ports").map(|port| port["port"].as_u64().unwrap()) {
                allowed.extend(outside.then_some(Target::Elsewhere(port)));
                allowed.extend(names.iter().map(|name| Target::Pods(name.clone(), port)));
            }
        }
    }
    assert!(allowed.remove(&Target::Elsewhere(53)), "{} can look up no name", workload.name());
    allowed
}

#[test]
fn a_pod_reaches_what_its_settings_name_and_nothing_else() {
    for overlay in overlays() {
        for workload in overlay.workloads() {
            assert_eq!(allowed(&workload), wanted(&workload), "{}: {}", overlay.name, workload.name());
        }
    }
}

#[test]
fn a_pod_lets_in_whoever_calls_it_the_ingress_and_prometheus() {
    for overlay in overlays() {
        for called in overlay.workloads() {
            let mut outside = BTreeSet::new();
            let mut inside = BTreeSet::new();
            for rule in rules(&overlay, "ingress", &called) {
                assert_eq!(ports(rule, &called), [called.port()], "{}", called.name());
                for peer in items(rule, "from") {
                    assert!(peer["ipBlock"].is_null(), "{}", called.name());
                    let namespaces = peer["namespaceSelector"]["matchExpressions"][0]["values"].clone();
                    outside.extend(list(&namespaces));
                    let callers = overlay.workloads();
                    let callers = callers.iter().filter(|it| {
                        peer["namespaceSelector"].is_null() && selects(&peer["podSelector"], &it.labels())
                    });
                    inside.extend(callers.map(|it| it.name().to_owned()));
                }
            }
            let calls = Target::Pods(called.name().to_owned(), called.port());
            let callers = overlay.workloads();
            let callers = callers.iter().filter(|it| wanted(it).contains(&calls));
            let callers: BTreeSet<_> = callers.map(|it| it.name().to_owned()).collect();
            assert_eq!(inside, callers, "{}: who calls {}", overlay.name, called.name());
            let serves = called.object["kind"] == "Deployment";
            let wanted: &[&str] = if serves { &["ingress", "monitoring"] } else { &[] };
            assert!(outside.iter().eq(wanted), "{}: {outside:?}", called.name());
        }
    }
}

#[test]
fn whoever_is_not_listed_reaches_nobody() {
    for overlay in overlays() {
        let policies = overlay.all("NetworkPolicy").into_iter().map(|policy| &policy["spec"]);
        let closed = policies.into_iter().any(|policy| {
            policy["podSelector"].as_mapping().is_some_and(|selector| selector.is_empty())
                && list(&policy["policyTypes"]) == ["Ingress", "Egress"]
                && policy["ingress"].is_null()
                && policy["egress"].is_null()
        });
        assert!(closed, "{}", overlay.name);
    }
}

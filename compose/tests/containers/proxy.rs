//! The reverse proxy knows where each route is.

use compose::services::Service;
use serde_json::Value;

use crate::{
    composed::{Composed, WHOLE, folder},
    support::Launch,
};

/// What stays inside, on each service's own port.
const INSIDE: [&str; 4] = ["/health", "/ready", "/metrics", "/openapi.json"];

/// The patterns of the Caddyfile, each with the container and the port that it leads to.
pub fn routes() -> Vec<(Vec<String>, String)> {
    let text = std::fs::read_to_string(folder().join("Caddyfile")).unwrap();
    let mut routes = Vec::new();
    let mut patterns = Vec::new();
    for line in text.lines().map(str::trim) {
        if line.starts_with('@') {
            patterns = line.split(' ').skip(2).map(str::to_owned).collect();
        } else if let Some(target) = line.strip_prefix("reverse_proxy ") {
            routes.push((std::mem::take(&mut patterns), target.to_owned()));
        }
    }
    routes
}

fn matches(pattern: &str, path: &str) -> bool {
    pattern.strip_suffix('*').map_or(pattern == path, |start| path.starts_with(start))
}

#[tokio::test]
async fn every_route_of_the_six_leads_to_its_service_and_nothing_else_is_outside() {
    let folder = tempfile::tempdir().unwrap();
    let launch = Launch::within(folder.path());
    let helpdesk = launch.ready().await;
    let (routes, whole) = (routes(), Composed::read(WHOLE));
    assert_eq!(routes.len(), 6);
    for service in Service::ALL {
        let document = reqwest::get(format!("{}/openapi.json", launch.url(service.name()))).await.unwrap();
        let document: Value = document.json().await.unwrap();
        let paths: Vec<_> = document["paths"].as_object().unwrap().keys().cloned().collect();
        assert!(paths.len() > 5, "{service}: {paths:?}");
        for path in paths {
            let to: Vec<_> =
                routes.iter().filter(|(patterns, _)| patterns.iter().any(|it| matches(it, &path))).collect();
            if INSIDE.contains(&path.as_str()) {
                assert!(to.is_empty(), "{path} is outside");
                continue;
            }
            let [(_, target)] = to[..] else { panic!("{service}: {path} leads to {to:?}") };
            let (container, port) = target.split_once(':').unwrap();
            let (name, _) =
                whole.services().into_iter().find(|(_, it)| it.environment()["PORT"] == port).unwrap();
            assert_eq!(name, service.name(), "{path}");
            assert!(whole.containers.contains_key(container));
        }
    }
    assert!(helpdesk.stop().await.status.success());
}

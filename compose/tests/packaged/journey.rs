use std::{
    path::Path,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use compose::services::Service;
use reqwest::Client;
use serde_json::json;

use crate::{
    installed::{ADMIN, Machine, named},
    supervisor::Supervised,
    ticket::{goes_through_all_six, post},
};

#[tokio::test(flavor = "multi_thread")]
async fn the_six_of_the_package_open_record_and_mail_a_ticket_and_are_restarted_unnoticed() {
    let Some(machine) = Machine::install().await else { return };
    let mut services = machine.start();
    let client = Client::new();
    let ada = format!("ada-{}@example.com", machine.prefix);
    let account = json!({ "email": ada, "password": "correct horse battery" });
    let registered = post(&client, machine.at(Service::Auth) + "/auth/register", None, account).await;
    let token = registered["accessToken"].as_str().unwrap();
    let admin = json!({ "email": ADMIN, "password": machine.drawn("auth/admin_password") });
    let admin = post(&client, machine.at(Service::Auth) + "/auth/login", None, admin).await;
    let admin = admin["accessToken"].as_str().unwrap();

    goes_through_all_six(|service| machine.at(service), machine.maildir(), (&ada, token), admin).await;
    restarts(&machine, &mut services, token).await;
    goes_through_all_six(|service| machine.at(service), machine.maildir(), (&ada, token), admin).await;
    postman(&machine);

    let mut logs = Vec::new();
    for service in services {
        logs.push(service.stop().await);
    }
    for log in &logs {
        assert!(!log.contains("NATS refuses"), "{log}");
    }
    for name in ["auth/admin_password", "auth/jwt_secret", "audit/audit_secret", "tickets/nats_password"] {
        let secret = machine.drawn(name);
        assert!(logs.iter().all(|log| !log.contains(&secret)), "{name} is in a log");
    }
    machine.clean().await;
}

/// Every collection of `compose/postman`, where `cargo xtask test --postman` has fetched newman and its script is named.
fn postman(machine: &Machine) {
    let Some(script) = named("TEST_NEWMAN") else { return };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("postman");
    for collection in std::fs::read_dir(folder.join("collections")).unwrap() {
        let mut newman = Command::new("node");
        newman.arg(&script).env("COLLECTION", collection.unwrap().path()).env("FOLDER", &folder);
        newman.env("ENVIRONMENT", "compose");
        newman.env("VARIABLE_adminEmail", ADMIN);
        newman.env("VARIABLE_adminPassword", machine.drawn("auth/admin_password"));
        newman.envs(Service::ALL.map(|service| (format!("VARIABLE_{service}Url"), machine.at(service))));
        let output = newman.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    }
}

/// Each of them once, while requests go on, a new connection each: none fails.
#[allow(clippy::disallowed_methods, reason = "the test joins what it spawns")]
async fn restarts(machine: &Machine, services: &mut [Supervised], token: &str) {
    let done = Arc::new(AtomicBool::new(false));
    let paths = [
        (Service::Auth, "/auth/me"),
        (Service::Users, "/users/profile"),
        (Service::Tickets, "/tickets"),
        (Service::Files, "/health"),
        (Service::Notifications, "/notifications"),
        (Service::Audit, "/health"),
    ];
    let asking: Vec<_> = paths
        .into_iter()
        .map(|(service, path)| {
            let (done, url, token) = (done.clone(), machine.at(service) + path, token.to_owned());
            tokio::spawn(async move {
                let client = Client::builder().pool_max_idle_per_host(0).build().unwrap();
                let mut answered = 0;
                while !done.load(Ordering::SeqCst) {
                    let answer = client.get(&url).bearer_auth(&token).send().await;
                    let answer = answer.unwrap_or_else(|fault| panic!("{url}, after {answered}: {fault:?}"));
                    assert!(answer.status().is_success(), "{url}: {}", answer.status());
                    answer.bytes().await.unwrap();
                    answered += 1;
                }
                answered
            })
        })
        .collect();
    for service in services {
        service.restart().await;
    }
    done.store(true, Ordering::SeqCst);
    for task in asking {
        assert!(task.await.unwrap() > 10);
    }
}

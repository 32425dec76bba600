//! Two machines behind a proxy, restarted service by service under requests: nobody notices.
//!
//! In the gate each of the twelve processes is restarted once. The long run:
//! `ROLLING_RESTARTS=100 ROLLING_RATE=200 cargo xtask servers --run -- cargo test --release -p compose --test survival rolling`.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use compose::services::Service;
use reqwest::{Client, Method, StatusCode, multipart};
use serde_json::{Value, json};
use tokio::{sync::Mutex, task::JoinSet};

use crate::{
    left_out,
    place::{Nats, Place},
    proxy::Site,
    support::{Launch, Program},
};

const MACHINES: [&str; 2] = ["one", "two"];
const ADMIN: (&str, &str) = ("admin@example.com", "correct horse battery");

#[allow(clippy::disallowed_methods, reason = "how long and how hard is the caller's choice")]
fn chosen(key: &str, otherwise: usize) -> usize {
    std::env::var(key)
        .map_or(otherwise, |value| value.parse().unwrap_or_else(|_| panic!("{key} is no number: {value}")))
}

/// What people do, over and over; every tenth of them opens a ticket. Calls of files go to the one that was uploaded.
const CALLS: [(Method, &str); 10] = [
    (Method::GET, "/auth/me"),
    (Method::GET, "/users/profile"),
    (Method::GET, "/tickets"),
    (Method::GET, "/tickets?sort=-createdAt&limit=5"),
    (Method::POST, "/tickets"),
    (Method::GET, "/files/{file}/download"),
    (Method::GET, "/notifications"),
    (Method::GET, "/notifications/unread-count"),
    (Method::GET, "/audit/logs?limit=5"),
    (Method::GET, "/users"),
];

/// Requests at a steady rate, whether or not those before are answered.
struct Crowd {
    over: Arc<AtomicBool>,
    work: tokio::task::JoinHandle<Tale>,
}

/// What became of them.
#[derive(Default)]
struct Tale {
    answered: usize,
    opened: usize,
    failed: Vec<String>,
}

impl Crowd {
    #[allow(clippy::disallowed_methods, reason = "the test joins what it spawns")]
    fn gather(url: &str, token: &str, file: &str, rate: usize) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let is_over = over.clone();
        let (url, token, file) = (url.to_owned(), token.to_owned(), file.to_owned());
        let work = tokio::spawn(async move {
            let http = Client::builder().timeout(Duration::from_secs(30)).build().unwrap();
            let tale = Arc::new(Mutex::new(Tale::default()));
            let mut under_way = JoinSet::new();
            let mut beat = tokio::time::interval(Duration::from_secs(1) / u32::try_from(rate).unwrap());
            for number in 0.. {
                beat.tick().await;
                if is_over.load(Ordering::SeqCst) {
                    break;
                }
                let (method, path) = CALLS[number % CALLS.len()].clone();
                let (http, tale) = (http.clone(), tale.clone());
                let address = url.clone() + &path.replace("{file}", &file);
                let call = http.request(method.clone(), address).bearer_auth(&token);
                let call = match method == Method::POST {
                    true => call.json(&json!({
                        "title": format!("Ticket {number}"), "description": "It burns.", "category": "hardware"
                    })),
                    false => call,
                };
                under_way.spawn(async move {
                    let answer = call.send().await;
                    let mut tale = tale.lock().await;
                    match answer {
                        Ok(answer) if answer.status() == StatusCode::CREATED => tale.opened += 1,
                        Ok(answer) if answer.status() == StatusCode::OK => {}
                        Ok(answer) => {
                            let told = format!("{method} {path}: {}", answer.status());
                            let told = told + " " + &answer.text().await.unwrap_or_default();
                            tale.failed.push(told);
                        }
                        Err(fault) => tale.failed.push(format!("{method} {path}: {fault:?}")),
                    }
                    tale.answered += 1;
                });
            }
            under_way.join_all().await;
            Arc::into_inner(tale).unwrap().into_inner()
        });
        Self { over, work }
    }

    async fn disperse(self) -> Tale {
        self.over.store(true, Ordering::SeqCst);
        self.work.await.unwrap()
    }
}

/// One process: a service on a machine.
struct Replica {
    service: &'static str,
    machine: &'static str,
    launch: Launch,
    program: Option<Program>,
}

fn replicas(place: &Place, buckets: &[(&str, String)], url: &str) -> Vec<Replica> {
    let mut replicas = Vec::new();
    for machine in MACHINES {
        let launch = buckets.iter().fold(place.launch(), |launch, (key, value)| launch.with(key, value));
        let found_at =
            |launch: Launch, service: Service| launch.with(&service.url_key().to_ascii_uppercase(), url);
        let launch = Service::ALL
            .into_iter()
            .fold(launch, found_at)
            .with("ADMIN_EMAIL", ADMIN.0)
            .with("ADMIN_PASSWORD", ADMIN.1)
            .with("JWT_SECRET", "j".repeat(32))
            .with("AUDIT_SECRET", "a".repeat(32))
            .with("DRAIN_DELAY", "2s");
        for service in Service::ALL.map(Service::name) {
            let launch = launch.clone().moved(&place.folder(&format!("{service}-{machine}")));
            replicas.push(Replica { service, machine, launch: launch.only(&[service]), program: None });
        }
    }
    replicas
}

/// A file of a ticket, to be downloaded.
async fn upload(url: &str, token: &str) -> String {
    let http = Client::new();
    let ticket = json!({"title": "A picture of it", "description": "See there.", "category": "hardware"});
    let opened = http.post(format!("{url}/tickets")).bearer_auth(token).json(&ticket).send().await.unwrap();
    let ticket = opened.json::<Value>().await.unwrap()["id"].as_str().unwrap().to_owned();
    let part = multipart::Part::bytes(b"Smoke, then flames.".to_vec()).file_name("report.txt");
    let form =
        multipart::Form::new().text("ticketId", ticket).part("file", part.mime_str("text/plain").unwrap());
    let uploaded = http.post(format!("{url}/files")).bearer_auth(token).multipart(form).send().await.unwrap();
    uploaded.json::<Value>().await.unwrap()["id"].as_str().expect("a file").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_machines_behind_a_proxy_are_restarted_and_no_request_fails() {
    let (Some(site), Some(place)) = (Site::choose(), Place::real().await) else { return left_out() };
    let Some(buckets) = place.buckets() else { return left_out() };
    let (restarts, rate) = (chosen("ROLLING_RESTARTS", 12), chosen("ROLLING_RATE", 40));
    let _nats = Nats::start(&place).await;
    let mut replicas = replicas(&place, buckets, &site.url());
    let ports: Vec<_> = replicas
        .iter()
        .map(|it| {
            (it.service, it.machine, it.launch.port(&format!("{}_PORT", it.service.to_ascii_uppercase())))
        })
        .collect();
    // Before the services, which find each other there.
    let proxy = site.open(&place, &ports);
    // The first machine brings the tables up to date.
    for machine in MACHINES {
        let mut its: Vec<_> = replicas.iter_mut().filter(|it| it.machine == machine).collect();
        its.iter_mut().for_each(|it| it.program = Some(it.launch.start()));
        for replica in its {
            replica.program.as_mut().unwrap().until_ready().await;
            proxy.until_it_sends_to(replica.service, replica.machine).await;
        }
    }
    let login = json!({ "email": ADMIN.0, "password": ADMIN.1 });
    let login = Client::new().post(format!("{}/auth/login", proxy.url())).json(&login).send().await.unwrap();
    let token = login.json::<Value>().await.unwrap()["accessToken"].as_str().unwrap().to_owned();

    let file = upload(proxy.url(), &token).await;
    let crowd = Crowd::gather(proxy.url(), &token, &file, rate);
    for restart in 0..restarts {
        let turn = restart % replicas.len();
        let replica = &mut replicas[turn];
        let ended = replica.program.take().unwrap().stop().await;
        assert!(ended.status.success(), "{} on {}: {}", replica.service, replica.machine, ended.stderr);
        replica.program = Some(replica.launch.ready().await);
        proxy.until_it_sends_to(replica.service, replica.machine).await;
    }
    let tale = crowd.disperse().await;
    let shown = &tale.failed[..tale.failed.len().min(10)];
    assert!(tale.failed.is_empty(), "{} of {} requests failed: {shown:#?}", tale.failed.len(), tale.answered);
    assert!(tale.opened > restarts, "only {} tickets were opened over {restarts} restarts", tale.opened);
    println!("{restarts} restarts, {} requests at {rate}/s, none failed", tale.answered);
    // All at once: each first goes on answering for a while.
    let programs: Vec<_> = replicas.into_iter().filter_map(|replica| replica.program).collect();
    programs.iter().for_each(|program| program.signal("TERM"));
    for program in programs {
        assert!(program.ended().await.status.success());
    }
    place.clean().await;
}

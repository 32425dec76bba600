//! The six as the compose file has them – its settings, its secrets, a role of its own in PostgreSQL and a user of its own on NATS
//! for each – and a ticket that is opened, recorded and mailed.

use std::path::PathBuf;

use compose::services::Service;
use reqwest::Client;
use sea_orm::{ConnectionTrait, Database};
use serde_json::json;

use crate::{
    composed::{Composed, WHOLE},
    secrets::Secrets,
    servers::{Databases, Server, named, nats, nats_user, redis},
    support::{Launch, Program},
    ticket::{goes_through_all_six, mails_to, post},
    until,
};

const PASSWORD: &str = "correct horse battery";

/// Everything that runs.
struct Whole {
    secrets: Secrets,
    databases: Databases,
    nats: Server,
    _redis: Server,
    maildir: PathBuf,
    launches: Vec<(Service, Launch)>,
}

impl Whole {
    async fn prepare() -> Option<Self> {
        let (smtp, maildir) = (named("TEST_SMTP_URL")?, named("TEST_SMTP_MAILDIR")?.into());
        let s3 = (named("TEST_S3_URL")?, named("TEST_S3_ACCESS_KEY")?, named("TEST_S3_SECRET_KEY")?);
        let secrets = Secrets::make();
        let (nats, redis) = (nats(&secrets).await?, redis(&secrets).await?);
        let databases = Databases::make(&secrets).await?;
        // Where the servers are is all that differs.
        for service in Service::ALL {
            let url = databases.url(&secrets, service.name(), service.name());
            secrets.replace(&format!("database_url_{service}"), &url);
        }
        secrets.replace(
            "redis_url",
            &format!("redis://:{}@127.0.0.1:{}/0", secrets.read("redis_password"), redis.port),
        );
        secrets.replace("smtp_url", &smtp);
        secrets.replace("s3_access_key", &s3.1);
        secrets.replace("s3_secret_key", &s3.2);
        let prefix = &databases.prefix;
        let elsewhere = [
            ("NATS_URL", format!("nats://127.0.0.1:{}", nats.port)),
            ("S3_ENDPOINT", s3.0),
            ("S3_BUCKET_TICKETS", format!("{}-tickets", prefix.replace('_', "-"))),
            ("S3_BUCKET_AVATARS", format!("{}-avatars", prefix.replace('_', "-"))),
            ("UPLOAD_DIR", secrets.folder().join("uploads").display().to_string()),
            ("HOST", "127.0.0.1".to_owned()),
        ];
        let launches = launches(&secrets, &elsewhere);
        Some(Self { secrets, databases, nats, _redis: redis, maildir, launches })
    }

    async fn start(&self) -> Vec<Program> {
        let mut programs: Vec<_> = self.launches.iter().map(|(_, launch)| launch.start()).collect();
        for program in &mut programs {
            program.until_ready().await;
        }
        programs
    }

    /// Each ends in order, and none was refused anything.
    async fn stop(&self, programs: Vec<Program>) {
        for (program, (service, _)) in programs.into_iter().zip(&self.launches) {
            let ended = program.stop().await;
            assert!(ended.status.success(), "{service}: {}", ended.stderr);
            let log = ended.stdout + &ended.stderr;
            assert!(log.contains("connected to NATS"), "{service} logs elsewhere: {log}");
            let refused: Vec<_> = log.lines().filter(|line| line.contains("NATS refuses")).collect();
            assert!(refused.is_empty(), "{service}: {refused:#?}");
        }
    }

    fn at(&self, service: Service) -> String {
        self.launches[0].1.url(service.name())
    }
}

fn launches(secrets: &Secrets, elsewhere: &[(&str, String)]) -> Vec<(Service, Launch)> {
    let folder = secrets.folder();
    std::fs::create_dir_all(folder.join("uploads")).unwrap();
    // One set of ports for all, so that each is found where the others look.
    let ports = Launch::within(folder);
    let whole = Composed::read(WHOLE);
    let mut launches = Vec::new();
    for service in Service::ALL {
        let (_, container) = whole.services().into_iter().find(|(name, _)| *name == service.name()).unwrap();
        let own = folder.join(format!("process-{service}"));
        std::fs::create_dir_all(&own).unwrap();
        // Launch makes hashes cheap, which production refuses.
        let mut launch = ports.clone().moved(&own).only(&[service.name()]).with("BCRYPT_COST", "10");
        for (key, value) in container.environment() {
            let found = Service::ALL.into_iter().find(|it| it.url_key().to_ascii_uppercase() == key);
            let value = match (found, value.strip_prefix("/run/secrets/")) {
                (Some(other), _) => ports.url(other.name()),
                (None, Some(secret)) => secrets.file(secret).display().to_string(),
                (None, None) => value,
            };
            launch = launch.with(&key, value);
        }
        for (key, value) in elsewhere {
            launch = launch.with(key, value.as_str());
        }
        launches.push((service, launch));
    }
    launches
}

#[tokio::test(flavor = "multi_thread")]
async fn six_processes_with_least_rights_open_record_and_mail_a_ticket() {
    let Some(whole) = Whole::prepare().await else { return };
    let programs = whole.start().await;
    let client = Client::new();
    let auth = whole.at(Service::Auth);

    let ada = format!("ada-{}@example.com", whole.databases.prefix);
    let registered =
        post(&client, format!("{auth}/auth/register"), None, json!({ "email": ada, "password": PASSWORD }))
            .await;
    let token = registered["accessToken"].as_str().unwrap();
    let password = whole.secrets.read("admin_password");
    let admin = json!({ "email": "admin@helpdesk.local", "password": password });
    let admin = post(&client, format!("{auth}/auth/login"), None, admin).await;
    let admin = admin["accessToken"].as_str().unwrap();

    goes_through_all_six(|service| whole.at(service), &whole.maildir, (&ada, token), admin).await;
    // The confirmation of her address is a command, that of her ticket an event.
    until("she has both mails", || async { mails_to(&whole.maildir, &ada) >= 2 }).await;
    whole.stop(programs).await;

    // Connected anew, each relay looks whether the stream still holds what it has published.
    let programs = whole.start().await;
    another_is_on_record(&whole, &client, token, admin).await;
    let (operator, _) = nats_user(&whole.secrets, whole.nats.port, "operator").await;
    async_nats::jetstream::new(operator).delete_stream("HELPDESK").await.unwrap();
    // A service may make it anew.
    another_is_on_record(&whole, &client, token, admin).await;
    whole.stop(programs).await;
    whole.databases.clean().await;
}

async fn another_is_on_record(whole: &Whole, client: &Client, token: &str, admin: &str) {
    let ticket = json!({ "title": "The other printer", "description": "As well.", "category": "hardware",
                         "priority": "LOW" });
    let ticket = post(client, format!("{}/tickets", whole.at(Service::Tickets)), Some(token), ticket).await;
    let id = ticket["id"].as_str().unwrap();
    let url = format!("{}/audit/logs?resourceType=ticket&resourceId={id}", whole.at(Service::Audit));
    until("it is on record too", || async {
        let logs = client.get(&url).bearer_auth(admin).send().await.unwrap().text().await.unwrap();
        logs.contains("TICKET_CREATED")
    })
    .await;
}

#[tokio::test]
async fn a_role_enters_its_own_database_and_no_other() {
    let secrets = Secrets::make();
    let Some(databases) = Databases::make(&secrets).await else { return };
    for role in Service::ALL {
        for database in Service::ALL {
            let connected = Database::connect(databases.url(&secrets, role.name(), database.name())).await;
            assert_eq!(connected.is_ok(), role == database, "{role} in {database}");
        }
        let own = Database::connect(databases.url(&secrets, role.name(), role.name())).await.unwrap();
        own.execute_unprepared("CREATE TABLE one (id int)").await.unwrap();
        for sql in
            ["CREATE ROLE containers_more", "CREATE DATABASE containers_more", "COPY one FROM PROGRAM 'true'"]
        {
            assert!(own.execute_unprepared(sql).await.is_err(), "{role}: {sql}");
        }
    }
    databases.clean().await;
}

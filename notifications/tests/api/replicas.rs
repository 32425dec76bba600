//! Several replicas on one database, some of which die.

use std::{collections::BTreeSet, net::TcpListener, time::Duration};

use shared::process::Process;

use crate::{
    Service,
    eml::Eml,
    smtp::{Mood, SmtpServer},
};

/// A second process beside the service's own.
struct Replica {
    process: Process,
    running: tokio::task::JoinHandle<()>,
}

impl Replica {
    async fn start(service: &Service) -> Self {
        let process = Process::new(service.world.clock().clone());
        process.revocations.set_loaded();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/ready", listener.local_addr().unwrap());
        let (config, its_own) = (service.config.clone(), process.clone());
        #[allow(clippy::disallowed_methods, reason = "it is to be killed, which no lifecycle does")]
        let running = tokio::spawn(async move {
            notifications::run(config, listener, &its_own).await.expect("the replica starts");
        });
        let replica = Self { process, running };
        service
            .world
            .until("the replica is ready", || async {
                reqwest::get(&url).await.is_ok_and(|answer| answer.status() == 200)
            })
            .await;
        replica
    }

    /// Drops its tasks where they stand: no mail is finished, and nothing is written down.
    async fn kill(self) {
        let _ = self.process.lifecycle.finish(Duration::ZERO).await;
        self.running.abort();
    }
}

/// Mails under way when a replica dies come again from another one when the claim has run out, under their old
/// `Message-ID`; nothing is lost.
#[tokio::test(flavor = "multi_thread")]
async fn of_several_replicas_some_die_and_each_mail_is_sent() {
    const AGENTS: usize = 20;
    const TICKETS: usize = 40;
    const MAILS: usize = TICKETS * (AGENTS + 1);
    let server = SmtpServer::start(Mood::Busy).await;
    let service = Service::with(&[("SMTP_URL", &server.url())], None).await;
    if service.world.is_embedded() {
        eprintln!("left out: several replicas (embedded, there is one)");
        return;
    }
    let alice = service.registered("alice@example.com").await;
    for number in 0..AGENTS {
        service.registered_agent(&format!("agent{number}@example.com")).await;
    }
    for number in 0..TICKETS {
        let ticket = service.ticket(alice.id, &number.to_string());
        service.world.deliver(&ticket, 1, Some(alice.id)).await;
    }
    let refused = "SELECT count(*) FROM deliveries WHERE attempts = 1 AND lease_until IS NULL";
    let all = i64::try_from(MAILS).unwrap();
    service.world.until("all were refused for now", || async { service.number(refused).await == all }).await;

    let mut doomed = Vec::new();
    for _ in 0..3 {
        doomed.push(Replica::start(&service).await);
    }
    server.turn(Mood::Takes);
    service.world.clock().advance(chrono::Duration::seconds(5));
    for (round, replica) in doomed.into_iter().enumerate() {
        let some = MAILS / 5 * (round + 1);
        service.world.until("some went", || async { server.mails().len() > some }).await;
        replica.kill().await;
    }
    let free = "SELECT count(*) FROM deliveries WHERE status = 'pending' AND lease_until IS NULL";
    service.world.until("none is free any more", || async { service.number(free).await == 0 }).await;
    // The claims of the dead run out.
    service.world.clock().advance(chrono::Duration::minutes(3));
    service.settled().await;

    let ids: Vec<_> = server.mails().iter().map(|raw| Eml::parse(raw).header("Message-ID")).collect();
    let distinct: BTreeSet<_> = ids.iter().collect();
    assert_eq!(distinct.len(), MAILS, "{} were sent", ids.len());
    let sent = "SELECT count(*) FROM deliveries WHERE channel = 'email' AND status = 'sent'";
    assert_eq!(service.number(sent).await, all);
    eprintln!("{} mails, {} of them twice", MAILS, ids.len() - MAILS);
    assert!(ids.len() - MAILS <= 4 * 8, "only what was under way comes twice: {}", ids.len());
}

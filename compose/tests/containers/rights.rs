//! What a user of NATS may do: its own, and nothing else.

use std::time::Duration;

use async_nats::{Client, jetstream};
use compose::services::Service;
use tokio::sync::mpsc::UnboundedReceiver;

use crate::{
    secrets::Secrets,
    servers::{free_port, nats, nats_of_three, nats_user},
    until,
};

const PATIENCE: Duration = Duration::from_secs(10);

/// Whether the server takes a message on this subject: somebody answers or nobody is there, else it is a violation.
async fn may_publish(client: &Client, reproaches: &mut UnboundedReceiver<String>, subject: &str) -> bool {
    let answered = client.request(subject.to_owned(), "{}".into());
    let either = async {
        tokio::select! {
            biased;
            told = reproaches.recv() => {
                let told = told.unwrap();
                assert!(told.to_lowercase().contains("permissions violation for publish"), "{subject}: {told}");
                assert!(told.contains(subject), "{subject}: {told}");
                false
            }
            _ = answered => true,
        }
    };
    tokio::time::timeout(PATIENCE, either)
        .await
        .unwrap_or_else(|_| panic!("{subject}: neither an answer nor a reproach"))
}

async fn is_refused_to_hear(client: &Client, reproaches: &mut UnboundedReceiver<String>, subject: &str) {
    let _heard = client.subscribe(subject.to_owned()).await.unwrap();
    let told = tokio::time::timeout(PATIENCE, reproaches.recv()).await;
    let told = told.unwrap_or_else(|_| panic!("{subject} can be heard")).unwrap();
    assert!(told.to_lowercase().contains("permissions violation for subscription"), "{subject}: {told}");
}

#[tokio::test]
async fn every_event_is_its_services_own_to_publish() {
    let secrets = Secrets::make();
    let Some(server) = nats(&secrets).await else { return };
    for service in Service::ALL {
        let (client, mut reproaches) = nats_user(&secrets, server.port, service.name()).await;
        for event in shared::events::ALL {
            let may = may_publish(&client, &mut reproaches, &format!("helpdesk.{}.one", event.name)).await;
            assert_eq!(may, event.source == service.name(), "{service}: {}", event.name);
        }
        let may =
            may_publish(&client, &mut reproaches, "helpdesk-command.mail.send_password_reset.one").await;
        assert_eq!(may, service == Service::Auth, "{service}: commands");
    }
}

#[tokio::test]
async fn what_a_service_has_no_right_to_is_refused() {
    let secrets = Secrets::make();
    let Some(server) = nats(&secrets).await else { return };
    for service in Service::ALL {
        let (client, mut reproaches) = nats_user(&secrets, server.port, service.name()).await;
        let mut forbidden: Vec<String> = ["HELPDESK", "HELPDESK_COMMANDS"]
            .iter()
            .flat_map(|stream| {
                ["UPDATE", "DELETE", "PURGE", "MSG.DELETE"]
                    .map(|what| format!("$JS.API.STREAM.{what}.{stream}"))
            })
            .collect();
        // Commands hold secrets: nobody looks at one.
        forbidden.push("$JS.API.STREAM.MSG.GET.HELPDESK_COMMANDS".to_owned());
        forbidden.push("$JS.API.DIRECT.GET.HELPDESK_COMMANDS".to_owned());
        forbidden.push("$JS.API.CONSUMER.CREATE.HELPDESK_COMMANDS".to_owned());
        forbidden
            .push("$JS.API.CONSUMER.CREATE.HELPDESK_COMMANDS.spy.helpdesk-command.mail.>".replace('>', "a"));
        forbidden.push("$JS.API.STREAM.CREATE.MINE".to_owned());
        forbidden.push("helpdesk.ticket.created".to_owned());
        forbidden.push(format!("_INBOX_{}.one.two", if service == Service::Auth { "users" } else { "auth" }));
        if service != Service::Notifications {
            forbidden.push("$JS.API.CONSUMER.MSG.NEXT.HELPDESK_COMMANDS.notifications-commands".to_owned());
        }
        if service != Service::Audit {
            forbidden.push("helpdesk-outbox.tickets".to_owned());
        }
        for other in ["users", "tickets", "files", "notifications", "audit"]
            .into_iter()
            .filter(|it| *it != service.name())
        {
            forbidden.extend([
                format!("$JS.API.CONSUMER.MSG.NEXT.HELPDESK.{other}"),
                format!("$JS.API.CONSUMER.DELETE.HELPDESK.{other}"),
                format!("$JS.API.CONSUMER.CREATE.HELPDESK.{other}"),
                format!("$JS.API.CONSUMER.CREATE.HELPDESK.{other}.helpdesk.session.revoked.a"),
                format!("$JS.API.CONSUMER.DURABLE.CREATE.HELPDESK.{other}"),
                format!("$JS.ACK.HELPDESK.{other}.1.1.1.1.0"),
            ]);
        }
        for subject in forbidden {
            assert!(
                !may_publish(&client, &mut reproaches, &subject).await,
                "{service} may publish {subject}"
            );
        }
        let other = if service == Service::Auth { "users" } else { "auth" };
        for subject in [">", "helpdesk.>", "helpdesk-command.>", "_INBOX.>", "$JS.API.>"] {
            is_refused_to_hear(&client, &mut reproaches, subject).await;
        }
        for subject in [
            format!("_INBOX_{other}.>"),
            format!("helpdesk-outbox.{other}"),
            format!("helpdesk-outbox.{service}"),
        ] {
            is_refused_to_hear(&client, &mut reproaches, &subject).await;
        }
    }
}

#[tokio::test]
async fn nobody_comes_in_without_a_password() {
    let secrets = Secrets::make();
    let Some(server) = nats(&secrets).await else { return };
    let url = format!("nats://127.0.0.1:{}", server.port);
    assert!(async_nats::connect(&url).await.is_err());
    let guessed = async_nats::ConnectOptions::new().user_and_password("auth".to_owned(), "auth".to_owned());
    assert!(guessed.connect(&url).await.is_err());
}

#[tokio::test]
async fn of_three_servers_any_one_may_be_lost() {
    let secrets = Secrets::make();
    let (ports, routes) = ([free_port(), free_port(), free_port()], [free_port(), free_port(), free_port()]);
    let mut servers = Vec::new();
    for number in 0..3 {
        let Some(server) = nats_of_three(&secrets, number, ports, routes).await else { return };
        servers.push(server);
    }
    let (operator, _) = nats_user(&secrets, ports[0], "operator").await;
    let [mut events, _] = stream_definitions();
    events.num_replicas = 3;
    let operator = jetstream::new(operator);
    // A leader has to be found first.
    until("the three have made the stream", || async {
        operator.create_stream(events.clone()).await.is_ok()
    })
    .await;
    acknowledged(&secrets, ports[2]).await;
    drop(servers.remove(0));
    acknowledged(&secrets, ports[2]).await;
    let (operator, _) = nats_user(&secrets, ports[1], "operator").await;
    let operator = jetstream::new(operator);
    until("nothing is lost", || async {
        let stream = operator.get_stream(&events.name).await;
        stream.is_ok_and(|stream| stream.cached_info().state.messages >= 2)
    })
    .await;
}

/// Publishes one until it is acknowledged, as tickets.
async fn acknowledged(secrets: &Secrets, port: u16) {
    let (client, _reproaches) = nats_user(secrets, port, "tickets").await;
    let tickets = jetstream::new(client);
    until("an event is acknowledged", || async {
        #[allow(clippy::disallowed_methods, reason = "this is about the server")]
        match tickets.publish("helpdesk.ticket.created.one", "{}".into()).await {
            Ok(acknowledgement) => acknowledgement.await.is_ok(),
            Err(_) => false,
        }
    })
    .await;
}

fn stream_definitions() -> [jetstream::stream::Config; 2] {
    shared::bus::stream_definitions("").unwrap()
}

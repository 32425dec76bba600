use serde_json::json;
use shared::events::{FileDeleted, FileUploaded};
use shared::ids::{FileId, TicketId};

use crate::service::Tickets;

#[tokio::test(flavor = "multi_thread")]
async fn files_come_and_go_by_events_in_any_order_and_any_number_of_times() {
    let tickets = Tickets::start().await;
    let (alice, agent) =
        (tickets.world.user("alice@example.com"), tickets.staffed("agent@example.com").await);
    let ticket = tickets.opened(&alice, json!({})).await;
    let ticket_id: TicketId = ticket["/tickets/".len()..].parse().unwrap();
    let uploaded = |name: &str| FileUploaded {
        file_id: FileId::at(tickets.world.clock().now()),
        ticket_id,
        file_name: name.to_owned(),
        file_size: 1234,
        mime_type: "text/plain".to_owned(),
        file_hash: "ab".repeat(32),
        uploaded_by: alice.id,
    };
    let deleted = |file: &FileUploaded| FileDeleted {
        file_id: file.file_id,
        ticket_id,
        file_name: file.file_name.clone(),
        uploaded_by: Some(file.uploaded_by),
    };
    let list = async || tickets.get(&alice, &format!("{ticket}/attachments")).await.body;

    let log = uploaded("log.txt");
    let event = tickets.world.deliver(&log, 1, Some(alice.id)).await;
    tickets.world.deliver_again(&event).await;
    let file = json!({
        "fileId": log.file_id, "fileName": "log.txt", "fileSize": 1234, "uploadedBy": alice.id,
        "createdAt": "2026-03-02T09:00:00Z",
    });
    assert_eq!(list().await, json!([file]));

    let early = uploaded("early.txt");
    tickets.world.deliver(&deleted(&early), 2, Some(agent.id)).await;
    tickets.world.deliver(&early, 1, Some(alice.id)).await;
    assert_eq!(list().await, json!([file]), "a deletion that comes first stands");
    tickets.world.deliver(&deleted(&log), 2, Some(agent.id)).await;
    assert_eq!(list().await, json!([]));

    let lines = tickets.all(&alice, &format!("{ticket}/history")).await;
    let told: Vec<_> = lines
        .iter()
        .filter(|line| line["fieldName"] == "attachment")
        .map(|line| (line["action"].as_str().unwrap(), line["oldValue"].clone(), line["newValue"].clone()))
        .collect();
    assert!(told.contains(&("FILE_ATTACHED", json!(null), json!("log.txt"))), "{told:?}");
    assert!(told.contains(&("FILE_REMOVED", json!("log.txt"), json!(null))), "{told:?}");
    assert_eq!(told.len(), 3);
    assert_eq!(tickets.get(&alice, &ticket).await.body["version"], 1, "the ticket itself is as it was");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_a_ticket_that_is_gone_is_no_trouble() {
    let tickets = Tickets::start().await;
    let alice = tickets.world.user("alice@example.com");
    let file = FileUploaded {
        file_id: FileId::at(tickets.world.clock().now()),
        ticket_id: TicketId::at(tickets.world.clock().now()),
        file_name: "late.txt".to_owned(),
        file_size: 1,
        mime_type: "text/plain".to_owned(),
        file_hash: "ab".repeat(32),
        uploaded_by: alice.id,
    };
    tickets.world.deliver(&file, 1, Some(alice.id)).await;
    assert_eq!((tickets.count("ticket_attachments").await, tickets.count("failed_events").await), (0, 0));
}

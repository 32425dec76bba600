use serde_json::json;

use crate::service::Tickets;

#[tokio::test(flavor = "multi_thread")]
async fn an_export_holds_what_is_stored_on_its_caller_and_on_nobody_else() {
    let tickets = Tickets::start().await;
    let (alice, agent) =
        (tickets.world.user("alice@example.com"), tickets.staffed("agent@example.com").await);
    let bob = tickets.world.user("bob@example.com");
    let mine = tickets.opened(&alice, json!({})).await;
    tickets.opened(&bob, json!({"title": "Bob's own"})).await;
    let word = tickets.wrote(&alice, &mine, "It smokes.", false).await;
    tickets.wrote(&agent, &mine, "Among us: again.", true).await;

    let hers = tickets.get(&alice, "/tickets/export").await.body;
    assert_eq!(hers["tickets"], json!([tickets.get(&alice, &mine).await.body]));
    assert_eq!(hers["comments"], json!([word]));
    let actions: Vec<_> =
        hers["history"].as_array().unwrap().iter().map(|line| line["action"].clone()).collect();
    assert_eq!(actions, ["CREATED", "COMMENTED"]);
    assert_eq!(hers["attachments"], json!([]));
    let text = hers.to_string();
    assert!(!text.contains("Bob's own") && !text.contains("Among us"), "{text}");

    let his = tickets.get(&agent, "/tickets/export").await.body;
    assert_eq!((his["tickets"].as_array().unwrap().len(), his["comments"].as_array().unwrap().len()), (0, 1));
}

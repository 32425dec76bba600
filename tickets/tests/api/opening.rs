use insta::{assert_json_snapshot, assert_snapshot};
use reqwest::Method;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use crate::service::{Reply, Tickets, printer};

#[tokio::test(flavor = "multi_thread")]
async fn opening_a_ticket_answers_with_all_of_it() {
    let tickets = Tickets::start().await;
    let alice = tickets.world.user("alice@example.com");

    let reply = tickets.post(&alice, &printer()).await;

    assert_eq!(reply.status, 201);
    assert_eq!(reply.header("location"), format!("/tickets/{}", reply.body["id"].as_str().unwrap()));
    assert_eq!(reply.header("etag"), "\"1\"");
    assert_eq!(reply.body["userId"], json!(alice.id));
    assert_json_snapshot!(reply.body, {".id" => "[id]", ".userId" => "[alice]"}, @r#"
    {
      "assignedTo": null,
      "category": "Hardware",
      "closedAt": null,
      "createdAt": "2026-03-02T09:00:00Z",
      "description": "Second floor, by the lift.",
      "dueDate": "2026-03-03T09:00:00Z",
      "id": "[id]",
      "priority": "MEDIUM",
      "resolution": null,
      "resolvedAt": null,
      "sla": {
        "overdue": false,
        "pausedSeconds": 0,
        "remainingSeconds": 86400,
        "resolutionDueAt": "2026-03-03T09:00:00Z",
        "respondedAt": null,
        "responseDueAt": "2026-03-02T13:00:00Z"
      },
      "status": "OPEN",
      "ticketNumber": "HD-000001",
      "title": "The printer is on fire",
      "updatedAt": "2026-03-02T09:00:00Z",
      "userId": "[alice]",
      "version": 1
    }
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_opened_ticket_is_told_to_the_others() {
    let tickets = Tickets::start().await;
    let alice = tickets.world.user("alice@example.com");

    let ticket = tickets.open(&alice, json!({"priority": "URGENT"})).await;

    let emitted = tickets.world.emitted("tickets").await;
    assert_eq!(emitted.len(), 1);
    let event = &emitted[0];
    assert_eq!((event.event_type.as_str(), event.aggregate_version), ("ticket.created", 1));
    assert_eq!((event.user_id, json!(event.aggregate_id)), (Some(alice.id), ticket["id"].clone()));
    let data: Value = serde_json::from_str(event.data.get()).unwrap();
    assert_eq!((&data["ticketId"], &data["userId"]), (&ticket["id"], &json!(alice.id)));
    assert_json_snapshot!(data, {".ticketId" => "[id]", ".userId" => "[alice]"}, @r#"
    {
      "category": "Hardware",
      "dueDate": "2026-03-02T11:00:00Z",
      "priority": "URGENT",
      "ticketId": "[id]",
      "ticketNumber": "HD-000001",
      "title": "The printer is on fire",
      "userId": "[alice]"
    }
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_opened_ticket_has_a_history() {
    let tickets = Tickets::start().await;
    let alice = tickets.world.user("alice@example.com");

    tickets.open(&alice, json!({})).await;

    let db = tickets.world.db("tickets");
    let lines = db.sql("SELECT action, field_name, old_value, new_value, comment FROM ticket_history", []);
    let lines = db.conn().query_all_raw(lines).await.unwrap();
    let [line] = lines.as_slice() else { panic!("one line, not {}", lines.len()) };
    assert_eq!(line.try_get::<String>("", "action").unwrap(), "CREATED");
    for unsaid in ["field_name", "old_value", "new_value", "comment"] {
        assert_eq!(line.try_get::<Option<String>>("", unsaid).unwrap(), None, "{unsaid}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_due_dates_follow_the_priority() {
    let tickets = Tickets::start().await;
    let alice = tickets.world.user("alice@example.com");

    for (priority, response, resolution, seconds) in [
        ("URGENT", "2026-03-02T09:30:00Z", "2026-03-02T11:00:00Z", 2 * 3600),
        ("HIGH", "2026-03-02T11:00:00Z", "2026-03-02T13:00:00Z", 4 * 3600),
        ("MEDIUM", "2026-03-02T13:00:00Z", "2026-03-03T09:00:00Z", 24 * 3600),
        ("LOW", "2026-03-03T09:00:00Z", "2026-03-05T09:00:00Z", 72 * 3600),
    ] {
        let ticket = tickets.open(&alice, json!({"priority": priority})).await;
        assert_eq!(ticket["sla"]["responseDueAt"], response, "{priority}");
        assert_eq!(ticket["sla"]["resolutionDueAt"], resolution, "{priority}");
        assert_eq!(ticket["dueDate"], resolution, "{priority}");
        assert_eq!(ticket["sla"]["remainingSeconds"], seconds, "{priority}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_is_never_given_twice() {
    let tickets = Tickets::start().await;
    let alice = tickets.world.user("alice@example.com");

    let opened = futures_util::future::join_all((0..20).map(|_| tickets.open(&alice, json!({})))).await;

    let mut numbers: Vec<_> = opened.iter().map(|ticket| ticket["ticketNumber"].as_str().unwrap()).collect();
    numbers.sort_unstable();
    numbers.dedup();
    assert_eq!(numbers.len(), 20);
    assert_eq!(numbers[0], "HD-000001");
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_are_kept_as_they_were_meant() {
    let tickets = Tickets::start().await;
    let alice = tickets.world.user("alice@example.com");

    for (written, kept) in [
        ("  Imprimante  ", "Imprimante"),
        ("{{7*7}} ${jndi:x} <script>", "{{7*7}} ${jndi:x} <script>"),
        ("'; DROP TABLE tickets; --", "'; DROP TABLE tickets; --"),
        ("👩\u{200d}🚒 été 日本", "👩\u{200d}🚒 été 日本"),
    ] {
        let opened = tickets.open(&alice, json!({"title": written, "description": written})).await;
        let read = tickets.get(&alice, &format!("/tickets/{}", opened["id"].as_str().unwrap())).await.body;
        for ticket in [opened, read] {
            assert_eq!((&ticket["title"], &ticket["description"]), (&json!(kept), &json!(kept)));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_longest_texts_fit_and_one_character_more_does_not() {
    let tickets = Tickets::start().await;
    let alice = tickets.world.user("alice@example.com");
    let sized = |more: usize| {
        json!({
            "title": "é".repeat(255 + more),
            "description": "日".repeat(20_000 + more),
            "category": "é".repeat(50 + more),
        })
    };

    tickets.open(&alice, sized(0)).await;
    let reply = tickets.post(&alice, &sized(1)).await;

    assert_eq!(reply.refusal(), (422, "validation_failed"));
    assert_eq!(
        reply.faults(),
        [("category", "too_long"), ("description", "too_long"), ("title", "too_long")]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_of_a_ticket_is_named_at_once() {
    let tickets = Tickets::start().await;
    let alice = tickets.world.user("alice@example.com");

    for (ticket, faults) in [
        (json!({}), vec![("category", "required"), ("description", "required"), ("title", "required")]),
        (
            json!({"title": " ", "description": "\u{200b}", "category": "a\nb", "priority": "SOON"}),
            vec![
                ("category", "control_character"),
                ("description", "blank"),
                ("priority", "unknown_value"),
                ("title", "blank"),
            ],
        ),
        (
            json!({"title": "x\r\nBcc: all@example.com", "description": "a\u{1b}[2J", "category": "c", "priority": "low"}),
            vec![
                ("description", "control_character"),
                ("priority", "unknown_value"),
                ("title", "control_character"),
            ],
        ),
    ] {
        let reply = tickets.post(&alice, &ticket).await;
        assert_eq!(reply.refusal(), (422, "validation_failed"), "{ticket}");
        assert_eq!(reply.faults(), faults, "{ticket}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_answer_to_a_faulty_ticket_is_a_problem_in_words() {
    let tickets = Tickets::start().await;
    let alice = tickets.world.user("alice@example.com");

    let reply = tickets
        .post(&alice, &json!({"title": "", "description": "x", "category": "c", "priority": "SOON"}))
        .await;

    assert_eq!(reply.header("content-type"), "application/problem+json");
    assert_json_snapshot!(reply.body, {".requestId" => "[request]"}, @r#"
    {
      "code": "validation_failed",
      "errors": [
        {
          "code": "blank",
          "field": "title",
          "message": "must not be blank"
        },
        {
          "code": "unknown_value",
          "field": "priority",
          "message": "expected one of LOW, MEDIUM, HIGH, URGENT"
        }
      ],
      "requestId": "[request]",
      "status": 422,
      "title": "Some values are not valid",
      "type": "urn:helpdesk:problem:validation_failed"
    }
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_but_the_fields_of_a_ticket_can_be_set() {
    let tickets = Tickets::start().await;
    let alice = tickets.world.user("alice@example.com");

    for field in
        ["userId", "id", "status", "assignedTo", "ticketNumber", "dueDate", "createdAt", "links", "__proto__"]
    {
        let mut ticket = printer();
        ticket[field] = json!("0199aaaa-0000-7000-8000-000000000000");
        assert_eq!(tickets.post(&alice, &ticket).await.refusal(), (400, "unknown_field"), "{field}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_ticket_at_all_is_refused_and_leaves_nothing_behind() {
    let tickets = Tickets::start().await;
    let alice = tickets.world.user("alice@example.com");
    let with_title = |title: &str| format!(r#"{{"title":{title},"description":"d","category":"c"}}"#);

    let mut refused = String::new();
    for (name, content_type, body) in [
        ("no body", "application/json", String::new()),
        ("half a body", "application/json", r#"{"title": "#.to_owned()),
        ("no object", "application/json", "[]".to_owned()),
        ("an object for a text", "application/json", with_title(r#"{"$ne": null}"#)),
        ("a list for a text", "application/json", with_title(r#"["a"]"#)),
        ("a number for a text", "application/json", with_title("1")),
        ("nothing for a text", "application/json", with_title("null")),
        ("half a surrogate", "application/json", with_title(r#""\ud800""#)),
        ("a NUL", "application/json", with_title(r#""a\u0000b""#)),
        ("a field twice", "application/json", r#"{"title":"a","title":"b"}"#.to_owned()),
        ("a deep well", "application/json", with_title(&format!("{}{}", "[".repeat(200), "]".repeat(200)))),
        ("too much", "application/json", with_title(&format!("\"{}\"", "x".repeat(300 * 1024)))),
        ("a form", "application/x-www-form-urlencoded", "title=a".to_owned()),
        ("plain text", "text/plain", printer().to_string()),
    ] {
        let request =
            tickets.request(&alice, Method::POST, "/tickets").header("content-type", content_type).body(body);
        let (status, code) = {
            let reply = Reply::to(request).await;
            let (s, c) = reply.refusal();
            (s, c.to_owned())
        };
        refused.push_str(&format!("{name}: {status} {code}\n"));
    }

    assert_snapshot!(refused, @r#"
    no body: 400 malformed_json
    half a body: 400 malformed_json
    no object: 422 validation_failed
    an object for a text: 422 validation_failed
    a list for a text: 422 validation_failed
    a number for a text: 422 validation_failed
    nothing for a text: 422 validation_failed
    half a surrogate: 400 malformed_json
    a NUL: 422 validation_failed
    a field twice: 400 duplicate_field
    a deep well: 400 malformed_json
    too much: 413 body_too_large
    a form: 415 unsupported_media_type
    plain text: 415 unsupported_media_type
    "#);
    for table in ["tickets", "ticket_history", "outbox"] {
        assert_eq!(tickets.count(table).await, 0, "{table}");
    }
}

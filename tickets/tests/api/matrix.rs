//! Who may do what to whose ticket: every operation that the service documents, tried by everybody on everybody's.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};
use shared::testing::TestCaller;

use crate::service::{Reply, Tickets};

/// What each of them is answered. `None` for who has no token is always 401.
struct Row {
    operation: &'static str,
    body: fn(&TestCaller) -> Value,
    /// The requester of the ticket, another user, an agent, an administrator.
    on_a_ticket: [u16; 4],
    /// The same on a ticket that is not there.
    on_none: [u16; 4],
}

const fn row(
    operation: &'static str,
    body: fn(&TestCaller) -> Value,
    on_a_ticket: [u16; 4],
    on_none: [u16; 4],
) -> Row {
    Row { operation, body, on_a_ticket, on_none }
}

const NOTHING: fn(&TestCaller) -> Value = |_| Value::Null;
/// Nobody finds what is not there.
const NOWHERE: [u16; 4] = [404, 404, 404, 404];
/// A requester does not even get to ask.
const CLOSED: [u16; 4] = [403, 403, 404, 404];
/// Where the path names no ticket it is the same with and without one.
const ALL: [u16; 4] = [200, 200, 200, 200];
const STAFF: [u16; 4] = [403, 403, 200, 200];

const TABLE: [Row; 17] = [
    row("POST /tickets", |_| crate::service::printer(), [201; 4], [201; 4]),
    row("GET /tickets", NOTHING, ALL, ALL),
    row("GET /tickets/export", NOTHING, ALL, ALL),
    row("GET /tickets/{id}", NOTHING, [200, 404, 200, 200], NOWHERE),
    row("PUT /tickets/{id}", |_| json!({"title": "Mine now"}), [200, 404, 200, 200], NOWHERE),
    row("DELETE /tickets/{id}", NOTHING, [204, 404, 403, 403], NOWHERE),
    // An open ticket is neither closed nor reopened: 409 says that one may ask.
    row("POST /tickets/{id}/close", NOTHING, [409, 404, 409, 409], NOWHERE),
    row("POST /tickets/{id}/reopen", NOTHING, [409, 404, 409, 409], NOWHERE),
    row("POST /tickets/{id}/comments", |_| json!({"content": "Hello"}), [201, 404, 201, 201], NOWHERE),
    row("GET /tickets/{id}/comments", NOTHING, [200, 404, 200, 200], NOWHERE),
    row("GET /tickets/{id}/history", NOTHING, [200, 404, 200, 200], NOWHERE),
    row("GET /tickets/{id}/attachments", NOTHING, [200, 404, 200, 200], NOWHERE),
    row("GET /tickets/{id}/sla", NOTHING, [200, 404, 200, 200], NOWHERE),
    row("GET /admin/tickets", NOTHING, STAFF, STAFF),
    row("GET /admin/tickets/stats", NOTHING, STAFF, STAFF),
    row("PUT /admin/tickets/{id}/assign", |by| json!({"assignedTo": by.id}), STAFF, CLOSED),
    row("PUT /admin/tickets/{id}/status", |_| json!({"status": "IN_PROGRESS"}), STAFF, CLOSED),
];

const SECRET: &str = "Kryptonite";

async fn call(tickets: &Tickets, by: Option<&TestCaller>, row: &Row, ticket: &str) -> (u16, String) {
    let (method, path) = row.operation.split_once(' ').unwrap();
    let (method, path) = (method.parse::<Method>().unwrap(), path.replace("/tickets/{id}", ticket));
    let request = match by {
        Some(by) => tickets.request(by, method, &path),
        None => tickets.anonymous(method, &path),
    };
    let body = by.map_or(Value::Null, row.body);
    let request = if body.is_null() { request } else { request.json(&body) };
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_by_everybody_on_everybodys_ticket() {
    let tickets = Tickets::start().await;
    let (owner, stranger) =
        (tickets.world.user("owner@example.com"), tickets.world.user("stranger@example.com"));
    let (agent, admin) =
        (tickets.staffed("agent@example.com").await, tickets.world.admin("admin@example.com"));
    let missing = "/tickets/0199aaaa-0000-7000-8000-000000000000";
    let mut cells = 0;
    for row in &TABLE {
        let ticket = tickets.opened(&owner, json!({"title": SECRET, "description": SECRET})).await;
        let (status, body) = call(&tickets, None, row, &ticket).await;
        assert_eq!(status, 401, "{} by nobody", row.operation);
        assert!(!body.contains(SECRET), "{} by nobody", row.operation);
        for (place, by) in [&owner, &stranger, &agent, &admin].into_iter().enumerate() {
            let ticket = tickets.opened(&owner, json!({"title": SECRET, "description": SECRET})).await;
            tickets.wrote(&agent, &ticket, SECRET, true).await;
            let (status, body) = call(&tickets, Some(by), row, &ticket).await;
            assert_eq!(status, row.on_a_ticket[place], "{} by {}: {body}", row.operation, by.email);
            if by.id == stranger.id {
                assert!(
                    !body.contains(SECRET) && !body.contains(&ticket["/tickets/".len()..]),
                    "{}: {body}",
                    row.operation
                );
            }
            let (status, gone) = call(&tickets, Some(by), row, missing).await;
            assert_eq!(status, row.on_none[place], "{} by {} on none: {gone}", row.operation, by.email);
            if (status, row.on_a_ticket[place]) == (404, 404) {
                let without_id = |body: &str| {
                    let mut problem: Value = serde_json::from_str(body).unwrap();
                    problem.as_object_mut().unwrap().remove("requestId");
                    problem
                };
                assert_eq!(
                    without_id(&body),
                    without_id(&gone),
                    "{}: both are answered alike",
                    row.operation
                );
            }
            cells += 2;
        }
    }
    assert_eq!(cells, TABLE.len() * 8);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_table_has_a_row_for_every_operation_that_is_documented() {
    let tickets = Tickets::start().await;
    let document = Reply::to(tickets.anonymous(Method::GET, "/openapi.json")).await.body;
    let mut documented = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            if operation["security"].as_array().is_some_and(|needs| !needs.is_empty()) {
                documented.insert(format!("{} {path}", method.to_uppercase()));
            }
        }
    }
    let tried: BTreeSet<_> = TABLE.iter().map(|row| row.operation.to_owned()).collect();
    assert_eq!(documented, tried);
}

//! `GET /audit/reports/{kind}`.

use chrono::TimeDelta;
use insta::{assert_json_snapshot, assert_snapshot};
use serde_json::{Value, json};
use shared::{
    events::{SlaClock, TicketSlaBreached, TicketSlaWarning, UserLoginFailed},
    ids::{TicketId, UserId},
    testing::World,
};

use super::House;

const KINDS: [&str; 4] = ["activity", "tickets", "sla", "security"];

/// A morning in a house: two tickets, one of them resolved and late, and somebody who guesses passwords.
async fn morning() -> House {
    let house = House::within(World::at("2026-03-01T08:00:00Z".parse().unwrap()).await).await;
    let admin = house.admin.id;
    let late = house.open_ticket("URGENT", "=HYPERLINK(\"http://example.com\")", admin).await;
    house.open_ticket("LOW", "<script>alert(1)</script>", admin).await;
    house.world.clock().advance(TimeDelta::minutes(150));
    house.world.deliver(&warning(late, admin), 2, None).await;
    house.world.deliver(&breach(late, admin), 3, None).await;
    house.move_ticket(late, "IN_PROGRESS", "RESOLVED", admin).await;
    let guess = UserLoginFailed {
        user_id: None,
        email_hash: "ab".to_owned(),
        reason: "bad_credentials".to_owned(),
        ip: None,
        user_agent: None,
    };
    house.world.deliver(&guess, 1, None).await;
    house
}

fn warning(ticket_id: TicketId, user_id: UserId) -> TicketSlaWarning {
    TicketSlaWarning {
        ticket_id,
        ticket_number: "HD-000001".to_owned(),
        title: "The printer is on fire".to_owned(),
        priority: "URGENT".to_owned(),
        user_id,
        clock: SlaClock::Response,
        due_at: "2026-03-01T09:00:00Z".parse().unwrap(),
        assigned_to: None,
    }
}

fn breach(ticket_id: TicketId, user_id: UserId) -> TicketSlaBreached {
    let TicketSlaWarning { ticket_number, title, priority, clock, due_at, assigned_to, .. } =
        warning(ticket_id, user_id);
    TicketSlaBreached { ticket_id, ticket_number, title, priority, user_id, clock, due_at, assigned_to }
}

/// What a report says, a line a thing.
fn told(report: &Value) -> String {
    let mut lines = Vec::new();
    for section in report["sections"].as_array().unwrap() {
        lines.push(format!("# {}", section["title"].as_str().unwrap()));
        lines.extend(section["note"].as_str().map(str::to_owned));
        for things in ["/figures", "/plot/lines", "/table/columns", "/table/rows"] {
            let things = section.pointer(things).and_then(Value::as_array).into_iter().flatten();
            lines.extend(things.map(Value::to_string));
        }
    }
    lines.join("\n")
}

const SPAN: &str = "from=2026-03-01T08:00:00Z&to=2026-03-01T11:00:00Z";

/// The first of everything.
#[tokio::test(flavor = "multi_thread")]
async fn the_shape_of_a_report() {
    let house = morning().await;
    let mut report = house.get(&format!("/audit/reports/sla?{SPAN}")).await;
    let sections = report["sections"].as_array_mut().unwrap();
    sections.truncate(3);
    for section in sections {
        for things in ["/figures", "/plot/at", "/plot/lines", "/table/rows"] {
            if let Some(Value::Array(things)) = section.pointer_mut(things) {
                things.truncate(1);
            }
        }
    }
    assert_json_snapshot!(report, @r#"
    {
      "bucket": "hour",
      "from": "2026-03-01T08:00:00Z",
      "madeAt": "2026-03-01T10:30:00Z",
      "report": "sla",
      "sections": [
        {
          "figures": [
            {
              "label": "Tickets opened",
              "unit": "count",
              "value": 2
            }
          ],
          "note": "A ticket has two clocks and may breach both; a breach counts when it happens, whenever the ticket was opened.",
          "title": "In short"
        },
        {
          "note": null,
          "plot": {
            "at": [
              "2026-03-01T08:00:00Z"
            ],
            "lines": [
              {
                "counts": [
                  0,
                  0,
                  1
                ],
                "label": "Warnings"
              }
            ]
          },
          "title": "Warnings and breaches by hour"
        },
        {
          "note": null,
          "table": {
            "columns": [
              {
                "label": "Warnings",
                "unit": "count"
              },
              {
                "label": "Breaches",
                "unit": "count"
              },
              {
                "label": "Per ticket",
                "unit": "share"
              }
            ],
            "key": "Clock",
            "rows": [
              {
                "key": "response",
                "values": [
                  1,
                  1,
                  0.5
                ]
              }
            ]
          },
          "title": "By clock"
        }
      ],
      "to": "2026-03-01T11:00:00Z"
    }
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_activity_report() {
    let house = morning().await;
    let report = house.get(&format!("/audit/reports/activity?{SPAN}")).await;
    assert_snapshot!(told(&report).replace(&house.admin.id.to_string(), "[admin]"), @r#"
    # In short
    {"label":"Events","unit":"count","value":6}
    {"label":"People","unit":"count","value":1}
    {"label":"Sign-ins","unit":"count","value":0}
    {"label":"Tickets opened","unit":"count","value":2}
    {"label":"Comments","unit":"count","value":0}
    {"label":"Files uploaded","unit":"count","value":0}
    {"label":"Notifications sent","unit":"count","value":0}
    # Events by hour
    {"counts":[2,0,4],"label":"Events"}
    # By action
    {"label":"Events","unit":"count"}
    {"label":"Share","unit":"share"}
    {"key":"tickets_created","values":[2,0.3333]}
    {"key":"tickets_sla_breached","values":[1,0.1667]}
    {"key":"tickets_sla_warning","values":[1,0.1667]}
    {"key":"tickets_status_changed","values":[1,0.1667]}
    {"key":"users_login_failed","values":[1,0.1667]}
    # Busiest people
    By their ids. What the system does by itself, and what strangers do, is nobody's.
    {"label":"Events","unit":"count"}
    {"label":"Share","unit":"share"}
    {"key":"[admin]","values":[3,0.5]}
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tickets_report() {
    let house = morning().await;
    assert_snapshot!(told(&house.get(&format!("/audit/reports/tickets?{SPAN}")).await), @r#"
    # In short
    {"label":"Opened","unit":"count","value":2}
    {"label":"Resolved","unit":"count","value":1}
    {"label":"Closed","unit":"count","value":0}
    {"label":"Opened again","unit":"count","value":0}
    {"label":"Withdrawn","unit":"count","value":0}
    {"label":"Comments","unit":"count","value":0}
    {"label":"Mean time to resolution","unit":"ms","value":9000000}
    # Tickets by hour
    {"counts":[2,0,0],"label":"Opened"}
    {"counts":[0,0,1],"label":"Resolved"}
    {"counts":[0,0,0],"label":"Closed"}
    {"counts":[0,0,0],"label":"Opened again"}
    # Opened, by priority
    {"label":"Opened","unit":"count"}
    {"label":"Share","unit":"share"}
    {"key":"LOW","values":[1,0.5]}
    {"key":"URGENT","values":[1,0.5]}
    # Opened, by category
    {"label":"Opened","unit":"count"}
    {"label":"Share","unit":"share"}
    {"key":"<script>alert(1)</script>","values":[1,0.5]}
    {"key":"=HYPERLINK(\"http://example.com\")","values":[1,0.5]}
    # Moves, by new status
    {"label":"Moves","unit":"count"}
    {"label":"Share","unit":"share"}
    {"key":"RESOLVED","values":[1,1.0]}
    # Time from opening
    Of the tickets that were resolved or closed in this time, whenever they were opened.
    {"label":"Tickets","unit":"count"}
    {"label":"Mean","unit":"ms"}
    {"label":"Shortest","unit":"ms"}
    {"label":"Longest","unit":"ms"}
    {"key":"Resolution","values":[1,9000000,9000000,9000000]}
    {"key":"Closing","values":[0,null,null,null]}
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_report_on_service_levels() {
    let house = morning().await;
    assert_snapshot!(told(&house.get(&format!("/audit/reports/sla?{SPAN}")).await), @r#"
    # In short
    A ticket has two clocks and may breach both; a breach counts when it happens, whenever the ticket was opened.
    {"label":"Tickets opened","unit":"count","value":2}
    {"label":"Warnings","unit":"count","value":1}
    {"label":"Breaches","unit":"count","value":1}
    {"label":"Breaches per ticket opened","unit":"share","value":0.5}
    {"label":"Alerts","unit":"count","value":0}
    # Warnings and breaches by hour
    {"counts":[0,0,1],"label":"Warnings"}
    {"counts":[0,0,1],"label":"Breaches"}
    # By clock
    {"label":"Warnings","unit":"count"}
    {"label":"Breaches","unit":"count"}
    {"label":"Per ticket","unit":"share"}
    {"key":"response","values":[1,1,0.5]}
    {"key":"resolution","values":[0,0,0.0]}
    # By priority
    {"label":"Tickets opened","unit":"count"}
    {"label":"Warnings","unit":"count"}
    {"label":"Breaches","unit":"count"}
    {"label":"Per ticket","unit":"share"}
    {"key":"URGENT","values":[1,1,1,1.0]}
    {"key":"LOW","values":[1,0,0,0.0]}
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_security_report() {
    let house = morning().await;
    assert_snapshot!(told(&house.get(&format!("/audit/reports/security?{SPAN}")).await), @r#"
    # In short
    {"label":"Sign-ins","unit":"count","value":0}
    {"label":"Failed sign-ins","unit":"count","value":1}
    {"label":"Lockouts","unit":"count","value":0}
    {"label":"Passwords changed","unit":"count","value":0}
    {"label":"Passwords reset","unit":"count","value":0}
    {"label":"Roles changed","unit":"count","value":0}
    {"label":"Accounts closed or opened","unit":"count","value":0}
    {"label":"Sessions revoked","unit":"count","value":0}
    {"label":"Infected files","unit":"count","value":0}
    {"label":"Alerts","unit":"count","value":0}
    # Sign-ins by hour
    {"counts":[0,0,0],"label":"Sign-ins"}
    {"counts":[0,0,1],"label":"Failed sign-ins"}
    {"counts":[0,0,0],"label":"Lockouts"}
    # Failed sign-ins, by reason
    {"label":"Failed","unit":"count"}
    {"label":"Share","unit":"share"}
    {"key":"bad_credentials","values":[1,1.0]}
    # Sessions revoked, by reason
    {"label":"Revoked","unit":"count"}
    {"label":"Share","unit":"share"}
    # Roles given
    {"label":"Given","unit":"count"}
    {"label":"Share","unit":"share"}
    # Accounts, by new status
    {"label":"Accounts","unit":"count"}
    {"label":"Share","unit":"share"}
    # Length of sessions
    From signing in to signing out. Sessions that expire or are revoked are not in it.
    {"label":"Sessions","unit":"count"}
    {"label":"Mean","unit":"ms"}
    {"label":"Shortest","unit":"ms"}
    {"label":"Longest","unit":"ms"}
    {"key":"Signing out","values":[0,null,null,null]}
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_is_about_the_last_thirty_days_and_drawn_by_what_fits() {
    let house = morning().await;
    let report = house.get("/audit/reports/tickets").await;
    assert_eq!(
        (&report["from"], &report["to"], &report["bucket"]),
        (&json!("2026-01-30T00:00:00Z"), &json!("2026-03-02T00:00:00Z"), &json!("day"))
    );
    assert_eq!(report["sections"][1]["plot"]["at"].as_array().unwrap().len(), 31);
    let year = house.get("/audit/reports/tickets?from=2025-03-01T00:00:00Z").await;
    assert_eq!(year["bucket"], "week");
    // However it is drawn, the numbers are the same.
    assert_eq!(year["sections"][0], report["sections"][0]);
    let opened = year["sections"][1]["plot"]["lines"][0]["counts"].as_array().unwrap();
    assert_eq!(opened.iter().map(|count| count.as_i64().unwrap()).sum::<i64>(), 2);
    // None of them are in the hour before.
    let before = "from=2026-03-01T07:00:00Z&to=2026-03-01T08:00:00Z";
    let before = house.get(&format!("/audit/reports/activity?{before}")).await;
    assert_eq!(before["sections"][0]["figures"][0]["value"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_for_spreadsheets_has_no_formula_in_it() {
    let house = morning().await;
    let answer = house.ask(&house.admin, &format!("/audit/reports/tickets?{SPAN}&format=csv")).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["content-type"], "text/csv; charset=utf-8; header=present");
    assert_eq!(
        answer.headers()["content-disposition"],
        "attachment; filename=\"helpdesk-tickets-2026-03-01-2026-03-01.csv\""
    );
    let csv = answer.text().await.unwrap();
    let line = "\"Opened, by category\",,\"'=HYPERLINK(\"\"http://example.com\"\")\",Opened,count,1\r\n";
    assert!(csv.contains(line), "{csv}");
    assert!(csv.contains("\r\nTickets by hour,2026-03-01T10:00:00Z,,Resolved,count,1\r\n"), "{csv}");
    assert!(csv.contains("\r\nTime from opening,,Resolution,Mean,ms,9000000\r\n"), "{csv}");
    assert!(csv.starts_with("section,time,item,measure,unit,value\r\n") && csv.ends_with("\r\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_for_people_is_one_page_that_runs_nothing() {
    let house = morning().await;
    for kind in KINDS {
        let answer = house.ask(&house.admin, &format!("/audit/reports/{kind}?{SPAN}&format=html")).await;
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["content-type"], "text/html; charset=utf-8");
        let policy = answer.headers()["content-security-policy"].to_str().unwrap().to_owned();
        assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
        assert!(!policy.contains("unsafe") && policy.ends_with("frame-ancestors 'none'"), "{policy}");
        let page = answer.text().await.unwrap();
        assert!(page.contains("<time datetime=\"2026-03-01T08:00:00Z\">1 March 2026, 08:00</time>"));
        assert!(!page.contains("<script") && !page.contains(" src="), "{kind}");
        if kind == "tickets" {
            assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_report_or_no_format_is_refused() {
    let house = House::open().await;
    for kind in ["weather", "Tickets", "tickets.html", "%00"] {
        assert_eq!(house.ask(&house.admin, &format!("/audit/reports/{kind}")).await.status(), 404, "{kind}");
    }
    for (query, name) in [
        ("format=pdf", "format"),
        ("format=", "format"),
        ("from=2020-01-01T00:00:00Z", "from"),
        ("from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z", "to"),
        ("to=soon", "to"),
        ("limit=1", "limit"),
    ] {
        for kind in KINDS {
            let answer = house.ask(&house.admin, &format!("/audit/reports/{kind}?{query}")).await;
            assert_eq!(answer.status(), 400, "{query}");
            let problem: Value = answer.json().await.unwrap();
            assert_eq!(
                (&problem["code"], &problem["errors"][0]["field"]),
                (&json!("bad_query"), &json!(name))
            );
        }
    }
}

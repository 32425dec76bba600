use serde_json::{Value, json};
use shared::auth::Role;
use shared::events::{UserDeleted, UserRegistered, UserRoleChanged, UserStatusChanged};

use crate::service::Tickets;

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_is_given_to_active_agents_and_administrators_only() {
    let tickets = Tickets::start().await;
    let (alice, agent) =
        (tickets.world.user("alice@example.com"), tickets.staffed("agent@example.com").await);
    let ticket = tickets.opened(&alice, json!({})).await;
    let assign = format!("/admin{ticket}/assign");

    let member = async |role: &str, news: &[(&str, i64)]| {
        let person = tickets.world.user("somebody@example.com");
        let registered =
            UserRegistered { user_id: person.id, email: person.email.clone(), role: role.to_owned() };
        tickets.world.deliver(&registered, 1, None).await;
        for (what, version) in news {
            match *what {
                "closed" | "opened" => {
                    let event = UserStatusChanged { user_id: person.id, is_active: *what == "opened" };
                    tickets.world.deliver(&event, *version, None).await;
                }
                "deleted" => {
                    drop(tickets.world.deliver(&UserDeleted { user_id: person.id }, *version, None).await)
                }
                role => {
                    let event = UserRoleChanged {
                        user_id: person.id,
                        old_role: "user".to_owned(),
                        new_role: role.to_owned(),
                    };
                    tickets.world.deliver(&event, *version, None).await;
                }
            }
        }
        person.id
    };
    for (role, news, status) in [
        ("agent", &[][..], 200),
        ("admin", &[], 200),
        ("user", &[], 422),
        ("user", &[("agent", 2)], 200),
        ("agent", &[("user", 2)], 422),
        ("agent", &[("closed", 2)], 422),
        ("agent", &[("opened", 3), ("closed", 2)], 200),
        ("agent", &[("deleted", 2)], 422),
    ] {
        let person = member(role, news).await;
        let reply = tickets.put(&agent, &assign, json!({ "assignedTo": person })).await;
        assert_eq!(reply.status, status, "{role}, then {news:?}: {reply:?}");
        if status == 422 {
            assert_eq!(reply.faults(), [("assignedTo", "not_an_agent")]);
        }
    }
    let nobody = json!({"assignedTo": "0199aaaa-0000-7000-8000-000000000000"});
    assert_eq!(tickets.put(&agent, &assign, nobody).await.faults(), [("assignedTo", "not_an_agent")]);
    assert_eq!(tickets.put(&agent, &assign, json!({})).await.faults(), [("assignedTo", "required")]);
    assert_eq!(tickets.put(&agent, &assign, json!({"assignedTo": "me"})).await.status, 422);

    let newcomer = tickets.world.admin("new@example.com");
    let mine = tickets.put(&newcomer, &assign, json!({"assignedTo": newcomer.id})).await;
    assert_eq!(
        (mine.status, &mine.body["assignedTo"]),
        (200, &json!(newcomer.id)),
        "one's own token is word enough"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_assignment_is_told_once_and_taken_back_with_null() {
    let tickets = Tickets::start().await;
    let (alice, agent) =
        (tickets.world.user("alice@example.com"), tickets.staffed("agent@example.com").await);
    let ticket = tickets.opened(&alice, json!({"priority": "HIGH"})).await;
    let assign = format!("/admin{ticket}/assign");

    let first = tickets.put(&agent, &assign, json!({"assignedTo": agent.id})).await;
    let again = tickets.put(&agent, &assign, json!({"assignedTo": agent.id})).await;
    assert_eq!((&first.body["version"], &again.body["version"]), (&json!(2), &json!(2)));
    assert_eq!(first.body["status"], "OPEN", "who has it is one thing, who works on it another");
    let back = tickets.put(&agent, &assign, json!({"assignedTo": null})).await;
    assert_eq!((back.status, &back.body["assignedTo"]), (200, &Value::Null));

    let told = tickets.told(&ticket).await;
    let kinds: Vec<_> = told.iter().map(|(kind, _)| kind.as_str()).collect();
    assert_eq!(kinds, ["ticket.created", "ticket.assigned", "ticket.assigned"]);
    assert_eq!((&told[1].1["previous"], &told[1].1["assignedTo"]), (&Value::Null, &json!(agent.id)));
    assert_eq!((&told[2].1["previous"], &told[2].1["assignedTo"]), (&json!(agent.id), &Value::Null));

    tickets.brought_to(&agent, &ticket, "CLOSED").await;
    let late = tickets.put(&agent, &assign, json!({"assignedTo": agent.id})).await;
    assert_eq!(late.refusal(), (409, "ticket_closed"));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_works_no_tickets_any_more_has_none_any_more() {
    let tickets = Tickets::start().await;
    let alice = tickets.world.user("alice@example.com");
    for gone in ["closed", "demoted", "deleted"] {
        let agent = tickets.staffed("agent@example.com").await;
        let mut given = Vec::new();
        for status in ["OPEN", "WAITING_USER", "CLOSED"] {
            let ticket = tickets.opened(&alice, json!({})).await;
            tickets.put(&agent, &format!("/admin{ticket}/assign"), json!({"assignedTo": agent.id})).await;
            tickets.brought_to(&agent, &ticket, status).await;
            given.push(ticket);
        }
        match gone {
            "closed" => drop(
                tickets
                    .world
                    .deliver(&UserStatusChanged { user_id: agent.id, is_active: false }, 2, None)
                    .await,
            ),
            "deleted" => drop(tickets.world.deliver(&UserDeleted { user_id: agent.id }, 2, None).await),
            _ => {
                let (old_role, new_role) = (Role::Agent.to_string(), Role::User.to_string());
                let event = UserRoleChanged { user_id: agent.id, old_role, new_role };
                tickets.world.deliver(&event, 2, None).await;
            }
        }
        let admin = tickets.world.admin("admin@example.com");
        let has = async |at: usize| tickets.get(&admin, &given[at]).await.body["assignedTo"].clone();
        assert_eq!((has(0).await, has(1).await), (Value::Null, Value::Null), "{gone}");
        assert_eq!(has(2).await, json!(agent.id), "{gone}: what is closed stays as it was");
        let (kind, data) = tickets.told(&given[0]).await.pop().unwrap();
        assert_eq!((kind.as_str(), &data["previous"]), ("ticket.assigned", &json!(agent.id)), "{gone}");
    }
}

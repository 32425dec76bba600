use serde_json::json;

use super::call::Who::{Admin, Nobody, Stranger};
use super::call::{Call, call, folder};
use super::collection::Collection;
use super::people::{a_ticket_is_opened, operations, who_is_who};

pub fn collection() -> Collection {
    let mut people = who_is_who();
    people.calls.push(a_ticket_is_opened());
    Collection {
        name: "notifications",
        title: "notifications",
        about: "Mails and in-app notifications. `GET /notifications/stream` never ends where it is not refused: follow it with curl.",
        folders: vec![
            people,
            folder("Mine", mine()),
            folder("What I want to be told", preferences()),
            folder("Templates", templates()),
            folder("What became of messages", ledger()),
            operations(),
        ],
    }
}

fn mine() -> Vec<Call> {
    vec![
        call("I am told of my ticket", "GET /notifications")
            .until("body.items.some((it) => it.ticketId === pm.variables.get(\"ticketId\"))")
            .keeps("notificationId", "items.find((it) => it.ticketId === pm.variables.get(\"ticketId\")).id"),
        call("A stranger is not", "GET /notifications").by(Stranger).check(
            "of it",
            "pm.expect(body.items.map((it) => it.ticketId)).to.not.include(pm.variables.get(\"ticketId\"));",
        ),
        call("Not without a token", "GET /notifications").by(Nobody).refused(401, "missing_token"),
        call("Neither yes nor no", "GET /notifications")
            .query("unread", "perhaps")
            .refused(400, "bad_query")
            .field("unread"),
        call("How many I have not read", "GET /notifications/unread-count")
            .check("some", "pm.expect(body.count).to.be.at.least(1);"),
        call("A stranger reads it for me", "PUT /notifications/{id}/read")
            .by(Stranger)
            .of("{{notificationId}}")
            .refused(404, "not_found"),
        call("I read it", "PUT /notifications/{id}/read")
            .of("{{notificationId}}")
            .has("id", "{{notificationId}}")
            .check("now", "pm.expect(body.readAt).to.be.a(\"string\");"),
        call("I have read all", "PUT /notifications/read-all").answers(204),
        call("Nothing is unread", "GET /notifications").query("unread", "true").has("items", json!([])),
        call("As they come, for nobody", "GET /notifications/stream")
            .by(Nobody)
            .refused(401, "missing_token"),
        call("As they come, from nowhere", "GET /notifications/stream")
            .header("Last-Event-ID", "yesterday")
            .refused(400, "bad_header"),
        call("What is stored on me", "GET /notifications/export").check(
            "the notification is",
            "pm.expect(pm.response.text()).to.include(pm.variables.get(\"notificationId\"));",
        ),
    ]
}

fn preferences() -> Vec<Call> {
    vec![
        call("What I want", "GET /notifications/preferences")
            .check("each template can be switched off", "pm.expect(body.email.ticket_commented).to.be.true;"),
        call("In English, and no mail of comments", "PUT /notifications/preferences")
            .json(json!({ "language": "en", "email": { "ticket_commented": false } }))
            .has("language", "en")
            .has("email.ticket_commented", false)
            .has("email.ticket_resolved", true),
        call("A language that is not spoken here", "PUT /notifications/preferences")
            .json(json!({ "language": "de" }))
            .refused(422, "validation_failed")
            .field("language"),
    ]
}

fn templates() -> Vec<Call> {
    vec![
        call("All templates", "GET /admin/notifications/templates").by(Admin).check(
            "the one that is reworded here",
            "pm.expect(body.items.map((it) => it.name)).to.include(\"ticket_reopened\");",
        ),
        call("They are not for everybody", "GET /admin/notifications/templates").refused(403, "forbidden"),
        call("One template", "GET /admin/notifications/templates/{name}")
            .by(Admin)
            .of("ticket_reopened")
            .has("name", "ticket_reopened"),
        call("A template that there is not", "GET /admin/notifications/templates/{name}")
            .by(Admin)
            .of("ticket_eaten")
            .refused(404, "not_found"),
        call("Reword it", "PUT /admin/notifications/templates/{name}")
            .by(Admin)
            .of("ticket_reopened")
            .json(json!({ "en": { "subject": "It is open again" } }))
            .has("en.subject", "It is open again")
            .has("en.isOverridden", true)
            .has("en.updatedBy", "{{adminId}}"),
        call("What does not compile", "PUT /admin/notifications/templates/{name}")
            .by(Admin)
            .of("ticket_reopened")
            .json(json!({ "en": { "subject": "It is {{#if" } }))
            .refused(422, "validation_failed")
            .field("en.subject")
            .check("where that is", "pm.expect(body.errors[0].message).to.match(/^line 1, column \\d+/);"),
        call("What it would look like", "POST /admin/notifications/templates/{name}/preview")
            .by(Admin)
            .of("ticket_reopened")
            .json(json!({ "language": "en" }))
            .until("body.subject === \"It is open again\""),
        call("What it would look like in German", "POST /admin/notifications/templates/{name}/preview")
            .by(Admin)
            .of("ticket_reopened")
            .json(json!({ "language": "de" }))
            .refused(422, "validation_failed")
            .field("language"),
        call("As it was built in", "DELETE /admin/notifications/templates/{name}")
            .by(Admin)
            .of("ticket_reopened")
            .answers(204),
        call("Not by everybody", "DELETE /admin/notifications/templates/{name}")
            .of("ticket_reopened")
            .refused(403, "forbidden"),
    ]
}

fn ledger() -> Vec<Call> {
    vec![
        call("What was sent", "GET /admin/notifications")
            .by(Admin)
            .query("userId", "{{requesterId}}")
            .query("status", "sent")
            .query("channel", "email")
            .until("body.items.length >= 1")
            .keeps("deliveryId", "items[0].id"),
        call("That is not for everybody", "GET /admin/notifications").refused(403, "forbidden"),
        call("A status that there is not", "GET /admin/notifications")
            .by(Admin)
            .query("status", "lost")
            .refused(400, "bad_query")
            .field("status"),
        call("What was sent is not sent again", "POST /admin/notifications/{id}/retry")
            .by(Admin)
            .of("{{deliveryId}}")
            .refused(409, "conflict"),
        call("What was never to be sent", "POST /admin/notifications/{id}/retry")
            .by(Admin)
            .of("{{nobody}}")
            .refused(404, "not_found"),
    ]
}

use serde_json::json;

use super::call::Who::{Admin, Agent, Nobody, Stranger};
use super::call::{Call, call, folder};
use super::collection::Collection;
use super::files::upload;
use super::people::{a_ticket_is_opened, registers, signs_in, who_is_who};

pub fn collection() -> Collection {
    Collection {
        name: "journey",
        title: "the life of a ticket",
        about: "Through all six services: a ticket from its opening to its reopening, its file, the notifications of it and its rows \
                in the audit trail.",
        folders: vec![
            folder("People", people()),
            folder("A ticket", [a_ticket_is_opened(), assigned()]),
            folder("A file", file()),
            folder("It is worked on", worked_on()),
            folder("It is settled", settled()),
            folder("Who was told", told()),
            folder("What is on record", recorded()),
            folder("Good-bye", good_bye()),
        ],
    }
}

fn people() -> Vec<Call> {
    let mut people = who_is_who().calls;
    people.extend([
        signs_in("The requester signs in", "requester")
            .keeps("requesterToken", "accessToken")
            .keeps("refreshToken", "refreshToken"),
        call("The requester's next tokens", "POST /auth/refresh")
            .by(Nobody)
            .json(json!({ "refreshToken": "{{refreshToken}}" }))
            .keeps("requesterToken", "accessToken")
            .keeps("refreshToken", "refreshToken"),
        call("The requester has a profile", "GET /users/profile").has("userId", "{{requesterId}}"),
        registers("agent"),
        call("The agent is made one", "PUT /users/{id}/role")
            .by(Admin)
            .of("{{agentId}}")
            .json(json!({ "role": "agent" }))
            .has("role", "agent"),
        signs_in("The agent signs in", "agent").has("user.role", "agent").keeps("agentToken", "accessToken"),
    ]);
    people
}

fn assigned() -> Call {
    // That the agent is one has to have reached the tickets.
    call("It is assigned", "PUT /admin/tickets/{id}/assign")
        .by(Admin)
        .of("{{ticketId}}")
        .json(json!({ "assignedTo": "{{agentId}}" }))
        .until("body.assignedTo === pm.variables.get(\"agentId\")")
        .has("assignedTo", "{{agentId}}")
}

fn file() -> Vec<Call> {
    vec![
        upload("The requester adds a file", "note.txt")
            .answers(201)
            .has("uploadedBy", "{{requesterId}}")
            .keeps("fileId", "id"),
        call("The agent reads it", "GET /files/{id}/download")
            .by(Agent)
            .of("{{fileId}}")
            .text()
            .check("all of it", "pm.expect(pm.response.text()).to.eql(\"The printer says: lp0 on fire\");"),
        call("A stranger does not", "GET /files/{id}/download")
            .by(Stranger)
            .of("{{fileId}}")
            .refused(404, "not_found"),
        call("The ticket knows of it", "GET /tickets/{id}/attachments")
            .of("{{ticketId}}")
            .until("body.length === 1")
            .check("by its name", "pm.expect(body[0].fileName).to.eql(\"note.txt\");"),
    ]
}

fn worked_on() -> Vec<Call> {
    let comment = |name: &str, body| {
        call(name, "POST /tickets/{id}/comments").of("{{ticketId}}").json(body).answers(201)
    };
    vec![
        moved("The agent sets to work", "IN_PROGRESS", json!({ "status": "IN_PROGRESS" })),
        comment("The agent writes", json!({ "content": "We are on our way." })).by(Agent).has("userId", "{{agentId}}"),
        comment("The agent writes to agents", json!({ "content": "Third time this year.", "isInternal": true })).by(Agent),
        moved("The agent asks, and waits", "WAITING_USER", json!({ "status": "WAITING_USER", "comment": "Which floor?" })),
        comment("The requester answers", json!({ "content": "The second." })),
        call("The answer takes it up again", "GET /tickets/{id}")
            .of("{{ticketId}}")
            .has("status", "IN_PROGRESS")
            .check("it was responded to", "pm.expect(body.sla.respondedAt).to.be.a(\"string\");"),
        call("The requester sees no word among agents", "GET /tickets/{id}/comments")
            .of("{{ticketId}}")
            .check("none", "pm.expect(pm.response.text()).to.include(\"We are on our way.\").and.not.include(\"Third time\");"),
        call("A stranger sees nothing", "GET /tickets/{id}").by(Stranger).of("{{ticketId}}").refused(404, "not_found"),
    ]
}

fn settled() -> Vec<Call> {
    vec![
        moved("The agent resolves it", "RESOLVED", json!({ "status": "RESOLVED", "resolution": "New toner." }))
            .has("resolution", "New toner."),
        call("The requester closes it", "POST /tickets/{id}/close").of("{{ticketId}}").has("status", "CLOSED"),
        call("The requester reopens it", "POST /tickets/{id}/reopen")
            .of("{{ticketId}}")
            .json(json!({ "comment": "It smokes again." }))
            .has("status", "OPEN"),
        call("All of that is its history", "GET /tickets/{id}/history")
            .of("{{ticketId}}")
            .query("sort", "createdAt")
            .query("limit", "100")
            .check(
                "from status to status",
                "pm.expect(body.items.filter((it) => it.fieldName === \"status\").map((it) => it.newValue)).to.include.ordered.members([\"IN_PROGRESS\", \"WAITING_USER\", \"IN_PROGRESS\", \"RESOLVED\", \"CLOSED\", \"OPEN\"]);",
            ),
    ]
}

fn told() -> Vec<Call> {
    let of_it =
        "body.items.filter((it) => it.ticketId === pm.variables.get(\"ticketId\")).map((it) => it.template)";
    vec![
        call("The requester was told", "GET /notifications")
            .query("limit", "100")
            .until("body.items.some((it) => it.ticketId === pm.variables.get(\"ticketId\") && it.template === \"ticket_resolved\")")
            .check("of its opening, too", format!("pm.expect({of_it}).to.include.members([\"ticket_created\", \"ticket_commented\"]);")),
        call("The agent was told", "GET /notifications")
            .by(Agent)
            .query("limit", "100")
            .until("body.items.some((it) => it.ticketId === pm.variables.get(\"ticketId\") && it.template === \"ticket_reopened\")")
            .check("of the task, too", format!("pm.expect({of_it}).to.include(\"ticket_assigned\");")),
        call("A stranger was not told", "GET /notifications").by(Stranger).check("of it", format!("pm.expect({of_it}).to.eql([]);")),
    ]
}

fn recorded() -> Vec<Call> {
    vec![
        call("The ticket's rows", "GET /audit/logs")
            .by(Admin)
            .query("resourceType", "ticket")
            .query("resourceId", "{{ticketId}}")
            .query("sort", "timestamp")
            .query("limit", "100")
            .until("body.items.filter((it) => it.action === \"TICKET_STATUS_CHANGED\").length >= 6")
            .has("items[0].action", "TICKET_CREATED")
            .has("items[0].userId", "{{requesterId}}")
            .check(
                "from status to status",
                "pm.expect(body.items.filter((it) => it.action === \"TICKET_STATUS_CHANGED\").map((it) => it.details.newStatus)).to.eql([\"IN_PROGRESS\", \"WAITING_USER\", \"IN_PROGRESS\", \"RESOLVED\", \"CLOSED\", \"OPEN\"]);",
            ),
        call("The file's row", "GET /audit/logs")
            .by(Admin)
            .query("resourceType", "file")
            .query("resourceId", "{{fileId}}")
            .query("sort", "timestamp")
            .until("body.items.length >= 1")
            .has("items[0].action", "FILE_UPLOADED")
            .has("items[0].userId", "{{requesterId}}"),
        call("The trail is whole", "GET /audit/verify").by(Admin).has("isIntact", true),
    ]
}

fn good_bye() -> Vec<Call> {
    vec![
        call("The requester signs out", "POST /auth/logout").answers(204),
        call("Their token is dead in tickets", "GET /tickets").refused_soon(),
        call("Their token is dead in files", "GET /files/{id}").of("{{fileId}}").refused_soon(),
        call("Their token is dead in notifications", "GET /notifications").refused_soon(),
    ]
}

/// The agent moves the ticket in the workflow.
fn moved(name: &str, to: &'static str, body: serde_json::Value) -> Call {
    call(name, "PUT /admin/tickets/{id}/status").by(Agent).of("{{ticketId}}").json(body).has("status", to)
}

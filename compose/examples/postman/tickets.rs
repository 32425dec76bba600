use serde_json::json;

use super::call::Who::{Admin, Nobody, Stranger};
use super::call::{Call, call, folder};
use super::collection::Collection;
use super::people::{a_ticket_is_opened, operations, who_is_who};

pub fn collection() -> Collection {
    Collection {
        name: "tickets",
        title: "tickets",
        about: "Tickets: workflow, comments, SLA, history, search, statistics. The administrator is the agent here.",
        folders: vec![
            who_is_who(),
            folder("Opening", opening()),
            folder("Reading", reading()),
            folder("Working", working()),
            folder("Writing", writing()),
            folder("Its story", story()),
            folder("The desk", desk()),
            folder("Taking it back", taking_back()),
            operations(),
        ],
    }
}

fn opening() -> Vec<Call> {
    let title = |title: &str| json!({ "title": title, "description": "It burns.", "category": "hardware" });
    vec![
        a_ticket_is_opened()
            .check("it has a number", "pm.expect(body.ticketNumber).to.match(/^HD-\\d{6,}$/);")
            .check("it says where it is", "pm.expect(pm.response.headers.get(\"Location\")).to.include(`/tickets/${body.id}`);")
            .check("it has a version", "pm.expect(pm.response.headers.get(\"ETag\")).to.be.a(\"string\");"),
        call("Not without a token", "POST /tickets").by(Nobody).json(title("Printer")).refused(401, "missing_token"),
        call("Not without a title", "POST /tickets")
            .json(json!({ "description": "It burns.", "category": "hardware" }))
            .refused(422, "validation_failed")
            .field("title"),
        call("A priority that there is not", "POST /tickets")
            .json(json!({ "title": "Printer", "description": "It burns.", "category": "hardware", "priority": "EXTREME" }))
            .refused(422, "validation_failed")
            .field("priority"),
        call("A field that nobody knows", "POST /tickets")
            .json(json!({ "title": "Printer", "description": "It burns.", "category": "hardware", "status": "CLOSED" }))
            .refused(400, "unknown_field")
            .field("status"),
        call("With a key, once", "POST /tickets")
            .header("Idempotency-Key", "open-{{run}}")
            .json(title("The scanner {{run}}"))
            .answers(201)
            .has("priority", "MEDIUM")
            .keeps("otherTicketId", "id"),
        call("With the key, again: no other ticket", "POST /tickets")
            .header("Idempotency-Key", "open-{{run}}")
            .json(title("The scanner {{run}}"))
            .answers(201)
            .has("id", "{{otherTicketId}}"),
        call("With the key, something else", "POST /tickets")
            .header("Idempotency-Key", "open-{{run}}")
            .json(title("The plotter {{run}}"))
            .refused(422, "idempotency_mismatch"),
    ]
}

fn reading() -> Vec<Call> {
    vec![
        call("A ticket of mine", "GET /tickets/{id}")
            .of("{{ticketId}}")
            .has("id", "{{ticketId}}")
            .has("version", 1)
            .keeps_header("etag", "ETag"),
        call("Nothing new of it", "GET /tickets/{id}")
            .of("{{ticketId}}")
            .header("If-None-Match", "{{etag}}")
            .answers(304),
        call("A stranger's does not exist", "GET /tickets/{id}")
            .by(Stranger)
            .of("{{ticketId}}")
            .refused(404, "not_found"),
        call("As little as nobody's", "GET /tickets/{id}").of("{{nobody}}").refused(404, "not_found"),
        call("Before there was one", "GET /tickets/{id}")
            .of("{{ticketId}}")
            .query("at", "2020-01-01T00:00:00Z")
            .refused(404, "not_found"),
        call("Mine", "GET /tickets")
            .query("limit", "1")
            .query("sort", "-createdAt")
            .has("items[0].id", "{{otherTicketId}}")
            .check("it goes on", "pm.expect(body.nextCursor).to.be.a(\"string\");")
            .keeps("cursor", "nextCursor"),
        call("Mine, the next page", "GET /tickets")
            .query("limit", "1")
            .query("sort", "-createdAt")
            .query("cursor", "{{cursor}}")
            .has("items[0].id", "{{ticketId}}")
            .has("nextCursor", json!(null)),
        call("Mine, by a word", "GET /tickets")
            .query("q", "scanner")
            .has("items.length", 1)
            .has("items[0].id", "{{otherTicketId}}"),
        call("A stranger has none", "GET /tickets").by(Stranger).has("items", json!([])),
        call("More than there are on a page", "GET /tickets")
            .query("limit", "101")
            .refused(400, "bad_query")
            .field("limit"),
    ]
}

fn working() -> Vec<Call> {
    let status = |name: &str, status: &str| {
        call(name, "PUT /admin/tickets/{id}/status")
            .by(Admin)
            .of("{{ticketId}}")
            .json(json!({ "status": status }))
    };
    vec![
        call("Edit it", "PUT /tickets/{id}")
            .of("{{ticketId}}")
            .header("If-Match", "{{etag}}")
            .json(json!({ "priority": "URGENT" }))
            .has("priority", "URGENT")
            .has("title", "The printer is on fire")
            .has("version", 2),
        call("Edit what has changed meanwhile", "PUT /tickets/{id}")
            .of("{{ticketId}}")
            .header("If-Match", "{{etag}}")
            .json(json!({ "priority": "LOW" }))
            .refused(412, "precondition_failed"),
        call("A title that is too long", "PUT /tickets/{id}")
            .of("{{ticketId}}")
            .json(json!({ "title": "long ".repeat(52) }))
            .refused(422, "validation_failed")
            .field("title"),
        call("A requester assigns nothing", "PUT /admin/tickets/{id}/assign")
            .of("{{ticketId}}")
            .json(json!({ "assignedTo": "{{requesterId}}" }))
            .refused(403, "forbidden"),
        call("Only agents are assigned to", "PUT /admin/tickets/{id}/assign")
            .by(Admin)
            .of("{{ticketId}}")
            .json(json!({ "assignedTo": "{{requesterId}}" }))
            .refused(422, "validation_failed")
            .field("assignedTo"),
        call("Assign it", "PUT /admin/tickets/{id}/assign")
            .by(Admin)
            .of("{{ticketId}}")
            .json(json!({ "assignedTo": "{{adminId}}" }))
            .has("assignedTo", "{{adminId}}"),
        status("Set to work", "IN_PROGRESS").has("status", "IN_PROGRESS"),
        status("A move that there is not", "OPEN").refused(409, "invalid_transition").check(
            "the legal ones are named",
            "pm.expect(body.detail).to.include(\"WAITING_USER\").and.include(\"RESOLVED\");",
        ),
        status("A status that there is not", "ASLEEP").refused(422, "validation_failed").field("status"),
        call("A requester does not move it", "PUT /admin/tickets/{id}/status")
            .of("{{ticketId}}")
            .json(json!({ "status": "RESOLVED" }))
            .refused(403, "forbidden"),
    ]
}

fn writing() -> Vec<Call> {
    let comment = |name: &str, body| call(name, "POST /tickets/{id}/comments").of("{{ticketId}}").json(body);
    vec![
        comment("Write to the requester", json!({ "content": "We are on our way." }))
            .by(Admin)
            .answers(201)
            .has("isInternal", false)
            .has("userId", "{{adminId}}"),
        comment("Write among agents", json!({ "content": "Third time this year.", "isInternal": true }))
            .by(Admin)
            .answers(201)
            .has("isInternal", true),
        comment(
            "A requester does not write among agents",
            json!({ "content": "Hello?", "isInternal": true }),
        )
        .refused(403, "forbidden"),
        comment("Nothing", json!({ "content": "" })).refused(422, "validation_failed").field("content"),
        comment("A stranger finds no ticket to write on", json!({ "content": "Hello?" }))
            .by(Stranger)
            .refused(404, "not_found"),
        call("What was written", "GET /tickets/{id}/comments")
            .of("{{ticketId}}")
            .has("items.length", 1)
            .has("items[0].content", "We are on our way."),
        call("What agents see of it", "GET /tickets/{id}/comments")
            .by(Admin)
            .of("{{ticketId}}")
            .has("items.length", 2),
        call("What a stranger sees of it", "GET /tickets/{id}/comments")
            .by(Stranger)
            .of("{{ticketId}}")
            .refused(404, "not_found"),
    ]
}

fn story() -> Vec<Call> {
    vec![
        call("What happened to it", "GET /tickets/{id}/history")
            .of("{{ticketId}}")
            .query("sort", "createdAt")
            .check("it was opened first", "pm.expect(body.items[0].userId).to.eql(pm.variables.get(\"requesterId\"));")
            .check("each field is told", "pm.expect(body.items.map((it) => it.fieldName)).to.include.members([\"priority\", \"status\"]);")
            .check("what agents say to agents is not", "pm.expect(pm.response.text()).to.not.include(\"Third time\");"),
        call("A stranger learns nothing of it", "GET /tickets/{id}/history").by(Stranger).of("{{ticketId}}").refused(404, "not_found"),
        call("Its files", "GET /tickets/{id}/attachments").of("{{ticketId}}").check("none yet", "pm.expect(body).to.eql([]);"),
        call("A stranger sees none", "GET /tickets/{id}/attachments").by(Stranger).of("{{ticketId}}").refused(404, "not_found"),
        call("Its clocks", "GET /tickets/{id}/sla")
            .of("{{ticketId}}")
            .check("it was answered", "pm.expect(body.response.stoppedAt).to.be.a(\"string\");")
            .check("and is not solved", "pm.expect(body.resolution.stoppedAt).to.be.null;"),
        call("A stranger's clocks", "GET /tickets/{id}/sla").by(Stranger).of("{{ticketId}}").refused(404, "not_found"),
        call("An open one is not reopened", "POST /tickets/{id}/reopen")
            .of("{{ticketId}}")
            .refused(409, "invalid_transition"),
        call("Resolve it", "PUT /admin/tickets/{id}/status")
            .by(Admin)
            .of("{{ticketId}}")
            .json(json!({ "status": "RESOLVED", "resolution": "New toner." }))
            .has("status", "RESOLVED")
            .has("resolution", "New toner.")
            .check("now", "pm.expect(body.resolvedAt).to.be.a(\"string\");"),
        call("Close it", "POST /tickets/{id}/close").of("{{ticketId}}").has("status", "CLOSED"),
        call("A closed one is not edited", "PUT /tickets/{id}")
            .of("{{ticketId}}")
            .json(json!({ "title": "It smokes again" }))
            .refused(409, "ticket_closed"),
        call("A stranger closes nothing", "POST /tickets/{id}/close").by(Stranger).of("{{ticketId}}").refused(404, "not_found"),
        call("Reopen it", "POST /tickets/{id}/reopen")
            .of("{{ticketId}}")
            .json(json!({ "comment": "It smokes again." }))
            .has("status", "OPEN"),
    ]
}

fn desk() -> Vec<Call> {
    vec![
        call("All tickets", "GET /admin/tickets")
            .by(Admin)
            .query("userId", "{{requesterId}}")
            .query("sort", "createdAt")
            .has("items.length", 2)
            .has("items[0].id", "{{ticketId}}"),
        call("Those that nobody has", "GET /admin/tickets")
            .by(Admin)
            .query("userId", "{{requesterId}}")
            .query("unassigned", "true")
            .has("items.length", 1)
            .has("items[0].id", "{{otherTicketId}}"),
        call("They are not for everybody", "GET /admin/tickets").refused(403, "forbidden"),
        call("The desk in numbers", "GET /admin/tickets/stats")
            .by(Admin)
            .check("it adds up", "pm.expect(Object.values(body.byStatus).reduce((sum, it) => sum + it, 0)).to.eql(body.total);")
            .check("days", "pm.expect(body.createdLast30Days).to.have.length(30);"),
        call("Numbers are not for everybody", "GET /admin/tickets/stats").refused(403, "forbidden"),
        call("What is stored on me", "GET /tickets/export")
            .check("both tickets", "pm.expect(body.tickets.map((it) => it.id)).to.have.members([pm.variables.get(\"ticketId\"), pm.variables.get(\"otherTicketId\")]);"),
    ]
}

fn taking_back() -> Vec<Call> {
    vec![
        call("A stranger's ticket", "DELETE /tickets/{id}")
            .by(Stranger)
            .of("{{otherTicketId}}")
            .refused(404, "not_found"),
        call("A ticket of mine is taken back", "DELETE /tickets/{id}").of("{{otherTicketId}}").answers(204),
        call("It is gone", "GET /tickets/{id}").of("{{otherTicketId}}").refused(404, "not_found"),
        call("The other is worked on again", "PUT /admin/tickets/{id}/status")
            .by(Admin)
            .of("{{ticketId}}")
            .json(json!({ "status": "IN_PROGRESS" })),
        call("It cannot be taken back", "DELETE /tickets/{id}")
            .of("{{ticketId}}")
            .refused(409, "not_deletable"),
    ]
}

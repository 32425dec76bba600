use serde_json::json;

use super::call::Who::{Admin, Nobody};
use super::call::{Call, call, folder};
use super::collection::Collection;
use super::people::{a_ticket_is_opened, operations, who_is_who};

pub fn collection() -> Collection {
    let mut people = who_is_who();
    people.calls.push(a_ticket_is_opened());
    Collection {
        name: "audit",
        title: "audit",
        about: "The trail of every event, for administrators.",
        folders: vec![
            people,
            folder("Log", log()),
            folder("Feed", feed()),
            folder("Trust", trust()),
            folder("Numbers", numbers()),
            operations(),
        ],
    }
}

fn log() -> Vec<Call> {
    vec![
        call("What happened to a ticket", "GET /audit/logs")
            .by(Admin)
            .query("resourceType", "ticket")
            .query("resourceId", "{{ticketId}}")
            .until("body.items.length >= 1")
            .has("items[0].action", "TICKET_CREATED")
            .has("items[0].userId", "{{requesterId}}")
            .keeps("lineId", "items[0].id"),
        call("It is not for everybody", "GET /audit/logs").refused(403, "forbidden"),
        call("It is for nobody without a token", "GET /audit/logs").by(Nobody).refused(401, "missing_token"),
        call("A day that there is not", "GET /audit/logs")
            .by(Admin)
            .query("from", "2026-02-30T00:00:00Z")
            .refused(400, "bad_query")
            .field("from"),
        call("One line", "GET /audit/logs/{id}").by(Admin).of("{{lineId}}").has("resourceId", "{{ticketId}}"),
        call("No line", "GET /audit/logs/{id}").by(Admin).of("{{nobody}}").refused(404, "not_found"),
        call("Lines with words", "GET /audit/search")
            .by(Admin)
            .query("q", "{{ticketId}}")
            .until("body.items.length >= 1")
            .has("items[0].resourceId", "{{ticketId}}"),
        call("Lines without words", "GET /audit/search").by(Admin).refused(400, "bad_query").field("q"),
        call("What is stored on me", "GET /audit/export")
            .check("what I did", "pm.expect(pm.response.text()).to.include(pm.variables.get(\"ticketId\"));")
            .check(
                "nothing that others did",
                "pm.expect(pm.response.text()).to.not.include(pm.variables.get(\"strangerId\"));",
            ),
    ]
}

fn feed() -> Vec<Call> {
    vec![
        call("From its beginning", "GET /audit/events")
            .by(Admin)
            .query("after", "0")
            .query("limit", "2")
            .has("items.length", 2)
            .check("without a gap", "pm.expect(body.items[1].sequence).to.eql(body.items[0].sequence + 1);"),
        call("After something else than a number", "GET /audit/events")
            .by(Admin)
            .query("after", "yesterday")
            .refused(400, "bad_query")
            .field("after"),
        call("The feed is not for everybody", "GET /audit/events").refused(403, "forbidden"),
        call("What could not be put on record", "GET /audit/events/failed")
            .by(Admin)
            .query("resolved", "false"),
        call("Nothing is tried again", "POST /audit/events/failed/{id}/retry")
            .by(Admin)
            .of("{{nobody}}")
            .refused(404, "not_found"),
    ]
}

fn trust() -> Vec<Call> {
    vec![
        call("Is it as it was written?", "GET /audit/verify")
            .by(Admin)
            .has("isIntact", true)
            .has("fault", json!(null))
            .check("there is something", "pm.expect(body.head.sequence).to.be.at.least(1);"),
        call("The question is not for everybody", "GET /audit/verify").refused(403, "forbidden"),
        call("Checkpoints", "GET /audit/checkpoints").by(Admin),
        call("The key that signs them", "GET /audit/public-key")
            .by(Admin)
            .text()
            .check("is a public one", "pm.expect(pm.response.text()).to.match(/^-----BEGIN PUBLIC KEY-----\\n/).and.not.include(\"PRIVATE\");"),
        call("The trail for outsiders", "GET /audit/trail")
            .by(Admin)
            .text()
            .check(
                "a line of JSON for each row",
                "pm.response.text().trim().split(\"\\n\").forEach((line) => JSON.parse(line));",
            )
            .check("personal details are sealed", "pm.expect(pm.response.text()).to.not.include(`requester-${pm.variables.get(\"run\")}`);"),
        call("Months that were put away", "GET /audit/archives").by(Admin),
        call("A month that was not", "GET /audit/archives/{lastSequence}").by(Admin).of("1").refused(404, "not_found"),
    ]
}

fn numbers() -> Vec<Call> {
    vec![
        call("All counters", "GET /audit/metrics")
            .by(Admin)
            .until("body.metrics.some((it) => it.name === \"tickets_created\" && it.count >= 1)"),
        call("One, hour by hour", "GET /audit/metrics")
            .by(Admin)
            .query("name", "tickets_created")
            .query("bucket", "hour")
            .has("bucket", "hour")
            .check("it adds up", "pm.expect(body.metrics[0].points.reduce((sum, it) => sum + it.count, 0)).to.eql(body.metrics[0].count);"),
        call("Counted by the minute", "GET /audit/metrics")
            .by(Admin)
            .query("bucket", "minute")
            .refused(400, "bad_query")
            .field("bucket"),
        call("Numbers are not for everybody", "GET /audit/metrics").refused(403, "forbidden"),
        call("A report", "GET /audit/reports/{kind}").by(Admin).of("tickets").has("report", "tickets"),
        call("A report for a spreadsheet", "GET /audit/reports/{kind}")
            .by(Admin)
            .of("security")
            .query("format", "csv")
            .text()
            .check("is one", "pm.expect(pm.response.headers.get(\"Content-Type\")).to.match(/^text\\/csv/);"),
        call("A report to look at", "GET /audit/reports/{kind}")
            .by(Admin)
            .of("sla")
            .query("format", "html")
            .text()
            .check("is a page", "pm.expect(pm.response.text()).to.match(/^<!DOCTYPE html>/i);"),
        call("A report that there is not", "GET /audit/reports/{kind}").by(Admin).of("weather").refused(404, "not_found"),
        call("What is made of the trail", "GET /audit/rebuilds")
            .by(Admin)
            .check("both", "pm.expect(body.items.map((it) => it.derived)).to.have.members([\"metrics\", \"search\"]);"),
        call("Make one of them anew", "POST /audit/rebuilds/{derived}").by(Admin).of("search").answers(202),
        call("Make anew what there is not", "POST /audit/rebuilds/{derived}").by(Admin).of("weather").refused(404, "not_found"),
        call("It was made anew", "GET /audit/rebuilds")
            .by(Admin)
            .until("body.items.every((it) => it.finishedAt !== null)"),
    ]
}

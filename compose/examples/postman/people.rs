//! What most collections begin and end with: who is who, and whether the service is well.

use serde_json::json;

use super::call::{Call, Folder, Who, call, folder};

/// Two people who have just registered, and the administrator.
pub fn who_is_who() -> Folder {
    folder("Who is who", [registers("requester"), registers("stranger"), the_administrator_signs_in()])
}

/// Somebody registers; their token and id are kept. The requester is the first, so that each run has people of its own.
pub fn registers(who: &str) -> Call {
    let email = format!("{who}-{{{{run}}}}@example.com");
    let registers = call(format!("The {who} registers"), "POST /auth/register").by(Who::Nobody);
    let registers = match who {
        "requester" => registers.before(r#"pm.collectionVariables.set("run", Date.now().toString(36));"#),
        _ => registers,
    };
    registers
        .json(json!({ "email": email, "password": "{{password}}" }))
        .answers(201)
        .has("user.role", "user")
        .keeps(format!("{who}Id"), "user.id")
        .keeps(format!("{who}Token"), "accessToken")
}

/// By the environment's variables. Where that fails there is no use in going on.
pub fn the_administrator_signs_in() -> Call {
    call("The administrator signs in", "POST /auth/login")
        .by(Who::Nobody)
        .json(json!({ "email": "{{adminEmail}}", "password": "{{adminPassword}}" }))
        .check(
            "the environment's adminEmail and adminPassword are right",
            "if (pm.response.code !== 200) pm.execution.setNextRequest(null); pm.expect(pm.response.code).to.eql(200);",
        )
        .has("user.role", "admin")
        .keeps("adminId", "user.id")
        .keeps("adminToken", "accessToken")
}

/// Somebody signs in again, as after a change of role.
pub fn signs_in(name: &str, who: &str) -> Call {
    call(name, "POST /auth/login")
        .by(Who::Nobody)
        .json(json!({ "email": format!("{who}-{{{{run}}}}@example.com"), "password": "{{password}}" }))
}

/// A ticket of the requester's.
pub fn a_ticket_is_opened() -> Call {
    call("A ticket is opened", "POST /tickets")
        .json(json!({
            "title": "The printer is on fire",
            "description": "Since this morning.",
            "category": "hardware",
            "priority": "HIGH",
        }))
        .answers(201)
        .has("status", "OPEN")
        .has("userId", "{{requesterId}}")
        .keeps("ticketId", "id")
}

/// What whoever runs it asks.
pub fn operations() -> Folder {
    folder(
        "Operations",
        [
            call("It lives", "GET /health").by(Who::Nobody).has("status", "ok"),
            call("It is ready", "GET /ready").by(Who::Nobody).has("status", "ready").check(
                "nothing it needs is away",
                "pm.expect(body.checks.filter((it) => it.status !== \"up\")).to.eql([]);",
            ),
            call("It is measured", "GET /metrics").by(Who::Nobody).text().check(
                "requests are counted",
                "pm.expect(pm.response.text()).to.match(/^http_requests_total\\{/m);",
            ),
        ],
    )
}

use serde_json::json;

use super::call::Who::{Admin, Agent, Nobody, Stranger};
use super::call::{Body, call, folder};
use super::collection::Collection;
use super::people::{operations, registers, signs_in, who_is_who};

pub fn collection() -> Collection {
    let mut people = who_is_who();
    people.calls.push(registers("agent"));
    Collection {
        name: "users",
        title: "users",
        about: "Profiles, and the administration of people.",
        folders: vec![
            people,
            folder(
                "My profile",
                [
                    call("It is there at once", "GET /users/profile")
                        .has("userId", "{{requesterId}}")
                        .has("email", "requester-{{run}}@example.com"),
                    call("Not without a token", "GET /users/profile")
                        .by(Nobody)
                        .refused(401, "missing_token"),
                    call("Edit some of it", "PUT /users/profile")
                        .json(json!({
                            "firstName": "Ada",
                            "lastName": "Lovelace",
                            "department": "Engines {{run}}",
                            "preferences": { "theme": "dark" },
                        }))
                        .has("firstName", "Ada")
                        .has("preferences.theme", "dark")
                        .has("phone", json!(null)),
                    call("Edit some more: the rest stays", "PUT /users/profile")
                        .json(json!({ "phone": "+33 1 23 45 67 89" }))
                        .has("phone", "+33 1 23 45 67 89")
                        .has("firstName", "Ada"),
                    call("A telephone number that is too long", "PUT /users/profile")
                        .json(json!({ "phone": "+33 1 23 45 67 89 01 23 45 67 89" }))
                        .refused(422, "validation_failed")
                        .field("phone"),
                    call("A field that is not mine to set", "PUT /users/profile")
                        .json(json!({ "role": "admin" }))
                        .refused(400, "unknown_field")
                        .field("role"),
                    call("A picture", "POST /users/avatar").sends(Body::Form(vec![], "picture.png")).check(
                        "there is an address of it",
                        "pm.expect(body.avatarUrl).to.include(pm.variables.get(\"requesterId\"));",
                    ),
                    call("A text is no picture", "POST /users/avatar")
                        .sends(Body::Form(vec![], "note.txt"))
                        .refused(415, "file_type_not_allowed"),
                    call("No picture any more", "DELETE /users/avatar").answers(204),
                    call("What was done to it", "GET /users/profile/activities")
                        .until("body.items.length >= 3")
                        .check(
                            "the newest first",
                            "pm.expect(body.items[0].createdAt >= body.items[1].createdAt).to.be.true;",
                        ),
                    call("All that is stored on me", "GET /users/profile/export").check(
                        "and nothing on others",
                        "pm.expect(pm.response.text()).to.not.include(pm.variables.get(\"strangerId\"));",
                    ),
                ],
            ),
            folder(
                "Administration",
                [
                    call("A list is not for everybody", "GET /users").refused(403, "forbidden"),
                    call("A list", "GET /users")
                        .by(Admin)
                        .query("limit", "1")
                        .check("one at a time", "pm.expect(body.items).to.have.length(1);")
                        .check("it goes on", "pm.expect(body.nextCursor).to.be.a(\"string\");")
                        .keeps("cursor", "nextCursor"),
                    call("The next page", "GET /users")
                        .by(Admin)
                        .query("limit", "1")
                        .query("cursor", "{{cursor}}")
                        .check("somebody else", "pm.expect(body.items).to.have.length(1);"),
                    call("Somebody, by words", "GET /users")
                        .by(Admin)
                        .query("q", "lovelace {{run}}")
                        .has("items.length", 1)
                        .has("items[0].userId", "{{requesterId}}"),
                    call("A role that there is not, to search by", "GET /users")
                        .by(Admin)
                        .query("role", "king")
                        .refused(400, "bad_query")
                        .field("role"),
                    call("People in numbers", "GET /users/stats")
                        .by(Admin)
                        .check("somebody administers", "pm.expect(body.byRole.admin).to.be.at.least(1);")
                        .check("days", "pm.expect(body.registeredLast30Days).to.have.length(30);"),
                    call("Numbers are not for everybody", "GET /users/stats").refused(403, "forbidden"),
                    call("Somebody's profile", "GET /users/{id}")
                        .by(Admin)
                        .of("{{requesterId}}")
                        .has("role", "user")
                        .has("isActive", true),
                    call("Nobody's profile", "GET /users/{id}")
                        .by(Admin)
                        .of("{{nobody}}")
                        .refused(404, "not_found"),
                    call("Edit somebody's", "PUT /users/{id}")
                        .by(Admin)
                        .of("{{requesterId}}")
                        .json(json!({ "jobTitle": "Countess" }))
                        .has("jobTitle", "Countess")
                        .has("firstName", "Ada"),
                    call("A title that is too long", "PUT /users/{id}")
                        .by(Admin)
                        .of("{{requesterId}}")
                        .json(json!({ "jobTitle": "very ".repeat(30) }))
                        .refused(422, "validation_failed")
                        .field("jobTitle"),
                    call("What was done to somebody's profile", "GET /users/{id}/activities")
                        .by(Admin)
                        .of("{{requesterId}}")
                        .until("body.items.length >= 4"),
                    call("Activities are not for everybody", "GET /users/{id}/activities")
                        .by(Stranger)
                        .of("{{requesterId}}")
                        .refused(403, "forbidden"),
                ],
            ),
            folder(
                "Roles",
                [
                    call("Make somebody an agent", "PUT /users/{id}/role")
                        .by(Admin)
                        .of("{{agentId}}")
                        .json(json!({ "role": "agent" }))
                        .has("userId", "{{agentId}}")
                        .has("role", "agent"),
                    call("A role that there is not", "PUT /users/{id}/role")
                        .by(Admin)
                        .of("{{agentId}}")
                        .json(json!({ "role": "king" }))
                        .refused(422, "validation_failed")
                        .field("role"),
                    call("A role for myself", "PUT /users/{id}/role")
                        .of("{{requesterId}}")
                        .json(json!({ "role": "admin" }))
                        .refused(403, "forbidden"),
                    call("The administrator's own role", "PUT /users/{id}/role")
                        .by(Admin)
                        .of("{{adminId}}")
                        .json(json!({ "role": "user" }))
                        .refused(409, "own_account"),
                    call("The session from before is over", "GET /users/profile").by(Agent).refused_soon(),
                    signs_in("The agent signs in", "agent")
                        .has("user.role", "agent")
                        .keeps("agentToken", "accessToken"),
                    call("An agent reads a name", "GET /users/{id}")
                        .by(Agent)
                        .of("{{requesterId}}")
                        .has("firstName", "Ada"),
                    call("An agent has no list", "GET /users").by(Agent).refused(403, "forbidden"),
                ],
            ),
            folder(
                "The end of an account",
                [
                    call("Not by everybody", "DELETE /users/{id}")
                        .of("{{strangerId}}")
                        .refused(403, "forbidden"),
                    call("Never of oneself", "DELETE /users/{id}")
                        .by(Admin)
                        .of("{{adminId}}")
                        .refused(409, "own_account"),
                    call("Delete somebody", "DELETE /users/{id}").by(Admin).of("{{strangerId}}").answers(204),
                    call("They are gone", "GET /users/{id}")
                        .by(Admin)
                        .of("{{strangerId}}")
                        .refused(404, "not_found"),
                    call("So are their sessions", "GET /users/profile").by(Stranger).refused_soon(),
                ],
            ),
            operations(),
        ],
    }
}

use serde_json::json;

use super::call::Who::{Admin, Nobody, Stranger};
use super::call::{Body, call, folder};
use super::collection::Collection;
use super::people::{operations, registers, signs_in, the_administrator_signs_in};

pub fn collection() -> Collection {
    Collection {
        name: "auth",
        title: "auth",
        about: "Accounts, sessions, tokens. Run it from the top: each request uses what those before it have kept.",
        folders: vec![
            folder(
                "Registration",
                [
                    registers("requester").keeps("refreshToken", "refreshToken"),
                    registers("stranger"),
                    call("An address that is taken", "POST /auth/register")
                        .by(Nobody)
                        .json(json!({ "email": "requester-{{run}}@example.com", "password": "{{password}}" }))
                        .refused(409, "email_taken"),
                    call("A password that is too short", "POST /auth/register")
                        .by(Nobody)
                        .json(json!({ "email": "other-{{run}}@example.com", "password": "short" }))
                        .refused(422, "validation_failed")
                        .field("password"),
                    call("Two passwords that differ", "POST /auth/register")
                        .by(Nobody)
                        .json(json!({
                            "email": "other-{{run}}@example.com",
                            "password": "{{password}}",
                            "confirmPassword": "another one",
                        }))
                        .refused(422, "validation_failed")
                        .field("confirmPassword"),
                    call("A field that nobody knows", "POST /auth/register")
                        .by(Nobody)
                        .json(json!({ "email": "other-{{run}}@example.com", "password": "{{password}}", "role": "admin" }))
                        .refused(400, "unknown_field")
                        .field("role"),
                    call("Something that is no JSON", "POST /auth/register")
                        .by(Nobody)
                        .sends(Body::Text("{\"email\": "))
                        .refused(400, "malformed_json"),
                    call("With a key, once", "POST /auth/register")
                        .by(Nobody)
                        .header("Idempotency-Key", "register-{{run}}")
                        .json(json!({ "email": "leaver-{{run}}@example.com", "password": "{{password}}" }))
                        .answers(201)
                        .keeps("leaverId", "user.id"),
                    call("With the key, again: the same answer", "POST /auth/register")
                        .by(Nobody)
                        .header("Idempotency-Key", "register-{{run}}")
                        .json(json!({ "email": "leaver-{{run}}@example.com", "password": "{{password}}" }))
                        .answers(201)
                        .has("user.id", "{{leaverId}}"),
                    call("With the key, something else", "POST /auth/register")
                        .by(Nobody)
                        .header("Idempotency-Key", "register-{{run}}")
                        .json(json!({ "email": "other-{{run}}@example.com", "password": "{{password}}" }))
                        .refused(422, "idempotency_mismatch"),
                ],
            ),
            folder(
                "Signing in",
                [
                    signs_in("Sign in", "requester")
                        .has("tokenType", "Bearer")
                        .has("user.id", "{{requesterId}}")
                        .check("it is a JWT", "pm.expect(body.accessToken.split(\".\")).to.have.length(3);")
                        .keeps("requesterToken", "accessToken")
                        .keeps("refreshToken", "refreshToken"),
                    call("A wrong password", "POST /auth/login")
                        .by(Nobody)
                        .json(json!({ "email": "requester-{{run}}@example.com", "password": "not the password" }))
                        .refused(401, "invalid_credentials"),
                    call("An address that nobody has: the same", "POST /auth/login")
                        .by(Nobody)
                        .json(json!({ "email": "nobody-{{run}}@example.com", "password": "not the password" }))
                        .refused(401, "invalid_credentials"),
                    the_administrator_signs_in(),
                ],
            ),
            folder(
                "Tokens",
                [
                    call("Who am I?", "GET /auth/me")
                        .has("id", "{{requesterId}}")
                        .has("email", "requester-{{run}}@example.com")
                        .has("isActive", true),
                    call("Who am I, without a token?", "GET /auth/me").by(Nobody).refused(401, "missing_token"),
                    call("What does my token say?", "GET /auth/verify")
                        .has("userId", "{{requesterId}}")
                        .has("role", "user")
                        .check("it has yet to expire", "pm.expect(body.exp * 1000).to.be.above(Date.now());"),
                    call("What does a token of my own making say?", "GET /auth/verify")
                        .by(Nobody)
                        .header("Authorization", "Bearer eyJhbGciOiJub25lIn0.e30.")
                        .refused(401, "invalid_token"),
                    call("The next tokens", "POST /auth/refresh")
                        .by(Nobody)
                        .json(json!({ "refreshToken": "{{refreshToken}}" }))
                        .check(
                            "the refresh token is another one",
                            "pm.expect(body.refreshToken).to.not.eql(pm.variables.get(\"refreshToken\"));",
                        )
                        .keeps("requesterToken", "accessToken")
                        .keeps("nextRefreshToken", "refreshToken"),
                    call("A refresh token is good once", "POST /auth/refresh")
                        .by(Nobody)
                        .json(json!({ "refreshToken": "{{refreshToken}}" }))
                        .refused(401, "invalid_refresh_token"),
                    call("The keys that verify them", "GET /.well-known/jwks.json")
                        .by(Nobody)
                        .has("keys[0].kty", "OKP")
                        .check("no private part is told", "pm.expect(pm.response.text()).to.not.include('\"d\"');"),
                ],
            ),
            folder(
                "Password and address",
                [
                    call("I forgot my password", "POST /auth/forgot-password")
                        .by(Nobody)
                        .json(json!({ "email": "requester-{{run}}@example.com" }))
                        .answers(202),
                    call("Somebody unknown forgot theirs: the same", "POST /auth/forgot-password")
                        .by(Nobody)
                        .json(json!({ "email": "nobody-{{run}}@example.com" }))
                        .answers(202),
                    call("A link that was never sent", "POST /auth/reset-password")
                        .by(Nobody)
                        .json(json!({ "token": "{{nobody}}", "password": "{{password}}" }))
                        .refused(422, "invalid_or_expired_link_token"),
                    call("The link once more", "POST /auth/resend-verification").answers(202),
                    call("Another link that was never sent", "POST /auth/verify-email")
                        .by(Nobody)
                        .json(json!({ "token": "{{nobody}}" }))
                        .refused(422, "invalid_or_expired_link_token"),
                    call("A new password that is too short", "POST /auth/change-password")
                        .json(json!({ "currentPassword": "{{password}}", "newPassword": "short" }))
                        .refused(422, "validation_failed")
                        .field("newPassword"),
                    call("A new password without the old one", "POST /auth/change-password")
                        .json(json!({ "currentPassword": "not the password", "newPassword": "{{password}} indeed" }))
                        .refused(422, "validation_failed")
                        .field("currentPassword"),
                    call("A new password", "POST /auth/change-password")
                        .json(json!({ "currentPassword": "{{password}}", "newPassword": "{{password}} indeed" }))
                        .answers(204),
                    call("The old one is not taken any more", "POST /auth/login")
                        .by(Nobody)
                        .json(json!({ "email": "requester-{{run}}@example.com", "password": "{{password}}" }))
                        .refused(401, "invalid_credentials"),
                    call("Sign in with the new one", "POST /auth/login")
                        .by(Nobody)
                        .json(json!({ "email": "requester-{{run}}@example.com", "password": "{{password}} indeed" }))
                        .keeps("otherToken", "accessToken"),
                ],
            ),
            folder(
                "Sessions",
                [
                    call("Where am I signed in?", "GET /auth/sessions")
                        .check("here", "pm.expect(body.items.filter((it) => it.current)).to.have.length(1);")
                        .check("and there", "pm.expect(body.items).to.have.lengthOf.at.least(2);")
                        .keeps("otherSession", "items.find((it) => !it.current).id"),
                    call("Sign out there", "DELETE /auth/sessions/{id}").of("{{otherSession}}").answers(204),
                    call("Sign out where I am not", "DELETE /auth/sessions/{id}")
                        .by(Stranger)
                        .of("{{otherSession}}")
                        .refused(404, "not_found"),
                    call("The other session is over", "GET /auth/me")
                        .by(Nobody)
                        .header("Authorization", "Bearer {{otherToken}}")
                        .refused(401, "token_revoked"),
                    call("What is stored on me", "GET /auth/export").has("account.id", "{{requesterId}}"),
                    call("Sign out everywhere", "POST /auth/logout").json(json!({ "allSessions": true })).answers(204),
                    call("This session is over too", "GET /auth/me").refused(401, "token_revoked"),
                    call("So is its refresh token", "POST /auth/refresh")
                        .by(Nobody)
                        .json(json!({ "refreshToken": "{{nextRefreshToken}}" }))
                        .refused(401, "invalid_refresh_token"),
                ],
            ),
            folder(
                "Administration",
                [
                    call("A role for myself", "PUT /auth/users/{id}/role")
                        .by(Stranger)
                        .of("{{strangerId}}")
                        .json(json!({ "role": "admin" }))
                        .refused(403, "forbidden"),
                    call("A role", "PUT /auth/users/{id}/role")
                        .by(Admin)
                        .of("{{requesterId}}")
                        .json(json!({ "role": "agent" }))
                        .has("id", "{{requesterId}}")
                        .has("role", "agent"),
                    call("A role that there is not", "PUT /auth/users/{id}/role")
                        .by(Admin)
                        .of("{{requesterId}}")
                        .json(json!({ "role": "king" }))
                        .refused(422, "validation_failed")
                        .field("role"),
                    call("A role for nobody", "PUT /auth/users/{id}/role")
                        .by(Admin)
                        .of("{{nobody}}")
                        .json(json!({ "role": "agent" }))
                        .refused(404, "not_found"),
                    call("The administrator's own role", "PUT /auth/users/{id}/role")
                        .by(Admin)
                        .of("{{adminId}}")
                        .json(json!({ "role": "user" }))
                        .refused(409, "own_account"),
                    call("Close an account", "PUT /auth/users/{id}/status")
                        .by(Admin)
                        .of("{{strangerId}}")
                        .json(json!({ "isActive": false }))
                        .has("isActive", false),
                    signs_in("A closed account does not sign in", "stranger").refused(401, "invalid_credentials"),
                    call("Open it again", "PUT /auth/users/{id}/status")
                        .by(Admin)
                        .of("{{strangerId}}")
                        .json(json!({ "isActive": true }))
                        .has("isActive", true),
                    signs_in("It signs in again", "stranger").keeps("strangerToken", "accessToken"),
                    call("Delete somebody else", "DELETE /auth/users/{id}")
                        .by(Stranger)
                        .of("{{leaverId}}")
                        .refused(403, "forbidden"),
                    call("Delete an account", "DELETE /auth/users/{id}").by(Admin).of("{{leaverId}}").answers(204),
                    call("It is gone", "DELETE /auth/users/{id}").by(Admin).of("{{leaverId}}").refused(404, "not_found"),
                ],
            ),
            operations(),
        ],
    }
}

use super::call::Who::{Admin, Nobody, Stranger};
use super::call::{Body, Call, call, folder};
use super::collection::Collection;
use super::people::{a_ticket_is_opened, operations, who_is_who};

pub fn collection() -> Collection {
    let mut people = who_is_who();
    people.calls.push(a_ticket_is_opened());
    Collection {
        name: "files",
        title: "files",
        about: "Attachments of tickets, and pictures of people.",
        folders: vec![
            people,
            folder("Uploads", uploads()),
            folder("Reading", reading()),
            folder("Pictures of people", pictures()),
            folder("Removing", removing()),
            operations(),
        ],
    }
}

/// To the ticket that was opened first.
pub fn upload(name: &str, file: &'static str) -> Call {
    call(name, "POST /files").sends(Body::Form(vec![("ticketId", "{{ticketId}}")], file))
}

fn uploads() -> Vec<Call> {
    vec![
        upload("A file", "note.txt")
            .answers(201)
            .has("originalName", "note.txt")
            .has("mimeType", "text/plain")
            .has("fileSize", 29)
            .has("ticketId", "{{ticketId}}")
            .has("uploadedBy", "{{requesterId}}")
            .check("it has its hash", "pm.expect(body.fileHash).to.match(/^[0-9a-f]{64}$/);")
            .check(
                "it says where it is",
                "pm.expect(pm.response.headers.get(\"Location\")).to.include(`/files/${body.id}`);",
            )
            .keeps("fileId", "id"),
        upload("A picture", "picture.png").answers(201).has("mimeType", "image/png").keeps("pictureId", "id"),
        upload("A text that says it is a picture", "pretender.png").refused(415, "file_type_not_allowed"),
        upload("A stranger finds no ticket to add to", "note.txt").by(Stranger).refused(404, "not_found"),
        upload("Not without a token", "note.txt").by(Nobody).refused(401, "missing_token"),
        call("To no ticket", "POST /files")
            .sends(Body::Form(vec![], "note.txt"))
            .refused(422, "validation_failed")
            .field("ticketId"),
    ]
}

fn reading() -> Vec<Call> {
    vec![
        call("The files of a ticket", "GET /files")
            .query("ticketId", "{{ticketId}}")
            .check("both", "pm.expect(body.items.map((it) => it.id)).to.have.members([pm.variables.get(\"fileId\"), pm.variables.get(\"pictureId\")]);"),
        call("The files of no ticket", "GET /files").refused(400, "bad_query").field("ticketId"),
        call("The files of a stranger's ticket", "GET /files")
            .by(Stranger)
            .query("ticketId", "{{ticketId}}")
            .refused(404, "not_found"),
        call("What is known of it", "GET /files/{id}").of("{{fileId}}").has("id", "{{fileId}}"),
        call("A stranger's file does not exist", "GET /files/{id}").by(Stranger).of("{{fileId}}").refused(404, "not_found"),
        call("Its bytes", "GET /files/{id}/download")
            .of("{{fileId}}")
            .text()
            .check("they are those that were sent", "pm.expect(pm.response.text()).to.eql(\"The printer says: lp0 on fire\");")
            .check("they are to be kept, not shown", "pm.expect(pm.response.headers.get(\"Content-Disposition\")).to.match(/^attachment;.*note\\.txt/);")
            .check("nothing is guessed", "pm.expect(pm.response.headers.get(\"X-Content-Type-Options\")).to.eql(\"nosniff\");")
            .keeps_header("etag", "ETag"),
        call("Some of its bytes", "GET /files/{id}/download")
            .of("{{fileId}}")
            .header("Range", "bytes=4-10")
            .answers(206)
            .text()
            .check("those", "pm.expect(pm.response.text()).to.eql(\"printer\");")
            .check("of all", "pm.expect(pm.response.headers.get(\"Content-Range\")).to.eql(\"bytes 4-10/29\");"),
        call("Bytes that there are not", "GET /files/{id}/download")
            .of("{{fileId}}")
            .header("Range", "bytes=1000-")
            .refused(416, "range_not_satisfiable"),
        call("Nothing new", "GET /files/{id}/download").of("{{fileId}}").header("If-None-Match", "{{etag}}").answers(304),
        call("A stranger gets no bytes", "GET /files/{id}/download").by(Stranger).of("{{fileId}}").refused(404, "not_found"),
        call("A link", "GET /files/{id}/url")
            .of("{{fileId}}")
            .check("for some minutes", "pm.expect(new Date(body.expiresAt) - Date.now()).to.be.within(60000, 301000);")
            .check("that needs no token", "pm.sendRequest(body.url, (fault, answer) => pm.test(\"the link leads to the bytes\", () => { pm.expect(fault).to.be.null; pm.expect(answer.text()).to.eql(\"The printer says: lp0 on fire\"); }));"),
        call("A stranger gets no link", "GET /files/{id}/url").by(Stranger).of("{{fileId}}").refused(404, "not_found"),
        call("Who read it", "GET /files/{id}/access-logs")
            .by(Admin)
            .of("{{fileId}}")
            .until("body.items.length >= 1")
            .check("the requester did", "pm.expect(body.items.map((it) => it.userId)).to.include(pm.variables.get(\"requesterId\"));"),
        call("That is not for everybody", "GET /files/{id}/access-logs").of("{{fileId}}").refused(403, "forbidden"),
        call("What is stored on me", "GET /files/export")
            .check("the file is", "pm.expect(pm.response.text()).to.include(pm.variables.get(\"fileId\"));"),
    ]
}

fn pictures() -> Vec<Call> {
    vec![
        call("A picture of me", "PUT /files/avatars/{id}")
            .of("{{requesterId}}")
            .sends(Body::File("picture.png", "image/png"))
            .answers(201)
            .has("userId", "{{requesterId}}")
            .has("mimeType", "image/png"),
        call("A picture of somebody else", "PUT /files/avatars/{id}")
            .by(Stranger)
            .of("{{requesterId}}")
            .sends(Body::File("picture.png", "image/png"))
            .refused(404, "not_found"),
        call("A text is none", "PUT /files/avatars/{id}")
            .of("{{requesterId}}")
            .sends(Body::File("note.txt", "image/png"))
            .refused(415, "file_type_not_allowed"),
        call("It is seen", "GET /files/avatars/{id}").by(Stranger).of("{{requesterId}}").text().check(
            "it is a picture",
            "pm.expect(pm.response.headers.get(\"Content-Type\")).to.eql(\"image/png\");",
        ),
        call("It is taken down", "DELETE /files/avatars/{id}").of("{{requesterId}}").answers(204),
        call("It is not there any more", "GET /files/avatars/{id}")
            .of("{{requesterId}}")
            .refused(404, "not_found"),
    ]
}

fn removing() -> Vec<Call> {
    vec![
        call("A stranger removes nothing", "DELETE /files/{id}")
            .by(Stranger)
            .of("{{fileId}}")
            .refused(404, "not_found"),
        call("Remove it", "DELETE /files/{id}").of("{{fileId}}").answers(204),
        call("It is gone", "GET /files/{id}").of("{{fileId}}").refused(404, "not_found"),
        call("The administrator removes what others have sent", "DELETE /files/{id}")
            .by(Admin)
            .of("{{pictureId}}")
            .answers(204),
    ]
}

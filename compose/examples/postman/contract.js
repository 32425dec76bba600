// What holds for every answer: it is as the OpenAPI document says. Written from the document; `cargo xtask generate` does it anew.
const operations = {OPERATIONS};
const schemas = {SCHEMAS};

const path = pm.request.url.path;
const places = (name) => name.split(" ")[1].slice(1).split("/");
const fits = (name) =>
    name.startsWith(`${pm.request.method} `) &&
    places(name).length === path.length &&
    places(name).every((place, at) => place.startsWith(":") || place === path[at]);
const parameters = (name) => places(name).filter((place) => place.startsWith(":")).length;
// `/users/stats` is not the person `stats`.
const operation = operations[Object.keys(operations).filter(fits).sort((a, b) => parameters(a) - parameters(b))[0]];
const status = pm.response.code;
const type = (pm.response.headers.get("Content-Type") || "").split(";")[0];
const shaped = (schema) =>
    pm.response.to.have.jsonSchema({ ...schema, components: { schemas } }, { unknownFormats: "ignore" });

pm.test("the answer has the request's id", () => pm.expect(pm.response.headers.get("X-Request-Id")).to.be.a("string").and.not.empty);
if (status < 400) {
    pm.test("the answer is as documented", () => {
        pm.expect(operation, "the operation is not documented").to.be.an("object");
        const documented = operation[status];
        pm.expect(documented, `${status} is not documented`).to.be.an("object");
        if (Object.keys(documented).length === 0) {
            pm.expect(pm.response.text()).to.eql("");
        } else {
            // Bytes are of whatever type the file is.
            if (!("application/octet-stream" in documented)) pm.expect(documented).to.have.property(type);
            if (documented[type]) shaped(documented[type]);
        }
    });
} else {
    pm.test("the refusal is a problem (RFC 9457)", () => {
        pm.expect(status, "a fault of the service").to.be.below(500);
        pm.expect(type).to.eql("application/problem+json");
        shaped({ $ref: "#/components/schemas/Problem" });
        const problem = pm.response.json();
        pm.expect(problem.status).to.eql(status);
        pm.expect(problem.type).to.eql(`urn:helpdesk:problem:${problem.code}`);
        pm.expect(problem.requestId).to.eql(pm.response.headers.get("X-Request-Id"));
        if (status === 401 && !["auth/login", "auth/refresh"].includes(path.join("/"))) {
            pm.expect(pm.response.headers.get("WWW-Authenticate")).to.match(/^Bearer/);
        }
    });
}

//! A collection as Postman reads it (v2.1).

use std::collections::BTreeSet;

use anyhow::Context;
use serde_json::{Value, json};

use super::call::{Body, Call, Folder, Who};
use super::contract::{Contract, Operation};

/// What every collection knows from the start; the rest is kept from answers.
const GIVEN: [(&str, &str); 2] =
    [("password", "correct horse battery staple"), ("nobody", "01999b1e-0000-7000-8000-000000000001")];

/// A collection before it is written.
pub struct Collection {
    /// Its file's name; that of the service whose every operation it has, or of none.
    pub name: &'static str,
    pub title: &'static str,
    pub about: &'static str,
    pub folders: Vec<Folder>,
}

impl Collection {
    /// Its JSON.
    ///
    /// # Errors
    /// When it has a request that the document does not have, or does not have one that it should.
    pub fn written(&self, contract: &Contract) -> anyhow::Result<Value> {
        let calls = || self.folders.iter().flat_map(|folder| &folder.calls);
        let mut names = BTreeSet::new();
        for call in calls() {
            anyhow::ensure!(names.insert(&call.name), "{}: {:?} is there twice", self.name, call.name);
        }
        let sent: BTreeSet<&str> = calls().map(|call| call.operation).collect();
        let is_service = contract
            .of(self.name)
            .any(|name| contract.operation(&name).is_ok_and(|it| it.service() == self.name));
        if is_service {
            let missing: Vec<String> =
                contract.of(self.name).filter(|name| !sent.contains(name.as_str())).collect();
            anyhow::ensure!(missing.is_empty(), "no request of {} sends {}", self.name, missing.join(", "));
        }
        let operations: Vec<Operation> =
            sent.iter().map(|name| contract.operation(name)).collect::<Result<_, _>>().context(self.name)?;
        let kept = calls().flat_map(|call| call.keeps.iter().map(|(variable, _)| variable.as_str()));
        let kept: BTreeSet<&str> = kept.chain(["run"]).collect();
        let variables = GIVEN.into_iter().chain(kept.into_iter().map(|name| (name, "")));
        let mut folders = Vec::new();
        for folder in &self.folders {
            let items = folder.calls.iter().map(|call| self.item(call, contract));
            folders.push(json!({ "name": folder.name, "item": items.collect::<anyhow::Result<Vec<_>>>()? }));
        }
        Ok(json!({
            "info": {
                "name": format!("Helpdesk: {}", self.title),
                "description": self.about,
                "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json",
            },
            "auth": bearer("requesterToken"),
            "variable": variables.map(|(key, value)| json!({ "key": key, "value": value })).collect::<Vec<_>>(),
            "event": [script("test", &contract.script(&operations)?)],
            "item": folders,
        }))
    }

    fn item(&self, call: &Call, contract: &Contract) -> anyhow::Result<Value> {
        let operation = contract.operation(call.operation)?;
        let mut events = vec![script("test", &tests(call))];
        if !call.before.is_empty() {
            events.insert(0, script("prerequest", &call.before.join("\n")));
        }
        let mut request = json!({
            "method": operation.method,
            "url": self.url(call, &operation)?,
            "header": headers(call, &operation),
            "description": operation.description(),
        });
        match call.by {
            Who::Requester => {}
            Who::Nobody => request["auth"] = json!({ "type": "noauth" }),
            Who::Stranger => request["auth"] = bearer("strangerToken"),
            Who::Agent => request["auth"] = bearer("agentToken"),
            Who::Admin => request["auth"] = bearer("adminToken"),
        }
        if let Some(body) = body(&call.body)? {
            request["body"] = body;
        }
        Ok(json!({ "name": call.name, "event": events, "request": request }))
    }

    fn url(&self, call: &Call, operation: &Operation) -> anyhow::Result<Value> {
        let service = match operation.service() {
            "operations" => self.name,
            service => service,
        };
        let (host, path) = (format!("{{{{{service}Url}}}}"), operation.postman_path());
        let mut query: Vec<Value> =
            call.query.iter().map(|(key, value)| json!({ "key": key, "value": value })).collect();
        let raw =
            call.query.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join("&");
        let raw = if raw.is_empty() { format!("{host}{path}") } else { format!("{host}{path}?{raw}") };
        if is_to_succeed(call) {
            let more = operation
                .parameters("query")
                .filter(|(name, _)| call.query.iter().all(|(key, _)| key != name));
            query.extend(more.map(
                |(key, about)| json!({ "key": key, "value": "", "description": about, "disabled": true }),
            ));
        }
        let named: Vec<_> = operation.parameters("path").collect();
        anyhow::ensure!(
            named.len() == usize::from(call.parameter.is_some()),
            "{:?} wants {} parameters of its path",
            call.name,
            named.len()
        );
        let filled = named.into_iter().zip(call.parameter);
        let variable: Vec<Value> = filled
            .map(|((key, about), value)| json!({ "key": key, "value": value, "description": about }))
            .collect();
        Ok(json!({
            "raw": raw,
            "host": [host],
            "path": path.split('/').skip(1).collect::<Vec<_>>(),
            "query": query,
            "variable": variable,
        }))
    }
}

/// Those get all that may be said besides, switched off, for whoever tries things out.
fn is_to_succeed(call: &Call) -> bool {
    call.status < 400
}

fn bearer(variable: &str) -> Value {
    json!({ "type": "bearer", "bearer": [{ "key": "token", "value": format!("{{{{{variable}}}}}"), "type": "string" }] })
}

fn headers(call: &Call, operation: &Operation) -> Value {
    let of_body = match call.body {
        Body::Json(_) | Body::Text(_) => Some("application/json"),
        Body::File(_, media_type) => Some(media_type),
        Body::Form(..) | Body::None => None,
    };
    let sent = of_body.map(|it| ("Content-Type", it)).into_iter().chain(call.headers.iter().copied());
    let mut all: Vec<Value> = sent.map(|(key, value)| json!({ "key": key, "value": value })).collect();
    if is_to_succeed(call) {
        let more = operation
            .parameters("header")
            .filter(|(name, _)| call.headers.iter().all(|(key, _)| key != name));
        all.extend(
            more.map(
                |(key, about)| json!({ "key": key, "value": "", "description": about, "disabled": true }),
            ),
        );
    }
    all.into()
}

fn body(body: &Body) -> anyhow::Result<Option<Value>> {
    let raw =
        |text: &str| json!({ "mode": "raw", "raw": text, "options": { "raw": { "language": "json" } } });
    Ok(match body {
        Body::None => None,
        Body::Json(value) => Some(raw(&serde_json::to_string_pretty(value)?)),
        Body::Text(text) => Some(raw(text)),
        Body::Form(fields, file) => {
            let mut form: Vec<Value> = fields
                .iter()
                .map(|(key, value)| json!({ "key": key, "value": value, "type": "text" }))
                .collect();
            form.push(json!({ "key": "file", "type": "file", "src": format!("files/{file}") }));
            Some(json!({ "mode": "formdata", "formdata": form }))
        }
        Body::File(file, _) => Some(json!({ "mode": "file", "file": { "src": format!("files/{file}") } })),
    })
}

/// What is tested of an answer and kept of it, as a script.
fn tests(call: &Call) -> String {
    let mut lines =
        vec![format!("pm.test(\"status {0}\", () => pm.response.to.have.status({0}));", call.status)];
    let reads = !call.is_text && ![202, 204, 304].contains(&call.status);
    if reads && (!call.tests.is_empty() || !call.keeps.is_empty() || call.until.is_some()) {
        lines.insert(0, "const body = pm.response.json();".to_owned());
    }
    for (name, test) in &call.tests {
        let name = Value::from(name.as_str());
        lines.push(format!("pm.test({name}, () => {{ {test} }});"));
    }
    for (variable, part) in &call.keeps {
        lines.push(format!("pm.collectionVariables.set(\"{variable}\", {part});"));
    }
    let Some(condition) = call.until else { return lines.join("\n") };
    let body = lines.remove(0);
    let lines: Vec<String> = lines.iter().map(|line| format!("    {line}")).collect();
    UNTIL
        .replace("{BODY}", &body)
        .replace("{STATUS}", &call.status.to_string())
        .replace("{CONDITION}", condition)
        .replace("{TESTS}", &lines.join("\n"))
}

/// Postman's `setNextRequest` says nothing where a request is sent by hand: then one simply sends it again.
const UNTIL: &str = r#"// What comes by an event takes a moment: sent again until it is there, for ten seconds at most.
{BODY}
const hasCome = pm.response.code === {STATUS} && {CONDITION};
const tries = Number(pm.collectionVariables.get("tries")) || 0;
if (!hasCome && tries < 40) {
    pm.collectionVariables.set("tries", tries + 1);
    setTimeout(() => {}, 250);
    pm.execution.setNextRequest(pm.info.requestName);
} else {
    pm.collectionVariables.unset("tries");
    pm.test("it has come", () => pm.expect(hasCome).to.be.true);
{TESTS}
}"#;

fn script(listen: &str, text: &str) -> Value {
    let lines: Vec<&str> = text.trim_end().lines().collect();
    json!({ "listen": listen, "script": { "type": "text/javascript", "exec": lines } })
}

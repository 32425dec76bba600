//! Writes the AsyncAPI document of everything that travels over NATS into a folder: `nats/asyncapi/asyncapi.yaml`. The events are
//! those of `shared::events`, who receives them say the consumers under `nats/consumers`.

use std::path::PathBuf;

use anyhow::Context;
use schemars::{JsonSchema, generate::SchemaSettings};
use serde::Serialize;
use serde_json::{Map, Value, json};
use shared::{
    bus::{Again, Durable, Lane, OutboxEnds},
    events::{
        ALL, Command, CommandEnvelope, Envelope, EventType, SendPasswordResetMail, SendVerificationMail,
    },
};

const SERVICES: [&str; 6] = ["auth", "users", "tickets", "files", "notifications", "audit"];

/// Each with the service that reads from it.
const CONSUMERS: [(&str, &str, &str); 6] = [
    ("users", "users", include_str!("../../nats/consumers/users.json")),
    ("tickets", "tickets", include_str!("../../nats/consumers/tickets.json")),
    ("files", "files", include_str!("../../nats/consumers/files.json")),
    ("notifications", "notifications", include_str!("../../nats/consumers/notifications.json")),
    (
        "notifications",
        "notifications-commands",
        include_str!("../../nats/consumers/notifications-commands.json"),
    ),
    ("audit", "audit", include_str!("../../nats/consumers/audit.json")),
];

/// The document, in the order in which it is read.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    asyncapi: &'static str,
    info: Value,
    default_content_type: &'static str,
    servers: Value,
    channels: Map<String, Value>,
    operations: Map<String, Value>,
    components: Components,
    #[serde(rename = "x-jetstream")]
    jetstream: Value,
}

#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Components {
    messages: Map<String, Value>,
    schemas: Map<String, Value>,
    correlation_ids: Map<String, Value>,
    security_schemes: Map<String, Value>,
}

fn main() -> anyhow::Result<()> {
    let folder = PathBuf::from(std::env::args().nth(1).context("usage: asyncapi <folder>")?);
    std::fs::create_dir_all(&folder)?;
    let text = serde_norway::to_string(&document()?)?;
    std::fs::write(
        folder.join("asyncapi.yaml"),
        format!("# Written by `cargo xtask generate` from shared::events and nats/consumers.\n{text}"),
    )?;
    Ok(())
}

fn document() -> anyhow::Result<Document> {
    let durables = CONSUMERS
        .into_iter()
        .map(|(service, name, json)| Ok((service, Durable::new(name, json)?)))
        .collect::<anyhow::Result<Vec<_>>>()?;
    let mut document = Document {
        asyncapi: "3.0.0",
        info: json!({
            "title": "Helpdesk: events, commands and questions",
            "version": env!("CARGO_PKG_VERSION"),
            "license": {"name": "MIT OR Apache-2.0"},
            "description": "What the six services tell each other over NATS. What holds for it – nothing lost, nothing doubled, \
                the order – stands in nats/README.md. Deliveries may repeat: receivers go by the id. With NATS_NAMESPACE set \
                every subject, stream and queue begins with it and a dash.",
        }),
        default_content_type: "application/json",
        servers: json!({"nats": {
            "host": "{host}:4222",
            "protocol": "nats",
            "description": "NATS 2.10 or newer with JetStream; NATS_URL says where. Each service has a user of its own with the \
                least rights (nats/server/accounts.conf).",
            "variables": {"host": {"default": "127.0.0.1"}},
            "security": [{"$ref": "#/components/securitySchemes/user"}],
        }}),
        channels: Map::new(),
        operations: Map::new(),
        components: Components::default(),
        jetstream: json!({
            "streams": {
                "HELPDESK": {"$ref": "../streams/helpdesk.json"},
                "HELPDESK_COMMANDS": {"$ref": "../streams/helpdesk_commands.json"},
            },
            "consumers": CONSUMERS.iter().map(|(_, name, _)| {
                ((*name).to_owned(), json!({"$ref": format!("../consumers/{name}.json")}))
            }).collect::<Map<_, _>>(),
        }),
    };
    document.shared_parts();
    for kind in ALL {
        document.event(kind, &durables);
    }
    document.command::<SendVerificationMail>(&durables)?;
    document.command::<SendPasswordResetMail>(&durables)?;
    document.outboxes();
    Ok(document)
}

impl Document {
    fn shared_parts(&mut self) {
        let it = &mut self.components;
        it.security_schemes.insert(
            "user".to_owned(),
            json!({"type": "userPassword", "description": "NATS_USER and NATS_PASSWORD, or NATS_CREDENTIALS."}),
        );
        it.correlation_ids.insert(
            "request".to_owned(),
            json!({
                "description": "The request that all of this began with.",
                "location": "$message.payload#/correlationId",
            }),
        );
        let msg_id = json!({"type": "string", "format": "uuid", "description": "By this the server drops what is published twice: the \
            message's id, or another one where it is published again because somebody missed it."});
        let traceparent = json!({"type": "string", "pattern": "^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$",
            "description": "W3C Trace Context; only where there is a trace."});
        it.schemas.insert(
            "commandHeaders".to_owned(),
            json!({
                "type": "object",
                "properties": {"Nats-Msg-Id": msg_id, "traceparent": traceparent},
                "required": ["Nats-Msg-Id"],
            }),
        );
        it.schemas.insert("eventHeaders".to_owned(), json!({
            "type": "object",
            "description": "CloudEvents 1.0 in NATS's binary mode.",
            "properties": {
                "Nats-Msg-Id": msg_id,
                "traceparent": traceparent,
                "ce-specversion": {"const": "1.0"},
                "ce-id": {"type": "string", "format": "uuid", "description": "The event's id."},
                "ce-source": {"type": "string", "description": "`/helpdesk/` and the service."},
                "ce-type": {"type": "string", "description": "The event's type."},
                "ce-time": {"type": "string", "format": "date-time"},
                "ce-datacontenttype": {"const": "application/json"},
            },
            "required": ["Nats-Msg-Id", "ce-specversion", "ce-id", "ce-source", "ce-type", "ce-time", "ce-datacontenttype"],
        }));
        it.schemas.insert("event".to_owned(), schema::<Envelope>());
        it.schemas.insert("command".to_owned(), schema::<CommandEnvelope>());
    }

    fn event(&mut self, kind: &EventType, durables: &[(&'static str, Durable)]) {
        let name = kind.name;
        let says = (kind.schema)().get("description").cloned().unwrap_or_default();
        self.components.messages.insert(
            name.to_owned(),
            json!({
                "name": name,
                "title": name,
                "summary": says,
                "contentType": "application/json",
                "correlationId": {"$ref": "#/components/correlationIds/request"},
                "headers": {"allOf": [
                    {"$ref": "#/components/schemas/eventHeaders"},
                    {"properties": {
                        "ce-type": {"const": name},
                        "ce-source": {"const": format!("/helpdesk/{}", kind.source)},
                    }},
                ]},
                "payload": {"allOf": [
                    {"$ref": "#/components/schemas/event"},
                    {"properties": {
                        "eventType": {"const": name},
                        "schemaVersion": {"const": kind.version},
                        "source": {"const": kind.source},
                        "data": {"$ref": format!("../schemas/{name}.json")},
                    }},
                ]},
            }),
        );
        self.channels.insert(
            name.to_owned(),
            json!({
                "address": format!("helpdesk.{name}.{{aggregateId}}"),
                "summary": says,
                "servers": [{"$ref": "#/servers/nats"}],
                "parameters": {"aggregateId": {"description": "What it happened to, a UUID."}},
                "messages": {"event": {"$ref": format!("#/components/messages/{name}")}},
                "x-stream": "HELPDESK",
            }),
        );
        self.operation(kind.source, "sends", name, "Through its outbox.", None);
        for (service, durable) in durables {
            if durable.lane() == Lane::Events && durable.wants(&format!("{name}.id")) {
                self.operation(service, "receives", name, "From its durable consumer.", Some(durable.name));
            }
        }
        if name == "session.revoked" {
            for service in SERVICES {
                let says = "Each process, by an ordered consumer without a name, from a day back: it refuses the session from then on.";
                self.operation(service, "follows", name, says, None);
            }
        }
    }

    fn command<C: Command>(&mut self, durables: &[(&'static str, Durable)]) -> anyhow::Result<()> {
        let data = schema::<C>();
        let says = data["description"].clone();
        self.components.schemas.insert(C::TYPE.to_owned(), data);
        self.components.messages.insert(
            C::TYPE.to_owned(),
            json!({
                "name": C::TYPE,
                "title": C::TYPE,
                "summary": says,
                "contentType": "application/json",
                "correlationId": {"$ref": "#/components/correlationIds/request"},
                "headers": {"$ref": "#/components/schemas/commandHeaders"},
                "payload": {"allOf": [
                    {"$ref": "#/components/schemas/command"},
                    {"properties": {
                        "commandType": {"const": C::TYPE},
                        "data": {"$ref": format!("#/components/schemas/{}", C::TYPE)},
                    }},
                ]},
            }),
        );
        self.channels.insert(
            C::TYPE.to_owned(),
            json!({
                "address": format!("helpdesk-command.{}.{{userId}}", C::TYPE),
                "summary": says,
                "description": "A work queue: a message is gone once taken, or after an hour. It carries a secret.",
                "servers": [{"$ref": "#/servers/nats"}],
                "parameters": {"userId": {"description": "Whom it is about, a UUID."}},
                "messages": {"command": {"$ref": format!("#/components/messages/{}", C::TYPE)}},
                "x-stream": "HELPDESK_COMMANDS",
            }),
        );
        self.operation(
            "auth",
            "sends",
            C::TYPE,
            "Through its outbox, where it is deleted once published.",
            None,
        );
        let subject = format!("{}.id", C::TYPE);
        let mut takers = durables.iter().filter(|(_, it)| it.lane() == Lane::Commands && it.wants(&subject));
        let (service, durable) = takers.next_back().context("nobody takes a command")?;
        self.operation(service, "receives", C::TYPE, "From its durable consumer.", Some(durable.name));
        Ok(())
    }

    fn operation(&mut self, service: &str, does: &str, channel: &str, says: &str, consumer: Option<&str>) {
        let mut operation = json!({
            "action": if does == "sends" { "send" } else { "receive" },
            "channel": {"$ref": format!("#/channels/{channel}")},
            "summary": says,
            "tags": [{"name": service}],
        });
        if let Some(consumer) = consumer {
            operation["x-consumer"] = consumer.into();
        }
        self.operations.insert(format!("{service}.{does}.{channel}"), operation);
    }

    /// What audit asks and each relay answers.
    fn outboxes(&mut self) {
        let it = &mut self.components;
        it.schemas.insert("outbox.question".to_owned(), schema::<Again>());
        it.schemas.insert("outbox.answer".to_owned(), schema::<OutboxEnds>());
        it.schemas.insert(
            "outbox.fault".to_owned(),
            json!({
                "type": "object",
                "properties": {"error": {"type": "string", "description": "Why not, in words."}},
                "required": ["error"],
            }),
        );
        for (name, says) in [
            (
                "outbox.question",
                "How far is your outbox published? And publish these numbers again, of which the first 64 ranges and \
                 the lowest 2,000 events count.",
            ),
            ("outbox.answer", "What the outbox holds; what was asked for again is published."),
            ("outbox.fault", "It could not be answered."),
        ] {
            it.messages.insert(
                name.to_owned(),
                json!({
                    "name": name,
                    "title": name,
                    "summary": says,
                    "contentType": "application/json",
                    "payload": {"$ref": format!("#/components/schemas/{name}")},
                }),
            );
        }
        self.channels.insert(
            "outbox".to_owned(),
            json!({
                "address": "helpdesk-outbox.{service}",
                "summary": "Questions about a service's outbox.",
                "description": "Plain NATS, in no stream. The replicas of a service are one queue: one of them answers.",
                "servers": [{"$ref": "#/servers/nats"}],
                "parameters": {"service": {"description": "Whose outbox.", "enum": SERVICES}},
                "messages": {"question": {"$ref": "#/components/messages/outbox.question"}},
                "bindings": {"nats": {}},
            }),
        );
        self.channels.insert(
            "outbox.inbox".to_owned(),
            json!({
                "address": null,
                "summary": "Where the answer goes: the inbox that the question names, `_INBOX_<service>.…`.",
                "servers": [{"$ref": "#/servers/nats"}],
                "messages": {
                    "answer": {"$ref": "#/components/messages/outbox.answer"},
                    "fault": {"$ref": "#/components/messages/outbox.fault"},
                },
            }),
        );
        let reply = json!({
            "channel": {"$ref": "#/channels/outbox.inbox"},
            "messages": [
                {"$ref": "#/channels/outbox.inbox/messages/answer"},
                {"$ref": "#/channels/outbox.inbox/messages/fault"},
            ],
        });
        self.operations.insert(
            "audit.asks.outbox".to_owned(),
            json!({
                "action": "send",
                "channel": {"$ref": "#/channels/outbox"},
                "summary": "Every few seconds it compares what has come with what is published, and asks for the rest.",
                "tags": [{"name": "audit"}],
                "reply": reply,
            }),
        );
        for service in SERVICES {
            self.operations.insert(
                format!("{service}.answers.outbox"),
                json!({
                    "action": "receive",
                    "channel": {"$ref": "#/channels/outbox"},
                    "summary": format!("On `helpdesk-outbox.{service}`."),
                    "tags": [{"name": service}],
                    "bindings": {"nats": {"queue": service}},
                    "reply": reply,
                }),
            );
        }
    }
}

/// AsyncAPI's own schemas are those of draft 7, with more.
fn schema<T: JsonSchema>() -> Value {
    let mut schema = SchemaSettings::draft07().into_generator().into_root_schema_for::<T>();
    schema.remove("$schema");
    assert!(schema.get("definitions").is_none(), "its references would lead nowhere within the document");
    schema.to_value()
}

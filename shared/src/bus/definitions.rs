//! Streams and consumers are defined once, as JSON under `nats/`, for this program and for the NATS CLI alike.

use anyhow::Context;
use async_nats::jetstream::{consumer::pull, stream};

use super::Lane;

const EVENTS: &str = include_str!("../../../nats/streams/helpdesk.json");
const COMMANDS: &str = include_str!("../../../nats/streams/helpdesk_commands.json");

/// A consumer's `max_ack_pending` is that many batches: one at work, two fetched ahead, and one whose acknowledgements are
/// on their way.
const BATCHES: i64 = 4;

/// A durable consumer as defined in `nats/consumers/<name>.json`.
#[derive(Clone, Debug)]
pub struct Durable {
    /// Its name, which is its service's.
    pub name: &'static str,
    config: pull::Config,
}

impl Durable {
    /// Reads a definition: `Durable::new("audit", include_str!("../../nats/consumers/audit.json"))`.
    ///
    /// # Errors
    /// When the JSON is not a pull consumer of that name.
    pub fn new(name: &'static str, json: &str) -> anyhow::Result<Self> {
        let config: pull::Config = serde_json::from_str(json)
            .with_context(|| format!("nats/consumers/{name}.json is no consumer"))?;
        anyhow::ensure!(
            config.durable_name.as_deref() == Some(name),
            "nats/consumers/{name}.json names another"
        );
        anyhow::ensure!(
            !config.filter_subjects.is_empty(),
            "nats/consumers/{name}.json has no filter_subjects"
        );
        anyhow::ensure!(
            config.max_ack_pending >= BATCHES,
            "nats/consumers/{name}.json has no max_ack_pending of {BATCHES} or more"
        );
        Ok(Self { name, config })
    }

    /// How many messages are committed together at the most: some batches may be on their way at the same time.
    pub(super) fn batch(&self) -> usize {
        usize::try_from(self.config.max_ack_pending / BATCHES).unwrap_or(1)
    }

    /// The stream that it reads from.
    #[must_use]
    pub fn lane(&self) -> Lane {
        let commands =
            self.config.filter_subjects.iter().any(|subject| subject.starts_with("helpdesk-command."));
        if commands { Lane::Commands } else { Lane::Events }
    }

    /// Whether it wants a subject, as in `ticket.created.<ticket>`.
    #[must_use]
    pub fn wants(&self, subject: &str) -> bool {
        self.config.filter_subjects.iter().any(|filter| {
            let (_, filter) = filter.split_once('.').unwrap_or(("", filter));
            matches(filter, subject)
        })
    }

    /// The definition within a namespace.
    pub(super) fn config(&self, namespace: &str) -> pull::Config {
        let mut config = self.config.clone();
        for subject in &mut config.filter_subjects {
            *subject = spaced(subject, namespace);
        }
        config
    }
}

/// Both streams within a namespace: events, then commands.
///
/// # Errors
/// When a definition under `nats/streams/` is faulty.
pub fn stream_definitions(namespace: &str) -> anyhow::Result<[stream::Config; 2]> {
    let read = |json: &str| -> anyhow::Result<stream::Config> {
        let mut config: stream::Config =
            serde_json::from_str(json).context("nats/streams/*.json is no stream")?;
        config.name = spaced(&config.name, namespace);
        config.subjects = config.subjects.iter().map(|subject| spaced(subject, namespace)).collect();
        Ok(config)
    };
    Ok([read(EVENTS)?, read(COMMANDS)?])
}

/// The first part of every subject in a lane.
pub(super) fn prefix(lane: Lane, namespace: &str) -> String {
    let prefix = match lane {
        Lane::Events => "helpdesk",
        Lane::Commands => "helpdesk-command",
    };
    spaced(prefix, namespace)
}

/// Where the questions about a service's outbox go.
pub(super) fn outbox_subject(service: &str, namespace: &str) -> String {
    spaced(&format!("helpdesk-outbox.{service}"), namespace)
}

/// Several installations may share a server: all names of one then begin with its namespace.
fn spaced(name: &str, namespace: &str) -> String {
    if namespace.is_empty() { name.to_owned() } else { format!("{namespace}-{name}") }
}

/// NATS's subject matching: `*` is one token, `>` the rest.
pub(super) fn matches(filter: &str, subject: &str) -> bool {
    let mut subject = subject.split('.');
    for token in filter.split('.') {
        match (token, subject.next()) {
            (">", Some(_)) => return true,
            ("*", Some(_)) => {}
            (token, Some(part)) if token == part => {}
            _ => return false,
        }
    }
    subject.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_matches_as_nats_does() {
        let cases = [
            (">", "ticket.created.1", true),
            ("ticket.>", "ticket.created.1", true),
            ("ticket.>", "ticket", false),
            ("ticket.*.1", "ticket.created.1", true),
            ("ticket.*.1", "ticket.created.2", false),
            ("ticket.created.*", "ticket.created.1.x", false),
            ("user.>", "ticket.created.1", false),
        ];
        for (filter, subject, expected) in cases {
            assert_eq!(matches(filter, subject), expected, "{filter} on {subject}");
        }
    }

    #[test]
    fn the_definitions_are_read_and_take_a_namespace() {
        let [events, commands] = stream_definitions("t1").expect("the definitions are sound");
        assert_eq!(
            (events.name.as_str(), events.subjects),
            ("t1-HELPDESK", vec!["t1-helpdesk.>".to_owned()])
        );
        assert_eq!(
            (commands.name.as_str(), commands.subjects),
            ("t1-HELPDESK_COMMANDS", vec!["t1-helpdesk-command.>".to_owned()])
        );
        let durable =
            Durable::new("audit", include_str!("../../../nats/consumers/audit.json")).expect("sound");
        assert_eq!(durable.config("t1").filter_subjects, ["t1-helpdesk.>"]);
        assert!(durable.wants("ticket.created.1"));
        assert_eq!(durable.batch(), 1024);
        assert_eq!(outbox_subject("tickets", "t1"), "t1-helpdesk-outbox.tickets");
        assert_eq!(durable.lane(), Lane::Events);
    }
}

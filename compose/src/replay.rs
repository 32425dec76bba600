use shared::{
    bus::{ConsumerName, Durable, Place, Reader, Replayed, TypePattern},
    clock::{Clock, rfc3339},
    config::{Faults, Sources},
    program,
};

use crate::{
    services::{Configured, Service},
    since::Since,
};

/// The consumers that the house defines, each with the service that reads from it.
const DEFINED: [(Service, &str, &str); 6] = [
    (Service::Users, "users", include_str!("../../nats/consumers/users.json")),
    (Service::Tickets, "tickets", include_str!("../../nats/consumers/tickets.json")),
    (Service::Files, "files", include_str!("../../nats/consumers/files.json")),
    (Service::Notifications, "notifications", include_str!("../../nats/consumers/notifications.json")),
    (
        Service::Notifications,
        "notifications-commands",
        include_str!("../../nats/consumers/notifications-commands.json"),
    ),
    (Service::Audit, "audit", include_str!("../../nats/consumers/audit.json")),
];

/// Who is to read again, and from where.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// A service's consumer (users, tickets, files, notifications, audit), or any other name for one of your own
    #[arg(long, value_name = "NAME")]
    consumer: ConsumerName,
    /// From the events that the stream has taken since, as in `2h` or `2026-11-27T08:00:00Z`
    #[arg(long, value_name = "2h|TIMESTAMP", conflicts_with = "from_sequence")]
    since: Option<Since>,
    /// From that number of the stream on [default: from the first event that the stream has]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    from_sequence: Option<u64>,
    /// Only events of this type, with NATS's wildcards, as in `ticket.*`; may be repeated; only for one of your own
    #[arg(long = "type", value_name = "TYPE")]
    types: Vec<TypePattern>,
}

/// Puts a durable consumer back, or makes a new one; what was done, in words.
///
/// # Errors
/// The settings' faults; within them, in words, why it could not be done.
pub fn run(sources: &Sources, arguments: &Arguments) -> Result<anyhow::Result<String>, Faults> {
    let name = arguments.consumer.to_string();
    let defined = DEFINED.iter().find(|(_, defined, _)| *defined == name);
    let service = defined.map_or(Service::Audit, |(service, _, _)| *service);
    let configured = Configured::read(service, sources)?;
    Ok((|| {
        let reader = match defined {
            Some((_, name, json)) => {
                anyhow::ensure!(
                    arguments.types.is_empty(),
                    "{name} gets what its definition says; --type is for a consumer of another name"
                );
                Reader::Service(Durable::new(name, json)?)
            }
            None => Reader::Onlooker { name: arguments.consumer.clone(), types: arguments.types.clone() },
        };
        let now = Clock::system().now();
        let place = match (arguments.since, arguments.from_sequence) {
            (Some(since), _) => Place::Time(since.time(now)),
            (None, Some(number)) => Place::Number(number),
            (None, None) => Place::Start,
        };
        let events = &configured.common().events;
        let replaying = shared::bus::replay(service.name(), events, &reader, place, now);
        let replayed = program::runtime()?.block_on(replaying)?;
        Ok(told(&replayed, defined.is_some()))
    })())
}

fn told(replayed: &Replayed, is_service: bool) -> String {
    let Replayed { stream, consumer, last, .. } = replayed;
    let begins = match replayed.begins {
        Place::Start => "with the first event that the stream has".to_owned(),
        Place::Time(time) => format!("with what the stream has taken since {}", rfc3339(time)),
        Place::Number(number) => format!("with number {number} of the stream"),
    };
    let is = if replayed.is_new { "is new and begins" } else { "begins anew" };
    let mut text = format!("The consumer {consumer} of the stream {stream} {is} {begins}.\n");
    if replayed.had_unread {
        text.push_str("That is earlier than asked for: it had not read so far yet, and what lies between would have been lost.\n");
    }
    text.push_str(&match replayed.events {
        0 => format!("No event comes to it from there to the end of the stream (number {last}).\n"),
        1 => format!("One event comes to it, of those up to number {last}.\n"),
        events => format!("{events} events come to it, of those up to number {last}.\n"),
    });
    text.push_str(&if is_service {
        format!(
            "Its service reads them within seconds, without a restart; what it has handled before its inbox drops.\n\n\
             How far it is:\n\n    nats consumer info {stream} {consumer}\n    nats consumer report {stream}"
        )
    } else {
        format!(
            "To look at them:\n\n    nats consumer next {stream} {consumer} --count 10\n\n\
             Not looked at for 7 days it is gone by itself, and at once with:\n\n    \
             nats consumer rm {stream} {consumer} --force"
        )
    });
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_consumer_that_is_defined_is_known() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../nats/consumers");
        let mut files: Vec<_> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
            .collect();
        files.sort();
        let mut known: Vec<_> = DEFINED.iter().map(|(_, name, _)| (*name).to_owned()).collect();
        known.sort();
        assert_eq!(files, known);
        for (_, name, json) in DEFINED {
            Durable::new(name, json).unwrap();
        }
    }
}

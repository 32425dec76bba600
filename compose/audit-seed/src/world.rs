//! A house at work: what it tells, event by event.

use std::borrow::Cow;

use chrono::{DateTime, TimeDelta};
use serde_json::value::to_raw_value;
use shared::{
    clock::Timestamp,
    events::{Envelope, Event},
    ids::{EventId, UserId},
};
use uuid::Uuid;

use crate::{random::Random, words};

/// The agents and, before them, everybody else.
const AGENTS: u64 = 60;
/// How many tickets something happens to.
const DESK: usize = 4_000;

/// Who tells of something.
#[derive(Clone, Copy)]
pub enum Source {
    Auth,
    Users,
    Tickets,
    Files,
    Notifications,
}

/// A ticket as far as its events tell of it.
pub struct Ticket {
    pub id: Uuid,
    pub number: String,
    pub title: String,
    pub priority: &'static str,
    pub category: &'static str,
    pub status: &'static str,
    pub requester: UserId,
    pub agent: Option<UserId>,
    pub version: i64,
    pub due: Timestamp,
}

/// The house; it is asked for one event after the other.
pub struct World {
    /// What chance decides here.
    pub random: Random,
    people: u64,
    desk: Vec<Ticket>,
    opened: u64,
    sequences: [i64; 5],
    last: Option<EventId>,
}

impl World {
    /// A house with so many people and no ticket yet.
    pub fn new(seed: u64, people: u64) -> Self {
        let random = Random::of(seed);
        Self { random, people, desk: Vec::new(), opened: 0, sequences: [0; 5], last: None }
    }

    /// Who tells of things, and the last number that each has given.
    pub fn sequences(&self) -> [(&'static str, i64); 5] {
        let sources = [Source::Auth, Source::Users, Source::Tickets, Source::Files, Source::Notifications];
        sources.map(|source| (source.name(), self.sequences[source as usize]))
    }

    /// Somebody; some are met far more often than others.
    pub fn somebody(&mut self) -> UserId {
        let number = self.random.skewed(self.people);
        person(number)
    }

    /// One of the agents.
    pub fn agent(&mut self) -> UserId {
        person(self.people + self.random.skewed(AGENTS))
    }

    /// A new ticket; it takes the place of another when there are many.
    pub fn open(&mut self, at: Timestamp) -> &mut Ticket {
        self.opened += 1;
        let ticket = Ticket {
            id: self.random.id_at(at),
            number: format!("HD-{:06}", self.opened),
            title: words::say(&mut self.random, 6),
            priority: self.random.of_these(&words::PRIORITIES),
            category: self.random.of_these(&words::CATEGORIES),
            status: "OPEN",
            requester: self.somebody(),
            agent: None,
            version: 1,
            due: at + TimeDelta::hours(72),
        };
        let place = if self.desk.len() < DESK { self.desk.len() } else { self.place() };
        if place == self.desk.len() {
            self.desk.push(ticket);
        } else {
            self.desk[place] = ticket;
        }
        &mut self.desk[place]
    }

    /// A ticket that something happens to: none on an empty desk.
    pub fn ticket(&mut self) -> Option<&mut Ticket> {
        let place = self.place();
        self.desk.get_mut(place)
    }

    fn place(&mut self) -> usize {
        usize::try_from(self.random.below(self.desk.len() as u64)).unwrap_or(0)
    }

    /// The event in its envelope, with the next number of its source.
    pub fn tell<E: Event>(
        &mut self,
        source: Source,
        event: &E,
        version: i64,
        by: Option<UserId>,
        at: Timestamp,
    ) -> Envelope {
        let number = &mut self.sequences[source as usize];
        *number += 1;
        let sequence = *number;
        let event_id = EventId(self.random.id_at(at));
        let causation_id = self.last.replace(event_id).filter(|_| by.is_none());
        Envelope {
            event_id,
            event_type: E::TYPE.to_owned(),
            schema_version: E::VERSION,
            source: Cow::Borrowed(source.name()),
            timestamp: at,
            user_id: by,
            aggregate_id: event.aggregate_id(),
            aggregate_version: version,
            sequence,
            correlation_id: Some(self.random.id_at(at).to_string()),
            causation_id,
            data: to_raw_value(event).expect("an event is plain data and serialises"),
        }
    }

    /// The event that the next one may answer.
    pub fn last(&self) -> Option<EventId> {
        self.last
    }
}

impl Source {
    fn name(self) -> &'static str {
        match self {
            Self::Auth => "auth",
            Self::Users => "users",
            Self::Tickets => "tickets",
            Self::Files => "files",
            Self::Notifications => "notifications",
        }
    }
}

/// Who has this number. It follows from the number alone, so nobody needs to be remembered.
pub fn person(number: u64) -> UserId {
    /// Some have been here for long: 2023.
    const FIRST_MS: i64 = 1_672_531_200_000;
    const YEAR_MS: u64 = 31_536_000_000;
    let mut random = Random::of(number.wrapping_mul(7_919).wrapping_add(41));
    let registered = FIRST_MS + i64::try_from(random.below(YEAR_MS)).unwrap_or(0);
    UserId(random.id_at(DateTime::from_timestamp_millis(registered).unwrap_or_default()))
}

use chrono::TimeDelta;
use proptest::prelude::*;
use shared::auth::Role;
use shared::ids::SessionId;

use super::*;
use crate::domain::{Action, Alert, Content, HistoryEntry, Move, Mover, NewComment, TicketPatch};

fn start() -> Timestamp {
    "2026-03-02T09:00:00Z".parse().unwrap()
}

fn caller(role: Role) -> Caller {
    let now = start();
    Caller::new(UserId::at(now), SessionId::at(now), role, "a@example.com", now, "")
}

fn opened(by: &Caller, rules: &Rules) -> (Ticket, Vec<HistoryEntry>) {
    let wanted = OpenTicket {
        title: Title::parse("Printer").unwrap(),
        description: Description::parse("It burns.").unwrap(),
        category: Category::parse("Hardware").unwrap(),
        priority: Priority::Urgent,
    };
    let parts = Ticket::open(wanted, TicketNumber::new(42), by, rules, start()).into_parts();
    (parts.after.unwrap(), parts.history)
}

fn comment(text: &str, is_internal: bool) -> NewComment {
    NewComment { content: Content::parse(text).unwrap(), is_internal }
}

#[test]
fn an_opened_ticket_comes_with_its_history_and_its_event() {
    let (agent, rules) = (caller(Role::Agent), Rules::default());
    let wanted = OpenTicket {
        title: Title::parse("Printer").unwrap(),
        description: Description::parse("It burns.").unwrap(),
        category: Category::parse("Hardware").unwrap(),
        priority: Priority::Urgent,
    };
    let parts = Ticket::open(wanted, TicketNumber::new(42), &agent, &rules, start()).into_parts();

    let ticket = parts.after.unwrap();
    assert_eq!((ticket.status, ticket.user_id, ticket.version), (Status::Open, agent.user_id, 1));
    assert_eq!(parts.next_timer, Some(start() + TimeDelta::minutes(24)), "80 % of half an hour");
    let [line] = parts.history.as_slice() else { panic!("{:?}", parts.history) };
    assert_eq!(
        (line.ticket_id, line.user_id, line.action),
        (ticket.id, Some(agent.user_id), Action::Created)
    );
    let [event] = parts.events.as_slice() else { panic!("{:?}", parts.events) };
    assert_eq!((event.event_type(), &event.json()["ticketNumber"]), ("ticket.created", &"HD-000042".into()));
}

#[test]
fn every_move_that_is_not_drawn_is_refused_and_the_legal_ones_are_named() {
    let (user, rules) = (caller(Role::User), Rules::default());
    let (ticket, _) = opened(&user, &rules);
    for from in Status::ALL {
        let ticket = Ticket { status: from, closed_at: Some(start()), ..ticket.clone() };
        for (role, mover) in
            [(Role::User, Mover::Requester), (Role::Agent, Mover::Agent), (Role::Admin, Mover::Agent)]
        {
            for to in Status::ALL {
                let answer = ticket.move_to(Move::to(to), &caller(role), &rules, start());
                let legal = from.next(mover);
                match answer {
                    Ok(change) => {
                        assert!(legal.contains(&to), "{role:?}: {from:?} to {to:?}");
                        assert_eq!(change.ticket().unwrap().status, to);
                    }
                    Err(fault) => {
                        assert!(!legal.contains(&to), "{role:?}: {from:?} to {to:?}");
                        assert_eq!(fault, TicketError::IllegalMove { from, to, legal });
                    }
                }
            }
        }
    }
}

#[test]
fn a_closed_ticket_reopens_until_the_window_is_over() {
    let (user, rules) = (caller(Role::User), Rules::default());
    let (ticket, _) = opened(&user, &rules);
    let closed =
        Ticket { status: Status::Closed, closed_at: Some(start()), resolved_at: Some(start()), ..ticket };
    let (week, tick) = (TimeDelta::days(7), TimeDelta::microseconds(1));
    let reopen = |now| closed.move_to(Move::to(Status::Open), &user, &rules, now);
    let change = reopen(start() + week - tick).unwrap();
    let reopened = change.ticket().unwrap();
    assert_eq!((reopened.closed_at, reopened.resolved_at), (None, None));
    assert_eq!(reopened.sla.resolution.due_at, reopened.updated_at + TimeDelta::hours(2));
    assert_eq!(reopen(start() + week).unwrap_err(), TicketError::ReopenWindowOver { until: start() + week });
}

#[test]
fn the_requesters_word_answers_and_an_agents_responds() {
    let (user, agent, rules) = (caller(Role::User), caller(Role::Agent), Rules::default());
    let (ticket, _) = opened(&user, &rules);
    let now = start() + TimeDelta::minutes(10);
    let events = |change: Change| -> (Ticket, Vec<&'static str>) {
        let parts = change.into_parts();
        (parts.after.unwrap(), parts.events.iter().map(shared::events::NewEvent::event_type).collect())
    };

    let (mine, told) = events(ticket.comment(comment("Please!", false), &user, &rules, now).unwrap().0);
    assert_eq!(
        (mine.sla.responded_at, told),
        (None, vec!["ticket.commented"]),
        "one does not answer oneself"
    );
    let (hidden, _) = events(ticket.comment(comment("Oh no", true), &agent, &rules, now).unwrap().0);
    assert_eq!(hidden, ticket, "a word among agents changes nothing that can be seen");
    let (answered, _) = events(ticket.comment(comment("Coming", false), &agent, &rules, now).unwrap().0);
    assert_eq!(answered.sla.responded_at, Some(now));

    let waiting = Ticket { status: Status::WaitingUser, ..answered };
    let (still, told) = events(waiting.comment(comment("Well?", false), &agent, &rules, now).unwrap().0);
    assert_eq!((still.status, told), (Status::WaitingUser, vec!["ticket.commented"]));
    let (moved, told) = events(waiting.comment(comment("Here", false), &user, &rules, now).unwrap().0);
    assert_eq!(told, ["ticket.commented", "ticket.status_changed"]);
    assert_eq!((moved.status, moved.version), (Status::InProgress, waiting.version + 2));
    let refused = ticket.comment(comment("psst", true), &user, &rules, now).unwrap_err();
    assert_eq!(refused, TicketError::InternalByRequester);
}

#[test]
fn what_is_due_happens_once_and_in_its_order() {
    let (user, rules) = (caller(Role::User), Rules::default());
    let (mut ticket, _) = opened(&user, &rules);
    let late = start() + TimeDelta::days(3);
    let mut happened = Vec::new();
    while let Some(change) = ticket.ring(&rules, late) {
        let parts = change.into_parts();
        happened.extend(parts.events.iter().map(|event| (event.event_type(), event.json()["clock"].clone())));
        ticket = parts.after.unwrap();
    }
    let told: Vec<_> = happened.iter().map(|(kind, clock)| (*kind, clock.as_str().unwrap())).collect();
    assert_eq!(
        told,
        [
            ("ticket.sla_warning", "response"),
            ("ticket.sla_breached", "response"),
            ("ticket.sla_warning", "resolution"),
            ("ticket.sla_breached", "resolution"),
        ]
    );
    assert_eq!((ticket.next_timer(&rules), ticket.version), (None, 5));
}

#[test]
fn a_clock_that_is_put_back_does_not_turn_the_history_round() {
    let (user, agent, rules) = (caller(Role::User), caller(Role::Agent), Rules::default());
    let (ticket, mut history) = opened(&user, &rules);
    let later = start() + TimeDelta::hours(5);
    let first = ticket.move_to(Move::to(Status::InProgress), &agent, &rules, later).unwrap().into_parts();
    let ticket = first.after.unwrap();
    let second = ticket.move_to(Move::to(Status::WaitingUser), &agent, &rules, start()).unwrap().into_parts();
    let waiting = second.after.unwrap();
    let third = waiting.comment(comment("Here", false), &user, &rules, start()).unwrap().0.into_parts();
    history.extend(first.history.into_iter().chain(second.history).chain(third.history));
    let ticket = third.after.unwrap();
    assert!(history.is_sorted_by_key(|line| line.created_at));
    assert!(ticket.sla.pauses[0].to.unwrap() > ticket.sla.pauses[0].from);
    assert_eq!(ticket.at(waiting.updated_at, &history).unwrap().unwrap(), waiting);
}

/// Something that somebody does, or time.
#[derive(Debug, Clone)]
enum Deed {
    Move(Status, bool),
    Comment(bool, bool),
    Edit(&'static str, Priority),
    Assign(bool),
    Ring,
}

fn any_deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        4 => (prop::sample::select(&Status::ALL[..]), any::<bool>()).prop_map(|(to, agent)| Deed::Move(to, agent)),
        2 => (any::<bool>(), any::<bool>()).prop_map(|(agent, internal)| Deed::Comment(agent, internal)),
        2 => (prop::sample::select(vec!["a", "b", "c"]), prop::sample::select(&Priority::ALL[..]))
            .prop_map(|(title, priority)| Deed::Edit(title, priority)),
        1 => any::<bool>().prop_map(Deed::Assign),
        2 => Just(Deed::Ring),
    ]
}

fn done(
    ticket: &Ticket,
    deed: Deed,
    user: &Caller,
    agent: &Caller,
    rules: &Rules,
    now: Timestamp,
) -> Option<Change> {
    match deed {
        Deed::Move(to, by_agent) => {
            let mut wanted = Move::to(to);
            wanted.resolution = (to == Status::Resolved).then(|| Resolution::parse("Off and on.").unwrap());
            ticket.move_to(wanted, if by_agent { agent } else { user }, rules, now).ok()
        }
        Deed::Comment(by_agent, internal) => {
            let by = if by_agent { agent } else { user };
            ticket.comment(comment("A word.", internal), by, rules, now).ok().map(|(change, _)| change)
        }
        Deed::Edit(title, priority) => {
            let title = Title::parse(title).unwrap();
            let patch =
                TicketPatch { title: Some(title), priority: Some(priority), ..TicketPatch::default() };
            ticket.edit(patch, user, rules, now).ok().flatten()
        }
        Deed::Assign(somebody) => {
            ticket.assign(somebody.then_some(agent.user_id), Some(agent.user_id), rules, now).ok().flatten()
        }
        Deed::Ring => ticket.ring(rules, now),
    }
}

proptest! {
    #[test]
    fn any_history_gives_the_ticket_at_any_moment(
        deeds in prop::collection::vec((any_deed(), -30..3000i64), 0..25),
    ) {
        let (user, agent, rules) = (caller(Role::User), caller(Role::Agent), Rules::default());
        let (mut ticket, mut history) = opened(&user, &rules);
        let (mut now, mut stages) = (start(), vec![ticket.clone()]);
        for (deed, minutes) in deeds {
            // Time goes back now and then, as it does when a clock is put right.
            now += TimeDelta::minutes(minutes);
            let Some(change) = done(&ticket, deed, &user, &agent, &rules, now) else { continue };
            let parts = change.into_parts();
            prop_assert!(!parts.history.is_empty(), "nothing happens without a line");
            prop_assert!(!parts.events.is_empty(), "nor without an event");
            let last = parts.events.last().unwrap().json();
            prop_assert_eq!(&last["ticketId"], &serde_json::json!(ticket.id));
            history.extend(parts.history);
            ticket = parts.after.unwrap();
            stages.push(ticket.clone());
        }
        let visible: Vec<_> = history.into_iter().filter(|line| !line.is_internal).collect();
        for stage in &stages {
            let rebuilt = ticket.at(stage.updated_at, &visible).unwrap();
            prop_assert_eq!(rebuilt.as_ref(), Some(stage));
        }
        let after_all = ticket.at(ticket.updated_at + TimeDelta::days(1), &visible).unwrap();
        prop_assert_eq!(after_all, Some(ticket.clone()), "replaying it all gives the present");
        prop_assert_eq!(ticket.at(start() - TimeDelta::microseconds(1), &visible).unwrap(), None);
        prop_assert!(ticket.sla.resolution.alert <= Alert::Breached);
    }
}

use chrono::DateTime;
use proptest::prelude::*;

use super::*;

fn any_moment() -> impl Strategy<Value = Timestamp> {
    // 1970 to 2100, in microseconds.
    (0..4_102_444_800_000_000i64).prop_map(|micros| DateTime::from_timestamp_micros(micros).unwrap())
}

fn any_priority() -> impl Strategy<Value = Priority> {
    prop::sample::select(&Priority::ALL[..])
}

fn urgent() -> Sla {
    Sla::started(Priority::Urgent, &Rules::default(), DateTime::UNIX_EPOCH)
}

fn minute(minutes: i64) -> Timestamp {
    DateTime::UNIX_EPOCH + TimeDelta::minutes(minutes)
}

#[test]
fn the_targets_are_the_table_of_the_specification() {
    for (priority, response_minutes, resolution_hours) in [
        (Priority::Urgent, 30, 2),
        (Priority::High, 2 * 60, 4),
        (Priority::Medium, 4 * 60, 24),
        (Priority::Low, 24 * 60, 72),
    ] {
        let targets = Targets::of(priority);
        assert_eq!(targets.response, TimeDelta::minutes(response_minutes), "{priority:?}");
        assert_eq!(targets.resolution, TimeDelta::hours(resolution_hours), "{priority:?}");
    }
}

#[test]
fn a_ticket_is_overdue_one_tick_after_its_due_date_and_not_before() {
    let (sla, rules) = (urgent(), Rules::default());
    let due = sla.resolution.due_at;
    let tick = TimeDelta::microseconds(1);
    for (now, overdue, remaining) in
        [(due - tick, false, tick), (due, false, TimeDelta::zero()), (due + tick, true, TimeDelta::zero())]
    {
        let standing = Standing { overdue, remaining, paused: TimeDelta::zero() };
        assert_eq!(sla.standing(None, &rules, now), standing, "{now}");
    }
}

#[test]
fn what_is_settled_is_never_overdue_and_its_clock_stands() {
    let (sla, rules) = (urgent(), Rules::default());
    let standing = sla.standing(Some(minute(50)), &rules, minute(500_000));
    assert_eq!((standing.overdue, standing.remaining), (false, TimeDelta::minutes(70)));
}

#[test]
fn a_pause_moves_both_due_dates_by_as_much() {
    let (mut sla, rules) = (urgent(), Rules::default());
    sla.pause(minute(10));
    assert_eq!(sla.standing(None, &rules, minute(300)).remaining, TimeDelta::minutes(110));
    assert!(!sla.standing(None, &rules, minute(300)).overdue);
    sla.resume(Priority::Urgent, &rules, minute(310));
    assert_eq!((sla.response.due_at, sla.resolution.due_at), (minute(330), minute(420)));
    assert_eq!(sla.standing(None, &rules, minute(320)).paused, TimeDelta::minutes(300));
}

#[test]
fn another_priority_counts_from_the_same_start() {
    let (mut sla, rules) = (urgent(), Rules::default());
    sla.resolution.alert = Alert::Breached;
    sla.set_priority(Priority::High, &rules, minute(200));
    assert_eq!(sla.resolution.due_at, minute(240));
    assert_eq!(sla.resolution.alert, Alert::Warned, "200 of 240 minutes are more than 80 %");
    sla.set_priority(Priority::Low, &rules, minute(200));
    assert_eq!((sla.resolution.due_at, sla.resolution.alert), (minute(72 * 60), Alert::None));
    sla.set_priority(Priority::Urgent, &rules, minute(200));
    assert_eq!(
        (sla.resolution.due_at, sla.resolution.alert),
        (minute(120), Alert::None),
        "it is told of when its timer rings, and not here"
    );
}

#[test]
fn alerts_come_in_their_order_and_each_once() {
    let (mut sla, rules) = (urgent(), Rules::default());
    let mut told = Vec::new();
    while let Some((at, clock, alert)) = sla.next_alert(Priority::Urgent, &rules) {
        told.push(((at - DateTime::UNIX_EPOCH).num_minutes(), clock, alert));
        sla.deadline_mut(clock).alert = alert;
    }
    let expected = [
        (24, SlaClock::Response, Alert::Warned),
        (30, SlaClock::Response, Alert::Breached),
        (96, SlaClock::Resolution, Alert::Warned),
        (120, SlaClock::Resolution, Alert::Breached),
    ];
    assert_eq!(told, expected);
    let mut answered = urgent();
    answered.responded_at = Some(minute(5));
    assert_eq!(answered.next_alert(Priority::Urgent, &rules).unwrap().1, SlaClock::Resolution);
}

#[test]
fn a_reopened_ticket_has_its_whole_target_before_it() {
    let (mut sla, rules) = (urgent(), Rules::default());
    sla.responded_at = Some(minute(20));
    sla.pause(minute(30));
    sla.resume(Priority::Urgent, &rules, minute(40));
    let response = sla.response;
    sla.restart(Priority::Urgent, &rules, minute(1000));
    assert_eq!((sla.started_at, sla.resolution.due_at), (minute(1000), minute(1120)));
    assert_eq!((sla.responded_at, sla.response), (Some(minute(20)), response), "an answer stays given");
    assert!(sla.pauses.is_empty());
    let explained = sla.explain(SlaClock::Response, Priority::Urgent, None, &rules, minute(1010));
    assert_eq!((explained.elapsed, explained.breached), (TimeDelta::zero(), false));
}

proptest! {
    #[test]
    fn the_more_pressing_is_never_due_later(opened in any_moment()) {
        for pair in Priority::ALL.windows(2) {
            let started = |priority| Sla::started(priority, &Rules::default(), opened);
            let (lesser, greater) = (started(pair[0]), started(pair[1]));
            prop_assert!(greater.response.due_at < lesser.response.due_at);
            prop_assert!(greater.resolution.due_at < lesser.resolution.due_at);
        }
    }

    #[test]
    fn an_explanation_adds_up_whatever_happened(
        opened in any_moment(), priority in any_priority(),
        happened in prop::collection::vec((0..600i64, any_priority(), any::<bool>()), 0..12), after in 0..3000i64,
    ) {
        let rules = Rules::default();
        let (mut sla, mut now, mut priority) = (Sla::started(priority, &rules, opened), opened, priority);
        for (minutes, next, pauses) in happened {
            now += TimeDelta::minutes(minutes);
            match (pauses, sla.stands_since()) {
                (true, None) => sla.pause(now),
                (true, Some(_)) => sla.resume(priority, &rules, now),
                (false, _) => {
                    priority = next;
                    sla.set_priority(priority, &rules, now);
                }
            }
        }
        now += TimeDelta::minutes(after);
        for clock in [SlaClock::Response, SlaClock::Resolution] {
            let it = sla.explain(clock, priority, None, &rules, now);
            let total: TimeDelta = it.intervals.iter().map(|part| part.span.length()).sum();
            prop_assert_eq!(total, now - opened);
            prop_assert_eq!(it.elapsed + it.paused, now - opened, "day and night it runs or is paused");
            prop_assert_eq!(it.breached, it.elapsed > it.target);
        }
        let standing = sla.standing(None, &rules, now);
        let elapsed = sla.explain(SlaClock::Resolution, priority, None, &rules, now).elapsed;
        let left = (Targets::of(priority).resolution - elapsed).max(TimeDelta::zero());
        prop_assert_eq!(standing.remaining, left);
        prop_assert_eq!(standing.overdue, elapsed > Targets::of(priority).resolution);
    }
}

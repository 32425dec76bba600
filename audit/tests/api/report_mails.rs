//! Reports that are told of by themselves, to be mailed.

use std::{net::TcpListener, time::Duration};

use chrono::TimeDelta;
use serde_json::{Value, json};
use shared::{
    clock::Timestamp,
    events::{Envelope, Event, ReportReady},
    process::Process,
    testing::World,
};

use super::{
    House, configured,
    reconcile::{emit, tickets},
    serve_with,
};

/// A Sunday; at six on the day after, a week is over, and the one before it is known.
const SUNDAY: &str = "2026-03-01T08:00:00Z";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

impl House {
    /// A house in which these reports have been switched on.
    async fn mailing(settings: &[(&str, &str)]) -> Self {
        let house = Self::with(World::at(at(SUNDAY)).await, settings).await;
        let expected: usize = settings.iter().map(|(_, kinds)| kinds.split(',').count()).sum();
        house.world.until("the reports are on", || async { house.rows().await == expected }).await;
        house
    }

    async fn rows(&self) -> usize {
        let tx = self.world.db("audit").begin().await.unwrap();
        tx.rows("SELECT kind FROM report_mails", []).await.unwrap().len()
    }

    /// What was told so far, in its order.
    async fn told(&self) -> Vec<Envelope> {
        let mut emitted = self.world.emitted("audit").await;
        emitted.retain(|event| event.event_type == ReportReady::TYPE);
        emitted
    }

    async fn told_are(&self, count: usize) -> Vec<ReportReady> {
        self.world.until(&format!("{count} are told"), || async { self.told().await.len() >= count }).await;
        self.world.drain().await;
        let told = self.told().await;
        assert_eq!(told.len(), count, "{told:?}");
        told.iter().map(|event| event.data().unwrap()).collect()
    }
}

fn periods(told: &[ReportReady]) -> Vec<String> {
    let mut told: Vec<_> = told
        .iter()
        .map(|it| format!("{} {:?} {}", it.kind, it.period, it.from.date_naive()).to_lowercase())
        .collect();
    told.sort();
    told
}

#[tokio::test(flavor = "multi_thread")]
async fn a_period_that_is_over_is_told_once_by_all_replicas_together() {
    let settings = [("REPORT_MAIL_WEEKLY", "tickets,sla"), ("REPORT_MAIL_DAILY", "security")];
    let house = House::mailing(&settings).await;
    serve_with(&house.world, &settings).await;
    serve_with(&house.world, &settings).await;
    let admin = house.admin.id;
    let first = house.open_ticket("HIGH", "hardware", admin).await;
    house.open_ticket("LOW", "software", admin).await;
    house.world.clock().advance(TimeDelta::minutes(90));
    house.move_ticket(first, "OPEN", "RESOLVED", admin).await;
    assert!(house.told().await.is_empty(), "nothing is over that ended since");

    // Monday at six.
    house.world.clock().advance(TimeDelta::minutes(20 * 60 + 30));
    let told = house.told_are(3).await;
    assert_eq!(
        periods(&told),
        ["security daily 2026-03-01", "sla weekly 2026-02-23", "tickets weekly 2026-02-23"]
    );
    let event = house.told().await.into_iter().find(|it| it.data.get().contains("tickets_resolved")).unwrap();
    assert_eq!((event.user_id, event.timestamp), (None, at("2026-03-02T06:00:00Z")));
    let mut data: Value = serde_json::from_str(event.data.get()).unwrap();
    assert_eq!(data["reportId"].take(), json!(event.aggregate_id));
    insta::assert_json_snapshot!(data, @r#"
    {
      "figures": [
        {
          "before": 0,
          "key": "tickets_created",
          "unit": "count",
          "value": 2
        },
        {
          "before": 0,
          "key": "tickets_resolved",
          "unit": "count",
          "value": 1
        },
        {
          "before": 0,
          "key": "tickets_closed",
          "unit": "count",
          "value": 0
        },
        {
          "before": 0,
          "key": "tickets_reopened",
          "unit": "count",
          "value": 0
        },
        {
          "before": 0,
          "key": "tickets_deleted",
          "unit": "count",
          "value": 0
        },
        {
          "before": 0,
          "key": "tickets_commented",
          "unit": "count",
          "value": 0
        },
        {
          "before": null,
          "key": "mean_time_to_resolution",
          "unit": "milliseconds",
          "value": 5400000
        }
      ],
      "from": "2026-02-23T00:00:00Z",
      "kind": "tickets",
      "period": "weekly",
      "reportId": null,
      "to": "2026-03-02T00:00:00Z"
    }
    "#);

    // It stands in the trail like anything else that happens, and is counted.
    let lines = house.items("/audit/logs?action=REPORT_READY").await;
    assert_eq!(lines.len(), 3);
    assert!(lines.iter().all(|line| line["resourceType"] == "report" && line["userId"].is_null()));
    let line = lines.iter().find(|line| line["id"] == json!(event.event_id)).unwrap();
    assert_eq!((&line["details"]["figures"], &line["details"]["kind"]), (&data["figures"], &data["kind"]));
    let day = "from=2026-03-02T00:00:00Z&to=2026-03-03T00:00:00Z";
    let counted = house.get(&format!("/audit/metrics?name=reports_ready&{day}")).await;
    assert_eq!(counted["metrics"][0]["count"], 3, "{counted}");

    // The week after: the numbers stand beside those of the week before.
    house.open_ticket("HIGH", "hardware", admin).await;
    house.world.clock().advance(TimeDelta::days(7));
    let told = house.told_are(6).await;
    assert_eq!(
        periods(&told[3..]),
        ["security daily 2026-03-08", "sla weekly 2026-03-02", "tickets weekly 2026-03-02"],
        "of seven days without a look only the last is told of"
    );
    let tickets = told.iter().rfind(|it| it.kind == "tickets").unwrap();
    let figure = |key| {
        let figure = tickets.figures.iter().find(|figure| figure.key == key).unwrap();
        (figure.value, figure.before)
    };
    assert_eq!(figure("tickets_created"), (Some(1), Some(2)));
    assert_eq!(figure("tickets_resolved"), (Some(0), Some(1)));
    assert_eq!(figure("mean_time_to_resolution"), (None, Some(90 * 60 * 1_000)));
}

/// What is told is what the report shows to whoever follows the link.
#[tokio::test(flavor = "multi_thread")]
async fn the_figures_are_those_of_the_report_on_the_same_time() {
    let mut house = House::mailing(&[("REPORT_MAIL_DAILY", "activity,tickets,sla,security")]).await;
    for priority in ["LOW", "HIGH", "URGENT"] {
        house.open_ticket(priority, "hardware", house.admin.id).await;
    }
    house.world.clock().advance(TimeDelta::days(1));
    // The token of yesterday has run out.
    house.admin = house.world.admin("admin@example.com");
    for told in house.told_are(4).await {
        let span = "from=2026-03-01T00:00:00Z&to=2026-03-02T00:00:00Z";
        let report = house.get(&format!("/audit/reports/{}?{span}", told.kind)).await;
        assert_eq!((&report["from"], &report["to"]), (&json!(told.from), &json!(told.to)));
        let shown = report["sections"][0]["figures"].as_array().unwrap();
        assert_eq!(shown.len(), told.figures.len());
        for (shown, told) in shown.iter().zip(&told.figures) {
            let value = match shown["unit"].as_str().unwrap() {
                "share" => json!(shown["value"].as_f64().map(|share| (share * 10_000.0).round() as i64)),
                _ => shown["value"].clone(),
            };
            assert_eq!(json!(told.value), value, "{}: {shown}", told.key);
        }
    }
}

/// A process that dies where it stands.
struct Doomed {
    process: Process,
    running: tokio::task::JoinHandle<()>,
}

impl Doomed {
    async fn start(house: &House, settings: &[(&str, &str)]) -> Self {
        let process = Process::new(house.world.clock().clone());
        process.revocations.set_loaded();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/ready", listener.local_addr().unwrap());
        let (config, its_own) = (configured(&house.world, settings).await, process.clone());
        #[allow(clippy::disallowed_methods, reason = "it is to be killed, which no lifecycle does")]
        let running = tokio::spawn(async move {
            audit::run(config, listener, &its_own).await.expect("the replica starts");
        });
        let ready = || async { reqwest::get(&url).await.is_ok_and(|answer| answer.status() == 200) };
        house.world.until("the replica is ready", ready).await;
        Self { process, running }
    }

    async fn kill(self) {
        let _ = self.process.lifecycle.finish(Duration::ZERO).await;
        self.running.abort();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn replicas_die_as_the_day_ends_and_each_day_is_told_of_once() {
    const DAYS: usize = 5;
    let settings = [("REPORT_MAIL_DAILY", "activity,tickets,sla,security")];
    let house = House::mailing(&settings).await;
    if house.world.is_embedded() {
        eprintln!("left out: several processes (embedded, there is one)");
        return;
    }
    for day in 1..=DAYS {
        let doomed = Doomed::start(&house, &settings).await;
        house.world.clock().advance(TimeDelta::days(1));
        let some = (day - 1) * 4 + day % 4;
        house.world.until("some are told", || async { house.told().await.len() >= some }).await;
        doomed.kill().await;
        house.told_are(day * 4).await;
    }
    let told = periods(&house.told_are(DAYS * 4).await);
    let mut distinct = told.clone();
    distinct.dedup();
    assert_eq!(distinct, told);
}

/// Audit was away while others worked, and comes back after the hour: what happened is counted before it is told of.
#[tokio::test(flavor = "multi_thread")]
async fn what_audit_has_still_before_it_is_waited_for() {
    const EVENTS: u32 = 600;
    let world = World::at(at(SUNDAY)).await;
    if world.is_embedded() {
        eprintln!("left out: an audit that was away (embedded, all stop together)");
        return;
    }
    let audit = world.open::<migrations::audit::Migrator>("audit").await;
    let tx = audit.begin().await.unwrap();
    let settled = "INSERT INTO report_mails (kind, period, starts_at, entered_at) \
                   VALUES ('tickets', 'daily', $1, $1)";
    tx.run(settled, [at("2026-02-27T00:00:00Z").into()]).await.unwrap();
    tx.commit().await.unwrap();
    emit(&tickets(&world).await, 1..=EVENTS).await;
    world.drain().await;
    world.clock().advance(TimeDelta::days(1));
    let house = House::with(world, &[("REPORT_MAIL_DAILY", "tickets")]).await;
    let told = house.told_are(1).await;
    assert_eq!(periods(&told), ["tickets daily 2026-03-01"]);
    assert_eq!(told[0].figures[0].value, Some(EVENTS.into()), "{:?}", told[0].figures);
}

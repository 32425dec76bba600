//! Warnings, breaches and automatic closings with three replicas, of which one is killed again and again: each once.

use std::time::Duration;

use reqwest::{Client, Method};
use sea_orm::{ConnectionTrait, Database, DatabaseConnection};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::{
    clients::{Clients, PASSWORD},
    ledger::{count, is_published},
    left_out,
    place::{Nats, Place},
    replicas::Replicas,
    stories::Stories,
    waiting::{awaited, until},
};

const KILLS: usize = 20;
/// Tickets whose clocks run out around one kill, and solved ones that close around it.
const RUNNING: usize = 14;
const SOLVED: usize = 2;
/// What the clocks of a round tell: four alerts for each that runs, and the closing of each that is solved.
const TOLD: usize = 4 * RUNNING + SOLVED;
/// The clocks of a round run out within so many milliseconds.
const SPREAD: u64 = 1_000;
const SEED: u64 = 20_260_302;
/// What happens to a ticket at work, and to a solved one, each once and in this order.
const ALERTS: [&str; 4] =
    ["sla_warning response", "sla_breached response", "sla_warning resolution", "sla_breached resolution"];
const CLOSED: [&str; 1] = ["status_changed CLOSED"];
const ADMIN: (&str, &str) = ("admin@example.com", "the administrator's password");

/// What happened by itself so far.
const HAPPENED: &str = "SELECT count(*) FROM ticket_history WHERE user_id IS NULL \
                        AND field_name IN ('responseAlert', 'resolutionAlert', 'status')";

#[tokio::test(flavor = "multi_thread")]
async fn with_three_replicas_each_timer_rings_once_however_often_one_is_killed() {
    let Some(place) = Place::real().await else { return left_out() };
    println!("the seed is {SEED}");
    let mut dice = Dice(SEED);
    let _nats = Nats::start(&place).await;
    let desk = place
        .launch()
        .moved(&place.folder("desk"))
        .only(&["auth", "audit"])
        .with("ADMIN_EMAIL", ADMIN.0)
        .with("ADMIN_PASSWORD", ADMIN.1)
        .ready()
        .await;
    let mut replicas = Replicas::start(&place, desk.url(), "tickets", ("TIMER_POLL", "20ms")).await;
    let agent = Agent::hired(desk.url(), replicas.urls()).await;
    let clients = Clients::open_tickets_at(desk.url(), &replicas.urls()[0], KILLS * (RUNNING + SOLVED)).await;
    let opened: Vec<String> = clients.finish().await.into_iter().map(|ticket| ticket.id).collect();
    let (running, solved) = opened.split_at(KILLS * RUNNING);
    agent.solve(solved).await;

    let tickets = Database::connect(place.database("tickets")).await.expect("the database is there");
    let mut edits = JoinSet::new();
    for (running, solved) in running.chunks(RUNNING).zip(solved.chunks(SOLVED)) {
        let before = count(&tickets, HAPPENED).await;
        run_out(&tickets, running, &mut dice).await;
        settle(&tickets, solved, &mut dice).await;
        for ticket in running {
            // People work while clocks run out, and ring what is due before they write.
            edits.spawn(agent.clone().edit(ticket.clone()));
        }
        let since_then = before + dice.below(TOLD as u64) as i64;
        until("clocks run out", || async { count(&tickets, HAPPENED).await >= since_then }).await;
        until_writing(&replicas, &tickets, before + TOLD as i64).await;
        replicas.kill(dice.below(3) as usize).await;
    }
    let cut_off = replicas.cut_off().await;
    println!("{cut_off} transactions were cut off by {KILLS} kills");
    assert!(cut_off > 0, "kills that hit nothing show nothing");
    edits.join_all().await;

    let left = "SELECT count(*) FROM tickets WHERE next_timer_at IS NOT NULL";
    until("nothing is due any more", || async { count(&tickets, left).await == 0 }).await;
    until("all is published", || is_published(&tickets)).await;
    let audit = Database::connect(place.database("audit")).await.expect("the database is there");
    let told = count(&tickets, "SELECT count(*) FROM outbox").await;
    let heard = "SELECT count(*) FROM trail WHERE envelope::json->>'source' = 'tickets'";
    until("all is audited", || async { count(&audit, heard).await >= told }).await;

    let stories = Stories::read(&tickets, &audit).await;
    for ticket in running {
        stories.assert_of(ticket, &ALERTS, 1);
    }
    for ticket in solved {
        stories.assert_of(ticket, &CLOSED, 0);
    }
    for service in [&tickets, &audit] {
        let failed = count(service, "SELECT count(*) FROM failed_events").await;
        assert_eq!(failed, 0, "no consumer gave up on anything");
    }
    replicas.stop().await;
    assert!(desk.stop().await.status.success());
    place.clean().await;
}

/// Moves the clocks of tickets that are at work so far back that each of their four alerts comes due soon, at some moment
/// of its own. The targets are the specification's for MEDIUM: a warning of the resolution after 19.2 of 24 hours.
async fn run_out(tickets: &DatabaseConnection, ids: &[String], dice: &mut Dice) {
    let mut rows = Vec::new();
    for id in ids {
        let mut moments = [(); 4].map(|()| dice.below(SPREAD));
        moments.sort_unstable();
        let [first, breach, warning, due] = moments;
        rows.push(format!("('{id}'::uuid, {first}, {breach}, {warning}, {due})"));
    }
    let sql = format!(
        "UPDATE tickets SET created_at = {now} + {ms} * warning - interval '19.2 hours', \
         sla_started_at = {now} + {ms} * warning - interval '19.2 hours', response_due_at = {now} + {ms} * breach, \
         due_date = {now} + {ms} * due, next_timer_at = {now} + {ms} * first \
         FROM (VALUES {rows}) AS round(ticket, first, breach, warning, due) WHERE id = ticket",
        now = "statement_timestamp()",
        ms = "interval '1 millisecond'",
        rows = rows.join(", ")
    );
    tickets.execute_unprepared(&sql).await.expect("clocks can be moved");
}

/// Moves the solution of tickets so far back that they close by themselves soon.
async fn settle(tickets: &DatabaseConnection, ids: &[String], dice: &mut Dice) {
    for id in ids {
        let sql = format!(
            "UPDATE tickets SET resolved_at = {soon} - interval '24 hours', next_timer_at = {soon} WHERE id = '{id}'",
            soon = format_args!("statement_timestamp() + interval '1 millisecond' * {}", dice.below(SPREAD)),
        );
        tickets.execute_unprepared(&sql).await.expect("a solution can be moved");
    }
}

/// Waits until a replica is between a change and its commit, or so much has happened that none is bound to be.
async fn until_writing(replicas: &Replicas, tickets: &DatabaseConnection, all: i64) {
    while !replicas.are_writing().await && count(tickets, HAPPENED).await < all {}
}

/// Somebody who works tickets, whichever replica answers.
#[derive(Clone)]
struct Agent {
    http: Client,
    token: String,
    replicas: Vec<String>,
}

impl Agent {
    /// Signs up, is made an agent by the administrator, and signs in again.
    async fn hired(auth: &str, replicas: &[String]) -> Self {
        let http = Client::builder().timeout(Duration::from_secs(10)).build().expect("a client can be made");
        let sign_in = async |path: &str, email: &str, password: &str| -> Value {
            let body = json!({"email": email, "password": password});
            let answer = http.post(format!("{auth}/auth/{path}")).json(&body).send().await;
            answer.expect("auth lives").json().await.expect("JSON")
        };
        let email = "agent@example.com";
        let account = sign_in("register", email, PASSWORD).await;
        let admin = sign_in("login", ADMIN.0, ADMIN.1).await;
        let id = account["user"]["id"].as_str().expect("an id");
        let role = http
            .put(format!("{auth}/auth/users/{id}/role"))
            .bearer_auth(admin["accessToken"].as_str().expect("a token"))
            .json(&json!({"role": "agent"}));
        assert_eq!(role.send().await.expect("auth lives").status(), 200);
        let agent = sign_in("login", email, PASSWORD).await;
        let token = agent["accessToken"].as_str().expect("a token").to_owned();
        Self { http, token, replicas: replicas.to_vec() }
    }

    /// Solves tickets.
    async fn solve(&self, tickets: &[String]) {
        for ticket in tickets {
            for status in ["IN_PROGRESS", "RESOLVED"] {
                self.put(&format!("/admin/tickets/{ticket}/status"), json!({"status": status})).await;
            }
        }
    }

    /// Gives a ticket another title. Said again after a kill it changes nothing more.
    async fn edit(self, ticket: String) {
        self.put(&format!("/tickets/{ticket}"), json!({"title": "It still burns"})).await;
    }

    /// Sends it to one replica after the other until one answers. Any answer that is neither 200 nor 503 fails the test.
    async fn put(&self, path: &str, body: Value) {
        let mut replicas = self.replicas.iter().cycle();
        awaited("a replica answers", || {
            let url = format!("{}{path}", replicas.next().expect("there are replicas"));
            let request = self.http.request(Method::PUT, url).bearer_auth(&self.token).json(&body);
            async {
                let answer = request.send().await.ok()?;
                let status = answer.status();
                let said: Value = answer.json().await.ok()?;
                assert!(status == 200 || status == 503, "{status}: {said}");
                (status == 200).then_some(())
            }
        })
        .await;
    }
}

/// Numbers that look random and are the same each time (SplitMix64).
pub struct Dice(pub u64);

impl Dice {
    pub fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end
    }
}

//! How fast waiting mails are sent, against a bare SMTP client that sends the very same mails to the same server.

use std::time::Duration;

use anyhow::{Context, ensure};

use super::Effort;
use super::house::House;
use super::measures::{median, pause, settle_in};
use super::people;
use super::smtp::{self, Letter};
use super::table::Table;
use crate::stop::Stop;

/// As many connections as the service keeps by default.
const CONNECTIONS: usize = 8;
/// How much of the bare client's pace the service is to reach.
const RATIO: f64 = 0.7;
/// Seldom, so that looking costs the service nothing; how long it took, it has written down itself.
const LOOK: Duration = Duration::from_millis(250);

/// Measures the sending.
pub fn measure(house: &mut House, effort: Effort, table: &mut Table, stop: &Stop) -> anyhow::Result<()> {
    house.afresh(&["auth", "notifications"], stop)?;
    house.set("notifications", "MAIL_CONCURRENCY", CONNECTIONS);
    let running = house.start(&["auth", "notifications"], stop)?;
    people::sign_up(&running, people::ADA)?;
    let welcomed = "SELECT count(*) FROM deliveries WHERE template = 'welcome' AND status = 'sent'";
    while house.query("notifications", welcomed, stop)? != "1" {
        pause(LOOK, stop)?;
    }
    all_sent(house, stop)?;
    take(house)?;
    order(house, "warm-up", effort.mails / 10, stop)?;
    all_sent(house, stop)?;
    take(house)?;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    let mut size = 0;
    for round in 0..effort.rounds {
        let mark = format!("round {round}");
        order(house, &mark, effort.mails, stop)?;
        all_sent(house, stop)?;
        ours.push(pace(house, &mark, effort.mails, stop)?);
        settle_in(house, "notifications", stop)?;
        let mails = take(house)?;
        let count = mails.len();
        ensure!(count == effort.mails, "{count} mails have arrived instead of {}", effort.mails);
        size = mails.iter().map(String::len).sum::<usize>() / count;
        let letters = mails.iter().map(|mail| Letter::read(mail)).collect::<anyhow::Result<Vec<_>>>()?;
        theirs.push(smtp::send(house.smtp(), &letters, CONNECTIONS)?);
        let again = take(house)?.len();
        ensure!(again == count, "{again} mails of the bare client have arrived instead of {count}");
        eprintln!("  mails/s {:.0} ({:.0})", ours[round], theirs[round]);
    }
    let what = format!("mails of {size} bytes, {CONNECTIONS} connections");
    table.ratio_of(" mails/s", &what, median(ours), median(theirs), "bare SMTP client, same mails", RATIO);
    Ok(())
}

/// Lets so many mails be due at once: copies of one that the service ordered itself.
fn order(house: &House, mark: &str, mails: usize, stop: &Stop) -> anyhow::Result<()> {
    let sql = format!(
        "INSERT INTO deliveries (id, event_id, correlation_id, recipient_id, channel, template, priority, payload, \
         address, ticket_id, next_attempt_at, expires_at, created_at) \
         SELECT gen_random_uuid(), gen_random_uuid(), '{mark}', recipient_id, channel, template, priority, payload, \
         address, ticket_id, now(), expires_at, now() \
         FROM (SELECT * FROM deliveries WHERE template = 'welcome' AND channel = 'email' LIMIT 1) AS one, \
         generate_series(1, {mails})"
    );
    house.query("notifications", &sql, stop).map(drop)
}

fn all_sent(house: &House, stop: &Stop) -> anyhow::Result<()> {
    let waiting = "SELECT count(*) FROM deliveries WHERE status = 'pending'";
    while house.query("notifications", waiting, stop)? != "0" {
        pause(LOOK, stop)?;
    }
    Ok(())
}

/// Mails a second, from the first that were written down as sent to the last.
fn pace(house: &House, mark: &str, mails: usize, stop: &Stop) -> anyhow::Result<f64> {
    let sql = format!(
        "WITH sent AS (SELECT sent_at, min(sent_at) OVER () AS first FROM deliveries \
         WHERE correlation_id = '{mark}' AND status = 'sent') \
         SELECT count(*), count(*) FILTER (WHERE sent_at > first), extract(epoch FROM max(sent_at) - min(first)) \
         FROM sent"
    );
    let answer = house.query("notifications", &sql, stop)?;
    let [sent, timed, seconds]: [&str; 3] =
        answer.split('|').collect::<Vec<_>>().try_into().ok().context("three columns were asked for")?;
    ensure!(sent.parse() == Ok(mails), "{sent} mails were sent instead of {mails}");
    Ok(timed.parse::<f64>()? / seconds.parse::<f64>()?)
}

/// Takes this measurement's mails out of the server's folder.
fn take(house: &House) -> anyhow::Result<Vec<String>> {
    let folder = house.mails()?.join("new");
    let domain = house.mail_domain();
    let mut mails = Vec::new();
    for entry in std::fs::read_dir(&folder).with_context(|| format!("{}", folder.display()))? {
        let path = entry?.path();
        // Somebody else's on a server that is kept may go meanwhile.
        let Ok(mail) = std::fs::read_to_string(&path) else { continue };
        if mail.contains(&domain) {
            std::fs::remove_file(&path)?;
            mails.push(mail);
        }
    }
    Ok(mails)
}

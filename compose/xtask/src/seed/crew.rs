//! Two connections that work off a list of jobs side by side.

use std::collections::VecDeque;
use std::sync::{Mutex, mpsc};
use std::time::Duration;

use super::database::{Database, Session};
use crate::progress::Bar;
use crate::stop::Stop;

const HANDS: usize = 2;

/// A script, and how much of the whole it is.
pub struct Job {
    pub weight: u64,
    pub script: String,
}

/// Does all jobs, in their order as far as two can, each connection having said `before` once; shows a bar. Gives the sum
/// of their weights.
///
/// # Errors
/// The first fault; the jobs in hand are ended then, and their transactions undone.
pub fn work(
    database: &Database,
    before: &str,
    jobs: Vec<Job>,
    bar: impl FnOnce(u64) -> Bar,
    stop: &Stop,
) -> anyhow::Result<u64> {
    stop.check()?;
    let total = jobs.iter().map(|job| job.weight).sum();
    let mut bar = bar(total);
    let first = database.connect(None)?;
    let leader = first.id();
    let mut sessions = vec![first];
    while sessions.len() < HANDS.min(jobs.len()) {
        sessions.push(database.connect(Some(leader))?);
    }
    // The leader has not been waited for as long as its session lives, so the group's number is ours.
    let _front = stop.in_front(-leader);
    let jobs = Mutex::new(VecDeque::from(jobs));
    let outcome = std::thread::scope(|scope| {
        let (tell, told) = mpsc::channel();
        for session in &mut sessions {
            let (tell, jobs) = (tell.clone(), &jobs);
            scope.spawn(move || {
                let outcome = take_turns(session, before, jobs, &tell);
                if let Err(fault) = outcome {
                    // Nobody takes up anything any more.
                    jobs.lock().unwrap_or_else(|it| it.into_inner()).clear();
                    let _ = tell.send(Err(fault));
                }
            });
        }
        drop(tell);
        let mut outcome = Ok(());
        loop {
            match told.recv_timeout(Duration::from_millis(500)) {
                Ok(Ok(weight)) => bar.add(weight),
                Ok(Err(fault)) => outcome = outcome.and(Err(fault)),
                Err(mpsc::RecvTimeoutError::Timeout) => bar.show(),
                Err(mpsc::RecvTimeoutError::Disconnected) => break outcome,
            }
        }
    });
    bar.end();
    stop.check()?;
    outcome.map(|()| total)
}

fn take_turns(
    session: &mut Session,
    before: &str,
    jobs: &Mutex<VecDeque<Job>>,
    tell: &mpsc::Sender<anyhow::Result<u64>>,
) -> anyhow::Result<()> {
    session.run(before)?;
    loop {
        let next = jobs.lock().unwrap_or_else(|it| it.into_inner()).pop_front();
        let Some(job) = next else { return Ok(()) };
        session.run(&job.script)?;
        let _ = tell.send(Ok(job.weight));
    }
}

use std::{
    collections::VecDeque,
    io::{self, Write},
    time::Duration,
};

use audit::{FeedEventOut, FeedReader, domain::FeedItem};
use shared::{bus::TypePattern, clock::Clock, live::Next, process::Process, program};

use crate::{event_line::event_line, since::Since};

/// How many events are shown where nobody says.
const SHOWN: usize = 50;
/// The same before going on live.
const SHOWN_BEFORE: usize = 10;
/// How many are read at a time.
const BATCH: i64 = 500;
const ENDED_WITHIN: Duration = Duration::from_secs(2);

/// Which events to print, and how.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Only events of this type, with NATS's wildcards, as in `ticket.created` or `ticket.*`; may be repeated
    #[arg(long = "type", value_name = "TYPE")]
    types: Vec<TypePattern>,
    /// What audit has taken since, as in `2h` or `2026-11-27T08:00:00Z`
    #[arg(long, value_name = "2h|TIMESTAMP")]
    since: Option<Since>,
    /// Go on live, until Ctrl-C
    #[arg(long, short)]
    follow: bool,
    /// As JSON, one event a line, as `GET /audit/events` has them
    #[arg(long)]
    json: bool,
    /// Of those that are there already only the last so many [default: 50; with --follow 10; with --since all]
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
}

impl Arguments {
    fn wants(&self, item: &FeedItem) -> bool {
        self.types.is_empty() || self.types.iter().any(|pattern| pattern.matches(&item.event.event_type))
    }

    fn limit(&self) -> Option<usize> {
        match (self.limit, self.since, self.follow) {
            (Some(limit), _, _) => Some(limit),
            (None, Some(_), _) => None,
            (None, None, true) => Some(SHOWN_BEFORE),
            (None, None, false) => Some(SHOWN),
        }
    }

    /// Prints an event, if it is among those that are wanted. Colours only come through where there is a terminal.
    fn print(&self, item: FeedItem) -> anyhow::Result<()> {
        if self.wants(&item) {
            let line =
                if self.json { serde_json::to_string(&FeedEventOut::from(item))? } else { event_line(&item) };
            writeln!(anstream::stdout(), "{line}")?;
        }
        Ok(())
    }
}

/// Prints the feed of audit from its database, whether or not the service runs.
///
/// # Errors
/// In words: the database is away, or holds no trail.
pub fn run(config: &audit::Config, arguments: &Arguments) -> anyhow::Result<()> {
    let told = program::runtime()?.block_on(async {
        let process = Process::new(Clock::system());
        program::stop_on_signals(&process.lifecycle)?;
        let stopping = process.lifecycle.stopping();
        let told = tokio::select! {
            () = stopping.cancelled() => Ok(()),
            told = tail(config, arguments, &process) => told,
        };
        told.and(process.lifecycle.finish(ENDED_WITHIN).await)
    });
    match told {
        // Whoever reads has enough, as in `| head`.
        Err(fault) if is_broken_pipe(&fault) => Ok(()),
        told => told,
    }
}

fn is_broken_pipe(fault: &anyhow::Error) -> bool {
    fault.downcast_ref::<io::Error>().is_some_and(|fault| fault.kind() == io::ErrorKind::BrokenPipe)
}

async fn tail(config: &audit::Config, arguments: &Arguments, process: &Process) -> anyhow::Result<()> {
    let reader = FeedReader::open(config, process).await?;
    let end = reader.end().await?;
    let after = match arguments.since {
        Some(since) => reader.before(since.time(process.clock.now())).await?,
        None => reader.beginning().await?,
    };
    match arguments.limit() {
        Some(limit) => {
            for item in last(&reader, arguments, after, end, limit).await? {
                arguments.print(item)?;
            }
        }
        None => print_all(&reader, arguments, after, end).await?,
    }
    if !arguments.follow {
        return Ok(());
    }
    let mut following = reader.follow(end);
    loop {
        match following.next().await? {
            Next::Found(items) => items.into_iter().try_for_each(|item| arguments.print(item))?,
            Next::Silence => {}
            Next::End => return Ok(()),
        }
    }
}

async fn print_all(
    reader: &FeedReader,
    arguments: &Arguments,
    mut after: i64,
    end: i64,
) -> anyhow::Result<()> {
    while after < end {
        let items = reader.events(after, (end - after).min(BATCH).unsigned_abs()).await?;
        let Some(last) = items.last() else { break };
        after = last.sequence;
        items.into_iter().try_for_each(|item| arguments.print(item))?;
    }
    Ok(())
}

/// The last `limit` events up to `end` that are wanted, looked for from the end backwards.
async fn last(
    reader: &FeedReader,
    arguments: &Arguments,
    after: i64,
    mut end: i64,
    limit: usize,
) -> anyhow::Result<VecDeque<FeedItem>> {
    let mut found = VecDeque::new();
    while end > after && found.len() < limit {
        let start = (end - BATCH).max(after);
        let items = reader.events(start, (end - start).unsigned_abs()).await?;
        for item in items.into_iter().rev().filter(|item| item.sequence <= end && arguments.wants(item)) {
            if found.len() < limit {
                found.push_front(item);
            }
        }
        end = start;
    }
    Ok(found)
}

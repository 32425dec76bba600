//! Answers what others ask about this outbox. Any replica does, whether it leads or not: what is published again leaves
//! the ledger as it is, and the leader's next look at the stream finds the last event where it was acknowledged.

use tokio_util::sync::CancellationToken;

use super::{PAUSE, ledger::Ledger, pause};
use crate::{
    bus::{Again, Bus, Lane, OutboxEnds},
    db::Db,
};

pub(super) async fn run(bus: Bus, db: Db, stop: CancellationToken) -> anyhow::Result<()> {
    let ledger = Ledger::new(db.clone());
    let hear = async {
        loop {
            bus.ready_to_publish().await;
            match bus.questions(db.service()).await {
                Ok(questions) => return questions,
                Err(error) => {
                    tracing::warn!(
                        service = db.service(),
                        "questions about the outbox are not heard: {error:#}"
                    );
                    pause(PAUSE, &stop).await;
                }
            }
        }
    };
    let Some(mut questions) = stop.run_until_cancelled(hear).await else { return Ok(()) };
    while let Some(question) = stop.run_until_cancelled(questions.next()).await.flatten() {
        let answer = answer(&bus, &db, &ledger, &question.again);
        let Some(answer) = stop.run_until_cancelled(answer).await else { return Ok(()) };
        question.answer(answer).await;
    }
    // The stop, or another relay of this outbox in this process that answers now.
    stop.cancelled().await;
    Ok(())
}

async fn answer(bus: &Bus, db: &Db, ledger: &Ledger, asked: &Again) -> anyhow::Result<OutboxEnds> {
    let ends = ledger.ends().await?;
    let again = ledger.again(asked, ends.published).await?;
    if again.is_empty() {
        return Ok(ends);
    }
    let (published, fault) = bus.publish(Lane::Events, again).await;
    metrics::counter!("relay_published_again_total", "service" => db.service())
        .increment(published.count as u64);
    tracing::info!(
        service = db.service(),
        events = published.count,
        "events were asked for again and published"
    );
    fault.map_or(Ok(ends), Err)
}

//! The cache is told what events have changed, and what it was away for.

use std::time::Duration;

use shared::db::Db;
use shared::process::Process;

use crate::store::{self, Shelf};

/// A cache that is away is told again at this pace.
const AGAIN: Duration = Duration::from_millis(500);

/// Starts the task that tells the cache what it does not know yet.
pub fn keep_up(shelf: Shelf, db: Db, process: &Process) {
    let halting = process.lifecycle.halting();
    process.lifecycle.spawn("profile cache", async move {
        let mut pause = None;
        loop {
            let again = async {
                match pause {
                    Some(pause) => tokio::time::sleep(pause).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = halting.cancelled() => return Ok(()),
                () = shelf.woken() => {}
                () = again => {}
            }
            for user_id in shelf.due() {
                // Whatever fails is still due.
                if let Ok(Some(known)) = store::find(db.conn(), user_id).await
                    && shelf.keep(&known).await.is_err()
                {
                    break;
                }
            }
            pause = (!shelf.due().is_empty()).then_some(AGAIN);
        }
    });
}

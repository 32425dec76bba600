//! One login at a time for one address, within this process.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use tokio::sync::{Mutex as Turn, OwnedMutexGuard};

use crate::domain::EmailHash;

/// Above so many entries those that nobody holds are swept out.
const SWEEP_AT: usize = 1024;

/// Queues the logins for each address. An attempt is booked as a failure until it has succeeded, so two right
/// passwords at the same moment would count against each other; in turn they do not. The limit itself is kept by the
/// database, for all replicas.
#[derive(Default)]
pub struct Turns(Mutex<HashMap<EmailHash, Weak<Turn<()>>>>);

impl Turns {
    /// Waits for the turn of an address; it ends when the guard is dropped.
    pub async fn take(&self, hash: &EmailHash) -> OwnedMutexGuard<()> {
        let turn = {
            let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if turns.len() >= SWEEP_AT {
                turns.retain(|_, turn| turn.strong_count() > 0);
            }
            let known = turns.get(hash).and_then(Weak::upgrade);
            known.unwrap_or_else(|| {
                let turn = Arc::new(Turn::new(()));
                turns.insert(hash.clone(), Arc::downgrade(&turn));
                turn
            })
        };
        turn.lock_owned().await
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[tokio::test]
    async fn one_address_waits_for_itself_and_for_no_other() {
        let turns = Turns::default();
        let (alice, bob) = (EmailHash::of_typed("alice@example.com"), EmailHash::of_typed("bob@example.com"));
        let first = turns.take(&alice).await;
        assert!(turns.take(&alice).now_or_never().is_none());
        assert!(turns.take(&bob).now_or_never().is_some());
        drop(first);
        assert!(turns.take(&alice).now_or_never().is_some());
    }

    #[tokio::test]
    async fn addresses_of_long_ago_are_swept_out() {
        let turns = Turns::default();
        for n in 0..SWEEP_AT * 3 {
            drop(turns.take(&EmailHash::of_typed(&format!("{n}@example.com"))).await);
        }
        assert!(turns.0.lock().unwrap().len() <= SWEEP_AT);
    }
}

use std::{hash::Hash, time::Duration};

use moka::future::Cache;
use sea_orm::DbErr;

/// How many answers are kept at most.
const MOST: u64 = 128;

/// Answers that took some counting, for a while: who asks the same within it gets the same, and of those who ask at once one
/// has it counted. When an answer was true stands in it, or its reader knows how long they are kept.
#[derive(Clone)]
pub(super) struct Kept<K, V>(Cache<K, V>);

impl<K: Hash + Eq + Send + Sync + 'static, V: Clone + Send + Sync + 'static> Kept<K, V> {
    /// Each is good for so long; with zero each is counted anew.
    pub(super) fn for_a_while(ttl: Duration) -> Self {
        Self(Cache::builder().max_capacity(MOST).time_to_live(ttl).build())
    }

    /// The answer that is kept, or the one that this comes to. A fault is not kept.
    pub(super) async fn or_count(
        &self,
        question: K,
        count: impl Future<Output = Result<V, DbErr>>,
    ) -> Result<V, DbErr> {
        self.0.try_get_with(question, count).await.map_err(|fault| (*fault).clone())
    }
}

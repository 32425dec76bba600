use std::time::{Duration, Instant};

/// How long a condition may take to come true. The longest wait by design is for the lease of a relay that was killed.
const PATIENCE: Duration = Duration::from_secs(60);

/// Waits until a condition holds, and fails the test when it does not come to.
pub async fn until<F: Future<Output = bool>>(what: &str, mut holds: impl FnMut() -> F) {
    awaited(what, || {
        let holds = holds();
        async { holds.await.then_some(()) }
    })
    .await;
}

/// Tries until something is had, and fails the test when it does not come to.
pub async fn awaited<T, F: Future<Output = Option<T>>>(what: &str, mut attempt: impl FnMut() -> F) -> T {
    let since = Instant::now();
    let mut looks = tokio::time::interval(Duration::from_millis(25));
    loop {
        if let Some(had) = attempt().await {
            return had;
        }
        assert!(since.elapsed() < PATIENCE, "waited {PATIENCE:?} in vain until {what}");
        looks.tick().await;
    }
}

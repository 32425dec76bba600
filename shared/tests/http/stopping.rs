use std::time::{Duration, Instant};

use crate::stage::staged;

const SOON: Duration = Duration::from_secs(5);

#[tokio::test]
async fn a_stop_is_announced_then_drains_and_loses_nothing() {
    let stage = staged(|config| config.drain_delay = Duration::from_millis(500), |module| module).await;
    // An idle connection must not hold the stop.
    assert_eq!(stage.request("GET", "/health").send().await.unwrap().status(), 200);
    let slow = stage.request("GET", "/slow").send();
    let stop = async {
        // Asked for once the slow request is in: the health of a server with one worker says so.
        stage.request("GET", "/health").send().await.unwrap();
        stage.process.lifecycle.begin_stop();
        let draining = stage.request("GET", "/ready").send().await.unwrap();
        assert_eq!(draining.status(), 503);
        assert_eq!(draining.headers()["connection"], "close");
        assert_eq!(draining.json::<serde_json::Value>().await.unwrap()["status"], "draining");
        // Still answering, for a proxy that has not heard yet.
        assert_eq!(stage.request("GET", "/long").send().await.unwrap().status(), 200);
        // Then not listening any more, while the slow request still runs.
        while stage.request("GET", "/health").send().await.is_ok() {
            tokio::task::yield_now().await;
        }
        stage.notes.permits.add_permits(1);
    };
    let (slow, ()) = tokio::join!(slow, tokio::time::timeout(SOON, stop).map_ok());
    assert_eq!(slow.unwrap().text().await.unwrap(), "\"slow\"");
    let asked = Instant::now();
    stage.process.lifecycle.finish(SOON).await.unwrap();
    assert!(asked.elapsed() < Duration::from_secs(2), "{:?}", asked.elapsed());
}

#[tokio::test]
async fn an_idle_server_stops_at_once_although_a_connection_is_open() {
    let stage = staged(|_| {}, |module| module).await;
    assert_eq!(stage.request("GET", "/health").send().await.unwrap().status(), 200);
    let asked = Instant::now();
    stage.process.lifecycle.begin_stop();
    stage.process.lifecycle.finish(SOON).await.unwrap();
    assert!(asked.elapsed() < Duration::from_secs(2), "{:?}", asked.elapsed());
}

trait MapOk {
    async fn map_ok(self);
}

impl<F: Future<Output = Result<(), tokio::time::error::Elapsed>>> MapOk for F {
    async fn map_ok(self) {
        self.await.expect("the server stops listening soon");
    }
}

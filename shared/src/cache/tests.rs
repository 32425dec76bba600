use super::*;
use crate::config::Secret;

fn memory() -> Cache {
    Cache::open(&CacheConfig::in_memory("test"), "cache").unwrap()
}

fn at(url: String, timeout: Duration, prefix: &str) -> Cache {
    let redis_url = Some(Secret::new(url));
    let config = CacheConfig { redis_url, timeout, ..CacheConfig::in_memory(prefix) };
    Cache::open(&config, "cache").unwrap()
}

fn redis() -> Option<Cache> {
    #[allow(clippy::disallowed_methods, reason = "the tests are told of servers by the environment")]
    let Ok(url) = std::env::var("TEST_REDIS_URL") else {
        eprintln!("left out: Redis (TEST_REDIS_URL is not set)");
        return None;
    };
    let prefix =
        format!("test-{}", uuid::Uuid::from(crate::ids::EventId::at(crate::clock::Clock::system().now())));
    Some(at(url, Duration::from_secs(10), &prefix))
}

/// The same on memory and, where there is one, on Redis.
async fn on_both(check: impl AsyncFn(Cache)) {
    check(memory()).await;
    if let Some(redis) = redis() {
        check(redis).await;
    }
}

const LONG: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_millis(300);

/// Waits until a key is gone, which it soon must be.
async fn gone(cache: &Cache, key: &str) {
    let until_gone = async {
        while cache.get(key).await.unwrap().is_some() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), until_gone).await.expect("it expires");
}

#[tokio::test]
async fn a_value_is_kept_until_it_is_deleted_or_expires() {
    on_both(async |cache: Cache| {
        assert_eq!(cache.get("a").await.unwrap(), None);
        cache.set("a", b"\x00bytes\xff", LONG).await.unwrap();
        assert_eq!(cache.get("a").await.unwrap().unwrap(), b"\x00bytes\xff");
        cache.delete("a").await.unwrap();
        cache.delete("a").await.unwrap();
        assert_eq!(cache.get("a").await.unwrap(), None);
        cache.set("a", b"1", SHORT).await.unwrap();
        gone(&cache, "a").await;
        cache.ping().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn of_many_who_set_if_absent_one_wins() {
    on_both(async |cache: Cache| {
        let tries = (0..20).map(|n| {
            let cache = cache.clone();
            async move { cache.set_if_absent("once", n.to_string().as_bytes(), LONG).await.unwrap() }
        });
        let won = futures_util::future::join_all(tries).await;
        assert_eq!(won.into_iter().filter(|won| *won).count(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_count_counts_everyone_and_ends_with_its_first_time_to_live() {
    on_both(async |cache: Cache| {
        let counts = (0..20).map(|_| {
            let cache = cache.clone();
            async move { cache.increment("count", LONG).await.unwrap() }
        });
        let mut counts = futures_util::future::join_all(counts).await;
        counts.sort_unstable();
        assert_eq!(counts, (1..=20).collect::<Vec<u64>>());

        assert_eq!(cache.increment("brief", SHORT).await.unwrap(), 1);
        cache.increment("brief", LONG).await.unwrap();
        gone(&cache, "brief").await;
        assert_eq!(cache.increment("brief", LONG).await.unwrap(), 1);
    })
    .await;
}

#[tokio::test]
async fn of_many_versions_the_newest_stays_in_whichever_order_they_come() {
    on_both(async |cache: Cache| {
        let mut versions: Vec<i64> = (0..50).collect();
        versions.sort_by_key(|version| (version * 37) % 50);
        let sets =
            versions.into_iter().map(|version| {
                let cache = cache.clone();
                async move {
                    cache.set_newer("race", version, version.to_string().as_bytes(), LONG).await.unwrap()
                }
            });
        futures_util::future::join_all(sets).await;
        assert_eq!(cache.get_newest("race").await.unwrap(), Some((49, b"49".to_vec())));

        assert!(!cache.set_newer("race", 48, b"older", LONG).await.unwrap());
        assert!(cache.set_newer("race", 49, b"\x00as new\xff", LONG).await.unwrap());
        assert!(cache.set_newer("race", i64::MAX, b"", LONG).await.unwrap());
        assert!(
            !cache
                .set_newer("race", i64::MAX - 1, b"one below, beyond what a double tells", LONG)
                .await
                .unwrap()
        );
        assert_eq!(cache.get_newest("race").await.unwrap(), Some((i64::MAX, Vec::new())));
    })
    .await;
}

#[tokio::test]
async fn what_is_pushed_is_taken_once_and_in_order_and_too_much_of_it_is_forgotten() {
    on_both(async |cache: Cache| {
        let number = |number: u8| vec![number, 0xff];
        assert_eq!(cache.pop("queue", 3).await.unwrap(), Vec::<Vec<u8>>::new());
        cache.push("queue", &[], 10).await.unwrap();
        cache.push("queue", &[number(1), number(2)], 10).await.unwrap();
        cache.push("queue", &[number(3)], 10).await.unwrap();
        assert_eq!(cache.pop("queue", 0).await.unwrap(), Vec::<Vec<u8>>::new());
        assert_eq!(cache.pop("queue", 2).await.unwrap(), [number(1), number(2)]);
        assert_eq!(cache.pop("other", 2).await.unwrap(), Vec::<Vec<u8>>::new());
        assert_eq!(cache.pop("queue", 2).await.unwrap(), [number(3)]);
        cache.push("queue", &(0..30).map(number).collect::<Vec<_>>(), 10).await.unwrap();
        let takers = (0..5).map(|_| cache.pop("queue", 4));
        let mut taken: Vec<_> =
            futures_util::future::join_all(takers).await.into_iter().flat_map(Result::unwrap).collect();
        taken.sort();
        assert_eq!(taken, (20..30).map(number).collect::<Vec<_>>());
    })
    .await;
}

#[tokio::test]
async fn a_version_is_forgotten_with_its_value() {
    on_both(async |cache: Cache| {
        assert!(cache.set_newer("brief", 9, b"new", SHORT).await.unwrap());
        gone(&cache, "brief").await;
        assert!(cache.set_newer("brief", 1, b"old", LONG).await.unwrap());
        assert_eq!(cache.get_newest("brief").await.unwrap(), Some((1, b"old".to_vec())));

        cache.set("plain", b"no version", LONG).await.unwrap();
        assert_eq!(cache.get_newest("plain").await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn a_redis_that_is_away_is_an_error_in_time_and_then_left_alone() {
    let timeout = Duration::from_millis(250);
    // A port that nobody listens on, and one where somebody listens and never answers.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mute = listener.local_addr().unwrap();
    let free = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap()
    };
    for address in [free, mute] {
        let cache = at(format!("redis://{address}"), timeout, "test");
        let start = std::time::Instant::now();
        for _ in 0..10 {
            assert!(cache.get("a").await.is_err());
        }
        assert!(start.elapsed() < timeout * 8, "ten calls took {:?}", start.elapsed());
    }
}

/// As at the stop of a process, whose HTTP threads end before its tasks.
#[tokio::test]
async fn what_an_http_thread_began_to_wait_for_is_not_waited_for_elsewhere_when_it_is_gone() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let cache = at(format!("redis://{free}"), Duration::from_secs(1), "test");
    let asked = cache.clone();
    let worker = move || {
        crate::workers::work_as(0);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        // Refused at once, it is tried again after a pause, and given up in it.
        let given_up = async { tokio::time::timeout(Duration::from_millis(10), asked.get("a")).await };
        runtime.block_on(given_up).unwrap_err();
    };
    std::thread::spawn(worker).join().unwrap();
    cache.get("a").await.unwrap_err();
}

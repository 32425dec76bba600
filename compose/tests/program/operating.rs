use std::process::Stdio;

use serde_json::Value;

use crate::{house::House, waiting::until};

#[tokio::test]
async fn the_feed_is_printed_beside_the_running_service_one_line_an_event() {
    let house = House::open();
    let running = house.run().await;
    running.register(0..3).await;
    let tail = async |arguments: &[&str]| {
        let ended = house.command(&[&["events", "tail"], arguments].concat()).ended().await;
        assert_eq!((ended.status.code(), ended.stderr.as_str()), (Some(0), ""), "{arguments:?}");
        ended.stdout.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    let registered = tail(&["--type", "user.registered"]).await;
    assert_eq!(registered.len(), 4, "three, and the administrator: {registered:?}");
    for (line, number) in registered[1..].iter().zip(0..) {
        assert!(
            line.contains(" user.registered ") && line.contains(&format!("email=user{number}@example.com")),
            "{line}"
        );
        assert!(!line.contains('\u{1b}'), "no colours without a terminal: {line}");
    }
    assert_eq!(tail(&["--type", "user.registered", "--limit", "2"]).await, registered[2..]);
    assert_eq!(tail(&["--type", "user.registered", "--since", "1h", "--limit", "1"]).await, registered[3..]);
    assert_eq!(tail(&["--type", "*.registered", "--type", "ticket.>", "--since", "1h"]).await, registered);
    assert!(tail(&["--type", "ticket.*"]).await.is_empty());
    assert!(tail(&["--since", "2100-01-01T00:00:00Z"]).await.is_empty());
    let json: Vec<Value> = tail(&["--type", "user.registered", "--json"])
        .await
        .iter()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let feed = running.events().await;
    assert!(feed.iter().filter(|it| it["eventType"] == "user.registered").eq(&json), "as the API has them");
    running.stop().await;
    // And when the service does not run.
    assert_eq!(tail(&["--type", "user.registered"]).await, registered);
}

#[tokio::test]
async fn the_feed_is_followed_until_ctrl_c() {
    let house = House::open();
    let running = house.run().await;
    running.register(0..2).await;
    let following =
        house.command(&["events", "tail", "--follow", "--type", "user.registered", "--limit", "1"]).start();
    following.until("the last one is there", |it| it.stdout().contains("user1@example.com")).await;
    running.register(2..4).await;
    following.until("it goes on", |it| it.stdout().contains("user3@example.com")).await;
    assert_eq!(following.stdout().lines().count(), 3, "{}", following.stdout());
    following.signal("INT");
    let ended = following.ended().await;
    assert_eq!((ended.status.code(), ended.stderr.as_str()), (Some(0), ""));
}

#[tokio::test]
async fn a_reader_that_has_enough_ends_the_feed_quietly() {
    let house = House::open();
    let running = house.run().await;
    running.register(0..1).await;
    for arguments in [&["events", "tail"][..], &["events", "tail", "--json"], &["events", "tail", "--follow"]]
    {
        let mut child =
            house.command(arguments).command().stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!((output.status.code(), output.stderr), (Some(0), Vec::new()), "{arguments:?}");
    }
}

#[tokio::test]
async fn what_the_feed_cannot_do_is_told_in_words() {
    let house = House::open();
    let ended = house.command(&["events", "tail"]).ended().await;
    assert_eq!(ended.status.code(), Some(1));
    assert!(ended.stderr.contains("cannot open the database"), "{}", ended.stderr);
    std::fs::create_dir(house.data_dir()).unwrap();
    let ended = house.command(&["events", "tail"]).ended().await;
    assert_eq!(ended.status.code(), Some(1));
    assert!(ended.stderr.contains("holds no trail that can be read: audit makes one"), "{}", ended.stderr);
    for (arguments, words) in [
        (["--type", "ticket"], "event types are named as in ticket.created"),
        (["--since", "yesterday"], "neither a duration, as in 30m, 2h or 7d, nor a time"),
        (["--limit", "many"], "invalid digit"),
    ] {
        let ended = house.command(&[&["events", "tail"][..], &arguments].concat()).ended().await;
        assert_eq!(ended.status.code(), Some(2));
        assert!(ended.stderr.contains(words), "{}", ended.stderr);
    }
}

#[tokio::test]
async fn on_the_local_bus_nothing_is_replayed() {
    let house = House::open();
    let ended = house.command(&["events", "replay", "--consumer", "audit"]).ended().await;
    assert_eq!(ended.status.code(), Some(1), "{}", ended.stdout);
    assert!(ended.stderr.contains("EVENTS is local: that bus keeps no stream"), "{}", ended.stderr);
    for (arguments, words) in [
        (&["--consumer", "a b"][..], "a consumer's name is"),
        (&["--consumer", "x", "--since", "1h", "--from-sequence", "1"], "cannot be used with"),
        (&["--consumer", "x", "--from-sequence", "0"], "0 is not in 1.."),
        (&[], "--consumer"),
    ] {
        let ended = house.command(&[&["events", "replay"], arguments].concat()).ended().await;
        assert_eq!(ended.status.code(), Some(2), "{arguments:?}");
        assert!(ended.stderr.contains(words), "{}", ended.stderr);
    }
}

#[tokio::test]
async fn on_jetstream_a_running_service_reads_again_and_records_nothing_twice() {
    #[allow(clippy::disallowed_methods, reason = "tests are told their servers by the environment")]
    let Some(nats) = std::env::var("TEST_NATS_URL").ok().filter(|url| !url.is_empty()) else { return };
    #[allow(clippy::disallowed_methods, reason = "tests that run side by side share the server")]
    let namespace = format!("replay{}", uuid::Uuid::new_v4().simple());
    let house = House::open().with("NATS_URL", &nats).with("NATS_NAMESPACE", &namespace);
    let running = house.run().await;
    running.register(0..3).await;
    let replay = async |arguments: &[&str]| {
        let ended = house.command(&[&["events", "replay", "--consumer"], arguments].concat()).ended().await;
        assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
        ended.stdout
    };
    let stream = async_nats::jetstream::new(async_nats::connect(&nats).await.unwrap());
    let stream = stream.get_stream(format!("{namespace}-HELPDESK")).await.unwrap();
    for arguments in [&["audit"][..], &["audit", "--from-sequence", "2"], &["audit", "--since", "1h"]] {
        let before = running.events().await.len();
        let told = replay(arguments).await;
        assert!(
            told.contains(&format!("The consumer audit of the stream {namespace}-HELPDESK begins anew")),
            "{told}"
        );
        assert!(told.contains("events come to it") && told.contains("nats consumer info"), "{told}");
        // It reads all of it again without a restart.
        let is_read = async || {
            let consumer = stream.consumer_info("audit").await.unwrap();
            let is_idle = consumer.num_pending == 0 && consumer.num_ack_pending == 0;
            is_idle && consumer.delivered.consumer_sequence >= 3
        };
        until("it has read all of it again", is_read).await;
        let events = running.events().await;
        let mut ids: Vec<_> = events.iter().map(|event| event["eventId"].as_str().unwrap()).collect();
        ids.sort_unstable();
        ids.dedup();
        assert!(ids.len() == events.len() && events.len() >= before, "nothing twice, nothing gone");
    }
    running.register(3..4).await;

    let told = replay(&["notifications-test", "--type", "user.registered"]).await;
    assert!(
        told.contains("is new and begins with the first event") && told.contains("5 events come to it"),
        "{told}"
    );
    assert!(told.contains(&format!("nats consumer next {namespace}-HELPDESK notifications-test")), "{told}");
    let refused =
        house.command(&["events", "replay", "--consumer", "audit", "--type", "user.*"]).ended().await;
    assert_eq!(refused.status.code(), Some(1));
    assert!(refused.stderr.contains("--type is for a consumer of another name"), "{}", refused.stderr);
    running.stop().await;
    let context = async_nats::jetstream::new(async_nats::connect(&nats).await.unwrap());
    for stream in ["HELPDESK", "HELPDESK_COMMANDS"] {
        context.delete_stream(format!("{namespace}-{stream}")).await.unwrap();
    }
}

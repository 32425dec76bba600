//! Under a supervisor that speaks as systemd does, without one being there.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    os::unix::net::UnixDatagram,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use serde_json::{Value, json};

use crate::support::{Launch, PATIENCE};

/// What a supervisor hears.
struct Ear(UnixDatagram);

impl Ear {
    fn within(folder: &Path) -> (Self, String) {
        let path = folder.join("notify");
        let socket = UnixDatagram::bind(&path).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        (Self(socket), path.display().to_string())
    }

    fn next(&self) -> String {
        let mut news = [0; 512];
        let length = self.0.recv(&mut news).expect("something is told within the time");
        String::from_utf8_lossy(&news[..length]).into_owned()
    }

    /// What is left, once nobody speaks any more.
    fn rest(&self) -> Vec<String> {
        self.0.set_nonblocking(true).unwrap();
        let mut news = [0; 512];
        std::iter::from_fn(|| {
            let length = self.0.recv(&mut news).ok()?;
            Some(String::from_utf8_lossy(&news[..length]).into_owned())
        })
        .collect()
    }
}

fn listener(launch: &Launch, key: &str) -> TcpListener {
    TcpListener::bind(("127.0.0.1", launch.port(key))).unwrap()
}

/// The program as its supervisor starts it, with a socket that outlives it; the socket's port.
fn behind_a_socket(folder: &Path) -> (Launch, u16) {
    let launch = Launch::within(folder);
    let (socket, port) = (listener(&launch, "HELPDESK_PORT"), launch.port("HELPDESK_PORT"));
    (launch.handed(socket, "helpdesk"), port)
}

const HEALTH: &str = "GET /health HTTP/1.1\r\nHost: helpdesk\r\nConnection: close\r\n\r\n";

/// Asks on a connection of its own; the whole answer, or why there is none.
fn ask(port: u16, request: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(request.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

#[tokio::test]
async fn the_supervisor_is_told_that_it_serves_that_it_lives_and_that_it_stops() {
    let folder = tempfile::tempdir().unwrap();
    let (ear, path) = Ear::within(folder.path());
    let launch = Launch::within(folder.path()).with("NOTIFY_SOCKET", path).with("WATCHDOG_USEC", "200000");
    let program = launch.start();
    let first = ear.next();
    assert!(first.contains("READY=1\n"), "{first}");
    for key in ["AUTH_PORT", "TICKETS_PORT", "HELPDESK_PORT"] {
        assert!(ask(launch.port(key), HEALTH).unwrap().starts_with("HTTP/1.1 200"), "{key}");
    }
    for _ in 0..3 {
        assert_eq!(ear.next(), "WATCHDOG=1\n");
    }
    // A process that has lost the processor shows nothing, so that it is ended and started anew.
    program.signal("STOP");
    ear.rest();
    ear.0.set_nonblocking(false).unwrap();
    ear.0.set_read_timeout(Some(std::time::Duration::from_millis(400))).unwrap();
    assert!(ear.0.recv(&mut [0; 512]).is_err(), "nothing shows a life that is not there");
    program.signal("CONT");
    let ended = program.stop().await;
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    let rest = ear.rest();
    let (last, before) = rest.split_last().expect("the stop is told");
    assert!(last.contains("STOPPING=1\n"), "{rest:?}");
    assert!(before.iter().all(|news| news == "WATCHDOG=1\n"), "{rest:?}");
}

#[tokio::test]
async fn a_start_that_fails_is_never_told_as_one_that_serves() {
    let folder = tempfile::tempdir().unwrap();
    let (ear, path) = Ear::within(folder.path());
    let launch = Launch::within(folder.path()).with("NOTIFY_SOCKET", path);
    let ended = launch.with("MIGRATE_ON_START", "false").ended().await;
    assert_eq!(ended.status.code(), Some(1), "{}", ended.stderr);
    let told = ear.rest();
    assert!(told.iter().all(|news| !news.contains("READY")), "{told:?}");
}

#[tokio::test]
async fn who_connects_while_the_process_is_restarted_is_served_by_the_next_one() {
    let folder = tempfile::tempdir().unwrap();
    let (launch, port) = behind_a_socket(folder.path());
    let program = launch.ready().await;
    assert_eq!(program.stop().await.status.code(), Some(0));

    // Nobody is there, and the connection is had all the same.
    let mut waiting = TcpStream::connect(("127.0.0.1", port)).unwrap();
    waiting.set_read_timeout(Some(PATIENCE)).unwrap();
    waiting.write_all(HEALTH.as_bytes()).unwrap();
    let _program = launch.ready().await;
    let mut answer = String::new();
    waiting.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[tokio::test]
async fn who_was_let_in_before_a_stop_is_answered_though_the_request_comes_after_it() {
    let folder = tempfile::tempdir().unwrap();
    let (launch, port) = behind_a_socket(folder.path());
    let program = launch.ready().await;
    let mut early = TcpStream::connect(("127.0.0.1", port)).unwrap();
    // Connections are taken in their order.
    assert!(ask(port, HEALTH).unwrap().starts_with("HTTP/1.1 200"));
    program.signal("TERM");
    early.set_read_timeout(Some(std::time::Duration::from_millis(700))).unwrap();
    assert!(early.read(&mut [0]).is_err(), "it is not sent away");
    early.set_read_timeout(Some(PATIENCE)).unwrap();
    early.write_all(HEALTH.as_bytes()).unwrap();
    let mut answer = String::new();
    early.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert_eq!(program.ended().await.status.code(), Some(0));
}

#[tokio::test]
async fn over_restarts_no_request_is_refused_or_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let (launch, port) = behind_a_socket(folder.path());
    let mut program = launch.ready().await;
    let account = json!({ "email": "ada@example.com", "password": "a long enough password" });
    let register = reqwest::Client::new().post(format!("{}/auth/register", program.url())).json(&account);
    let token = register.send().await.unwrap().json::<Value>().await.unwrap()["accessToken"].clone();
    // Whoever is let in is answered as ever, not told that it cannot be said yet who calls.
    let request = format!(
        "GET /tickets HTTP/1.1\r\nHost: helpdesk\r\nAuthorization: Bearer {}\r\nConnection: close\r\n\r\n",
        token.as_str().unwrap()
    );

    let done = Arc::new(AtomicBool::new(false));
    let clients: Vec<_> = (0..4)
        .map(|_| {
            let (done, request) = (done.clone(), request.clone());
            std::thread::spawn(move || {
                let mut answered = 0;
                while !done.load(Ordering::SeqCst) {
                    let answer = ask(port, &request)
                        .unwrap_or_else(|fault| panic!("after {answered} answers: {fault}"));
                    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
                    answered += 1;
                }
                answered
            })
        })
        .collect();
    for _ in 0..3 {
        assert_eq!(program.stop().await.status.code(), Some(0));
        program = launch.ready().await;
    }
    done.store(true, Ordering::SeqCst);
    let answered: Vec<u32> = clients.into_iter().map(|client| client.join().unwrap()).collect();
    assert!(answered.iter().all(|count| *count > 3), "{answered:?}");
}

#[tokio::test]
async fn a_socket_that_does_not_fit_the_settings_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let launch = Launch::within(folder.path());
    let (wanted, other) = (launch.port("TICKETS_PORT"), listener(&launch, "AUDIT_PORT"));
    let ended = launch.clone().handed(other, "tickets").ended().await;
    assert_eq!(ended.status.code(), Some(1), "{}", ended.stderr);
    for word in [
        format!("tickets was handed a socket that listens on 127.0.0.1:{}", launch.port("AUDIT_PORT")),
        format!("the settings say 127.0.0.1:{wanted}"),
        "ListenStream=".to_owned(),
        "TICKETS_PORT".to_owned(),
    ] {
        assert!(ended.stderr.contains(&word), "“{word}” is missing in:\n{}", ended.stderr);
    }

    let socket = listener(&launch, "TICKETS_PORT");
    let ended = launch.handed(socket, "ticket").ended().await;
    assert_eq!(ended.status.code(), Some(1), "{}", ended.stderr);
    assert!(ended.stderr.contains("a socket named ticket was handed over"), "{}", ended.stderr);
}

use serde_json::{Value, json};

use crate::support::Launch;

async fn sign_in(url: &str, email: &str, password: &str) -> reqwest::Response {
    let body = json!({ "email": email, "password": password });
    reqwest::Client::new().post(format!("{url}/auth/login")).json(&body).send().await.unwrap()
}

/// The lines of the banner's last part: the address and the password.
fn administrator(printed: &str) -> Option<(String, String)> {
    let (_, after) = printed.split_once("The password is shown this once:")?;
    let mut lines = after.lines().map(str::trim).filter(|line| !line.is_empty());
    Some((lines.next()?.to_owned(), lines.next()?.to_owned()))
}

#[tokio::test]
async fn the_first_start_makes_an_administrator_and_says_what_runs_where() {
    let folder = tempfile::tempdir().unwrap();
    let launch = Launch::within(folder.path());
    let program = launch.ready().await;
    // The banner follows readiness.
    program.until("the banner is there", |program| administrator(&program.stdout()).is_some()).await;
    let (email, password) = administrator(&program.stdout()).unwrap();
    assert_eq!(sign_in(program.url(), &email, &password).await.status(), 200);
    let ended = program.stop().await;
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    for name in ["auth", "users", "tickets", "files", "notifications", "audit", "helpdesk"] {
        assert!(ended.stdout.contains(&launch.url(name)), "{name} is missing in:\n{}", ended.stdout);
    }
    for word in ["tickets.db", "mail", "Documentation", "/docs"] {
        assert!(ended.stdout.contains(word), "{word} is missing in:\n{}", ended.stdout);
    }

    let again = launch.ready().await.stop().await;
    assert_eq!(administrator(&again.stdout), None, "{}", again.stdout);
}

#[tokio::test]
async fn the_administrator_is_the_one_that_was_named() {
    let folder = tempfile::tempdir().unwrap();
    let launch = Launch::within(folder.path())
        .with("ADMIN_EMAIL", "root@example.com")
        .with("ADMIN_PASSWORD", "a long enough password");
    let program = launch.ready().await;
    let answer = sign_in(program.url(), "root@example.com", "a long enough password").await;
    assert_eq!(answer.status(), 200);
    let answer: Value = answer.json().await.unwrap();
    assert_eq!(answer["user"]["role"], "admin");
    let ended = program.stop().await;
    assert!(!(ended.stdout + &ended.stderr).contains("a long enough password"));
}

#[tokio::test]
async fn what_was_answered_is_there_after_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let launch = Launch::within(folder.path());
    let program = launch.ready().await;
    let client = reqwest::Client::new();
    let account = json!({ "email": "alice@example.com", "password": "a long enough password" });
    let answer = client.post(format!("{}/auth/register", program.url())).json(&account).send().await.unwrap();
    let token = answer.json::<Value>().await.unwrap()["accessToken"].as_str().unwrap().to_owned();
    let ticket = json!({ "title": "Printer", "description": "It burns", "category": "hardware" });
    let answer =
        client.post(format!("{}/tickets", program.url())).bearer_auth(&token).json(&ticket).send().await;
    let id = answer.unwrap().json::<Value>().await.unwrap()["id"].as_str().unwrap().to_owned();
    program.kill();

    let program = launch.ready().await;
    let answer =
        client.get(format!("{}/tickets/{id}", program.url())).bearer_auth(&token).send().await.unwrap();
    assert_eq!(answer.status(), 200, "the ticket and the session outlive the process");
}

#[tokio::test]
async fn a_second_signal_ends_it_at_once() {
    let folder = tempfile::tempdir().unwrap();
    // It would go on answering for a long time.
    let launch = Launch::within(folder.path()).with("DRAIN_DELAY", "25s").with("DRAIN_TIMEOUT", "29s");
    let program = launch.ready().await;
    program.signal("TERM");
    program.until("it stops", |program| program.stderr().contains("stopping")).await;
    let answer = reqwest::get(format!("{}/ready", program.url())).await.unwrap();
    assert_eq!(answer.status(), 503, "it answers, and says that it is not ready");
    program.signal("INT");
    let ended = program.ended().await;
    assert_eq!(ended.status.code(), Some(1), "{}", ended.stderr);
}

//! The recipes of `nats/RECIPES.md`, run as they stand there: by the real NATS CLI, on three servers with the configuration of
//! `nats/server`, with a helpdesk at work on them.

use std::{os::unix::fs::symlink, path::Path, process::Stdio, time::Duration};

use async_nats::jetstream;
use compose::services::Service;
use reqwest::Client;
use serde_json::{Value, json};

use crate::{
    left_out,
    secrets::Secrets,
    servers::{Server, free_port, named, nats_of_three, nats_user},
    support::{Launch, Program},
    until,
};

const PAGE: &str = include_str!("../../../nats/RECIPES.md");
const STOPPED: &str = "<!-- the services are stopped -->";
const ADMIN: (&str, &str) = ("root@example.com", "a long enough password");
/// In seconds: how long one recipe may take.
const PATIENCE: u32 = 90;

/// One recipe, and what it is said to print.
struct Recipe {
    line: usize,
    script: String,
    expected: Vec<String>,
    wants_a_stop: bool,
}

/// Each `sh` block, with the `text` block that follows it.
fn recipes(page: &str) -> Vec<Recipe> {
    let mut recipes: Vec<Recipe> = Vec::new();
    let mut lines = page.lines().zip(1..);
    let mut wants_a_stop = false;
    while let Some((text, line)) = lines.next() {
        if text == STOPPED {
            wants_a_stop = true;
        }
        let Some(kind) = text.strip_prefix("```") else { continue };
        let block: Vec<&str> =
            lines.by_ref().map(|(text, _)| text).take_while(|text| *text != "```").collect();
        match kind {
            "sh" => {
                let script = block.join("\n") + "\n";
                recipes.push(Recipe { line, script, expected: Vec::new(), wants_a_stop });
                wants_a_stop = false;
            }
            "text" => {
                let recipe = recipes.last_mut().expect("it tells what a recipe prints");
                assert!(recipe.expected.is_empty(), "line {line}: two blocks tell what one recipe prints");
                recipe.expected = block.into_iter().map(str::to_owned).collect();
            }
            _ => panic!("line {line}: a block is `sh` or `text`"),
        }
    }
    recipes
}

/// The first of the expected lines that does not come, in their order; `…` is anything, and white space any.
fn missing<'a>(expected: &'a [String], printed: &str) -> Option<&'a str> {
    let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut printed = printed.lines().map(plain);
    let comes = |wanted: &String, line: &str| {
        let mut rest = line;
        plain(wanted).split('…').all(|part| match rest.split_once(part.trim()) {
            Some((_, behind)) => {
                rest = behind;
                true
            }
            None => false,
        })
    };
    expected.iter().find(|wanted| !printed.any(|line| comes(wanted, &line))).map(String::as_str)
}

#[test]
fn every_recipe_tells_what_it_prints() {
    let recipes = recipes(PAGE);
    assert!(recipes.len() > 15, "{}", recipes.len());
    for recipe in recipes {
        assert!(!recipe.expected.is_empty(), "nats/RECIPES.md:{}: nothing is expected", recipe.line);
    }
}

#[test]
fn what_is_expected_is_found_in_its_order_or_missed() {
    let expected = ["│ audit │ … │ 0 │".to_owned(), "Leader: nats-…".to_owned()];
    assert_eq!(missing(&expected, "x\n│ audit │  Pull │  0 │\n  Leader: nats-2\n"), None);
    assert_eq!(missing(&expected, "Leader: nats-2\n│ audit │ Pull │ 0 │\n"), Some("Leader: nats-…"));
    assert_eq!(missing(&expected, "│ audit │ Pull │ 1 │\nLeader: nats-2"), Some("│ audit │ … │ 0 │"));
}

/// What the recipes are run in: three servers, a helpdesk, and a folder that looks like the repository.
struct Desk {
    secrets: Secrets,
    _servers: Vec<Server>,
    urls: String,
    launch: Launch,
    client: Client,
    token: String,
    ticket: String,
}

impl Desk {
    async fn open() -> Option<(Self, Program)> {
        let cli = named("TEST_NATS_CLI")?;
        if !has("curl") || !has("script") {
            left_out("curl and script");
            return None;
        }
        let secrets = Secrets::make();
        let ports = [free_port(), free_port(), free_port()];
        let routes = [free_port(), free_port(), free_port()];
        let mut servers = Vec::new();
        for number in 0..3 {
            servers.push(nats_of_three(&secrets, number, ports, routes).await?);
        }
        let (operator, _) = nats_user(&secrets, ports[0], "operator").await;
        let operator = jetstream::new(operator);
        until("the three have agreed on a leader", || async { operator.query_account().await.is_ok() }).await;
        let urls = ports.map(|port| format!("nats://127.0.0.1:{port}")).join(",");
        let launch = launch(&secrets, &urls);
        folder(secrets.folder(), &cli, &launch);
        let program = launch.ready().await;
        let (url, client) = (launch.url("helpdesk"), Client::new());
        let login = json!({ "email": ADMIN.0, "password": ADMIN.1 });
        let login: Value =
            client.post(format!("{url}/auth/login")).json(&login).send().await.unwrap().json().await.unwrap();
        let token = login["accessToken"].as_str().unwrap().to_owned();
        let ticket = String::new();
        let mut desk = Self { secrets, _servers: servers, urls, launch, client, token, ticket };
        desk.ticket = desk.ticket("The printer is on fire").await;
        desk.comment(&desk.ticket).await.unwrap();
        Some((desk, program))
    }

    async fn ticket(&self, title: &str) -> String {
        let ticket = json!({ "title": title, "description": "Since this morning.", "category": "hardware", "priority": "HIGH" });
        let url = format!("{}/tickets", self.launch.url("helpdesk"));
        let answer = self.client.post(url).bearer_auth(&self.token).json(&ticket).send().await.unwrap();
        assert_eq!(answer.status(), 201);
        answer.json::<Value>().await.unwrap()["id"].as_str().unwrap().to_owned()
    }

    async fn comment(&self, ticket: &str) -> reqwest::Result<()> {
        let url = format!("{}/tickets/{ticket}/comments", self.launch.url("helpdesk"));
        let comment = json!({ "content": "It still burns." });
        self.client.post(url).bearer_auth(&self.token).json(&comment).send().await?.error_for_status()?;
        Ok(())
    }

    /// Whoever listens shall hear something, while the services run.
    async fn go_on(&self) {
        let ticket = self.ticket("The other printer").await;
        let mut beats = tokio::time::interval(Duration::from_millis(500));
        loop {
            beats.tick().await;
            // They may be stopped just now.
            let _ = self.comment(&ticket).await;
        }
    }

    /// What a script prints to a terminal.
    async fn run(&self, script: &str) -> String {
        let root = self.secrets.folder().join("repository");
        let file = root.join("recipe.sh");
        std::fs::write(&file, script).unwrap();
        #[allow(clippy::disallowed_methods, reason = "recipes want the tools of the system")]
        let path = format!("{}:{}", root.join("bin").display(), std::env::var("PATH").unwrap());
        let output = tokio::process::Command::new("script")
            .args(["-qec", &format!("timeout {PATIENCE} bash -eu recipe.sh"), "/dev/null"])
            .current_dir(&root)
            .env_clear()
            .envs([("PATH", path.as_str()), ("LC_ALL", "C.UTF-8"), ("TERM", "dumb"), ("SHELL", "/bin/sh")])
            .env("HOME", &root)
            .envs([("ticket", &self.ticket), ("token", &self.token)])
            .env("api", self.launch.url("helpdesk"))
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output()
            .await
            .unwrap();
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{script}\n{}:\n{printed}", output.status);
        printed
    }
}

fn has(program: &str) -> bool {
    let found = std::process::Command::new("sh").args(["-c", &format!("command -v {program}")]).output();
    found.is_ok_and(|found| found.status.success())
}

/// All six in one process, each with its own user.
fn launch(secrets: &Secrets, urls: &str) -> Launch {
    let mut launch = Launch::within(secrets.folder())
        .with("NATS_URL", urls)
        .with("ADMIN_EMAIL", ADMIN.0)
        .with("ADMIN_PASSWORD", ADMIN.1);
    for service in Service::ALL {
        let key = service.name().to_ascii_uppercase();
        let password = secrets.file(&format!("nats_{service}"));
        launch = launch
            .with(&format!("{key}_NATS_USER"), service.name())
            .with(&format!("{key}_NATS_PASSWORD_FILE"), password.display().to_string());
    }
    launch
}

/// Where the recipes are typed: they find the streams, the secrets and the programs.
fn folder(at: &Path, cli: &str, launch: &Launch) {
    let root = at.join("repository");
    std::fs::create_dir_all(root.join("compose/docker")).unwrap();
    std::fs::create_dir_all(root.join("bin")).unwrap();
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    symlink(repository.join("nats"), root.join("nats")).unwrap();
    symlink(at, root.join("compose/docker/secrets")).unwrap();
    symlink(cli, root.join("bin/nats")).unwrap();
    // As configured as the one that runs, unless the recipe says otherwise; the CLI's own variables are not for it.
    let command = launch.command();
    let settings = command.get_envs().filter_map(|(key, value)| Some((key.to_str()?, value?.to_str()?)));
    let mut text = "#!/bin/sh\nunset NATS_URL NATS_USER NATS_PASSWORD\n".to_owned();
    for (key, value) in settings {
        text += &format!("export {key}=\"${{{key}:-{value}}}\"\n");
    }
    text += &format!("exec '{}' \"$@\"\n", command.get_program().to_str().unwrap());
    let program = root.join("bin/helpdesk");
    std::fs::write(&program, text).unwrap();
    std::fs::set_permissions(program, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
}

/// Only where it is asked for: the CLI v0.3.0 dies of a 503, and that is what a consumer answers on a cluster while its leader is
/// being elected, which on a loaded machine takes long enough.
/// `TEST_RECIPES=yes cargo xtask servers --run -- cargo test -p compose --test containers recipes`
#[tokio::test(flavor = "multi_thread")]
async fn the_recipes_do_what_they_say() {
    if named("TEST_RECIPES").is_none() {
        return;
    }
    let Some((desk, program)) = Desk::open().await else { return };
    let recipes = recipes(PAGE);
    let (first, others) = recipes.split_first().unwrap();
    let who = first.script.replace("nats://127.0.0.1:4222", &desk.urls);
    assert_ne!(who, first.script, "where the server is stands in the first");
    assert_eq!(missing(&first.expected, &desk.run(&who).await), None);
    let exports: String =
        who.lines().filter(|line| line.starts_with("export ")).map(|line| format!("{line}\n")).collect();
    let told = "nats consumer info HELPDESK audit --json\n";
    until("audit has read something", || async {
        desk.run(&format!("{exports}{told}")).await.contains("\"num_pending\": 0")
    })
    .await;
    tokio::select! {
        () = desk.go_on() => {}
        () = all(&desk, program, others, &exports) => {}
    }
}

/// All in turn, on services that run, but for the one that wants them stopped.
async fn all(desk: &Desk, mut program: Program, recipes: &[Recipe], exports: &str) {
    assert_eq!(recipes.iter().filter(|recipe| recipe.wants_a_stop).count(), 1);
    for recipe in recipes {
        let script = format!("{exports}{}", recipe.script);
        let printed = if recipe.wants_a_stop {
            let ended = program.stop().await;
            assert!(ended.status.success(), "{}", ended.stderr);
            let printed = desk.run(&script).await;
            program = desk.launch.ready().await;
            printed
        } else {
            desk.run(&script).await
        };
        let missing = missing(&recipe.expected, &printed);
        assert_eq!(missing, None, "nats/RECIPES.md:{} does not print that:\n{printed}", recipe.line);
    }
}

//! A helpdesk that runs, and a place beside it for commands.

use std::ops::Range;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    support::{Launch, Program},
    waiting::until,
};

const ADMIN: &str = "root@example.com";
const PASSWORD: &str = "a long enough password";

/// A folder for a helpdesk, and another one for commands, so that the two do not write to one file.
pub struct House {
    folder: TempDir,
    beside: TempDir,
    launch: Launch,
}

impl House {
    pub fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let launch = Launch::within(folder.path())
            .with("ADMIN_EMAIL", ADMIN)
            .with("ADMIN_PASSWORD", PASSWORD)
            .with("CHECKPOINT_INTERVAL", "100ms")
            .with("HELPDESK_DATA_DIR", folder.path().join("data").display().to_string());
        Self { folder, beside: tempfile::tempdir().unwrap(), launch }
    }

    pub fn with(mut self, key: &str, value: impl Into<String>) -> Self {
        self.launch = self.launch.with(key, value);
        self
    }

    /// Where it keeps everything; made when it first runs.
    pub fn data_dir(&self) -> std::path::PathBuf {
        self.folder.path().join("data")
    }

    /// A command with the same configuration.
    pub fn command(&self, arguments: &[&str]) -> Launch {
        self.launch.clone().moved(self.beside.path()).arguments(arguments)
    }

    /// Starts it, and signs the administrator in.
    pub async fn run(&self) -> Running {
        let program = self.launch.ready().await;
        let body = json!({ "email": ADMIN, "password": PASSWORD });
        let answer = reqwest::Client::new().post(format!("{}/auth/login", program.url())).json(&body);
        let answer: Value = answer.send().await.unwrap().json().await.unwrap();
        let token = answer["accessToken"].as_str().unwrap().to_owned();
        Running { program, token }
    }
}

/// It runs.
pub struct Running {
    program: Program,
    token: String,
}

impl Running {
    /// What the administrator gets.
    pub async fn text(&self, path: &str) -> String {
        let url = format!("{}{path}", self.program.url());
        let answer = reqwest::Client::new().get(url).bearer_auth(&self.token).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        answer.text().await.unwrap()
    }

    /// The same as JSON.
    pub async fn json(&self, path: &str) -> Value {
        serde_json::from_str(&self.text(path).await).unwrap()
    }

    /// The feed from its start.
    pub async fn events(&self) -> Vec<Value> {
        self.json("/audit/events?limit=100").await["items"].as_array().unwrap().clone()
    }

    /// People with these numbers register, and that is on record.
    pub async fn register(&self, numbers: Range<u32>) {
        for number in numbers.clone() {
            let account = json!({ "email": format!("user{number}@example.com"), "password": PASSWORD });
            let url = format!("{}/auth/register", self.program.url());
            let answer = reqwest::Client::new().post(url).json(&account).send().await.unwrap();
            assert_eq!(answer.status(), 201);
        }
        let last = format!("user{}@example.com", numbers.end - 1);
        let is_recorded = async || self.events().await.iter().any(|event| event["data"]["email"] == *last);
        until("the last is on record", is_recorded).await;
    }

    pub async fn stop(self) {
        let ended = self.program.stop().await;
        assert!(ended.status.success(), "{}", ended.stderr);
    }
}

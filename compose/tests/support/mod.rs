//! The real program as a child process: on ports and in a folder of its own, started, killed and started again.
//! `#[path = "../support/mod.rs"] mod support;` brings it into a test.

#![allow(dead_code, reason = "each test that includes this uses its part")]
#![allow(unreachable_pub, reason = "included by several tests")]

use std::{
    fs::File,
    net::TcpListener,
    os::fd::OwnedFd,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU16, Ordering},
    },
    time::{Duration, Instant},
};

/// How long something may take to come true before the test fails.
pub const PATIENCE: Duration = Duration::from_secs(30);
/// How often it is looked at.
const LOOK: Duration = Duration::from_millis(5);

const PROGRAM: &str = env!("CARGO_BIN_EXE_helpdesk");

/// Becomes the program, with its standard input as the first of the descriptors that are handed over.
const HAND_OVER: &str = r#"export LISTEN_PID=$$ LISTEN_FDS=1; exec "$0" "$@" 3<&0 </dev/null"#;

/// The servers of the program and the setting of each one's port.
const PORTS: [&str; 7] = [
    "AUTH_PORT",
    "USERS_PORT",
    "TICKETS_PORT",
    "FILES_PORT",
    "NOTIFICATIONS_PORT",
    "AUDIT_PORT",
    "HELPDESK_PORT",
];

/// How to start the program: the same each time, so that a restart is found where it was.
#[derive(Clone, Debug)]
pub struct Launch {
    folder: PathBuf,
    ports: Vec<u16>,
    environment: Vec<(String, String)>,
    arguments: Vec<String>,
    /// Whose port the program is found at.
    front: String,
    /// What a supervisor hands over, and to which service.
    socket: Option<(Arc<TcpListener>, String)>,
}

impl Launch {
    /// In this folder (`data` is made below it, the output goes beside that), on free ports, on the embedded backends.
    pub fn within(folder: &Path) -> Self {
        let ports = PORTS.map(|_| free_port()).to_vec();
        let (environment, arguments, front) = (Vec::new(), Vec::new(), "helpdesk".to_owned());
        Self { folder: folder.to_owned(), ports, environment, arguments, front, socket: None }
            .with("LOG_FORMAT", "text")
            .with("BCRYPT_COST", "4")
    }

    /// With a setting, by its environment variable.
    pub fn with(mut self, key: &str, value: impl Into<String>) -> Self {
        self.environment.retain(|(known, _)| known != key);
        self.environment.push((key.to_owned(), value.into()));
        self
    }

    /// With another folder, for a process beside others.
    pub fn moved(mut self, folder: &Path) -> Self {
        self.folder = folder.to_owned();
        self
    }

    /// With another command than `serve`.
    pub fn arguments(mut self, arguments: &[&str]) -> Self {
        self.arguments = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        self
    }

    /// With these services only, and found at the first one's port.
    pub fn only(mut self, services: &[&str]) -> Self {
        self.front = services[0].to_owned();
        self.arguments(&["serve", "--only", &services.join(",")])
    }

    /// With a socket that it is handed over, as by systemd, which keeps it open from one process to the next.
    pub fn handed(mut self, socket: TcpListener, service: &str) -> Self {
        self.socket = Some((Arc::new(socket), service.to_owned()));
        self
    }

    /// The port behind a setting, as in `TICKETS_PORT`.
    pub fn port(&self, key: &str) -> u16 {
        self.ports[PORTS.iter().position(|known| *known == key).unwrap()]
    }

    /// The base URL of a service, or of `helpdesk`, which has all routes.
    pub fn url(&self, name: &str) -> String {
        format!("http://127.0.0.1:{}", self.port(&format!("{}_PORT", name.to_ascii_uppercase())))
    }

    /// Where the embedded backends lie.
    pub fn data_dir(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// What starts it, with its output wherever it may go.
    pub fn command(&self) -> Command {
        let (mut command, stdin) = match &self.socket {
            None => (Command::new(PROGRAM), Stdio::null()),
            Some((socket, _)) => {
                let mut shell = Command::new("/bin/sh");
                shell.args(["-c", HAND_OVER, PROGRAM]);
                (shell, OwnedFd::from(socket.try_clone().unwrap()).into())
            }
        };
        command
            .args(&self.arguments)
            .current_dir(&self.folder)
            // Nothing of the developer's own settings.
            .env_clear()
            .env("HELPDESK_DATA_DIR", self.data_dir())
            .envs(PORTS.iter().zip(&self.ports).map(|(key, port)| (*key, port.to_string())))
            .envs(self.environment.iter().map(|(key, value)| (key, value)))
            .envs(self.socket.iter().map(|(_, service)| ("LISTEN_FDNAMES", service)))
            .stdin(stdin);
        command
    }

    /// Starts it; it is not ready yet.
    pub fn start(&self) -> Program {
        let (out, err) = (self.folder.join("stdout.txt"), self.folder.join("stderr.txt"));
        let (stdout, stderr) = (File::create(&out).unwrap(), File::create(&err).unwrap());
        let child = self.command().stdout(stdout).stderr(stderr).spawn().unwrap();
        Program { child, url: self.url(&self.front), out, err, began: Instant::now() }
    }

    /// Starts it and waits until it is ready.
    pub async fn ready(&self) -> Program {
        let mut program = self.start();
        program.until_ready().await;
        program
    }

    /// Runs it to its end.
    pub async fn ended(&self) -> Ended {
        self.start().ended().await
    }
}

/// A port that nothing listens on and that nothing will take by chance before the program does: below those that
/// systems give to outgoing connections and to port 0, and given to one caller only.
pub fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    loop {
        let start = u64::from(std::process::id()) * 211;
        let port = 15_000 + ((start + u64::from(NEXT.fetch_add(1, Ordering::Relaxed))) % 15_000) as u16;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// The running program. Dropped, it is killed.
#[derive(Debug)]
pub struct Program {
    child: Child,
    url: String,
    out: PathBuf,
    err: PathBuf,
    began: Instant,
}

/// How the program ended.
#[derive(Debug)]
pub struct Ended {
    /// Its exit code, or the signal.
    pub status: ExitStatus,
    /// What it printed.
    pub stdout: String,
    /// What it complained about.
    pub stderr: String,
}

impl Program {
    /// Where all routes are, or those of the first of its services.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The process's id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it has printed so far.
    pub fn stdout(&self) -> String {
        std::fs::read_to_string(&self.out).unwrap_or_default()
    }

    /// What it has logged so far.
    pub fn stderr(&self) -> String {
        std::fs::read_to_string(&self.err).unwrap_or_default()
    }

    /// Waits until it says that it is ready; how long that took from its start.
    pub async fn until_ready(&mut self) -> Duration {
        let ready = format!("{}/ready", self.url);
        let mut looks = tokio::time::interval(LOOK);
        loop {
            looks.tick().await;
            if reqwest::get(&ready).await.is_ok_and(|answer| answer.status().is_success()) {
                return self.began.elapsed();
            }
            if let Some(status) = self.child.try_wait().unwrap() {
                panic!("it ended before it was ready ({status}):\n{}", self.stderr());
            }
            assert!(self.began.elapsed() < PATIENCE, "it did not become ready:\n{}", self.stderr());
        }
    }

    /// Waits until what it has printed or logged makes something true.
    pub async fn until(&self, what: &str, mut holds: impl FnMut(&Self) -> bool) {
        let since = Instant::now();
        let mut looks = tokio::time::interval(LOOK);
        while !holds(self) {
            assert!(
                since.elapsed() < PATIENCE,
                "waited in vain until {what}:\n{}{}",
                self.stdout(),
                self.stderr()
            );
            looks.tick().await;
        }
    }

    /// SIGKILL: no last words.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Sends it a signal, as in `TERM`.
    pub fn signal(&self, name: &str) {
        let sent =
            Command::new("kill").arg(format!("-{name}")).arg(self.child.id().to_string()).status().unwrap();
        assert!(sent.success(), "SIG{name} could not be sent");
    }

    /// SIGTERM, and its orderly end.
    pub async fn stop(self) -> Ended {
        self.signal("TERM");
        self.ended().await
    }

    /// Waits until it ends by itself.
    pub async fn ended(mut self) -> Ended {
        let since = Instant::now();
        let mut looks = tokio::time::interval(LOOK);
        loop {
            looks.tick().await;
            if let Some(status) = self.child.try_wait().unwrap() {
                return Ended { status, stdout: self.stdout(), stderr: self.stderr() };
            }
            assert!(since.elapsed() < PATIENCE, "it did not end:\n{}", self.stderr());
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

//! What systemd does with a service and its socket, as far as the process can tell.

use std::{
    fs::File,
    net::TcpListener,
    os::{fd::OwnedFd, unix::net::UnixDatagram},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus},
    time::Duration,
};

use crate::{unit::Unit, waiting::awaited};

const PATIENCE: Duration = Duration::from_secs(60);

/// Becomes the program, with its standard input as the first of the descriptors that are handed over.
const HAND_OVER: &str = r#"export LISTEN_PID=$$ LISTEN_FDS=1; exec "$0" "$@" 3<&0 </dev/null"#;

/// A service with its socket, which stays open from one process to the next.
pub struct Supervised {
    unit: Unit,
    socket: TcpListener,
    service_name: String,
    ear: UnixDatagram,
    ear_path: PathBuf,
    log: PathBuf,
    child: Child,
}

impl Supervised {
    /// Starts `helpdesk@<service>`, with its socket first; it is not ready yet.
    pub fn start(root: &Path, service: &str) -> Self {
        let (unit, listens) = (Unit::read(root, service, "service"), Unit::read(root, service, "socket"));
        let socket = TcpListener::bind(listens.one("ListenStream")).unwrap();
        std::fs::create_dir_all(unit.state()).unwrap();
        let ear_path = root.join(format!("run/notify-{service}"));
        let ear = UnixDatagram::bind(&ear_path).unwrap();
        ear.set_read_timeout(Some(PATIENCE)).unwrap();
        let (service_name, log) =
            (listens.one("FileDescriptorName"), root.join(format!("run/{service}.log")));
        let child = spawn(&unit, &socket, &service_name, &ear_path, &log);
        Self { unit, socket, service_name, ear, ear_path, log, child }
    }

    /// Waits until it has told that it serves.
    pub fn until_ready(&mut self) {
        let mut news = [0; 512];
        loop {
            let length = self.ear.recv(&mut news).unwrap_or_else(|fault| panic!("{fault}: {}", self.log()));
            let news = String::from_utf8_lossy(&news[..length]);
            if news.contains("READY=1") {
                return;
            }
            assert!(!news.contains("STOPPING=1"), "{} stops: {}", self.unit.name, self.log());
        }
    }

    /// `systemctl restart`.
    pub async fn restart(&mut self) {
        let ended = self.terminate().await;
        assert!(ended.success(), "{}: {}", self.unit.name, self.log());
        self.child = spawn(&self.unit, &self.socket, &self.service_name, &self.ear_path, &self.log);
        self.ear.set_nonblocking(false).unwrap();
        tokio::task::block_in_place(|| self.until_ready());
    }

    /// `systemctl stop`; what it has logged.
    pub async fn stop(mut self) -> String {
        let ended = self.terminate().await;
        assert!(ended.success(), "{}: {}", self.unit.name, self.log());
        self.log()
    }

    async fn terminate(&mut self) -> ExitStatus {
        let sent = Command::new("kill").arg(self.child.id().to_string()).status().unwrap();
        assert!(sent.success());
        let status =
            awaited("the service has ended", || std::future::ready(self.child.try_wait().unwrap())).await;
        self.ear.set_nonblocking(true).unwrap();
        let mut news = [0; 512];
        let told = std::iter::from_fn(|| self.ear.recv(&mut news).ok().map(|length| news[..length].to_vec()));
        let told: Vec<u8> = told.flatten().collect();
        assert!(String::from_utf8_lossy(&told).contains("STOPPING=1"), "{} did not tell", self.unit.name);
        status
    }

    fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for Supervised {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn spawn(unit: &Unit, socket: &TcpListener, name: &str, ear: &Path, log: &Path) -> Child {
    let (program, arguments) = unit.command();
    let mut command = Command::new("/bin/sh");
    command
        .args(["-c", HAND_OVER])
        .arg(program)
        .args(arguments)
        .current_dir(unit.one("WorkingDirectory"))
        .env_clear()
        .envs(unit.environment())
        .env("LISTEN_FDNAMES", name)
        .env("NOTIFY_SOCKET", ear)
        .env("WATCHDOG_USEC", "30000000")
        .stdin(OwnedFd::from(socket.try_clone().unwrap()))
        .stdout(File::options().create(true).append(true).open(log).unwrap())
        .stderr(File::options().create(true).append(true).open(log).unwrap());
    command.spawn().unwrap()
}

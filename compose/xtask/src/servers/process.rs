//! A server's process: started in a group of its own, watched, stopped.

use std::fs::File;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::command;
use crate::stop::{self, Stop};

/// How long a server may take to stop before it is killed.
const GRACE: Duration = Duration::from_secs(10);

/// A running server.
pub struct Server {
    pub name: &'static str,
    pub port: u16,
    child: Child,
    log: PathBuf,
    gently: i32,
    asked: bool,
    answers: Box<dyn Fn() -> bool>,
    /// Files that it leaves behind outside its folder.
    leaves: Vec<PathBuf>,
}

impl Server {
    /// Starts it; its output goes to a file in the folder. `gently` is the signal that stops it quickly and tidily,
    /// `answers` tells whether it can be used.
    pub fn start(
        name: &'static str,
        port: u16,
        start: &mut Command,
        gently: i32,
        folder: &Path,
        answers: impl Fn() -> bool + 'static,
    ) -> anyhow::Result<Server> {
        let log = log(folder, name);
        let out = File::create(&log)?;
        start.stdin(Stdio::null()).stdout(out.try_clone()?).stderr(out).process_group(0);
        die_with_us(start, gently);
        let child = command::spawn(start)?;
        Ok(Server {
            name,
            port,
            child,
            log,
            gently,
            asked: false,
            answers: Box::new(answers),
            leaves: vec![],
        })
    }

    /// Leaves these files behind when it stops; they are removed then.
    pub fn leaving(mut self, files: impl IntoIterator<Item = PathBuf>) -> Server {
        self.leaves.extend(files);
        self
    }

    /// Waits until it can be used. Fails with its last words when it dies, or when the time is over.
    pub fn wait_until_it_answers(&mut self, limit: Duration, stop: &Stop) -> anyhow::Result<()> {
        let begun = Instant::now();
        loop {
            self.check()?;
            if (self.answers)() {
                return Ok(());
            }
            stop.check()?;
            if begun.elapsed() > limit {
                let limit = limit.as_secs();
                anyhow::bail!(
                    "{} does not answer on port {} after {limit} s{}",
                    self.name,
                    self.port,
                    self.last_words()
                );
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// An error when it has died.
    pub fn check(&mut self) -> anyhow::Result<()> {
        match self.child.try_wait()? {
            None => Ok(()),
            Some(status) => anyhow::bail!("{} has died ({status}){}", self.name, self.last_words()),
        }
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Asks it to stop, without waiting.
    pub fn ask_to_stop(&mut self) {
        if !self.asked && self.is_alive() {
            // The server itself, not its group: PostgreSQL's children take their orders from it.
            stop::send(command::id(&self.child), self.gently);
        }
        self.asked = true;
    }

    fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    fn last_words(&self) -> String {
        let log = std::fs::read(&self.log).unwrap_or_default();
        let words = command::last_lines(&String::from_utf8_lossy(&log), 20);
        if words.is_empty() { "; it said nothing".to_owned() } else { format!("; its last words:\n{words}") }
    }
}

/// Where a server's output goes.
pub fn log(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{}.log", name.to_lowercase()))
}

impl Drop for Server {
    fn drop(&mut self) {
        self.ask_to_stop();
        let begun = Instant::now();
        while self.is_alive() {
            if begun.elapsed() > GRACE {
                // The leader has not been waited for, so the group's number is still ours.
                stop::send(-command::id(&self.child), libc::SIGKILL);
                let _ = self.child.wait();
                break;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        for file in &self.leaves {
            // Not every version leaves every one of them.
            let _ = std::fs::remove_file(file);
        }
    }
}

/// Where the system can, the server dies also when we are killed with no chance to stop it.
#[cfg(target_os = "linux")]
fn die_with_us(command: &mut Command, signal: i32) {
    // SAFETY: `prctl` with this option only sets a number of the calling process and may be called after a fork.
    unsafe {
        command.pre_exec(move || {
            libc::prctl(libc::PR_SET_PDEATHSIG, signal);
            Ok(())
        });
    }
}

#[cfg(not(target_os = "linux"))]
fn die_with_us(_: &mut Command, _: i32) {}

/// Sends some bytes and tells whether the answer begins as expected.
pub fn says(port: u16, sent: &str, expected: &str) -> bool {
    let ask = || -> std::io::Result<bool> {
        let mut stream = connect(port)?;
        stream.write_all(sent.as_bytes())?;
        let mut answer = vec![0; expected.len()];
        stream.read_exact(&mut answer)?;
        Ok(answer == expected.as_bytes())
    };
    ask().unwrap_or(false)
}

/// What an HTTP server answers to GET, head and body; empty when it does not.
pub fn get(port: u16, path: &str) -> String {
    let ask = || -> std::io::Result<String> {
        let mut stream = connect(port)?;
        write!(stream, "GET {path} HTTP/1.0\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    };
    ask().unwrap_or_default()
}

fn connect(port: u16) -> std::io::Result<TcpStream> {
    let limit = Duration::from_secs(2);
    let stream = TcpStream::connect_timeout(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)), limit)?;
    stream.set_read_timeout(Some(limit))?;
    Ok(stream)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_dies_is_reported_with_its_last_words() {
        let folder = tempfile::tempdir().unwrap();
        let mut dying = Command::new("sh");
        dying.args(["-c", "echo no room at the inn; exit 3"]);
        let mut server = Server::start("Inn", 1, &mut dying, libc::SIGTERM, folder.path(), || false).unwrap();
        let stop = Stop::listen().unwrap();
        let fault = server.wait_until_it_answers(Duration::from_secs(20), &stop).unwrap_err().to_string();
        assert!(fault.contains("Inn has died") && fault.contains("no room at the inn"), "{fault}");
    }

    #[test]
    fn a_server_that_never_answers_is_given_up_and_stopped() {
        let folder = tempfile::tempdir().unwrap();
        let mut sleeping = Command::new("sleep");
        sleeping.arg("600");
        let mut server =
            Server::start("Bear", 1, &mut sleeping, libc::SIGTERM, folder.path(), || false).unwrap();
        let stop = Stop::listen().unwrap();
        let fault = server.wait_until_it_answers(Duration::from_millis(100), &stop).unwrap_err().to_string();
        assert!(fault.contains("Bear does not answer on port 1"), "{fault}");
        let id = command::id(&server.child);
        drop(server);
        // SAFETY: signal 0 only asks whether the process exists.
        assert_ne!(unsafe { libc::kill(id, 0) }, 0, "it should be gone");
    }
}

//! The proxy of `compose/systemd/haproxy.cfg`: its file, with the addresses of a test.

use std::{
    path::PathBuf,
    process::{Child, Command, Stdio},
};

use crate::{
    place::{Place, free_port},
    waiting::until,
};

const CONFIGURATION: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/systemd/haproxy.cfg");
/// Where the file says that the public listens, and the operator.
const FRONT: &str = "bind :443 ssl crt /etc/haproxy/helpdesk.pem alpn h2,http/1.1";
const STATISTICS: &str = "bind 127.0.0.1:8404";
/// Whom it becomes, which only root can.
const USER: &str = "    user haproxy\n    group haproxy\n";

/// A running HAProxy. Dropped, it is killed.
pub struct Proxy {
    child: Child,
    url: String,
    statistics: String,
}

/// Where a proxy will be: known before the services are, which find each other there.
pub struct Site {
    program: PathBuf,
    front: u16,
    statistics: u16,
}

impl Site {
    /// `None` where no HAProxy is named.
    pub fn choose() -> Option<Self> {
        #[allow(clippy::disallowed_methods, reason = "tests are told their servers by the environment")]
        let program = std::env::var_os("TEST_HAPROXY").filter(|program| !program.is_empty())?;
        Some(Self { program: program.into(), front: free_port(), statistics: free_port() })
    }

    /// Its one origin.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.front)
    }

    /// Starts it before machines: for each service its name, the name of the machine, and the port there.
    pub fn open(self, place: &Place, ports: &[(&str, &str, u16)]) -> Proxy {
        let mut text = std::fs::read_to_string(CONFIGURATION).expect("the configuration is there");
        let mut replace = |from: &str, to: &str| {
            assert!(text.contains(from), "{CONFIGURATION} has no {from}");
            text = text.replacen(from, to, 1);
        };
        replace(FRONT, &format!("bind 127.0.0.1:{}", self.front));
        replace(USER, "");
        replace(STATISTICS, &format!("bind 127.0.0.1:{}", self.statistics));
        let (mut backend, mut adapted) = ("", Vec::new());
        for line in text.lines() {
            backend = line.strip_prefix("backend ").unwrap_or(backend);
            let machine = line.trim_start().strip_prefix("server ").and_then(|rest| rest.split(' ').next());
            adapted.push(match machine {
                None => line.to_owned(),
                Some(machine) => {
                    let its = ports.iter().find(|(service, name, _)| (*service, *name) == (backend, machine));
                    let (.., port) = its.unwrap_or_else(|| panic!("there is no {backend} on {machine}"));
                    format!("    server {machine} 127.0.0.1:{port}")
                }
            });
        }
        let file = place.folder("proxy").join("haproxy.cfg");
        std::fs::write(&file, adapted.join("\n") + "\n").expect("a file can be written");
        let mut haproxy = Command::new(&self.program);
        // Quiet, but for what keeps it from starting.
        let child = haproxy.args(["-db", "-q", "-f"]).arg(&file).stdin(Stdio::null()).stdout(Stdio::null());
        let (url, statistics) = (self.url(), format!("http://127.0.0.1:{}/;csv", self.statistics));
        Proxy { child: child.spawn().expect("HAProxy can be started"), url, statistics }
    }
}

impl Proxy {
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Waits until its statistics say that a service is up on a machine.
    pub async fn until_it_sends_to(&self, service: &str, machine: &str) {
        let line = format!("{service},{machine},");
        until(&format!("the proxy sends to {service} on {machine}"), || async {
            let Ok(answer) = reqwest::get(&self.statistics).await else { return false };
            let table = answer.text().await.unwrap_or_default();
            table.lines().any(|it| it.starts_with(&line) && it.split(',').any(|field| field == "UP"))
        })
        .await;
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::os::fd::{AsRawFd, BorrowedFd};
use std::os::unix::fs::MetadataExt;
use std::time::Duration;

use anyhow::Context;
use sd_notify::NotifyState;
use tokio::time::{Interval, MissedTickBehavior, interval, sleep};

use super::bind;
use crate::config::HttpConfig;
use crate::process::Process;

/// How often a starting process looks whether it answers.
const LOOK: Duration = Duration::from_millis(50);

/// The sockets that a supervisor has opened and handed over at the start, by the names of the services that they are for.
///
/// They outlive the process: who connects while one process goes and the next one comes waits, and is not refused.
#[derive(Debug, Default)]
pub struct Inherited(BTreeMap<String, TcpListener>);

impl Inherited {
    /// Those of `LISTEN_FDS` and `LISTEN_FDNAMES`, as systemd's `FileDescriptorName=` names them; none without a supervisor.
    ///
    /// # Errors
    /// In a sentence, when they are not what they are said to be.
    pub fn take() -> anyhow::Result<Self> {
        let handed = sd_notify::listen_fds_with_names()
            .context("the sockets that were handed over (LISTEN_FDS, LISTEN_FDNAMES) cannot be used")?;
        let mut sockets = BTreeMap::new();
        for (descriptor, name) in handed {
            // SAFETY: it has just been found open, and nobody in this process ever closes it: what is served is a copy.
            let socket = unsafe { BorrowedFd::borrow_raw(descriptor) }.try_clone_to_owned();
            let socket = socket.with_context(|| format!("the socket {name} that was handed over"))?;
            let twice = sockets.insert(name.clone(), TcpListener::from(socket)).is_some();
            anyhow::ensure!(!twice, "two sockets named {name} were handed over; a service listens on one");
        }
        Ok(Self(sockets))
    }

    /// The socket for a service where one was handed over, else its port, taken. To be called inside a tokio runtime.
    ///
    /// # Errors
    /// In a sentence, naming the address and the key; also when the socket listens elsewhere than the settings say.
    pub fn bind(&mut self, config: &HttpConfig, service: &str) -> anyhow::Result<TcpListener> {
        let Some(socket) = self.0.remove(service) else { return bind(config, service) };
        let address = socket
            .local_addr()
            .with_context(|| format!("the socket that was handed over to {service} is not one of TCP"))?;
        let wanted = SocketAddr::new(config.host, config.port);
        let same = address.ip() == wanted.ip() && (wanted.port() == 0 || address.port() == wanted.port());
        let key = service.to_ascii_uppercase();
        anyhow::ensure!(
            same,
            "{service} was handed a socket that listens on {address}, and the settings say {wanted}: \
             change ListenStream= in its socket unit, or {key}_HOST and {key}_PORT"
        );
        socket.set_nonblocking(true).with_context(|| format!("the socket handed over to {service}"))?;
        Ok(socket)
    }

    /// Makes sure that each socket was for a service of this process: who connects to another would wait for ever.
    ///
    /// # Errors
    /// In a sentence, naming those that were for none.
    pub fn all_taken(self) -> anyhow::Result<()> {
        let left: Vec<String> = self.0.into_keys().collect();
        anyhow::ensure!(
            left.is_empty(),
            "a socket named {} was handed over, and no service here has that name: \
             FileDescriptorName= in the socket unit names the service",
            left.join(", ")
        );
        Ok(())
    }
}

/// Whether a socket is one that was handed over, so that it outlives this process.
pub fn is_inherited(socket: &TcpListener) -> bool {
    let Ok(mut handed) = sd_notify::listen_fds() else { return false };
    let node = |descriptor| std::fs::metadata(format!("/proc/self/fd/{descriptor}")).ok().map(|it| it.ino());
    let own = node(socket.as_raw_fd());
    own.is_some() && handed.any(|descriptor| node(descriptor) == own)
}

/// Tells the supervisor, where one wants to know, when the servers at these addresses answer (`READY=1`) and when the stop
/// begins (`STOPPING=1`); in between, twice in each interval of its watchdog, that the runtime still runs its tasks.
pub fn inform(process: &Process, servers: Vec<SocketAddr>) {
    // The supervisor's own variable, not a setting.
    #[allow(clippy::disallowed_methods)]
    if std::env::var_os("NOTIFY_SOCKET").is_none() {
        return;
    }
    let stopping = process.lifecycle.stopping();
    process.lifecycle.spawn("supervisor", async move {
        tokio::select! {
            () = stopping.cancelled() => {}
            ready = answering(&servers) => {
                ready?;
                tell(&[NotifyState::Ready, NotifyState::Status("serving")]);
            }
        }
        let mut due = watchdog();
        loop {
            tokio::select! {
                () = stopping.cancelled() => break,
                () = tick(&mut due) => tell(&[NotifyState::Watchdog]),
            }
        }
        tell(&[NotifyState::Stopping, NotifyState::Status("finishing what is in hand")]);
        Ok(())
    });
}

/// Returns once each of them has answered.
async fn answering(servers: &[SocketAddr]) -> anyhow::Result<()> {
    // Not through a proxy: this is the way from a process to itself.
    let client = reqwest::Client::builder().no_proxy().build()?;
    for server in servers {
        let url = format!("http://{}/health", on_this_machine(*server));
        while !client.get(&url).send().await.is_ok_and(|answer| answer.status().is_success()) {
            sleep(LOOK).await;
        }
    }
    Ok(())
}

fn watchdog() -> Option<Interval> {
    let limit = sd_notify::watchdog_enabled().filter(|limit| !limit.is_zero())?;
    let mut due = interval(limit / 2);
    due.set_missed_tick_behavior(MissedTickBehavior::Delay);
    Some(due)
}

async fn tick(due: &mut Option<Interval>) {
    match due {
        Some(due) => drop(due.tick().await),
        None => std::future::pending().await,
    }
}

/// A supervisor that does not listen does its worst by itself; the service goes on.
fn tell(news: &[NotifyState<'_>]) {
    if let Err(fault) = sd_notify::notify(news) {
        tracing::warn!(%fault, "the supervisor cannot be told (NOTIFY_SOCKET)");
    }
}

/// Where to reach from this machine what listens on an address.
#[must_use]
pub fn on_this_machine(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

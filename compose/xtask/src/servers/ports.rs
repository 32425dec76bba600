//! Free ports, below the range from which the system takes the ports of outgoing connections: a port found free there stays
//! free until the server has it, however many clients connect meanwhile.

use std::net::{Ipv4Addr, TcpListener};
use std::process::Command;
use std::sync::atomic::{AtomicU16, Ordering};

const FIRST: u16 = 12_000;
const COUNT: u16 = 10_000;

/// SeaweedFS listens for gRPC so far above each of its ports.
pub const ABOVE: u16 = 10_000;

static NEXT: AtomicU16 = AtomicU16::new(0);

/// A port that is free, and so is the one `ABOVE` it.
pub fn free() -> anyhow::Result<u16> {
    // Two runs at the same time begin at different places.
    let begin = u16::try_from(std::process::id() * 37 % u32::from(COUNT)).expect("it is less than COUNT");
    for _ in 0..COUNT {
        let offset = (u32::from(begin) + u32::from(NEXT.fetch_add(1, Ordering::Relaxed))) % u32::from(COUNT);
        let port = FIRST + u16::try_from(offset).expect("it is less than COUNT");
        if is_free(port) && is_free(port + ABOVE) {
            return Ok(port);
        }
    }
    anyhow::bail!("no port between {FIRST} and {} is free on 127.0.0.1", FIRST + COUNT)
}

/// Gives each server of a helpdesk that is to be started a free port; that of the last, which has the routes of all.
pub fn give(helpdesk: &mut Command) -> anyhow::Result<u16> {
    let mut port = 0;
    for server in ["AUTH", "USERS", "TICKETS", "FILES", "NOTIFICATIONS", "AUDIT", "HELPDESK"] {
        port = free()?;
        helpdesk.env(format!("{server}_PORT"), port.to_string());
    }
    Ok(port)
}

fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    // A port that was free a moment ago cannot be bound here: a test beside this one may start a program just then, and a
    // forked child holds every listener of ours until it has become that program.
    #[test]
    fn no_port_is_given_twice_and_none_that_is_taken() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        assert!(!is_free(taken.local_addr().unwrap().port()));
        assert_ne!(free().unwrap(), free().unwrap());
    }
}

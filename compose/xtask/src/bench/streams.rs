//! What thousands of open event streams cost one instance.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{bail, ensure};

use super::Effort;
use super::house::House;
use super::load::request;
use super::measures::{pause, rest};
use super::people;
use super::table::Table;
use crate::progress::for_counting;
use crate::stop::Stop;

/// The service lets one person have so many.
const EACH: usize = 20;
/// What the service and this program need besides.
const SPARE: usize = 500;
const AT_ONCE: usize = 8;
const PATIENCE: Duration = Duration::from_secs(30);
/// Longer than the 15 s after which an idle stream says something.
const HEARTBEAT: Duration = Duration::from_secs(20);
/// The issue's, in KB.
const GOAL: f64 = 20.0;

/// Measures them.
pub fn measure(house: &mut House, effort: Effort, table: &mut Table, stop: &Stop) -> anyhow::Result<()> {
    allow_files(effort.streams + SPARE)?;
    house.afresh(&["auth", "notifications"], stop)?;
    // So many people have to be made, and how they come to their tokens is not the question.
    house.set("auth", "BCRYPT_COST", "4");
    let running = house.start(&["auth", "notifications"], stop)?;
    let people = effort.streams.div_ceil(EACH);
    let sign_up = |number| people::sign_up(&running, &format!("follower{number}@example.com"));
    let tokens = (0..people).map(sign_up).collect::<anyhow::Result<Vec<_>>>()?;
    welcomed(house, people, stop)?;
    rest(stop)?;
    let before = running.resident("notifications")?;
    let port = running.port("notifications")?;
    let mut streams = side_by_side(effort.streams, |number| follow(port, &tokens[number / EACH]))?;
    pause(HEARTBEAT, stop)?;
    for stream in &mut streams {
        hear_heartbeat(stream)?;
    }
    let after = running.resident("notifications")?;
    let many = for_counting(effort.streams as u64);
    let each = (after - before) * 1024.0 / effort.streams as f64;
    table.at_most(&format!("memory per event stream, {many} open"), each, "KB", GOAL);
    let said = format!("{before:.0} MB and {after:.0} MB");
    table.tell(&format!("notifications idle, and with {many} streams"), &said);
    Ok(())
}

/// Until everybody's welcome and verification have been sent, and the service is idle.
fn welcomed(house: &House, people: usize, stop: &Stop) -> anyhow::Result<()> {
    let ordered = "SELECT count(*) FROM deliveries WHERE template = 'welcome' AND channel = 'email'";
    let waiting = "SELECT count(*) FROM deliveries WHERE status = 'pending'";
    while house.query("notifications", ordered, stop)?.parse::<usize>()? < people
        || house.query("notifications", waiting, stop)? != "0"
    {
        pause(Duration::from_millis(250), stop)?;
    }
    Ok(())
}

/// Opens a stream and reads it to its first message, after which the service waits for news.
fn follow(port: u16, token: &str) -> anyhow::Result<TcpStream> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(&request("GET", "/notifications/stream", Some(token), None))?;
    let mut heard = String::new();
    let mut bytes = [0; 1024];
    while !heard.contains("\nid: ") || !heard.ends_with("\n\n\r\n") {
        let read = stream.read(&mut bytes)?;
        heard += std::str::from_utf8(&bytes[..read])?;
        ensure!(read > 0 && heard.starts_with("HTTP/1.1 200"), "a stream was answered with {heard}");
    }
    Ok(stream)
}

/// Whether a stream is still there, and has said so.
fn hear_heartbeat(stream: &mut TcpStream) -> anyhow::Result<()> {
    stream.set_nonblocking(true)?;
    let mut bytes = [0; 1024];
    match stream.read(&mut bytes) {
        Ok(read) if bytes[..read].windows(4).any(|it| it == b": \n\n") => Ok(()),
        Ok(read) => bail!("a stream said {:?}", String::from_utf8_lossy(&bytes[..read])),
        Err(fault) if fault.kind() == ErrorKind::WouldBlock => bail!("a stream has fallen silent"),
        Err(fault) => Err(fault.into()),
    }
}

/// Does something as many times, some at a time; what came of each, in order.
fn side_by_side<T: Send>(
    count: usize,
    act: impl Fn(usize) -> anyhow::Result<T> + Sync,
) -> anyhow::Result<Vec<T>> {
    let next = AtomicUsize::new(0);
    let work = || -> anyhow::Result<Vec<(usize, T)>> {
        let mut done = Vec::new();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= count {
                return Ok(done);
            }
            done.push((number, act(number)?));
        }
    };
    let results: Vec<_> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(work)).collect();
        workers.into_iter().map(|it| it.join().expect("a worker does not panic")).collect()
    });
    let mut all = Vec::new();
    for result in results {
        all.extend(result?);
    }
    all.sort_unstable_by_key(|(number, _)| *number);
    Ok(all.into_iter().map(|(_, it)| it).collect())
}

/// Sees to it that we, and with us the services, may have so many files open: sockets count.
fn allow_files(wanted: usize) -> anyhow::Result<()> {
    let wanted = wanted as libc::rlim_t;
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: it fills in the struct that it is lent.
    let known = unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) } == 0;
    ensure!(known, "the limit of open files is not known: {}", std::io::Error::last_os_error());
    if limit.rlim_cur >= wanted {
        return Ok(());
    }
    let highest = limit.rlim_max;
    limit.rlim_cur = wanted.min(highest);
    // SAFETY: it reads the struct that it is lent.
    let raised = unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit) } == 0;
    ensure!(
        raised && wanted <= highest,
        "the streams take {wanted} open files, and no more than {highest} are allowed here: raise `ulimit -Hn`"
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_is_done_once_and_told_in_order() {
        assert_eq!(side_by_side(100, Ok).unwrap(), (0..100).collect::<Vec<_>>());
        assert!(side_by_side(100, |it| if it == 50 { bail!("no") } else { Ok(it) }).is_err());
    }

    #[test]
    fn too_few_open_files_are_told_with_the_number_that_is_needed() {
        let fault = allow_files(usize::MAX / 2).unwrap_err().to_string();
        assert!(fault.contains(&(usize::MAX / 2).to_string()) && fault.contains("ulimit"), "{fault}");
    }
}

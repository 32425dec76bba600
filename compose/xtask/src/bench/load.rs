//! The load client: blocking connections, one thread each, so that it costs little beside the server that it measures.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};

/// An answer that takes longer is none.
const PATIENCE: Duration = Duration::from_secs(120);

/// An answer's status and body.
pub type Answer = (u16, String);

/// What one client brings home: how long each numbered call took, and the answers that were not the expected ones.
type Share = (Vec<(u64, Duration)>, Vec<String>);

/// A keep-alive connection.
pub struct Connection {
    reader: BufReader<TcpStream>,
}

/// What a run of load came to.
pub struct Run {
    /// Answers per second.
    pub rate: f64,
    /// How long each took, sorted.
    pub latencies: Vec<Duration>,
    /// The same with the number of each call, in no order.
    pub numbered: Vec<(u64, Duration)>,
    /// Answers that were not the expected ones.
    failures: usize,
    /// One of those, for the report.
    complaint: Option<String>,
}

impl Connection {
    /// Connects to a port of this machine.
    pub fn open(port: u16) -> anyhow::Result<Self> {
        Self::open_at(("127.0.0.1", port))
    }

    /// Connects to somewhere.
    pub fn open_at(address: impl ToSocketAddrs) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self { reader: BufReader::new(stream) })
    }

    /// The same connection, which waits for an answer as long as it takes.
    ///
    /// # Errors
    /// When the connection is gone.
    pub fn patient(self) -> anyhow::Result<Self> {
        self.reader.get_ref().set_read_timeout(None)?;
        Ok(self)
    }

    /// Sends a request and reads the answer to its end.
    pub fn call(&mut self, request: &[u8]) -> anyhow::Result<Answer> {
        self.send(&[request])
    }

    /// The same with a request in pieces.
    pub fn send(&mut self, request: &[&[u8]]) -> anyhow::Result<Answer> {
        let (status, length) = self.head(request)?;
        let mut body = vec![0; length];
        self.reader.read_exact(&mut body)?;
        Ok((status, String::from_utf8(body)?))
    }

    /// Sends a request and forgets the answer's bytes, which may be many, as they come: its status and their number.
    pub fn draw(&mut self, request: &[u8]) -> anyhow::Result<(u16, usize)> {
        let (status, length) = self.head(&[request])?;
        let mut bytes = vec![0; 64 * 1024];
        let mut left = length;
        while left > 0 {
            let most = left.min(bytes.len());
            self.reader.read_exact(&mut bytes[..most])?;
            left -= most;
        }
        Ok((status, length))
    }

    /// Sends a request and reads the head of the answer: its status and the length of its body.
    fn head(&mut self, request: &[&[u8]]) -> anyhow::Result<(u16, usize)> {
        for piece in request {
            self.reader.get_mut().write_all(piece)?;
        }
        let mut line = String::new();
        let read = self.reader.read_line(&mut line);
        read.with_context(|| format!("no answer within {} s", PATIENCE.as_secs()))?;
        let status = line.split(' ').nth(1).and_then(|status| status.parse().ok());
        let status = status.with_context(|| format!("no HTTP answer: {line:?}"))?;
        let mut length = 0;
        loop {
            line.clear();
            self.reader.read_line(&mut line)?;
            let (name, value) = match line.trim_end() {
                "" => break,
                header => header.split_once(':').context("a header without a colon")?,
            };
            if name.eq_ignore_ascii_case("content-length") {
                length = value.trim().parse()?;
            }
            ensure!(
                !name.eq_ignore_ascii_case("transfer-encoding"),
                "the load client reads no chunked answers"
            );
        }
        Ok((status, length))
    }
}

/// The bytes of a request with an optional token and JSON body.
pub fn request(method: &str, path: &str, token: Option<&str>, body: Option<&str>) -> Vec<u8> {
    let mut request = format!("{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n");
    if let Some(token) = token {
        request += &format!("Authorization: Bearer {token}\r\n");
    }
    if let Some(body) = body {
        request += &format!("Content-Type: application/json\r\nContent-Length: {}\r\n", body.len());
    }
    request += "\r\n";
    request += body.unwrap_or_default();
    request.into_bytes()
}

/// One call on a connection of its own, which must be answered with `expected`; its body.
pub fn ask(port: u16, request: &[u8], expected: u16) -> anyhow::Result<String> {
    let (status, body) = Connection::open(port)?.call(request)?;
    ensure!(status == expected, "answered {status} instead of {expected}: {body}");
    Ok(body)
}

/// The first text of that name in a JSON document. Enough for ids and tokens, which hold no escapes.
pub fn field<'a>(json: &'a str, name: &str) -> anyhow::Result<&'a str> {
    let mark = format!("\"{name}\":\"");
    let value = json.split_once(&mark).and_then(|(_, rest)| rest.split('"').next());
    value.with_context(|| format!("no {name} in {json}"))
}

/// As many calls as `clients` can make one after the other in `time`.
pub fn closed(
    port: u16,
    clients: usize,
    time: Duration,
    expected: u16,
    request: impl Fn(u64) -> Vec<u8> + Sync,
) -> anyhow::Result<Run> {
    drive(port, clients, time, expected, &request, |_| Duration::ZERO)
}

/// `rate` calls a second over `clients` connections, whether the server keeps up or not: a latency is counted from the
/// moment at which the call was due.
pub fn paced(
    port: u16,
    clients: usize,
    rate: f64,
    time: Duration,
    expected: u16,
    request: impl Fn(u64) -> Vec<u8> + Sync,
) -> anyhow::Result<Run> {
    drive(port, clients, time, expected, &request, |number| Duration::from_secs_f64(number as f64 / rate))
}

fn drive(
    port: u16,
    clients: usize,
    time: Duration,
    expected: u16,
    request: &(impl Fn(u64) -> Vec<u8> + Sync),
    due: impl Fn(u64) -> Duration + Sync,
) -> anyhow::Result<Run> {
    let next = AtomicU64::new(0);
    let begun = Instant::now();
    let client = || -> anyhow::Result<Share> {
        let mut connection = Connection::open(port)?;
        let (mut latencies, mut failures) = (Vec::new(), Vec::new());
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let due = due(number);
            if due.max(begun.elapsed()) >= time {
                return Ok((latencies, failures));
            }
            std::thread::sleep(due.saturating_sub(begun.elapsed()));
            let since = if due.is_zero() { begun.elapsed() } else { due };
            let (status, body) = connection.call(&request(number))?;
            latencies.push((number, begun.elapsed() - since));
            if status != expected {
                failures.push(format!("{status}: {body}"));
            }
        }
    };
    let results: Vec<_> = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..clients).map(|_| scope.spawn(client)).collect();
        clients.into_iter().map(|client| client.join().expect("a client does not panic")).collect()
    });
    let elapsed = begun.elapsed();
    let (mut numbered, mut failures) = (Vec::new(), Vec::new());
    for result in results {
        let (some, failed) = result?;
        numbered.extend(some);
        failures.extend(failed);
    }
    let mut latencies: Vec<Duration> = numbered.iter().map(|(_, latency)| *latency).collect();
    latencies.sort_unstable();
    let rate = latencies.len() as f64 / elapsed.as_secs_f64();
    Ok(Run { rate, latencies, numbered, failures: failures.len(), complaint: failures.pop() })
}

impl Run {
    /// An error that shows one of the failures, if there were any.
    pub fn check(&self) -> anyhow::Result<()> {
        let complaint = self.complaint.as_deref().unwrap_or_default();
        ensure!(
            self.failures == 0,
            "{} of {} calls failed: {complaint}",
            self.failures,
            self.latencies.len()
        );
        Ok(())
    }
}

/// The given share of sorted values lies at or below the answer.
pub fn percentile(sorted: &[Duration], share: f64) -> Duration {
    let last = sorted.len().saturating_sub(1);
    sorted.get((last as f64 * share).round() as usize).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_read_off_the_sorted_values() {
        let values: Vec<Duration> = (0..=100).map(Duration::from_millis).collect();
        assert_eq!(percentile(&values, 0.99), Duration::from_millis(99));
        assert_eq!(percentile(&[], 0.5), Duration::ZERO);
    }

    #[test]
    fn a_request_says_how_long_its_body_is() {
        let request = String::from_utf8(request("POST", "/x", Some("t"), Some("{}"))).unwrap();
        assert!(request.ends_with(
            "Authorization: Bearer t\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
        ));
    }
}

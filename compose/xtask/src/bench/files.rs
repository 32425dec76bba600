//! Files going up and coming down, against the same bytes sent to the same S3 server and fetched from it.

use std::time::Instant;

use anyhow::ensure;
use sha2::{Digest, Sha256};

use super::Effort;
use super::bucket::{Bucket, hex};
use super::house::{House, Running};
use super::load::{self, Connection, field, request};
use super::measures::{TICKET, median, settle_in};
use super::people;
use super::table::Table;
use crate::stop::Stop;

const CLIENTS: usize = 4;
/// Of one file, in bytes.
const SIZE: usize = 10_000_000;
/// 50 MiB are the most.
const ON_A_TICKET: usize = 5;
/// How often each file is fetched: a few of them come down too quickly to be timed.
const FETCHES: usize = 25;
/// How much of the bare server's pace the service is to reach.
const RATIO: f64 = 0.7;
const BOUNDARY: &str = "a-boundary-that-no-text-of-words-holds";

/// Who brings what where.
#[derive(Clone)]
struct Scene<'a> {
    ticket_port: u16,
    file_port: u16,
    token: String,
    bytes: &'a [u8],
    hash: String,
    files: usize,
}

/// What a round came to, in MB a second.
#[derive(Default)]
struct Paces {
    up: Vec<f64>,
    down: Vec<f64>,
}

/// Measures both ways.
pub fn measure(house: &mut House, effort: Effort, table: &mut Table, stop: &Stop) -> anyhow::Result<()> {
    house.afresh(&["auth", "tickets", "files"], stop)?;
    let buckets = ["tickets", "avatars"].map(|of| house.bucket(of));
    house.set("files", "S3_BUCKET_TICKETS", &buckets[0]);
    house.set("files", "S3_BUCKET_AVATARS", &buckets[1]);
    let running = house.start(&["auth", "tickets", "files"], stop)?;
    let bytes = text(SIZE);
    let scene = Scene::prepare(&running, &bytes, effort)?;
    // Connections, pools and the server's volumes are made by then.
    round(house, &Scene { files: ON_A_TICKET, ..scene.clone() }, true, stop)?;
    let (mut ours, mut theirs) = (Paces::default(), Paces::default());
    for number in 0..effort.rounds {
        let [we, they] = round(house, &scene, number % 2 == 0, stop)?;
        eprintln!("  MB/s up {:.0} ({:.0}), down {:.0} ({:.0})", we.0, they.0, we.1, they.1);
        ours.push(we);
        theirs.push(they);
    }
    let rows = [
        ("POST /files", ours.up, theirs.up, "PUT to the same S3 server"),
        ("GET /files/{id}/download", ours.down, theirs.down, "GET from the same S3 server"),
    ];
    for (what, ours, theirs, baseline) in rows {
        let what = format!("{what}, 10 MB each, {CLIENTS} clients");
        table.ratio_of(" MB/s", &what, median(ours), median(theirs), baseline, RATIO);
    }
    drop(running);
    for name in buckets {
        Bucket::open(house, name, stop)?.remove(&[String::new()])?;
    }
    Ok(())
}

/// One round of both, the service first or last: its paces up and down, and the bare server's.
fn round(house: &House, scene: &Scene, first: bool, stop: &Stop) -> anyhow::Result<[(f64, f64); 2]> {
    let bucket = Bucket::open(house, house.bucket("tickets"), stop)?;
    let mut results = [(0.0, 0.0); 2];
    let mut keys = Vec::new();
    for service in [first, !first] {
        stop.check()?;
        let (paces, stored) = if service { scene.through_the_service()? } else { scene.directly(&bucket)? };
        results[usize::from(!service)] = paces;
        keys.extend(stored);
        for it in ["tickets", "files"] {
            settle_in(house, it, stop)?;
        }
    }
    bucket.remove(&keys)?;
    Ok(results)
}

impl<'a> Scene<'a> {
    fn prepare(running: &Running, bytes: &'a [u8], effort: Effort) -> anyhow::Result<Self> {
        Ok(Self {
            ticket_port: running.port("tickets")?,
            file_port: running.port("files")?,
            token: people::sign_up(running, people::ADA)?,
            bytes,
            hash: hex(&Sha256::digest(bytes)),
            files: effort.files,
        })
    }

    /// The paces, and the keys of the objects that were made.
    fn through_the_service(&self) -> anyhow::Result<((f64, f64), Vec<String>)> {
        let post = request("POST", "/tickets", Some(&self.token), Some(TICKET));
        let tickets = (0..(CLIENTS * self.files).div_ceil(ON_A_TICKET))
            .map(|_| Ok(field(&load::ask(self.ticket_port, &post, 201)?, "id")?.to_owned()))
            .collect::<anyhow::Result<Vec<_>>>()?;
        let open = || Connection::open(self.file_port);
        let (up, ids) = side_by_side(self.files, open, |connection, number| {
            let (before, after) = self.form(&tickets[number / ON_A_TICKET]);
            let (status, body) = connection.send(&[&before, self.bytes, &after])?;
            ensure!(status == 201, "POST /files was answered with {status}: {body}");
            ensure!(field(&body, "fileHash")? == self.hash, "other bytes have arrived: {body}");
            Ok(field(&body, "id")?.to_owned())
        })?;
        let (down, _) = side_by_side(self.files * FETCHES, open, |connection, number| {
            let path = format!("/files/{}/download", ids[number / FETCHES]);
            whole(&path, connection.draw(&request("GET", &path, Some(&self.token), None))?)
        })?;
        let key = |(number, id)| format!("{}/{id}", tickets[number / ON_A_TICKET]);
        Ok(((up, down), ids.iter().enumerate().map(key).collect()))
    }

    /// The same of the bare server.
    fn directly(&self, bucket: &Bucket) -> anyhow::Result<((f64, f64), Vec<String>)> {
        let open = || bucket.connect();
        let (up, keys) = side_by_side(self.files, open, |connection, number| {
            let key = format!("direct/{number}");
            let (status, body) =
                connection.send(&[&bucket.request("PUT", &key, self.bytes.len()), self.bytes])?;
            ensure!(status == 200, "PUT {key} was answered with {status}: {body}");
            Ok(key)
        })?;
        let (down, _) = side_by_side(self.files * FETCHES, open, |connection, number| {
            let key = &keys[number / FETCHES];
            whole(key, connection.draw(&bucket.request("GET", key, 0))?)
        })?;
        Ok(((up, down), keys))
    }

    /// What stands before and after the bytes of a file in an upload.
    fn form(&self, ticket: &str) -> (Vec<u8>, Vec<u8>) {
        let before = format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"ticketId\"\r\n\r\n{ticket}\r\n\
             --{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"log.txt\"\r\n\
             Content-Type: text/plain\r\n\r\n"
        );
        let after = format!("\r\n--{BOUNDARY}--\r\n");
        let length = before.len() + self.bytes.len() + after.len();
        let head = format!(
            "POST /files HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {}\r\n\
             Content-Type: multipart/form-data; boundary={BOUNDARY}\r\nContent-Length: {length}\r\n\r\n",
            self.token
        );
        ((head + &before).into_bytes(), after.into_bytes())
    }
}

impl Paces {
    fn push(&mut self, (up, down): (f64, f64)) {
        self.up.push(up);
        self.down.push(down);
    }
}

/// So many files of each client, one after the other on its connection: MB a second of all together, and what each call
/// came to, in the order of their numbers.
fn side_by_side<T: Send>(
    files: usize,
    open: impl Fn() -> anyhow::Result<Connection> + Sync,
    call: impl Fn(&mut Connection, usize) -> anyhow::Result<T> + Sync,
) -> anyhow::Result<(f64, Vec<T>)> {
    let begun = Instant::now();
    let client = |its: usize| -> anyhow::Result<Vec<T>> {
        let mut connection = open()?;
        (its * files..(its + 1) * files).map(|number| call(&mut connection, number)).collect()
    };
    let client = &client;
    let results: Vec<_> = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS).map(|its| scope.spawn(move || client(its))).collect();
        clients.into_iter().map(|it| it.join().expect("a client does not panic")).collect()
    });
    let elapsed = begun.elapsed().as_secs_f64();
    let mut all = Vec::new();
    for result in results {
        all.extend(result?);
    }
    Ok(((all.len() * SIZE) as f64 / 1e6 / elapsed, all))
}

fn whole(what: &str, (status, length): (u16, usize)) -> anyhow::Result<()> {
    ensure!(status == 200 && length == SIZE, "{what} was answered with {status} and {length} bytes");
    Ok(())
}

/// Words of small letters, which no two servers compress differently and none to nothing.
fn text(size: usize) -> Vec<u8> {
    let mut state: u64 = 1;
    let mut draw = |below: u64| {
        // Knuth's constants; the high bits are the good ones.
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((state >> 33) % below) as u8
    };
    (0..size).map(|_| if draw(6) == 0 { b' ' } else { b'a' + draw(26) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_as_long_as_it_says() {
        let (token, hash) = ("t".to_owned(), String::new());
        let scene = Scene { ticket_port: 0, file_port: 0, token, bytes: b"12345", hash, files: 1 };
        let (before, after) = scene.form("0199");
        let before = String::from_utf8(before).unwrap();
        let (head, form) = before.split_once("\r\n\r\n").unwrap();
        let length = head.split_once("Content-Length: ").unwrap().1;
        assert_eq!(length.parse::<usize>().unwrap(), form.len() + 5 + after.len());
        assert!(form.contains("\r\n\r\n0199\r\n"));
    }

    #[test]
    fn the_text_is_words_and_holds_no_boundary() {
        let text = String::from_utf8(text(100_000)).unwrap();
        assert!(text.chars().all(|it| it == ' ' || it.is_ascii_lowercase()));
        assert!(text.split(' ').count() > 10_000);
        assert!(!text.contains(BOUNDARY));
    }
}

//! Reads mails back as a mail program does.

use base64::{Engine as _, prelude::BASE64_STANDARD};

/// A mail as it arrived.
#[derive(Clone, Debug)]
pub struct Eml {
    /// Name and value, unfolded, words decoded.
    pub headers: Vec<(String, String)>,
    /// The plain part, decoded, with `\n` at line ends.
    pub text: String,
    /// The HTML part, decoded.
    pub html: String,
}

impl Eml {
    /// Takes a mail apart; whatever is not of the form that our mails have is a failure.
    pub fn parse(raw: &[u8]) -> Self {
        let raw = String::from_utf8(raw.to_vec()).expect("mails are ASCII").replace("\r\n", "\n");
        let (headers, body) = section(&raw);
        let kind = value(&headers, "Content-Type");
        assert!(kind.starts_with("multipart/alternative"), "{kind}");
        let (_, boundary) = kind.split_once("boundary=\"").expect("a boundary");
        let marker = format!("--{}", boundary.trim_end_matches('"'));
        let parts: Vec<&str> = body.split(marker.as_str()).skip(1).collect();
        assert_eq!(parts.len(), 3, "two parts and the end: {body}");
        let part = |index: usize, kind: &str| {
            let (headers, body) = section(parts[index].trim_start_matches('\n'));
            assert!(value(&headers, "Content-Type").starts_with(kind));
            decoded(&value(&headers, "Content-Transfer-Encoding"), &body)
        };
        Self { text: part(0, "text/plain"), html: part(1, "text/html"), headers }
    }

    /// The value of a header that stands there exactly once.
    pub fn header(&self, name: &str) -> String {
        value(&self.headers, name)
    }

    /// How often a header stands there.
    pub fn count(&self, name: &str) -> usize {
        self.headers.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name)).count()
    }
}

fn value(headers: &[(String, String)], name: &str) -> String {
    let mut found = headers.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name));
    let (_, value) = found.next().unwrap_or_else(|| panic!("no {name} in {headers:?}"));
    assert!(found.next().is_none(), "{name} stands there twice");
    value.clone()
}

fn section(text: &str) -> (Vec<(String, String)>, String) {
    let (head, body) = text.split_once("\n\n").expect("headers and a body");
    let unfolded = head.replace("\n ", " ").replace("\n\t", " ");
    let header = |line: &str| {
        let (name, value) = line.split_once(':').unwrap_or_else(|| panic!("no header: {line:?}"));
        (name.to_owned(), words(value.trim()))
    };
    (unfolded.lines().map(header).collect(), body.to_owned())
}

/// RFC 2047: `=?utf-8?b?…?=`; white space between two encoded words is none.
fn words(value: &str) -> String {
    let mut out = String::new();
    let mut rest = value;
    while let Some((before, encoded)) = rest.split_once("=?utf-8?b?") {
        if !before.trim().is_empty() || out.is_empty() {
            out.push_str(before);
        }
        let (word, after) = encoded.split_once("?=").expect("an encoded word ends");
        out.push_str(std::str::from_utf8(&BASE64_STANDARD.decode(word).unwrap()).unwrap());
        rest = after;
    }
    out + rest
}

fn decoded(encoding: &str, body: &str) -> String {
    let bytes = match encoding {
        "7bit" => body.as_bytes().to_vec(),
        "base64" => BASE64_STANDARD.decode(body.replace('\n', "")).unwrap(),
        "quoted-printable" => quoted_printable(body),
        other => panic!("an unexpected encoding: {other}"),
    };
    String::from_utf8(bytes).unwrap().replace("\r\n", "\n")
}

fn quoted_printable(body: &str) -> Vec<u8> {
    let joined = body.replace("=\n", "");
    let mut bytes = joined.bytes();
    let mut out = Vec::new();
    while let Some(byte) = bytes.next() {
        if byte == b'=' {
            let hex = [bytes.next().unwrap(), bytes.next().unwrap()];
            out.push(u8::from_str_radix(std::str::from_utf8(&hex).unwrap(), 16).unwrap());
        } else {
            out.push(byte);
        }
    }
    out
}

//! The S3 server asked directly: what the files service is measured against.
//!
//! The same load client, one signed request an object, the body unsigned as the service sends it.

use std::process::Command;

use anyhow::{Context, ensure};
use sha2::{Digest, Sha256};

use super::house::House;
use super::load::Connection;
use crate::command;
use crate::stop::Stop;

/// The server must be told one; it believes any.
const REGION: &str = "us-east-1";
/// SHA-256's, in bytes.
const BLOCK: usize = 64;

/// A bucket, and who may use it.
pub struct Bucket {
    host: String,
    name: String,
    access_key: String,
    secret_key: String,
    time: String,
}

impl Bucket {
    /// A bucket on the house's server. Its requests are good for a quarter of an hour.
    ///
    /// # Errors
    /// When the server is not spoken to by plain HTTP.
    pub fn open(house: &House, name: String, stop: &Stop) -> anyhow::Result<Self> {
        let [address, access_key, secret_key] = house.s3().clone();
        let host = address.strip_prefix("http://").map(|rest| rest.trim_end_matches('/').to_owned());
        let host = host.with_context(|| format!("{address} is not of the form http://host:port"))?;
        let time = command::quiet(Command::new("date").args(["-u", "+%Y%m%dT%H%M%SZ"]), stop)?;
        Ok(Self { host, name, access_key, secret_key, time: time.trim().to_owned() })
    }

    /// A connection to the server.
    pub fn connect(&self) -> anyhow::Result<Connection> {
        Connection::open_at(&self.host)
    }

    /// The head of a request for an object, which a body of this length follows.
    pub fn request(&self, method: &str, key: &str, body: usize) -> Vec<u8> {
        let Self { host, name, access_key, secret_key, time } = self;
        let path = format!("/{name}/{key}");
        let signed = "host;x-amz-content-sha256;x-amz-date";
        let canonical = format!(
            "{method}\n{path}\n\nhost:{host}\nx-amz-content-sha256:UNSIGNED-PAYLOAD\nx-amz-date:{time}\n\n\
             {signed}\nUNSIGNED-PAYLOAD"
        );
        let signature = signature(secret_key, time, &canonical);
        let scope = scope(time);
        format!(
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nX-Amz-Content-Sha256: UNSIGNED-PAYLOAD\r\n\
             X-Amz-Date: {time}\r\nAuthorization: AWS4-HMAC-SHA256 Credential={access_key}/{scope}, \
             SignedHeaders={signed}, Signature={signature}\r\nContent-Type: text/plain\r\n\
             Content-Length: {body}\r\n\r\n"
        )
        .into_bytes()
    }

    /// Removes objects by their keys; an empty key is the bucket itself, once nothing is in it.
    pub fn remove(&self, keys: &[String]) -> anyhow::Result<()> {
        let mut connection = self.connect()?;
        for key in keys {
            let (status, body) = connection.call(&self.request("DELETE", key, 0))?;
            ensure!(status == 204, "DELETE {key} was answered with {status}: {body}");
        }
        Ok(())
    }
}

/// Signature version 4 of a canonical request.
fn signature(secret_key: &str, time: &str, canonical: &str) -> String {
    let text = format!("AWS4-HMAC-SHA256\n{time}\n{}\n{}", scope(time), hex(&Sha256::digest(canonical)));
    let first = format!("AWS4{secret_key}").into_bytes();
    let key = [day(time), REGION, "s3", "aws4_request"]
        .iter()
        .fold(first, |key, part| keyed(&key, part.as_bytes()).to_vec());
    hex(&keyed(&key, text.as_bytes()))
}

fn scope(time: &str) -> String {
    format!("{}/{REGION}/s3/aws4_request", day(time))
}

fn day(time: &str) -> &str {
    time.split('T').next().unwrap_or_default()
}

/// HMAC-SHA256 (RFC 2104).
fn keyed(key: &[u8], text: &[u8]) -> [u8; 32] {
    let mut block = [0; BLOCK];
    if key.len() > BLOCK {
        block[..32].copy_from_slice(&Sha256::digest(key));
    } else {
        block[..key.len()].copy_from_slice(key);
    }
    let with = |mask: u8| block.map(|byte| byte ^ mask);
    let inner = Sha256::new().chain_update(with(0x36)).chain_update(text).finalize();
    Sha256::new().chain_update(with(0x5c)).chain_update(inner).finalize().into()
}

/// In hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of Amazon's documentation, "GET Object".
    #[test]
    fn a_request_is_signed_as_amazon_says() {
        let canonical = "GET\n/test.txt\n\nhost:examplebucket.s3.amazonaws.com\nrange:bytes=0-9\n\
            x-amz-content-sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n\
            x-amz-date:20130524T000000Z\n\nhost;range;x-amz-content-sha256;x-amz-date\n\
            e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(
            signature("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "20130524T000000Z", canonical),
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
        );
    }

    /// The sixth of RFC 4231.
    #[test]
    fn a_key_longer_than_a_block_is_hashed_first() {
        let text = b"Test Using Larger Than Block-Size Key - Hash Key First";
        assert_eq!(
            hex(&keyed(&[0xaa; 131], text)),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        );
    }
}

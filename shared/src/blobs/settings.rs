use std::path::PathBuf;
use std::time::Duration;

use crate::config::{Common, Secret, Settings};

/// Where bytes lie, and how it is reached.
#[derive(Clone, Debug)]
pub struct Storage {
    /// The S3 server.
    pub server: S3Server,
    /// Where clients find the same server; `None`: where we do.
    pub public_endpoint: Option<String>,
    /// How long a bucket may do nothing before it counts as away.
    pub patience: Duration,
    /// The workers of HTTP, each of which has connections of its own.
    pub workers: usize,
}

/// The S3 servers.
#[derive(Clone, Debug)]
pub enum S3Server {
    /// In this process, over a directory.
    Embedded {
        /// Which.
        directory: PathBuf,
    },
    /// Any server that speaks S3.
    At {
        /// `https://host[:port]`.
        endpoint: String,
        /// The region that signatures name.
        region: String,
        /// Who we are.
        access_key: String,
        /// And how we prove it.
        secret_key: Secret,
        /// The bucket in the path rather than in the host's name.
        path_style: bool,
    },
}

impl Storage {
    /// Reads the `s3_*` and `minio_*` keys. Where they name no server it is the embedded one over this directory of the
    /// service's data, which one service alone may have; production refuses it.
    pub fn read(s: &mut Settings, common: &Common, directory: &str) -> Self {
        let endpoint = match s.optional_url("s3_endpoint", &["http", "https"]) {
            Some(endpoint) => Some(endpoint),
            None => minio_endpoint(s),
        };
        s.refuse_in_production(
            "s3_endpoint",
            endpoint.is_none(),
            "the embedded store ends at this process; set S3_ENDPOINT",
        );
        let mut either = |key: &str, other: &str| s.secret(key).or_else(|| s.secret(other));
        let access_key = either("s3_access_key", "minio_access_key");
        let secret_key = either("s3_secret_key", "minio_secret_key");
        let region = s.required("s3_region");
        let path_style = s.flag("s3_path_style");
        let server = match endpoint {
            None => S3Server::Embedded { directory: common.data_dir.join(directory) },
            Some(endpoint) => {
                for (key, value) in [("s3_access_key", &access_key), ("s3_secret_key", &secret_key)] {
                    if value.is_none() {
                        s.fault(key, "is not set, and the S3 server of S3_ENDPOINT wants one");
                    } else if value.as_ref().is_some_and(|value| value.expose() == "minioadmin") {
                        s.refuse_in_production(key, true, "it is MinIO's default, which everybody knows");
                    }
                }
                S3Server::At {
                    endpoint,
                    region,
                    access_key: access_key.map(|key| key.expose().to_owned()).unwrap_or_default(),
                    secret_key: secret_key.unwrap_or_else(|| Secret::new(String::new())),
                    path_style,
                }
            }
        };
        let patience = s.duration("s3_patience");
        if patience.is_zero() {
            s.fault("s3_patience", "leaves the server no time");
        }
        let public_endpoint = s.optional_url("s3_public_endpoint", &["http", "https"]);
        Self { server, public_endpoint, patience, workers: common.http.workers }
    }
}

/// The name of a bucket.
pub fn bucket_name(s: &mut Settings, key: &str) -> String {
    let name = s.required(key);
    if !is_bucket_name(&name) {
        s.fault(key, "is no name of a bucket: 3 to 63 lower-case letters, digits and hyphens");
    }
    name
}

/// The specification's names: a host and a port, or a whole URL.
fn minio_endpoint(s: &mut Settings) -> Option<String> {
    let host = s.optional("minio_endpoint")?;
    if host.contains("://") {
        return s.optional_url("minio_endpoint", &["http", "https"]);
    }
    if host.contains(|c: char| c == '/' || c.is_whitespace()) {
        s.fault("minio_endpoint", "is neither a host nor a URL");
    }
    let scheme = if s.flag("minio_use_ssl") { "https" } else { "http" };
    Some(format!("{scheme}://{host}:{}", s.number("minio_port", 1..=65535_u16)))
}

/// What every server takes (Amazon's rules, without the dots, which do not go with TLS).
fn is_bucket_name(name: &str) -> bool {
    (3..=63).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        && !name.starts_with('-')
        && !name.ends_with('-')
}

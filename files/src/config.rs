mod scanning;

use std::path::PathBuf;
use std::time::Duration;

use shared::blobs;
use shared::config::{Common, Faults, Settings, Sources};

use crate::domain::Limits;

pub use scanning::{ClamdAddress, Scanning};

/// The files service's configuration; every key stands in `config.default.toml` with what it means.
#[derive(Clone, Debug)]
pub struct Config {
    /// What all services have.
    pub common: Common,
    /// Where tickets is.
    pub ticket_service_url: String,
    /// How long its yes is believed when somebody reads.
    pub visibility_ttl: Duration,
    /// How much may be brought.
    pub limits: Limits,
    /// Where the bytes lie.
    pub storage: Storage,
    /// How uploads are received.
    pub uploads: Uploads,
    /// Who looks for viruses.
    pub scanning: Scanning,
}

/// Where the bytes lie.
#[derive(Clone, Debug)]
pub struct Storage {
    /// The S3 server, and how it is reached.
    pub s3: blobs::Storage,
    /// The bucket for the files of tickets.
    pub tickets_bucket: String,
    /// The bucket for the pictures of people.
    pub avatars_bucket: String,
}

/// How uploads are received.
#[derive(Clone, Debug)]
pub struct Uploads {
    /// Where they lie until they are whole.
    pub directory: PathBuf,
    /// How many at once.
    pub slots: usize,
    /// How long a client may take its time.
    pub grace: Duration,
    /// The pace that is asked of it from then on, in bytes per second.
    pub min_pace: u64,
    /// The age from which a begun upload counts as abandoned.
    pub abandoned_after: Duration,
    /// How often abandoned ones are looked for.
    pub sweep_interval: Duration,
    /// How long deleted files are kept.
    pub purge_deleted_after: Duration,
}

impl AsRef<Common> for Config {
    fn as_ref(&self) -> &Common {
        &self.common
    }
}

impl Config {
    /// Reads it.
    ///
    /// # Errors
    /// Everything that is wrong with it, at once.
    pub fn read(sources: &Sources) -> Result<Self, Faults> {
        let mut s = Settings::new("files", include_str!("../config.default.toml"), sources);
        let read = &mut s;
        let common = Common::read(read);
        let config = Config {
            ticket_service_url: read.url("ticket_service_url", &["http", "https"]),
            visibility_ttl: read.duration("ticket_visibility_ttl"),
            limits: limits(read),
            storage: storage(read, &common),
            uploads: uploads(read, &common),
            scanning: Scanning::read(read),
            common,
        };
        if config.visibility_ttl > Duration::from_secs(60) {
            s.fault(
                "ticket_visibility_ttl",
                "is longer than 1m: who lost sight of a ticket would keep its files",
            );
        }
        s.finish(config)
    }
}

fn limits(s: &mut Settings) -> Limits {
    let limits = Limits {
        file_size: s.bytes("max_file_size"),
        ticket_files: s.number("max_files_per_ticket", 1..=10_000),
        ticket_size: s.bytes("max_total_size_per_ticket"),
        avatar_size: s.bytes("max_avatar_size"),
        pixels: s.number("max_image_pixels", 1..=1_000_000_000),
    };
    for (key, size) in [("max_file_size", limits.file_size), ("max_avatar_size", limits.avatar_size)] {
        if size == 0 {
            s.fault(key, "leaves room for nothing");
        }
    }
    if limits.ticket_size < limits.file_size {
        s.fault("max_total_size_per_ticket", "is smaller than MAX_FILE_SIZE");
    }
    limits
}

fn storage(s: &mut Settings, common: &Common) -> Storage {
    Storage {
        s3: blobs::Storage::read(s, common, "s3"),
        tickets_bucket: blobs::bucket_name(s, "s3_bucket_tickets"),
        avatars_bucket: blobs::bucket_name(s, "s3_bucket_avatars"),
    }
}

fn uploads(s: &mut Settings, common: &Common) -> Uploads {
    let uploads = Uploads {
        directory: s.optional("upload_dir").map_or_else(|| common.data_dir.join("uploads"), PathBuf::from),
        slots: s.number("upload_slots", 1..=10_000),
        grace: s.duration("upload_grace"),
        min_pace: s.bytes("upload_min_pace"),
        abandoned_after: s.duration("upload_abandoned_after"),
        sweep_interval: s.duration("upload_sweep_interval"),
        purge_deleted_after: s.duration("purge_deleted_after"),
    };
    if uploads.min_pace == 0 {
        s.fault("upload_min_pace", "is zero: a client could keep its place for ever");
    }
    if uploads.sweep_interval.is_zero() {
        s.fault("upload_sweep_interval", "is zero");
    }
    // Storing takes a minute at most (`Blobs::put`); a sweeper that is quicker would take living uploads away.
    if uploads.abandoned_after < Duration::from_secs(120) {
        s.fault(
            "upload_abandoned_after",
            "is shorter than 2m, and an upload that is being stored is not abandoned",
        );
    }
    uploads
}

#[cfg(test)]
mod tests {
    use shared::blobs::S3Server;

    use super::*;

    fn read(env: &[(&str, &str)]) -> Result<Config, String> {
        let sources = env.iter().fold(Sources::of("", []), |sources, &(key, value)| sources.with(key, value));
        Config::read(&sources).map_err(|faults| faults.to_string())
    }

    #[test]
    fn the_defaults_are_the_specifications_limits_and_the_embedded_store() {
        let config = read(&[]).unwrap();
        let sizes = (config.limits.file_size, config.limits.ticket_size, config.limits.avatar_size);
        assert_eq!((sizes, config.limits.ticket_files), ((10 << 20, 50 << 20, 2 << 20), 10));
        assert_eq!(config.common.http.port, 3004);
        assert!(matches!(config.storage.s3.server, S3Server::Embedded { .. }));
        assert_eq!(config.storage.tickets_bucket, "helpdesk-tickets");
        assert_eq!(config.storage.avatars_bucket, "helpdesk-avatars");
    }

    #[test]
    fn the_specifications_names_of_the_s3_server_are_taken() {
        let config = read(&[
            ("MINIO_ENDPOINT", "minio"),
            ("MINIO_PORT", "9001"),
            ("MINIO_ACCESS_KEY", "who"),
            ("MINIO_SECRET_KEY", "hush"),
            ("MINIO_USE_SSL", "true"),
        ])
        .unwrap();
        let S3Server::At { endpoint, access_key, secret_key, path_style, .. } = config.storage.s3.server
        else {
            panic!()
        };
        assert_eq!(
            (endpoint.as_str(), access_key.as_str(), secret_key.expose()),
            ("https://minio:9001", "who", "hush")
        );
        assert!(path_style);
    }

    #[test]
    fn viruses_are_looked_for_where_that_is_wished() {
        assert!(matches!(read(&[]).unwrap().scanning, Scanning::Off));
        let on = read(&[("ENABLE_VIRUS_SCAN", "true"), ("CLAMD_ADDRESS", "clamd:3310")]).unwrap();
        let Scanning::Clamd { address, stream_max, .. } = on.scanning else { panic!() };
        assert_eq!((address, stream_max), (ClamdAddress::Tcp("clamd:3310".to_owned()), 25 << 20));
        let fault = read(&[("ENABLE_VIRUS_SCAN", "true"), ("CLAMD_ADDRESS", "clamd")]).unwrap_err();
        assert!(fault.contains("CLAMD_ADDRESS"), "{fault}");
    }

    #[test]
    fn all_faults_are_named_at_once_and_no_secret_is_repeated() {
        let fault = read(&[
            ("S3_ENDPOINT", "ftp://x"),
            ("S3_SECRET_KEY", "hush"),
            ("S3_BUCKET_TICKETS", "No Bucket"),
            ("S3_BUCKET_AVATARS", "x"),
            ("MAX_AVATAR_SIZE", "0"),
            ("MAX_TOTAL_SIZE_PER_TICKET", "1MiB"),
            ("UPLOAD_ABANDONED_AFTER", "1s"),
        ])
        .unwrap_err();
        for key in [
            "S3_ENDPOINT",
            "S3_ACCESS_KEY",
            "S3_BUCKET_TICKETS",
            "S3_BUCKET_AVATARS",
            "MAX_AVATAR_SIZE",
            "MAX_TOTAL_SIZE_PER_TICKET",
            "UPLOAD_ABANDONED_AFTER",
        ] {
            assert!(fault.contains(key), "{key} is missing in {fault}");
        }
        assert!(!fault.contains("hush"), "{fault}");
    }

    #[test]
    fn production_refuses_the_embedded_store_and_default_keys() {
        let embedded = read(&[("HELPDESK_ENV", "production")]).unwrap_err();
        assert!(embedded.contains("S3_ENDPOINT"), "{embedded}");
        let default = read(&[
            ("HELPDESK_ENV", "production"),
            ("S3_ENDPOINT", "https://s3.example.com"),
            ("S3_ACCESS_KEY", "minioadmin"),
            ("S3_SECRET_KEY", "minioadmin"),
        ])
        .unwrap_err();
        assert!(default.contains("S3_SECRET_KEY") && !default.contains("S3_ENDPOINT"), "{default}");
    }
}

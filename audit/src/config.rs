use std::{path::PathBuf, time::Duration};

use chrono::TimeDelta;
use shared::{
    blobs::{Storage, bucket_name},
    config::{Common, Faults, Secret, Settings, Sources},
};

use crate::domain::{
    PublicKey,
    report::mailing::{Period, Schedule},
    rules::{Measure, Rule, RuleName, Rules},
};

/// What audit is configured by.
#[derive(Clone, Debug)]
pub struct Config {
    /// What is configured alike in all services.
    pub common: Common,
    /// What the key is derived from that signs the trail; `None` in development means the one in the data folder.
    pub secret: Option<Secret>,
    /// What the trail was signed with before.
    pub former_keys: Vec<PublicKey>,
    /// How often the signed end of the trail is kept.
    pub checkpoint_interval: Duration,
    /// How long reports and numbers are kept for whoever asks for the same.
    pub answers_kept: Duration,
    /// How many clients may follow the live feed at a time.
    pub feed_streams: usize,
    /// How often what has arrived is compared with what the services have published.
    pub reconcile_interval: Duration,
    /// When months of the trail are put away, and where; `None`: never.
    pub retention: Option<Retention>,
    /// The rules that raise alerts.
    pub rules: Rules,
    /// Which reports are mailed to administrators, how often and when.
    pub report_mails: Schedule,
    /// How often is looked whether one is due.
    pub report_mail_poll: Duration,
}

/// How long rows of the trail stay in the database, and where they lie from then on.
#[derive(Clone, Debug)]
pub struct Retention {
    /// How long: a month goes when all of it is older.
    pub keep: TimeDelta,
    /// How often such months are looked for.
    pub every: Duration,
    /// A file that has so many rows ends at its next checkpoint.
    pub rows: u64,
    /// The S3 server.
    pub storage: Storage,
    /// The bucket.
    pub bucket: String,
    /// Where files wait until they are whole.
    pub spool: PathBuf,
}

impl Retention {
    /// Where rows stay for ever, nothing else of this is read: nobody has to name a bucket that is not used.
    fn read(settings: &mut Settings, common: &Common) -> Option<Self> {
        const KEY: &str = "trail_retention";
        const SHORTEST: TimeDelta = TimeDelta::days(1);
        if settings.text(KEY) == "0" {
            return None;
        }
        let keep = TimeDelta::from_std(settings.duration(KEY)).unwrap_or(TimeDelta::MAX);
        if keep < SHORTEST {
            settings.fault(KEY, "must be 0, for ever, or 1d at least");
        }
        let every = settings.duration("trail_archive_interval");
        if every < Duration::from_millis(100) {
            settings.fault("trail_archive_interval", "is too short; at least 100ms are wanted");
        }
        Some(Self {
            keep,
            every,
            rows: settings.number("trail_archive_rows", 1..=10_000_000),
            storage: Storage::read(settings, common, "archives"),
            bucket: bucket_name(settings, "s3_bucket_audit"),
            spool: settings
                .optional("trail_archive_dir")
                .map_or_else(|| common.data_dir.join("archives-spool"), PathBuf::from),
        })
    }
}

impl Config {
    /// Reads audit's settings.
    ///
    /// # Errors
    /// Everything that is wrong with them.
    pub fn read(sources: &Sources) -> Result<Self, Faults> {
        let mut settings = Settings::new("audit", include_str!("../config.default.toml"), sources);
        let common = Common::read(&mut settings);
        let config = Self {
            retention: Retention::read(&mut settings, &common),
            common,
            secret: settings.lasting_secret("audit_secret"),
            former_keys: settings.list_of("audit_former_keys"),
            checkpoint_interval: settings.duration("checkpoint_interval"),
            answers_kept: settings.duration("answers_kept"),
            feed_streams: settings.number("feed_streams", 0..=10_000),
            reconcile_interval: interval(&mut settings, "reconcile_interval"),
            rules: Rules::of(|name| rule(&mut settings, name)),
            report_mails: report_mails(&mut settings),
            report_mail_poll: interval(&mut settings, "report_mail_poll"),
        };
        settings.finish(config)
    }
}

/// At least long enough that looking is not all that audit does.
fn interval(settings: &mut Settings, key: &str) -> Duration {
    let interval = settings.duration(key);
    if interval < Duration::from_millis(100) {
        settings.fault(key, "is too short; at least 100ms are wanted");
    }
    interval
}

fn report_mails(settings: &mut Settings) -> Schedule {
    let hour = settings.number("report_mail_hour", 0..=23);
    Schedule::new(|period: Period| settings.list_of(&format!("report_mail_{}", period.as_str())), hour)
}

/// The most that can be asked to be counted: a window that holds more is never looked at.
const MOST: u32 = 100_000;

/// All keys of a rule are read even where it is off: a fault is better told today than on the day it is switched on.
fn rule(settings: &mut Settings<'_>, name: RuleName) -> Rule {
    let key = format!("alert_{}", name.as_str());
    let measure = match name {
        RuleName::FailedLogins
        | RuleName::FailedLoginsAddress
        | RuleName::MassDownload
        | RuleName::MassDeletion => Measure::Events(settings.number(&key, 0..=MOST)),
        RuleName::ManyAddresses => Measure::Values(settings.number(&key, 0..=MOST)),
        RuleName::SlaDecay => Measure::Share {
            percent: settings.number(&key, 0..=100),
            minimum: settings.number(&format!("{key}_minimum"), 1..=MOST),
        },
    };
    Rule { name, window: window(settings, &format!("{key}_window")), measure }
}

fn window(settings: &mut Settings<'_>, key: &str) -> TimeDelta {
    const LONGEST: TimeDelta = TimeDelta::days(31);
    let window = TimeDelta::from_std(settings.duration(key)).unwrap_or(TimeDelta::MAX);
    if window < TimeDelta::seconds(1) || window > LONGEST {
        settings.fault(key, "must be from 1s to 31d");
    }
    window.min(LONGEST)
}

impl AsRef<Common> for Config {
    fn as_ref(&self) -> &Common {
        &self.common
    }
}

#[cfg(test)]
mod tests {
    use shared::blobs::S3Server;

    use super::*;
    use crate::domain::report::mailing::Settled;

    fn read(settings: &[(&str, &str)]) -> Result<Config, Faults> {
        Config::read(
            &settings.iter().fold(Sources::of("", []), |sources, (key, value)| sources.with(key, *value)),
        )
    }

    #[test]
    fn every_rule_is_on_until_somebody_sets_it_to_0() {
        let config = read(&[]).unwrap();
        for name in RuleName::ALL {
            assert!(config.rules.on(name).is_some(), "{name:?}");
            let off = format!("ALERT_{}", name.as_str().to_ascii_uppercase());
            let config = read(&[(&off, "0")]).unwrap();
            let on: Vec<_> =
                RuleName::ALL.into_iter().filter(|name| config.rules.on(*name).is_some()).collect();
            assert!(on.len() == 5 && !on.contains(&name), "{on:?} are on without {name:?}");
        }
    }

    #[test]
    fn a_rule_is_what_is_set() {
        let config = read(&[
            ("ALERT_MANY_ADDRESSES", "3"),
            ("ALERT_MANY_ADDRESSES_WINDOW", "2h"),
            ("ALERT_SLA_DECAY", "25"),
            ("ALERT_SLA_DECAY_MINIMUM", "4"),
        ])
        .unwrap();
        let addresses = config.rules.on(RuleName::ManyAddresses).unwrap();
        assert_eq!((addresses.measure, addresses.window), (Measure::Values(3), TimeDelta::hours(2)));
        let decay = config.rules.on(RuleName::SlaDecay).unwrap();
        assert_eq!(decay.measure, Measure::Share { percent: 25, minimum: 4 });
    }

    #[test]
    fn rows_stay_for_ever_unless_somebody_says_how_long() {
        assert!(read(&[]).unwrap().retention.is_none());
        // What is not used need not be right, nor be there in production.
        assert!(read(&[("S3_BUCKET_AUDIT", "No Bucket")]).unwrap().retention.is_none());
        let retention = read(&[("TRAIL_RETENTION", "400d")]).unwrap().retention.unwrap();
        assert_eq!((retention.keep, &*retention.bucket), (TimeDelta::days(400), "helpdesk-audit-archives"));
        assert!(matches!(retention.storage.server, S3Server::Embedded { .. }));
    }

    #[test]
    fn faults_of_the_archives_are_named_by_their_keys() {
        let faults = read(&[
            ("HELPDESK_ENV", "production"),
            ("TRAIL_RETENTION", "3h"),
            ("TRAIL_ARCHIVE_INTERVAL", "1ms"),
            ("TRAIL_ARCHIVE_ROWS", "0"),
            ("S3_BUCKET_AUDIT", "No Bucket"),
        ]);
        let faults = faults.unwrap_err().to_string();
        for words in [
            "audit: TRAIL_RETENTION: must be 0, for ever, or 1d at least",
            "audit: TRAIL_ARCHIVE_INTERVAL: is too short",
            "audit: TRAIL_ARCHIVE_ROWS: “0” is not a number",
            "audit: S3_BUCKET_AUDIT: is no name of a bucket",
            "audit: S3_ENDPOINT: is refused in production",
        ] {
            assert!(faults.contains(words), "{words} is not in {faults}");
        }
        let faults = read(&[("TRAIL_RETENTION", "for ever")]).unwrap_err().to_string();
        assert!(faults.contains("TRAIL_RETENTION: “for ever” is not a duration"), "{faults}");
    }

    #[test]
    fn reports_are_mailed_as_often_as_is_set() {
        assert!(!read(&[]).unwrap().report_mails.is_empty());
        let off = read(&[("REPORT_MAIL_WEEKLY", "")]).unwrap();
        assert!(off.report_mails.is_empty());
        let daily = read(&[("REPORT_MAIL_WEEKLY", ""), ("REPORT_MAIL_DAILY", "sla, security ,sla")]).unwrap();
        let steps = daily.report_mails.steps(&Settled::new(), "2026-03-01T00:00:00Z".parse().unwrap());
        assert_eq!(steps.len(), 2, "{steps:?}");
    }

    #[test]
    fn every_fault_is_told_at_once_with_its_key() {
        let faults = read(&[
            ("ALERT_FAILED_LOGINS", "many"),
            ("ALERT_FAILED_LOGINS_ADDRESS", "-1"),
            ("ALERT_MANY_ADDRESSES_WINDOW", "0s"),
            ("ALERT_MASS_DOWNLOAD_WINDOW", "32d"),
            // Also where the rule is off.
            ("ALERT_MASS_DELETION", "0"),
            ("ALERT_MASS_DELETION_WINDOW", "a while"),
            ("ALERT_SLA_DECAY", "101"),
            ("ALERT_SLA_DECAY_MINIMUM", "0"),
            ("REPORT_MAIL_DAILY", "security,weather"),
            ("REPORT_MAIL_MONTHLY", "all"),
            ("REPORT_MAIL_HOUR", "24"),
            ("REPORT_MAIL_POLL", "0s"),
        ])
        .unwrap_err()
        .to_string();
        for words in [
            "audit: ALERT_FAILED_LOGINS: “many” is not a number from 0 to 100000",
            "audit: ALERT_FAILED_LOGINS_ADDRESS: “-1” is not a number from 0 to 100000",
            "audit: ALERT_MANY_ADDRESSES_WINDOW: must be from 1s to 31d",
            "audit: ALERT_MASS_DOWNLOAD_WINDOW: must be from 1s to 31d",
            "audit: ALERT_MASS_DELETION_WINDOW: “a while” is not a duration, as in 250ms, 10s, 30m, 24h or 7d",
            "audit: ALERT_SLA_DECAY: “101” is not a number from 0 to 100",
            "audit: ALERT_SLA_DECAY_MINIMUM: “0” is not a number from 1 to 100000",
            "audit: REPORT_MAIL_DAILY: “weather” cannot be used: a report is activity, tickets, sla or security",
            "audit: REPORT_MAIL_MONTHLY: “all” cannot be used: a report is activity, tickets, sla or security",
            "audit: REPORT_MAIL_HOUR: “24” is not a number from 0 to 23",
            "audit: REPORT_MAIL_POLL: is too short; at least 100ms are wanted",
        ] {
            assert!(faults.contains(words), "{words} is not in {faults}");
        }
    }
}

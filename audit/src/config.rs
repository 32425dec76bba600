use std::time::Duration;

use shared::config::{Common, Faults, Secret, Settings, Sources};

/// What audit is configured by.
#[derive(Clone, Debug)]
pub struct Config {
    /// What is configured alike in all services.
    pub common: Common,
    /// What the key is derived from that signs the trail; `None` in development means the one in the data folder.
    pub secret: Option<Secret>,
    /// How often the signed end of the trail is kept.
    pub checkpoint_interval: Duration,
    /// How many clients may follow the live feed at a time.
    pub feed_streams: usize,
    /// How often what has arrived is compared with what the services have published.
    pub reconcile_interval: Duration,
}

impl Config {
    /// Reads audit's settings.
    ///
    /// # Errors
    /// Everything that is wrong with them.
    pub fn read(sources: &Sources) -> Result<Self, Faults> {
        let mut settings = Settings::new("audit", include_str!("../config.default.toml"), sources);
        let config = Self {
            common: Common::read(&mut settings),
            secret: settings.lasting_secret("audit_secret"),
            checkpoint_interval: settings.duration("checkpoint_interval"),
            feed_streams: settings.number("feed_streams", 0..=10_000),
            reconcile_interval: interval(&mut settings),
        };
        settings.finish(config)
    }
}

/// At least long enough that looking is not all that audit does.
fn interval(settings: &mut Settings) -> Duration {
    let interval = settings.duration("reconcile_interval");
    if interval < Duration::from_millis(100) {
        settings.fault("reconcile_interval", "is too short; at least 100ms are wanted");
    }
    interval
}

impl AsRef<Common> for Config {
    fn as_ref(&self) -> &Common {
        &self.common
    }
}

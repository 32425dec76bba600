use shared::config::{Common, Faults, Settings, Sources};

/// What audit is configured by.
#[derive(Clone, Debug)]
pub struct Config {
    /// What is configured alike in all services.
    pub common: Common,
    /// How many clients may follow the live feed at a time.
    pub feed_streams: usize,
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
            feed_streams: settings.number("feed_streams", 0..=10_000),
        };
        settings.finish(config)
    }
}

impl AsRef<Common> for Config {
    fn as_ref(&self) -> &Common {
        &self.common
    }
}

use shared::config::{Common, Faults, Settings, Sources};

/// The settings of this service.
#[derive(Debug, Clone)]
pub struct Config {
    /// What every service has.
    pub common: Common,
}

impl Config {
    /// Reads the settings.
    ///
    /// # Errors
    /// All faults at once, each with its key.
    pub fn read(sources: &Sources) -> Result<Self, Faults> {
        let mut settings = Settings::new("users", include_str!("../config.default.toml"), sources);
        let common = Common::read(&mut settings);
        settings.finish(Self { common })
    }
}

impl AsRef<Common> for Config {
    fn as_ref(&self) -> &Common {
        &self.common
    }
}

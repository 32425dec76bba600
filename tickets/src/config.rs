use std::time::Duration;

use chrono::TimeDelta;
use shared::config::{Common, Faults, Settings, Sources};

use crate::domain::{BusinessHours, Calendar, Rules};

/// The settings of this service.
#[derive(Debug, Clone)]
pub struct Config {
    /// What every service has.
    pub common: Common,
    /// How often to look for what is due.
    pub timer_poll: Duration,
    pub(crate) rules: Rules,
}

impl Config {
    /// Reads the settings.
    ///
    /// # Errors
    /// All faults at once, each with its key.
    pub fn read(sources: &Sources) -> Result<Self, Faults> {
        let mut settings = Settings::new("tickets", include_str!("../config.default.toml"), sources);
        let common = Common::read(&mut settings);
        let rules = Rules {
            auto_close_after: span(&mut settings, "auto_close_after"),
            reopen_window: span(&mut settings, "reopen_window"),
            calendar: calendar(&mut settings),
        };
        let timer_poll = settings.duration("timer_poll");
        if timer_poll.is_zero() {
            settings.fault("timer_poll", "must be more than nothing");
        }
        settings.finish(Self { common, timer_poll, rules })
    }
}

/// A duration that can be added to any date that we keep.
fn span(settings: &mut Settings<'_>, key: &str) -> TimeDelta {
    const LONGEST: TimeDelta = TimeDelta::days(36_500);
    let span = TimeDelta::from_std(settings.duration(key)).unwrap_or(TimeDelta::MAX);
    if span > LONGEST {
        settings.fault(key, "is longer than a hundred years");
    }
    span.min(LONGEST)
}

/// All of its keys are read even where it is off: a fault is better told today than on the day it is switched on.
fn calendar(settings: &mut Settings<'_>) -> Calendar {
    let is_on = settings.flag("business_calendar");
    let zone = settings.parse_or("business_time_zone", chrono_tz::UTC);
    let holidays = settings.list_of("business_holidays");
    let hours = settings.text("business_hours");
    let week = match hours.parse() {
        Ok(week) => Some(week),
        Err(fault) => {
            let fault: crate::domain::WeekFault = fault;
            settings.fault("business_hours", fault.to_string());
            None
        }
    };
    match week.filter(|_| is_on) {
        Some(week) => {
            let holidays = holidays.into_iter().collect();
            Calendar::Business(Box::new(BusinessHours { zone, week, holidays }))
        }
        None => Calendar::Always,
    }
}

impl AsRef<Common> for Config {
    fn as_ref(&self) -> &Common {
        &self.common
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(settings: &[(&str, &str)]) -> Result<Config, Faults> {
        Config::read(
            &settings.iter().fold(Sources::of("", []), |sources, (key, value)| sources.with(key, *value)),
        )
    }

    #[test]
    fn the_defaults_are_the_specification() {
        let config = read(&[]).unwrap();
        assert!(matches!(config.rules.calendar, Calendar::Always));
        assert_eq!(config.rules.auto_close_after, TimeDelta::hours(24));
        assert_eq!(config.rules.reopen_window, TimeDelta::days(7));
    }

    #[test]
    fn a_calendar_is_read() {
        let config = read(&[
            ("BUSINESS_CALENDAR", "true"),
            ("BUSINESS_TIME_ZONE", "America/New_York"),
            ("BUSINESS_HOURS", "mon-thu 08:00-16:00"),
            ("BUSINESS_HOLIDAYS", "2026-12-25, 2027-01-01"),
        ])
        .unwrap();
        let Calendar::Business(hours) = config.rules.calendar else { panic!("it is on") };
        assert_eq!((hours.zone, hours.holidays.len()), (chrono_tz::America::New_York, 2));
    }

    #[test]
    fn every_fault_is_told_at_once_with_its_key() {
        let faults = read(&[
            ("BUSINESS_TIME_ZONE", "Paris"),
            ("BUSINESS_HOURS", "monday to friday"),
            ("BUSINESS_HOLIDAYS", "25.12."),
            ("AUTO_CLOSE_AFTER", "a day"),
            ("TIMER_POLL", "0s"),
        ])
        .unwrap_err()
        .to_string();
        for key in
            ["BUSINESS_TIME_ZONE", "BUSINESS_HOURS", "BUSINESS_HOLIDAYS", "AUTO_CLOSE_AFTER", "TIMER_POLL"]
        {
            assert!(faults.contains(key), "{key} is not in {faults}");
        }
    }
}

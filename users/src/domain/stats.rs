use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};
use shared::auth::Role;

/// How many days [`Stats::registered`] looks back, today included.
pub const DAYS: u64 = 30;

/// How many people there are, and of which kinds. The erased do not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stats {
    /// All of them.
    pub total: i64,
    /// Those who may sign in.
    pub active: i64,
    /// By role; every role is there.
    pub by_role: BTreeMap<Role, i64>,
    /// By department, the largest of them; who names none is in none.
    pub by_department: BTreeMap<String, i64>,
    /// By the day (UTC) on which they were first heard of, the oldest first; every day is there.
    pub registered: Vec<(NaiveDate, i64)>,
}

/// The first of the days that are counted.
pub fn first_day(today: NaiveDate) -> NaiveDate {
    today.checked_sub_days(Days::new(DAYS - 1)).unwrap_or(NaiveDate::MIN)
}

/// Every day up to today with its count, which is none where nothing was counted.
pub fn every_day(today: NaiveDate, counted: &BTreeMap<NaiveDate, i64>) -> Vec<(NaiveDate, i64)> {
    let days = first_day(today).iter_days().take_while(|day| *day <= today);
    days.map(|day| (day, counted.get(&day).copied().unwrap_or(0))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thirty_days_end_today_and_days_without_anybody_are_there() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let counted = BTreeMap::from([(day("2026-02-28"), 3), (day("2026-01-01"), 9)]);
        let days = every_day(day("2026-03-02"), &counted);
        assert_eq!((days.len(), days[0].0, days[29]), (30, day("2026-02-01"), (day("2026-03-02"), 0)));
        assert_eq!(days[27], (day("2026-02-28"), 3));
        assert_eq!(days.iter().map(|(_, count)| count).sum::<i64>(), 3, "what is older is left out");
    }
}

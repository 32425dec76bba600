//! Reports in words: what they are called, what they are about, and their figures.

use chrono::{Datelike, TimeDelta};
use serde_json::{Value, json};
use shared::{
    clock::Timestamp,
    events::{ReportFigure, ReportPeriod, ReportUnit},
};

use super::variables::NOTHING;
use crate::domain::{Language, ReportFacts, one_line};

/// The longest name of something that this build has no words for, in characters.
const LONGEST_KEY: usize = 64;

const MOIS: [&str; 12] = [
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
];

/// What each figure is called: its key, in French, in English.
const NAMES: [(&str, &str, &str); 25] = [
    ("events_recorded", "Événements", "Events"),
    ("people", "Personnes actives", "People at work"),
    ("users_login", "Connexions", "Sign-ins"),
    ("users_login_failed", "Connexions refusées", "Failed sign-ins"),
    ("users_locked", "Comptes verrouillés", "Lockouts"),
    ("users_password_changed", "Mots de passe changés", "Passwords changed"),
    ("users_password_reset", "Mots de passe réinitialisés", "Passwords reset"),
    ("users_role_changed", "Rôles changés", "Roles changed"),
    ("users_status_changed", "Comptes fermés ou rouverts", "Accounts closed or opened"),
    ("sessions_revoked", "Sessions révoquées", "Sessions revoked"),
    ("files_uploaded", "Fichiers déposés", "Files uploaded"),
    ("files_infected", "Fichiers infectés", "Infected files"),
    ("security_alert", "Alertes de sécurité", "Security alerts"),
    ("notifications_sent", "Notifications envoyées", "Notifications sent"),
    ("tickets_created", "Tickets ouverts", "Tickets opened"),
    ("tickets_resolved", "Tickets résolus", "Tickets resolved"),
    ("tickets_closed", "Tickets fermés", "Tickets closed"),
    ("tickets_reopened", "Tickets rouverts", "Tickets opened again"),
    ("tickets_deleted", "Tickets retirés", "Tickets withdrawn"),
    ("tickets_commented", "Commentaires", "Comments"),
    ("mean_time_to_resolution", "Temps moyen de résolution", "Mean time to resolution"),
    ("tickets_sla_warning", "Avertissements de SLA", "SLA warnings"),
    ("tickets_sla_breached", "Dépassements de SLA", "SLA breaches"),
    ("breaches_per_ticket", "Dépassements par ticket ouvert", "Breaches per ticket opened"),
    ("sla_alert", "Alertes de SLA", "SLA alerts"),
];

/// What a report is called. One that this build does not know is called what it is called there.
pub(super) fn report_name(kind: &str, language: Language) -> String {
    let (french, english) = match kind {
        "activity" => ("activité", "activity"),
        "tickets" => ("tickets", "tickets"),
        "sla" => ("niveaux de service", "service levels"),
        "security" => ("sécurité", "security"),
        other => return one_line(other, LONGEST_KEY),
    };
    word(language, french, english).to_owned()
}

/// How often it comes.
pub(super) fn period_name(period: ReportPeriod, language: Language) -> &'static str {
    match period {
        ReportPeriod::Daily => word(language, "quotidien", "Daily"),
        ReportPeriod::Weekly => word(language, "hebdomadaire", "Weekly"),
        ReportPeriod::Monthly => word(language, "mensuel", "Monthly"),
    }
}

/// What its figures are compared with.
pub(super) fn period_before(period: ReportPeriod, language: Language) -> &'static str {
    match period {
        ReportPeriod::Daily => word(language, "la veille", "the day before"),
        ReportPeriod::Weekly => word(language, "la semaine précédente", "the week before"),
        ReportPeriod::Monthly => word(language, "le mois précédent", "the month before"),
    }
}

/// The time that it is about: its days, both of them in it.
pub(super) fn span_in_words(report: &ReportFacts, language: Language) -> String {
    let day = |at: Timestamp| match language {
        Language::Fr => at.format("%d/%m/%Y").to_string(),
        Language::En => at.format("%-d %B %Y").to_string(),
    };
    let (first, last) = (report.from, report.to - TimeDelta::hours(1));
    match (report.period, language) {
        (ReportPeriod::Daily, _) => day(first),
        (ReportPeriod::Weekly, Language::Fr) => format!("du {} au {}", day(first), day(last)),
        (ReportPeriod::Weekly, Language::En) => format!("{} to {}", day(first), day(last)),
        (ReportPeriod::Monthly, Language::Fr) => {
            format!("{} {}", MOIS[first.month0() as usize], first.year())
        }
        (ReportPeriod::Monthly, Language::En) => first.format("%B %Y").to_string(),
    }
}

/// Each figure: its name, its number, that of the period before, and what the difference is.
pub(super) fn in_words(figures: &[ReportFigure], language: Language) -> Vec<Value> {
    let line = |figure: &ReportFigure| {
        let number = |value: Option<i64>| {
            value.map_or_else(|| NOTHING.to_owned(), |value| number(value, figure.unit, language))
        };
        json!({
            "name": name(&figure.key, language),
            "value": number(figure.value),
            "before": number(figure.before),
            "change": change(figure, language),
        })
    };
    figures.iter().map(line).collect()
}

/// What this build has no words for is shown by its key.
fn name(key: &str, language: Language) -> String {
    match NAMES.iter().find(|(known, ..)| *known == key) {
        Some((_, french, english)) => word(language, french, english).to_owned(),
        None => one_line(&key.replace('_', " "), LONGEST_KEY),
    }
}

/// The difference, and of what can be divided the per cent as well: from nothing to something is no per cent.
fn change(figure: &ReportFigure, language: Language) -> String {
    let (Some(value), Some(before)) = (figure.value, figure.before) else { return NOTHING.to_owned() };
    let difference = value.saturating_sub(before);
    if difference == 0 {
        return "±0".to_owned();
    }
    let sign = if difference < 0 { '−' } else { '+' };
    let size = i64::try_from(difference.unsigned_abs()).unwrap_or(i64::MAX);
    match figure.unit {
        ReportUnit::BasisPoints => format!("{sign}{} pt", hundredths(size, language)),
        ReportUnit::Count | ReportUnit::Milliseconds if before <= 0 => {
            format!("{sign}{}", number(size, figure.unit, language))
        }
        ReportUnit::Count | ReportUnit::Milliseconds => {
            let per_cent = (size as f64 / before as f64 * 100.0).round() as i64;
            let per_cent = format!("{}{}", grouped(per_cent, language), word(language, " %", "%"));
            format!("{sign}{}, {sign}{per_cent}", number(size, figure.unit, language))
        }
    }
}

fn number(value: i64, unit: ReportUnit, language: Language) -> String {
    match unit {
        ReportUnit::Count => grouped(value, language),
        ReportUnit::Milliseconds => length(value, language),
        ReportUnit::BasisPoints => format!("{}{}", hundredths(value, language), word(language, " %", "%")),
    }
}

/// With something between the thousands.
fn grouped(value: i64, language: Language) -> String {
    let digits = value.unsigned_abs().to_string();
    let mut grouped = if value < 0 { "−".to_owned() } else { String::new() };
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            // Narrow, and no place to break a line at.
            grouped.push_str(word(language, "\u{202F}", ","));
        }
        grouped.push(digit);
    }
    grouped
}

fn hundredths(value: i64, language: Language) -> String {
    let (whole, rest) = (value / 100, value.unsigned_abs() % 100);
    format!("{}{}{rest:02}", grouped(whole, language), word(language, ",", "."))
}

/// The two greatest units of a length of time.
fn length(ms: i64, language: Language) -> String {
    let seconds = ms / 1_000;
    let (minutes, hours, days) = (seconds / 60, seconds / 3_600, seconds / 86_400);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, _) => format!("{minutes} min"),
        (0, ..) => format!("{hours} h {:02} min", minutes % 60),
        _ => format!("{} {} {} h", grouped(days, language), word(language, "j", "d"), hours % 24),
    }
}

fn word(language: Language, french: &'static str, english: &'static str) -> &'static str {
    match language {
        Language::Fr => french,
        Language::En => english,
    }
}

#[cfg(test)]
#[path = "figures_tests.rs"]
mod tests;

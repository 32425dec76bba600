//! Sign-ins, accounts, sessions, infected files, alerts.

use super::{super::Aspect, Body, Findings, Outline, Section};

const SIGNED_IN: &str = "users_login";
const REFUSED: &str = "users_login_failed";
const LOCKED: &str = "users_locked";
const SIGNED_OUT: &str = "users_logout";
const ROLES: &str = "users_role_changed";
const ACCOUNTS: &str = "users_status_changed";
const SESSIONS: &str = "sessions_revoked";

pub(super) const OUTLINE: Outline = Outline {
    lines: &[("Sign-ins", SIGNED_IN), ("Failed sign-ins", REFUSED), ("Lockouts", LOCKED)],
    parts: &[
        (REFUSED, Aspect::Reason, 20),
        (SESSIONS, Aspect::Reason, 20),
        (ROLES, Aspect::Role, 20),
        (ACCOUNTS, Aspect::Status, 20),
    ],
};

pub(super) fn sections(found: &Findings) -> Vec<Section> {
    let figures = found.figures(&[
        ("Sign-ins", SIGNED_IN),
        ("Failed sign-ins", REFUSED),
        ("Lockouts", LOCKED),
        ("Passwords changed", "users_password_changed"),
        ("Passwords reset", "users_password_reset"),
        ("Roles changed", ROLES),
        ("Accounts closed or opened", ACCOUNTS),
        ("Sessions revoked", SESSIONS),
        ("Infected files", "files_infected"),
        ("Alerts", "security_alert"),
    ]);
    let table = |title: &str, table| Section::new(title, Body::Table(table));
    vec![
        Section::new("In short", Body::Figures(figures)),
        found.plot("Sign-ins", OUTLINE),
        table("Failed sign-ins, by reason", found.apart_by(REFUSED, Aspect::Reason, ("Reason", "Failed"))),
        table("Sessions revoked, by reason", found.apart_by(SESSIONS, Aspect::Reason, ("Reason", "Revoked"))),
        table("Roles given", found.apart_by(ROLES, Aspect::Role, ("Role", "Given"))),
        table("Accounts, by new status", found.apart_by(ACCOUNTS, Aspect::Status, ("Status", "Accounts"))),
        table("Length of sessions", found.lengths(("Ended by", "Sessions"), &[("Signing out", SIGNED_OUT)]))
            .noting("From signing in to signing out. Sessions that expire or are revoked are not in it."),
    ]
}

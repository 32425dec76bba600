use chrono::Duration;
use shared::ids::SessionId;

use super::*;
use crate::domain::link::LinkRules;
use crate::domain::token::Purpose;

const LIVES: Lifetimes =
    Lifetimes { access: Duration::hours(24), refresh: Duration::days(7), session: Duration::days(30) };

fn now() -> Timestamp {
    "2026-03-01T08:00:00Z".parse().unwrap()
}

fn hash(text: &str) -> PasswordHash {
    PasswordHash::of(text.to_owned())
}

fn account(role: Role) -> Account {
    Account::register(Email::parse("alice@example.com").unwrap(), hash("old"), role, false, now())
        .account()
        .clone()
}

fn sessions(account: &Account, count: usize) -> Vec<Session> {
    (0..count).map(|_| Session::open(account.id(), &Client::default(), &LIVES, now())).collect()
}

fn admin(sessions: Vec<Session>, other_admins: u64) -> Administration<'static> {
    Administration { by: Some(UserId::at(now())), other_admins, sessions, lifetimes: &LIVES }
}

fn types(change: &Change) -> Vec<&'static str> {
    change.events().iter().map(|event| event.event_type()).collect()
}

#[test]
fn every_decision_tells_of_itself_and_of_each_session_that_it_ends() {
    let later = now() + Duration::hours(1);
    let user = || account(Role::User);
    let two = || sessions(&user(), 2);
    let client = Client::default();
    let refresh = Token::of([1; 32]);
    let beginning = Beginning { client: &client, refresh: &refresh, lifetimes: &LIVES };
    let one = || sessions(&user(), 1).remove(0);
    let cases: Vec<(&str, Change, Vec<&str>)> = vec![
        ("sign in", user().sign_in(&beginning, None, later), vec!["user.login"]),
        ("sign out", user().sign_out(one(), None, &LIVES, later), vec!["user.logout", "session.revoked"]),
        (
            "sign out everywhere",
            user().sign_out(one(), Some(two()), &LIVES, later),
            vec!["user.logout", "session.revoked", "session.revoked", "session.revoked"],
        ),
        ("end", user().end_session(one(), EndReason::Ended, &LIVES, later), vec!["session.revoked"]),
        (
            "change of password",
            user().change_password(hash("new"), two(), &LIVES, later),
            vec!["user.password_changed", "session.revoked", "session.revoked"],
        ),
        (
            "reset",
            user().reset_password(hash("new"), two(), &LIVES, later),
            vec!["user.password_reset", "session.revoked", "session.revoked"],
        ),
        ("verification", user().verify_email(later), vec!["user.email_verified"]),
        (
            "role",
            user().change_role(Role::Agent, admin(two(), 0), later).unwrap(),
            vec!["user.role_changed", "session.revoked", "session.revoked"],
        ),
        (
            "status",
            user().change_status(false, admin(two(), 0), later).unwrap(),
            vec!["user.status_changed", "session.revoked", "session.revoked"],
        ),
        (
            "deletion",
            user().delete(admin(two(), 0), later).unwrap(),
            vec!["user.deleted", "session.revoked", "session.revoked"],
        ),
        (
            "appointment",
            user().appoint(hash("new"), admin(two(), 0), later),
            vec!["user.password_reset", "user.role_changed", "session.revoked", "session.revoked"],
        ),
        ("the same role", user().change_role(Role::User, admin(two(), 0), later).unwrap(), vec![]),
        ("the same status", user().change_status(true, admin(two(), 0), later).unwrap(), vec![]),
    ];
    for (name, change, expected) in cases {
        assert_eq!(types(&change), expected, "{name}");
        let own = expected.iter().filter(|kind| kind.starts_with("user.")).count();
        assert_eq!(change.account().state().version, 1 + i64::try_from(own).unwrap(), "{name}");
        assert_eq!(change.ended().count(), expected.len() - own, "{name}");
        let touched = if own == 0 { now() } else { later };
        assert_eq!(change.account().state().updated_at, touched, "{name}");
    }
}

#[test]
fn registration_tells_of_the_account_and_nothing_secret() {
    let change = Account::register(
        Email::parse("alice@example.com").unwrap(),
        hash("$2b$secret"),
        Role::User,
        false,
        now(),
    );
    let data = change.events()[0].json().to_string();
    assert!(data.contains("alice@example.com") && !data.contains("$2b$"), "{data}");
    assert!(!change.account().state().email_verified);
}

#[test]
fn an_address_is_verified_once() {
    let verified = account(Role::User).verify_email(now()).account().clone();
    assert!(verified.state().email_verified);
    assert!(verified.verify_email(now()).events().is_empty());
}

#[test]
fn nobody_administers_the_own_account() {
    let account = account(Role::Admin);
    let own =
        || Administration { by: Some(account.id()), other_admins: 3, sessions: vec![], lifetimes: &LIVES };
    let refused = |result: Result<Change, AccountError>| result.err();
    assert_eq!(
        refused(account.clone().change_role(Role::User, own(), now())),
        Some(AccountError::OwnAccount)
    );
    assert_eq!(refused(account.clone().change_status(false, own(), now())), Some(AccountError::OwnAccount));
}

#[test]
fn the_last_active_administrator_stays_one() {
    let last = || account(Role::Admin);
    let refused = |result: Result<Change, AccountError>| result.err();
    assert_eq!(
        refused(last().change_role(Role::Agent, admin(vec![], 0), now())),
        Some(AccountError::LastAdmin)
    );
    assert_eq!(refused(last().change_status(false, admin(vec![], 0), now())), Some(AccountError::LastAdmin));
    assert!(last().change_role(Role::Admin, admin(vec![], 0), now()).is_ok());
    assert!(last().change_role(Role::Agent, admin(vec![], 1), now()).is_ok());
    assert!(account(Role::Agent).change_status(false, admin(vec![], 0), now()).is_ok());
}

#[test]
fn a_new_password_voids_links_and_forgives_failures() {
    let parts = account(Role::User).reset_password(hash("new"), vec![], &LIVES, now()).into_parts();
    assert!(parts.voids_links && parts.forgives);
    assert_eq!(parts.account.state().password_hash, hash("new"));
}

#[test]
fn a_link_is_stored_as_a_hash_and_expires() {
    let rules = LinkRules { reset: Duration::minutes(30), verification: Duration::hours(24), per_hour: 5 };
    let secret = Token::of([9; 32]);
    let account = account(Role::User);
    let (stored, _) = Link::new(&account, Purpose::PasswordReset, &secret, &rules, now()).into_parts();
    assert_eq!(stored.hash, secret.hash());
    assert_eq!(stored.expires_at, now() + Duration::minutes(30));
    assert!(
        account
            .send(Link::new(&self::account(Role::User), Purpose::PasswordReset, &secret, &rules, now()))
            .events()
            .is_empty()
    );
}

#[test]
fn a_sign_in_opens_one_session_with_the_id_that_the_event_names() {
    let client = Client { ip: Some("192.0.2.7".parse().unwrap()), user_agent: Some("curl/8".to_owned()) };
    let refresh = Token::of([1; 32]);
    let beginning = Beginning { client: &client, refresh: &refresh, lifetimes: &LIVES };
    let change = account(Role::User).sign_in(&beginning, None, now());
    let session = change.opened().unwrap();
    let data = change.events()[0].json();
    assert_eq!(data["sessionId"].as_str().unwrap().parse::<SessionId>().unwrap(), session.id);
    assert_eq!(data["ip"], "192.0.2.7");
    assert_eq!(change.account().state().last_login, Some(now()));
}

//! Who asks: accounts in auth's fresh database.

use super::house::{House, Running};
use super::load::{self, field, request};
use crate::stop::Stop;

/// An e-mail for whoever needs one only.
pub const ADA: &str = "ada@example.com";
const PASSWORD: &str = "correct horse battery staple";

/// Registers somebody; their token.
pub fn sign_up(running: &Running, email: &str) -> anyhow::Result<String> {
    token(running, "/auth/register", email, 201)
}

/// Logs somebody in who has been registered; their token.
pub fn log_in(running: &Running, email: &str) -> anyhow::Result<String> {
    token(running, "/auth/login", email, 200)
}

/// The token of an agent (or of an `admin`). Nobody can be promoted but by an administrator, whom there is none; so it is done in
/// the database.
pub fn staff(house: &House, running: &Running, role: &str, stop: &Stop) -> anyhow::Result<String> {
    sign_up(running, ADA)?;
    house.query("auth", &format!("UPDATE users SET role = '{role}' WHERE email = '{ADA}'"), stop)?;
    log_in(running, ADA)
}

/// The token of somebody who has this id, of whom auth has not heard: with the password of the agent.
pub fn requester(house: &House, running: &Running, id: &str, stop: &Stop) -> anyhow::Result<String> {
    const GRACE: &str = "grace@example.com";
    let sql = format!(
        "INSERT INTO users (id, email, password_hash, created_at, updated_at) \
         SELECT '{id}', '{GRACE}', password_hash, created_at, updated_at FROM users WHERE email = '{ADA}'"
    );
    house.query("auth", &sql, stop)?;
    log_in(running, GRACE)
}

fn token(running: &Running, path: &str, email: &str, expected: u16) -> anyhow::Result<String> {
    let body = format!(r#"{{"email":"{email}","password":"{PASSWORD}"}}"#);
    let answer = load::ask(running.port("auth")?, &request("POST", path, None, Some(&body)), expected)?;
    Ok(field(&answer, "accessToken")?.to_owned())
}

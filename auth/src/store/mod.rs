//! What auth remembers: one file a table, and [`save`], through which alone an account changes.

pub mod accounts;
pub mod attempts;
pub mod keys;
pub mod links;
pub mod refresh_tokens;
pub mod registrations;
pub mod reset_requests;
pub mod sessions;

use sea_orm::DbErr;
use shared::db::Tx;

use crate::domain::{Account, Change, change::Parts, token::Purpose};

/// So many events are written with one statement: SQLite and PostgreSQL bound the number of its values.
const EVENTS_A_STATEMENT: usize = 500;

/// Writes all that a decision brings about, its events included; the account as it is now.
///
/// # Errors
/// When the database refuses; the unique address of a new account comes back as a unique violation.
pub async fn save(tx: &Tx, change: Change) -> Result<Account, DbErr> {
    let Parts { account, is_new, deletes, forgives, voids_links, opened, ended, link, events } =
        change.into_parts();
    if is_new {
        accounts::insert(tx, &account).await?;
    } else if deletes {
        forget(tx, &account).await?;
    } else if !events.is_empty() {
        accounts::update(tx, &account).await?;
    }
    if forgives {
        attempts::forget(tx, account.email()).await?;
    }
    if voids_links {
        links::void(tx, account.id(), Purpose::PasswordReset).await?;
    }
    if let Some((session, refresh_token)) = opened {
        sessions::insert(tx, &session).await?;
        refresh_tokens::insert(tx, &refresh_token).await?;
    }
    sessions::end(tx, &ended).await?;
    if let Some(link) = link {
        let (token, mail) = link.into_parts();
        links::insert(tx, &token).await?;
        tx.command(mail).await?;
    }
    let mut events = events.into_iter();
    loop {
        let batch: Vec<_> = events.by_ref().take(EVENTS_A_STATEMENT).collect();
        if batch.is_empty() {
            return Ok(account);
        }
        tx.emit_all(batch).await?;
    }
}

/// Removes all that is known of an account's owner. Sessions, tokens and links go with the account's row.
async fn forget(tx: &Tx, account: &Account) -> Result<(), DbErr> {
    attempts::forget(tx, account.email()).await?;
    reset_requests::forget(tx, account.email()).await?;
    registrations::forget(tx, account.id()).await?;
    accounts::delete(tx, account.id()).await
}

/// A value in the database that the program never writes.
fn broken(what: &str) -> DbErr {
    DbErr::Custom(format!("the database holds a broken {what}"))
}

//! The first administrator, and those that the operator appoints on the machine itself.

use anyhow::{Context, bail};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use shared::{
    auth::Role,
    clock::Clock,
    config::Secret,
    db::{Db, Tx},
};

use super::hasher::Hasher;
use crate::{
    Config,
    domain::{Account, Email, PasswordHash, PasswordPolicy, account::Administration},
    store,
};

/// Who is made administrator where nobody says.
const NOBODY_SAID: &str = "admin@helpdesk.local";

/// An administrator whose password was made up here. It is stored nowhere: show it once.
pub struct GeneratedAdmin {
    /// The address.
    pub email: String,
    /// The password.
    pub password: Secret,
}

/// Makes the first administrator, where there is none: from `ADMIN_EMAIL` and `ADMIN_PASSWORD`; without a password,
/// and only if `generate` says so, with one that is made up and given back. Opens the database by itself and brings it
/// up to date, so that it can run before the services start. Several at once make one.
///
/// # Errors
/// When the database fails, or the address belongs to an account that is no administrator's.
pub async fn ensure_first_admin(
    config: &Config,
    clock: &Clock,
    generate: bool,
) -> anyhow::Result<Option<GeneratedAdmin>> {
    let db = crate::run::open(config, clock).await?;
    let made = first_admin(&db, config, generate).await;
    db.close().await;
    made
}

/// Makes an administrator at the operator's word: a new account, or an existing one with a new password, whose
/// sessions end.
///
/// # Errors
/// When the address or the password is refused, in words; when the database fails.
pub async fn appoint_admin(
    config: &Config,
    clock: &Clock,
    email: &str,
    password: &str,
) -> anyhow::Result<()> {
    let email = Email::parse(email)?;
    let hash = hashed(config, &email, password).await?;
    let db = crate::run::open(config, clock).await?;
    let appointed = async {
        let tx = db.begin().await?;
        appoint(&tx, config, email, hash).await?;
        tx.commit().await?;
        anyhow::Ok(())
    };
    let appointed = appointed.await;
    db.close().await;
    appointed
}

/// The same as [`ensure_first_admin`] with a database at hand.
pub(crate) async fn first_admin(
    db: &Db,
    config: &Config,
    generate: bool,
) -> anyhow::Result<Option<GeneratedAdmin>> {
    if store::accounts::has_admin(db.conn()).await? {
        return Ok(None);
    }
    let email = match &config.admin_email {
        Some(email) => email.clone(),
        None if generate => Email::parse(NOBODY_SAID)?,
        None => {
            tracing::warn!(
                "there is no administrator: set ADMIN_EMAIL and ADMIN_PASSWORD, or run `helpdesk admin create`"
            );
            return Ok(None);
        }
    };
    let (password, is_generated) = match &config.admin_password {
        Some(password) => (password.clone(), false),
        None if generate => (generated_password(), true),
        None => {
            tracing::warn!("there is no administrator: ADMIN_EMAIL is set, and ADMIN_PASSWORD is not");
            return Ok(None);
        }
    };
    let hash = hashed(config, &email, password.expose()).await?;
    let tx = db.begin().await?;
    if store::accounts::by_email(&*tx, &email).await?.is_some() {
        if store::accounts::has_admin(&*tx).await? {
            return Ok(None); // another replica was faster
        }
        // Anybody may register with any address: that somebody has this one does not make them an administrator.
        bail!(
            "ADMIN_EMAIL names an account that is no administrator's; use another address, or `helpdesk admin create`"
        );
    }
    let change = Account::register(email.clone(), hash, Role::Admin, true, db.clock().now());
    match store::save(&tx, change).await {
        Ok(_) => tx.commit().await?,
        Err(fault) if matches!(fault.sql_err(), Some(sea_orm::SqlErr::UniqueConstraintViolation(_))) => {
            return Ok(None); // another replica was faster
        }
        Err(fault) => return Err(fault).context("the first administrator could not be made"),
    }
    tracing::info!("the first administrator was made");
    Ok(is_generated.then(|| GeneratedAdmin { email: email.to_string(), password }))
}

async fn appoint(tx: &Tx, config: &Config, email: Email, hash: PasswordHash) -> anyhow::Result<()> {
    let now = tx.db().clock().now();
    let found = store::accounts::by_email(&**tx, &email).await?;
    let change = match found {
        None => Account::register(email, hash, Role::Admin, true, now),
        Some(found) => {
            let account = store::accounts::lock(tx, found.id()).await?.context("the account is gone")?;
            let sessions = store::sessions::all_live(&**tx, account.id(), now).await?;
            let lifetimes = &config.lifetimes;
            account.appoint(hash, Administration { by: None, other_admins: 0, sessions, lifetimes }, now)
        }
    };
    store::save(tx, change).await?;
    Ok(())
}

async fn hashed(config: &Config, email: &Email, password: &str) -> anyhow::Result<PasswordHash> {
    let policy = PasswordPolicy::new(config.password_min_length);
    let password = policy.parse(password.to_owned(), Some(email))?;
    Ok(Hasher::new(config.bcrypt_cost).hash(password).await?)
}

/// A password for somebody who named none: 144 random bits, in 24 characters that are easily copied.
#[must_use]
pub fn generated_password() -> Secret {
    let mut bytes = [0; 18];
    rand::RngCore::fill_bytes(&mut rand::rng(), &mut bytes);
    Secret::new(URL_SAFE_NO_PAD.encode(bytes))
}

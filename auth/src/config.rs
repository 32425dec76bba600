//! What can be set, read and checked once.

use std::time::Duration;

use shared::config::{Common, Faults, Secret, Settings, Sources};

use crate::domain::{Email, Lifetimes, PasswordPolicy, ThrottleRules, key::KeyRules, link::LinkRules};

/// Every key of auth with its default and what it means.
pub const DEFAULTS: &str = include_str!("../config.default.toml");

/// Revocations are followed that far back, so no access token may live longer.
const LONGEST_ACCESS: Duration = Duration::from_secs(24 * 3600);

/// The configuration of auth.
#[derive(Clone, Debug)]
pub struct Config {
    /// What all services have in common.
    pub common: Common,
    /// Seals the signing keys; `None` in development means the one in the data folder.
    pub jwt_secret: Option<Secret>,
    /// How long tokens and sessions live.
    pub lifetimes: Lifetimes,
    /// When keys are made, used and forgotten.
    pub keys: KeyRules,
    /// The fewest characters of a new password.
    pub password_min_length: usize,
    /// bcrypt's cost.
    pub bcrypt_cost: u32,
    /// The limits of guessing.
    pub throttle: ThrottleRules,
    /// Calls a minute that one address may make to the public endpoints.
    pub public_calls_per_minute: u64,
    /// The limits of mailed links.
    pub links: LinkRules,
    /// Whom to make the first administrator.
    pub admin_email: Option<Email>,
    /// With which password.
    pub admin_password: Option<Secret>,
}

impl AsRef<Common> for Config {
    fn as_ref(&self) -> &Common {
        &self.common
    }
}

impl Config {
    /// Reads the configuration.
    ///
    /// # Errors
    /// All that is wrong with it, at once and in words.
    pub fn read(sources: &Sources) -> Result<Self, Faults> {
        let mut settings = Settings::new("auth", DEFAULTS, sources);
        let s = &mut settings;
        let common = Common::read(s);
        let jwt_secret = s.lasting_secret("jwt_secret");
        let lifetimes = lifetimes(s);
        let keys = keys(s, &lifetimes);
        let (password_min_length, bcrypt_cost) =
            (s.number("password_min_length", 1..=64), s.number("bcrypt_cost", 4..=16));
        s.refuse_in_production(
            "bcrypt_cost",
            bcrypt_cost < 10,
            "such hashes are cheap to guess; 10 at least",
        );
        let throttle = throttle(s);
        let public_calls_per_minute = s.number("public_calls_per_minute", 1..=1_000_000_000);
        let links = LinkRules {
            reset: span(s, "reset_token_expires_in"),
            verification: span(s, "verification_token_expires_in"),
            per_hour: s.number("mails_per_hour", 1..=1000),
        };
        let (admin_email, admin_password) = admin(s, password_min_length);
        settings.finish(Config {
            common,
            jwt_secret,
            lifetimes,
            keys,
            password_min_length,
            bcrypt_cost,
            throttle,
            public_calls_per_minute,
            links,
            admin_email,
            admin_password,
        })
    }
}

fn lifetimes(s: &mut Settings) -> Lifetimes {
    let access = s.duration("jwt_expires_in");
    if access > LONGEST_ACCESS {
        s.fault("jwt_expires_in", "is more than 24h, which is how far back revocations are followed");
    }
    let lifetimes = Lifetimes {
        access: span(s, "jwt_expires_in"),
        refresh: span(s, "refresh_token_expires_in"),
        session: span(s, "session_expires_in"),
    };
    if lifetimes.session < lifetimes.refresh {
        s.fault("session_expires_in", "is less than REFRESH_TOKEN_EXPIRES_IN");
    }
    lifetimes
}

fn keys(s: &mut Settings, lifetimes: &Lifetimes) -> KeyRules {
    let rules = KeyRules {
        rotation: span(s, "jwt_key_rotation"),
        ahead: span(s, "jwt_key_ahead"),
        token: lifetimes.access,
    };
    if rules.ahead < chrono::Duration::minutes(1) {
        s.fault(
            "jwt_key_ahead",
            "is less than a minute: other replicas must have seen the key before it signs",
        );
    }
    if rules.rotation < rules.ahead * 2 {
        s.fault("jwt_key_rotation", "is less than twice JWT_KEY_AHEAD");
    }
    rules
}

fn throttle(s: &mut Settings) -> ThrottleRules {
    let rules = ThrottleRules {
        max_failures: s.number("login_max_failures", 1..=100),
        window: span(s, "login_failure_window"),
        first_lock: span(s, "login_lock"),
        longest_lock: span(s, "login_lock_max"),
    };
    if rules.longest_lock < rules.first_lock {
        s.fault("login_lock_max", "is less than LOGIN_LOCK");
    }
    rules
}

fn admin(s: &mut Settings, password_min_length: usize) -> (Option<Email>, Option<Secret>) {
    let email = s.optional("admin_email").and_then(|text| match Email::parse(&text) {
        Ok(email) => Some(email),
        Err(fault) => {
            s.fault("admin_email", format!("cannot be used: {fault}"));
            None
        }
    });
    let password = s.secret("admin_password");
    if let Some(password) = &password {
        let policy = PasswordPolicy::new(password_min_length);
        if let Err(fault) = policy.parse(password.expose().to_owned(), email.as_ref()) {
            s.fault("admin_password", format!("cannot be used: {fault}"));
        }
        if s.optional("admin_email").is_none() {
            s.fault("admin_email", "is not set, and ADMIN_PASSWORD is");
        }
    }
    (email, password)
}

/// A duration that is more than nothing and that calendars can hold.
fn span(s: &mut Settings, key: &str) -> chrono::Duration {
    let duration = s.duration(key);
    match chrono::Duration::from_std(duration) {
        Ok(span) if span > chrono::Duration::zero() && span <= chrono::Duration::days(3660) => span,
        _ => {
            s.fault(key, "is not between a moment and ten years");
            chrono::Duration::days(1)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(env: &[(&str, &str)]) -> String {
        let sources = env
            .iter()
            .fold(Sources::of("", [("PORT", "0")]), |sources, (key, value)| sources.with(key, *value));
        Config::read(&sources).map(|_| String::new()).unwrap_or_else(|faults| faults.to_string())
    }

    #[test]
    fn the_defaults_are_those_of_the_specification() {
        let config = Config::read(&Sources::of("", [("PORT", "0")])).unwrap();
        assert_eq!(config.lifetimes.access, chrono::Duration::hours(24));
        assert_eq!(config.lifetimes.refresh, chrono::Duration::days(7));
        assert_eq!(config.links.reset, chrono::Duration::minutes(30));
        assert_eq!(
            (config.throttle.max_failures, config.throttle.window),
            (5, chrono::Duration::minutes(15))
        );
        assert_eq!(
            (config.password_min_length, config.bcrypt_cost, config.public_calls_per_minute),
            (12, 12, 600)
        );
        assert!(
            config.jwt_secret.is_none() && config.admin_email.is_none() && config.admin_password.is_none()
        );
    }

    #[test]
    fn all_faults_come_at_once_and_none_tells_a_secret() {
        let text = faults(&[
            ("JWT_EXPIRES_IN", "48h"),
            ("JWT_KEY_AHEAD", "1s"),
            ("REFRESH_TOKEN_EXPIRES_IN", "90d"),
            ("BCRYPT_COST", "99"),
            ("LOGIN_LOCK", "1h"),
            ("RESET_TOKEN_EXPIRES_IN", "0s"),
            ("ADMIN_EMAIL", "nobody"),
            ("ADMIN_PASSWORD", "sesame"),
        ]);
        for key in [
            "JWT_EXPIRES_IN",
            "JWT_KEY_AHEAD",
            "SESSION_EXPIRES_IN",
            "BCRYPT_COST",
            "LOGIN_LOCK_MAX",
            "RESET_TOKEN_EXPIRES_IN",
            "ADMIN_EMAIL",
            "ADMIN_PASSWORD",
        ] {
            assert!(text.contains(key), "{key} in {text}");
        }
        assert!(!text.contains("sesame"), "{text}");
    }

    #[test]
    fn production_wants_a_secret_of_its_own() {
        let production = ("HELPDESK_ENV", "production");
        assert!(faults(&[production]).contains("JWT_SECRET"));
        assert!(faults(&[production, ("JWT_SECRET", "dev-secret-change-in-prod")]).contains("JWT_SECRET"));
        assert!(faults(&[production, ("JWT_SECRET", "short")]).contains("JWT_SECRET"));
        let good = "kF4Q1yJtYp0R8mWc2ZbXv7LhN3sGd6Ua";
        assert!(!faults(&[production, ("JWT_SECRET", good)]).contains("JWT_SECRET"));
        assert_eq!(faults(&[("JWT_SECRET", "dev-secret-change-in-prod")]), "");
    }

    #[test]
    fn a_password_without_an_address_is_no_administrator() {
        assert!(faults(&[("ADMIN_PASSWORD", "a good long sentence")]).contains("ADMIN_EMAIL"));
        assert_eq!(faults(&[("ADMIN_EMAIL", "root@example.com")]), "");
    }
}

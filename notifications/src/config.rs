use std::time::Duration;

use shared::config::{Common, Faults, Secret, Settings, Sources};

use crate::{domain::Language, gateway::GatewayConfig, mail::Letterhead};

/// The settings of this service.
#[derive(Clone, Debug)]
pub struct Config {
    /// What all services have in common.
    pub common: Common,
    /// The mail server; without one mails become files.
    pub smtp_url: Option<Secret>,
    /// Who writes.
    pub letterhead: Letterhead,
    /// Where the links in mails lead, without a slash at the end.
    pub app_url: String,
    /// The language of those who chose none.
    pub default_language: Language,
    /// How the worker works.
    pub worker: WorkerConfig,
    /// Where text messages go; without it there are none.
    pub sms: Option<GatewayConfig>,
    /// Where push messages go; without it there are none.
    pub push: Option<GatewayConfig>,
    /// How many may follow their list live, in each replica.
    pub stream_limit: usize,
}

/// How the worker works.
#[derive(Clone, Copy, Debug)]
pub struct WorkerConfig {
    /// Mails under way at the same time.
    pub concurrency: usize,
    /// How long one mail may take.
    pub timeout: Duration,
    /// How often to look for what is due.
    pub poll: Duration,
}

impl Config {
    /// Reads the settings.
    ///
    /// # Errors
    /// Everything that is wrong with them, at once.
    pub fn read(sources: &Sources) -> Result<Self, Faults> {
        let mut s = Settings::new("notifications", include_str!("../config.default.toml"), sources);
        let common = Common::read(&mut s);
        let smtp_url = smtp_url(&mut s);
        let letterhead = letterhead(&mut s);
        let app_url = s.url("app_url", &["http", "https"]);
        let unset = s.is_default("app_url");
        s.refuse_in_production("app_url", unset, "the links in mails would lead to the reader's own machine");
        let worker = WorkerConfig {
            concurrency: s.number("mail_concurrency", 1..=256),
            timeout: s.duration("mail_timeout"),
            poll: s.duration("mail_poll"),
        };
        for (key, duration) in [("mail_timeout", worker.timeout), ("mail_poll", worker.poll)] {
            if duration.is_zero() || duration > Duration::from_secs(300) {
                s.fault(key, "is not between 1ms and 300s");
            }
        }
        let default_language = s.parse("default_language");
        let sms = gateway(&mut s, "sms_gateway_url");
        let push = gateway(&mut s, "push_gateway_url");
        let stream_limit = s.number("stream_limit", 1..=1_000_000);
        s.finish(Self {
            common,
            smtp_url,
            letterhead,
            app_url,
            default_language,
            worker,
            sms,
            push,
            stream_limit,
        })
    }
}

/// The shortest key that signatures are worth something with, in bytes.
const SHORTEST_KEY: usize = 32;

fn gateway(s: &mut Settings, key: &'static str) -> Option<GatewayConfig> {
    let url = s.optional_url(key, &["http", "https"])?;
    s.refuse_in_production(
        key,
        url.starts_with("http://"),
        "messages would travel in the clear; use https://",
    );
    let secret = s.optional("gateway_secret").map(Secret::new);
    if secret.as_ref().is_none_or(|secret| secret.expose().len() < SHORTEST_KEY) {
        s.fault("gateway_secret", format!("is needed by {key}, with {SHORTEST_KEY} characters at least"));
    }
    Some(GatewayConfig { url, secret: secret? })
}

fn smtp_url(s: &mut Settings) -> Option<Secret> {
    let smtp_url = s.optional_url("smtp_url", &["smtp", "smtps"]);
    s.refuse_in_production(
        "smtp_url",
        smtp_url.is_none(),
        "mails as files reach nobody; set smtp://… or smtps://…",
    );
    let in_the_clear = smtp_url
        .as_deref()
        .is_some_and(|url| url.starts_with("smtp://") && url.contains('@') && !url.contains("tls=required"));
    s.refuse_in_production(
        "smtp_url",
        in_the_clear,
        "the password would travel in the clear; add ?tls=required",
    );
    smtp_url.map(Secret::new)
}

fn letterhead(s: &mut Settings) -> Letterhead {
    let from = s.required("mail_from");
    let domain = s.optional("mail_domain");
    Letterhead::new(&from, domain.as_deref()).unwrap_or_else(|fault| {
        let key = match fault {
            crate::mail::LetterheadFault::Sender(_) => "mail_from",
            crate::mail::LetterheadFault::Domain => "mail_domain",
        };
        s.fault(key, format!("cannot be used: {fault}"));
        Letterhead::stand_in()
    })
}

impl AsRef<Common> for Config {
    fn as_ref(&self) -> &Common {
        &self.common
    }
}

#[cfg(test)]
mod tests {
    use shared::config::Sources;

    use super::Config;
    use crate::domain::Language;

    #[test]
    fn the_defaults_are_sound() {
        let config = Config::read(&Sources::of("", [])).unwrap();
        assert!(config.smtp_url.is_none());
        assert_eq!(config.default_language, Language::Fr);
        assert_eq!(config.common.http.port, 3005);
    }

    #[test]
    fn every_fault_is_told_at_once_and_without_the_password() {
        let sources = Sources::of(
            "",
            [
                ("SMTP_URL", "http://user:pa55word@host"),
                ("MAIL_FROM", "nobody"),
                ("APP_URL", "not a url"),
                ("DEFAULT_LANGUAGE", "de"),
                ("MAIL_CONCURRENCY", "0"),
                ("MAIL_POLL", "0s"),
            ],
        );
        let faults = Config::read(&sources).unwrap_err().to_string();
        for key in ["SMTP_URL", "MAIL_FROM", "APP_URL", "DEFAULT_LANGUAGE", "MAIL_CONCURRENCY", "MAIL_POLL"] {
            assert!(faults.contains(key), "{key} is missing in {faults}");
        }
        assert!(!faults.contains("pa55word"));
    }

    #[test]
    fn a_gateway_wants_a_key_that_is_worth_something() {
        let read = |secret| {
            let sources =
                Sources::of("", [("SMS_GATEWAY_URL", "https://sms.example.com"), ("GATEWAY_SECRET", secret)]);
            Config::read(&sources).map_err(|faults| faults.to_string())
        };
        for bad in ["", "too-short-pa55word"] {
            let faults = read(bad).unwrap_err();
            assert!(faults.contains("GATEWAY_SECRET") && !faults.contains("pa55word"), "{faults}");
        }
        let config = read("0123456789abcdef0123456789abcdef").unwrap();
        assert!(config.sms.is_some() && config.push.is_none());
        assert!(!format!("{config:?}").contains("0123456789abcdef"));
    }

    #[test]
    fn production_wants_a_mail_server_and_an_encrypted_way_to_it() {
        let faults = |smtp_url| {
            let sources = Sources::of("", [("HELPDESK_ENV", "production"), ("SMTP_URL", smtp_url)]);
            Config::read(&sources).unwrap_err().to_string()
        };
        assert!(faults("").contains("SMTP_URL"));
        assert!(faults("smtp://user:pa55word@mail.example.com:587").contains("SMTP_URL"));
        for sound in ["smtp://mail.internal:25", "smtp://u:p@mail:587?tls=required", "smtps://u:p@mail"] {
            assert!(!faults(sound).contains("SMTP_URL"), "{sound}");
        }
        assert!(faults("").contains("APP_URL"));
    }
}

use std::{sync::Arc, time::Duration};

use lettre::transport::smtp::{
    Error, SMTP_PORT, SUBMISSION_PORT, SUBMISSIONS_PORT,
    authentication::{Credentials, DEFAULT_MECHANISMS},
    client::{AsyncSmtpConnection, AsyncTokioStream, Certificate, TlsParameters},
    extension::ClientId,
};
use percent_encoding::percent_decode_str;
use reqwest::Url;
use tokio_rustls::{
    TlsConnector,
    rustls::{
        ClientConfig, RootCertStore, crypto,
        pki_types::{CertificateDer, ServerName},
    },
};

use super::{
    wire::{self, Line, Wrapped},
    words,
};

/// A mail server, and how one comes to speak with it.
pub(super) struct Server {
    host: String,
    port: u16,
    encryption: Encryption,
    credentials: Option<Credentials>,
    /// What we call ourselves.
    name: ClientId,
}

enum Encryption {
    None,
    /// By STARTTLS, where the server offers it.
    Opportunistic(TlsParameters),
    /// By STARTTLS, or not at all.
    Required(TlsParameters),
    /// From the first byte on.
    FromTheStart(TlsConnector),
}

impl Server {
    /// Reads `smtp://user:password@host:port`, `smtps://…`, with `?tls=required` or `?tls=opportunistic` for STARTTLS, and
    /// what we call ourselves as the path; `None` when it is anything else. User and password are percent-encoded.
    pub(super) fn parse(url: &str) -> Option<Self> {
        Self::trusting(url, &[])
    }

    /// The same, and besides the public authorities these certificates are believed.
    pub(super) fn trusting(url: &str, besides: &[CertificateDer<'static>]) -> Option<Self> {
        let url = Url::parse(url).ok()?;
        // An IPv6 address stands in brackets in a URL, and nowhere else.
        let host = url.host_str()?.trim_matches(['[', ']']).to_owned();
        let tls = url.query_pairs().find(|(key, _)| key == "tls").map(|(_, value)| value.into_owned());
        let (port, encryption) = match (url.scheme(), tls.as_deref()) {
            ("smtp", None) => (SMTP_PORT, Encryption::None),
            ("smtp", Some("opportunistic")) => {
                (SUBMISSION_PORT, Encryption::Opportunistic(parameters(&host, besides)?))
            }
            ("smtp", Some("required")) => {
                (SUBMISSION_PORT, Encryption::Required(parameters(&host, besides)?))
            }
            ("smtps", _) => (SUBMISSIONS_PORT, Encryption::FromTheStart(connector(besides)?)),
            _ => return None,
        };
        let name = match url.path().trim_matches('/') {
            "" => ClientId::default(),
            path => ClientId::Domain(path.to_owned()),
        };
        let credentials = match url.password() {
            Some(password) => Some(Credentials::new(decoded(url.username())?, decoded(password)?)),
            None => None,
        };
        Some(Self { host, port: url.port().unwrap_or(port), encryption, credentials, name })
    }

    /// Connects, encrypts and signs in, so that the next word may be a mail. Connecting takes no longer than `limit`.
    ///
    /// # Errors
    /// In words, without an address. None of it is about any mail, not even a refusal for good.
    pub(super) async fn dial(&self, limit: Duration) -> Result<Line, String> {
        let unreachable = |fault: std::io::Error| format!("no connection: {fault}");
        let socket = wire::reach(&self.host, self.port, limit).await.map_err(unreachable)?;
        let (socket, look) = wire::watched(socket).map_err(unreachable)?;
        let stream: Box<dyn AsyncTokioStream> = match &self.encryption {
            Encryption::FromTheStart(tls) => {
                let name =
                    ServerName::try_from(self.host.clone()).map_err(|fault| format!("TLS: {fault}"))?;
                Box::new(Wrapped(tls.connect(name, socket).await.map_err(|fault| format!("TLS: {fault}"))?))
            }
            _ => Box::new(socket),
        };
        let greeted = AsyncSmtpConnection::connect_with_transport(stream, &self.name).await;
        let mut connection = greeted.map_err(at("greeting"))?;
        match &self.encryption {
            Encryption::Opportunistic(tls) if connection.can_starttls() => {
                connection.starttls(tls.clone(), &self.name).await.map_err(at("STARTTLS"))?;
            }
            Encryption::Required(tls) => {
                connection.starttls(tls.clone(), &self.name).await.map_err(at("STARTTLS"))?;
            }
            Encryption::Opportunistic(_) | Encryption::None | Encryption::FromTheStart(_) => {}
        }
        if let Some(credentials) = &self.credentials {
            connection.auth(DEFAULT_MECHANISMS, credentials).await.map_err(at("signing in"))?;
        }
        Ok(Line::new(connection, look))
    }
}

fn at(step: &'static str) -> impl Fn(Error) -> String {
    move |error| format!("{step}: {}", words(&error))
}

fn decoded(text: &str) -> Option<String> {
    Some(percent_decode_str(text).decode_utf8().ok()?.into_owned())
}

/// How lettre encrypts after STARTTLS.
fn parameters(host: &str, besides: &[CertificateDer<'static>]) -> Option<TlsParameters> {
    let mut builder = TlsParameters::builder(host.to_owned());
    for certificate in besides {
        builder = builder.add_root_certificate(Certificate::from_der(certificate.to_vec()).ok()?);
    }
    builder.build().ok()
}

/// The same for a connection that is ours.
fn connector(besides: &[CertificateDer<'static>]) -> Option<TlsConnector> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    for certificate in besides {
        roots.add(certificate.clone()).ok()?;
    }
    let config = ClientConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .ok()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Some(TlsConnector::from(Arc::new(config)))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use lettre::{
        AsyncSmtpTransport, Tokio1Executor,
        transport::smtp::{authentication::Credentials, extension::ClientId},
    };

    use super::{Encryption, Server};
    use crate::mail::smtp::fake::{Encrypted, Fake};

    const LIMIT: Duration = Duration::from_secs(10);

    fn encryption(server: &Server) -> &'static str {
        match server.encryption {
            Encryption::None => "none",
            Encryption::Opportunistic(_) => "opportunistic",
            Encryption::Required(_) => "required",
            Encryption::FromTheStart(_) => "from the start",
        }
    }

    #[test]
    fn a_url_says_where_the_server_is_and_how_to_speak_with_it() {
        for (url, host, port, encrypted) in [
            ("smtp://mail", "mail", 25, "none"),
            ("smtp://mail:2525", "mail", 2525, "none"),
            ("smtp://mail?tls=required", "mail", 587, "required"),
            ("smtp://mail:25?tls=required", "mail", 25, "required"),
            ("smtp://mail?tls=opportunistic", "mail", 587, "opportunistic"),
            ("smtps://mail", "mail", 465, "from the start"),
            ("smtps://mail:4465?tls=required", "mail", 4465, "from the start"),
            ("smtp://127.0.0.1", "127.0.0.1", 25, "none"),
            ("smtps://[2001:db8::1]:4465", "2001:db8::1", 4465, "from the start"),
        ] {
            let server = Server::parse(url).unwrap();
            assert_eq!((server.host.as_str(), server.port), (host, port), "{url}");
            assert_eq!(encryption(&server), encrypted, "{url}");
            assert_eq!((server.credentials, server.name), (None, ClientId::default()), "{url}");
        }
    }

    #[test]
    fn user_and_password_are_decoded_and_the_path_is_our_name() {
        let server = Server::parse("smtps://a%40b.test:p%3Aa%2Fs%C3%A9+@mail/desk.test/").unwrap();
        assert_eq!(server.credentials, Some(Credentials::new("a@b.test".into(), "p:a/sé+".into())));
        assert_eq!(server.name, ClientId::Domain("desk.test".into()));
        assert_eq!(
            Server::parse("smtp://user@mail").unwrap().credentials,
            None,
            "there is nothing to sign in with"
        );
    }

    #[test]
    fn the_urls_taken_are_those_that_lettre_takes() {
        for url in [
            "smtp://mail",
            "smtp://mail/",
            "smtp://u:p@mail:587?tls=required&x=y",
            "smtp://u:p@mail?tls=maybe",
            "smtp://u:p@mail?tls=",
            "smtp://u:%FF@mail",
            "smtp://[::1]:25",
            "smtp://[::1",
            "smtp://",
            "smtp:mail",
            "smtp://mail:0",
            "smtp://mail:65536",
            "smtps://mail?tls=maybe",
            "SMTPS://mail",
            "http://mail",
            "mail:25",
            "",
        ] {
            let theirs = AsyncSmtpTransport::<Tokio1Executor>::from_url(url).is_ok();
            assert_eq!(Server::parse(url).is_some(), theirs, "{url}");
        }
    }

    #[tokio::test]
    async fn what_is_said_is_encrypted_before_the_password_is() {
        for (encrypted, scheme, options, expected) in [
            (Encrypted::FromTheStart, "smtps", "", &["EHLO", "AUTH", "QUIT"][..]),
            (
                Encrypted::AfterStartTls,
                "smtp",
                "?tls=required",
                &["EHLO", "STARTTLS", "EHLO", "AUTH", "QUIT"],
            ),
            (
                Encrypted::AfterStartTls,
                "smtp",
                "?tls=opportunistic",
                &["EHLO", "STARTTLS", "EHLO", "AUTH", "QUIT"],
            ),
            (Encrypted::Never, "smtp", "?tls=opportunistic", &["EHLO", "AUTH", "QUIT"]),
        ] {
            let fake = Fake::start(encrypted).await;
            let url = format!("{scheme}://user:pa55word@{}{options}", fake.address);
            let server = Server::trusting(&url, std::slice::from_ref(&fake.certificate)).unwrap();
            server.dial(LIMIT).await.unwrap_or_else(|fault| panic!("{url}: {fault}")).leave().await;
            assert_eq!(fake.heard(0), expected, "{url}");
        }
    }

    #[tokio::test]
    async fn a_server_that_nobody_vouches_for_gets_no_password() {
        for (encrypted, scheme, options, words) in [
            (Encrypted::FromTheStart, "smtps", "", "TLS: "),
            (Encrypted::AfterStartTls, "smtp", "?tls=required", "STARTTLS: "),
            (Encrypted::AfterStartTls, "smtp", "?tls=opportunistic", "STARTTLS: "),
            (Encrypted::Never, "smtp", "?tls=required", "STARTTLS: "),
        ] {
            let fake = Fake::start(encrypted).await;
            let url = format!("{scheme}://user:pa55word@{}{options}", fake.address);
            let fault = Server::parse(&url).unwrap().dial(LIMIT).await.err().unwrap();
            assert!(fault.starts_with(words) && !fault.contains("pa55word"), "{url}: {fault}");
            assert!(!fake.heard(0).contains(&"AUTH".to_owned()), "{url}");
        }
    }

    #[tokio::test]
    async fn no_server_is_told_in_words() {
        let fake = Fake::start(Encrypted::Never).await;
        let (address, url) = (fake.address, format!("smtp://{}", fake.address));
        drop(fake);
        // Its port is free again as soon as its task has ended.
        while std::net::TcpStream::connect(address).is_ok() {
            tokio::task::yield_now().await;
        }
        let fault = Server::parse(&url).unwrap().dial(LIMIT).await.err().unwrap();
        assert!(fault.starts_with("no connection: "), "{fault}");
    }
}

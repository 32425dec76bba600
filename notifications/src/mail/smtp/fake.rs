//! A mail server that takes whatever comes and writes down what it was told, in the clear or encrypted.

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig, crypto,
        pki_types::{CertificateDer, PrivateKeyDer},
    },
};

/// When a conversation is encrypted.
#[derive(Clone, Copy)]
pub(super) enum Encrypted {
    Never,
    AfterStartTls,
    FromTheStart,
}

/// The server; dropped, it is gone.
pub(super) struct Fake {
    pub(super) address: SocketAddr,
    /// What only it has, and nobody vouches for.
    pub(super) certificate: CertificateDer<'static>,
    heard: Heard,
    accepting: JoinHandle<()>,
}

/// The verbs that were said, with the number of the conversation.
type Heard = Arc<Mutex<Vec<(usize, String)>>>;

impl Fake {
    /// Listens on a free port.
    pub(super) async fn start(encrypted: Encrypted) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let own = rcgen::generate_simple_self_signed([address.ip().to_string()]).unwrap();
        let certificate = own.cert.der().clone();
        let key = PrivateKeyDer::Pkcs8(own.signing_key.serialize_der().into());
        let config = ServerConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.clone()], key)
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let heard = Heard::default();
        let kept = heard.clone();
        #[allow(clippy::disallowed_methods, reason = "a server of the test's own, which no lifecycle knows")]
        let accepting = tokio::spawn(async move {
            let mut sessions = tokio::task::JoinSet::new();
            for number in 0.. {
                let Ok((stream, _)) = listener.accept().await else { return };
                let (acceptor, kept) = (acceptor.clone(), kept.clone());
                sessions.spawn(async move {
                    let note = |verb: &str| kept.lock().unwrap().push((number, verb.to_owned()));
                    let _ = session(stream, encrypted, &acceptor, note).await;
                });
            }
        });
        Self { address, certificate, heard, accepting }
    }

    /// What was said in a conversation so far, verb by verb.
    pub(super) fn heard(&self, conversation: usize) -> Vec<String> {
        let heard = self.heard.lock().unwrap();
        heard.iter().filter(|(number, _)| *number == conversation).map(|(_, verb)| verb.clone()).collect()
    }

    /// How many conversations were begun.
    pub(super) fn conversations(&self) -> usize {
        self.heard.lock().unwrap().iter().map(|(number, _)| number + 1).max().unwrap_or(0)
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn session(
    mut stream: TcpStream,
    encrypted: Encrypted,
    acceptor: &TlsAcceptor,
    note: impl Fn(&str),
) -> io::Result<()> {
    match encrypted {
        Encrypted::Never => converse(&mut stream, true, "250 AUTH PLAIN", &note).await.map(drop),
        Encrypted::FromTheStart => {
            converse(&mut acceptor.accept(stream).await?, true, "250 AUTH PLAIN", &note).await.map(drop)
        }
        Encrypted::AfterStartTls => {
            if converse(&mut stream, true, "250 STARTTLS", &note).await? {
                converse(&mut acceptor.accept(stream).await?, false, "250 AUTH PLAIN", &note).await?;
            }
            Ok(())
        }
    }
}

/// A conversation to its end, or (`true`) to where it goes on encrypted.
async fn converse(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    greets: bool,
    offer: &str,
    note: &impl Fn(&str),
) -> io::Result<bool> {
    let mut stream = BufReader::new(stream);
    if greets {
        say(&mut stream, "220 test").await?;
    }
    loop {
        let verb = heard(&mut stream).await?.split(' ').next().unwrap_or_default().to_owned();
        note(&verb);
        let answer = match verb.as_str() {
            "EHLO" => format!("250-test\r\n{offer}"),
            "AUTH" => "235 welcome".to_owned(),
            "STARTTLS" => "220 go ahead".to_owned(),
            "DATA" => {
                say(&mut stream, "354 go ahead").await?;
                while heard(&mut stream).await? != "." {}
                "250 taken".to_owned()
            }
            "QUIT" => "221 bye".to_owned(),
            _ => "250 fine".to_owned(),
        };
        say(&mut stream, &answer).await?;
        match verb.as_str() {
            "STARTTLS" => return Ok(true),
            "QUIT" => return Ok(false),
            _ => {}
        }
    }
}

async fn say(stream: &mut (impl AsyncWrite + Unpin), answer: &str) -> io::Result<()> {
    stream.write_all(format!("{answer}\r\n").as_bytes()).await?;
    stream.flush().await
}

async fn heard(stream: &mut (impl AsyncBufReadExt + Unpin)) -> io::Result<String> {
    let mut line = String::new();
    match stream.read_line(&mut line).await? {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        _ => Ok(line.trim_end().to_owned()),
    }
}

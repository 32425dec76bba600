//! An S3 server that a test can look into, behind a gate that it can shut.

use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use s3::creds::Credentials;
use s3::{Bucket, Region};
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// How the gate stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gate {
    /// Everything passes.
    Open,
    /// Connections are taken, and nothing passes: as when the server is stopped in its tracks.
    Frozen,
    /// Requests pass, and no answer does.
    Mute,
    /// Only uploads are left without an answer: as when the server is busy with them.
    Busy,
    /// Connections are cut: as when the server is gone.
    Shut,
    /// Each is answered that there is too much to do: as when the server is overloaded.
    Refusing,
}

impl Gate {
    fn cuts(self) -> bool {
        matches!(self, Gate::Shut | Gate::Refusing)
    }
}

const TOO_MUCH: &[u8] = b"HTTP/1.1 503 Slow Down\r\ncontent-type: application/xml\r\ncontent-length: 36\r\n\
    connection: close\r\n\r\n<Error><Code>SlowDown</Code></Error>";

/// Two buckets of one test's own.
pub struct TestBucket {
    pub endpoint: String,
    pub access_key: String,
    pub secret_key: String,
    pub name: String,
    pub avatars: String,
    gate: watch::Sender<Gate>,
    _data: Option<tempfile::TempDir>,
}

impl TestBucket {
    pub async fn start() -> Self {
        let data = tempfile::tempdir().unwrap();
        let real = std::env::var("TEST_S3_URL").ok();
        let env = |name| std::env::var(name).unwrap_or_default();
        let (server, access_key, secret_key, data) = match real {
            Some(url) => {
                let server = url.trim_start_matches("http://").trim_end_matches('/').to_owned();
                (server, env("TEST_S3_ACCESS_KEY"), env("TEST_S3_SECRET_KEY"), None)
            }
            None => (serve(data.path()).await, "key".to_owned(), "secret".to_owned(), Some(data)),
        };
        let (gate, state) = watch::channel(Gate::Open);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(guard(listener, server, state));
        let name = format!("test-{}", uuid::Uuid::new_v4().simple());
        let avatars = format!("{name}-avatars");
        Self { endpoint, access_key, secret_key, name, avatars, gate, _data: data }
    }

    pub fn set(&self, gate: Gate) {
        self.gate.send(gate).unwrap();
    }

    /// What lies in the bucket for files.
    pub async fn keys(&self) -> Vec<String> {
        self.keys_of(&self.name).await
    }

    /// What lies in the bucket for pictures.
    pub async fn pictures(&self) -> Vec<String> {
        self.keys_of(&self.avatars).await
    }

    async fn keys_of(&self, name: &str) -> Vec<String> {
        let region = Region::Custom { region: "us-east-1".into(), endpoint: self.endpoint.clone() };
        let keys =
            Credentials::new(Some(&self.access_key), Some(&self.secret_key), None, None, None).unwrap();
        let bucket = Bucket::new(name, region, keys).unwrap().with_path_style();
        let pages = bucket.list(String::new(), None).await.unwrap();
        pages.into_iter().flat_map(|page| page.contents).map(|object| object.key).collect()
    }
}

async fn serve(directory: &std::path::Path) -> String {
    let mut service = S3ServiceBuilder::new(s3s_fs::FileSystem::new(directory).unwrap());
    service.set_auth(SimpleAuth::from_single("key", "secret"));
    let service = service.build();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let service = service.clone();
            tokio::spawn(async move {
                let _ =
                    Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(socket), service).await;
            });
        }
    });
    address
}

/// Lets what comes to `listener` through to a server, as the gate stands.
pub async fn guard(listener: TcpListener, server: String, gate: watch::Receiver<Gate>) {
    while let Ok((mut client, _)) = listener.accept().await {
        let (server, gate) = (server.clone(), gate.clone());
        tokio::spawn(async move {
            if *gate.borrow() == Gate::Refusing {
                // Something was said, whatever it was; the rest is not listened to, but let run out.
                let mut buffer = [0; 1024];
                let _ = client.read(&mut buffer).await;
                let _ = client.write_all(TOO_MUCH).await;
                while client.read(&mut buffer).await.is_ok_and(|read| read > 0) {}
                return;
            }
            let Ok(upstream) = TcpStream::connect(server).await else { return };
            let uploads = AtomicBool::new(false);
            let (client_reads, client_writes) = client.into_split();
            let (server_reads, server_writes) = upstream.into_split();
            tokio::select! {
                () = pump(client_reads, server_writes, gate.clone(), |bytes, gate| {
                    let begins = bytes.starts_with(b"PUT ") || bytes.starts_with(b"zINSTREAM");
                    uploads.fetch_or(begins, SeqCst);
                    gate == Gate::Frozen
                }) => {}
                () = pump(server_reads, client_writes, gate, |_, gate| match gate {
                    Gate::Frozen | Gate::Mute => true,
                    Gate::Busy => uploads.load(SeqCst),
                    Gate::Open | Gate::Shut | Gate::Refusing => false,
                }) => {}
            }
        });
    }
}

/// Carries bytes one way for as long as the gate lets it.
async fn pump(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut gate: watch::Receiver<Gate>,
    held: impl Fn(&[u8], Gate) -> bool,
) {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let mut watched = gate.clone();
        let read = tokio::select! {
            _ = watched.wait_for(|gate| gate.cuts()) => return,
            read = from.read(&mut buffer) => read,
        };
        let Ok(read @ 1..) = read else { return };
        let open = gate.wait_for(|gate| !held(&buffer[..read], *gate)).await.map(|gate| !gate.cuts());
        if !open.unwrap_or(false) || to.write_all(&buffer[..read]).await.is_err() {
            return;
        }
    }
}

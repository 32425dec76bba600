use std::net::SocketAddr;
use std::path::Path;

use anyhow::Context;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use rand::RngCore;
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::process::Lifecycle;

/// An S3 server of our own over a directory, for `cargo run` and the tests.
///
/// It keeps objects as the system keeps files: a killed process loses none, a power cut may.
///
/// It listens on the loopback only, on a port that the system gives, and knows one pair of keys that was made for this
/// start: nobody else on the machine can talk to it.
pub(super) struct Embedded {
    pub address: SocketAddr,
    pub access_key: String,
    pub secret_key: String,
}

impl Embedded {
    /// Starts it, with these buckets, as a task of the process.
    pub async fn start(directory: &Path, buckets: &[&str], lifecycle: &Lifecycle) -> anyhow::Result<Self> {
        let files = buckets
            .iter()
            .try_for_each(|bucket| std::fs::create_dir_all(directory.join(bucket)))
            .map_err(anyhow::Error::from)
            .and_then(|()| s3s_fs::FileSystem::new(directory).map_err(|fault| anyhow::anyhow!("{fault:?}")))
            .with_context(|| format!("the embedded S3 store cannot use {}", directory.display()))?;
        let (access_key, secret_key) = (random(), random());
        let mut service = S3ServiceBuilder::new(files);
        service.set_auth(SimpleAuth::from_single(access_key.clone(), secret_key.clone()));
        let service = service.build();
        let listener =
            TcpListener::bind(("127.0.0.1", 0)).await.context("the embedded S3 store has no port")?;
        let address = listener.local_addr()?;
        let halting = lifecycle.halting();
        lifecycle.spawn("embedded S3 store", async move {
            let server = Builder::new(TokioExecutor::new());
            let mut connections = JoinSet::new();
            loop {
                tokio::select! {
                    () = halting.cancelled() => return Ok(()),
                    // Only a process out of file descriptors gets an error here; the next turn tries again.
                    accepted = listener.accept() => if let Ok((socket, _)) = accepted {
                        let _ = socket.set_nodelay(true);
                        let connection = server.serve_connection(TokioIo::new(socket), service.clone()).into_owned();
                        connections.spawn(async move {
                            // A client that hangs up is no news.
                            let _ = connection.await;
                        });
                    },
                    Some(_) = connections.join_next() => {}
                }
            }
        });
        Ok(Self { address, access_key, secret_key })
    }
}

fn random() -> String {
    let mut bytes = [0; 20];
    rand::rng().fill_bytes(&mut bytes);
    hex::encode(bytes)
}

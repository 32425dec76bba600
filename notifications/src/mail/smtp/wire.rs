use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use lettre::transport::smtp::client::{AsyncSmtpConnection, AsyncTokioStream};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpStream, lookup_host},
    time::timeout,
};
use tokio_rustls::client::TlsStream;

/// How long a server may take to say that it is still there, or goodbye; a mail waits for the first.
const PATIENCE: Duration = Duration::from_secs(2);

/// A connection to a mail server that waits for the next mail. Dropped, it ends without a word.
pub(super) struct Line {
    /// The conversation.
    pub(super) smtp: AsyncSmtpConnection,
    /// The socket under it, to look at.
    look: std::net::TcpStream,
}

impl Line {
    pub(super) fn new(smtp: AsyncSmtpConnection, look: std::net::TcpStream) -> Self {
        Self { smtp, look }
    }

    /// Whether the server has hung up, or said something unasked, which is how it takes its leave. Asks nobody.
    pub(super) fn is_over(&self) -> bool {
        match self.look.peek(&mut [0]) {
            Ok(_) => true,
            Err(fault) => fault.kind() != io::ErrorKind::WouldBlock,
        }
    }

    /// Whether the server still answers.
    pub(super) async fn answers(&mut self) -> bool {
        timeout(PATIENCE, self.smtp.test_connected()).await.unwrap_or(false)
    }

    /// Ends it as the protocol wants it; a server that does not say goodbye is not waited for.
    pub(super) async fn leave(mut self) {
        let _ = timeout(PATIENCE, self.smtp.quit()).await;
    }
}

/// Connects to the first of a host's addresses that answers. Each has its share of the time, so that a silent one leaves
/// some to the others. What is written leaves at once: the line that ends a mail is a write of its own, and would wait for
/// the server to acknowledge the mail, which the server puts off for 40 ms.
pub(super) async fn reach(host: &str, port: u16, limit: Duration) -> io::Result<TcpStream> {
    let addresses: Vec<SocketAddr> = lookup_host((host, port)).await?.collect();
    let share = limit / u32::try_from(addresses.len()).unwrap_or(u32::MAX).max(1);
    let mut fault = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    for address in addresses {
        match timeout(share, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => {
                stream.set_nodelay(true)?;
                return Ok(stream);
            }
            Ok(Err(refused)) => fault = refused,
            Err(_) => fault = io::Error::new(io::ErrorKind::TimedOut, "no answer"),
        }
    }
    Err(fault)
}

/// The stream, and a second handle on its socket.
pub(super) fn watched(stream: TcpStream) -> io::Result<(TcpStream, std::net::TcpStream)> {
    let stream = stream.into_std()?;
    let look = stream.try_clone()?;
    Ok((TcpStream::from_std(stream)?, look))
}

/// TLS from the first byte on. To lettre it is a stream like any other: it knows of the TLS only that it began itself.
#[derive(Debug)]
pub(super) struct Wrapped(pub(super) TlsStream<TcpStream>);

impl AsyncTokioStream for Wrapped {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.0.get_ref().0.peer_addr()
    }
}

impl AsyncRead for Wrapped {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, buffer)
    }
}

impl AsyncWrite for Wrapped {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}

//! The virus scanner: a ClamAV daemon that is shown each file before it is stored, or nobody.
//!
//! What is said to it and heard from it is a dozen lines of its protocol (`clamd(8)`, INSTREAM); a crate for them would not
//! tell a daemon that is busy from one that stands still, which is most of what is here.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use shared::blobs::Received;
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};

use crate::config::{ClamdAddress, Scanning};
use crate::domain::Verdict;

/// What it is given at once.
const CHUNK: usize = 64 * 1024;
/// More than any answer has.
const LONGEST_ANSWER: u64 = 1024;

/// Looks for viruses, or does not.
#[derive(Clone)]
pub enum Scanner {
    /// A ClamAV daemon does.
    Clamd(Arc<Clamd>),
    /// Nobody does.
    Off,
}

/// A ClamAV daemon, and how long it is waited for.
pub struct Clamd {
    address: ClamdAddress,
    stream_max: u64,
    patience: Duration,
    timeout: Duration,
    places: Semaphore,
}

/// Why there is no verdict. Without one nothing is stored.
#[derive(Debug, Error)]
pub enum ScanError {
    /// It cannot be reached, stands still, takes too long, or says that it cannot.
    #[error("the virus scanner is away: {0}")]
    Away(String),
    /// The file is longer than what it looks at.
    #[error(
        "the virus scanner looks at {limit} bytes at most, and the file has {size} (CLAMD_STREAM_MAX_LENGTH)"
    )]
    TooLarge {
        /// The file's bytes.
        size: u64,
        /// The scanner's limit.
        limit: u64,
    },
}

impl From<io::Error> for ScanError {
    fn from(error: io::Error) -> Self {
        ScanError::Away(error.to_string())
    }
}

impl Scanner {
    /// The configured one. It is asked nothing yet.
    pub fn of(scanning: &Scanning) -> Self {
        match scanning.clone() {
            Scanning::Off => Scanner::Off,
            Scanning::Clamd { address, stream_max, patience, timeout, at_once } => {
                let places = Semaphore::new(at_once);
                Scanner::Clamd(Arc::new(Clamd { address, stream_max, patience, timeout, places }))
            }
        }
    }

    /// Has a file looked at. What cannot be judged has no verdict: there is no answer that lets it pass.
    ///
    /// # Errors
    /// When the scanner is away, stands still or takes too long; when the file is larger than what it looks at.
    pub async fn scan(&self, file: &Received) -> Result<Verdict, ScanError> {
        let Scanner::Clamd(clamd) = self else { return Ok(Verdict::NotScanned) };
        let verdict = clamd.scan(file).await;
        let outcome = match &verdict {
            Ok(Verdict::Infected { .. }) => "infected",
            Ok(_) => "clean",
            Err(_) => "failed",
        };
        metrics::counter!("files_scans_total", "outcome" => outcome).increment(1);
        verdict
    }

    /// Whether the scanner answers; where there is none, nothing is amiss.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn look(&self) -> Result<(), ScanError> {
        match self {
            Scanner::Off => Ok(()),
            Scanner::Clamd(clamd) => clamd.ping().await,
        }
    }
}

impl Clamd {
    async fn scan(&self, file: &Received) -> Result<Verdict, ScanError> {
        // Beyond its limit it hangs up in the middle, which looks like a fault of the line.
        if file.size() > self.stream_max {
            return Err(ScanError::TooLarge { size: file.size(), limit: self.stream_max });
        }
        let looked_at = async {
            // It has few hands. Who waits here costs it nothing; in its own queue everybody would be late.
            let _place = self.places.acquire().await.expect("the places are never closed");
            self.instream(file).await
        };
        tokio::select! {
            verdict = timeout(self.timeout, looked_at) => {
                verdict.map_err(|_| ScanError::Away(format!("no verdict within {:?}", self.timeout)))?
            }
            fault = self.stands_still() => Err(fault),
        }
    }

    /// Comes back once the daemon leaves even a small question unanswered. A busy one answers it beside its work.
    async fn stands_still(&self) -> ScanError {
        loop {
            sleep(self.patience / 4).await;
            if let Err(fault) = self.ping().await {
                return fault;
            }
        }
    }

    async fn instream(&self, file: &Received) -> Result<Verdict, ScanError> {
        let mut line = self.connect().await?;
        let mut bytes = file.reader().await?;
        let sent: io::Result<()> = async {
            line.write_all(b"zINSTREAM\0").await?;
            // Four bytes of length stand before each chunk, and none after the last.
            let mut chunk = vec![0; 4 + CHUNK];
            loop {
                let read = bytes.read(&mut chunk[4..]).await?;
                chunk[..4].copy_from_slice(&(read as u32).to_be_bytes());
                line.write_all(&chunk[..4 + read]).await?;
                if read == 0 {
                    return line.flush().await;
                }
            }
        }
        .await;
        // It may have answered before it had everything, and hung up: what it said explains more than a broken line.
        let answer = answer_of(&mut line).await;
        match (answer, sent) {
            (Ok(answer), _) if !answer.is_empty() => Verdict::of_clamd(&answer)
                .ok_or_else(|| ScanError::Away(format!("it said {:?}", answer.trim_end_matches('\0')))),
            (_, Err(fault)) | (Err(fault), Ok(())) => Err(fault.into()),
            (Ok(_), Ok(())) => Err(ScanError::Away("it hung up without a word".to_owned())),
        }
    }

    async fn ping(&self) -> Result<(), ScanError> {
        let asked = async {
            let mut line = self.connect().await?;
            line.write_all(b"zPING\0").await?;
            answer_of(&mut line).await
        };
        match timeout(self.patience * 3 / 4, asked).await {
            Ok(Ok(answer)) if answer == "PONG\0" => Ok(()),
            Ok(Ok(answer)) => Err(ScanError::Away(format!("asked how it is, it said {answer:?}"))),
            Ok(Err(fault)) => Err(fault.into()),
            Err(_) => Err(ScanError::Away(format!("no answer within {:?}", self.patience * 3 / 4))),
        }
    }

    async fn connect(&self) -> io::Result<Box<dyn Line>> {
        Ok(match &self.address {
            ClamdAddress::Tcp(address) => Box::new(TcpStream::connect(address).await?),
            ClamdAddress::Unix(path) => Box::new(UnixStream::connect(path).await?),
        })
    }
}

/// A connection, of whichever sort.
trait Line: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Line for T {}

async fn answer_of(line: &mut Box<dyn Line>) -> io::Result<String> {
    let mut answer = Vec::new();
    let mut line = line.take(LONGEST_ANSWER);
    while !answer.ends_with(b"\0") && line.read_buf(&mut answer).await? > 0 {}
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

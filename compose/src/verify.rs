//! The audit trail, verified by an outsider from its exports and a public key: no configuration, no database, no server.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Cursor, ErrorKind, Read, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, ensure};
use audit::domain::{ExportFault, ExportVerifier, PublicKey, Remembered, Verified};
use flate2::bufread::MultiGzDecoder;
use shared::{clock::rfc3339, text::encoded};

/// No line of an export is as long; memory is not for the taking.
const LONGEST_LINE: u64 = 16 << 20;
/// A key or a checkpoint is no longer.
const LONGEST_TEXT: u64 = 64 << 10;
const GZIP: [u8; 2] = [0x1f, 0x8b];
/// The exit code for exports that cannot be judged, which is also that of a wrong command line.
const UNUSABLE: u8 = 2;

/// What to verify, and with what.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Exports (`GET /audit/trail`, archives), plain or gzip, the parts of one trail in their order; `-` is the standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// A public key (`GET /audit/public-key`), obtained from somebody you trust; former ones too, if there were any
    #[arg(long = "key", required = true, value_name = "PUBLIC_KEY.pem")]
    keys: Vec<PathBuf>,
    /// A checkpoint that was kept elsewhere, as JSON or as a line of the program's log, or a file that holds it
    #[arg(long, value_name = "CHECKPOINT")]
    remembered: Option<String>,
}

/// Why there is no good news.
enum Trouble {
    /// The trail is not as it was written.
    NotWhole(String),
    /// Nothing can be said.
    Unusable(anyhow::Error),
}

impl From<anyhow::Error> for Trouble {
    fn from(fault: anyhow::Error) -> Self {
        Self::Unusable(fault)
    }
}

/// Verifies exports: 0 and a summary when the trail is whole, 1 and the first row that is not, 2 when nothing can be said.
pub fn run(arguments: &Arguments) -> ExitCode {
    match verify(arguments) {
        Ok(summary) => {
            // Whoever closed the pipe has the exit code.
            let _ = io::stdout().write_all(summary.as_bytes());
            ExitCode::SUCCESS
        }
        Err(Trouble::NotWhole(fault)) => {
            eprintln!("helpdesk: the trail is not whole. {}", encoded(&fault));
            ExitCode::FAILURE
        }
        Err(Trouble::Unusable(fault)) => {
            eprintln!("helpdesk: {}", encoded(&format!("{fault:#}")));
            ExitCode::from(UNUSABLE)
        }
    }
}

fn verify(arguments: &Arguments) -> Result<String, Trouble> {
    let keys = arguments.keys.iter().map(|path| keys(path)).collect::<anyhow::Result<Vec<_>>>()?.concat();
    let remembered = arguments.remembered.as_deref().map(remembered).transpose()?;
    let mut verifier = ExportVerifier::new(keys.iter().map(|(key, _)| key.clone()).collect(), remembered);
    let mut place = String::new();
    for path in &arguments.files {
        let mut part = Part::open(path)?;
        while part.next(verifier.last())? {
            verifier.line(&part.line).map_err(|fault| part.trouble(fault, verifier.last()))?;
        }
        ensure_not_empty(&part)?;
        place = format!("{}, behind its last line ({})", part.name, part.number);
    }
    let verified = verifier.end().map_err(|fault| judged(&fault, &place))?;
    Ok(summary(&verified, &keys, remembered))
}

fn ensure_not_empty(part: &Part) -> anyhow::Result<()> {
    ensure!(part.number > 0, "{} is empty: it is no export of the audit trail", part.name);
    Ok(())
}

/// What a fault means for whoever asks, and where it is.
fn judged(fault: &ExportFault, place: &str) -> Trouble {
    let told = format!("{place}: {fault}");
    match fault {
        ExportFault::Tampered(_)
        | ExportFault::Gap { .. }
        | ExportFault::Unsigned { .. }
        | ExportFault::Unreadable(_) => Trouble::NotWhole(told),
        ExportFault::NoStart | ExportFault::Apart { .. } | ExportFault::NotReached { .. } => {
            Trouble::Unusable(anyhow::Error::msg(told))
        }
    }
}

/// One export being read.
struct Part {
    name: String,
    source: Box<dyn BufRead>,
    line: String,
    /// Of the line that was read last.
    number: u64,
}

impl Part {
    fn open(path: &Path) -> anyhow::Result<Self> {
        let name = match path.to_str() {
            Some("-") => "the standard input".to_owned(),
            _ => path.display().to_string(),
        };
        let source = source(path).and_then(unpacked);
        let source = source.with_context(|| format!("{name} cannot be read"))?;
        Ok(Self { name, source, line: String::new(), number: 0 })
    }

    /// Reads the next line that is not blank; `false` when there is none. `last` is the last row that was seen.
    fn next(&mut self, last: i64) -> Result<bool, Trouble> {
        loop {
            let mut bytes = Vec::new();
            let read = self.source.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut bytes);
            match read {
                Ok(0) => return Ok(false),
                Ok(_) => {}
                // An archive that was cut off: what it still has was good.
                Err(fault) if fault.kind() == ErrorKind::UnexpectedEof && self.number > 0 => {
                    return Err(Trouble::NotWhole(self.breaks_off(last)));
                }
                Err(fault) => {
                    let what = format!("{} cannot be read behind line {}", self.name, self.number);
                    return Err(Trouble::Unusable(anyhow::Error::new(fault).context(what)));
                }
            }
            self.number += 1;
            // What is no UTF-8 is no line of an export either, and shows as one that was changed.
            self.line = String::from_utf8_lossy(&bytes).into_owned();
            if !self.line.trim().is_empty() {
                return Ok(true);
            }
        }
    }

    fn breaks_off(&self, last: i64) -> String {
        format!(
            "{}, line {}: the file breaks off here: row {} is the first that is missing",
            self.name,
            self.number,
            last + 1
        )
    }

    fn trouble(&self, fault: ExportFault, last: i64) -> Trouble {
        let place = format!("{}, line {}", self.name, self.number);
        match fault {
            ExportFault::Unreadable(fault)
                if self.number > 1 && fault.is_eof() && !self.line.ends_with('\n') =>
            {
                Trouble::NotWhole(self.breaks_off(last))
            }
            ExportFault::Unreadable(_) if self.number > 1 => Trouble::NotWhole(format!(
                "{place}: row {}, or the checkpoint in front of it, was changed: {fault}",
                last + 1
            )),
            ExportFault::Unreadable(_) => Trouble::Unusable(anyhow::anyhow!("{place}: {fault}")),
            fault => judged(&fault, &place),
        }
    }
}

fn source(path: &Path) -> io::Result<Box<dyn Read>> {
    Ok(match path.to_str() {
        Some("-") => Box::new(io::stdin()),
        _ => Box::new(File::open(path)?),
    })
}

/// What is in it, whether it is packed or not.
fn unpacked(source: Box<dyn Read>) -> io::Result<Box<dyn BufRead>> {
    let mut source = BufReader::with_capacity(1 << 16, source);
    let mut first = Vec::new();
    source.by_ref().take(GZIP.len() as u64).read_to_end(&mut first)?;
    let is_packed = first == GZIP;
    let whole = Cursor::new(first).chain(source);
    Ok(if is_packed { Box::new(BufReader::new(MultiGzDecoder::new(whole))) } else { Box::new(whole) })
}

fn short_text(path: &Path) -> anyhow::Result<String> {
    let mut text = String::new();
    let read = File::open(path).and_then(|file| file.take(LONGEST_TEXT).read_to_string(&mut text));
    read.with_context(|| format!("{} cannot be read", path.display()))?;
    Ok(text)
}

/// The keys in a file: one, or several where the trail's key was changed.
fn keys(path: &Path) -> anyhow::Result<Vec<(PublicKey, &Path)>> {
    let keys = PublicKey::all_from_pem(&short_text(path)?);
    let keys = keys.with_context(|| format!("{} is no key", path.display()))?;
    Ok(keys.into_iter().map(|key| (key, path)).collect())
}

fn remembered(given: &str) -> anyhow::Result<Remembered> {
    if let Ok(remembered) = given.parse() {
        return Ok(remembered);
    }
    let text =
        short_text(Path::new(given)).context("--remembered is neither a checkpoint nor a file with one")?;
    text.trim().parse().with_context(|| format!("{given} holds no checkpoint"))
}

fn summary(verified: &Verified, keys: &[(PublicKey, &Path)], remembered: Option<Remembered>) -> String {
    let (end, before) = (&verified.end, verified.behind.as_ref().map_or(0, |it| it.sequence));
    let rows = match verified.rows {
        0 => "none".to_owned(),
        rows => format!("{rows}, from {} to {}", before + 1, end.sequence),
    };
    let begins = match before {
        0 => "with the first row of all".to_owned(),
        row => format!("behind the checkpoint at row {row}; what is before it is taken on its word"),
    };
    let signer = keys.iter().find(|(key, _)| key.verifies(end));
    let mut lines = vec![("Rows", rows)];
    if let Some(first) = verified.first_recorded_at {
        lines.push(("Recorded", format!("{} to {}", rfc3339(first), rfc3339(end.recorded_at))));
    }
    lines.push(("Begins", begins));
    lines.push(("Checkpoints", format!("{}, the last at row {}", verified.checkpoints, end.sequence)));
    if let Some((key, path)) = signer {
        lines.push(("Signed with", format!("key {} ({})", key.id(), path.display())));
    }
    lines.push(("Last hash", end.hash.to_string()));
    if let Some(remembered) = remembered {
        lines.push(("Remembered", format!("row {} is as it was", remembered.sequence)));
    }
    let table: String = lines.iter().map(|(name, what)| format!("  {name:<13}{what}\n")).collect();
    let checkpoint = serde_json::to_string(end).unwrap_or_default();
    format!(
        "The trail is whole.\n\n{table}\nKeep its end elsewhere, and a later export that lacks any of it is found out (--remembered):\n\
         {checkpoint}\n"
    )
}

use std::fs::File;
use std::io::{self, BufWriter, Seek, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use sha2::{Digest, Sha256};
use tokio::io::AsyncWriteExt;

/// What is written at once; also all that one upload holds in memory.
const BUFFER: usize = 64 * 1024;

/// Where uploads wait on disk until they are whole and looked at, in files without a name: whatever happens to the
/// process, the system takes them back.
///
/// An upload comes in at its client's pace. Here it costs a buffer and a file descriptor meanwhile, and neither a
/// connection to the bucket nor a transaction.
#[derive(Clone, Debug)]
pub struct Spool {
    directory: PathBuf,
}

impl Spool {
    /// Makes the directory and proves that files can be made in it.
    ///
    /// # Errors
    /// When they cannot, in words.
    pub fn open(directory: &Path) -> anyhow::Result<Self> {
        std::fs::create_dir_all(directory).and_then(|()| tempfile::tempfile_in(directory)).with_context(
            || format!("files on their way to a bucket cannot be written to {}", directory.display()),
        )?;
        Ok(Self { directory: directory.to_owned() })
    }

    /// Begins to receive an upload.
    ///
    /// # Errors
    /// When the disk is full or away.
    pub async fn begin(&self) -> io::Result<Receiving> {
        let directory = self.directory.clone();
        let file = blocking(move || tempfile::tempfile_in(directory)).await?;
        let mut file = tokio::fs::File::from_std(file);
        file.set_max_buf_size(BUFFER);
        Ok(Receiving { file, hash: Sha256::new(), size: 0 })
    }

    /// Writes a whole file on a thread of its own.
    ///
    /// # Errors
    /// When the disk is full or away, and those of `write`.
    pub async fn written<W>(&self, write: W) -> io::Result<Received>
    where
        W: FnOnce(&mut dyn Write) -> io::Result<()> + Send + 'static,
    {
        let directory = self.directory.clone();
        blocking(move || {
            let file = tempfile::tempfile_in(directory)?;
            let mut to = BufWriter::with_capacity(BUFFER, Counted { file, hash: Sha256::new(), size: 0 });
            write(&mut to)?;
            let Counted { file, hash, size } = to.into_inner()?;
            Ok(Received { file, size, sha256: hash.finalize().into() })
        })
        .await
    }
}

/// Counts and hashes what is written to a file.
struct Counted {
    file: File,
    hash: Sha256,
    size: u64,
}

impl Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hash.update(&bytes[..written]);
        self.size += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// An upload that is on its way in.
pub struct Receiving {
    file: tokio::fs::File,
    hash: Sha256,
    size: u64,
}

impl Receiving {
    /// Takes the next bytes.
    ///
    /// # Errors
    /// When the disk is full or away.
    pub async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.hash.update(bytes);
        self.size += bytes.len() as u64;
        self.file.write_all(bytes).await
    }

    /// The bytes so far.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// There are no more.
    ///
    /// # Errors
    /// When the disk is full or away.
    pub async fn finish(mut self) -> io::Result<Received> {
        self.file.flush().await?;
        let file = self.file.into_std().await;
        Ok(Received { file, size: self.size, sha256: self.hash.finalize().into() })
    }
}

/// An upload that was received whole.
pub struct Received {
    file: File,
    size: u64,
    sha256: [u8; 32],
}

impl Received {
    /// In bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// SHA-256 of the bytes.
    pub fn sha256(&self) -> [u8; 32] {
        self.sha256
    }

    /// The bytes as the system gives them, from the first on. The position is shared, as with [`Received::reader`].
    ///
    /// # Errors
    /// When they cannot be read back.
    pub fn file(&self) -> io::Result<File> {
        let mut file = self.file.try_clone()?;
        file.rewind()?;
        Ok(file)
    }

    /// The bytes from the first on. The position is shared: one reader at a time.
    ///
    /// # Errors
    /// When they cannot be read back.
    pub async fn reader(&self) -> io::Result<tokio::fs::File> {
        let mut file = tokio::fs::File::from_std(self.file()?);
        file.set_max_buf_size(BUFFER);
        Ok(file)
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt;

    use super::*;

    #[tokio::test]
    async fn what_was_written_is_counted_hashed_and_read_back_as_often_as_wanted() {
        let directory = tempfile::tempdir().unwrap();
        let spool = Spool::open(&directory.path().join("uploads")).unwrap();
        let mut receiving = spool.begin().await.unwrap();
        receiving.write(b"hello ").await.unwrap();
        receiving.write(b"world").await.unwrap();
        let received = receiving.finish().await.unwrap();
        assert_eq!(received.size(), 11);
        assert_eq!(
            hex::encode(received.sha256()),
            "b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9"
        );
        for _ in 0..2 {
            let mut text = String::new();
            received.reader().await.unwrap().read_to_string(&mut text).await.unwrap();
            assert_eq!(text, "hello world");
        }
    }

    #[tokio::test]
    async fn a_file_that_is_written_at_once_is_counted_and_hashed_too() {
        let directory = tempfile::tempdir().unwrap();
        let spool = Spool::open(directory.path()).unwrap();
        let written = spool.written(|to| to.write_all(b"hello world")).await.unwrap();
        let mut receiving = spool.begin().await.unwrap();
        receiving.write(b"hello world").await.unwrap();
        let received = receiving.finish().await.unwrap();
        assert_eq!((written.size(), written.sha256()), (received.size(), received.sha256()));
        let fault = spool.written(|_| Err(io::ErrorKind::InvalidData.into())).await.err().unwrap();
        assert_eq!(fault.kind(), io::ErrorKind::InvalidData);
    }

    #[tokio::test]
    async fn an_upload_on_its_way_leaves_no_name_in_the_directory() {
        let directory = tempfile::tempdir().unwrap();
        let spool = Spool::open(directory.path()).unwrap();
        let mut receiving = spool.begin().await.unwrap();
        receiving.write(b"half of it").await.unwrap();
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_directory_that_cannot_be_written_to_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("in the way");
        std::fs::write(&file, "").unwrap();
        let fault = Spool::open(&file).unwrap_err().to_string();
        assert!(fault.contains("in the way"), "{fault}");
    }
}

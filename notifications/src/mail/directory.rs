use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use super::{Letterhead, Mail, SendFault};

/// Writes every mail into a folder: what happens when no SMTP server is configured.
pub struct DirectoryMailer {
    folder: PathBuf,
    letterhead: Letterhead,
}

impl DirectoryMailer {
    /// Makes the folder, readable by its owner only, since the mails in it hold links that open accounts.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn new(folder: PathBuf, letterhead: Letterhead) -> io::Result<Self> {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&folder)?;
        Ok(Self { folder, letterhead })
    }

    pub(super) async fn send(&self, mail: &Mail) -> Result<(), SendFault> {
        let message = self.letterhead.compose(mail).map_err(SendFault::Permanent)?;
        let name = self.letterhead.message_id(mail.delivery);
        let folder = self.folder.clone();
        tokio::task::spawn_blocking(move || write(&folder, &name, &message.formatted()))
            .await
            .map_err(|fault| SendFault::Passing(format!("writing the mail was interrupted: {fault}")))?
            .map_err(|fault| SendFault::Passing(format!("the mail could not be written: {fault}")))
    }

    pub(super) async fn check(&self) -> Result<(), String> {
        match tokio::fs::metadata(&self.folder).await {
            Ok(found) if found.is_dir() && !found.permissions().readonly() => Ok(()),
            _ => Err("the mail folder cannot be written to".to_owned()),
        }
    }
}

/// On the disk, whole, or not there at all; a repeat replaces the same file.
fn write(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    let unfinished = folder.join(format!(".{name}.tmp"));
    let finished = folder.join(format!("{name}.eml"));
    let mut file = fs::File::create(&unfinished)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&unfinished, &finished)?;
    // The name is durable only when its folder is.
    fs::File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use std::fs;

    #[test]
    fn a_repeat_replaces_the_file() {
        let folder = tempfile::tempdir().unwrap();
        super::write(folder.path(), "a@b", b"first").unwrap();
        super::write(folder.path(), "a@b", b"second").unwrap();
        let names: Vec<_> =
            fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, ["a@b.eml"]);
        assert_eq!(fs::read(folder.path().join("a@b.eml")).unwrap(), b"second");
    }
}

//! The secrets as `secrets.sh` makes them, in a folder of the test's own.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;

use crate::composed::folder;

pub struct Secrets(TempDir);

impl Secrets {
    /// Made anew.
    pub fn make() -> Self {
        let secrets = Self(tempfile::tempdir().unwrap());
        secrets.make_again();
        secrets
    }

    /// Runs the script, which leaves what is there.
    pub fn make_again(&self) {
        let made = Command::new("bash").arg(folder().join("secrets.sh")).arg(self.folder()).output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    }

    pub fn folder(&self) -> &Path {
        self.0.path()
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.folder().join(name)
    }

    /// A secret without its line end.
    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.file(name)).unwrap().trim_end().to_owned()
    }

    /// Another content for one, as where the servers are elsewhere.
    pub fn replace(&self, name: &str, content: &str) {
        std::fs::remove_file(self.file(name)).unwrap();
        std::fs::write(self.file(name), content).unwrap();
    }
}

#[test]
fn secrets_are_made_once_and_each_is_its_own() {
    use std::os::unix::fs::PermissionsExt;

    let secrets = Secrets::make();
    let all = || {
        let entries = std::fs::read_dir(secrets.folder()).unwrap().flatten();
        let mut all: Vec<_> =
            entries.map(|it| (it.file_name(), std::fs::read_to_string(it.path()).unwrap())).collect();
        all.sort();
        all
    };
    let before = all();
    secrets.make_again();
    assert_eq!(all(), before);
    let drawn: Vec<_> = before.iter().map(|(_, text)| text).filter(|text| text.trim().len() == 48).collect();
    assert!(drawn.len() >= 20);
    assert!(drawn.iter().all(|one| drawn.iter().filter(|other| other == &one).count() == 1));
    assert_eq!(std::fs::metadata(secrets.folder()).unwrap().permissions().mode() & 0o077, 0);
}

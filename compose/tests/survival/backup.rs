//! The operator's scripts, and what they are told.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use crate::{place::Place, support::Launch};

/// What everything is lost of is emptied with what the scripts look into it by.
const LOSE_BUCKETS: &str = r#"
set -euo pipefail
source "$0"
for name in tickets avatars; do
    reach_bucket "$name"
    objects > "$1"
    while read -r _ key; do s3 --fail --request DELETE "$bucket_url/$key"; done < "$1"
    s3 --fail --request DELETE "$bucket_url"
done
"#;

/// The buckets of one helpdesk, and how the scripts reach all that it has.
pub struct Backups {
    settings: Vec<(&'static str, String)>,
    path: String,
    folder: PathBuf,
}

impl Backups {
    /// `None` where a server or a program is missing that they want.
    pub fn of(place: &Place) -> Option<Self> {
        #[allow(clippy::disallowed_methods, reason = "tests are told their servers by the environment")]
        let named = |key: &str| std::env::var(key).ok().filter(|value| !value.is_empty());
        let path = format!("{}:{}", named("TEST_PG_BIN")?, named("PATH")?);
        std::env::split_paths(&path).find(|folder| folder.join("curl").exists())?;
        let mut settings = place.buckets()?.to_vec();
        settings.push(("DATABASE_URL", place.database("{service}")));
        Some(Self { settings, path, folder: place.folder("backups") })
    }

    /// The helpdesk with these buckets.
    pub fn tell(&self, launch: Launch) -> Launch {
        self.settings.iter().fold(launch, |launch, (key, value)| launch.with(key, value))
    }

    /// `backup.sh`.
    pub fn take(&self) -> PathBuf {
        let folder = self.folder.join("taken");
        let output = self.run(&script("backup.sh"), &[&folder]);
        assert!(output.status.success(), "{}", complaint(&output));
        folder
    }

    /// `restore.sh`; what it complains of, if it refuses.
    pub fn restore(&self, from: &Path) -> Result<(), String> {
        let output = self.run(&script("restore.sh"), &[from]);
        if output.status.success() { Ok(()) } else { Err(complaint(&output)) }
    }

    /// Loses the buckets, with all that is in them.
    pub fn lose_buckets(&self) {
        let list = self.folder.join("objects");
        let output = self.run(Path::new("-c"), &[Path::new(LOSE_BUCKETS), &script("places.sh"), &list]);
        assert!(output.status.success(), "{}", complaint(&output));
    }

    fn run(&self, script: &Path, arguments: &[&Path]) -> Output {
        let mut bash = Command::new("bash");
        bash.arg(script).args(arguments).env_clear().env("PATH", &self.path);
        bash.envs(self.settings.iter().map(|(key, value)| (key, value)));
        bash.output().expect("bash can be called")
    }
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("backup").join(name)
}

fn complaint(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// How many rows each table had when it was dumped, as the manifest has it: by service and table.
pub fn rows(backup: &Path) -> BTreeMap<(String, String), i64> {
    let manifest = std::fs::read_to_string(backup.join("manifest")).expect("a backup has a manifest");
    let row = |line: &str| {
        let mut words = line.split(' ');
        let (service, table) = (words.next()?.to_owned(), words.next()?.to_owned());
        Some(((service, table), words.next()?.parse().ok()?))
    };
    manifest.lines().filter_map(row).collect()
}

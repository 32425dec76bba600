//! As much of systemd's units as this package uses: a file, its drop-ins, and the specifiers `%i`, `%S` and `%d`.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// An instance of a template, with what its drop-ins change.
pub struct Unit {
    root: PathBuf,
    /// As in `helpdesk@tickets.service`.
    pub name: String,
    instance: String,
    lines: Vec<(String, String)>,
}

impl Unit {
    /// `helpdesk@<instance>.<kind>` of what is installed below a folder.
    pub fn read(root: &Path, instance: &str, kind: &str) -> Self {
        let name = format!("helpdesk@{instance}.{kind}");
        let mut files = vec![root.join(format!("usr/lib/systemd/system/helpdesk@.{kind}"))];
        for folder in ["usr/lib/systemd/system", "etc/systemd/system"] {
            let drop_ins = fs::read_dir(root.join(folder).join(format!("{name}.d"))).into_iter().flatten();
            files.extend(drop_ins.map(|file| file.unwrap().path()));
        }
        let text: String = files.iter().map(|file| fs::read_to_string(file).unwrap() + "\n").collect();
        let lines = text.lines().filter(|line| !line.starts_with(['#', '[']));
        let lines = lines.filter_map(|line| line.split_once('='));
        let lines = lines.map(|(key, value)| (key.trim().to_owned(), value.trim().to_owned())).collect();
        Self { root: root.to_owned(), name, instance: instance.to_owned(), lines }
    }

    /// The values of a key, in their order; an empty one forgets those before it.
    pub fn all(&self, key: &str) -> Vec<String> {
        let mut values = Vec::new();
        for (_, value) in self.lines.iter().filter(|(known, _)| known == key) {
            if value.is_empty() { values.clear() } else { values.push(self.specified(value)) }
        }
        values
    }

    /// The value of a key that has one.
    pub fn one(&self, key: &str) -> String {
        let values = self.all(key);
        assert_eq!(values.len(), 1, "{}: {key}= is {values:?}", self.name);
        values.into_iter().next().unwrap()
    }

    /// Where systemd would put what the service keeps.
    pub fn state(&self) -> PathBuf {
        self.root.join("var/lib").join(self.one("StateDirectory"))
    }

    /// The program and its arguments.
    pub fn command(&self) -> (PathBuf, Vec<String>) {
        let line = self.one("ExecStart");
        let mut words = line.split(' ');
        let program = within(&self.root, words.next().unwrap());
        (program, words.map(str::to_owned).collect())
    }

    /// What the service finds in its environment; its secrets are laid where this says on the way.
    pub fn environment(&self) -> BTreeMap<String, String> {
        let own = self.all("Environment");
        let own = own.iter().flat_map(|line| line.split(' ')).filter_map(|pair| pair.split_once('='));
        let mut found: BTreeMap<String, String> = own.map(owned).collect();
        for file in self.all("EnvironmentFile") {
            let file = within(&self.root, file.strip_prefix('-').unwrap_or(&file));
            let text = fs::read_to_string(&file).unwrap_or_default();
            let lines = text.lines().filter(|line| !line.starts_with('#'));
            found.extend(lines.filter_map(|line| line.split_once('=')).map(owned));
        }
        self.lay_secrets();
        found
    }

    fn credentials(&self) -> PathBuf {
        self.root.join("run/credentials").join(&self.name)
    }

    fn lay_secrets(&self) {
        fs::create_dir_all(self.credentials()).unwrap();
        let given = self.all("SetCredential");
        let given: BTreeMap<_, _> = given.iter().filter_map(|line| line.split_once(':')).collect();
        for line in self.all("LoadCredential") {
            let (name, file) = line.split_once(':').unwrap();
            let secret = fs::read(within(&self.root, file));
            // Without a value of its own a secret that is not there would keep the unit from starting.
            let secret = secret.unwrap_or_else(|_| {
                given.get(name).unwrap_or_else(|| panic!("{name} has no default")).replace("\\n", "\n").into()
            });
            fs::write(self.credentials().join(name), secret).unwrap();
        }
    }

    fn specified(&self, value: &str) -> String {
        value
            .replace("%i", &self.instance)
            .replace("%S", &self.root.join("var/lib").display().to_string())
            .replace("%d", &self.credentials().display().to_string())
    }
}

fn owned((key, value): (&str, &str)) -> (String, String) {
    (key.to_owned(), value.to_owned())
}

/// An absolute path, below a folder instead.
pub fn within(root: &Path, path: &str) -> PathBuf {
    if path.starts_with(&root.display().to_string()) {
        path.into()
    } else {
        root.join(path.trim_start_matches('/'))
    }
}

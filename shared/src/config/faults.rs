use std::fmt;

/// Everything that is wrong with a configuration, to be mended in one go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Faults(Vec<Fault>);

/// One thing that is wrong with a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The service whose setting it is, or the file that it stands in.
    pub scope: String,
    /// The setting, by the name of its environment variable.
    pub key: String,
    /// What is wrong, in words.
    pub what: String,
}

impl Faults {
    /// The faults of one reading.
    pub fn new(faults: Vec<Fault>) -> Self {
        let mut all = Faults(Vec::new());
        all.extend(Faults(faults));
        all
    }

    /// A single fault.
    pub fn one(scope: impl Into<String>, key: impl Into<String>, what: impl Into<String>) -> Self {
        Faults(vec![Fault { scope: scope.into(), key: key.into(), what: what.into() }])
    }

    /// Adds another service's faults. What both report, such as a mistyped key at the top of the file, stands once.
    pub fn extend(&mut self, other: Faults) {
        for fault in other.0 {
            if !self.0.contains(&fault) {
                self.0.push(fault);
            }
        }
    }

    /// The faults, one by one.
    pub fn iter(&self) -> impl Iterator<Item = &Fault> {
        self.0.iter()
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.scope, self.key, self.what)
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, fault) in self.0.iter().enumerate() {
            if n > 0 {
                writeln!(f)?;
            }
            write!(f, "{fault}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Faults {}

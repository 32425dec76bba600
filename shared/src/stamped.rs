//! Copies of others' facts, told by events that come in any order.

/// A value copied from an event, with the version of the aggregate that it was true at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamped<T> {
    value: T,
    version: i64,
}

impl<T> Stamped<T> {
    /// A value as stored, with its version (0: never heard of).
    pub fn new(value: T, version: i64) -> Self {
        Self { value, version }
    }

    /// Takes the value unless a newer one is known already. Each field has its own stamp: events come in any order, and
    /// a newer role must not keep out an older address that nothing has said since.
    pub fn take(&mut self, value: T, version: i64) {
        if version > self.version {
            *self = Self { value, version };
        }
    }

    /// The newest value heard of.
    pub fn value(&self) -> &T {
        &self.value
    }

    /// The version that it was true at.
    pub fn version(&self) -> i64 {
        self.version
    }
}

#[cfg(test)]
mod tests {
    use super::Stamped;

    #[test]
    fn an_older_word_never_replaces_a_newer_one() {
        let mut role = Stamped::new("user", 1);
        for (word, version, known) in
            [("agent", 3, "agent"), ("admin", 2, "agent"), ("user", 3, "agent"), ("admin", 4, "admin")]
        {
            role.take(word, version);
            assert_eq!(*role.value(), known);
        }
        assert_eq!(role.version(), 4);
    }
}

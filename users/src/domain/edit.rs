/// What an edit says of one optional field.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Edit<T> {
    /// Nothing: it stays as it is.
    #[default]
    Keep,
    /// It shall have no value.
    Clear,
    /// It shall have this value.
    Set(T),
}

impl<T> Edit<T> {
    /// The field once the edit is applied.
    pub fn apply(self, present: Option<T>) -> Option<T> {
        match self {
            Self::Keep => present,
            Self::Clear => None,
            Self::Set(value) => Some(value),
        }
    }

    /// The same edit with its value parsed.
    ///
    /// # Errors
    /// What `parse` says of the value.
    pub fn parse<U, E>(self, parse: impl FnOnce(T) -> Result<U, E>) -> Result<Edit<U>, E> {
        Ok(match self {
            Self::Keep => Edit::Keep,
            Self::Clear => Edit::Clear,
            Self::Set(value) => Edit::Set(parse(value)?),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Edit;

    #[test]
    fn an_edit_keeps_clears_or_sets() {
        for (edit, after) in [(Edit::Keep, Some(1)), (Edit::Clear, None), (Edit::Set(2), Some(2))] {
            assert_eq!(edit.apply(Some(1)), after, "{edit:?}");
        }
    }
}

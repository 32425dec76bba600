/// A word that is not on a closed list, such as a status nobody defined.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected one of {}", .allowed.join(", "))]
pub struct UnknownWord {
    /// The words that would have done.
    pub allowed: Vec<&'static str>,
}

/// Lets a closed list be read and written by its words, from the one table in its `as_str`.
macro_rules! closed_list {
    ($list:ident) => {
        impl std::str::FromStr for $list {
            type Err = $crate::domain::UnknownWord;

            fn from_str(word: &str) -> Result<Self, Self::Err> {
                let named = Self::ALL.into_iter().find(|member| member.as_str() == word);
                named.ok_or_else(|| Self::Err { allowed: Self::ALL.map(Self::as_str).to_vec() })
            }
        }

        impl TryFrom<String> for $list {
            type Error = $crate::domain::UnknownWord;

            fn try_from(word: String) -> Result<Self, Self::Error> {
                word.parse()
            }
        }

        impl From<$list> for &'static str {
            fn from(member: $list) -> Self {
                member.as_str()
            }
        }
    };
}
pub(super) use closed_list;

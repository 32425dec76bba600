use std::net::IpAddr;

use shared::{
    clock::Timestamp,
    text::{fold, words},
};
use uuid::Uuid;

use super::LogFilter;

/// The longest word that is told from others, in characters.
const LONGEST_WORD: usize = 64;

/// The words of a text, folded; an internet address is one word.
pub(super) fn terms(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split_whitespace().flat_map(|piece| match address(piece) {
        Some(address) => vec![address],
        None => words(&fold(piece)).map(|word| word.chars().take(LONGEST_WORD).collect()).collect(),
    })
}

fn address(piece: &str) -> Option<String> {
    let bare = piece.trim_matches(|character: char| !character.is_alphanumeric() && character != ':');
    bare.parse::<IpAddr>().ok().map(|address| address.to_string())
}

/// A word that is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// Letters and digits, folded; or an internet address.
    pub word: String,
    /// Words that begin so are meant as well: `print*`.
    pub is_prefix: bool,
}

/// What is looked for: nothing in it can be taken for an operator by a database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Search {
    /// These words all, and none of those: `printer -toner`.
    Words {
        /// At least one.
        wanted: Vec<Term>,
        /// Any number.
        unwanted: Vec<Term>,
    },
    /// Whatever was done by somebody or to something with this id.
    Id(Uuid),
}

/// Why nothing can be looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SearchFault {
    /// More was typed than is looked for.
    #[error("must have at most {} characters", Search::MAX)]
    TooLong,
    /// Nothing, or only what is not wanted.
    #[error("must have a word to look for")]
    NoWord,
}

impl Search {
    /// How many characters may be looked for.
    pub const MAX: usize = 200;

    /// What somebody typed. Quotation marks and every other sign part words, but for `-` before a word that is not wanted and
    /// `*` behind the beginning of one.
    ///
    /// # Errors
    /// When it is too long, or there is no word in it.
    pub fn parse(typed: &str) -> Result<Self, SearchFault> {
        if typed.chars().count() > Self::MAX {
            return Err(SearchFault::TooLong);
        }
        if let Ok(id) = Uuid::try_parse(typed.trim()) {
            return Ok(Self::Id(id));
        }
        let (mut wanted, mut unwanted) = (Vec::new(), Vec::new());
        for piece in typed.split_whitespace() {
            let (list, piece) = match piece.strip_prefix('-') {
                Some(rest) => (&mut unwanted, rest),
                None => (&mut wanted, piece),
            };
            list.extend(terms(piece).map(|word| Term { word, is_prefix: false }));
            if let (true, Some(last)) = (piece.ends_with('*'), list.last_mut()) {
                last.is_prefix = true;
            }
        }
        if wanted.is_empty() { Err(SearchFault::NoWord) } else { Ok(Self::Words { wanted, unwanted }) }
    }
}

impl Term {
    fn is(&self, word: &str) -> bool {
        if self.is_prefix { word.starts_with(&self.word) } else { word == self.word }
    }
}

impl Search {
    /// How well it matches: what was done counts more than the details, those more than personal ones, and each time that a word
    /// is there half as much as the time before. It depends on nothing but the line, so it is the same on every page.
    #[must_use]
    pub fn relevance(&self, [head, body, personal]: [&str; 3]) -> f64 {
        let Self::Words { wanted, .. } = self else { return 1.0 };
        let weighted = [(head, 1.0), (body, 0.4), (personal, 0.2)];
        let of = |term: &Term| {
            let times = |text: &str| text.split(' ').filter(|word| term.is(word)).count().min(30) as i32;
            weighted.iter().map(|(text, weight)| weight * (1.0 - 0.5_f64.powi(times(text)))).sum::<f64>()
        };
        wanted.iter().map(of).sum()
    }
}

impl SearchOrder {
    /// Whether matches are looked for from the newest on.
    #[must_use]
    pub fn is_newest_first(&self) -> bool {
        !matches!(self, Self::Time { descending: false, .. })
    }

    /// A page of what was found, in this order.
    #[must_use]
    pub fn page(&self, mut found: Vec<Found>, limit: u64) -> Vec<Found> {
        if let Self::Relevance { after, .. } = *self {
            let better =
                |a: &Found, b: &Found| b.relevance.total_cmp(&a.relevance).then(b.sequence.cmp(&a.sequence));
            found.sort_by(better);
            if let Some((relevance, sequence)) = after {
                found.retain(|it| better(&Found { sequence, relevance }, it).is_lt());
            }
        }
        found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        found
    }
}

/// In which order lines are given, and behind which one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum SearchOrder {
    /// The best first, of the newest that match.
    Relevance {
        /// Behind the line with this relevance and this number.
        after: Option<(f64, i64)>,
        /// Of the lines up to this one: whoever turns pages sees what was there for the first.
        until: Option<i64>,
    },
    /// By time.
    Time {
        /// The newest first.
        descending: bool,
        /// Behind the line of this time and with this number.
        after: Option<(Timestamp, i64)>,
    },
}

/// A page of what is found.
#[derive(Clone, Debug)]
pub struct SearchQuery {
    /// What is looked for.
    pub search: Search,
    /// Among which lines.
    pub filter: LogFilter,
    /// In which order.
    pub order: SearchOrder,
    /// At most so many.
    pub limit: u64,
}

/// A line that was found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Found {
    /// Its place in the feed.
    pub sequence: i64,
    /// How well it matches: more is better, and the number says nothing else.
    pub relevance: f64,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parsed(typed: &str) -> (Vec<String>, Vec<String>) {
        let Search::Words { wanted, unwanted } = Search::parse(typed).unwrap() else {
            panic!("{typed} is an id")
        };
        let shown = |terms: Vec<Term>| {
            terms.into_iter().map(|term| term.word + if term.is_prefix { "*" } else { "" }).collect()
        };
        (shown(wanted), shown(unwanted))
    }

    #[test]
    fn words_are_folded_and_signs_part_them() {
        for (typed, wanted, unwanted) in [
            ("Écran  noir", &["ecran", "noir"][..], &[][..]),
            ("\"HD-000042\" high", &["hd", "000042", "high"], &[]),
            ("print* -toner -lo*", &["print*"], &["toner", "lo*"]),
            ("from 192.0.2.7, or (2001:DB8::1)", &["from", "192.0.2.7", "or", "2001:db8::1"], &[]),
            ("a & b | !c <-> 'd' NOT x", &["a", "b", "c", "d", "not", "x"], &[]),
            ("*word", &["word"], &[]),
        ] {
            assert_eq!(
                parsed(typed),
                (
                    wanted.iter().map(ToString::to_string).collect(),
                    unwanted.iter().map(ToString::to_string).collect()
                ),
                "{typed}"
            );
        }
    }

    #[test]
    fn an_id_is_looked_for_as_a_whole_and_nothing_is_refused() {
        let id = "01999b1e-0000-7000-8000-000000000003";
        assert_eq!(Search::parse(&format!(" {id} ")), Ok(Search::Id(id.parse().unwrap())));
        for nothing in ["", " ", "-toner", "!!! -", "*"] {
            assert_eq!(Search::parse(nothing), Err(SearchFault::NoWord), "{nothing:?}");
        }
        assert_eq!(Search::parse(&"é".repeat(201)), Err(SearchFault::TooLong));
    }

    #[test]
    fn what_was_done_counts_more_than_details_and_more_often_more_than_once() {
        let search = Search::parse("print* -x").unwrap();
        let of = |texts| search.relevance(texts);
        let rising = [
            of(["ticket created", "", "paper"]),
            of(["ticket created", "", "printer"]),
            of(["ticket created", "", "printer printing"]),
            of(["ticket created", "printer", ""]),
            of(["printer", "", ""]),
        ];
        assert!(rising.is_sorted_by(|a, b| a < b), "{rising:?}");
    }

    proptest! {
        #[test]
        fn whatever_is_typed_becomes_letters_and_digits(typed in any::<String>()) {
            if let Ok(Search::Words { wanted, unwanted }) = Search::parse(&typed) {
                for term in wanted.iter().chain(&unwanted) {
                    let is_address = term.word.parse::<IpAddr>().is_ok();
                    prop_assert!(is_address || term.word.chars().all(char::is_alphanumeric), "{:?}", term);
                    prop_assert!(!term.word.is_empty());
                }
            }
        }
    }
}

//! A text and its code: what is left without comments and the insides of strings.

use std::fmt;

#[derive(Debug, PartialEq)]
pub struct Fault {
    pub file: String,
    pub line: usize,
    pub rule: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "{}:{}: {}", self.file, self.line, self.rule)
    }
}

/// A text file: its path from the root, with `/`, and what is in it.
pub struct Text {
    pub file: String,
    pub content: String,
}

impl Text {
    pub fn new(file: &str, content: &str) -> Text {
        Text { file: file.to_owned(), content: content.to_owned() }
    }

    pub fn fault(&self, line: usize, rule: impl Into<String>) -> Fault {
        Fault { file: self.file.clone(), line, rule: rule.into() }
    }

    pub fn is_rust(&self) -> bool {
        self.file.ends_with(".rs")
    }

    /// A fault for each line of the code (not of comments, not within strings) that has one of these.
    pub fn without(&self, words: &[&str], rule: &str) -> Vec<Fault> {
        let code = code(&self.content);
        let found = |line: &str| words.iter().find(|word| mentions(line, word)).copied();
        let lines = code.lines().enumerate();
        lines
            .filter_map(|(at, line)| Some(self.fault(at + 1, format!("{rule} (`{}`)", found(line)?))))
            .collect()
    }
}

/// Whether a line of code has this word, whole where it begins or ends with a letter.
pub fn mentions(line: &str, word: &str) -> bool {
    let in_name = |it: Option<char>| it.is_some_and(|it| it.is_alphanumeric() || it == '_');
    line.match_indices(word).any(|(at, _)| {
        let begins = !in_name(word.chars().next()) || !in_name(line[..at].chars().next_back());
        begins && (!in_name(word.chars().next_back()) || !in_name(line[at + word.len()..].chars().next()))
    })
}

/// The code alone: comments and the insides of strings and characters are gone, lines stay where they were.
pub fn code(source: &str) -> String {
    let chars: Vec<char> = source.chars().collect();
    let (mut out, mut at) = (String::new(), 0);
    let is = |at: usize, it: &str| it.chars().enumerate().all(|(step, it)| chars.get(at + step) == Some(&it));
    while at < chars.len() {
        let before = at.checked_sub(1).map(|it| chars[it]);
        let hashes = chars[at + 1..].iter().take_while(|it| **it == '#').count();
        let raw = chars[at] == 'r'
            && is(at + 1 + hashes, "\"")
            && !before.is_some_and(|it| it.is_alphanumeric() && it != 'b');
        let end = if is(at, "//") {
            chars[at..].iter().position(|it| *it == '\n').map_or(chars.len(), |length| at + length)
        } else if is(at, "/*") {
            let mut depth = 0;
            let mut end = at;
            while end < chars.len() {
                depth = depth + i32::from(is(end, "/*")) - i32::from(is(end, "*/"));
                end += if is(end, "/*") || is(end, "*/") { 2 } else { 1 };
                if depth == 0 {
                    break;
                }
            }
            end
        } else if raw {
            let close = format!("\"{}", "#".repeat(hashes));
            (at + 2 + hashes..chars.len())
                .find(|it| is(*it, &close))
                .map_or(chars.len(), |it| it + 1 + hashes)
        } else if chars[at] == '"' {
            let mut end = at + 1;
            while end < chars.len() && chars[end] != '"' {
                end += if chars[end] == '\\' { 2 } else { 1 };
            }
            end + 1
        } else if chars[at] == '\'' && is(at + 2, "'") && !is(at + 1, "\\") {
            at + 3
        } else if is(at, "'\\") {
            (at + 3..chars.len()).find(|it| chars[*it] == '\'').map_or(chars.len(), |it| it + 1)
        } else {
            out.push(chars[at]);
            at += 1;
            continue;
        };
        let end = end.min(chars.len());
        out.extend(chars[at..end].iter().filter(|it| **it == '\n'));
        at = end;
    }
    out
}

#[test]
fn comments_and_strings_are_no_code() {
    let source =
        "a // tokio\n/* tokio /* deep */\n tokio */ b \"to\\\"kio\" r#\"tokio \" \"# 'x' '\"' '\\'' c<'a>";
    let left = code(source);
    assert_eq!(left.split_whitespace().collect::<Vec<_>>(), ["a", "b", "c<'a>"]);
    assert_eq!(left.lines().count(), source.lines().count());
}

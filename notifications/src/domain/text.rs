/// The text on one line: what could end a line, move the cursor or turn the writing direction becomes a space, runs of
/// white space become one, and what exceeds `max` characters is cut off with an ellipsis.
///
/// Everything that a user wrote passes through here before it meets a mail. A title with CR and LF then adds neither a
/// header (ASVS 5.0, V1.3.11) nor lines that look as if the helpdesk had written them.
#[must_use]
pub fn one_line(text: &str, max: usize) -> String {
    let spaced: String = text.chars().map(|c| if breaks_or_hides(c) { ' ' } else { c }).collect();
    let line = spaced.split_whitespace().collect::<Vec<_>>().join(" ");
    cut(&line, max)
}

/// The text on as many lines as it has, each as [`one_line`] makes it: blank ones at either end are dropped, several in
/// a row become one, and what exceeds `max` characters in all is cut off with an ellipsis.
///
/// It is for the last words of a mail, which nothing of the helpdesk's own comes after.
#[must_use]
pub fn few_lines(text: &str, max: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for line in text.replace("\r\n", "\n").split(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']) {
        let line = one_line(line, max);
        if !line.is_empty() || lines.last().is_some_and(|last| !last.is_empty()) {
            lines.push(line);
        }
    }
    let whole = lines.join("\n");
    let shown = cut(whole.trim_end(), max);
    if shown.is_empty() { Vec::new() } else { shown.split('\n').map(str::to_owned).collect() }
}

fn cut(text: &str, max: usize) -> String {
    if text.chars().count() <= max {
        return text.to_owned();
    }
    text.chars().take(max.saturating_sub(1)).chain(['…']).collect()
}

/// Control characters, Unicode's own line ends, and the marks that reorder what is read.
fn breaks_or_hides(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{few_lines, one_line};

    #[test]
    fn line_ends_and_controls_become_a_space() {
        for (given, expected) in [
            ("printer\r\nBcc: victim@example.com", "printer Bcc: victim@example.com"),
            ("bare\nline\rends", "bare line ends"),
            ("nul\0, bell\x07, next line\u{85}.", "nul , bell , next line ."),
            ("para\u{2029}graph and \u{202E}esrever", "para graph and esrever"),
            ("  spaces \t here  ", "spaces here"),
            ("élève 日本 🖨", "élève 日本 🖨"),
        ] {
            assert_eq!(one_line(given, 255), expected);
        }
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        assert_eq!(one_line("ééééé", 5), "ééééé");
        assert_eq!(one_line("éééééé", 5), "éééé…");
    }

    #[test]
    fn lines_are_kept_and_each_is_one() {
        for (given, expected) in [
            ("one", vec!["one"]),
            ("one\r\ntwo\rthree\u{2028}four", vec!["one", "two", "three", "four"]),
            ("\n\r\n one\n\n \n\ntwo\t\x07!\n\n", vec!["one", "", "two !"]),
            ("", vec![]),
            ("\r\n \n", vec![]),
        ] {
            assert_eq!(few_lines(given, 100), expected, "{given:?}");
        }
    }

    #[test]
    fn too_many_lines_are_cut() {
        assert_eq!(few_lines("ab\ncd", 5), ["ab", "cd"]);
        assert_eq!(few_lines("ab\ncd\nef", 6), ["ab", "cd…"]);
        assert_eq!(few_lines("ab\ncdefg\nh", 6), ["ab", "cd…"]);
        assert_eq!(few_lines("abcdef\ng", 4), ["abc…"]);
    }

    proptest! {
        #[test]
        fn lines_stay_within_their_bound_and_hold_no_ends_of_lines(text in "(\\PC|\r|\n|\u{85}){0,60}") {
            let lines = few_lines(&text, 20);
            prop_assert!(lines.iter().all(|line| line.chars().all(|c| !c.is_control())));
            prop_assert!(lines.iter().map(|line| line.chars().count()).sum::<usize>() <= 20);
        }

        #[test]
        fn nothing_that_ends_a_line_is_left(text in any::<String>()) {
            let line = one_line(&text, 100);
            prop_assert!(line.chars().all(|c| !c.is_control()));
            prop_assert!(line.chars().count() <= 100);
        }
    }
}

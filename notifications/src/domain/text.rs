/// The text on one line: what could end a line, move the cursor or turn the writing direction becomes a space, runs of
/// white space become one, and what exceeds `max` characters is cut off with an ellipsis.
///
/// Everything that a user wrote passes through here before it meets a mail. A title with CR and LF then adds neither a
/// header (ASVS 5.0, V1.3.11) nor lines that look as if the helpdesk had written them.
#[must_use]
pub fn one_line(text: &str, max: usize) -> String {
    let spaced: String = text.chars().map(|c| if breaks_or_hides(c) { ' ' } else { c }).collect();
    let line = spaced.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= max {
        return line;
    }
    let mut cut: String = line.chars().take(max.saturating_sub(1)).collect();
    cut.push('…');
    cut
}

/// Control characters, Unicode's own line ends, and the marks that reorder what is read.
fn breaks_or_hides(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::one_line;

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

    proptest! {
        #[test]
        fn nothing_that_ends_a_line_is_left(text in any::<String>()) {
            let line = one_line(&text, 100);
            prop_assert!(line.chars().all(|c| !c.is_control()));
            prop_assert!(line.chars().count() <= 100);
        }
    }
}

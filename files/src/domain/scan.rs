/// What a virus scanner said of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nobody looked: there is no scanner.
    NotScanned,
    /// Nothing was found.
    Clean,
    /// Something was.
    Infected {
        /// The scanner's name for it.
        signature: String,
    },
}

impl Verdict {
    /// Reads the answer of a ClamAV daemon to `INSTREAM`: `stream: OK`, or `stream: <name> FOUND`. `None` for anything else,
    /// which is no verdict and never taken for one.
    pub fn of_clamd(answer: &str) -> Option<Self> {
        let said = answer.trim_end_matches(['\0', '\n']).strip_prefix("stream: ")?;
        if said == "OK" {
            return Some(Verdict::Clean);
        }
        let name = said.strip_suffix(" FOUND")?;
        // Names come from databases that others write: they go into events, mails and pages.
        let signature: String = name.chars().filter(|c| c.is_ascii_graphic()).take(128).collect();
        Some(Verdict::Infected { signature })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_verdict_is_taken_for_one() {
        let infected = |name: &str| Some(Verdict::Infected { signature: name.to_owned() });
        for (answer, verdict) in [
            ("stream: OK\0", Some(Verdict::Clean)),
            ("stream: OK\n", Some(Verdict::Clean)),
            ("stream: Win.Test.EICAR_HDB-1 FOUND\0", infected("Win.Test.EICAR_HDB-1")),
            ("stream: a\r\nb\u{202e}c FOUND\0", infected("abc")),
            ("stream: OK FOUND\0", infected("OK")),
            ("INSTREAM size limit exceeded. ERROR\0", None),
            ("stream: Can't allocate memory ERROR\0", None),
            ("stream: NOT OK\0", None),
            ("UNKNOWN COMMAND\0", None),
            ("OK", None),
            ("", None),
        ] {
            assert_eq!(Verdict::of_clamd(answer), verdict, "{answer:?}");
        }
    }
}

use std::io::{self, Read};

/// Whether this is UTF-8 to its last byte, without NUL. Reads 64 KiB at a time; a character may lie across two reads.
pub(super) fn is_plain(bytes: &mut impl Read) -> io::Result<bool> {
    let mut buffer = vec![0; 64 * 1024];
    let mut kept = 0;
    loop {
        let read = bytes.read(&mut buffer[kept..])?;
        let filled = kept + read;
        if buffer[kept..filled].contains(&0) {
            return Ok(false);
        }
        match std::str::from_utf8(&buffer[..filled]) {
            Ok(_) => kept = 0,
            // The beginning of a character that the next read completes: at most three bytes.
            Err(error) if error.error_len().is_none() && read > 0 => {
                buffer.copy_within(error.valid_up_to()..filled, 0);
                kept = filled - error.valid_up_to();
            }
            Err(_) => return Ok(false),
        }
        if read == 0 {
            return Ok(kept == 0);
        }
    }
}

/// Beginnings by which some program would take a text for more than text. In lower case.
const MARKS: &[&[u8]] = &[
    b"<!doctype",
    b"<!--",
    b"<?",
    b"<%",
    b"<svg",
    b"<html",
    b"<head",
    b"<body",
    b"<script",
    b"<iframe",
    b"<style",
    b"<title",
    b"<meta",
    b"<link",
    b"<img",
    b"<math",
    b"%pdf-",
    b"%!ps",
    b"{\\rtf",
    b"gif87a",
    b"gif89a",
    b"#!",
    b"pk\x03\x04",
];

/// Whether a text begins as markup, a script or another format that happens to be text: then it is that, not plain text.
pub(super) fn is_marked_up(head: &[u8]) -> bool {
    let text = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head).trim_ascii_start();
    MARKS.iter().any(|mark| text.get(..mark.len()).is_some_and(|start| start.eq_ignore_ascii_case(mark)))
        || infer::text::is_html(text)
        || infer::text::is_xml(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives one byte at a time, as a slow disk might.
    struct Trickle<'a>(&'a [u8]);

    impl Read for Trickle<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let Some((first, rest)) = self.0.split_first() else { return Ok(0) };
            buffer[0] = *first;
            self.0 = rest;
            Ok(1)
        }
    }

    #[test]
    fn utf_8_is_checked_across_the_reads() {
        let long = "€é漢😀 ".repeat(20_000);
        for (bytes, plain) in [
            (long.as_bytes(), true),
            (&long.as_bytes()[..long.len() - 2], false),
            (b"Bonjour, l'imprimante est en panne.\r\n", true),
            (b"nul \0 inside", false),
            (b"latin-1: \xE9t\xE9", false),
            (b"overlong: \xC0\xAF", false),
            (b"surrogate: \xED\xA0\x80", false),
        ] {
            assert_eq!(is_plain(&mut &bytes[..]).unwrap(), plain);
            assert_eq!(is_plain(&mut Trickle(bytes)).unwrap(), plain);
        }
    }

    #[test]
    fn markup_and_scripts_are_no_plain_text() {
        for text in [
            "<!DOCTYPE html><p>x",
            "\u{FEFF}<?xml version=\"1.0\"?>",
            "\n\t <SVG onload=alert(1)>",
            "<html>",
            "<ScRiPt>alert(1)",
            "<!-- x --><svg>",
            "<?php phpinfo();",
            "#!/bin/sh\nrm -rf /",
            "%PDF-1.4",
            "{\\rtf1",
            "<b >bold",
            "<a href=x>",
            "GIF89a",
        ] {
            assert!(is_marked_up(text.as_bytes()), "{text}");
        }
        for text in [
            "BMW is a car",
            "a <b> c",
            "<- see here",
            "5 < 6",
            "# Title",
            "ID3 tags",
            "MZ",
            "<svelte> is a framework",
            "",
        ] {
            assert!(!is_marked_up(text.as_bytes()), "{text}");
        }
    }
}

use std::fmt::Write;

use crate::domain::FileName;

/// `Content-Disposition` for a download (RFC 6266): the name in ASCII for old programs, and as it is for the others.
///
/// A name was parsed before it was stored; none the less nothing but letters, digits and a few harmless marks gets into
/// the header unescaped, so that no name ends the header or the parameter, whatever was stored.
pub fn attachment(name: &FileName) -> String {
    let mut value = String::from("attachment; filename=\"");
    // RFC 6266, appendix D: some programs decode percent signs here, and some stumble over backslashes.
    value.extend(name.as_str().chars().map(|c| match c {
        ' '..='~' if !matches!(c, '"' | '\\' | '%' | '/') => c,
        _ => '_',
    }));
    value.push_str("\"; filename*=UTF-8''");
    for byte in name.as_str().bytes() {
        // attr-char of RFC 8187.
        if byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte) {
            value.push(char::from(byte));
        } else {
            write!(value, "%{byte:02X}").expect("a string takes what is written to it");
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_quoted_for_the_old_and_encoded_for_the_new() {
        for (name, header) in [
            ("report 1.pdf", "attachment; filename=\"report 1.pdf\"; filename*=UTF-8''report%201.pdf"),
            ("été.txt", "attachment; filename=\"_t_.txt\"; filename*=UTF-8''%C3%A9t%C3%A9.txt"),
            ("a\"; x=\".txt", "attachment; filename=\"a_; x=_.txt\"; filename*=UTF-8''a%22%3B%20x%3D%22.txt"),
            ("100%.txt", "attachment; filename=\"100_.txt\"; filename*=UTF-8''100%25.txt"),
        ] {
            assert_eq!(attachment(&FileName::stored(name.into())), header);
        }
    }

    #[test]
    fn even_a_name_that_should_never_have_been_stored_adds_no_header() {
        let header = attachment(&FileName::stored("a\r\nSet-Cookie: b=c\0\u{7f}.txt".into()));
        assert!(header.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{header}");
    }
}

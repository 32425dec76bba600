use std::fmt;

use thiserror::Error;

/// The longest name, in characters: the column of the specification.
pub const MAX_CHARS: usize = 255;

/// A file's name as its uploader gave it, found harmless: one line of visible text without a path in it, and with no
/// program's extension hidden before the last one.
///
/// It is shown and sent back, never used as a key or a path.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FileName(String);

/// Why a name was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum NameFault {
    /// There is none.
    #[error("a file needs a name")]
    Missing,
    /// More than [`MAX_CHARS`].
    #[error("a file's name has at most 255 characters")]
    TooLong,
    /// A slash or a backslash.
    #[error("a file's name holds no path")]
    Path,
    /// Control characters, line ends included.
    #[error("a file's name holds no control characters")]
    Control,
    /// Characters that nobody sees, or that turn the text around: with them `exe.png` can be made of `gnp.exe`.
    #[error("a file's name holds no invisible characters and none that change the direction of the text")]
    Invisible,
    /// A dot or a space at either end: some systems drop it, and with it the extension is another.
    #[error("a file's name neither begins nor ends with a dot or a space")]
    Edge,
    /// `x.php.jpg`: some servers run it by the inner extension.
    #[error("a file's name holds no program's extension before its last one")]
    HiddenExtension,
}

impl NameFault {
    /// The stable word for it in an answer's `errors`.
    pub fn code(self) -> &'static str {
        match self {
            NameFault::Missing => "required",
            NameFault::TooLong => "too_long",
            _ => "invalid_file_name",
        }
    }
}

impl FileName {
    /// Takes a name from outside.
    ///
    /// # Errors
    /// See [`NameFault`]; the name is refused, never mended: a mended name is one that its owner does not know.
    pub fn parse(name: &str) -> Result<Self, NameFault> {
        if name.is_empty() {
            return Err(NameFault::Missing);
        }
        if name.chars().count() > MAX_CHARS {
            return Err(NameFault::TooLong);
        }
        if name.contains(['/', '\\']) {
            return Err(NameFault::Path);
        }
        if name.chars().any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')) {
            return Err(NameFault::Control);
        }
        if name.chars().any(invisible) {
            return Err(NameFault::Invisible);
        }
        let edge = |c: char| c == '.' || c.is_whitespace();
        if name.starts_with(edge) || name.ends_with(edge) {
            return Err(NameFault::Edge);
        }
        if hides_a_program(name) {
            return Err(NameFault::HiddenExtension);
        }
        Ok(Self(name.to_owned()))
    }

    /// A name that was parsed before it was stored.
    pub fn stored(name: String) -> Self {
        Self(name)
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What follows the last dot, in lower case; `None` where there is no dot.
    pub fn extension(&self) -> Option<String> {
        self.0.rsplit_once('.').map(|(_, extension)| extension.to_lowercase())
    }
}

impl fmt::Display for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Unicode's `Default_Ignorable_Code_Point` (DerivedCoreProperties.txt), the bidirectional controls and the
/// interlinear annotation marks: all that is there and not seen.
fn invisible(c: char) -> bool {
    matches!(c,
        '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}'..='\u{1160}' | '\u{17B4}'..='\u{17B5}'
        | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
        | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}'
        | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}')
}

/// Extensions by which some server or desktop runs a file. Words that honest names hold are not among them, such as
/// `com` (`mail from example.com.pdf`), `inc` or `app`.
const PROGRAMS: &[&str] = &[
    "php",
    "php2",
    "php3",
    "php4",
    "php5",
    "php6",
    "php7",
    "php8",
    "phps",
    "pht",
    "phtm",
    "phtml",
    "phar",
    "phpt",
    "asp",
    "aspx",
    "asa",
    "asax",
    "ascx",
    "ashx",
    "asmx",
    "axd",
    "cer",
    "cdx",
    "cshtml",
    "vbhtml",
    "jsp",
    "jspx",
    "jspf",
    "jspa",
    "jsw",
    "jsv",
    "jtml",
    "jar",
    "war",
    "ear",
    "cfm",
    "cfml",
    "cfc",
    "cgi",
    "fcgi",
    "pl",
    "py",
    "pyc",
    "pyw",
    "rb",
    "rhtml",
    "erb",
    "lua",
    "js",
    "mjs",
    "cjs",
    "wasm",
    "shtml",
    "shtm",
    "xhtml",
    "xht",
    "html",
    "htm",
    "mht",
    "mhtml",
    "svg",
    "svgz",
    "xml",
    "xsl",
    "xslt",
    "swf",
    "htaccess",
    "exe",
    "scr",
    "pif",
    "bat",
    "cmd",
    "cpl",
    "dll",
    "drv",
    "ocx",
    "msi",
    "msp",
    "mst",
    "msc",
    "hta",
    "htc",
    "vb",
    "vbs",
    "vbe",
    "jse",
    "ws",
    "wsf",
    "wsc",
    "wsh",
    "ps1",
    "ps1xml",
    "psm1",
    "psd1",
    "psc1",
    "lnk",
    "scf",
    "reg",
    "gadget",
    "appref-ms",
    "chm",
    "hlp",
    "iso",
    "vhd",
    "vhdx",
    "sh",
    "bash",
    "zsh",
    "csh",
    "ksh",
    "fish",
    "elf",
    "so",
    "deb",
    "rpm",
    "apk",
    "appimage",
    "dmg",
    "pkg",
    "desktop",
    "osx",
    "docm",
    "dotm",
    "xlsm",
    "xltm",
    "xlam",
    "xll",
    "pptm",
    "ppam",
];

/// Whether a part between the first and the last dot is a program's extension. Colons, semicolons and percent signs
/// part as dots do (`x.php:.jpg`, `x.asp;.jpg`, `x.php%00.jpg`), and full-width letters count as what they look like.
fn hides_a_program(name: &str) -> bool {
    let folded: String = name.chars().map(fold).collect();
    let mut parts = folded.split(['.', ':', ';', '%']).skip(1).peekable();
    while let Some(part) = parts.next() {
        let last = parts.peek().is_none();
        let part = part.trim_matches(|c: char| !c.is_alphanumeric());
        if !last && PROGRAMS.contains(&part) {
            return true;
        }
    }
    false
}

/// The plain, lower-case form of a character that some system takes for it.
fn fold(c: char) -> char {
    match c {
        '\u{2024}' | '\u{FE52}' | '\u{FF0E}' | '\u{3002}' | '\u{FF61}' => '.',
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c).to_ascii_lowercase(),
        c => c.to_lowercase().next().unwrap_or(c),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_names_of_many_lands_are_taken_as_they_are() {
        for name in [
            "report.pdf",
            "Capture d’écran 2026-03-01 à 10:20:30.png",
            "画面.PNG",
            "a.b.c.txt",
            "mail from example.com.pdf",
            "50% done.txt",
            "quote\"s and 'these'.txt",
            "v1.2.3.docx",
            "résumé (final).docx",
            "x",
            "no extension",
            "日本。語.txt",
            "php.jpg",
            "node.js notes.txt",
        ] {
            assert_eq!(FileName::parse(name).map(|n| n.0), Ok(name.to_owned()), "{name}");
        }
    }

    #[test]
    fn hostile_names_are_refused_each_for_its_reason() {
        let long = format!("{}.txt", "é".repeat(252));
        for (name, fault) in [
            ("", NameFault::Missing),
            (long.as_str(), NameFault::TooLong),
            ("../../etc/passwd.txt", NameFault::Path),
            ("..\\x.txt", NameFault::Path),
            ("C:\\x.txt", NameFault::Path),
            ("x\r\nSet-Cookie: a=b.txt", NameFault::Control),
            ("x\0.txt", NameFault::Control),
            ("x\u{85}.txt", NameFault::Control),
            ("x\u{2028}.txt", NameFault::Control),
            ("x.p\u{200B}hp.txt", NameFault::Invisible),
            ("x\u{202E}gnp.txt", NameFault::Invisible),
            ("x\u{2066}.txt", NameFault::Invisible),
            ("\u{FEFF}x.txt", NameFault::Invisible),
            ("x\u{AD}.txt", NameFault::Invisible),
            ("x\u{E0041}.txt", NameFault::Invisible),
            (".htaccess", NameFault::Edge),
            ("x.txt.", NameFault::Edge),
            ("x.txt ", NameFault::Edge),
            ("\u{A0}x.txt", NameFault::Edge),
            ("..", NameFault::Edge),
            ("x.php.jpg", NameFault::HiddenExtension),
            ("x.PHP.jpg", NameFault::HiddenExtension),
            ("x.php .jpg", NameFault::HiddenExtension),
            ("x.php5.backup.jpg", NameFault::HiddenExtension),
            ("x.php:.jpg", NameFault::HiddenExtension),
            ("x.asp;.jpg", NameFault::HiddenExtension),
            ("x.php%00.jpg", NameFault::HiddenExtension),
            ("x.ｐｈｐ.jpg", NameFault::HiddenExtension),
            ("x．php．jpg", NameFault::HiddenExtension),
            ("x.svg.png", NameFault::HiddenExtension),
            ("invoice.exe.pdf", NameFault::HiddenExtension),
        ] {
            assert_eq!(FileName::parse(name), Err(fault), "{name:?}");
        }
        assert!(FileName::parse(&"é".repeat(255)).is_ok(), "characters count, not bytes");
    }

    #[test]
    fn an_extension_is_what_follows_the_last_dot() {
        for (name, extension) in [("A.b.JPG", Some("jpg")), ("x", None), ("x:y.txt", Some("txt"))] {
            assert_eq!(FileName::parse(name).unwrap().extension().as_deref(), extension);
        }
    }
}

/// What a file may be: the allow-list of the specification (phase 4, `STORAGE_CONFIG`), and nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A JPEG image.
    Jpeg,
    /// A PNG image.
    Png,
    /// A GIF image.
    Gif,
    /// A PDF document.
    Pdf,
    /// A Word document in the format of 97–2003.
    Doc,
    /// A Word document.
    Docx,
    /// An Excel workbook in the format of 97–2003.
    Xls,
    /// An Excel workbook.
    Xlsx,
    /// Plain text in UTF-8.
    Text,
}

impl Kind {
    /// All of them.
    pub const ALL: [Kind; 9] = [
        Kind::Jpeg,
        Kind::Png,
        Kind::Gif,
        Kind::Pdf,
        Kind::Doc,
        Kind::Docx,
        Kind::Xls,
        Kind::Xlsx,
        Kind::Text,
    ];

    /// Its MIME type.
    pub const fn mime(self) -> &'static str {
        match self {
            Kind::Jpeg => "image/jpeg",
            Kind::Png => "image/png",
            Kind::Gif => "image/gif",
            Kind::Pdf => "application/pdf",
            Kind::Doc => "application/msword",
            Kind::Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            Kind::Xls => "application/vnd.ms-excel",
            Kind::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Kind::Text => "text/plain",
        }
    }

    /// The extensions that it may have, in lower case.
    pub const fn extensions(self) -> &'static [&'static str] {
        match self {
            Kind::Jpeg => &["jpg", "jpeg"],
            Kind::Png => &["png"],
            Kind::Gif => &["gif"],
            Kind::Pdf => &["pdf"],
            Kind::Doc => &["doc"],
            Kind::Docx => &["docx"],
            Kind::Xls => &["xls"],
            Kind::Xlsx => &["xlsx"],
            Kind::Text => &["txt"],
        }
    }

    /// Whether it is one of those that show somebody's face.
    pub const fn is_picture(self) -> bool {
        matches!(self, Kind::Jpeg | Kind::Png | Kind::Gif)
    }

    /// The kind that has this extension.
    pub fn of_extension(extension: &str) -> Option<Self> {
        Kind::ALL.into_iter().find(|kind| kind.extensions().contains(&extension))
    }

    /// The kind that this `Content-Type` declares; parameters such as `charset` do not count.
    pub fn of_mime(content_type: &str) -> Option<Self> {
        let essence = content_type.split(';').next().unwrap_or_default().trim();
        Kind::ALL.into_iter().find(|kind| kind.mime().eq_ignore_ascii_case(essence))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_the_specifications() {
        let extensions: Vec<_> = Kind::ALL.iter().flat_map(|kind| kind.extensions()).copied().collect();
        assert_eq!(extensions, ["jpg", "jpeg", "png", "gif", "pdf", "doc", "docx", "xls", "xlsx", "txt"]);
        for kind in Kind::ALL {
            assert_eq!(Kind::of_mime(kind.mime()), Some(kind));
        }
    }

    #[test]
    fn a_declared_type_is_read_without_its_parameters_and_in_any_case() {
        assert_eq!(Kind::of_mime("Text/Plain; charset=utf-8"), Some(Kind::Text));
        for other in [
            "",
            "text",
            "text/html",
            "image/svg+xml",
            "image/jpg",
            "application/octet-stream",
            "text/plainer",
        ] {
            assert_eq!(Kind::of_mime(other), None, "{other}");
        }
        assert_eq!(Kind::of_extension("svg"), None);
    }
}

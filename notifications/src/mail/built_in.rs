//! The built-in templates, as they lie under `templates/`.

use crate::domain::{Language, Template, Wording, every_template};

macro_rules! built_in {
    ($($(#[$doc:meta])* $template:ident $name:literal;)*) => {
        /// Subject, text and HTML of a built-in template. A trailing line end is the editor's and no part of a subject.
        #[must_use]
        pub fn built_in(template: Template, language: Language) -> Wording {
            match (template, language) {
                $(
                    (Template::$template, Language::Fr) => built_in!(@ "fr" $name),
                    (Template::$template, Language::En) => built_in!(@ "en" $name),
                )*
            }
        }
    };
    (@ $folder:literal $name:literal) => {
        Wording {
            subject: include_str!(concat!("../../templates/", $folder, "/", $name, ".subject.hbs")).trim_end().to_owned(),
            text: include_str!(concat!("../../templates/", $folder, "/", $name, ".text.hbs")).to_owned(),
            html: include_str!(concat!("../../templates/", $folder, "/", $name, ".html.hbs")).to_owned(),
        }
    };
}

every_template!(built_in);

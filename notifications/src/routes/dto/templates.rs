use serde::{Deserialize, Serialize};
use shared::{
    http::{FieldErrors, Input, When},
    ids::UserId,
};
use utoipa::ToSchema;

use crate::{
    domain::{Language, Override, Wording},
    mail::Letter,
    service::{TemplateShown, WordingPatch},
};

/// All templates.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TemplatesOut {
    /// In the order of what people meet first.
    pub items: Vec<TemplateOut>,
}

/// A template as it is in force.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TemplateOut {
    /// Its name, as in `ticket_created`.
    #[schema(example = "ticket_created")]
    name: String,
    /// Whether people may do without it.
    is_optional: bool,
    /// What it may name.
    variables: Vec<String>,
    /// In French.
    fr: WordingOut,
    /// In English.
    en: WordingOut,
}

/// A template in one language.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct WordingOut {
    /// The subject; in the list, the title.
    #[schema(example = "Ticket #{{ticketNumber}} créé - {{title}}")]
    subject: String,
    /// The plain form.
    text: String,
    /// The HTML form.
    html: String,
    /// Whether an administrator wrote it in place of the built-in one.
    is_overridden: bool,
    /// Who.
    updated_by: Option<UserId>,
    /// When.
    updated_at: Option<When>,
}

impl From<TemplateShown> for TemplateOut {
    fn from(shown: TemplateShown) -> Self {
        let of = |wanted: Language| {
            let mut wordings = shown.wordings.iter().filter(|(language, ..)| *language == wanted);
            let (_, wording, written) = wordings.next().expect("a template is there in every language");
            WordingOut::of(wording.clone(), written.as_ref())
        };
        Self {
            name: shown.template.to_string(),
            is_optional: shown.template.is_optional(),
            fr: of(Language::Fr),
            en: of(Language::En),
            variables: shown.variables,
        }
    }
}

impl WordingOut {
    fn of(wording: Wording, written: Option<&Override>) -> Self {
        Self {
            subject: wording.subject,
            text: wording.text,
            html: wording.html,
            is_overridden: written.is_some(),
            updated_by: written.map(|written| written.by),
            updated_at: written.map(|written| When(written.at)),
        }
    }
}

/// Parts of a template to write anew; what is absent stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TemplateIn {
    /// In French.
    fr: Option<WordingIn>,
    /// In English.
    en: Option<WordingIn>,
}

/// Parts of a template in one language.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct WordingIn {
    /// The subject: one line.
    #[schema(max_length = 300, example = "Ticket {{ticketNumber}}")]
    subject: Option<String>,
    /// The plain form.
    #[schema(max_length = 20_000)]
    text: Option<String>,
    /// The HTML form, as in `{{#> layout}}<p>{{title}}</p>{{/layout}}`.
    #[schema(max_length = 20_000)]
    html: Option<String>,
}

impl Input for TemplateIn {
    type Parsed = Vec<(Language, WordingPatch)>;

    fn parse(self, errors: &mut FieldErrors) -> Option<Self::Parsed> {
        let mut patches = Vec::new();
        for (field, language, wording) in [("fr", Language::Fr, self.fr), ("en", Language::En, self.en)] {
            if let Some(WordingIn { subject, text, html }) = wording {
                let patch = errors.within(field, |errors| patch(subject, text, html, errors));
                patches.extend(patch.map(|patch| (language, patch)));
            }
        }
        if patches.is_empty() && errors.is_empty() {
            errors.add("fr", "required", "fr or en is required");
        }
        errors.is_empty().then_some(patches)
    }
}

/// What to show an example of.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PreviewIn {
    /// `fr` or `en`.
    #[schema(example = "fr")]
    language: String,
    /// The subject; without it, the one in force.
    #[schema(max_length = 300)]
    subject: Option<String>,
    /// The plain form; without it, the one in force.
    #[schema(max_length = 20_000)]
    text: Option<String>,
    /// The HTML form; without it, the one in force.
    #[schema(max_length = 20_000)]
    html: Option<String>,
}

impl Input for PreviewIn {
    type Parsed = (Language, WordingPatch);

    fn parse(self, errors: &mut FieldErrors) -> Option<Self::Parsed> {
        let language = self.language.parse::<Language>();
        if let Err(fault) = &language {
            errors.add("language", "unknown_language", fault.to_string());
        }
        let patch = patch(self.subject, self.text, self.html, errors);
        Some((language.ok()?, patch?))
    }
}

/// The longest subject, in characters.
const LONGEST_SUBJECT: usize = 300;
/// The longest text or HTML, in characters.
const LONGEST_BODY: usize = 20_000;

fn patch(
    subject: Option<String>,
    text: Option<String>,
    html: Option<String>,
    errors: &mut FieldErrors,
) -> Option<WordingPatch> {
    let mut checked = |field: &str, longest: usize, one_line: bool, value: Option<String>| {
        let value = value?;
        let bad = |c: char| c.is_control() && (one_line || !matches!(c, '\n' | '\t' | '\r'));
        if value.trim().is_empty() {
            errors.add(field, "blank", "must not be blank");
        } else if value.chars().count() > longest {
            errors.add(field, "too_long", format!("must have at most {longest} characters"));
        } else if value.contains(bad) {
            errors.add(field, "control_character", "must not contain control characters");
        }
        Some(value)
    };
    let patch = WordingPatch {
        subject: checked("subject", LONGEST_SUBJECT, true, subject),
        text: checked("text", LONGEST_BODY, false, text),
        html: checked("html", LONGEST_BODY, false, html),
    };
    errors.is_empty().then_some(patch)
}

/// What a template makes of an example.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PreviewOut {
    /// The subject.
    #[schema(example = "Ticket #HD-000042 créé - Imprimante")]
    subject: String,
    /// The plain form.
    text: String,
    /// The HTML form.
    html: String,
}

impl From<Letter> for PreviewOut {
    fn from(Letter { subject, text, html }: Letter) -> Self {
        Self { subject, text, html }
    }
}

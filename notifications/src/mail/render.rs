use handlebars::{Handlebars, html_escape, no_escape};
use serde_json::Value;

use crate::domain::{Language, Template, one_line};

/// The longest subject, in characters: what a mail program shows, with room to spare.
const LONGEST_SUBJECT: usize = 300;

/// What a template became.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// One line.
    pub subject: String,
    /// The plain form.
    pub text: String,
    /// The HTML form; every value in it is escaped.
    pub html: String,
}

/// The three parts that every template has in every language.
struct Source {
    template: Template,
    language: Language,
    subject: &'static str,
    text: &'static str,
    html: &'static str,
}

macro_rules! sources {
    ($($template:ident $name:literal;)*) => {
        &[$(
            sources!(@ Fr $template "fr" $name),
            sources!(@ En $template "en" $name),
        )*]
    };
    (@ $language:ident $template:ident $folder:literal $name:literal) => {
        Source {
            template: Template::$template,
            language: Language::$language,
            subject: include_str!(concat!("../../templates/", $folder, "/", $name, ".subject.hbs")),
            text: include_str!(concat!("../../templates/", $folder, "/", $name, ".text.hbs")),
            html: include_str!(concat!("../../templates/", $folder, "/", $name, ".html.hbs")),
        }
    };
}

const SOURCES: &[Source] = sources! {
    TicketCreated "ticket_created";
    TicketAssigned "ticket_assigned";
    TicketUpdated "ticket_updated";
    EmailVerification "email_verification";
    PasswordReset "password_reset";
    PasswordChanged "password_changed";
};

const LAYOUT: &str = include_str!("../../templates/layout.html.hbs");

/// Fills templates in. Strict: a variable that is not there is a fault and never an empty place in a mail. Values are
/// data: `{{7*7}}` in one is printed as it stands.
pub struct Renderer {
    /// Subjects and texts, which need no escaping.
    plain: Handlebars<'static>,
    /// HTML, where every value is escaped.
    html: Handlebars<'static>,
}

/// A template could not be filled in.
#[derive(Debug, thiserror::Error)]
#[error("template {template} ({language}): {cause}")]
pub struct RenderFault {
    template: Template,
    language: Language,
    cause: Box<handlebars::RenderError>,
}

impl Renderer {
    /// Compiles the built-in templates.
    ///
    /// # Errors
    /// When one of them does not compile; a test has compiled them all.
    pub fn new() -> Result<Self, Box<handlebars::TemplateError>> {
        let mut plain = Handlebars::new();
        plain.set_strict_mode(true);
        plain.register_escape_fn(no_escape);
        let mut html = Handlebars::new();
        html.set_strict_mode(true);
        html.register_escape_fn(html_escape);
        html.register_partial("layout", LAYOUT).map_err(Box::new)?;
        for source in SOURCES {
            let name = |part| key(source.template, source.language, part);
            plain.register_template_string(&name("subject"), source.subject.trim_end()).map_err(Box::new)?;
            plain.register_template_string(&name("text"), source.text).map_err(Box::new)?;
            html.register_template_string(&name("html"), source.html).map_err(Box::new)?;
        }
        Ok(Self { plain, html })
    }

    /// The subject alone; it is the title in `GET /notifications`.
    ///
    /// # Errors
    /// When the template names a variable that is not there.
    pub fn subject(
        &self,
        template: Template,
        language: Language,
        variables: &Value,
    ) -> Result<String, RenderFault> {
        let subject = self.part(&self.plain, template, language, "subject", variables)?;
        Ok(one_line(&subject, LONGEST_SUBJECT))
    }

    /// The whole letter.
    ///
    /// # Errors
    /// When the template names a variable that is not there.
    pub fn letter(
        &self,
        template: Template,
        language: Language,
        variables: &Value,
    ) -> Result<Letter, RenderFault> {
        Ok(Letter {
            subject: self.subject(template, language, variables)?,
            text: self.part(&self.plain, template, language, "text", variables)?,
            html: self.part(&self.html, template, language, "html", variables)?,
        })
    }

    fn part(
        &self,
        registry: &Handlebars<'static>,
        template: Template,
        language: Language,
        part: &str,
        variables: &Value,
    ) -> Result<String, RenderFault> {
        registry.render(&key(template, language, part), variables).map_err(|cause| RenderFault {
            template,
            language,
            cause: Box::new(cause),
        })
    }
}

fn key(template: Template, language: Language, part: &str) -> String {
    format!("{language}/{template}.{part}")
}

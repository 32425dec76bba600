use handlebars::{Handlebars, html_escape, no_escape};
use serde_json::{Value, json};

use super::{Links, Names, built_in, variables};
use crate::domain::{
    Collection, Language, Notice, Overrides, Part, Template, Wording, WordingFault, one_line,
};

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
    /// In which part.
    pub part: Part,
    /// Why.
    pub cause: Box<handlebars::RenderError>,
}

impl Renderer {
    /// Compiles the templates: the built-in ones, and in their place what administrators wrote. What of the latter does
    /// not compile, because a newer version took it, is passed over.
    ///
    /// # Errors
    /// When a built-in one does not compile; a test has compiled them all.
    pub fn new(overrides: &Overrides) -> Result<Self, WordingFault> {
        let mut renderer = Self::empty();
        for template in Template::ALL.iter().copied() {
            for language in Language::ALL {
                renderer.put(template, language, &built_in(template, language))?;
                if let Some(written) = overrides.get(&(template, language))
                    && let Err(fault) = renderer.put(template, language, &written.wording)
                {
                    tracing::warn!(%template, %language, %fault, "an administrator's template is passed over");
                    renderer.put(template, language, &built_in(template, language))?;
                }
            }
        }
        Ok(renderer)
    }

    /// Only this template, for a preview.
    ///
    /// # Errors
    /// Where it does not compile.
    pub fn of(template: Template, language: Language, wording: &Wording) -> Result<Self, WordingFault> {
        let mut renderer = Self::empty();
        renderer.put(template, language, wording)?;
        Ok(renderer)
    }

    fn empty() -> Self {
        let mut plain = Handlebars::new();
        plain.set_strict_mode(true);
        plain.register_escape_fn(no_escape);
        let mut html = Handlebars::new();
        html.set_strict_mode(true);
        html.register_escape_fn(html_escape);
        html.register_partial("layout", LAYOUT).expect("the layout compiles, as a test has seen");
        for registry in [&mut plain, &mut html] {
            // It would write what people wrote into the log.
            registry.unregister_helper("log");
        }
        Self { plain, html }
    }

    fn put(&mut self, template: Template, language: Language, wording: &Wording) -> Result<(), WordingFault> {
        let parts =
            [(Part::Subject, &wording.subject), (Part::Text, &wording.text), (Part::Html, &wording.html)];
        for (part, source) in parts {
            let compiled = super::check::compiled(source, language, part)?;
            let registry = if part == Part::Html { &mut self.html } else { &mut self.plain };
            registry.register_template(&key(template, language, part), compiled);
        }
        Ok(())
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
        let subject = self.part(template, language, Part::Subject, variables)?;
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
            text: self.part(template, language, Part::Text, variables)?,
            html: self.part(template, language, Part::Html, variables)?,
        })
    }

    /// What the templates may name when they show a notice: [`variables`], and in a digest what each notice in it is
    /// called.
    #[must_use]
    pub fn variables(&self, notice: &Notice, language: Language, names: Names<'_>, links: &Links) -> Value {
        let mut shown = variables(notice, language, names, links);
        if let Notice::Digest(collection) = notice {
            shown["items"] = json!(self.items(collection, language, names, links));
        }
        shown
    }

    fn items(
        &self,
        collection: &Collection,
        language: Language,
        names: Names<'_>,
        links: &Links,
    ) -> Vec<Value> {
        let item = |template: Template, payload: &str| {
            let notice = Notice::read(template, payload).ok()?;
            // No subject names anybody but its reader.
            let variables = variables(&notice, language, Names { other: None, ..names }, links);
            let title = self.subject(template, language, &variables).ok()?;
            Some(json!({ "title": title, "url": links.of(&notice) }))
        };
        let items = collection.items.iter();
        items.filter_map(|collected| item(collected.template.parse().ok()?, &collected.payload)).collect()
    }

    fn part(
        &self,
        template: Template,
        language: Language,
        part: Part,
        variables: &Value,
    ) -> Result<String, RenderFault> {
        let registry = if part == Part::Html { &self.html } else { &self.plain };
        let rendered = registry.render(&key(template, language, part), variables);
        rendered.map_err(|cause| RenderFault { template, language, part, cause: Box::new(cause) })
    }
}

fn key(template: Template, language: Language, part: Part) -> String {
    format!("{language}/{template}.{}", part.as_str())
}

//! Whether a wording may take the place of a built-in one: it compiles, shows nothing unescaped, and names only what is
//! there.

use handlebars::{RenderErrorReason, Template as Compiled, template::TemplateElement};

use super::{Letter, Links, Names, Renderer, samples::samples};
use crate::domain::{Language, Part, Template, Wording, WordingFault};

/// The compiled form.
///
/// # Errors
/// Where it does not compile, and where it would show a value unescaped or define templates of its own.
pub(super) fn compiled(source: &str, language: Language, part: Part) -> Result<Compiled, WordingFault> {
    let compiled = Compiled::compile(source).map_err(|error| {
        let (line, column) = error.pos().unwrap_or((1, 1));
        let fault = error.reason().to_string();
        WordingFault { language, part, code: "does_not_compile", line, column, fault }
    })?;
    match forbidden(&compiled) {
        Some((line, column, what)) => {
            let fault = format!("{what} is not allowed");
            Err(WordingFault { language, part, code: "not_allowed", line, column, fault })
        }
        None => Ok(compiled),
    }
}

/// The first thing that no template of ours may do, and where.
fn forbidden(template: &Compiled) -> Option<(usize, usize, &'static str)> {
    template.elements.iter().zip(&template.mapping).find_map(|(element, place)| {
        let here = |what| Some((place.0, place.1, what));
        match element {
            TemplateElement::HtmlExpression(_) => here("an unescaped value"),
            TemplateElement::DecoratorExpression(_) | TemplateElement::DecoratorBlock(_) => {
                here("a decorator")
            }
            TemplateElement::HelperBlock(block) | TemplateElement::Expression(block) => {
                [&block.template, &block.inverse].into_iter().flatten().find_map(forbidden)
            }
            TemplateElement::PartialExpression(partial) | TemplateElement::PartialBlock(partial) => {
                partial.template.as_ref().and_then(forbidden)
            }
            TemplateElement::RawString(_) | TemplateElement::Comment(_) => None,
            // What a newer library knows.
            _ => here("this"),
        }
    })
}

/// The letter that a wording makes of the first example, after it was tried on all of them.
///
/// # Errors
/// Where it does not compile, or names what is not there.
pub fn tried(
    template: Template,
    language: Language,
    wording: &Wording,
    links: &Links,
) -> Result<Letter, WordingFault> {
    let renderer = Renderer::of(template, language, wording)?;
    let mut letters = Vec::new();
    for notice in samples(template) {
        let names = Names { reader: "Alice Archer", other: Some("Bob Baker") };
        let variables = renderer.variables(&notice, language, names, links);
        letters.push(renderer.letter(template, language, &variables).map_err(|fault| {
            let (line, column) = (fault.cause.line_no.unwrap_or(1), fault.cause.column_no.unwrap_or(1));
            let (code, said) = match fault.cause.reason() {
                RenderErrorReason::MissingVariable(Some(name)) => {
                    ("unknown_variable", format!("there is no variable `{name}`"))
                }
                RenderErrorReason::MissingVariable(None) => {
                    ("unknown_variable", "there is no such variable".to_owned())
                }
                reason => ("does_not_render", reason.to_string()),
            };
            WordingFault { language, part: fault.part, code, line, column, fault: said }
        })?);
    }
    Ok(letters.swap_remove(0))
}

/// What a template may name, sorted.
#[must_use]
pub fn names(template: Template, links: &Links) -> Vec<String> {
    let people = Names { reader: "", other: None };
    let first = super::variables(&samples(template)[0], Language::En, people, links);
    first.as_object().into_iter().flat_map(|object| object.keys().cloned()).collect()
}

use std::fmt::Write as _;

use serde_json::{Value, json};
use shared::clock::Timestamp;

use crate::domain::{Language, Notice, SecretLink, TicketFacts, one_line};

/// The longest value that a user may put into a mail, in characters.
const LONGEST_VALUE: usize = 255;

/// Makes the links of the mails. They come from the configuration and never from a request, whose `Host` anyone can set.
#[derive(Clone, Debug)]
pub struct Links {
    app_url: String,
}

impl Links {
    /// `app_url`: where the application's pages are, without a slash at the end.
    #[must_use]
    pub fn new(app_url: String) -> Self {
        Self { app_url }
    }

    fn with_token(&self, page: &str, token: &str) -> String {
        format!("{}/{page}?token={}", self.app_url, percent_encoded(token))
    }
}

/// What a template may name: the notice's facts, the reader's name and language, and links.
#[must_use]
pub fn variables(notice: &Notice, language: Language, user_name: &str, links: &Links) -> Value {
    let mut variables = match notice {
        Notice::TicketCreated(facts) => ticket(facts, links),
        Notice::EmailVerification(link) => secret_link(link, "verify-email", language, links),
        Notice::PasswordReset(link) => secret_link(link, "reset-password", language, links),
        Notice::PasswordChanged(moment) => json!({
            "changedAt": moment_in_words(moment.at, language),
            "forgotUrl": format!("{}/forgot-password", links.app_url),
        }),
    };
    variables["userName"] = json!(user_name);
    variables["language"] = json!(language.as_str());
    variables
}

fn ticket(facts: &TicketFacts, links: &Links) -> Value {
    json!({
        "ticketNumber": one_line(&facts.ticket_number, LONGEST_VALUE),
        "title": one_line(&facts.title, LONGEST_VALUE),
        "priority": one_line(&facts.priority, LONGEST_VALUE),
        "category": one_line(&facts.category, LONGEST_VALUE),
        "ticketUrl": format!("{}/tickets/{}", links.app_url, facts.ticket_id),
    })
}

fn secret_link(link: &SecretLink, page: &str, language: Language, links: &Links) -> Value {
    json!({
        "link": links.with_token(page, &link.token),
        "expires": moment_in_words(link.expires_at, language),
    })
}

/// Universal time, said so: the reader's zone is not known.
fn moment_in_words(at: Timestamp, language: Language) -> String {
    match language {
        Language::Fr => at.format("%d/%m/%Y à %H:%M (UTC)").to_string(),
        Language::En => at.format("%-d %B %Y at %H:%M (UTC)").to_string(),
    }
}

/// Leaves only RFC 3986's unreserved characters as they are.
fn percent_encoded(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            write!(out, "%{byte:02X}").expect("a String takes every write");
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::percent_encoded;

    #[test]
    fn a_token_cannot_leave_its_place_in_the_link() {
        assert_eq!(percent_encoded("aZ0-._~"), "aZ0-._~");
        assert_eq!(percent_encoded("a&b=c#d\r\n é"), "a%26b%3Dc%23d%0D%0A%20%C3%A9");
    }
}

use std::fmt::Write as _;

use chrono::SecondsFormat;
use serde_json::{Value, json};
use shared::{clock::Timestamp, ids::TicketId};

use super::{changes, figures};
use crate::domain::{
    Assignment, Language, Notice, ReportFacts, SecretLink, TicketFacts, TicketLabel, TicketNews, few_lines,
    one_line,
};

/// The longest value that a user may put into a mail, in characters.
const LONGEST_VALUE: usize = 255;

/// The longest comment that a mail quotes, in characters: as long as one can be.
const LONGEST_COMMENT: usize = 20_000;

/// What stands for a value that is not there, or a name that is not known.
pub(super) const NOTHING: &str = "—";

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

    /// Where a ticket is shown.
    #[must_use]
    pub fn ticket(&self, ticket: TicketId) -> String {
        format!("{}/tickets/{ticket}", self.app_url)
    }

    /// Where one says what one wants to be told.
    #[must_use]
    pub fn preferences(&self) -> String {
        format!("{}/preferences", self.app_url)
    }

    /// Where one's own list is.
    #[must_use]
    pub fn list(&self) -> String {
        format!("{}/notifications", self.app_url)
    }

    /// Where a report is shown, with its plots; only to administrators.
    #[must_use]
    pub fn report(&self, report: &ReportFacts) -> String {
        let at = |at: Timestamp| at.to_rfc3339_opts(SecondsFormat::Secs, true);
        let (kind, from, to) = (percent_encoded(&report.kind), at(report.from), at(report.to));
        format!("{}/audit/reports/{kind}?from={from}&to={to}&format=html", self.app_url)
    }

    /// Where what a notice is about is shown; else one's own list.
    #[must_use]
    pub fn of(&self, notice: &Notice) -> String {
        match (notice, notice.ticket()) {
            (_, Some(ticket)) => self.ticket(ticket),
            (Notice::ReportReady(report), None) => self.report(report),
            (_, None) => self.list(),
        }
    }

    fn with_token(&self, page: &str, token: &str) -> String {
        format!("{}/{page}?token={}", self.app_url, percent_encoded(token))
    }
}

/// What the people in a mail are called.
#[derive(Clone, Copy, Debug)]
pub struct Names<'a> {
    /// Who reads it.
    pub reader: &'a str,
    /// Whom the notice names beside its reader, if they are known.
    pub other: Option<&'a str>,
}

/// What a template may name: the notice's facts, people's names, the reader's language, and links.
#[must_use]
pub fn variables(notice: &Notice, language: Language, names: Names<'_>, links: &Links) -> Value {
    let mut variables = match notice {
        Notice::TicketCreated(facts) => ticket(facts, links),
        Notice::TicketUnassigned(ticket) | Notice::TicketAssigned(ticket) => {
            assigned(ticket, language, links)
        }
        Notice::SlaWarning(alarm) | Notice::SlaBreach(alarm) => {
            let mut variables = assigned(&alarm.ticket, language, links);
            variables["isResponse"] = json!(alarm.is_response);
            variables
        }
        Notice::TicketUpdated(news)
        | Notice::TicketCommented(news)
        | Notice::TicketResolved(news)
        | Notice::TicketClosed(news)
        | Notice::TicketReopened(news) => updated(news, language, links),
        Notice::FileRefused(refusal) => json!({
            "fileName": one_line(&refusal.file_name, LONGEST_VALUE),
            "signature": one_line(&refusal.signature, LONGEST_VALUE),
            "ticketUrl": links.ticket(refusal.ticket_id),
        }),
        Notice::Welcome(_) => json!({ "appUrl": links.app_url }),
        Notice::EmailVerification(link) => secret_link(link, "verify-email", language, links),
        Notice::PasswordReset(link) => secret_link(link, "reset-password", language, links),
        Notice::PasswordChanged(moment) => json!({
            "changedAt": moment_in_words(moment.at, language),
            "forgotUrl": format!("{}/forgot-password", links.app_url),
        }),
        Notice::RoleChanged(change) => json!({
            "oldRole": one_line(&change.from, LONGEST_VALUE),
            "newRole": one_line(&change.to, LONGEST_VALUE),
            "changedAt": moment_in_words(change.at, language),
        }),
        Notice::ReportReady(report) => json!({
            "reportName": figures::report_name(&report.kind, language),
            "periodName": figures::period_name(report.period, language),
            "span": figures::span_in_words(report, language),
            "comparedWith": figures::period_before(report.period, language),
            "figures": figures::in_words(&report.figures, language),
            "reportUrl": links.report(report),
        }),
        // What each says is rendered by whoever has the templates.
        Notice::Digest(collection) => json!({
            "count": collection.count,
            "more": collection.count.saturating_sub(collection.items.len()),
            "items": [],
        }),
    };
    // The specification's names: in a mail to an agent about somebody's ticket `userName` is the requester.
    match notice.names() {
        Some(_) => {
            variables["adminName"] = json!(names.reader);
            variables["userName"] = json!(names.other.unwrap_or(NOTHING));
        }
        None => variables["userName"] = json!(names.reader),
    }
    variables["language"] = json!(language.as_str());
    variables
}

fn ticket(facts: &TicketFacts, links: &Links) -> Value {
    let mut variables = label(&facts.label, links);
    variables["priority"] = json!(one_line(&facts.priority, LONGEST_VALUE));
    variables["category"] = json!(one_line(&facts.category, LONGEST_VALUE));
    variables
}

fn assigned(assignment: &Assignment, language: Language, links: &Links) -> Value {
    let mut variables = label(&assignment.label, links);
    variables["priority"] = json!(one_line(&assignment.priority, LONGEST_VALUE));
    variables["dueTime"] = json!(moment_in_words(assignment.due_at, language));
    variables
}

/// What there is nothing to say about is null or empty; the template leaves its line or paragraph out.
fn updated(news: &TicketNews, language: Language, links: &Links) -> Value {
    let mut variables = label(&news.label, links);
    let moved = news.moved.as_ref();
    variables["oldStatus"] = json!(moved.map(|moved| one_line(&moved.from, LONGEST_VALUE)));
    variables["newStatus"] = json!(moved.map(|moved| one_line(&moved.to, LONGEST_VALUE)));
    variables["additionalChanges"] = json!(changes::in_words(&news.changes, language));
    variables["comment"] = json!(few_lines(news.comment.as_deref().unwrap_or_default(), LONGEST_COMMENT));
    variables["isInternal"] = json!(news.is_internal);
    variables
}

fn label(label: &TicketLabel, links: &Links) -> Value {
    json!({
        "ticketNumber": one_line(&label.ticket_number, LONGEST_VALUE),
        "title": one_line(&label.title, LONGEST_VALUE),
        "ticketUrl": links.ticket(label.ticket_id),
    })
}

fn secret_link(link: &SecretLink, page: &str, language: Language, links: &Links) -> Value {
    json!({
        "link": links.with_token(page, &link.token),
        "expires": moment_in_words(link.expires_at, language),
    })
}

/// Universal time, said so: the reader's zone is not known.
pub(super) fn moment_in_words(at: Timestamp, language: Language) -> String {
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

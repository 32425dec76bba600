use std::{fmt, str::FromStr};

use super::definitions::matches;

/// Which types of events are meant: `ticket.created`, or several with NATS's wildcards, as in `ticket.*` (one part) or
/// `ticket.>` (whatever follows).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypePattern(String);

/// A text that names no event types.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("event types are named as in ticket.created, ticket.*, *.created, ticket.> or >")]
pub struct TypePatternFault;

impl FromStr for TypePattern {
    type Err = TypePatternFault;

    fn from_str(text: &str) -> Result<Self, TypePatternFault> {
        let tokens: Vec<&str> = text.split('.').collect();
        let is_word = |token: &str| {
            !token.is_empty()
                && token
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
        };
        let sound = tokens.iter().enumerate().all(|(place, token)| {
            *token == "*" || is_word(token) || (*token == ">" && place + 1 == tokens.len())
        });
        // A type has two parts: with one alone nothing would ever be found.
        if sound && (tokens.len() > 1 || text == ">") {
            Ok(Self(text.to_owned()))
        } else {
            Err(TypePatternFault)
        }
    }
}

impl fmt::Display for TypePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TypePattern {
    /// Whether an event type is among those that are meant.
    #[must_use]
    pub fn matches(&self, event_type: &str) -> bool {
        matches(&self.0, event_type)
    }

    /// The subjects of these events, without the namespace: behind the type comes the aggregate's id.
    pub(super) fn subject(&self) -> String {
        if self.0.ends_with('>') { self.0.clone() } else { format!("{}.>", self.0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_meant_as_nats_means_subjects() {
        for (pattern, event_type, expected, subject) in [
            ("ticket.created", "ticket.created", true, "ticket.created.>"),
            ("ticket.created", "ticket.updated", false, "ticket.created.>"),
            ("ticket.*", "ticket.sla_breached", true, "ticket.*.>"),
            ("ticket.>", "ticket.sla_breached", true, "ticket.>"),
            ("*.deleted", "user.deleted", true, "*.deleted.>"),
            ("ticket.*", "user.deleted", false, "ticket.*.>"),
            (">", "user.deleted", true, ">"),
        ] {
            let parsed: TypePattern = pattern.parse().unwrap();
            assert_eq!(parsed.matches(event_type), expected, "{pattern} on {event_type}");
            assert_eq!(parsed.subject(), subject);
        }
        for text in [
            "",
            "ticket",
            "*",
            "ticket.",
            ".created",
            "Ticket.*",
            "ticket.>.x",
            "ticket created",
            "ticket.cr*",
        ] {
            assert_eq!(text.parse::<TypePattern>(), Err(TypePatternFault), "{text}");
        }
    }
}

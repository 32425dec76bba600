use serde::{Deserialize, Deserializer};
use shared::http::{FieldErrors, FieldFault, Input};
use shared::ids::UserId;
use utoipa::ToSchema;

use crate::domain::{
    Category, Content, Description, Move, NewComment, OpenTicket, Priority, Resolution, Status, TicketPatch,
    Title, UnknownWord,
};

/// A ticket to be opened.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TicketIn {
    /// What it is about, in one line.
    #[schema(value_type = String, required, min_length = 1, max_length = 255, example = "The printer is on fire")]
    title: Option<String>,
    /// What happened.
    #[schema(value_type = String, required, min_length = 1, max_length = 20_000, example = "Second floor, by the lift.")]
    description: Option<String>,
    /// The drawer it belongs in.
    #[schema(value_type = String, required, min_length = 1, max_length = 50, example = "Hardware")]
    category: Option<String>,
    /// How pressing it is; `MEDIUM` when nothing is said.
    #[schema(value_type = Option<Priority>)]
    priority: Option<String>,
}

impl Input for TicketIn {
    type Parsed = OpenTicket;

    fn parse(self, errors: &mut FieldErrors) -> Option<OpenTicket> {
        let title =
            errors.required("title", self.title).and_then(|text| errors.take("title", Title::parse(&text)));
        let description = errors
            .required("description", self.description)
            .and_then(|text| errors.take("description", Description::parse(&text)));
        let category = errors
            .required("category", self.category)
            .and_then(|text| errors.take("category", Category::parse(&text)));
        let priority = match self.priority {
            Some(word) => errors.take("priority", word.parse()),
            None => Some(Priority::default()),
        };
        Some(OpenTicket {
            title: title?,
            description: description?,
            category: category?,
            priority: priority?,
        })
    }
}

/// An edit of a ticket: any subset of its fields.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TicketPatchIn {
    #[schema(min_length = 1, max_length = 255)]
    title: Option<String>,
    #[schema(min_length = 1, max_length = 20_000)]
    description: Option<String>,
    #[schema(min_length = 1, max_length = 50)]
    category: Option<String>,
    #[schema(value_type = Option<Priority>)]
    priority: Option<String>,
    /// What solved it. For agents.
    #[schema(min_length = 1, max_length = 20_000)]
    resolution: Option<String>,
}

impl Input for TicketPatchIn {
    type Parsed = TicketPatch;

    fn parse(self, errors: &mut FieldErrors) -> Option<TicketPatch> {
        let title = errors.optional("title", self.title.map(|text| Title::parse(&text)));
        let description =
            errors.optional("description", self.description.map(|text| Description::parse(&text)));
        let category = errors.optional("category", self.category.map(|text| Category::parse(&text)));
        let priority = errors.optional("priority", self.priority.map(|word| word.parse::<Priority>()));
        let resolution = errors.optional("resolution", self.resolution.map(|text| Resolution::parse(&text)));
        Some(TicketPatch {
            title: title?,
            description: description?,
            category: category?,
            priority: priority?,
            resolution: resolution?,
        })
    }
}

/// Something to be written on a ticket.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CommentIn {
    /// What it says.
    #[schema(value_type = String, required, min_length = 1, max_length = 20_000)]
    content: Option<String>,
    /// For agents only. Agents alone may say so.
    #[serde(default)]
    is_internal: bool,
}

impl Input for CommentIn {
    type Parsed = NewComment;

    fn parse(self, errors: &mut FieldErrors) -> Option<NewComment> {
        let content = errors
            .required("content", self.content)
            .and_then(|text| errors.take("content", Content::parse(&text)));
        Some(NewComment { content: content?, is_internal: self.is_internal })
    }
}

/// A word with a move. The body may be left out.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RemarkIn {
    /// What is said with it, for all to read.
    #[schema(min_length = 1, max_length = 20_000)]
    comment: Option<String>,
}

impl Input for RemarkIn {
    type Parsed = Option<Content>;

    fn parse(self, errors: &mut FieldErrors) -> Option<Option<Content>> {
        errors.optional("comment", self.comment.map(|text| Content::parse(&text)))
    }
}

/// A move in the workflow.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StatusIn {
    /// Where to.
    #[schema(value_type = Status, required)]
    status: Option<String>,
    /// What is said with it, for all to read. The first public word of an agent is the response that the SLA waits for.
    #[schema(min_length = 1, max_length = 20_000)]
    comment: Option<String>,
    /// What solved it; with `RESOLVED` only.
    #[schema(min_length = 1, max_length = 20_000)]
    resolution: Option<String>,
}

impl Input for StatusIn {
    type Parsed = Move;

    fn parse(self, errors: &mut FieldErrors) -> Option<Move> {
        let status = errors
            .required("status", self.status)
            .and_then(|word| errors.take("status", word.parse::<Status>()));
        let comment = errors.optional("comment", self.comment.map(|text| Content::parse(&text)));
        let resolution = errors.optional("resolution", self.resolution.map(|text| Resolution::parse(&text)));
        let (status, resolution) = (status?, resolution?);
        if resolution.is_some() && status != Status::Resolved {
            errors.add("resolution", "not_resolved", "belongs to the status RESOLVED");
            return None;
        }
        Some(Move { status, comment: comment?, resolution })
    }
}

/// Whom a ticket is given to.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AssignIn {
    /// An active agent or administrator; `null` takes it from whoever has it.
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = Option<UserId>, required)]
    assigned_to: Option<Option<UserId>>,
}

/// Tells `null` from nothing: an empty body shall not take a ticket away from anybody.
fn said<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<UserId>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

impl Input for AssignIn {
    type Parsed = Option<UserId>;

    fn parse(self, errors: &mut FieldErrors) -> Option<Option<UserId>> {
        errors.required("assignedTo", self.assigned_to)
    }
}

impl FieldFault for UnknownWord {
    fn code(&self) -> &str {
        "unknown_value"
    }
}

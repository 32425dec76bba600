//! Every field of a ticket that can change, by its name and as text: what the history is made of, and how it is read back.

use shared::clock::{Timestamp, rfc3339};
use shared::events::FieldChange;

use super::{Category, Description, Resolution, Ticket, Title};

/// A line of the history that does not tell of a ticket.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the history says that {field} was {value:?}")]
pub struct UnreadableHistory {
    field: String,
    value: Option<String>,
}

/// The fields that tell of the clocks and not of the matter; people are spared them.
const CLOCKWORK: [&str; 5] =
    ["responseDueAt", "responseAlert", "resolutionAlert", "slaStartedAt", "slaPauses"];

impl Ticket {
    /// Every field that can change, but for `version` and `updatedAt`, which are the history's own.
    fn fields(&self) -> [(&'static str, Option<String>); 16] {
        let at = |at: Option<Timestamp>| at.map(rfc3339);
        let sla = &self.sla;
        [
            ("status", Some(self.status.as_str().to_owned())),
            ("priority", Some(self.priority.as_str().to_owned())),
            ("category", Some(self.category.as_str().to_owned())),
            ("title", Some(self.title.as_str().to_owned())),
            ("description", Some(self.description.as_str().to_owned())),
            ("assignedTo", self.assigned_to.map(|agent| agent.to_string())),
            ("resolution", self.resolution.as_ref().map(|text| text.as_str().to_owned())),
            ("dueDate", at(Some(sla.resolution.due_at))),
            ("resolvedAt", at(self.resolved_at)),
            ("closedAt", at(self.closed_at)),
            ("respondedAt", at(sla.responded_at)),
            ("responseDueAt", at(Some(sla.response.due_at))),
            ("responseAlert", Some(sla.response.alert.as_str().to_owned())),
            ("resolutionAlert", Some(sla.resolution.alert.as_str().to_owned())),
            ("slaStartedAt", at(Some(sla.started_at))),
            ("slaPauses", Some(sla.pauses_text())),
        ]
    }

    /// What is different in `after`, field by field.
    pub(super) fn changes_to(&self, after: &Self) -> Vec<FieldChange> {
        let pairs = self.fields().into_iter().zip(after.fields());
        pairs
            .filter(|((_, old), (_, new))| old != new)
            .map(|((field, old), (_, new))| FieldChange { field: field.to_owned(), old, new })
            .collect()
    }

    /// Gives a field the value that the history tells.
    pub(super) fn set(&mut self, field: &str, value: Option<&str>) -> Result<(), UnreadableHistory> {
        let unreadable = || UnreadableHistory { field: field.to_owned(), value: value.map(str::to_owned) };
        let text = || value.ok_or_else(unreadable);
        let moment = |value: &str| value.parse::<Timestamp>().map_err(|_| unreadable());
        let maybe = || value.map(moment).transpose();
        let word = || text();
        match field {
            "status" => self.status = word()?.parse().map_err(|_| unreadable())?,
            "priority" => self.priority = word()?.parse().map_err(|_| unreadable())?,
            "category" => self.category = Category::stored(text()?.to_owned()),
            "title" => self.title = Title::stored(text()?.to_owned()),
            "description" => self.description = Description::stored(text()?.to_owned()),
            "assignedTo" => {
                self.assigned_to = value.map(str::parse).transpose().map_err(|_| unreadable())?;
            }
            "resolution" => self.resolution = value.map(|text| Resolution::stored(text.to_owned())),
            "dueDate" => self.sla.resolution.due_at = moment(text()?)?,
            "resolvedAt" => self.resolved_at = maybe()?,
            "closedAt" => self.closed_at = maybe()?,
            "respondedAt" => self.sla.responded_at = maybe()?,
            "responseDueAt" => self.sla.response.due_at = moment(text()?)?,
            "responseAlert" => self.sla.response.alert = word()?.parse().map_err(|_| unreadable())?,
            "resolutionAlert" => self.sla.resolution.alert = word()?.parse().map_err(|_| unreadable())?,
            "slaStartedAt" => self.sla.started_at = moment(text()?)?,
            "slaPauses" => self.sla.pauses = super::Pause::list_of(text()?).ok_or_else(unreadable)?,
            _ => return Err(unreadable()),
        }
        Ok(())
    }
}

/// What a mail or the audit trail shows of the changes.
pub(super) fn for_people(changes: &[FieldChange]) -> Vec<FieldChange> {
    changes.iter().filter(|change| !CLOCKWORK.contains(&change.field.as_str())).cloned().collect()
}

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::{FromQueryResult, QueryResult};
use shared::clock::Timestamp;
use shared::db::Row;
use uuid::Uuid;

use crate::domain::{Category, Deadline, Description, Pause, Resolution, Sla, Ticket, Title};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tickets")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub ticket_number: String,
    pub title: String,
    pub description: String,
    pub status: String,
    pub priority: String,
    pub category: String,
    pub user_id: Uuid,
    pub assigned_to: Option<Uuid>,
    pub resolution: Option<String>,
    pub response_due_at: Timestamp,
    pub responded_at: Option<Timestamp>,
    pub response_alert: String,
    pub due_date: Timestamp,
    pub resolution_alert: String,
    pub sla_started_at: Timestamp,
    pub sla_pauses: String,
    pub resolved_at: Option<Timestamp>,
    pub closed_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub version: i64,
    pub next_timer_at: Option<Timestamp>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The row of a ticket, with when its next timer is due.
pub fn row(ticket: &Ticket, next_timer: Option<Timestamp>) -> ActiveModel {
    ActiveModel {
        id: Set(ticket.id.0),
        ticket_number: Set(ticket.number.to_string()),
        title: Set(ticket.title.as_str().to_owned()),
        description: Set(ticket.description.as_str().to_owned()),
        status: Set(ticket.status.as_str().to_owned()),
        priority: Set(ticket.priority.as_str().to_owned()),
        category: Set(ticket.category.as_str().to_owned()),
        user_id: Set(ticket.user_id.0),
        assigned_to: Set(ticket.assigned_to.map(Uuid::from)),
        resolution: Set(ticket.resolution.as_ref().map(|text| text.as_str().to_owned())),
        response_due_at: Set(ticket.sla.response.due_at),
        responded_at: Set(ticket.sla.responded_at),
        response_alert: Set(ticket.sla.response.alert.as_str().to_owned()),
        due_date: Set(ticket.sla.resolution.due_at),
        resolution_alert: Set(ticket.sla.resolution.alert.as_str().to_owned()),
        sla_started_at: Set(ticket.sla.started_at),
        sla_pauses: Set(ticket.sla.pauses_text()),
        resolved_at: Set(ticket.resolved_at),
        closed_at: Set(ticket.closed_at),
        created_at: Set(ticket.created_at),
        updated_at: Set(ticket.updated_at),
        version: Set(ticket.version),
        next_timer_at: Set(next_timer),
    }
}

impl FromQueryResult for Ticket {
    /// From a row with all columns, as [`Entity::find`] asks for them.
    fn from_query_result(found: &QueryResult, _: &str) -> Result<Self, DbErr> {
        let row = Row::of(found)?;
        let word = |column: Column| row.get::<&str>(column as usize);
        let text = |column: Column| row.get::<String>(column as usize);
        let id = |column: Column| row.get::<Uuid>(column as usize);
        let time = |column: Column| row.get::<Timestamp>(column as usize);
        let time_if_any = |column: Column| row.get_if_any::<Timestamp>(column as usize);
        let pauses = Pause::list_of(word(Column::SlaPauses)?);
        Ok(Self {
            id: id(Column::Id)?.into(),
            number: word(Column::TicketNumber)?.parse().map_err(unreadable)?,
            title: Title::stored(text(Column::Title)?),
            description: Description::stored(text(Column::Description)?),
            status: word(Column::Status)?.parse().map_err(unreadable)?,
            priority: word(Column::Priority)?.parse().map_err(unreadable)?,
            category: Category::stored(text(Column::Category)?),
            user_id: id(Column::UserId)?.into(),
            assigned_to: row.get_if_any::<Uuid>(Column::AssignedTo as usize)?.map(Into::into),
            resolution: row.get_if_any::<String>(Column::Resolution as usize)?.map(Resolution::stored),
            sla: Sla {
                started_at: time(Column::SlaStartedAt)?,
                pauses: pauses.ok_or_else(|| DbErr::Type("sla_pauses is no list of pauses".into()))?,
                response: Deadline {
                    due_at: time(Column::ResponseDueAt)?,
                    alert: word(Column::ResponseAlert)?.parse().map_err(unreadable)?,
                },
                responded_at: time_if_any(Column::RespondedAt)?,
                resolution: Deadline {
                    due_at: time(Column::DueDate)?,
                    alert: word(Column::ResolutionAlert)?.parse().map_err(unreadable)?,
                },
            },
            resolved_at: time_if_any(Column::ResolvedAt)?,
            closed_at: time_if_any(Column::ClosedAt)?,
            created_at: time(Column::CreatedAt)?,
            updated_at: time(Column::UpdatedAt)?,
            version: row.get(Column::Version as usize)?,
        })
    }
}

/// A row that this program did not write, or can no longer read.
pub(super) fn unreadable(fault: impl std::error::Error) -> DbErr {
    DbErr::Type(fault.to_string())
}

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use shared::clock::Timestamp;
use uuid::Uuid;

use crate::domain::{Category, Deadline, Description, Resolution, Sla, Ticket, Title};

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

impl TryFrom<Model> for Ticket {
    type Error = DbErr;

    fn try_from(row: Model) -> Result<Self, DbErr> {
        let pauses = Sla::pauses_of(&row.sla_pauses);
        Ok(Self {
            id: row.id.into(),
            number: row.ticket_number.parse().map_err(unreadable)?,
            title: Title::stored(row.title),
            description: Description::stored(row.description),
            status: row.status.parse().map_err(unreadable)?,
            priority: row.priority.parse().map_err(unreadable)?,
            category: Category::stored(row.category),
            user_id: row.user_id.into(),
            assigned_to: row.assigned_to.map(Into::into),
            resolution: row.resolution.map(Resolution::stored),
            sla: Sla {
                started_at: row.sla_started_at,
                pauses: pauses.ok_or_else(|| DbErr::Type("sla_pauses is no list of pauses".into()))?,
                response: Deadline {
                    due_at: row.response_due_at,
                    alert: row.response_alert.parse().map_err(unreadable)?,
                },
                responded_at: row.responded_at,
                resolution: Deadline {
                    due_at: row.due_date,
                    alert: row.resolution_alert.parse().map_err(unreadable)?,
                },
            },
            resolved_at: row.resolved_at,
            closed_at: row.closed_at,
            created_at: row.created_at,
            updated_at: row.updated_at,
            version: row.version,
        })
    }
}

/// A row that this program did not write, or can no longer read.
pub(super) fn unreadable(fault: impl std::error::Error) -> DbErr {
    DbErr::Type(fault.to_string())
}

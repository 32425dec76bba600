use chrono::TimeDelta;
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use shared::clock::Timestamp;
use uuid::Uuid;

use crate::domain::{Category, Description, Sla, Ticket, Title};

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
    pub due_date: Timestamp,
    pub paused_seconds: i64,
    pub resolved_at: Option<Timestamp>,
    pub closed_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub version: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl From<&Ticket> for ActiveModel {
    fn from(ticket: &Ticket) -> Self {
        Self {
            id: Set(ticket.id.0),
            ticket_number: Set(ticket.number.to_string()),
            title: Set(ticket.title.as_str().to_owned()),
            description: Set(ticket.description.as_str().to_owned()),
            status: Set(ticket.status.as_str().to_owned()),
            priority: Set(ticket.priority.as_str().to_owned()),
            category: Set(ticket.category.as_str().to_owned()),
            user_id: Set(ticket.user_id.0),
            assigned_to: Set(ticket.assigned_to.map(Uuid::from)),
            resolution: Set(ticket.resolution.clone()),
            response_due_at: Set(ticket.sla.response_due_at),
            responded_at: Set(ticket.sla.responded_at),
            due_date: Set(ticket.sla.resolution_due_at),
            paused_seconds: Set(ticket.sla.paused.num_seconds()),
            resolved_at: Set(ticket.resolved_at),
            closed_at: Set(ticket.closed_at),
            created_at: Set(ticket.created_at),
            updated_at: Set(ticket.updated_at),
            version: Set(ticket.version),
        }
    }
}

impl TryFrom<Model> for Ticket {
    type Error = DbErr;

    fn try_from(row: Model) -> Result<Self, DbErr> {
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
            resolution: row.resolution,
            sla: Sla {
                response_due_at: row.response_due_at,
                responded_at: row.responded_at,
                resolution_due_at: row.due_date,
                paused: TimeDelta::seconds(row.paused_seconds),
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
fn unreadable(fault: impl std::error::Error) -> DbErr {
    DbErr::Type(fault.to_string())
}

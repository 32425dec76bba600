use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Serialize;
use shared::ids::UserId;
use utoipa::ToSchema;

use crate::domain::{AgentTally, Statistics};

/// The desk in numbers, at most five seconds old. Times are days and nights, not working hours.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StatisticsOut {
    total: u64,
    #[schema(value_type = BTreeMap<String, u64>, example = json!({"OPEN": 3, "CLOSED": 40}))]
    by_status: BTreeMap<&'static str, u64>,
    #[schema(value_type = BTreeMap<String, u64>)]
    by_priority: BTreeMap<&'static str, u64>,
    /// The hundred categories with the most tickets.
    by_category: BTreeMap<String, u64>,
    /// Not solved, and the due date is over.
    overdue: u64,
    /// Not solved, and nobody has them.
    unassigned: u64,
    /// From the opening to the first public answer, on average; `null` while there is none.
    avg_first_response_seconds: Option<f64>,
    /// From the opening to the solution, on average.
    avg_resolution_seconds: Option<f64>,
    sla_compliance: ComplianceOut,
    /// Who has the most unsolved tickets first.
    by_agent: Vec<AgentOut>,
    /// Thirty days up to today (UTC), the oldest first.
    #[serde(rename = "createdLast30Days")]
    created_last_30_days: Vec<DayOut>,
}

/// Of the clocks that have stopped or run out, the share that stopped in time: 0 to 1.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ComplianceOut {
    response: Option<f64>,
    resolution: Option<f64>,
}

/// What one agent has and did.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AgentOut {
    user_id: UserId,
    /// Tickets that are not solved.
    active: u64,
    /// Those of them that are overdue.
    overdue: u64,
    /// Tickets that are solved.
    resolved: u64,
    avg_resolution_seconds: Option<f64>,
}

/// How many tickets were opened on a day.
#[derive(Debug, Serialize, ToSchema)]
pub struct DayOut {
    #[schema(value_type = String, format = Date)]
    date: NaiveDate,
    count: u64,
}

impl From<&Statistics> for StatisticsOut {
    fn from(all: &Statistics) -> Self {
        let agent = |agent: &AgentTally| AgentOut {
            user_id: agent.user_id,
            active: agent.active,
            overdue: agent.overdue,
            resolved: agent.resolved,
            avg_resolution_seconds: agent.resolution.mean(),
        };
        Self {
            total: all.total,
            by_status: all.by_status.clone(),
            by_priority: all.by_priority.clone(),
            by_category: all.by_category.clone(),
            overdue: all.overdue,
            unassigned: all.unassigned,
            avg_first_response_seconds: all.first_response.mean(),
            avg_resolution_seconds: all.resolution.mean(),
            sla_compliance: ComplianceOut {
                response: all.response_kept.mean(),
                resolution: all.resolution_kept.mean(),
            },
            by_agent: all.by_agent.iter().map(agent).collect(),
            created_last_30_days: all
                .created
                .iter()
                .map(|(date, count)| DayOut { date: *date, count: *count })
                .collect(),
        }
    }
}

//! Reports that went out.

use serde_json::{Value, json};
use shared::{events::ReportReady, ids::UserId};

use super::handlers::Audited;

impl Audited for ReportReady {
    fn person(&self) -> Option<UserId> {
        None
    }

    fn details(self) -> Value {
        json!({
            "kind": self.kind,
            "period": self.period,
            "from": self.from,
            "to": self.to,
            "figures": self.figures,
        })
    }
}

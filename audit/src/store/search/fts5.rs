//! SQLite's FTS5.

use sea_orm::Value;
use shared::rows::Insert;
use uuid::Uuid;

use super::{Indexed, Values, ordered, wanted};
use crate::domain::{Document, LogFilter, Search, SearchQuery, Term};

pub(super) const ADD: Insert<4> = Insert {
    into: "trail_search",
    columns: [("rowid", "bigint"), ("head", "text"), ("body", "text"), ("personal", "text")],
    then: "",
};

pub(super) fn row(line: &Indexed<'_>) -> [Value; 4] {
    let Document { head, body, personal } = &line.document;
    [line.sequence.into(), head.join(" ").into(), body.join(" ").into(), personal.join(" ").into()]
}

pub(super) fn matches(query: &SearchQuery, values: &mut Values) -> String {
    let LogFilter { user_id, action, resource_type, resource_id, from, to } = &query.filter;
    let mut conditions = Vec::new();
    match &query.search {
        Search::Id(id) => {
            let id = values.place(*id);
            conditions.push(format!("(trail.resource_id = {id} OR trail.user_id = {id})"));
        }
        Search::Words { wanted, unwanted } => {
            let words = |terms: &[Term], between: &str| {
                let quoted =
                    |term: &Term| format!("\"{}\"{}", term.word, if term.is_prefix { "*" } else { "" });
                terms.iter().map(quoted).collect::<Vec<_>>().join(between)
            };
            let mut asked = format!("({})", words(wanted, " AND "));
            if !unwanted.is_empty() {
                asked += &format!(" NOT ({})", words(unwanted, " OR "));
            }
            conditions.push(format!("trail_search MATCH {}", values.place(asked)));
        }
    }
    conditions.extend(user_id.map(|id| format!("trail.user_id = {}", values.place(Uuid::from(id)))));
    conditions.extend(resource_id.map(|id| format!("trail.resource_id = {}", values.place(id))));
    conditions.extend(action.as_ref().map(|it| format!("trail.action = {}", values.place(it.as_str()))));
    conditions.extend(
        resource_type.as_ref().map(|it| format!("trail.resource_type = {}", values.place(it.as_str()))),
    );
    conditions.extend(from.map(|from| format!("trail.\"timestamp\" >= {}", values.place(from))));
    conditions.extend(to.map(|to| format!("trail.\"timestamp\" < {}", values.place(to))));
    let order = ordered(query, values, &mut conditions, "trail.");
    format!(
        "SELECT trail.sequence AS sequence, head, body, personal \
         FROM trail JOIN trail_search ON trail_search.rowid = trail.sequence \
         WHERE {} ORDER BY {order} LIMIT {}",
        conditions.join(" AND "),
        wanted(query)
    )
}

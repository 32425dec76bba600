//! SQLite's FTS5.

use uuid::Uuid;

use super::{Values, ordered, wanted};
use crate::domain::{LogFilter, Search, SearchQuery, Term};

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

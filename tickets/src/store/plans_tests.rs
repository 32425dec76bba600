//! Every question that is asked of the big tables, with PostgreSQL's plan for it: none may read one from end to end.

use std::sync::Mutex;

use sea_orm::{ConnectionTrait, DbBackend, DbErr, ExecResult, QueryResult, Statement};
use serde_json::Value as Json;
use shared::clock::Timestamp;
use shared::ids::{TicketId, UserId};
use shared::testing::World;
use uuid::Uuid;

use super::{
    Chapter, comments, export, find, history, list, next_timer, statistics, statistics::count, whole_history,
};
use crate::domain::{Assignee, ListTickets, Place, Priority, Search, SortKey, SortValue, Status, Visibility};

const BIG: [&str; 4] = ["tickets", "ticket_search", "ticket_comments", "ticket_history"];

/// A connection that looks at the plan of every question before it asks it.
struct Planned<'a, C> {
    db: &'a C,
    /// How a big table may not be read.
    refused: &'static [&'static str],
    faults: Mutex<Vec<String>>,
    plans: Mutex<usize>,
}

impl<C: ConnectionTrait> Planned<'_, C> {
    fn of<'a>(db: &'a C, refused: &'static [&'static str]) -> Planned<'a, C> {
        Planned { db, refused, faults: Mutex::default(), plans: Mutex::default() }
    }

    async fn look(&self, statement: &Statement) -> Result<(), DbErr> {
        let explain = format!("EXPLAIN (FORMAT JSON) {}", statement.sql);
        let explain = Statement { sql: explain, ..statement.clone() };
        let row = self.db.query_one_raw(explain).await?.expect("a plan");
        let plan: Json = row.try_get("", "QUERY PLAN")?;
        *self.plans.lock().unwrap() += 1;
        if is_read(&plan, self.refused) {
            let fault = format!("{}\n{}\n{plan:#}", statement.sql, "is planned as");
            self.faults.lock().unwrap().push(fault);
        }
        Ok(())
    }
}

/// Whether a node of the plan reads one of the big tables in one of these ways.
fn is_read(plan: &Json, refused: &[&str]) -> bool {
    match plan {
        Json::Array(nodes) => nodes.iter().any(|node| is_read(node, refused)),
        Json::Object(node) => {
            let text = |key: &str| node.get(key).and_then(Json::as_str).unwrap_or_default();
            let is_bad = refused.contains(&text("Node Type")) && BIG.contains(&text("Relation Name"));
            is_bad || node.values().any(|part| is_read(part, refused))
        }
        _ => false,
    }
}

#[async_trait::async_trait]
impl<C: ConnectionTrait> ConnectionTrait for Planned<'_, C> {
    fn get_database_backend(&self) -> DbBackend {
        self.db.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.db.execute_raw(statement).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.db.execute_unprepared(sql).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.look(&statement).await?;
        self.db.query_one_raw(statement).await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.look(&statement).await?;
        self.db.query_all_raw(statement).await
    }
}

/// Enough rows that reading them all is never the cheapest, in the proportions of a real desk.
const FILL: &str = include_str!("plans_fill.sql");

fn everything() -> ListTickets {
    ListTickets {
        visibility: Visibility::Everyone,
        status: None,
        priority: None,
        category: None,
        user_id: None,
        assignee: None,
        overdue: None,
        created_from: None,
        created_to: None,
        search: None,
        sort: SortKey::CreatedAt,
        descending: true,
        after: None,
        limit: 26,
    }
}

/// The lists that people ask for, each in every order and from the middle on.
fn lists(now: Timestamp, requester: UserId, agent: UserId) -> Vec<ListTickets> {
    let search = |text: &str| Search::parse(text).unwrap();
    let mut filters = vec![everything()];
    for status in Status::ALL {
        filters.push(ListTickets { status: Some(status), ..everything() });
    }
    filters.extend([
        ListTickets { priority: Some(Priority::Urgent), ..everything() },
        ListTickets { category: Some("network".into()), ..everything() },
        ListTickets { category: Some("no such drawer".into()), ..everything() },
        ListTickets { user_id: Some(requester), ..everything() },
        ListTickets { assignee: Some(Assignee::Agent(agent)), ..everything() },
        ListTickets { assignee: Some(Assignee::Nobody), status: Some(Status::Open), ..everything() },
        ListTickets { overdue: Some((true, now)), ..everything() },
        ListTickets { created_from: Some(now - chrono::TimeDelta::days(7)), ..everything() },
        ListTickets { search: search("printer"), ..everything() },
        ListTickets { search: search("rareword77"), ..everything() },
        ListTickets { search: search("hd-000042"), ..everything() },
        ListTickets { search: search("printer scanner"), status: Some(Status::Open), ..everything() },
        ListTickets { visibility: Visibility::Only(requester), ..everything() },
        ListTickets { visibility: Visibility::Only(requester), search: search("printer"), ..everything() },
    ]);
    let id = TicketId::at(now - chrono::TimeDelta::days(300));
    let mut wanted = Vec::new();
    for filter in filters {
        for sort in SortKey::ALL {
            let value = match sort {
                SortKey::Relevance if filter.search.is_none() => continue,
                SortKey::Relevance => SortValue::Relevance(0.5),
                SortKey::Priority => SortValue::Priority(Priority::Medium),
                SortKey::CreatedAt | SortKey::UpdatedAt | SortKey::DueDate => {
                    SortValue::Time(now - chrono::TimeDelta::days(300))
                }
            };
            for descending in [true, false] {
                for after in [None, Some(Place { value, id })] {
                    wanted.push(ListTickets { sort, descending, after, ..filter.clone() });
                }
            }
        }
    }
    wanted
}

#[tokio::test(flavor = "multi_thread")]
async fn no_question_reads_a_big_table_from_end_to_end() {
    let world = World::start().await;
    let db = world.open::<migrations::tickets::Migrator>("tickets").await;
    if !db.is_postgres() {
        // What SQLite plans for the one process on a developer's machine is no promise.
        return;
    }
    db.conn().execute_unprepared(FILL).await.unwrap();
    for table in BIG {
        db.conn().execute_unprepared(&format!("VACUUM ANALYZE {table}")).await.unwrap();
    }
    let now = world.clock().now();
    let one = |sql: &'static str| async { db.conn().query_one_raw(db.sql(sql, [])).await.unwrap().unwrap() };
    let some =
        one("SELECT id, user_id, assigned_to FROM tickets WHERE assigned_to IS NOT NULL ORDER BY id LIMIT 1")
            .await;
    let id = |column: &str| some.try_get::<Uuid>("", column).unwrap();
    let (ticket, requester, agent) = (TicketId(id("id")), UserId(id("user_id")), UserId(id("assigned_to")));

    let planned = Planned::of(db.conn(), &["Seq Scan"]);
    for wanted in lists(now, requester, agent) {
        list(&planned, &wanted, None).await.unwrap();
        if wanted.search.is_some() {
            list(&planned, &wanted, Some(&[ticket.0, requester.0])).await.unwrap();
        }
    }
    find(&planned, ticket, Visibility::Everyone).await.unwrap();
    find(&planned, ticket, Visibility::Only(requester)).await.unwrap();
    for visibility in [Visibility::Everyone, Visibility::Only(requester)] {
        for (after, descending) in [(None, false), (Some((now, ticket.0)), true)] {
            let chapter = Chapter { ticket, visibility, after, descending, limit: 26 };
            comments(&planned, &chapter).await.unwrap();
            history(&planned, &chapter).await.unwrap();
        }
    }
    whole_history(&planned, ticket).await.unwrap();
    next_timer(&planned).await.unwrap();
    export(&planned, requester).await.unwrap();
    let tx = db.read().await.unwrap();
    statistics(&tx, now).await.unwrap();
    // What is counted stands in the indexes: the tickets themselves are not even looked up.
    let counted = Planned::of(&tx, &["Seq Scan", "Index Scan", "Bitmap Heap Scan"]);
    count(&counted, now).await.unwrap();

    let (mut faults, plans) = (planned.faults.into_inner().unwrap(), planned.plans.into_inner().unwrap());
    faults.extend(counted.faults.into_inner().unwrap());
    assert!(plans > 300, "{plans} plans were seen");
    assert!(
        faults.is_empty(),
        "{} of {plans} plans read all of a big table:\n{}",
        faults.len(),
        faults.join("\n\n")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_that_takes_too_long_is_broken_off_and_is_no_fault_of_ours() {
    let world = World::start().await;
    let db = world.open::<migrations::tickets::Migrator>("tickets").await;
    if !db.is_postgres() {
        return;
    }
    let tx = db.read().await.unwrap();
    super::list_found(&tx, &everything(), world.clock().now()).await.unwrap();
    let limit = tx.query_one_raw(db.sql("SHOW statement_timeout", [])).await.unwrap().unwrap();
    assert_eq!(limit.try_get::<String>("", "statement_timeout").unwrap(), "2s");
    tx.execute_unprepared("SET LOCAL statement_timeout = '10ms'").await.unwrap();
    let broken = tx.query_all_raw(db.sql("SELECT pg_sleep(60)::text", [])).await.unwrap_err();
    assert_eq!(shared::http::ApiError::from(broken).code(), shared::http::Code::DeadlineExceeded);
}

//! What is searched: PostgreSQL's full text or SQLite's FTS5. The document of a ticket has its title (A), its description (B)
//! and its public comments (C); internal ones never get here. Who types a ticket's number is given that ticket.

use chrono::TimeDelta;
use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbBackend, DbErr, JoinType, Order, QueryResult, Value,
};
use shared::clock::Timestamp;
use shared::db::{Transaction, Tx};
use shared::ids::UserId;
use shared::rows;
use shared::text::fold;
use uuid::Uuid;

use super::ticket_row;
use crate::domain::{Comment, Search, Ticket};

/// Ranked are the newest of those that match: ranking reads every document, and a common word is in half of them.
const RANKED: u64 = 200;

/// Of more weeks than these together, the index of words reads too much.
const FURTHEST: u64 = 26;

/// In French and in English: a desk writes in both, and often in one ticket.
macro_rules! stemmed {
    ($text:literal) => {
        concat!("to_tsvector('french', ", $text, ") || to_tsvector('english', ", $text, ")")
    };
}

/// Beside the texts, the week of the opening as a word that no text has: so the index alone finds a word's newest documents,
/// however many there are of it.
const BEGINNING: &str = concat!(
    "setweight(",
    stemmed!("$2"),
    ", 'A') || setweight(",
    stemmed!("$3"),
    ", 'B') || array_to_tsvector(ARRAY[$4])"
);

/// The same for what is looked for: a word matches by either stem. Of a phrase, and of the parts of `ERR-00042`, it is asked that
/// they are all there and not that they follow each other: that is written in the documents alone, and reading them all to see
/// is what a crafted question would want.
macro_rules! asked {
    ($language:literal) => {
        concat!(
            "regexp_replace(websearch_to_tsquery('",
            $language,
            "', $1)::text, '<(-|[0-9]+)>', '&', 'g')::tsquery"
        )
    };
}

const QUERY: &str = concat!("(", asked!("french"), " || ", asked!("english"), ")");

/// Adds a new ticket.
pub(super) async fn add(tx: &Tx, ticket: &Ticket) -> Result<(), DbErr> {
    let id = ticket.id.0.into();
    if tx.db().is_postgres() {
        let sql = format!(
            "INSERT INTO ticket_search (ticket_id, document, user_id, created_at) VALUES ($1, {BEGINNING}, $5, $6)"
        );
        let [title, description, week] = beginning(ticket);
        let values = [id, title, description, week, ticket.user_id.0.into(), ticket.created_at.into()];
        return tx.run(&sql, values).await.map(drop);
    }
    let sql =
        "INSERT INTO ticket_search (rowid, ticket_id, head, body, comments) VALUES ($1, $2, $3, $4, '')";
    let (title, description) = (ticket.title.as_str().into(), ticket.description.as_str().into());
    tx.run(sql, [rowid(ticket), id, title, description]).await.map(drop)
}

/// Puts a new title and description in the place of the old ones.
pub(super) async fn replace(tx: &Tx, ticket: &Ticket) -> Result<(), DbErr> {
    if tx.db().is_postgres() {
        let sql = format!(
            "UPDATE ticket_search SET document = {BEGINNING} || ts_filter(document, '{{c}}') WHERE ticket_id = $1"
        );
        let [title, description, week] = beginning(ticket);
        return tx.run(&sql, [ticket.id.0.into(), title, description, week]).await.map(drop);
    }
    let sql = "UPDATE ticket_search SET head = $1, body = $2 WHERE rowid = $3";
    let (title, description) = (ticket.title.as_str().into(), ticket.description.as_str().into());
    tx.run(sql, [title, description, rowid(ticket)]).await.map(drop)
}

/// Adds a public comment. A document may have a megabyte: long before, nothing more is added.
pub(super) async fn add_comment(tx: &Tx, ticket: &Ticket, comment: &Comment) -> Result<(), DbErr> {
    if tx.db().is_postgres() {
        // Appended to nothing, the size is that of the document unpacked.
        let sql = concat!(
            "UPDATE ticket_search SET document = document || setweight(",
            stemmed!("$2"),
            ", 'C') WHERE ticket_id = $1 AND pg_column_size(document || ''::tsvector) < 500000"
        );
        return tx.run(sql, [ticket.id.0.into(), fold(comment.content.as_str()).into()]).await.map(drop);
    }
    let sql = "UPDATE ticket_search SET comments = comments || $1 WHERE rowid = $2";
    tx.run(sql, [format!("\n{}", comment.content.as_str()).into(), rowid(ticket)]).await.map(drop)
}

/// Removes a ticket that is no more. On PostgreSQL the row goes with the ticket's.
pub(super) async fn remove(tx: &Tx, ticket: &Ticket) -> Result<(), DbErr> {
    if tx.db().is_postgres() {
        return Ok(());
    }
    tx.run("DELETE FROM ticket_search WHERE rowid = $1", [rowid(ticket)]).await.map(drop)
}

/// The condition that a ticket matches.
pub(super) fn matches(is_postgres: bool, search: &Search) -> Expr {
    if let Some(number) = search.number() {
        return ticket_row::Column::TicketNumber.eq(number.to_string());
    }
    let found = match (is_postgres, fts5(search)) {
        (true, _) => in_document(search, None),
        (false, Some(words)) => Expr::cust_with_values("ticket_search MATCH ?", [words]),
        // Nothing that could be a word: FTS5 would call it a fault.
        (false, None) => Expr::val(1).eq(0),
    };
    let among = Query::select().column("ticket_id").from("ticket_search").and_where(found).to_owned();
    Expr::col(ticket_row::Column::Id.as_column_ref()).in_subquery(among)
}

/// So many tickets can be read one by one.
const FEW: u64 = 1000;

/// The tickets that match several words, where they are few; nothing where they are many. How common a word is the planner knows;
/// of several together it knows nothing, and the index of words does.
pub(super) async fn few(tx: &Transaction, search: &Search) -> Result<Option<Vec<Uuid>>, DbErr> {
    let mut all = Query::select();
    all.column("ticket_id").from("ticket_search").and_where(in_document(search, None)).limit(FEW + 1);
    let rows = by_words(tx, &all).await?;
    if rows.len() as u64 > FEW { Ok(None) } else { ids(&rows).map(Some) }
}

/// So many of the newest tickets that match several words, or as many as the newest weeks have.
pub(super) async fn newest(
    tx: &Transaction,
    search: &Search,
    recent: Recent,
    limit: u64,
) -> Result<Vec<Uuid>, DbErr> {
    let mut newest = Query::select();
    newest.column("ticket_id").from("ticket_search").and_where(in_document(search, Some(recent)));
    newest.order_by("created_at", Order::Desc).order_by("ticket_id", Order::Desc).limit(limit);
    ids(&by_words(tx, &newest).await?)
}

fn ids(rows: &[QueryResult]) -> Result<Vec<Uuid>, DbErr> {
    rows.iter().map(|row| row.try_get("", "ticket_id")).collect()
}

/// The answer, found by the index of words alone.
pub(super) async fn by_words(
    tx: &Transaction,
    statement: &SelectStatement,
) -> Result<Vec<QueryResult>, DbErr> {
    tx.execute_unprepared("SET LOCAL enable_indexscan = off; SET LOCAL enable_seqscan = off").await?;
    let rows = tx.query_all(statement).await?;
    tx.execute_unprepared("SET LOCAL enable_indexscan = on; SET LOCAL enable_seqscan = on").await?;
    Ok(rows)
}

/// The condition that a ticket is one of them. One value, however many they are: a thousand of them cost more to plan than to read.
pub(super) fn among(few: &[Uuid]) -> Expr {
    is_among("tickets.id", few)
}

fn is_among(column: &'static str, few: &[Uuid]) -> Expr {
    rows::is_among(DbBackend::Postgres, column, "uuid", few.iter().copied().map(Value::from))
}

/// The newest weeks, which are looked at first: often there is enough.
#[derive(Clone, Copy)]
pub(super) struct Recent {
    /// This one included.
    weeks: u64,
    now: Timestamp,
}

impl Recent {
    /// This week and the one before.
    pub fn at(now: Timestamp) -> Self {
        Self { weeks: 2, now }
    }

    /// So many weeks that there should be enough, as these have so few; nothing where that is too far back.
    pub fn further(self, found: usize) -> Option<Self> {
        // Half as many again: no week is like the other.
        let weeks = (self.weeks * RANKED * 3 / 2).checked_div(found as u64)?;
        (self.weeks < weeks && weeks <= FURTHEST).then_some(Self { weeks, ..self })
    }

    /// They are asked for as words, so that the index of words finds the newest alone; and the next week, as some other clock may
    /// have been ahead of this one.
    fn words(self) -> String {
        let ago = (-1..self.weeks.cast_signed()).map(TimeDelta::weeks);
        ago.map(|ago| format!("'{}'", week(self.now - ago))).collect::<Vec<_>>().join(" | ")
    }
}

/// What is to be ranked.
#[derive(Clone)]
pub(super) struct Ranking<'a> {
    pub search: &'a Search,
    /// Whose documents, where that is known.
    pub owner: Option<UserId>,
    /// Which of the tickets, beside the owner and the words; nothing where all of them.
    pub conditions: Option<Condition>,
    /// Those that match, where they are known.
    pub few: Option<&'a [Uuid]>,
    /// Only in these weeks.
    pub recent: Option<Recent>,
}

/// The newest tickets that match, with how well each does: `(id, relevance)`. Nothing where nothing can match.
pub(super) fn ranked(is_postgres: bool, wanted: Ranking<'_>) -> Option<SelectStatement> {
    let Ranking { search, .. } = &wanted;
    if search.number().is_some() {
        let relevance = Expr::cust("CAST(1.0 AS DOUBLE PRECISION)");
        let mut one = wanted.of_tickets();
        one.expr_as(relevance, "relevance").and_where(matches(is_postgres, search));
        return Some(one);
    }
    if !is_postgres {
        let words = fts5(search)?;
        let mut newest = wanted.of_tickets();
        newest
            .join(JoinType::InnerJoin, "ticket_search", is_document_of_ticket())
            .and_where(Expr::cust_with_values("ticket_search MATCH ?", [words]))
            .expr_as(Expr::cust("-bm25(ticket_search, 0.0, 10.0, 4.0, 1.0)"), "relevance")
            .order_by(("ticket_search", "rowid"), Order::Desc);
        return Some(newest);
    }
    let mut newest = if wanted.conditions.is_some() {
        // The conditions narrow the list, so that the tickets are better walked through than the documents.
        let mut newest = wanted.of_tickets();
        newest.join(JoinType::InnerJoin, "ticket_search", is_document_of_ticket());
        newest.order_by(("tickets", "created_at"), Order::Desc);
        newest
    } else {
        // The documents have all that is asked for, and whatever else is looked at the planner counts twice.
        let mut newest = Query::select();
        newest.expr_as(Expr::col(("ticket_search", "ticket_id")), "id").from("ticket_search").limit(RANKED);
        newest.order_by(("ticket_search", "created_at"), Order::Desc);
        newest
    };
    newest
        .column(("ticket_search", "document"))
        .and_where(match wanted.few {
            Some(few) => is_among("ticket_search.ticket_id", few),
            None => in_document(search, wanted.recent),
        })
        .and_where_option(wanted.owner.map(|owner| Expr::col(("ticket_search", "user_id")).eq(owner.0)));
    // Apart from the search, so that no more documents are ranked than are wanted.
    let rank = Expr::cust_with_values(format!("ts_rank(document, {QUERY})::float8"), [search.folded()]);
    let ranked =
        Query::select().column("id").expr_as(rank, "relevance").from_subquery(newest, "newest").to_owned();
    Some(ranked)
}

fn is_document_of_ticket() -> Expr {
    Expr::col(ticket_row::Column::Id.as_column_ref()).eq(Expr::col(("ticket_search", "ticket_id")))
}

impl Ranking<'_> {
    fn of_tickets(&self) -> SelectStatement {
        let mut newest = Query::select();
        newest
            .expr_as(Expr::col(ticket_row::Column::Id.as_column_ref()), "id")
            .from("tickets")
            .and_where_option(self.owner.map(|owner| ticket_row::Column::UserId.eq(owner.0)))
            .cond_where(Condition::all().add_option(self.conditions.clone()))
            .limit(RANKED);
        newest
    }
}

/// Whether `found` are as many as are ranked, so that nothing is to be had by looking further.
pub(super) fn is_enough(found: usize) -> bool {
    found as u64 >= RANKED
}

fn in_document(search: &Search, recent: Option<Recent>) -> Expr {
    let Some(recent) = recent else {
        return Expr::cust_with_values(format!("ticket_search.document @@ {QUERY}"), [search.folded()]);
    };
    Expr::cust_with_values(
        format!("ticket_search.document @@ ({QUERY} && $2::tsquery)"),
        [search.folded(), &recent.words()],
    )
}

/// Every word, quoted, as the beginning of one: there is no stemmer here that knows French.
fn fts5(search: &Search) -> Option<String> {
    let words: Vec<_> = search.words().map(|word| format!("\"{word}\"*")).collect();
    (!words.is_empty()).then(|| words.join(" "))
}

fn beginning(ticket: &Ticket) -> [Value; 3] {
    let folded = |text: &str| Value::from(fold(text));
    [folded(ticket.title.as_str()), folded(ticket.description.as_str()), week(ticket.created_at).into()]
}

/// The word for a week (ISO 8601), as in `@2026w09`.
fn week(at: Timestamp) -> String {
    at.format("@%Gw%V").to_string()
}

/// The number of a ticket is an integer and never given twice, which is all that a row id needs.
fn rowid(ticket: &Ticket) -> Value {
    i64::try_from(ticket.number.sequence()).unwrap_or(i64::MAX).into()
}

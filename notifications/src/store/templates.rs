use sea_orm::{ConnectionTrait, DbErr, QueryResult, Statement, prelude::Uuid};
use shared::{clock::Timestamp, db::Tx, ids::UserId};

use crate::domain::{Language, Override, Overrides, Template, Wording};

/// The number of the last change.
///
/// # Errors
/// When the database refuses.
pub async fn revision(conn: &impl ConnectionTrait) -> Result<i64, DbErr> {
    let sql = Statement::from_string(conn.get_database_backend(), "SELECT revision FROM template_revision");
    conn.query_one_raw(sql).await?.map_or(Ok(0), |row| row.try_get("", "revision"))
}

/// What administrators wrote, and the number of the last change at that. Should a change come in between, the number is
/// the older one, and the next look finds it.
///
/// # Errors
/// When the database refuses.
pub async fn all(conn: &impl ConnectionTrait) -> Result<(i64, Overrides), DbErr> {
    let revision = revision(conn).await?;
    let text =
        "SELECT template, language, subject, text, html, updated_by, updated_at FROM template_overrides";
    let rows = conn.query_all_raw(Statement::from_string(conn.get_database_backend(), text)).await?;
    let mut overrides = Overrides::new();
    for row in &rows {
        let name = |column| row.try_get::<String>("", column);
        // One that only a newer replica has is left to it.
        if let (Ok(template), Ok(language)) = (name("template")?.parse(), name("language")?.parse()) {
            overrides.insert((template, language), read(row)?);
        }
    }
    Ok((revision, overrides))
}

/// Raises the number, and holds it: of two administrators one writes after the other.
///
/// # Errors
/// When the database refuses.
pub async fn lock(tx: &Tx) -> Result<(), DbErr> {
    tx.run("UPDATE template_revision SET revision = revision + 1 WHERE id = 1", []).await.map(|_| ())
}

/// Writes one down.
///
/// # Errors
/// When the database refuses.
pub async fn put(tx: &Tx, template: Template, language: Language, written: &Override) -> Result<(), DbErr> {
    let sql = "INSERT INTO template_overrides (template, language, subject, text, html, updated_by, updated_at) \
               VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (template, language) DO UPDATE SET \
               subject = excluded.subject, text = excluded.text, html = excluded.html, \
               updated_by = excluded.updated_by, updated_at = excluded.updated_at";
    let Wording { subject, text, html } = &written.wording;
    let values = [
        template.as_str().into(),
        language.as_str().into(),
        subject.as_str().into(),
        text.as_str().into(),
        html.as_str().into(),
        written.by.0.into(),
        written.at.into(),
    ];
    tx.run(sql, values).await.map(|_| ())
}

/// Removes all of one template's.
///
/// # Errors
/// When the database refuses.
pub async fn remove(tx: &Tx, template: Template) -> Result<(), DbErr> {
    let sql = "DELETE FROM template_overrides WHERE template = $1";
    tx.run(sql, [template.as_str().into()]).await.map(|_| ())
}

fn read(row: &QueryResult) -> Result<Override, DbErr> {
    Ok(Override {
        wording: Wording {
            subject: row.try_get("", "subject")?,
            text: row.try_get("", "text")?,
            html: row.try_get("", "html")?,
        },
        by: UserId(row.try_get::<Uuid>("", "updated_by")?),
        at: row.try_get::<Timestamp>("", "updated_at")?,
    })
}

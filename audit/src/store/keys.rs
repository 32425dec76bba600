//! The keys of persons: each opens the personal details of one, until it is destroyed.

use std::collections::{BTreeSet, HashMap};

use sea_orm::{ConnectionTrait, DbErr, Value, sea_query::Query};
use shared::{
    clock::Timestamp,
    db::Tx,
    ids::UserId,
    rows::{Insert, is_among},
    vault::{Key, Seal, new_key},
};
use uuid::Uuid;

const KEEP: Insert<3> = Insert {
    into: "person_keys",
    columns: [("person_id", "uuid"), ("personal_key", "text"), ("created_at", "timestamptz")],
    then: "",
};

/// The seal of each person; `None` of one who was erased.
pub type Seals = HashMap<UserId, Option<Seal>>;

/// The seals of those of these persons who have or had one.
pub async fn seals(
    conn: &impl ConnectionTrait,
    persons: impl IntoIterator<Item = UserId>,
) -> Result<Seals, DbErr> {
    let persons: BTreeSet<Uuid> = persons.into_iter().map(Uuid::from).collect();
    if persons.is_empty() {
        return Ok(Seals::new());
    }
    let persons = persons.into_iter().map(Value::from);
    let mut select = Query::select();
    select.columns(["person_id", "personal_key"]).from("person_keys").and_where(is_among(
        conn.get_database_backend(),
        "person_id",
        "uuid",
        persons,
    ));
    let rows = conn.query_all(&select).await?;
    let mut seals = Seals::with_capacity(rows.len());
    for row in rows {
        let key: Option<String> = row.try_get("", "personal_key")?;
        let person = UserId::from(row.try_get::<Uuid>("", "person_id")?);
        seals.insert(person, key.map(|key| read_key(&key)).transpose()?.map(|key| Seal::of(&key)));
    }
    Ok(seals)
}

fn read_key(text: &str) -> Result<Key, DbErr> {
    let mut key = Key::default();
    hex::decode_to_slice(text, &mut key).map_err(|_| DbErr::Type("a personal key is broken".to_owned()))?;
    Ok(key)
}

/// The same for what is to be sealed: who had no key gets one. Whoever adds to the trail holds its head, so nobody else makes
/// one at the same time.
pub async fn seals_for_all(
    tx: &Tx,
    persons: impl IntoIterator<Item = UserId>,
    now: Timestamp,
) -> Result<Seals, DbErr> {
    let persons: BTreeSet<_> = persons.into_iter().collect();
    let mut seals = seals(&**tx, persons.iter().copied()).await?;
    let new: Vec<_> = persons.into_iter().filter(|person| !seals.contains_key(person)).collect();
    let mut rows = Vec::with_capacity(new.len());
    for person in new {
        let key = new_key();
        rows.push([Uuid::from(person).into(), hex::encode(key).into(), now.into()]);
        seals.insert(person, Some(Seal::of(&key)));
    }
    KEEP.run(tx, rows).await?;
    Ok(seals)
}

/// Destroys the key of a person, and keeps that it was: who is erased never gets another.
pub async fn destroy(tx: &Tx, person: UserId, now: Timestamp) -> Result<(), DbErr> {
    let sql = "INSERT INTO person_keys (person_id, personal_key, created_at, erased_at) VALUES ($1, NULL, $2, $2) \
               ON CONFLICT (person_id) DO UPDATE SET personal_key = NULL, erased_at = excluded.erased_at \
               WHERE person_keys.erased_at IS NULL";
    tx.run(sql, [Uuid::from(person).into(), now.into()]).await.map(drop)
}

//! Lists by keyset: stable under inserts, the same cost on page 1 and on page 10,000.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use crate::http::{ApiError, Code};

/// The largest page.
pub const MAX_LIMIT: u64 = 100;

/// The size of a page when none is asked for.
pub const DEFAULT_LIMIT: u64 = 25;

/// What every list takes in its query string, as it came.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PageParams {
    /// How many items at most.
    #[param(minimum = 1, maximum = 100, default = 25)]
    pub limit: Option<u64>,
    /// Where to go on: `nextCursor` of the page before.
    pub cursor: Option<String>,
    /// A field to sort by, with `-` in front for descending.
    pub sort: Option<String>,
}

/// An order: a field of the list's closed set, and a direction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sort {
    /// The field, without the sign.
    pub field: String,
    /// From large to small, from new to old.
    pub descending: bool,
}

impl Sort {
    fn parse(text: &str) -> Self {
        match text.strip_prefix('-') {
            Some(field) => Sort { field: field.into(), descending: true },
            None => Sort { field: text.into(), descending: false },
        }
    }

    fn sign(&self) -> String {
        format!("{}{}", if self.descending { "-" } else { "" }, self.field)
    }
}

/// One page of a list as it is to be fetched: `limit + 1` rows after the cursor, in the order of `sort`.
#[derive(Clone, Debug)]
pub struct PageQuery {
    /// How many items the page holds at most (1–100).
    pub limit: u64,
    /// After which row.
    pub cursor: Option<Cursor>,
    /// In which order.
    pub sort: Sort,
}

impl PageQuery {
    /// Checks what came: 400 `bad_query` for a limit or an order that is not offered, 400 `bad_cursor` for a cursor
    /// that is not of this order. `sorts` are the fields offered, `default` is an order with its sign.
    pub fn parse(raw: &PageParams, sorts: &[&str], default: &str) -> Result<PageQuery, ApiError> {
        let limit = raw.limit.unwrap_or(DEFAULT_LIMIT);
        if !(1..=MAX_LIMIT).contains(&limit) {
            return Err(crate::http::bad_query("limit", &format!("must be from 1 to {MAX_LIMIT}")));
        }
        let sort = Sort::parse(raw.sort.as_deref().unwrap_or(default));
        if raw.sort.is_some() && !sorts.contains(&sort.field.as_str()) {
            let offered = format!("must be one of {}, each with or without a leading -", sorts.join(", "));
            return Err(crate::http::bad_query("sort", &offered));
        }
        let cursor = raw.cursor.as_deref().map(Cursor::parse).transpose()?;
        if cursor.as_ref().is_some_and(|cursor| cursor.sort != sort.sign()) {
            return Err(bad_cursor());
        }
        Ok(PageQuery { limit, cursor, sort })
    }

    /// The key of the row to go on after; 400 `bad_cursor` when it is not of this type.
    pub fn after<T: DeserializeOwned>(&self) -> Result<Option<T>, ApiError> {
        self.cursor.as_ref().map(Cursor::key).transpose()
    }

    /// How many rows to fetch: one more than the page holds, to know whether there is a next one.
    pub fn fetch(&self) -> u64 {
        self.limit + 1
    }
}

/// Where a page ends: the order and the key of its last row. Opaque outside, not secret, not trusted.
#[derive(Clone, Debug, PartialEq)]
pub struct Cursor {
    sort: String,
    key: Value,
}

impl Cursor {
    /// The cursor after a row with this key (the sort field's value, and an id that makes it unique). Times go in as
    /// [`crate::http::When`], which keeps what comes back within what a database takes.
    pub fn of(sort: &Sort, key: &impl Serialize) -> Self {
        Cursor { sort: sort.sign(), key: serde_json::to_value(key).unwrap_or(Value::Null) }
    }

    /// The key; 400 `bad_cursor` when it is not of this type.
    pub fn key<T: DeserializeOwned>(&self) -> Result<T, ApiError> {
        T::deserialize(&self.key).map_err(|_| bad_cursor())
    }

    fn parse(text: &str) -> Result<Self, ApiError> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| bad_cursor())?;
        let (sort, key): (String, Value) = serde_json::from_slice(&bytes).map_err(|_| bad_cursor())?;
        if holds_nul(&key) {
            return Err(bad_cursor());
        }
        Ok(Cursor { sort, key })
    }

    fn encode(&self) -> String {
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(&(&self.sort, &self.key)).unwrap_or_default())
    }
}

fn holds_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(holds_nul),
        Value::Object(fields) => fields.values().any(holds_nul),
        _ => false,
    }
}

fn bad_cursor() -> ApiError {
    ApiError::new(Code::BadCursor).field("cursor", "bad_cursor", "does not belong to this list and order")
}

/// One page of a list.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Page<T> {
    /// The items, in order.
    pub items: Vec<T>,
    /// `cursor` of the next page; null on the last one.
    pub next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// A page from rows fetched with `limit + 1`; `cursor` gives the cursor after a row.
    pub fn of(mut rows: Vec<T>, limit: u64, cursor: impl FnOnce(&T) -> Cursor) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next_cursor = rows.last().filter(|_| more).map(|last| cursor(last).encode());
        Page { items: rows, next_cursor }
    }

    /// The same page, lent.
    pub fn as_ref(&self) -> Page<&T> {
        Page { items: self.items.iter().collect(), next_cursor: self.next_cursor.clone() }
    }

    /// The same page of something else.
    pub fn map<U>(self, each: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(each).collect(), next_cursor: self.next_cursor }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SORTS: &[&str] = &["createdAt", "priority"];

    fn query(limit: Option<u64>, cursor: Option<&str>, sort: Option<&str>) -> Result<PageQuery, ApiError> {
        let raw = PageParams { limit, cursor: cursor.map(str::to_string), sort: sort.map(str::to_string) };
        PageQuery::parse(&raw, SORTS, "-createdAt")
    }

    #[test]
    fn a_page_goes_on_where_the_last_one_ended() {
        let first = query(Some(2), None, None).unwrap();
        let page = Page::of(vec![9, 8, 7], first.limit, |row| Cursor::of(&first.sort, &(row, "id")));
        assert_eq!(page.items, [9, 8]);
        let next = query(Some(2), page.next_cursor.as_deref(), None).unwrap();
        assert_eq!(next.after::<(i32, String)>().unwrap(), Some((8, "id".to_string())));
        let last = Page::of(vec![7], next.limit, |row| Cursor::of(&next.sort, row));
        assert_eq!((last.items, last.next_cursor), (vec![7], None));
    }

    #[test]
    fn the_last_full_page_has_no_next_one() {
        let page = Page::of(vec![1, 2], 2, |_| unreachable!("no cursor is asked for"));
        assert_eq!(page.next_cursor, None);
    }

    #[test]
    fn only_what_is_offered_is_taken() {
        let default = query(None, None, None).unwrap();
        assert_eq!((default.limit, default.fetch(), default.sort.descending), (25, 26, true));
        assert!(!query(None, None, Some("priority")).unwrap().sort.descending);
        for (limit, sort) in
            [(Some(0), None), (Some(101), None), (None, Some("email")), (None, Some("--priority"))]
        {
            assert_eq!(query(limit, None, sort).unwrap_err().code(), Code::BadQuery, "{limit:?} {sort:?}");
        }
    }

    #[test]
    fn a_cursor_of_another_order_or_type_or_maker_is_refused() {
        let sort = Sort::parse("-createdAt");
        let good = Cursor::of(&sort, &("a", 1)).encode();
        assert_eq!(query(None, Some(&good), Some("priority")).unwrap_err().code(), Code::BadCursor);
        let typed = query(None, Some(&good), None).unwrap().after::<(u8, u8)>();
        assert_eq!(typed.unwrap_err().code(), Code::BadCursor);
        let nul = URL_SAFE_NO_PAD.encode(br#"["-createdAt",["a\u0000",1]]"#);
        for bad in ["", "!", "AAAA", nul.as_str(), &good[1..]] {
            assert_eq!(query(None, Some(bad), None).unwrap_err().code(), Code::BadCursor, "{bad}");
        }
    }
}

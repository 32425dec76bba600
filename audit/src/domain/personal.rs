//! Personal details leave the text that is kept for ever: what is left can be read by everybody who may see the trail, also
//! after the person is gone; the rest only with the person's key.

use serde_json::{Map, Value, value::to_raw_value};
use shared::{
    events::Envelope,
    vault::{Seal, WrongKey},
};

use super::{FeedItem, Link};

/// What stands in the place of a personal detail.
pub const WITHHELD: &str = "[withheld]";

/// Takes the personal details out of the data, leaving [`WITHHELD`] in their places. `paths` are the handler's: names joined
/// by dots, `*` for every item of a list. They come back by JSON pointer (RFC 6901), so that whoever puts them back need not
/// know the paths.
pub(super) fn withhold(data: &mut Value, paths: &[&str]) -> Map<String, Value> {
    let mut personal = Map::new();
    for path in paths {
        take(data, path, String::new(), &mut personal);
    }
    personal
}

fn take(value: &mut Value, path: &str, pointer: String, personal: &mut Map<String, Value>) {
    let (name, rest) = path.split_once('.').map_or((path, None), |(name, rest)| (name, Some(rest)));
    if let ("*", Value::Array(items)) = (name, &mut *value) {
        for (place, item) in items.iter_mut().enumerate() {
            take_at(item, rest, format!("{pointer}/{place}"), personal);
        }
    } else if let Some(field) = value.get_mut(name) {
        take_at(field, rest, format!("{pointer}/{name}"), personal);
    }
}

fn take_at(value: &mut Value, rest: Option<&str>, pointer: String, personal: &mut Map<String, Value>) {
    match rest {
        Some(rest) => take(value, rest, pointer, personal),
        None if value.is_null() => {}
        None => drop(personal.insert(pointer, std::mem::replace(value, Value::from(WITHHELD)))),
    }
}

/// A row of the trail that does not open.
#[derive(Debug, thiserror::Error)]
#[error("row {sequence} of the trail: {fault}")]
pub struct Unopened {
    sequence: i64,
    #[source]
    fault: OpenFault,
}

/// Why it does not.
#[derive(Debug, thiserror::Error)]
enum OpenFault {
    #[error("no envelope, or no data: {0}")]
    Json(#[from] serde_json::Error),
    #[error("the personal details: {0}")]
    Seal(#[from] WrongKey),
}

impl Link {
    /// The event that it holds, with the personal details where there is their seal.
    ///
    /// # Errors
    /// When somebody has changed the row, or the key is another.
    pub fn opened(self, seal: Option<&Seal>) -> Result<FeedItem, Unopened> {
        match whole(&self, seal) {
            Ok(event) => Ok(FeedItem { sequence: self.sequence, received_at: self.recorded_at, event }),
            Err(fault) => Err(Unopened { sequence: self.sequence, fault }),
        }
    }
}

fn whole(link: &Link, seal: Option<&Seal>) -> Result<Envelope, OpenFault> {
    let mut event: Envelope = serde_json::from_str(&link.envelope)?;
    if let (Some(seal), Some(sealed)) = (seal, &link.sealed) {
        let personal = serde_json::from_slice(&seal.open(&event.event_id.to_string(), sealed)?)?;
        let mut data = serde_json::from_str(event.data.get())?;
        restore(&mut data, personal);
        event.data = to_raw_value(&data)?;
    }
    Ok(event)
}

/// Puts back what was taken out.
fn restore(data: &mut Value, personal: Map<String, Value>) {
    for (pointer, detail) in personal {
        if let Some(place) = data.pointer_mut(&pointer) {
            *place = detail;
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_taken_out_leaves_a_mark_and_can_be_put_back() {
        let whole = json!({
            "title": "Printer", "comment": null, "priority": "HIGH",
            "changes": [{ "field": "title", "old": "Print", "new": "Printer" }, { "field": "x", "old": null, "new": "y" }],
        });
        let mut data = whole.clone();
        let paths = ["title", "comment", "missing", "changes.*.old", "changes.*.new"];
        let personal = withhold(&mut data, &paths);
        assert_eq!(
            data,
            json!({
                "title": WITHHELD, "comment": null, "priority": "HIGH",
                "changes": [
                    { "field": "title", "old": WITHHELD, "new": WITHHELD }, { "field": "x", "old": null, "new": WITHHELD },
                ],
            })
        );
        assert_eq!(personal["/changes/0/old"], "Print");
        restore(&mut data, personal);
        assert_eq!(data, whole);
    }
}

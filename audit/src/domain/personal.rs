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

/// An event in two.
#[derive(Clone, Debug)]
pub struct Withheld {
    /// What is kept for ever.
    pub kept: Envelope,
    /// The personal details that were taken out of it; none of those of somebody who was erased.
    pub personal: Map<String, Value>,
}

impl Withheld {
    /// The personal details under a seal, where there are any. Without a seal – of somebody who was erased – they are given up.
    ///
    /// # Errors
    /// None that is known: JSON is made of JSON.
    pub(super) fn sealed(&self, seal: Option<&Seal>) -> Result<Option<String>, serde_json::Error> {
        let Some(seal) = seal.filter(|_| !self.personal.is_empty()) else { return Ok(None) };
        Ok(Some(seal.close(&self.kept.event_id.to_string(), &serde_json::to_vec(&self.personal)?)))
    }

    fn whole(self) -> Result<Envelope, serde_json::Error> {
        let mut event = self.kept;
        if !self.personal.is_empty() {
            let mut data = serde_json::from_str(event.data.get())?;
            restore(&mut data, self.personal);
            event.data = to_raw_value(&data)?;
        }
        Ok(event)
    }
}

impl Link {
    /// The event that it holds, in two; the personal details where there is their seal.
    ///
    /// # Errors
    /// When somebody has changed the row, or the key is another.
    pub fn parts(&self, seal: Option<&Seal>) -> Result<Withheld, Unopened> {
        self.read(seal).map_err(|fault| Unopened { sequence: self.sequence, fault })
    }

    /// The event that it holds, with the personal details where there is their seal.
    ///
    /// # Errors
    /// The same.
    pub fn opened(&self, seal: Option<&Seal>) -> Result<FeedItem, Unopened> {
        let event = self
            .read(seal)
            .and_then(|parts| Ok(parts.whole()?))
            .map_err(|fault| Unopened { sequence: self.sequence, fault })?;
        Ok(FeedItem { sequence: self.sequence, received_at: self.recorded_at, event })
    }

    fn read(&self, seal: Option<&Seal>) -> Result<Withheld, OpenFault> {
        let kept: Envelope = serde_json::from_str(&self.envelope)?;
        let personal = match (seal, &self.sealed) {
            (Some(seal), Some(sealed)) => {
                serde_json::from_slice(&seal.open(&kept.event_id.to_string(), sealed)?)?
            }
            _ => Map::new(),
        };
        Ok(Withheld { kept, personal })
    }
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

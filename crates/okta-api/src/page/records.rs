//! The records of a page, each decoded by itself where one of them is odd.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeOwned, Deserializer as _, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::Malformed;
use super::repair::repaired;
use crate::error::{Cause, ProtocolError};

/// Reads the elements of a page. As a rule all of them decode, and the page is read in one pass; when one does not, the page is
/// taken apart, so that one odd record is nobody else's trouble.
///
/// # Errors
///
/// [`Cause::Truncated`] when the JSON ends early, [`Cause::Protocol`] when it is no JSON, no list, or one in which nothing has an
/// id.
pub(super) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<(Vec<T>, Vec<Malformed>), Cause> {
    match serde_json::from_slice(body) {
        Ok(items) => Ok((items, Vec::new())),
        Err(error) if error.is_eof() => Err(Cause::Truncated(error)),
        Err(_) => one_by_one(&repaired(body)),
    }
}

/// Tells the records that do not decode from those that do.
///
/// A raw value is checked for its brackets and quotes only: numbers of any size and any depth of nesting pass, and become the
/// trouble of the one record that they are in.
fn one_by_one<T: DeserializeOwned>(page: &str) -> Result<(Vec<T>, Vec<Malformed>), Cause> {
    let records: Vec<&RawValue> = serde_json::from_str(page).map_err(unreadable)?;
    let mut items = Vec::with_capacity(records.len());
    let mut malformed = Vec::new();
    for (position, record) in records.into_iter().enumerate() {
        let id = id(record);
        match serde_json::from_str(record.get()) {
            Ok(item) if id.is_some() => items.push(item),
            decoded => malformed.push(Malformed {
                reason: match (decoded, &id) {
                    (Err(error), Some(_)) => error.to_string(),
                    _ => format!(
                        "element {} of the page has no id that can be read",
                        position + 1
                    ),
                },
                id,
            }),
        }
    }
    // Okta's records have ids: this is a list of something else.
    if !malformed.is_empty() && items.is_empty() && malformed.iter().all(|bad| bad.id.is_none()) {
        return Err(Cause::Protocol(ProtocolError::NoIds));
    }
    Ok((items, malformed))
}

/// JSON that ends early was cut off on its way; JSON that is wrong would be wrong again.
pub(super) fn unreadable(error: serde_json::Error) -> Cause {
    if error.is_eof() {
        Cause::Truncated(error)
    } else {
        Cause::Protocol(ProtocolError::Malformed(error))
    }
}

/// The id of a record, if it has exactly one that can be read. An event's id is its `uuid`.
fn id(record: &RawValue) -> Option<String> {
    let mut reader = serde_json::Deserializer::from_str(record.get());
    let Ids { id, uuid } = reader.deserialize_map(IdVisitor).ok()?;
    match id {
        Field::Absent => uuid.text(),
        other => other.text(),
    }
}

#[derive(Default)]
struct Ids {
    id: Field,
    uuid: Field,
}

/// A field that may come twice.
#[derive(Default)]
enum Field {
    #[default]
    Absent,
    Text(String),
    /// Something else, or two that differ.
    Unreadable,
}

impl Field {
    fn take(&mut self, value: &RawValue) {
        let text = serde_json::from_str::<String>(value.get());
        *self = match (std::mem::take(self), text) {
            (Self::Absent, Ok(text)) => Self::Text(text),
            (Self::Text(known), Ok(text)) if known == text => Self::Text(text),
            _ => Self::Unreadable,
        };
    }

    fn text(self) -> Option<String> {
        match self {
            // Nobody is known by an empty id, nor by one that was damaged on its way.
            Self::Text(id) if !id.is_empty() && !id.contains(char::REPLACEMENT_CHARACTER) => {
                Some(id)
            }
            _ => None,
        }
    }
}

struct IdVisitor;

impl<'de> Visitor<'de> for IdVisitor {
    type Value = Ids;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a record")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Ids, A::Error> {
        let mut ids = Ids::default();
        while let Some(name) = fields.next_key::<Cow<'de, str>>()? {
            match &*name {
                "id" => ids.id.take(fields.next_value::<&RawValue>()?),
                "uuid" => ids.uuid.take(fields.next_value::<&RawValue>()?),
                _ => drop(fields.next_value::<IgnoredAny>()?),
            }
        }
        Ok(ids)
    }
}

#[cfg(test)]
mod tests;

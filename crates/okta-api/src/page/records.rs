//! The records of a page, each decoded by itself.

use serde::de::{Error as _, IgnoredAny};

use super::repair::repaired;
use super::scan::{self, Fault};
use crate::error::{Cause, ProtocolError};
use crate::malformed::Malformed;
use crate::quote::told;
use crate::reader::Reader;
use crate::resource::sealed::Sealed;

/// A record of more bytes is malformed. A user with a hundred attributes has some 5 KB.
pub(super) const MAX_RECORD: usize = 512 * 1024;

/// An id that is longer, in characters, is not told of a record that is malformed.
const MAX_TOLD_ID: usize = 1_000;

/// What a page held.
#[derive(Debug)]
pub(super) struct Records<T> {
    pub(super) items: Vec<T>,
    pub(super) malformed: Vec<Malformed>,
    /// Whether one of them has the field in which an id stands.
    has_ids: bool,
}

/// How many records a page may have.
#[derive(Clone, Copy, Debug)]
pub(super) struct Room {
    /// How many were asked for.
    pub(super) asked: usize,
    /// How many are read.
    pub(super) most: usize,
}

/// Reads the elements of a page one after the other, each with a new reader.
///
/// A record that does not decode, or is too large, is told of by its id: whatever is odd inside of it is nobody else's trouble.
/// Where that record ends is told by its brackets and quotes.
///
/// # Errors
///
/// [`Cause::Truncated`] when the JSON ends early, [`Cause::Protocol`] when it is no JSON, no list, one of far more records than
/// were asked for, or one in which nothing has the field of an id.
pub(super) fn read<'r, T: Sealed>(
    body: &[u8],
    room: Room,
    reader: impl Fn() -> Reader<'r>,
) -> Result<Records<T>, Cause> {
    let mut records = Records {
        items: Vec::new(),
        malformed: Vec::new(),
        has_ids: false,
    };
    // Where all of it is text no string of it is looked at for that again.
    let text = std::str::from_utf8(body).ok();
    let Some(mut rest) = past_space(body).strip_prefix(b"[").map(past_space) else {
        return Err(no_list(body));
    };
    let mut position = 0;
    let mut more = !rest.starts_with(b"]");
    while more {
        position += 1;
        if position > room.most {
            let (asked, got) = (room.asked, room.most + count(rest));
            return Err(Cause::Protocol(ProtocolError::TooManyRecords {
                asked,
                got,
            }));
        }
        let found = text.and_then(|text| text.get(body.len() - rest.len()..));
        let element = Element {
            rest,
            text: found,
            position,
        };
        let length = element.read(body, &reader, &mut records)?;
        rest = past_space(rest.get(length..).unwrap_or_default());
        more = match rest {
            [b',', after @ ..] => {
                rest = past_space(after);
                true
            }
            [b']', ..] => false,
            [] => return Err(cut_off(position)),
            _ => return Err(no_list(body)),
        };
    }
    if !past_space(rest.get(1..).unwrap_or_default()).is_empty() {
        return Err(no_list(body));
    }
    // Okta's records have ids, readable or not: this is a list of something else.
    if T::HAS_ID && !records.malformed.is_empty() && !records.has_ids {
        return Err(Cause::Protocol(ProtocolError::NoIds));
    }
    Ok(records)
}

/// The element with which the rest of a page begins.
struct Element<'b> {
    rest: &'b [u8],
    /// The same, where it is text.
    text: Option<&'b str>,
    position: usize,
}

impl Element<'_> {
    /// Reads it, and returns its length.
    fn read<'r, T: Sealed>(
        &self,
        body: &[u8],
        reader: &impl Fn() -> Reader<'r>,
        records: &mut Records<T>,
    ) -> Result<usize, Cause> {
        if let Some((item, length)) = self.decoded(&reader()) {
            records.has_ids = true;
            records.items.push(item);
            return Ok(length);
        }
        self.repaired(body, reader, records)
    }

    /// What it decodes to and its length, if it does. No more of it is looked at than a record may have.
    fn decoded<T: Sealed>(&self, reader: &Reader<'_>) -> Option<(T, usize)> {
        match self.text {
            Some(text) => {
                let mut ends = (0..=text.len().min(MAX_RECORD)).rev();
                let end = ends.find(|end| text.is_char_boundary(*end))?;
                decode(serde_json::Deserializer::from_str(text.get(..end)?), reader)
            }
            None => {
                let rest = self.rest.get(..MAX_RECORD).unwrap_or(self.rest);
                decode(serde_json::Deserializer::from_slice(rest), reader)
            }
        }
    }

    /// Reads one that does not decode as it is, or tells of it.
    fn repaired<'r, T: Sealed>(
        &self,
        body: &[u8],
        reader: &impl Fn() -> Reader<'r>,
        records: &mut Records<T>,
    ) -> Result<usize, Cause> {
        let Self { rest, position, .. } = *self;
        let mut ids = Ids::default();
        let length = match scan::value(rest, |name, value| ids.take(name, value)) {
            Ok(length) => length,
            Err(Fault::Ended) => return Err(cut_off(position)),
            Err(Fault::Broken) => return Err(no_list(body)),
        };
        records.has_ids |= ids.are_there();
        let decoded = if length > MAX_RECORD {
            Err(format!(
                "the record has {length} bytes, more than {MAX_RECORD}"
            ))
        } else {
            let text = repaired(rest.get(..length).unwrap_or_default());
            let mut json = serde_json::Deserializer::from_str(&text);
            let decoded = T::read(&reader(), &mut json);
            let decoded = decoded.and_then(|item| json.end().map(|()| item));
            decoded.map_err(|error| error.to_string())
        };
        match decoded {
            Ok(item) => records.items.push(item),
            Err(reason) => {
                let id = ids.id();
                let reason = match id {
                    Some(_) => told(&reason),
                    None if !T::HAS_ID => {
                        told(&format!("element {position} of the page: {reason}"))
                    }
                    None => format!("element {position} of the page has no id that can be read"),
                };
                records.malformed.push(Malformed { id, reason });
            }
        }
        Ok(length)
    }
}

fn decode<'de, T: Sealed, R: serde_json::de::Read<'de>>(
    mut json: serde_json::Deserializer<R>,
    reader: &Reader<'_>,
) -> Option<(T, usize)> {
    let item = T::read(reader, &mut json).ok()?;
    Some((item, json.into_iter::<IgnoredAny>().byte_offset()))
}

/// How many elements the rest of a list has, as far as one can tell.
fn count(mut rest: &[u8]) -> usize {
    let mut count = 0;
    while let Ok(length) = scan::value(rest, |_, _| ()) {
        count += 1;
        rest = past_space(rest.get(length..).unwrap_or_default());
        match rest {
            [b',', after @ ..] => rest = past_space(after),
            _ => break,
        }
    }
    count
}

fn past_space(text: &[u8]) -> &[u8] {
    text.get(scan::space(text)..).unwrap_or_default()
}

/// JSON that ends early was cut off on its way; JSON that is wrong would be wrong again.
pub(super) fn unreadable(error: serde_json::Error) -> Cause {
    if error.is_eof() {
        Cause::Truncated(error)
    } else {
        Cause::Protocol(ProtocolError::Malformed(error))
    }
}

/// What is wrong with a body that cannot be taken apart.
fn no_list(body: &[u8]) -> Cause {
    match serde_json::from_slice::<Vec<IgnoredAny>>(body) {
        Err(error) => unreadable(error),
        Ok(_) => unreadable(serde_json::Error::custom(
            "its records cannot be told apart",
        )),
    }
}

fn cut_off(position: usize) -> Cause {
    let what = format!("it breaks off at element {position} of the page");
    Cause::Truncated(serde_json::Error::custom(what))
}

/// The ids of a record that does not decode. An event's id is its `uuid`.
#[derive(Default)]
struct Ids {
    id: Field,
    uuid: Field,
}

impl Ids {
    /// Looks at a field.
    fn take(&mut self, name: &[u8], value: &[u8]) {
        let unescaped = name
            .contains(&b'\\')
            .then(|| text(&[b"\"", name, b"\""].concat()));
        let unescaped = unescaped.flatten();
        match unescaped.as_ref().map_or(name, |name| name.as_bytes()) {
            b"id" => self.id.take(value),
            b"uuid" => self.uuid.take(value),
            _ => {}
        }
    }

    fn are_there(&self) -> bool {
        !matches!((&self.id, &self.uuid), (Field::Absent, Field::Absent))
    }

    /// The record's id, if it has exactly one that can be read.
    fn id(self) -> Option<String> {
        match self.id {
            Field::Absent => self.uuid.text(),
            other => other.text(),
        }
    }
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
    fn take(&mut self, value: &[u8]) {
        *self = match (std::mem::take(self), text(value)) {
            (Self::Absent, Some(text)) => Self::Text(text),
            (Self::Text(known), Some(text)) if known == text => Self::Text(text),
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

/// A text of JSON that may be the name of a field or an id: not a long one.
fn text(json: &[u8]) -> Option<String> {
    // An escape of six bytes is a character, or half of one.
    if json.len() > MAX_TOLD_ID * 12 {
        return None;
    }
    let text = serde_json::from_str::<String>(&repaired(json)).ok()?;
    (text.chars().count() <= MAX_TOLD_ID).then_some(text)
}

#[cfg(test)]
mod laws;
#[cfg(test)]
mod tests;

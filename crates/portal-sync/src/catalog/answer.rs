//! Answers of many entities, written piece by piece as they are read.

use std::sync::Arc;

use bytes::Bytes;

use super::fields::Fields;
use super::published::Published;
use super::representation::CHUNK;

/// A list of entities in a JSON answer. Nothing is written before somebody takes it, so that a reader who takes nothing
/// holds the positions of the list and no text.
#[derive(Debug)]
pub(crate) struct Answer {
    published: Arc<Published>,
    items: Items,
    fields: Option<Fields>,
    /// What stands around the list.
    before: Vec<u8>,
    after: Vec<u8>,
    next: usize,
    is_done: bool,
}

/// What a list is of.
#[derive(Debug)]
pub(crate) enum Items {
    /// The entities at these positions.
    Positions(Vec<u32>),
    /// The same, and `null` where there is nothing.
    Nullable(Vec<Option<u32>>),
}

impl Items {
    /// The position at this place of the list; nothing behind its end.
    fn get(&self, place: usize) -> Option<Option<u32>> {
        match self {
            Self::Positions(all) => all.get(place).map(|position| Some(*position)),
            Self::Nullable(all) => all.get(place).copied(),
        }
    }
}

impl Answer {
    /// A list alone.
    pub(crate) fn list(published: Arc<Published>, items: Items, fields: Option<Fields>) -> Self {
        Self::within(published, items, fields, "", "")
    }

    /// A list between two pieces of JSON.
    pub(crate) fn within(
        published: Arc<Published>,
        items: Items,
        fields: Option<Fields>,
        before: &str,
        after: &str,
    ) -> Self {
        Self {
            published,
            items,
            fields,
            before: format!("{before}[").into_bytes(),
            after: format!("]{after}").into_bytes(),
            next: 0,
            is_done: false,
        }
    }

    /// The next piece, of [`CHUNK`] bytes and an entity at most; nothing after the last.
    pub(crate) fn next_piece(&mut self) -> Option<Bytes> {
        if self.is_done {
            return None;
        }
        let mut out = std::mem::take(&mut self.before);
        let mut entities = self.published.entities();
        let mut whole = Vec::new();
        while out.len() < CHUNK {
            let Some(position) = self.items.get(self.next) else {
                out.append(&mut self.after);
                self.is_done = true;
                break;
            };
            if self.next > 0 {
                out.push(b',');
            }
            self.next += 1;
            match (position, &self.fields) {
                (None, _) => out.extend_from_slice(b"null"),
                (Some(position), None) => entities.write(position, &mut out),
                (Some(position), Some(fields)) => {
                    whole.clear();
                    entities.write(position, &mut whole);
                    // What we wrote ourselves is JSON.
                    drop(fields.project(&whole, &mut out));
                }
            }
        }
        Some(out.into_boxed_slice().into())
    }

    /// Whether everything was written.
    pub(crate) const fn is_done(&self) -> bool {
        self.is_done
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use serde_json::{Value, json};

    use super::*;
    use crate::testing;

    fn people(count: usize) -> Arc<Published> {
        let user = |number: usize| {
            json!({
                "apiVersion": "backstage.io/v1alpha1",
                "kind": "User",
                "metadata": { "name": format!("u{number:04}"), "namespace": "default" },
                "spec": { "memberOf": [] },
            })
        };
        Arc::new(testing::published(
            1,
            Timestamp::UNIX_EPOCH,
            (0..count).map(user).collect(),
        ))
    }

    fn whole(mut answer: Answer) -> (Value, usize) {
        let (mut all, mut pieces) = (Vec::new(), 0);
        while let Some(piece) = answer.next_piece() {
            assert!(piece.len() < CHUNK + 1_000);
            all.extend_from_slice(&piece);
            pieces += 1;
        }
        assert!(answer.is_done());
        (serde_json::from_slice(&all).unwrap(), pieces)
    }

    #[test]
    fn pieces_are_one_answer() {
        for (count, expected) in [(0, 1), (3, 1), (1_000, 4)] {
            let people = people(count);
            let everybody = (0..people.positions()).map(|at| at.try_into().unwrap());
            let items = Items::Positions(everybody.collect());
            let answer =
                Answer::within(Arc::clone(&people), items, None, "{\"items\":", ",\"n\":1}");
            let (json, pieces) = whole(answer);
            assert_eq!(json["items"].as_array().unwrap().len(), count);
            assert_eq!((&json["n"], pieces), (&json!(1), expected));
        }
    }

    #[test]
    fn who_is_not_there_is_null() {
        let people = people(2);
        let at = people.position("user:default/u0001");
        let fields = Fields::new(["metadata.name".to_owned()]).unwrap();
        let answer = Answer::list(people, Items::Nullable(vec![None, at]), fields);
        let expected = json!([null, { "metadata": { "name": "u0001" } }]);
        assert_eq!(whole(answer).0, expected);
    }
}

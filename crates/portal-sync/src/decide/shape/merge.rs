//! The rule by which groups become one: from the parts of a whole to what becomes of it.
//!
//! Who is in the catalog is in it afterwards, apart or in the whole. So while it cannot be told who is in a part, the part
//! does not join, and nobody joins a whole that keeps the members it had.

use std::collections::{BTreeMap, BTreeSet};

use okta_api::{Group, GroupId};
use serde_json::{Map, Value};

use crate::decide::rules::Merge;
use crate::held::object::GroupKey;
use crate::held::org::Members;
use crate::held::quarantine::Quarantine;

/// A group that is made of several.
#[derive(Debug, Clone)]
pub(crate) struct Whole {
    /// Its record, as if Okta had it.
    pub record: Group,
    /// The groups that it is said to be made of, those among them whose people nobody could tell from its own.
    pub parts: BTreeSet<GroupId>,
    /// Who is in it.
    pub members: Members,
}

/// How a group stands to a whole that asks for it, or that it was a part of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    /// The whole asks for it, and it is known who is in it.
    Joins(Place),
    /// It is no part of the whole, and none of the people of the whole are its own as far as anybody knows.
    Stays,
    /// Some of the people of the whole are its own, and nobody can tell who: the reason.
    Unread {
        /// Why.
        reason: String,
        /// Whether the whole asks for it and is the only place where the catalog has it.
        is_inside: bool,
    },
    /// As [`Part::Unread`], and not even its record can be read.
    Lost {
        /// As that of [`Part::Unread`].
        is_inside: bool,
    },
}

/// Where the catalog has a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// In the whole, and perhaps apart as well.
    Whole,
    /// Apart, or in another whole.
    Elsewhere,
    /// Nowhere: it is new.
    Nowhere,
}

/// What becomes of a whole, and of its parts.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Outcome<'p> {
    pub(super) fate: Fate,
    /// The groups that it is made of: they are not in the catalog besides.
    pub(super) parts: BTreeSet<&'p GroupId>,
    /// Groups that are no part of it, or are apart as well, and of whose people some may be in it.
    pub(super) hidden: BTreeSet<&'p GroupId>,
    /// New groups that come with the whole: added apart, they would be removed again as soon as that can be read.
    pub(super) waiting: BTreeSet<&'p GroupId>,
}

/// What becomes of a whole.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// No group is a part of it, so there is none.
    Nothing,
    /// It has the members of its parts.
    Made,
    /// It is made of its parts and keeps the members it had: the reason.
    KeepsMembers(Quarantine),
    /// It stays as it was: the reason.
    Stays(Quarantine),
}

/// What becomes of a whole by its parts.
pub(super) fn outcome<'p>(parts: &BTreeMap<&'p GroupId, Part>) -> Outcome<'p> {
    let lost = parts.iter().find_map(|(id, part)| match part {
        Part::Lost { .. } => Some(Quarantine::MalformedPart {
            part: id.to_string(),
        }),
        _ => None,
    });
    let unread = parts.iter().find_map(|(id, part)| match part {
        Part::Unread { reason, .. } => Some(Quarantine::UnreadPart {
            part: id.to_string(),
            reason: reason.clone(),
        }),
        _ => None,
    });
    let is_closed = lost.is_some() || unread.is_some();
    let those = |which: &dyn Fn(&Part) -> bool| -> BTreeSet<&'p GroupId> {
        let found = parts.iter().filter(|(_, part)| which(part));
        found.map(|(id, _)| *id).collect()
    };
    let joined = those(&|part| match part {
        Part::Joins(place) => !is_closed || *place == Place::Whole,
        Part::Unread { is_inside, .. } | Part::Lost { is_inside } => *is_inside,
        Part::Stays => false,
    });
    Outcome {
        fate: match (lost, unread) {
            (Some(reason), _) => Fate::Stays(reason),
            // Whoever in it is of a part that nobody asks for any more stays in it until that can be read.
            (None, Some(reason)) if joined.is_empty() => Fate::Stays(reason),
            (None, Some(reason)) => Fate::KeepsMembers(reason),
            (None, None) if joined.is_empty() => Fate::Nothing,
            (None, None) => Fate::Made,
        },
        parts: joined,
        hidden: those(&|part| {
            matches!(
                part,
                Part::Unread {
                    is_inside: false,
                    ..
                }
            )
        }),
        waiting: those(&|part| is_closed && *part == Part::Joins(Place::Nowhere)),
    }
}

/// The record of a whole as if Okta had it: with the name that the configuration gives it, and every attribute on which all
/// parts agree.
pub(super) fn one_of(key: &GroupKey, merge: &Merge, parts: &[&Group]) -> Group {
    // A template can ask for the id of any group.
    let mut one = Group::new(key.to_string().into());
    let mut profile: Map<String, Value> = Map::new();
    if let Some((first, others)) = parts.split_first() {
        for (name, value) in first.profile.iter() {
            if others.iter().all(|it| it.profile.get(name) == Some(value)) {
                profile.insert(name.to_owned(), value.clone());
            }
        }
        if others.iter().all(|part| part.kind == first.kind) {
            one.kind = first.kind.clone();
        }
    }
    profile.insert("name".to_owned(), merge.name.as_str().into());
    if let Some(description) = &merge.description {
        profile.insert("description".to_owned(), description.as_str().into());
    }
    one.profile = profile.into();
    one
}

#[cfg(test)]
mod tests {
    use super::Place::{Elsewhere, Nowhere, Whole};
    use super::*;

    fn unread(is_inside: bool) -> Part {
        Part::Unread {
            reason: "okta fails".to_owned(),
            is_inside,
        }
    }

    /// What the outcome is in words: `fate: parts | hidden | waiting`.
    fn told(parts: &[(&str, Part)]) -> String {
        let ids: Vec<GroupId> = parts.iter().map(|(id, _)| (*id).into()).collect();
        let parts = ids.iter().zip(parts.iter().map(|(_, part)| part.clone()));
        let parts: BTreeMap<&GroupId, Part> = parts.collect();
        let outcome = outcome(&parts);
        let list = |ids: BTreeSet<&GroupId>| {
            let ids: Vec<&str> = ids.into_iter().map(GroupId::as_str).collect();
            ids.join(" ")
        };
        let fate = match outcome.fate {
            Fate::Nothing => "nothing".to_owned(),
            Fate::Made => "made".to_owned(),
            Fate::KeepsMembers(reason) => format!("keeps its members ({reason})"),
            Fate::Stays(reason) => format!("stays ({reason})"),
        };
        let [parts, hidden, waiting] = [outcome.parts, outcome.hidden, outcome.waiting].map(list);
        format!("{fate}: {parts} | {hidden} | {waiting}")
    }

    #[test]
    fn what_becomes_of_a_whole_by_its_parts() {
        use Part::{Joins, Stays};
        let lost = |is_inside| Part::Lost { is_inside };
        const UNREAD: &str = "of b, a part of it: okta fails";
        const LOST: &str = "the record of b, a part of it, cannot be read";
        for (parts, expected) in [
            (vec![], "nothing:  |  | ".to_owned()),
            (vec![("a", Stays)], "nothing:  |  | ".to_owned()),
            // Everything is known: whoever is asked for joins, wherever it was, and whoever is not goes.
            (
                vec![
                    ("a", Joins(Whole)),
                    ("b", Joins(Elsewhere)),
                    ("c", Joins(Nowhere)),
                    ("d", Stays),
                ],
                "made: a b c |  | ".to_owned(),
            ),
            // A part is unread: the others of before stay parts, nobody joins, and who is new waits.
            (
                vec![
                    ("a", Joins(Whole)),
                    ("b", unread(true)),
                    ("c", Joins(Elsewhere)),
                    ("d", Joins(Nowhere)),
                ],
                format!("keeps its members ({UNREAD}): a b |  | d"),
            ),
            (
                vec![("b", unread(true))],
                format!("keeps its members ({UNREAD}): b |  | "),
            ),
            // It is no part any more, or is apart as well: the whole still has people of it.
            (
                vec![("a", Joins(Whole)), ("b", unread(false))],
                format!("keeps its members ({UNREAD}): a | b | "),
            ),
            // Nothing else is left of the whole, and whoever would join it must not: its people would be taken for theirs.
            (
                vec![("b", unread(false))],
                format!("stays ({UNREAD}):  | b | "),
            ),
            (
                vec![("a", Joins(Nowhere)), ("b", unread(false))],
                format!("stays ({UNREAD}):  | b | a"),
            ),
            (
                vec![("a", Joins(Elsewhere)), ("b", unread(false))],
                format!("stays ({UNREAD}):  | b | "),
            ),
            // Without the record of a part nobody can say what the whole is like.
            (
                vec![
                    ("a", Joins(Whole)),
                    ("b", lost(false)),
                    ("c", Joins(Nowhere)),
                ],
                format!("stays ({LOST}): a |  | c"),
            ),
            (vec![("b", lost(true))], format!("stays ({LOST}): b |  | ")),
            (
                vec![("a", unread(true)), ("b", lost(false))],
                format!("stays ({LOST}): a |  | "),
            ),
        ] {
            assert_eq!(told(&parts), expected, "{parts:?}");
        }
    }
}

//! What it takes to make one catalog of another, as a value to read before it is done.

mod fields;

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

use serde::Serialize;
use serde_json::Value;

use crate::entity::Entity;
use crate::entity_ref::EntityRef;
use crate::entity_set::EntitySet;

/// The changes from one set to another, sorted by ref. It borrows the entities from both.
///
/// It prints as a plan that a person can read:
///
/// ```
/// use catalog_model::{Delta, Entity, EntitySet, GroupSpec, Metadata, Spec, UserSpec};
///
/// let user = |name: &str, groups: &[&str]| {
///     let member_of = groups.iter().map(|group| (*group).into()).collect();
///     Entity::new(
///         Metadata::new(name.parse().unwrap()),
///         Spec::User(UserSpec { member_of, ..UserSpec::default() }),
///     )
/// };
/// let group = |name: &str| {
///     Entity::new(Metadata::new(name.parse().unwrap()), Spec::Group(GroupSpec::new("team")))
/// };
/// let before = EntitySet::build([group("a"), user("bob", &[]), user("jane", &[])]).unwrap();
/// let after = EntitySet::build([group("a"), group("b"), user("jane", &["a"])]).unwrap();
///
/// let delta = Delta::between(&before, &after);
/// assert_eq!(delta.to_string(), "\
/// + group:default/b
/// - user:default/bob
/// ~ user:default/jane
///     + spec.memberOf: \"a\"
/// ");
/// assert_eq!((delta.added(), delta.updated(), delta.removed()), (1, 1, 1));
/// assert_eq!(delta.apply(&before), after);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Delta<'a> {
    changes: Vec<Change<'a>>,
}

/// A change of one entity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change<'a> {
    /// It is there only after.
    Added(&'a Entity),
    /// It is there before and after, but not the same.
    Updated {
        /// As it is before.
        before: &'a Entity,
        /// As it is after.
        after: &'a Entity,
        /// In what they differ, sorted by path; never empty.
        fields: Vec<FieldChange>,
    },
    /// It is there only before.
    Removed(&'a Entity),
}

/// A change of one field, or of one element of `memberOf`, `members` or `children`.
///
/// Those lists change by element: an element that came has no `before`, one that went has no
/// `after`, and the path is that of the list. Other lists change as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldChange {
    /// Where, such as `metadata.annotations["okta.com/id"]` or `spec.memberOf`.
    pub path: String,
    /// The value before; none when there was none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Value>,
    /// The value after; none when there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<Value>,
}

impl FieldChange {
    /// In what two entities differ, sorted by path; nothing when they are the same.
    ///
    /// They need not have the same name: comparing an entity with what it was renamed to is what
    /// this is for.
    #[must_use]
    pub fn between(before: &Entity, after: &Entity) -> Vec<Self> {
        fields::differing(before, after)
    }
}

impl<'a> Delta<'a> {
    /// Compares two sets.
    #[must_use]
    pub fn between(before: &'a EntitySet, after: &'a EntitySet) -> Self {
        let (mut old, mut new) = (before.entries().iter(), after.entries().iter());
        let (mut a, mut b) = (old.next(), new.next());
        let mut changes = Vec::new();
        // Both are sorted, so one pass over both meets every ref once.
        loop {
            let order = match (a, b) {
                (None, None) => return Self { changes },
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some((a, _)), Some((b, _))) => a.cmp(b),
            };
            let gone = if order.is_le() {
                std::mem::replace(&mut a, old.next())
            } else {
                None
            };
            let come = if order.is_ge() {
                std::mem::replace(&mut b, new.next())
            } else {
                None
            };
            changes.extend(Change::of(
                gone.map(|(_, old)| old),
                come.map(|(_, new)| new),
            ));
        }
    }

    /// The changes, sorted by ref.
    #[must_use]
    pub fn changes(&self) -> &[Change<'a>] {
        &self.changes
    }

    /// True when the sets are the same.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// How many entities are added.
    #[must_use]
    pub fn added(&self) -> usize {
        self.count(|change| matches!(change, Change::Added(_)))
    }

    /// How many entities are updated.
    #[must_use]
    pub fn updated(&self) -> usize {
        self.count(|change| matches!(change, Change::Updated { .. }))
    }

    /// How many entities are removed.
    #[must_use]
    pub fn removed(&self) -> usize {
        self.count(|change| matches!(change, Change::Removed(_)))
    }

    /// Makes the changes: of the set that the delta starts from, it makes the one it leads to.
    ///
    /// Of another set it makes one that has the added and the updated entities and not the removed
    /// ones; whether these fit together is then not checked.
    #[must_use]
    pub fn apply(&self, before: &EntitySet) -> EntitySet {
        let mut entities: BTreeMap<EntityRef, &Entity> = before
            .entries()
            .iter()
            .map(|(name, entity)| (name.clone(), entity))
            .collect();
        for change in &self.changes {
            match change {
                Change::Added(entity) | Change::Updated { after: entity, .. } => {
                    entities.insert(change.entity_ref(), entity);
                }
                Change::Removed(_) => {
                    entities.remove(&change.entity_ref());
                }
            }
        }
        let entries = entities
            .into_iter()
            .map(|(name, entity)| (name, entity.clone()));
        EntitySet::from_sorted(entries.collect())
    }

    fn count(&self, is_counted: impl Fn(&Change<'a>) -> bool) -> usize {
        self.changes
            .iter()
            .filter(|change| is_counted(change))
            .count()
    }
}

impl<'a> Change<'a> {
    /// The identity of the entity.
    #[must_use]
    pub fn entity_ref(&self) -> EntityRef {
        match self {
            Self::Added(entity) | Self::Removed(entity) | Self::Updated { after: entity, .. } => {
                entity.entity_ref()
            }
        }
    }

    /// The change between an entity before and after.
    fn of(before: Option<&'a Entity>, after: Option<&'a Entity>) -> Option<Self> {
        match (before, after) {
            (Some(before), Some(after)) if before != after => {
                let fields = fields::differing(before, after);
                Some(Self::Updated {
                    before,
                    after,
                    fields,
                })
            }
            (Some(before), None) => Some(Self::Removed(before)),
            (None, Some(after)) => Some(Self::Added(after)),
            (Some(_), Some(_)) | (None, None) => None,
        }
    }
}

impl fmt::Display for Delta<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.changes
            .iter()
            .try_for_each(|change| writeln!(f, "{change}"))
    }
}

impl fmt::Display for Change<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sign, fields): (_, &[FieldChange]) = match self {
            Self::Added(_) => ('+', &[]),
            Self::Updated { fields, .. } => ('~', fields),
            Self::Removed(_) => ('-', &[]),
        };
        write!(f, "{sign} {}", self.entity_ref())?;
        fields
            .iter()
            .try_for_each(|field| write!(f, "\n    {field}"))
    }
}

impl fmt::Display for FieldChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            path,
            before,
            after,
        } = self;
        // Values print as JSON, so that no line break of theirs breaks the plan's lines.
        let [before, after] = [before, after].map(|value| value.as_ref().map(shown));
        match (before, after) {
            (None, Some(after)) => write!(f, "+ {path}: {after}"),
            (Some(before), None) => write!(f, "- {path}: {before}"),
            (Some(before), Some(after)) => write!(f, "~ {path}: {before} -> {after}"),
            (None, None) => write!(f, "= {path}"),
        }
    }
}

/// The value as JSON in which nothing is hidden: what the standard library writes out in `Debug`, such as controls and what
/// turns the direction of a text round, is written by its number.
fn shown(value: &Value) -> String {
    let json = value.to_string();
    if json.is_ascii() && !json.contains('\u{7f}') {
        return json;
    }
    let mut text = String::with_capacity(json.len());
    for character in json.chars() {
        let is_written_out = !(' '..='~').contains(&character)
            && character.escape_debug().len() > 1
            && String::from_iter(['a', character])
                .escape_debug()
                .nth(2)
                .is_some();
        if is_written_out {
            for unit in character.encode_utf16(&mut [0; 2]) {
                // A text takes whatever is written to it.
                let _ = write!(text, "\\u{unit:04x}");
            }
        } else {
            text.push(character);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_value_shows_what_is_in_it() {
        for (value, text) in [
            (json!("Zoë 平 🚀 e\u{301}"), "\"Zoë 平 🚀 e\u{301}\""),
            (json!("a\u{202e}b\n"), r#""a\u202eb\n""#),
            (json!("\u{7f}\u{9b}\u{2028}"), r#""\u007f\u009b\u2028""#),
            (json!(["\u{e0041}"]), r#"["\udb40\udc41"]"#),
        ] {
            let change = FieldChange {
                path: "spec.type".to_owned(),
                before: None,
                after: Some(value.clone()),
            };
            assert_eq!(change.to_string(), format!("+ spec.type: {text}"));
            assert_eq!(serde_json::from_str::<Value>(text).unwrap(), value);
        }
    }
}

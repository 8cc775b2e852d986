//! What is different between the catalog and what it will be, object by object.

use std::collections::BTreeMap;

use catalog_model::{EntityRef, Violations};

use super::PlanError;
use super::change::PlannedChange;
use crate::decide::mapping::{Mapped, MappedEntity, MappingError};
use crate::decide::roster::{Cause, Roster};
use crate::held::document::{Document, Text, Written};
use crate::held::object::Key;
use crate::held::packed::Packed;
use crate::held::state::{Entry, State};

/// The difference, as people see it and as the store takes it.
#[derive(Debug, Default)]
pub(super) struct Comparison {
    /// Of those that are there already it is not said yet in what they differ.
    pub(super) changes: Vec<PlannedChange>,
    pub(super) added: Packed,
    pub(super) changed: Vec<Written>,
    pub(super) removed: Vec<Key>,
    unsound: Vec<(EntityRef, Violations)>,
    text: Text,
}

/// Compares by what entities stand for, so that another name is a rename and not a removal and an addition.
pub(super) fn compare(
    state: &State,
    mapped: &Mapped<'_>,
    roster: &Roster<'_>,
) -> Result<Comparison, PlanError> {
    let mut found = Comparison::default();
    if !state.synced() {
        let all = roster.users.len() + roster.groups.len();
        found.changes.reserve_exact(all);
        found.added.reserve(all);
    }
    for pair in side_by_side(state.users(), mapped.users()) {
        let (id, before, after) = pair.map_err(PlanError::Mapping)?;
        found.add(id, before, after, &roster.removed_users)?;
    }
    for pair in side_by_side(state.groups(), mapped.groups()) {
        let (key, before, after) = pair.map_err(PlanError::Mapping)?;
        found.add(key, before, after, &roster.removed_groups)?;
    }
    if found.unsound.is_empty() {
        Ok(found)
    } else {
        Err(PlanError::Unsound(found.unsound))
    }
}

type Pair<'a, Id> = (&'a Id, Option<&'a Entry>, Option<MappedEntity<'a, Id>>);

/// Two rows of objects in the same order as one row of what is there before and after.
fn side_by_side<'a, Id: Ord>(
    before: &'a BTreeMap<Id, Entry>,
    after: impl Iterator<Item = Result<MappedEntity<'a, Id>, MappingError>>,
) -> impl Iterator<Item = Result<Pair<'a, Id>, MappingError>> {
    let mut before = before.iter().peekable();
    let mut after = after.peekable();
    std::iter::from_fn(move || {
        let (takes_old, takes_new) = match (before.peek(), after.peek()) {
            (None, None) => return None,
            (Some(_), None) => (true, false),
            (_, Some(Err(_))) | (None, Some(_)) => (false, true),
            (Some((old, _)), Some(Ok(new))) => (*old <= new.id, *old >= new.id),
        };
        let old = takes_old.then(|| before.next()).flatten();
        let new = match takes_new.then(|| after.next()).flatten().transpose() {
            Ok(new) => new,
            Err(error) => return Some(Err(error)),
        };
        let id = old.map(|(id, _)| id).or(new.as_ref().map(|new| new.id))?;
        Some(Ok((id, old.map(|(_, document)| document), new)))
    })
}

impl Comparison {
    fn add<Id: Ord + Clone + Into<Key>>(
        &mut self,
        id: &Id,
        before: Option<&Entry>,
        after: Option<MappedEntity<'_, Id>>,
        causes: &BTreeMap<Id, Cause>,
    ) -> Result<(), PlanError> {
        let key = || -> Key { id.clone().into() };
        let Some(new) = after else {
            if let Some(old) = before {
                self.changes.push(PlannedChange::Removed {
                    okta_id: key().to_string(),
                    entity_ref: old.entity_ref().clone(),
                    cause: causes.get(id).copied().unwrap_or(Cause::Absent),
                });
                self.removed.push(key());
            }
            return Ok(());
        };
        let MappedEntity {
            entity_ref, entity, ..
        } = new;
        let body = self.text.of(&entity);
        // What was written once was valid then.
        if before.is_some_and(|old| old.is_written(body)) {
            return Ok(());
        }
        if let Err(violations) = entity.validate() {
            self.unsound.push((entity_ref.clone(), violations));
            return Ok(());
        }
        let (okta_id, entity_ref) = (key().to_string(), entity_ref.clone());
        if let Some(old) = before {
            let change = changed(okta_id, old.entity_ref(), &entity_ref);
            self.changes.push(change);
            self.changed.push(Written {
                key: key(),
                document: Document::stored(entity_ref, body),
            });
            return Ok(());
        }
        let added = self.added.push(key(), entity_ref.clone(), body);
        added.map_err(PlanError::Packed)?;
        self.changes.push(PlannedChange::Added {
            okta_id,
            entity_ref,
        });
        Ok(())
    }
}

fn changed(okta_id: String, from: &EntityRef, entity_ref: &EntityRef) -> PlannedChange {
    let fields = Vec::new();
    if from == entity_ref {
        PlannedChange::Updated {
            okta_id,
            entity_ref: entity_ref.clone(),
            fields,
        }
    } else {
        PlannedChange::Renamed {
            okta_id,
            from: from.clone(),
            entity_ref: entity_ref.clone(),
            fields,
        }
    }
}

//! What is different between the catalog and what it will be, object by object.

use std::collections::BTreeMap;

use catalog_model::{EntityRef, Kind, Violation};
use okta_api::{GroupId, UserId};

use super::PlanError;
use super::change::PlannedChange;
use crate::decide::mapping::{Mapped, MappedEntity, MappingError};
use crate::decide::roster::{Cause, Roster};
use crate::held::document::{Document, Text, Written};
use crate::held::state::{Entry, State};

/// The difference, as people see it and as the store takes it.
#[derive(Debug, Default)]
pub(super) struct Comparison {
    /// Of those that are there already it is not said yet in what they differ.
    pub(super) changes: Vec<PlannedChange>,
    pub(super) written: Vec<Written>,
    pub(super) removed: Vec<(Kind, String)>,
    unsound: Vec<(EntityRef, Vec<Violation>)>,
    text: Text,
}

/// Compares by Okta id, so that another name is a rename and not a removal and an addition.
pub(super) fn compare(
    state: &State,
    mapped: &Mapped<'_>,
    roster: &Roster<'_>,
) -> Result<Comparison, PlanError> {
    let mut found = Comparison::default();
    let users = side_by_side(state.users(), UserId::as_str, mapped.users());
    for pair in users {
        let (before, after) = pair.map_err(PlanError::Mapping)?;
        let cause = |id: &str| roster.removed_users.get(&UserId::from(id)).copied();
        found.add(Kind::User, before, after, cause)?;
    }
    let groups = side_by_side(state.groups(), GroupId::as_str, mapped.groups());
    for pair in groups {
        let (before, after) = pair.map_err(PlanError::Mapping)?;
        let cause = |id: &str| roster.removed_groups.get(&GroupId::from(id)).copied();
        found.add(Kind::Group, before, after, cause)?;
    }
    let root = state.root().map(|entry| (State::ROOT, entry));
    found.add(Kind::Group, root, mapped.root(), |_| {
        Some(Cause::NotConfigured)
    })?;
    if found.unsound.is_empty() {
        Ok(found)
    } else {
        Err(PlanError::Unsound(found.unsound))
    }
}

type Before<'a> = Option<(&'a str, &'a Entry)>;
type After<'a> = Option<MappedEntity<'a>>;

/// Two rows of objects, both by Okta id, as one row of what is there before and after.
fn side_by_side<'a, Id>(
    before: &'a BTreeMap<Id, Entry>,
    text: fn(&Id) -> &str,
    after: impl Iterator<Item = Result<MappedEntity<'a>, MappingError>>,
) -> impl Iterator<Item = Result<(Before<'a>, After<'a>), MappingError>> {
    let mut before = before
        .iter()
        .map(move |(id, entry)| (text(id), entry))
        .peekable();
    let mut after = after.peekable();
    std::iter::from_fn(move || {
        let (takes_old, takes_new) = match (before.peek(), after.peek()) {
            (None, None) => return None,
            (Some(_), None) => (true, false),
            (_, Some(Err(_))) | (None, Some(_)) => (false, true),
            (Some((old, _)), Some(Ok(new))) => (*old <= new.okta_id, *old >= new.okta_id),
        };
        let old = takes_old.then(|| before.next()).flatten();
        let new = takes_new.then(|| after.next()).flatten();
        Some(new.transpose().map(|new| (old, new)))
    })
}

impl Comparison {
    fn add(
        &mut self,
        kind: Kind,
        before: Before<'_>,
        after: After<'_>,
        cause: impl Fn(&str) -> Option<Cause>,
    ) -> Result<(), PlanError> {
        let Some(new) = after else {
            if let Some((okta_id, old)) = before {
                self.changes.push(PlannedChange::Removed {
                    okta_id: okta_id.to_owned(),
                    entity_ref: old.entity_ref().clone(),
                    cause: cause(okta_id).unwrap_or(Cause::Absent),
                });
                self.removed.push((kind, okta_id.to_owned()));
            }
            return Ok(());
        };
        let MappedEntity {
            okta_id,
            entity_ref,
            entity,
        } = new;
        let body = self.text.of(&entity);
        // What was written once was valid then.
        if before.is_some_and(|(_, old)| old.is_written(body)) {
            return Ok(());
        }
        let violations = entity.validate();
        if !violations.is_empty() {
            self.unsound.push((entity_ref.clone(), violations));
            return Ok(());
        }
        let change = match before {
            Some((_, old)) => changed(okta_id, old.entity_ref(), entity_ref),
            None => PlannedChange::Added {
                okta_id: okta_id.to_owned(),
                entity_ref: entity_ref.clone(),
            },
        };
        self.changes.push(change);
        self.written.push(Written {
            okta_id: okta_id.to_owned(),
            document: Document::stored(entity_ref.clone(), body),
        });
        Ok(())
    }
}

fn changed(okta_id: &str, from: &EntityRef, entity_ref: &EntityRef) -> PlannedChange {
    let (okta_id, fields) = (okta_id.to_owned(), Vec::new());
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

//! What is different between the catalog and what it will be, object by object.

use std::collections::{BTreeMap, BTreeSet};

use catalog_model::{Entity, FieldChange, Kind};

use super::change::PlannedChange;
use crate::roster::{Cause, Roster};
use crate::state::State;
use crate::store::Record;

/// The difference, as people see it and as the store takes it.
pub(super) struct Comparison {
    pub(super) changes: Vec<PlannedChange>,
    pub(super) written: Vec<Record>,
    pub(super) removed: Vec<(Kind, String)>,
}

/// Compares by Okta id, so that another name is a rename and not a removal and an addition.
pub(super) fn compare(
    state: &State,
    mut after: BTreeMap<(Kind, String), Entity>,
    roster: &Roster<'_>,
) -> Comparison {
    let users = state
        .users()
        .iter()
        .map(|(id, entity)| ((Kind::User, id.to_string()), entity));
    let groups = state
        .groups()
        .iter()
        .map(|(id, entity)| ((Kind::Group, id.to_string()), entity));
    let before: BTreeMap<(Kind, String), &Entity> = users.chain(groups).collect();
    let keys: BTreeSet<(Kind, String)> = before.keys().chain(after.keys()).cloned().collect();

    let mut found = Comparison {
        changes: Vec::new(),
        written: Vec::new(),
        removed: Vec::new(),
    };
    for key in keys {
        let (old, new) = (before.get(&key), after.remove(&key));
        let (kind, okta_id) = key;
        match (old, new) {
            (None, Some(entity)) => {
                let entity_ref = entity.entity_ref();
                let change = PlannedChange::Added {
                    okta_id: okta_id.clone(),
                    entity_ref,
                };
                found.changes.push(change);
                found.written.push(Record { okta_id, entity });
            }
            (Some(old), Some(entity)) if **old != entity => {
                found.changes.push(changed(okta_id.clone(), old, &entity));
                found.written.push(Record { okta_id, entity });
            }
            (Some(old), None) => {
                let cause = match kind {
                    Kind::User => roster.removed_users.get(&okta_id.as_str().into()),
                    _ => roster.removed_groups.get(&okta_id.as_str().into()),
                };
                found.changes.push(PlannedChange::Removed {
                    okta_id: okta_id.clone(),
                    entity_ref: old.entity_ref(),
                    cause: cause.copied().unwrap_or(Cause::Absent),
                });
                found.removed.push((kind, okta_id));
            }
            _ => {}
        }
    }
    found
}

fn changed(okta_id: String, old: &Entity, new: &Entity) -> PlannedChange {
    let (from, entity_ref) = (old.entity_ref(), new.entity_ref());
    let fields = FieldChange::between(old, new);
    if from == entity_ref {
        PlannedChange::Updated {
            okta_id,
            entity_ref,
            fields,
        }
    } else {
        PlannedChange::Renamed {
            okta_id,
            from,
            entity_ref,
            fields,
        }
    }
}

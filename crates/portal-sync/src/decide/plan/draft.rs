//! A plan of which it is not said yet in what entities change: what they were is kept elsewhere, and fetched for that alone.

use std::collections::HashMap;

use catalog_model::FieldChange;

use super::{Plan, PlanError, PlannedChange, id};
use crate::decide::mapping::MappingError;
use crate::held::document::{Document, Written};
use crate::held::object::Key;

/// A plan, but for the fields that change.
#[derive(Debug)]
pub(crate) struct Draft {
    plan: Plan,
    /// Whether the plan is called by its changes.
    is_named_by_changes: bool,
    /// The changes of entities that are there already, with the places of what is written. In the order of the plan.
    changed: Vec<Changed>,
    /// So many of them are explained.
    explained: usize,
}

#[derive(Debug)]
struct Changed {
    change: usize,
    written: usize,
}

impl Draft {
    /// A draft of a plan that has no id yet when nothing else names it.
    pub(super) fn new(plan: Plan, is_named_by_changes: bool) -> Self {
        let mut written = 0;
        let mut changed = Vec::new();
        for (at, change) in plan.changes.iter().enumerate() {
            match change {
                PlannedChange::Updated { .. } | PlannedChange::Renamed { .. } => {
                    changed.push(Changed {
                        change: at,
                        written,
                    });
                    written += 1;
                }
                PlannedChange::Added { .. } => written += 1,
                PlannedChange::Removed { .. } => {}
            }
        }
        Self {
            plan,
            is_named_by_changes,
            changed,
            explained: 0,
        }
    }

    /// The next objects, `most` of them, of which must be known what they were. None when everything is
    /// explained.
    #[must_use]
    pub(crate) fn unexplained(&self, most: usize) -> Vec<Key> {
        let next = self.changed.iter().skip(self.explained).take(most);
        next.filter_map(|it| self.plan.written.get(it.written))
            .map(|it| it.key.clone())
            .collect()
    }

    /// Says in what the next objects change, by the texts of what they were.
    ///
    /// # Errors
    /// When one is missing, or is no entity.
    pub(crate) fn explain(mut self, were: Vec<Written>) -> Result<Self, PlanError> {
        let next = were.len();
        let were: HashMap<_, _> = were.iter().map(|it| (&it.key, &it.document)).collect();
        for at in self.changed.iter().skip(self.explained).take(next) {
            let (Some(change), Some(written)) = (
                self.plan.changes.get_mut(at.change),
                self.plan.written.get(at.written),
            ) else {
                continue;
            };
            let differ = difference(were.get(&written.key).copied(), &written.document)?;
            if let PlannedChange::Updated { fields, .. } | PlannedChange::Renamed { fields, .. } =
                change
            {
                *fields = differ;
            }
        }
        self.explained += next.max(1);
        Ok(self)
    }

    /// Says that what the guard would hold back was approved.
    pub(super) const fn approve(&mut self) {
        self.plan.approved = true;
    }

    /// The plan.
    #[must_use]
    pub(crate) fn finish(self) -> Plan {
        let mut plan = self.plan;
        // Another spelling of the same, such as that of an older version, is no change.
        let is_none = |change: &PlannedChange| matches!(change, PlannedChange::Updated { fields, .. } if fields.is_empty());
        let same = self
            .changed
            .iter()
            .filter(|it| plan.changes.get(it.change).is_some_and(is_none));
        let mut same: std::collections::HashSet<usize> = same.map(|it| it.written).collect();
        if !same.is_empty() {
            plan.changes.retain(|change| !is_none(change));
            let mut at = 0;
            plan.written.retain(|_| {
                at += 1;
                !same.remove(&(at - 1))
            });
        }
        if self.is_named_by_changes {
            plan.id = id::of_changes(&plan.provider, &plan.written, &plan.removed);
        }
        plan
    }

    /// The plan, of objects whose texts are all at hand.
    #[cfg(test)]
    pub(crate) fn explained_by(self, state: &crate::held::state::State) -> Result<Plan, PlanError> {
        let keys = self.unexplained(usize::MAX);
        let texts = keys.into_iter().filter_map(|key| {
            let document = state.text(&key)?.clone();
            Some(Written { key, document })
        });
        Ok(self.explain(texts.collect())?.finish())
    }
}

fn difference(was: Option<&Document>, is: &Document) -> Result<Vec<FieldChange>, PlanError> {
    let damaged = |source| {
        PlanError::Mapping(MappingError::Damaged {
            entity_ref: is.entity_ref().clone(),
            source,
        })
    };
    let missing = || damaged(serde::de::Error::custom("there is none"));
    let was = was.ok_or_else(missing)?.entity().map_err(damaged)?;
    Ok(FieldChange::between(&was, &is.entity().map_err(damaged)?))
}

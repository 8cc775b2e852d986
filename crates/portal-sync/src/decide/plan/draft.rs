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
    /// The places among all changes of those of entities that are there already, in the order of [`Plan::changed`].
    changed: Vec<usize>,
    /// So many of them are explained.
    explained: usize,
}

impl Draft {
    /// A draft of a plan that has no id yet when nothing else names it.
    pub(super) fn new(plan: Plan, is_named_by_changes: bool) -> Self {
        let changes = plan.changes.iter().enumerate();
        let changed = changes.filter(|(_, change)| {
            matches!(
                change,
                PlannedChange::Updated { .. } | PlannedChange::Renamed { .. }
            )
        });
        Self {
            changed: changed.map(|(at, _)| at).collect(),
            plan,
            is_named_by_changes,
            explained: 0,
        }
    }

    /// The next objects, `most` of them, of which must be known what they were. None when everything is explained.
    #[must_use]
    pub(crate) fn unexplained(&self, most: usize) -> Vec<Key> {
        let next = self.plan.changed.iter().skip(self.explained);
        next.take(most).map(|it| it.key.clone()).collect()
    }

    /// Says in what the next objects change, by the texts of what they were.
    ///
    /// # Errors
    /// When one is missing, or is no entity.
    pub(crate) fn explain(mut self, asked: usize, were: Vec<Written>) -> Result<Self, PlanError> {
        let were: HashMap<_, _> = were.iter().map(|it| (&it.key, &it.document)).collect();
        let changed = self.changed.iter().zip(&self.plan.changed);
        for (at, written) in changed.skip(self.explained).take(asked) {
            let differ = difference(were.get(&written.key).copied(), &written.document)?;
            if let Some(
                PlannedChange::Updated { fields, .. } | PlannedChange::Renamed { fields, .. },
            ) = self.plan.changes.get_mut(*at)
            {
                *fields = differ;
            }
        }
        self.explained += asked;
        Ok(self)
    }

    /// Says that what the guard would hold back was approved as this plan.
    pub(super) fn approve(&mut self, plan_id: String) {
        self.plan.approved = Some(plan_id);
    }

    /// The plan.
    #[must_use]
    pub(crate) fn finish(self) -> Plan {
        let mut plan = self.plan;
        // Another spelling of the same, such as that of an older version, is no change.
        let is_none = |change: &PlannedChange| matches!(change, PlannedChange::Updated { fields, .. } if fields.is_empty());
        let mut places = self.changed.iter();
        let changes = &plan.changes;
        plan.changed.retain(|_| {
            let change = places.next().and_then(|at| changes.get(*at));
            !change.is_some_and(is_none)
        });
        plan.changes.retain(|change| !is_none(change));
        if self.is_named_by_changes {
            plan.id = id::of_changes(&plan);
        }
        plan
    }

    /// The plan, of objects whose texts are all at hand.
    #[cfg(test)]
    pub(crate) fn explained_by(self, state: &crate::held::state::State) -> Result<Plan, PlanError> {
        let keys = self.unexplained(usize::MAX);
        let asked = keys.len();
        let texts = keys.into_iter().filter_map(|key| {
            let document = state.text(&key)?.clone();
            Some(Written { key, document })
        });
        Ok(self.explain(asked, texts.collect())?.finish())
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

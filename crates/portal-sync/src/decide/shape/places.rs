//! Where the catalog has each group of Okta's: apart, or in groups that are made of several.

use std::collections::{BTreeMap, BTreeSet};

use okta_api::GroupId;

use super::OKTA_MERGED;
use crate::held::object::GroupKey;
use crate::held::state::State;

/// The places of groups in the catalog.
#[derive(Debug)]
pub(super) struct Places<'a> {
    catalog: &'a State,
    /// The groups that each whole was made of when it was last written.
    wholes: BTreeMap<GroupKey, BTreeSet<GroupId>>,
}

impl<'a> Places<'a> {
    pub(super) fn of(catalog: &'a State) -> Self {
        let wholes = catalog.groups().iter();
        let wholes = wholes.filter(|(key, _)| matches!(key, GroupKey::Merged(_)));
        let parts = wholes.filter_map(|(key, document)| {
            let entity = document.entity().ok()?;
            let parts = entity.metadata.annotations.get(OKTA_MERGED)?;
            let parts = parts.split(',').filter(|part| !part.is_empty());
            Some((key.clone(), parts.map(GroupId::from).collect()))
        });
        Self {
            catalog,
            wholes: parts.collect(),
        }
    }

    /// The groups of Okta's that are somewhere in the catalog, some perhaps more than once.
    pub(super) fn all(&self) -> impl Iterator<Item = &GroupId> {
        let apart = self.catalog.groups().keys().filter_map(GroupKey::okta);
        apart.chain(self.wholes.values().flatten())
    }

    /// The wholes with the groups that each was made of.
    pub(super) fn wholes(&self) -> impl Iterator<Item = (&GroupKey, &BTreeSet<GroupId>)> {
        self.wholes.iter()
    }

    /// The groups that a whole was made of.
    pub(super) fn parts(&self, whole: &GroupKey) -> impl Iterator<Item = &GroupId> {
        self.wholes.get(whole).into_iter().flatten()
    }

    /// Whether a group is an entity of its own.
    pub(super) fn has_apart(&self, id: &GroupId) -> bool {
        self.catalog.groups().contains_key(&id.clone().into())
    }

    /// Whether a group is in a whole.
    pub(super) fn has_in(&self, whole: &GroupKey, id: &GroupId) -> bool {
        self.wholes.get(whole).is_some_and(|it| it.contains(id))
    }

    /// Whether a group is anywhere.
    pub(super) fn has(&self, id: &GroupId) -> bool {
        self.has_apart(id) || self.wholes.values().any(|it| it.contains(id))
    }
}

//! What the catalog holds for one provider before a run: the entities by the Okta ids they were made from.

use std::collections::{BTreeMap, BTreeSet};

use catalog_model::{Entity, EntityRef, Spec};
use okta_api::{GroupId, UserId};

/// The last good entities of one provider.
#[derive(Debug, Clone, Default)]
pub struct State {
    generation: Option<u64>,
    users: BTreeMap<UserId, Entity>,
    groups: BTreeMap<GroupId, Entity>,
    user_by_ref: BTreeMap<EntityRef, UserId>,
    taken: BTreeSet<EntityRef>,
}

impl State {
    /// The state of a provider that was never synced, in a catalog where other providers hold the names of `taken`.
    #[must_use]
    pub fn never_synced(taken: BTreeSet<EntityRef>) -> Self {
        Self {
            taken,
            ..Self::default()
        }
    }

    /// The state of a provider that last committed in `generation`.
    #[must_use]
    pub fn new(
        generation: u64,
        users: BTreeMap<UserId, Entity>,
        groups: BTreeMap<GroupId, Entity>,
        taken: BTreeSet<EntityRef>,
    ) -> Self {
        let user_by_ref = users
            .iter()
            .map(|(id, entity)| (entity.entity_ref(), id.clone()))
            .collect();
        Self {
            generation: Some(generation),
            users,
            groups,
            user_by_ref,
            taken,
        }
    }

    /// The generation in which the provider last committed; none when it was never synced.
    #[must_use]
    pub const fn generation(&self) -> Option<u64> {
        self.generation
    }

    /// Whether a run of this provider was ever committed.
    #[must_use]
    pub const fn synced(&self) -> bool {
        self.generation.is_some()
    }

    /// The users by Okta id.
    #[must_use]
    pub const fn users(&self) -> &BTreeMap<UserId, Entity> {
        &self.users
    }

    /// The groups by Okta id.
    #[must_use]
    pub const fn groups(&self) -> &BTreeMap<GroupId, Entity> {
        &self.groups
    }

    /// Names that other providers hold in the same catalog.
    #[must_use]
    pub const fn taken(&self) -> &BTreeSet<EntityRef> {
        &self.taken
    }

    /// The members of a group as the catalog has them, by Okta id. Empty for a group that is not there.
    #[must_use]
    pub fn members(&self, group: &GroupId) -> BTreeSet<UserId> {
        let Some(Entity {
            metadata,
            spec: Spec::Group(spec),
            ..
        }) = self.groups.get(group)
        else {
            return BTreeSet::new();
        };
        spec.member_users(&metadata.namespace)
            .filter_map(|member| self.user_by_ref.get(&member.ok()?).cloned())
            .collect()
    }
}

//! What the catalog holds for one provider before a run: the entities by what they stand for.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use catalog_model::{EntityRef, Kind, Namespace};
use okta_api::UserId;
use serde::Deserialize;

use crate::held::criteria::Remembered;
use crate::held::document::Document;
use crate::held::object::{GroupKey, Key};

/// The last good entities of one provider.
#[derive(Debug, Clone, Default)]
pub(crate) struct State {
    generation: Option<u64>,
    users: BTreeMap<UserId, Document>,
    groups: BTreeMap<GroupKey, Document>,
    /// The ids of the users, sorted.
    ids: Vec<UserId>,
    /// The members of each group, by their places in `ids`: millions of them, and four bytes each.
    members: BTreeMap<GroupKey, Box<[u32]>>,
    parents: BTreeMap<GroupKey, GroupKey>,
    others: Others,
    remembered: Remembered,
}

/// What other providers have in the same catalog.
#[derive(Debug, Clone, Default)]
pub(crate) struct Others {
    /// The names they hold.
    pub taken: BTreeSet<EntityRef>,
    /// Their users with the e-mail address of each that has one.
    pub addresses: Vec<(EntityRef, Option<String>)>,
}

impl State {
    /// The state of a provider that was never synced, in a catalog that has these others.
    #[must_use]
    pub(crate) fn never_synced(others: Others) -> Self {
        Self {
            others,
            ..Self::default()
        }
    }

    /// The state of a provider that last committed `documents` in `generation`.
    ///
    /// # Errors
    /// When the text of a group is not an entity.
    pub(crate) fn new(
        generation: u64,
        documents: impl IntoIterator<Item = (Key, Document)>,
        others: Others,
        remembered: Remembered,
    ) -> Result<Self, serde_json::Error> {
        let (mut users, mut groups) = (Vec::new(), Vec::new());
        for (key, document) in documents {
            match key {
                Key::User(id) => users.push((id, document)),
                Key::Group(key) => groups.push((key, document)),
            }
        }
        // Made at once, the trees are full; grown one by one, they are half empty.
        let users: BTreeMap<UserId, Document> = users.into_iter().collect();
        let groups: BTreeMap<GroupKey, Document> = groups.into_iter().collect();
        let ids: Vec<UserId> = users.keys().cloned().collect();
        let (members, parents) = relations(&users, &groups)?;
        Ok(Self {
            generation: Some(generation),
            users,
            groups,
            ids,
            members,
            parents,
            others,
            remembered,
        })
    }

    /// The state of a provider that last committed these entities, by Okta id, in `generation`.
    #[cfg(test)]
    pub(crate) fn of_entities(
        generation: u64,
        entities: impl IntoIterator<Item = (String, catalog_model::Entity)>,
    ) -> Self {
        let documents = entities.into_iter().filter_map(|(id, entity)| {
            let key = Key::parse(entity.kind(), &id)?;
            Some((key, Document::of(&entity)))
        });
        Self::new(
            generation,
            documents,
            Others::default(),
            Remembered::default(),
        )
        .unwrap()
    }

    /// The generation in which the provider last committed; none when it was never synced.
    #[must_use]
    pub(crate) const fn generation(&self) -> Option<u64> {
        self.generation
    }

    /// Whether a run of this provider was ever committed.
    #[must_use]
    pub(crate) const fn synced(&self) -> bool {
        self.generation.is_some()
    }

    /// The users by Okta id.
    #[must_use]
    pub(crate) const fn users(&self) -> &BTreeMap<UserId, Document> {
        &self.users
    }

    /// The groups by what they stand for.
    #[must_use]
    pub(crate) const fn groups(&self) -> &BTreeMap<GroupKey, Document> {
        &self.groups
    }

    /// How many of the groups the org accounts for: all but the root, which the configuration alone makes.
    #[must_use]
    pub(crate) fn groups_of_org(&self) -> usize {
        self.groups.len() - usize::from(self.groups.contains_key(&GroupKey::Root))
    }

    /// What other providers have in the same catalog.
    #[must_use]
    pub(crate) const fn others(&self) -> &Others {
        &self.others
    }

    /// Names that other providers hold in the same catalog.
    #[must_use]
    pub(crate) const fn taken(&self) -> &BTreeSet<EntityRef> {
        &self.others.taken
    }

    /// What else is known from the runs before.
    #[must_use]
    pub(crate) const fn remembered(&self) -> &Remembered {
        &self.remembered
    }

    /// The members of a group as the catalog has them. Empty for a group that is not there.
    #[must_use]
    pub(crate) fn members(&self, group: &GroupKey) -> MembersOf<'_> {
        MembersOf {
            ids: &self.ids,
            places: self
                .members
                .get(group)
                .map(AsRef::as_ref)
                .unwrap_or_default(),
        }
    }

    /// The group that a group is part of as the catalog has it.
    #[must_use]
    pub(crate) fn parent(&self, group: &GroupKey) -> Option<&GroupKey> {
        self.parents.get(group)
    }
}

/// The members of one group, sorted by Okta id.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MembersOf<'a> {
    ids: &'a [UserId],
    places: &'a [u32],
}

impl<'a> MembersOf<'a> {
    /// How many they are.
    #[must_use]
    pub(crate) const fn len(&self) -> usize {
        self.places.len()
    }

    /// Their ids.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &'a UserId> + use<'a> {
        let ids = self.ids;
        self.places.iter().filter_map(|at| ids.get(*at as usize))
    }

    /// Their ids, as a set of its own.
    #[must_use]
    pub(crate) fn to_set(self) -> BTreeSet<UserId> {
        self.iter().cloned().collect()
    }
}

type Members = BTreeMap<GroupKey, Box<[u32]>>;
type Parents = BTreeMap<GroupKey, GroupKey>;

/// Members and parents. Of a group's document only the refs are read.
fn relations(
    users: &BTreeMap<UserId, Document>,
    groups: &BTreeMap<GroupKey, Document>,
) -> Result<(Members, Parents), serde_json::Error> {
    #[derive(Deserialize)]
    struct Group<'a> {
        #[serde(borrow)]
        spec: Refs<'a>,
    }
    #[derive(Deserialize)]
    struct Refs<'a> {
        #[serde(borrow, default)]
        parent: Option<Text<'a>>,
        #[serde(borrow, default)]
        members: Vec<Text<'a>>,
    }
    // Borrows from the document unless there is something to unescape.
    #[derive(Deserialize)]
    struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

    let user_by_ref: HashMap<&str, u32> = users
        .values()
        .map(|document| document.entity_ref().as_str())
        .zip(0..)
        .collect();
    let group_by_ref: HashMap<&str, &GroupKey> = groups
        .iter()
        .map(|(id, document)| (document.entity_ref().as_str(), id))
        .collect();
    let (mut members, mut parents) = (Members::new(), Parents::new());
    for (id, document) in groups {
        let Group { spec } = serde_json::from_str(document.body())?;
        let namespace = document.entity_ref().namespace();
        let mut of_group: Vec<u32> = spec
            .members
            .iter()
            .filter_map(|Text(text)| find(&user_by_ref, text, Kind::User, namespace).copied())
            .collect();
        of_group.sort_unstable();
        of_group.dedup();
        members.insert(id.clone(), of_group.into());
        let parent = spec
            .parent
            .and_then(|Text(text)| find(&group_by_ref, &text, Kind::Group, namespace));
        if let Some(parent) = parent {
            parents.insert(id.clone(), (*parent).clone());
        }
    }
    Ok((members, parents))
}

/// What a ref in a document of that namespace stands for. Nearly all are written in their canonical form.
fn find<'a, T>(
    by_ref: &'a HashMap<&str, T>,
    text: &str,
    kind: Kind,
    namespace: &str,
) -> Option<&'a T> {
    by_ref.get(text).or_else(|| {
        let namespace = Namespace::parse(namespace).ok()?;
        let full = EntityRef::parse(text, kind, &namespace).ok()?;
        by_ref.get(full.as_str())
    })
}

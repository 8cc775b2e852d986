//! What the catalog holds for one provider before a run: its objects by what they stand for, without the texts of their entities.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use catalog_model::{Digest, Entity, EntityRef, Namespace};
use jiff::Timestamp;
use okta_api::{GroupId, UserId};
use serde::Deserialize;

use super::approval::Approvals;
use super::criteria::Remembered;
use super::document::{Document, Written, digest_of};
use super::leavers::left_at;
use super::object::{GroupKey, Key, Kind};

/// The annotation of a group that is made of several, with their ids.
pub(crate) const OKTA_MERGED: &str = "okta.com/merged-ids";

/// The last good entities of one provider.
///
/// A hundred thousand of them are a hundred megabytes of text, of which a run that changes nothing needs no letter: each is
/// held as its ref and a digest, and the relations by position. The few texts that somebody needs come later, by
/// [`with_texts`](Self::with_texts).
#[derive(Debug, Clone, Default)]
pub(crate) struct State {
    generation: Option<u64>,
    users: BTreeMap<UserId, Entry>,
    groups: BTreeMap<GroupKey, Entry>,
    /// The ids of the users, sorted.
    ids: Vec<UserId>,
    /// The members of each group, by their places in `ids`: millions of them, and four bytes each.
    members: BTreeMap<GroupKey, Box<[u32]>>,
    parents: BTreeMap<GroupKey, GroupKey>,
    /// The parts of each group that is made of several.
    merged: BTreeMap<GroupKey, BTreeSet<GroupId>>,
    /// When whoever left and stays in the catalog left.
    left: BTreeMap<UserId, Timestamp>,
    texts: HashMap<Key, Document>,
    others: Others,
    remembered: Remembered,
    approvals: Approvals,
}

/// An entity that the catalog holds, without its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    entity_ref: EntityRef,
    digest: Digest,
    /// The name as it is spelled, where that is not as in the ref.
    spelling: Option<Box<str>>,
}

impl Entry {
    /// The identity of the entity.
    #[must_use]
    pub(crate) const fn entity_ref(&self) -> &EntityRef {
        &self.entity_ref
    }

    /// The name as it is spelled.
    #[must_use]
    pub(crate) fn name(&self) -> &str {
        let spelling = self.spelling.as_deref();
        spelling.unwrap_or_else(|| self.entity_ref.name())
    }

    /// Whether the text of the entity is this one.
    #[must_use]
    pub(crate) fn is_written(&self, text: &str) -> bool {
        self.digest == digest_of(text)
    }
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

    /// The state of a provider that last committed these entities, by Okta id, in `generation`, with all their texts.
    #[cfg(test)]
    pub(crate) fn of_entities(
        generation: u64,
        entities: impl IntoIterator<Item = (String, Entity)>,
    ) -> Self {
        let documents = entities.into_iter().filter_map(|(id, entity)| {
            let key = Key::parse(Kind::of(&entity.entity_ref())?, &id);
            let document = Document::of(&entity);
            Some(Written { key, document })
        });
        Self::of_documents(
            generation,
            documents,
            Others::default(),
            Remembered::default(),
        )
    }

    /// The same of documents.
    #[cfg(test)]
    pub(crate) fn of_documents(
        generation: u64,
        documents: impl IntoIterator<Item = Written>,
        others: Others,
        remembered: Remembered,
    ) -> Self {
        let mut documents: Vec<Written> = documents.into_iter().collect();
        documents.sort_by_key(|it| (it.key.kind().as_str(), it.key.clone()));
        let mut reader = StateReader::default();
        for Written { key, document } in &documents {
            let entity_ref = document.entity_ref().clone();
            let read = reader.entity(key.clone(), entity_ref, document.body());
            read.unwrap();
        }
        let state = reader.finish(generation, others, remembered);
        state.with_texts(documents)
    }

    /// Every entity whose text was read, by what it stands for.
    #[cfg(test)]
    pub(crate) fn documents(&self) -> BTreeMap<Key, Document> {
        let texts = self.texts.iter();
        texts.map(|(key, it)| (key.clone(), it.clone())).collect()
    }

    /// As a run has it that was told no text yet.
    #[cfg(test)]
    pub(crate) fn without_texts(&self) -> Self {
        Self {
            texts: HashMap::new(),
            ..self.clone()
        }
    }

    /// With the texts of some of its entities. Those that are none of its are left out.
    #[must_use]
    pub(crate) fn with_texts(mut self, texts: impl IntoIterator<Item = Written>) -> Self {
        for Written { key, document } in texts {
            let entry = self.entry(&key);
            if entry.is_some_and(|entry| entry.is_written(document.body())) {
                self.texts.insert(key, document);
            }
        }
        self
    }

    /// The text of an entity, if it was read.
    #[must_use]
    pub(crate) fn text(&self, key: &Key) -> Option<&Document> {
        self.texts.get(key)
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
    pub(crate) const fn users(&self) -> &BTreeMap<UserId, Entry> {
        &self.users
    }

    /// The groups by what they stand for.
    #[must_use]
    pub(crate) const fn groups(&self) -> &BTreeMap<GroupKey, Entry> {
        &self.groups
    }

    /// How many of the groups the org accounts for: all but the root, which the configuration alone makes.
    #[must_use]
    pub(crate) fn groups_of_org(&self) -> usize {
        self.groups.len() - usize::from(self.groups.contains_key(&GroupKey::Root))
    }

    /// The groups that are made of several, with those that each was made of.
    #[must_use]
    pub(crate) const fn merged(&self) -> &BTreeMap<GroupKey, BTreeSet<GroupId>> {
        &self.merged
    }

    /// When a user left who stays in the catalog.
    #[must_use]
    pub(crate) fn left_at(&self, user: &UserId) -> Option<Timestamp> {
        self.left.get(user).copied()
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

    /// With the approvals of its provider.
    #[must_use]
    pub(crate) fn with_approvals(self, approvals: Approvals) -> Self {
        Self { approvals, ..self }
    }

    /// The approvals of its provider.
    #[must_use]
    pub(crate) const fn approvals(&self) -> &Approvals {
        &self.approvals
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

    fn entry(&self, key: &Key) -> Option<&Entry> {
        match key {
            Key::User(id) => self.users.get(id),
            Key::Group(key) => self.groups.get(key),
        }
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

/// Reads a [`State`] from the texts of its entities, one at a time: groups before users, each by Okta id. Of a text only what
/// is held is kept.
#[derive(Debug, Default)]
pub(crate) struct StateReader {
    users: Vec<(UserId, Entry)>,
    groups: Vec<(GroupKey, Entry)>,
    members: Vec<Vec<u32>>,
    parents: Vec<Option<Box<str>>>,
    merged: BTreeMap<GroupKey, BTreeSet<GroupId>>,
    left: BTreeMap<UserId, Timestamp>,
    /// The places of the groups by their refs, once all are known.
    places: HashMap<Box<str>, u32>,
}

impl StateReader {
    /// Takes what is held of the next entity.
    ///
    /// # Errors
    /// When its text is not an entity.
    pub(crate) fn entity(
        &mut self,
        key: Key,
        entity_ref: EntityRef,
        text: &str,
    ) -> Result<(), serde_json::Error> {
        let Read { metadata, spec } = serde_json::from_str(text)?;
        let spelled = entity_ref.name() == metadata.name.0;
        let entry = Entry {
            digest: digest_of(text),
            spelling: (!spelled).then(|| metadata.name.0.into()),
            entity_ref,
        };
        match key {
            Key::User(id) => self.user(id, entry, &spec, text),
            Key::Group(key) => self.group(key, entry, spec, text),
        }
        Ok(())
    }

    fn group(&mut self, key: GroupKey, entry: Entry, spec: Spec<'_>, text: &str) {
        let namespace = entry.entity_ref.namespace();
        let parent = spec.parent.and_then(|Text(it)| full(&it, namespace));
        self.parents
            .push(parent.map(|parent| parent.as_str().into()));
        // Few are, so few are read.
        if text.contains(OKTA_MERGED)
            && let Ok(entity) = serde_json::from_str::<Entity>(text)
            && let Some(parts) = entity.metadata.annotations.get(OKTA_MERGED)
        {
            let parts = parts.split(',').filter(|part| !part.is_empty());
            let parts = parts.map(GroupId::from).collect();
            self.merged.insert(key.clone(), parts);
        }
        let place = u32::try_from(self.groups.len()).unwrap_or(u32::MAX);
        let text = entry.entity_ref.as_str().into();
        self.places.insert(text, place);
        self.groups.push((key, entry));
        self.members.push(Vec::new());
    }

    fn user(&mut self, id: UserId, entry: Entry, spec: &Spec<'_>, text: &str) {
        let place = u32::try_from(self.users.len()).unwrap_or(u32::MAX);
        let namespace = entry.entity_ref.namespace();
        for Text(group) in &spec.member_of {
            // Nearly all are written in their canonical form.
            let at = self.places.get(&**group).or_else(|| {
                let group = full(group, namespace)?;
                self.places.get(group.as_str())
            });
            let members = at.and_then(|at| self.members.get_mut(*at as usize));
            if let Some(members) = members
                && members.last() != Some(&place)
            {
                members.push(place);
            }
        }
        if let Some(left) = left_at(text) {
            self.left.insert(id.clone(), left);
        }
        self.users.push((id, entry));
    }

    /// The state of a provider that last committed these entities in `generation`.
    #[must_use]
    pub(crate) fn finish(self, generation: u64, others: Others, remembered: Remembered) -> State {
        let id_at = |at: &u32| self.groups.get(*at as usize).map(|(id, _)| id.clone());
        let parents = self.groups.iter().zip(&self.parents);
        let parents = parents.filter_map(|((id, _), parent)| {
            let parent = self.places.get(parent.as_deref()?)?;
            Some((id.clone(), id_at(parent)?))
        });
        let parents = parents.collect();
        let ids = self.groups.iter().map(|(id, _)| id.clone());
        let members = ids.zip(self.members.into_iter().map(Into::into)).collect();
        State {
            generation: Some(generation),
            ids: self.users.iter().map(|(id, _)| id.clone()).collect(),
            // Made at once, the trees are full; grown one by one, they are half empty.
            users: self.users.into_iter().collect(),
            groups: self.groups.into_iter().collect(),
            members,
            parents,
            merged: self.merged,
            left: self.left,
            texts: HashMap::new(),
            others,
            remembered,
            approvals: Approvals::default(),
        }
    }
}

/// What is read of every entity.
#[derive(Deserialize)]
struct Read<'a> {
    #[serde(borrow)]
    metadata: Metadata<'a>,
    #[serde(borrow)]
    spec: Spec<'a>,
}

#[derive(Deserialize)]
struct Metadata<'a> {
    #[serde(borrow)]
    name: Text<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Spec<'a> {
    #[serde(borrow, default)]
    parent: Option<Text<'a>>,
    #[serde(borrow, default)]
    member_of: Vec<Text<'a>>,
}

/// Borrows from the document unless there is something to unescape.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// The group that a text in an entity of that namespace stands for.
fn full(text: &str, namespace: &str) -> Option<EntityRef> {
    let namespace = Namespace::parse(namespace).ok()?;
    EntityRef::parse(text, &Kind::Group.into(), &namespace).ok()
}

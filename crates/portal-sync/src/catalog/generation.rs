//! What readers see: one whole generation of the catalog, never a mix of two.

use std::collections::{BTreeSet, HashMap};

use catalog_model::{Entity, Namespace, RelationType};
use jiff::Timestamp;
use thiserror::Error;
use uuid::Uuid;

use super::refs::Refs;
use super::relations::Relations;
use super::stored::{Outline, Parts, Stated, resolve};
use super::texts::{self, Packer, Reader, Texts, number};
use super::wire;
use crate::held::object::Kind;

/// One generation of the catalog, ready to be read. It is built once and then only shared.
///
/// Entities are told by their position: their rank among all refs of the generation, those included that are named and
/// not there.
#[derive(Debug)]
pub(crate) struct Generation {
    number: u64,
    taken_at: Timestamp,
    /// The tenants that were ever read.
    providers: BTreeSet<String>,
    refs: Refs,
    /// The number of each position's text; [`MISSING`] where there is no entity.
    numbers: Vec<u32>,
    uids: Vec<Uuid>,
    texts: Texts,
    relations: Relations,
    users: Vec<u32>,
    groups: Vec<u32>,
}

/// Stands for a text that is not there.
const MISSING: u32 = u32::MAX;

/// Why a text is no entity of a generation.
#[derive(Debug, Error)]
pub(crate) enum Unfit {
    #[error("what is stored as {entity_ref} cannot be read")]
    Unreadable {
        entity_ref: String,
        source: serde_json::Error,
    },
    #[error("what is stored as {entity_ref} calls itself {name}")]
    Misnamed { entity_ref: String, name: String },
    #[error("two entities are called {entity_ref}")]
    Twice { entity_ref: String },
}

/// Takes the entities of a generation, in any order.
#[derive(Debug, Default)]
pub(crate) struct Builder {
    texts: Packer,
    /// A number for each ref that is met, in the order of meeting.
    met: HashMap<Box<str>, u32>,
    /// The entities: the number of the ref, and the uid.
    entities: Vec<(u32, Uuid)>,
    stated: Vec<(u32, RelationType, u32)>,
}

impl Builder {
    /// Adds the entity with this text, which has its own ref in it.
    ///
    /// # Errors
    /// When it is not the text of an entity of that ref.
    pub(crate) fn add(&mut self, entity_ref: &str, uid: Uuid, text: &str) -> Result<(), Unfit> {
        let unreadable = |source| Unfit::Unreadable {
            entity_ref: entity_ref.to_owned(),
            source,
        };
        let parts: Parts<'_> = serde_json::from_str(text).map_err(unreadable)?;
        let of = |key| text_of(parts.metadata.get(key));
        let kind = text_of(Some(parts.kind)).unwrap_or_default();
        let namespace = of("namespace");
        let name = format!(
            "{kind}:{}/{}",
            namespace.as_deref().unwrap_or("default"),
            of("name").unwrap_or_default()
        );
        if !name.eq_ignore_ascii_case(entity_ref) {
            let entity_ref = entity_ref.to_owned();
            return Err(Unfit::Misnamed { entity_ref, name });
        }
        let from = self.meet(entity_ref);
        if let (Some(spec), "User" | "Group") = (parts.spec, &*kind) {
            let stated: Stated<'_> = serde_json::from_str(spec.get()).map_err(unreadable)?;
            let namespace = namespace.and_then(|text| text.parse().ok());
            let namespace: Namespace = namespace.unwrap_or_default();
            for (field, text) in stated.refs(&kind) {
                // Mostly it is written as refs are compared, and known.
                let to = match self.met.get(text) {
                    Some(known) if text.contains(':') => Some(*known),
                    _ => resolve(field, text, &namespace).map(|to| self.meet(to.as_str())),
                };
                if let Some(to) = to {
                    self.stated.push((from, RelationType::of(field), to));
                }
            }
        }
        self.texts.push(text);
        self.entities.push((from, uid));
        Ok(())
    }

    fn meet(&mut self, entity_ref: &str) -> u32 {
        if let Some(known) = self.met.get(entity_ref) {
            return *known;
        }
        let new = number(self.met.len());
        self.met.insert(entity_ref.into(), new);
        new
    }

    /// The generation of all that was added.
    ///
    /// # Errors
    /// When two entities have one ref.
    pub(crate) fn finish(
        self,
        number_of_it: u64,
        taken_at: Timestamp,
        providers: impl IntoIterator<Item = String>,
    ) -> Result<Generation, Unfit> {
        let mut met: Vec<(Box<str>, u32)> = self.met.into_iter().collect();
        met.sort_unstable();
        let mut ranks = vec![0; met.len()];
        for (rank, (_, met)) in met.iter().enumerate() {
            if let Some(place) = ranks.get_mut(texts::index(*met)) {
                *place = number(rank);
            }
        }
        let rank = |met: u32| ranks.get(texts::index(met)).copied().unwrap_or(MISSING);
        let refs = Refs::of_sorted(met.iter().map(|(one, _)| &**one));
        drop(met);
        let mut numbers = vec![MISSING; refs.len()];
        let mut uids = vec![Uuid::nil(); refs.len()];
        for (text, (met, uid)) in self.entities.into_iter().enumerate() {
            let position = rank(met);
            let at = texts::index(position);
            let (Some(place), Some(slot)) = (numbers.get_mut(at), uids.get_mut(at)) else {
                continue;
            };
            if *place != MISSING {
                let entity_ref = refs.get(position).to_owned();
                return Err(Unfit::Twice { entity_ref });
            }
            (*place, *slot) = (number(text), uid);
        }
        let stated = self.stated.into_iter();
        let stated = stated.map(|(from, of, to)| (rank(from), of, rank(to)));
        let relations = Relations::of(refs.len(), stated);
        let of_kind = |kind: Kind| -> Vec<u32> {
            let is = |position: &u32| {
                let before = refs.get(*position).split_once(':');
                let is_kind =
                    before.is_some_and(|(name, _)| name.eq_ignore_ascii_case(kind.as_str()));
                is_kind && numbers.get(texts::index(*position)) != Some(&MISSING)
            };
            (0..number(refs.len())).filter(is).collect()
        };
        Ok(Generation {
            number: number_of_it,
            taken_at,
            providers: providers.into_iter().collect(),
            users: of_kind(Kind::User),
            groups: of_kind(Kind::Group),
            refs,
            numbers,
            uids,
            texts: self.texts.finish(),
            relations,
        })
    }
}

fn text_of(value: Option<&serde_json::value::RawValue>) -> Option<String> {
    serde_json::from_str(value?.get()).ok()
}

impl Generation {
    /// Whether a tenant was ever read: without its people this is not the whole catalog.
    #[must_use]
    pub(crate) fn has_read(&self, provider: &str) -> bool {
        self.providers.contains(provider)
    }

    /// The number of this generation; the next one has a higher number.
    #[must_use]
    pub(crate) const fn number(&self) -> u64 {
        self.number
    }

    /// When the run that made this generation began to read its org.
    #[must_use]
    pub(crate) const fn taken_at(&self) -> Timestamp {
        self.taken_at
    }

    /// Where the users are, sorted by ref.
    #[must_use]
    pub(crate) fn users(&self) -> &[u32] {
        &self.users
    }

    /// Where the groups are, sorted by ref.
    #[must_use]
    pub(crate) fn groups(&self) -> &[u32] {
        &self.groups
    }

    /// How many positions there are.
    pub(super) fn positions(&self) -> usize {
        self.refs.len()
    }

    /// Where the entity is whose ref is this, in lower case. Nothing for one that is only named.
    #[must_use]
    pub(crate) fn position(&self, entity_ref: &str) -> Option<u32> {
        let position = self.refs.position(entity_ref)?;
        self.has(position).then_some(position)
    }

    /// The same by the three parts of a ref, as they stand in an address: their letters' case does not matter.
    #[must_use]
    pub(crate) fn position_of(&self, kind: &str, namespace: &str, name: &str) -> Option<u32> {
        self.position(&format!("{kind}:{namespace}/{name}").to_lowercase())
    }

    /// Where the entity with this uid is. It looks at every one, which takes a tenth of a millisecond for a hundred thousand.
    #[must_use]
    pub(crate) fn position_of_uid(&self, uid: &str) -> Option<u32> {
        let uid: Uuid = uid.parse().ok()?;
        let position = number(self.uids.iter().position(|one| *one == uid)?);
        self.has(position).then_some(position)
    }

    /// Whether there is an entity at this position.
    #[must_use]
    pub(crate) fn has(&self, position: u32) -> bool {
        self.number_at(position) != MISSING
    }

    /// The ref at this position, of an entity or of what is only named.
    #[must_use]
    pub(crate) fn ref_at(&self, position: u32) -> &str {
        self.refs.get(position)
    }

    /// The uid of the entity at this position.
    #[must_use]
    pub(crate) fn uid_at(&self, position: u32) -> Uuid {
        let uid = self.uids.get(texts::index(position)).copied();
        uid.unwrap_or_default()
    }

    /// What the entity at this position relates to, sorted by type, then by the target's ref.
    pub(crate) fn relations(&self, position: u32) -> impl Iterator<Item = (RelationType, u32)> {
        self.relations.get(position)
    }

    /// The refs that relations name and nobody has.
    pub(crate) fn missing(&self) -> impl Iterator<Item = &str> {
        let positions = 0..number(self.positions());
        let missing = positions.filter(|position| !self.has(*position));
        missing.map(|position| self.refs.get(position))
    }

    /// Reads entities one after the other.
    #[must_use]
    pub(crate) fn entities(&self) -> Entities<'_> {
        Entities {
            generation: self,
            texts: self.texts.reader(),
        }
    }

    /// Every entity in the order of refs, with its uid, as the text that is kept of it: without relations.
    #[cfg(test)]
    fn each_document(&self, each: impl FnMut(&str, Uuid, &str)) {
        self.each_document_of(|_| true, each);
    }

    /// The same of those whose uid is wanted.
    pub(super) fn each_document_of(
        &self,
        is_wanted: impl Fn(Uuid) -> bool,
        mut each: impl FnMut(&str, Uuid, &str),
    ) {
        let mut entities = self.entities();
        for position in 0..number(self.positions()) {
            if self.has(position) && is_wanted(self.uid_at(position)) {
                each(
                    self.ref_at(position),
                    self.uid_at(position),
                    entities.text(position),
                );
            }
        }
    }

    fn number_at(&self, position: u32) -> u32 {
        let number = self.numbers.get(texts::index(position)).copied();
        number.unwrap_or(MISSING)
    }

    /// The positions of entities in the order in which their texts are packed.
    pub(super) fn packed_order(&self) -> Vec<u32> {
        let mut order = vec![0; self.numbers.iter().filter(|one| **one != MISSING).count()];
        for (position, text) in self.numbers.iter().enumerate() {
            if let Some(place) = order.get_mut(texts::index(*text)) {
                *place = number(position);
            }
        }
        order
    }
}

/// Reads entities of a generation one after the other.
#[derive(Debug)]
pub(crate) struct Entities<'a> {
    generation: &'a Generation,
    texts: Reader<'a>,
}

impl Entities<'_> {
    /// The text that is kept of the entity at this position; empty where there is none.
    pub(crate) fn text(&mut self, position: u32) -> &str {
        self.texts.read(self.generation.number_at(position))
    }

    /// The entity at this position.
    #[must_use]
    pub(crate) fn entity(&mut self, position: u32) -> Option<Entity> {
        serde_json::from_str(self.text(position)).ok()
    }

    /// What people are told of the entity at this position in a list.
    pub(crate) fn outline(&mut self, position: u32) -> Outline<'_> {
        let mut outline: Outline<'_> =
            serde_json::from_str(self.texts.read(self.generation.number_at(position)))
                .unwrap_or_default();
        outline.entity_ref = self.generation.ref_at(position);
        outline
    }

    /// Writes the entity at this position as Backstage's catalog API answers it; nothing where there is none.
    pub(crate) fn write(&mut self, position: u32, out: &mut Vec<u8>) {
        let of = self.generation;
        if !of.has(position) {
            return;
        }
        let relations = of.relations(position);
        let relations = relations.map(|(of_type, to)| (of_type, of.ref_at(to)));
        let start = out.len();
        let text = self.texts.read(of.number_at(position));
        if let Err(error) = wire::entity(text, of.uid_at(position), relations, out) {
            // It could be read when the generation was built.
            tracing::error!(%error, "an entity cannot be written: a bug");
            out.truncate(start);
        }
    }
}

#[cfg(test)]
mod tests;

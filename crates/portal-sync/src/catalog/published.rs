//! What readers see: one whole generation of the catalog, never a mix of two.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use catalog_model::{Entity, EntityRef, EntitySet, Relation};
use jiff::Timestamp;

use crate::held::document::Text;
use crate::held::object::Kind;

mod representation;
mod search;
mod wire;

#[cfg(test)]
pub(crate) use representation::CHUNK;
pub(crate) use representation::{Coding, Representation};

use search::SearchTexts;

/// Where readers find the newest generation; `None` until the first one is there.
///
/// A reader borrows the `Arc`, clones it and lets go: what it then holds does not change under its hands.
pub(crate) type CatalogReader = tokio::sync::watch::Receiver<Option<Arc<Published>>>;

/// One generation of the catalog, ready to be read. It is built once and then only shared.
#[derive(Debug)]
pub(crate) struct Published {
    generation: u64,
    taken_at: Timestamp,
    entities: EntitySet,
    /// Every entity of the set with its uid, sorted by ref: what makes "the entities from the nth on" cheap.
    index: Vec<(EntityRef, Option<String>)>,
    /// Where the users are in the index.
    users: Range<usize>,
    /// Where the groups are in the index.
    groups: Range<usize>,
    /// The tenants that were ever read.
    providers: BTreeSet<String>,
    /// The whole list in each coding, once somebody asked for it.
    lists: Lists,
    /// What searches look at, once somebody searched.
    texts: OnceLock<SearchTexts>,
}

/// One coding of the whole list.
#[derive(Debug, Default)]
struct List {
    made: OnceLock<Representation>,
    /// Held while it is made, so that it is made once.
    making: Mutex<()>,
    asked: AtomicBool,
}

#[derive(Debug, Default)]
struct Lists {
    identity: List,
    gzip: List,
}

impl Lists {
    const fn of(&self, coding: Coding) -> &List {
        match coding {
            Coding::Identity => &self.identity,
            Coding::Gzip => &self.gzip,
        }
    }
}

impl Published {
    /// The generation with this number, made of what an org answered from `taken_at` on.
    ///
    /// `uids` are the catalog's own ids, kept by an entity for as long as it is there. An entity without one is
    /// served without one; a uid of an entity that is not in the set is dropped.
    #[must_use]
    pub(crate) fn new(
        generation: u64,
        taken_at: Timestamp,
        entities: EntitySet,
        mut uids: BTreeMap<EntityRef, String>,
    ) -> Self {
        let mut index: Vec<_> = entities
            .iter()
            .map(|entity| {
                let reference = entity.entity_ref();
                let uid = uids.remove(&reference);
                (reference, uid)
            })
            .collect();
        index.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        // The first call derives the relations of all: no reader shall wait for that.
        if let Some((first, _)) = index.first() {
            let _ = entities.relations(first);
        }
        let (users, groups) = (range(&index, Kind::User), range(&index, Kind::Group));
        Self {
            generation,
            taken_at,
            entities,
            index,
            users,
            groups,
            providers: BTreeSet::new(),
            lists: Lists::default(),
            texts: OnceLock::new(),
        }
    }

    /// The same generation, to which these tenants have contributed, be it nobody.
    #[must_use]
    pub(crate) fn of_providers(self, providers: impl IntoIterator<Item = String>) -> Self {
        Self {
            providers: providers.into_iter().collect(),
            ..self
        }
    }

    /// Whether a tenant was ever read: without its people this is not the whole catalog.
    #[must_use]
    pub(crate) fn has_read(&self, provider: &str) -> bool {
        self.providers.contains(provider)
    }

    /// The number of this generation; the next one has a higher number.
    #[must_use]
    pub(crate) const fn generation(&self) -> u64 {
        self.generation
    }

    /// When the run that made this generation began to read its org.
    #[must_use]
    pub(crate) const fn taken_at(&self) -> Timestamp {
        self.taken_at
    }

    /// The refs of all entities, sorted.
    pub(crate) fn refs(&self) -> impl ExactSizeIterator<Item = &EntityRef> {
        self.refs_in(0..self.index.len())
    }

    /// The refs of the users, sorted.
    pub(crate) fn users(&self) -> impl ExactSizeIterator<Item = &EntityRef> {
        self.refs_in(self.users.clone())
    }

    /// The refs of the groups, sorted.
    pub(crate) fn groups(&self) -> impl ExactSizeIterator<Item = &EntityRef> {
        self.refs_in(self.groups.clone())
    }

    /// The refs of those whose name, title, display name or e-mail address has `text` as a part, sorted. The case of
    /// letters does not matter, and of each text only the first `SEARCHED` characters count.
    ///
    /// It looks at every entity, and the first search prepares the others: for a thread that may be blocked.
    #[must_use]
    pub(crate) fn search(&self, text: &str) -> Vec<&EntityRef> {
        let texts = self
            .texts
            .get_or_init(|| SearchTexts::of(self.entities.iter()));
        let found = texts.find(text).into_iter();
        found
            .filter_map(|at| Some(&self.index.get(at)?.0))
            .collect()
    }

    /// Every entity, sorted by ref, as the catalog API answers it: a JSON array, in this coding. Nothing as long as it
    /// was not made by [`make_list`](Self::make_list).
    pub(crate) fn list(&self, coding: Coding) -> Option<&Representation> {
        let list = self.lists.of(coding);
        list.asked.store(true, Ordering::Relaxed);
        list.made.get()
    }

    /// The codings in which somebody asked for [`list`](Self::list).
    pub(crate) fn asked(&self) -> impl Iterator<Item = Coding> {
        let codings = [Coding::Identity, Coding::Gzip].into_iter();
        codings.filter(|coding| self.lists.of(*coding).asked.load(Ordering::Relaxed))
    }

    /// Makes the list in this coding and keeps it for as long as this generation is there.
    ///
    /// It takes three seconds for a hundred thousand entities: for a thread that may be blocked.
    ///
    /// # Errors
    /// When an entity cannot be printed, which is a bug.
    pub(crate) fn make_list(&self, coding: Coding) -> io::Result<&Representation> {
        let list = self.lists.of(coding);
        let _making = list.making.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(made) = list.made.get() {
            return Ok(made);
        }
        let made = Representation::coded(coding, |out| self.write_list(out))?;
        Ok(list.made.get_or_init(|| made))
    }

    fn write_list(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut before = "[";
        for reference in self.refs() {
            if let Some(entity) = self.wire(reference)? {
                out.write_all(before.as_bytes())?;
                out.write_all(&entity)?;
                before = ",";
            }
        }
        out.write_all(if before == "[" { b"[]" } else { b"]" })
    }

    /// Every entity in the order of refs, with its uid, as the text that is kept of it: without relations.
    pub(crate) fn each_document(&self, mut each: impl FnMut(&EntityRef, Option<&str>, &str)) {
        let mut text = Text::default();
        for (reference, uid) in &self.index {
            if let Some(entity) = self.entity(reference) {
                each(reference, uid.as_deref(), text.of(entity));
            }
        }
    }

    /// The entity of these three parts, as they stand in an address: their letters' case does not matter.
    #[must_use]
    pub(crate) fn get(&self, kind: &str, namespace: &str, name: &str) -> Option<&Entity> {
        self.entity(&format!("{kind}:{namespace}/{name}").parse().ok()?)
    }

    /// The entity that `reference` names.
    #[must_use]
    pub(crate) fn entity(&self, reference: &EntityRef) -> Option<&Entity> {
        self.entities.get(reference)
    }

    /// The relations of an entity, sorted by type, then by target. None for an entity that is not there.
    #[must_use]
    pub(crate) fn relations(&self, reference: &EntityRef) -> Vec<Relation> {
        self.entities.relations(reference)
    }

    /// The entity as Backstage's catalog API answers it: `metadata` with `namespace`, `uid` and `etag`, then
    /// `apiVersion`, `kind`, `spec` and `relations`.
    ///
    /// The `etag` changes when anything of the entity changes, its relations included; the `uid` does not count.
    ///
    /// # Errors
    /// When it cannot be printed, which is a bug.
    pub(crate) fn wire(&self, reference: &EntityRef) -> serde_json::Result<Option<Vec<u8>>> {
        let Some(entity) = self.entity(reference) else {
            return Ok(None);
        };
        wire::entity(entity, &self.relations(reference), self.uid(reference)).map(Some)
    }

    /// The uid of an entity.
    #[must_use]
    pub(crate) fn uid(&self, reference: &EntityRef) -> Option<&str> {
        let at = self
            .index
            .binary_search_by(|(other, _)| other.cmp(reference))
            .ok()?;
        self.index.get(at)?.1.as_deref()
    }

    fn refs_in(&self, range: Range<usize>) -> impl ExactSizeIterator<Item = &EntityRef> {
        let refs = self.index.get(range).unwrap_or_default();
        refs.iter().map(|(reference, _)| reference)
    }
}

/// Where the entities of a kind are. Refs begin with the kind, so those of one kind stand together.
fn range(index: &[(EntityRef, Option<String>)], kind: Kind) -> Range<usize> {
    let is = |(reference, _): &&(EntityRef, _)| Kind::of(reference) == Some(kind);
    let start = index.iter().take_while(|entry| !is(entry)).count();
    start..start + index.iter().skip(start).take_while(is).count()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn user(groups: &[&str]) -> Value {
        json!({
            "apiVersion": "backstage.io/v1alpha1",
            "kind": "User",
            "metadata": { "name": "Ada", "namespace": "default", "title": "Ada L." },
            "spec": { "memberOf": groups },
        })
    }

    fn group(name: &str, members: &[&str]) -> Value {
        json!({
            "apiVersion": "backstage.io/v1beta1",
            "kind": "Group",
            "metadata": { "name": name, "namespace": "default" },
            "spec": { "type": "team", "children": [], "members": members },
        })
    }

    fn published(entities: Vec<Value>, uid: &str) -> Published {
        let entities = entities
            .into_iter()
            .map(|entity| serde_json::from_value(entity).unwrap());
        let set = EntitySet::build(entities.collect::<Vec<_>>()).unwrap();
        let uids = BTreeMap::from([
            ("user:default/ada".parse().unwrap(), uid.to_owned()),
            ("user:default/gone".parse().unwrap(), "dropped".to_owned()),
        ]);
        Published::new(3, Timestamp::UNIX_EPOCH, set, uids)
    }

    fn wire(catalog: &Published, reference: &EntityRef) -> Option<Value> {
        let text = catalog.wire(reference).unwrap()?;
        Some(serde_json::from_slice(&text).unwrap())
    }

    fn etag_of(entities: Vec<Value>, uid: &str) -> String {
        let ada = "user:default/ada".parse().unwrap();
        let wire = wire(&published(entities, uid), &ada).unwrap();
        wire["metadata"]["etag"].as_str().unwrap().to_owned()
    }

    #[test]
    fn a_generation_is_counted_and_listed_by_kind() {
        let catalog = published(vec![user(&["b"]), group("b", &[]), group("a", &[])], "1");
        assert_eq!(
            (catalog.generation(), catalog.taken_at()),
            (3, Timestamp::UNIX_EPOCH)
        );
        let names =
            |refs: Vec<&EntityRef>| refs.iter().map(ToString::to_string).collect::<Vec<_>>();
        let all = ["group:default/a", "group:default/b", "user:default/ada"];
        assert_eq!(names(catalog.refs().collect()), all);
        assert_eq!(names(catalog.groups().collect()), all[..2]);
        assert_eq!(names(catalog.users().collect()), all[2..]);
        let people = published(vec![user(&[])], "1");
        assert_eq!((people.users().len(), people.groups().len()), (1, 0));
        let nobody = published(Vec::new(), "1");
        assert_eq!((nobody.users().len(), nobody.groups().len()), (0, 0));
    }

    fn text(list: &Representation) -> Vec<u8> {
        list.chunks()
            .iter()
            .flat_map(|chunk| chunk.to_vec())
            .collect()
    }

    #[test]
    fn the_list_is_every_entity_and_is_made_once() {
        for entities in [
            Vec::new(),
            vec![user(&[])],
            vec![user(&["b"]), group("b", &[]), group("a", &[])],
        ] {
            let catalog = published(entities, "1");
            assert_eq!(catalog.asked().count(), 0);
            assert!(catalog.list(Coding::Identity).is_none());
            let list = catalog.make_list(Coding::Identity).unwrap();
            let entities: Vec<Value> = serde_json::from_slice(&text(list)).unwrap();
            let expected: Vec<Value> = catalog.refs().filter_map(|at| wire(&catalog, at)).collect();
            assert_eq!(entities, expected);
            assert!(std::ptr::eq(list, catalog.list(Coding::Identity).unwrap()));
            assert!(std::ptr::eq(
                list,
                catalog.make_list(Coding::Identity).unwrap()
            ));
            assert!(catalog.asked().eq([Coding::Identity]));
            assert!(catalog.list(Coding::Gzip).is_none());
            assert!(catalog.asked().eq([Coding::Identity, Coding::Gzip]));
        }
    }

    #[test]
    fn a_search_gives_refs_in_their_order() {
        let catalog = published(vec![user(&[]), group("b", &[]), group("a", &[])], "1");
        let found = |text| -> Vec<String> {
            let found = catalog.search(text);
            found.iter().map(ToString::to_string).collect()
        };
        assert_eq!(found("A"), ["group:default/a", "user:default/ada"]);
        assert_eq!(found("ada l."), ["user:default/ada"]);
        assert_eq!(found("zz"), [""; 0]);
    }

    #[test]
    fn an_entity_is_found_without_regard_to_case() {
        let catalog = published(vec![user(&[])], "1");
        for (kind, namespace, name, found) in [
            ("user", "default", "ada", true),
            ("User", "DEFAULT", "ADA", true),
            ("group", "default", "ada", false),
            ("user", "default", "bob", false),
            ("", "", "", false),
            ("user", "default", "ada/b", false),
            ("user:default/ada", "", "", false),
        ] {
            assert_eq!(
                catalog.get(kind, namespace, name).is_some(),
                found,
                "{kind}:{namespace}/{name}"
            );
        }
    }

    #[test]
    fn the_wire_form_is_backstages() {
        let catalog = published(
            vec![user(&["a", "b"]), group("b", &[]), group("a", &["ada"])],
            "1",
        );
        let ada = "user:default/ada".parse().unwrap();
        let text = String::from_utf8(catalog.wire(&ada).unwrap().unwrap()).unwrap();
        let (before, after) = text.split_once(r#""etag":""#).unwrap();
        assert_eq!(
            before,
            r#"{"metadata":{"namespace":"default","name":"Ada","title":"Ada L.","uid":"1","#
        );
        assert_eq!(
            after.split_once('"').unwrap().1,
            concat!(
                r#"},"apiVersion":"backstage.io/v1alpha1","kind":"User","spec":{"memberOf":["a","b"]},"#,
                r#""relations":[{"type":"memberOf","targetRef":"group:default/a"},"#,
                r#"{"type":"memberOf","targetRef":"group:default/b"}]}"#
            )
        );
        let alone = "group:default/b".parse().unwrap();
        assert_eq!(wire(&catalog, &alone).unwrap()["metadata"].get("uid"), None);
        assert_eq!(wire(&catalog, &"user:default/gone".parse().unwrap()), None);
        assert_eq!(catalog.uid(&ada), Some("1"));
    }

    #[test]
    fn the_etag_follows_content_and_relations_and_not_the_uid() {
        let before = etag_of(vec![user(&[]), group("a", &[])], "1");
        assert_eq!(before, etag_of(vec![group("a", &[]), user(&[])], "2"));
        // The user says nothing of the group, but the group has it as a member.
        assert_ne!(before, etag_of(vec![user(&[]), group("a", &["ada"])], "1"));
        assert_ne!(before, etag_of(vec![user(&["a"]), group("a", &[])], "1"));
    }

    #[test]
    fn every_document_is_told_in_order() {
        let catalog = published(vec![user(&["b"]), group("b", &[])], "1");
        let mut told = Vec::new();
        catalog.each_document(|reference, uid, text| {
            let kind = serde_json::from_str::<Value>(text).unwrap()["kind"].clone();
            told.push((reference.to_string(), uid.map(str::to_owned), kind));
        });
        let expected = [
            ("group:default/b".to_owned(), None, json!("Group")),
            (
                "user:default/ada".to_owned(),
                Some("1".to_owned()),
                json!("User"),
            ),
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn the_example_of_published() -> Result<(), Box<dyn std::error::Error>> {
        use std::collections::BTreeMap;

        use crate::catalog::published::Published;
        use catalog_model::{Entity, EntitySet, Metadata, Spec, UserSpec};

        let ada = Entity::new(
            Metadata::new("Ada".parse()?),
            Spec::User(UserSpec::default()),
        );
        let uids = BTreeMap::from([(ada.entity_ref(), "a9c2".to_owned())]);
        let set = EntitySet::build([ada]).unwrap();
        let published = Published::new(1, Timestamp::UNIX_EPOCH, set, uids);

        let ada = published.get("User", "default", "ada").unwrap();
        let wire = published.wire(&ada.entity_ref())?.unwrap();
        let wire: Value = serde_json::from_slice(&wire)?;
        assert_eq!(wire["metadata"]["uid"], "a9c2");
        Ok(())
    }
}

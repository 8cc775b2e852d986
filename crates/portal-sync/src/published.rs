//! What readers see: one whole generation of the catalog, never a mix of two.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Arc;

use catalog_model::{Entity, EntityRef, EntitySet, Kind, Relation};
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

/// Where readers find the newest generation; `None` until the first one is there.
///
/// A reader borrows the `Arc`, clones it and lets go: what it then holds does not change under its hands.
pub type CatalogReader = tokio::sync::watch::Receiver<Option<Arc<Published>>>;

/// One generation of the catalog, ready to be read. It is built once and then only shared.
///
/// ```
/// use std::collections::BTreeMap;
///
/// use catalog_model::{Entity, EntitySet, Metadata, Spec, UserSpec};
/// use portal_sync::published::Published;
///
/// let ada = Entity::new(Metadata::new("Ada".parse()?), Spec::User(UserSpec::default()));
/// let uids = BTreeMap::from([(ada.entity_ref(), "a9c2".to_owned())]);
/// let set = EntitySet::build([ada]).unwrap();
/// let published = Published::new(1, jiff::Timestamp::UNIX_EPOCH, set, uids);
///
/// let ada = published.get("User", "default", "ada").unwrap();
/// let wire = published.wire(&ada.entity_ref()).unwrap();
/// assert_eq!(wire["metadata"]["uid"], "a9c2");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Published {
    generation: u64,
    taken_at: Timestamp,
    entities: EntitySet,
    /// Every entity of the set with its uid, sorted by ref: what makes "the entities from the nth on" cheap.
    index: Vec<(EntityRef, Option<String>)>,
    users: usize,
    groups: usize,
    /// The tenants that were ever read.
    providers: BTreeSet<String>,
}

impl Published {
    /// The generation with this number, made of what an org answered from `taken_at` on.
    ///
    /// `uids` are the catalog's own ids, kept by an entity for as long as it is there. An entity without one is
    /// served without one; a uid of an entity that is not in the set is dropped.
    #[must_use]
    pub fn new(
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
        let count = |kind| {
            entities
                .iter()
                .filter(|entity| entity.kind() == kind)
                .count()
        };
        let (users, groups) = (count(Kind::User), count(Kind::Group));
        Self {
            generation,
            taken_at,
            entities,
            index,
            users,
            groups,
            providers: BTreeSet::new(),
        }
    }

    /// The same generation, to which these tenants have contributed, be it nobody.
    #[must_use]
    pub fn of_providers(self, providers: impl IntoIterator<Item = String>) -> Self {
        Self {
            providers: providers.into_iter().collect(),
            ..self
        }
    }

    /// Whether a tenant was ever read: without its people this is not the whole catalog.
    #[must_use]
    pub fn has_read(&self, provider: &str) -> bool {
        self.providers.contains(provider)
    }

    /// The number of this generation; the next one has a higher number.
    #[must_use]
    pub const fn generation(&self) -> u64 {
        self.generation
    }

    /// When the run that made this generation began to read its org.
    #[must_use]
    pub const fn taken_at(&self) -> Timestamp {
        self.taken_at
    }

    /// How many entities there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.index.len()
    }

    /// Whether there is no entity.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.index.is_empty()
    }

    /// How many users there are.
    #[must_use]
    pub const fn user_count(&self) -> usize {
        self.users
    }

    /// How many groups there are.
    #[must_use]
    pub const fn group_count(&self) -> usize {
        self.groups
    }

    /// The users, sorted by ref.
    pub fn users(&self) -> impl Iterator<Item = &Entity> {
        self.of_kind(Kind::User)
    }

    /// The groups, sorted by ref.
    pub fn groups(&self) -> impl Iterator<Item = &Entity> {
        self.of_kind(Kind::Group)
    }

    /// The refs of the entities from number `start` on, at most `limit`, sorted by ref.
    ///
    /// A long answer is written in parts: a part costs what it holds, wherever it starts.
    pub fn refs(&self, start: usize, limit: usize) -> impl Iterator<Item = &EntityRef> {
        self.index
            .iter()
            .skip(start)
            .take(limit)
            .map(|(reference, _)| reference)
    }

    /// The entity of these three parts, as they stand in an address: their letters' case does not matter.
    #[must_use]
    pub fn get(&self, kind: &str, namespace: &str, name: &str) -> Option<&Entity> {
        self.entity(&format!("{kind}:{namespace}/{name}").parse().ok()?)
    }

    /// The entity that `reference` names.
    #[must_use]
    pub fn entity(&self, reference: &EntityRef) -> Option<&Entity> {
        self.entities.get(reference)
    }

    /// The relations of an entity, sorted by type, then by target. None for an entity that is not there.
    #[must_use]
    pub fn relations(&self, reference: &EntityRef) -> Vec<Relation> {
        self.entities.relations(reference)
    }

    /// The entity as Backstage's catalog API answers it: `metadata` with `namespace`, `uid` and `etag`, then
    /// `apiVersion`, `kind`, `spec` and `relations`.
    ///
    /// The `etag` changes when anything of the entity changes, its relations included; the `uid` does not count.
    #[must_use]
    pub fn wire(&self, reference: &EntityRef) -> Option<Value> {
        let Value::Object(mut fed) = serde_json::to_value(self.entity(reference)?).ok()? else {
            return None;
        };
        let mut metadata = self.wire_metadata(fed.remove("metadata")?)?;
        let relations: Vec<Value> = self
            .relations(reference)
            .iter()
            .map(|to| json!({ "type": to.kind.to_string(), "targetRef": to.target.to_string() }))
            .collect();
        let mut rest = Map::new();
        for key in ["apiVersion", "kind", "spec"] {
            rest.insert(key.to_owned(), fed.remove(key)?);
        }
        rest.insert("relations".to_owned(), relations.into());

        let etag = etag(&metadata, &rest);
        if let Some(uid) = self.uid(reference) {
            metadata.insert("uid".to_owned(), uid.into());
        }
        metadata.insert("etag".to_owned(), etag.into());
        let mut entity = Map::new();
        entity.insert("metadata".to_owned(), metadata.into());
        entity.extend(rest);
        Some(entity.into())
    }

    /// The uid of an entity.
    #[must_use]
    pub fn uid(&self, reference: &EntityRef) -> Option<&str> {
        let at = self
            .index
            .binary_search_by(|(other, _)| other.cmp(reference))
            .ok()?;
        self.index.get(at)?.1.as_deref()
    }

    /// The metadata in the order of Backstage's answers, where a namespace is never left out.
    fn wire_metadata(&self, fed: Value) -> Option<Map<String, Value>> {
        let Value::Object(mut fed) = fed else {
            return None;
        };
        let mut metadata = Map::new();
        let namespace = fed.remove("namespace").unwrap_or_else(|| "default".into());
        metadata.insert("namespace".to_owned(), namespace);
        if let Some(annotations) = fed.remove("annotations") {
            metadata.insert("annotations".to_owned(), annotations);
        }
        metadata.extend(fed);
        Some(metadata)
    }

    fn of_kind(&self, kind: Kind) -> impl Iterator<Item = &Entity> {
        self.entities
            .iter()
            .filter(move |entity| entity.kind() == kind)
    }
}

/// A digest of everything a reader sees. The maps are built in one order, so equal entities print alike.
fn etag(metadata: &Map<String, Value>, rest: &Map<String, Value>) -> String {
    // Maps of JSON values always print.
    let text = serde_json::to_vec(&(metadata, rest)).unwrap_or_default();
    Sha256::digest(text)
        .iter()
        .fold(String::new(), |mut hex, byte| {
            // Writing to a string does not fail.
            let _ = write!(hex, "{byte:02x}");
            hex
        })
}

#[cfg(test)]
mod tests {
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

    fn etag_of(entities: Vec<Value>, uid: &str) -> String {
        let ada = "user:default/ada".parse().unwrap();
        let wire = published(entities, uid).wire(&ada).unwrap();
        wire["metadata"]["etag"].as_str().unwrap().to_owned()
    }

    #[test]
    fn a_generation_is_counted_and_listed_by_kind() {
        let catalog = published(vec![user(&["b"]), group("b", &[]), group("a", &[])], "1");
        assert_eq!(
            (catalog.generation(), catalog.taken_at()),
            (3, Timestamp::UNIX_EPOCH)
        );
        assert_eq!(
            (catalog.len(), catalog.user_count(), catalog.group_count()),
            (3, 1, 2)
        );
        assert!(!catalog.is_empty());
        let names =
            |refs: Vec<&EntityRef>| refs.iter().map(ToString::to_string).collect::<Vec<_>>();
        let all = ["group:default/a", "group:default/b", "user:default/ada"];
        assert_eq!(names(catalog.refs(0, 9).collect()), all);
        assert_eq!(names(catalog.refs(1, 1).collect()), [all[1]]);
        assert_eq!(names(catalog.refs(3, 9).collect()), [""; 0]);
        assert_eq!(catalog.users().count(), 1);
        assert_eq!(catalog.groups().count(), 2);
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
        let text = catalog.wire(&ada).unwrap().to_string();
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
        assert_eq!(catalog.wire(&alone).unwrap()["metadata"].get("uid"), None);
        assert_eq!(catalog.wire(&"user:default/gone".parse().unwrap()), None);
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
}

//! The catalog as files that a stock Backstage ingests: an index of locations, and the entities spread over files.

use std::collections::{BTreeMap, HashSet};
use std::io::{self, Write};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use catalog_model::Digest;
use jiff::Timestamp;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tokio::sync::watch;
use uuid::Uuid;

use super::published::Published;
use super::stored::Parts;

/// The annotation that a renewal changes, of one entity in each file.
const RENEWED: &str = "portal-sync/renewed";

/// The annotations that tell Backstage where an entity is shown and edited. Without them it links to pages of the place that
/// the feed pretends to be.
const PAGES: [&str; 2] = ["backstage.io/view-url", "backstage.io/edit-url"];

/// How the catalog is fed.
#[derive(Debug)]
pub(crate) struct Feed {
    /// So many files; known once the store was asked.
    shards: OnceLock<u16>,
    /// How often the feed was renewed.
    renewals: watch::Sender<u64>,
    /// Where our page is for those who read the catalog, without a slash at the end.
    page: Option<String>,
    /// The digests of the newest generation that was asked for.
    newest: Mutex<Option<(Of, Arc<[Digest]>)>>,
}

/// What digests are of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Of {
    generation: u64,
    taken_at: Timestamp,
    renewals: u64,
}

impl Feed {
    /// A feed whose entities link to our page at this address, where they link nowhere else.
    pub(crate) fn new(page: Option<String>) -> Self {
        Self {
            shards: OnceLock::new(),
            renewals: watch::channel(0).0,
            page,
            newest: Mutex::default(),
        }
    }

    /// What the store keeps of it. The number of files is that of the first time.
    pub(crate) fn keep(&self, shards: u16, renewals: u64) {
        let is_first = self.shards.set(shards.max(1)).is_ok();
        self.renewals.send_if_modified(|before| {
            let is_new = *before != renewals;
            *before = renewals;
            is_new || is_first
        });
    }

    /// The number of files; nothing before the store was asked.
    pub(crate) fn shards(&self) -> Option<u16> {
        self.shards.get().copied()
    }

    /// Tells when the feed was renewed, and when it is known over how many files it is spread.
    pub(crate) fn renewals(&self) -> watch::Receiver<u64> {
        self.renewals.subscribe()
    }

    /// The file with this name, if there is one.
    pub(crate) fn shard_of_file(&self, name: &str) -> Option<u16> {
        let number = name.strip_prefix("entities-")?.strip_suffix(".yaml")?;
        let shard = number.parse().ok()?;
        let is_it = shard < self.shards()? && self.number(shard) == number;
        is_it.then_some(shard)
    }

    /// The ref of the location entity that brings a file.
    pub(crate) fn location(&self, shard: u16) -> String {
        format!("location:default/{}", self.location_name(shard))
    }

    fn location_name(&self, shard: u16) -> String {
        format!("portal-sync-feed-{}", self.number(shard))
    }

    /// A number with as many digits as the greatest, and two at least.
    fn number(&self, shard: u16) -> String {
        let most = self.shards().unwrap_or(1).saturating_sub(1);
        let digits = most.to_string().len().max(2);
        format!("{shard:0digits$}")
    }

    /// The index: a location of its own for each file, so that a file that changed is read and the others are not.
    pub(crate) fn index(&self) -> String {
        let shards = 0..self.shards().unwrap_or_default();
        shards
            .map(|shard| {
                let (name, number) = (self.location_name(shard), self.number(shard));
                format!(
                    "---\n{{\"apiVersion\":\"backstage.io/v1alpha1\",\"kind\":\"Location\",\"metadata\":{{\"name\":\"{name}\"}},\
                     \"spec\":{{\"type\":\"url\",\"target\":\"./shards/entities-{number}.yaml\"}}}}\n"
                )
            })
            .collect()
    }

    /// The digest of each file: of its very bytes.
    ///
    /// It goes through every entity of a generation that it was not asked for before: for a thread that may be blocked.
    pub(crate) fn digests(&self, published: &Published) -> Arc<[Digest]> {
        let of = Of {
            generation: published.number(),
            taken_at: published.taken_at(),
            renewals: *self.renewals.borrow(),
        };
        let mut newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, digests)) = &*newest
            && *known == of
        {
            return Arc::clone(digests);
        }
        let count = usize::from(self.shards().unwrap_or_default());
        let mut hashes = vec![Sha256::new(); count];
        let hash = |shard: u16, line: &[u8]| {
            if let Some(hash) = hashes.get_mut(usize::from(shard)) {
                hash.update(line);
            }
            Ok(())
        };
        // Hashing does not fail.
        drop(self.each_line(published, of.renewals, None, hash));
        let hashes = hashes.into_iter();
        let digests: Arc<[Digest]> = hashes
            .map(|hash| Digest::from_bytes(hash.finalize().into()))
            .collect();
        *newest = Some((of, Arc::clone(&digests)));
        digests
    }

    /// Writes a file: `---` and one JSON document a line.
    ///
    /// # Errors
    /// Those of `out`.
    pub(crate) fn write(
        &self,
        published: &Published,
        shard: u16,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let renewals = *self.renewals.borrow();
        self.each_line(published, renewals, Some(shard), |_, line| {
            out.write_all(line)
        })
    }

    /// The lines of all files, or of one, in the order of refs.
    fn each_line(
        &self,
        published: &Published,
        renewals: u64,
        only: Option<u16>,
        mut each: impl FnMut(u16, &[u8]) -> io::Result<()>,
    ) -> io::Result<()> {
        let shards = self.shards().unwrap_or(1);
        let mut begun = HashSet::new();
        let mut failed = Ok(());
        let is_wanted = |uid: Uuid| only.is_none_or(|only| shard_of(uid, shards) == only);
        published.each_document_of(is_wanted, |entity_ref, uid, text| {
            if failed.is_err() {
                return;
            }
            let shard = shard_of(uid, shards);
            let mut added = Vec::new();
            if begun.insert(shard) && renewals > 0 {
                added.push((RENEWED, renewals.to_string()));
            }
            let page = self.page.as_ref();
            if let Some(page) = page.filter(|_| !PAGES.iter().any(|key| text.contains(key))) {
                let (kind, path) = entity_ref.split_once(':').unwrap_or_default();
                let (namespace, name) = path.split_once('/').unwrap_or_default();
                let address = format!("{page}/catalog/{namespace}/{kind}/{name}");
                added.extend(PAGES.map(|key| (key, address.clone())));
            }
            let mut line = b"---\n".to_vec();
            // It could be read when the generation was built.
            match document(text, &added, &mut line) {
                Ok(()) => line.push(b'\n'),
                Err(error) => failed = Err(io::Error::other(error)),
            }
            if failed.is_ok() {
                failed = each(shard, &line);
            }
        });
        failed
    }
}

/// In which file an entity is: by its uid, which is a hash of its Okta id and stays whatever it is called.
fn shard_of(uid: Uuid, shards: u16) -> u16 {
    let [a, b, c, d, e, f, ..] = *uid.as_bytes();
    let number = u64::from_be_bytes([0, 0, a, b, c, d, e, f]) % u64::from(shards.max(1));
    u16::try_from(number).unwrap_or_default()
}

/// Writes an entity with these annotations, too.
fn document(text: &str, added: &[(&str, String)], out: &mut Vec<u8>) -> serde_json::Result<()> {
    if added.is_empty() {
        out.extend_from_slice(text.as_bytes());
        return Ok(());
    }
    let parts: Parts<'_> = serde_json::from_str(text)?;
    let mut before = "{\"apiVersion\":";
    for part in [
        parts.api_version.get(),
        ",\"kind\":",
        parts.kind.get(),
        ",\"metadata\":{",
    ] {
        out.extend_from_slice(before.as_bytes());
        before = "";
        out.extend_from_slice(part.as_bytes());
    }
    for (key, value) in &parts.metadata.0 {
        if key.0 != "annotations" {
            serde_json::to_writer(&mut *out, &key.0)?;
            out.push(b':');
            out.extend_from_slice(value.get().as_bytes());
            out.push(b',');
        }
    }
    out.extend_from_slice(b"\"annotations\":");
    annotations(&parts, added, out)?;
    out.push(b'}');
    if let Some(spec) = parts.spec {
        out.extend_from_slice(b",\"spec\":");
        out.extend_from_slice(spec.get().as_bytes());
    }
    out.push(b'}');
    Ok(())
}

/// Writes the annotations of an entity and these, sorted.
fn annotations(
    parts: &Parts<'_>,
    added: &[(&str, String)],
    out: &mut Vec<u8>,
) -> serde_json::Result<()> {
    let kept: BTreeMap<String, Value> = match parts.metadata.get("annotations") {
        Some(annotations) => serde_json::from_str(annotations.get())?,
        None => BTreeMap::new(),
    };
    let added = added.iter();
    let added = added.map(|(key, value)| ((*key).to_owned(), value.as_str().into()));
    let all: BTreeMap<String, Value> = kept.into_iter().chain(added).collect();
    serde_json::to_writer(out, &all)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testing;

    fn feed(shards: u16, page: Option<&str>) -> Feed {
        let feed = Feed::new(page.map(str::to_owned));
        feed.keep(shards, 0);
        feed
    }

    fn people(names: &[&str]) -> Published {
        let user = |name: &&str| {
            json!({
                "apiVersion": "backstage.io/v1alpha1",
                "kind": "User",
                "metadata": {
                    "name": name,
                    "namespace": "default",
                    "annotations": { "a/b": "c", "z/y": "\"annotations\":{" },
                },
                "spec": { "memberOf": [] },
            })
        };
        let users = names.iter().map(user).collect();
        testing::published(1, Timestamp::UNIX_EPOCH, users)
    }

    /// The documents of each file.
    fn files(feed: &Feed, of: &Published) -> Vec<Vec<Value>> {
        let shards = 0..feed.shards().unwrap();
        let digests = feed.digests(of);
        let files = shards.map(|shard| {
            let mut text = Vec::new();
            feed.write(of, shard, &mut text).unwrap();
            let digest = Digest::from_bytes(Sha256::digest(&text).into());
            assert_eq!(digests[usize::from(shard)], digest);
            let text = String::from_utf8(text).unwrap();
            let lines: Vec<&str> = text.lines().collect();
            let pairs = lines.chunks(2).map(|pair| {
                assert_eq!(pair[0], "---");
                serde_json::from_str(pair[1]).unwrap()
            });
            pairs.collect()
        });
        files.collect()
    }

    #[test]
    fn everybody_is_in_one_file_whatever_they_are_called() {
        let names: Vec<String> = (0..100).map(|n| format!("{n:02}-person")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let feed = feed(7, None);
        let files = files(&feed, &people(&names));
        assert_eq!(files.iter().map(Vec::len).sum::<usize>(), 100);
        assert!(files.iter().filter(|file| file.len() > 4).count() > 4);
        assert!(
            files
                .iter()
                .flatten()
                .all(|entity| entity.get("relations").is_none())
        );
    }

    #[test]
    fn a_change_touches_one_file() {
        let feed = feed(5, None);
        let before = feed.digests(&people(&["a", "b", "c"]));
        let mut changed = people(&["a", "b", "c", "d"]);
        let after = feed.digests(&changed);
        // The same generation is not looked at again.
        assert_eq!(before, after);
        changed = testing::published(
            2,
            Timestamp::UNIX_EPOCH,
            vec![json!({
                "apiVersion": "backstage.io/v1alpha1", "kind": "User",
                "metadata": { "name": "a" }, "spec": { "memberOf": [] },
            })],
        );
        assert_ne!(before, feed.digests(&changed));
    }

    #[test]
    fn the_index_has_a_location_for_each_file() {
        let feed = feed(3, None);
        let index = feed.index();
        let lines: Vec<&str> = index.lines().collect();
        assert_eq!(lines.len(), 6);
        let last: Value = serde_json::from_str(lines[5]).unwrap();
        assert_eq!(last["metadata"]["name"], "portal-sync-feed-02");
        assert_eq!(last["spec"]["target"], "./shards/entities-02.yaml");
        assert_eq!(feed.location(2), "location:default/portal-sync-feed-02");
        catalog_model::Entity::from_document(&last).unwrap();
        for (file, shard) in [
            ("entities-02.yaml", Some(2)),
            ("entities-03.yaml", None),
            ("entities-2.yaml", None),
            ("entities-+2.yaml", None),
            ("entities-02.yml", None),
        ] {
            assert_eq!(feed.shard_of_file(file), shard, "{file}");
        }
        assert_eq!(Feed::new(None).index(), "");
    }

    #[test]
    fn a_renewal_changes_one_entity_of_each_file() {
        let feed = feed(2, None);
        let people = people(&["a", "b", "c", "d", "e"]);
        let before = files(&feed, &people);
        feed.keep(2, 1);
        let after = files(&feed, &people);
        for (before, after) in before.iter().zip(&after) {
            let differ = before.iter().zip(after).filter(|(a, b)| a != b);
            assert_eq!(differ.count(), usize::from(!before.is_empty()));
        }
        let renewed = after
            .iter()
            .flatten()
            .filter_map(|it| it["metadata"]["annotations"].get(RENEWED));
        assert!(renewed.count() > 0);
        // Another number of files is not taken.
        feed.keep(9, 1);
        assert_eq!(feed.shards(), Some(2));
    }

    #[test]
    fn entities_link_to_our_page_unless_they_link_elsewhere() {
        let page = feed(1, Some("https://portal.example.com"));
        let files = files(&page, &people(&["Ada"]));
        let annotations = &files[0][0]["metadata"]["annotations"];
        let expected = json!({
            "a/b": "c",
            "backstage.io/edit-url": "https://portal.example.com/catalog/default/user/ada",
            "backstage.io/view-url": "https://portal.example.com/catalog/default/user/ada",
            "z/y": "\"annotations\":{",
        });
        assert_eq!(annotations, &expected);
        catalog_model::Entity::from_document(&files[0][0]).unwrap();
    }
}

//! What every store must show, and what only SQLite can get wrong.

use std::path::Path;

use catalog_model::{GroupSpec, Metadata, Spec, UserSpec};
use rusqlite::Connection;

use super::*;
use crate::held::criteria::Criteria;
use crate::held::object::Key;

mod damage;
mod files;

fn user(okta_id: &str, name: &str) -> Record {
    let metadata = Metadata::new(name.parse().unwrap());
    Record {
        provider: "acme".into(),
        key: Key::User(okta_id.into()),
        entity: Entity::new(metadata, Spec::User(UserSpec::default())),
    }
}

fn group(okta_id: &str, name: &str, members: &[&str]) -> Record {
    let members = members.iter().map(|member| (*member).into()).collect();
    let spec = GroupSpec {
        members,
        ..GroupSpec::new("group")
    };
    let metadata = Metadata::new(name.parse().unwrap());
    Record {
        provider: "acme".into(),
        key: Key::Group(okta_id.into()),
        entity: Entity::new(metadata, Spec::Group(spec)),
    }
}

fn commit(provider: &str, base: Option<u64>, written: Vec<Record>) -> Commit {
    Commit {
        provider: provider.to_owned(),
        base,
        taken_at: "2026-01-01T00:00:00Z".parse().unwrap(),
        removed: Vec::new(),
        remembered: Remembered::default(),
        written: written.into_iter().map(Into::into).collect(),
    }
}

async fn names(store: &dyn CatalogStore) -> Vec<String> {
    let catalog = store.catalog().await.unwrap();
    let records = catalog.map(|it| it.records).unwrap_or_default();
    let records = records.iter().map(|it| it.entity.entity_ref().to_string());
    let mut names: Vec<String> = records.collect();
    names.sort_unstable();
    names
}

/// The behaviour every implementation must show.
async fn behaves(store: &dyn CatalogStore) {
    assert_eq!(store.generation().await.unwrap(), None);
    assert_eq!(store.catalog().await.unwrap(), None);
    let state = store.state("acme").await.unwrap();
    assert!(!state.synced());

    let first = vec![
        user("00u1", "jane"),
        user("00u2", "bob"),
        group("00g1", "team", &["jane", "bob"]),
    ];
    assert_eq!(store.commit(commit("acme", None, first)).await.unwrap(), 1);
    let state = store.state("acme").await.unwrap();
    assert!(state.synced());
    assert_eq!(state.generation(), Some(1));
    assert_eq!(state.users().len(), 2);
    assert_eq!(
        state.members(&"00g1".into()).to_set(),
        ["00u1".into(), "00u2".into()].into()
    );

    let stale = store
        .commit(commit("acme", None, vec![user("00u3", "zoe")]))
        .await
        .unwrap_err();
    assert_eq!(stale.kind(), StoreErrorKind::Conflict);
    assert_eq!(
        names(store).await,
        [
            "group:default/team",
            "user:default/bob",
            "user:default/jane"
        ]
    );

    // Two users swap their names, one is removed, one comes.
    let swapped = Commit {
        removed: vec![Key::Group("00g1".into())],
        ..commit(
            "acme",
            Some(1),
            vec![
                user("00u1", "bob"),
                user("00u2", "jane"),
                user("00u4", "li"),
            ],
        )
    };
    assert_eq!(store.commit(swapped).await.unwrap(), 2);
    assert_eq!(
        names(store).await,
        ["user:default/bob", "user:default/jane", "user:default/li"]
    );
    assert_eq!(
        store.state("acme").await.unwrap().users()[&"00u1".into()]
            .entity_ref()
            .name(),
        "bob"
    );

    // Another provider has its own objects, and the names of both are known to each other.
    assert_eq!(
        store
            .commit(commit("other", None, vec![user("00u1", "ann")]))
            .await
            .unwrap(),
        3
    );
    let other = store.state("other").await.unwrap();
    assert_eq!(other.users().len(), 1);
    assert_eq!(other.taken().len(), 3);
    assert_eq!(names(store).await.len(), 4);

    // A commit that fails half-way leaves nothing behind: this name belongs to the other provider.
    let clash = commit(
        "acme",
        Some(2),
        vec![user("00u5", "eve"), user("00u6", "ann")],
    );
    assert_eq!(
        store.commit(clash).await.unwrap_err().kind(),
        StoreErrorKind::NameTaken
    );
    assert_eq!(store.generation().await.unwrap(), Some(3));
    assert_eq!(names(store).await.len(), 4);

    let ids = |known: Vec<KnownProvider>| known.into_iter().map(|it| it.id).collect::<Vec<_>>();
    assert_eq!(ids(store.providers().await.unwrap()), ["acme", "other"]);

    // What is remembered besides is the provider's own, and makes no generation.
    let remembered = Remembered {
        criteria: vec![Criteria {
            user_filter: Some(r#"status eq "ACTIVE""#.to_owned()),
            merge: vec![("Eng".to_owned(), vec!["prefix:eng-".to_owned()])],
            ..Criteria::default()
        }],
        unknown_since: [("00g1".to_owned(), Timestamp::UNIX_EPOCH)].into(),
    };
    store.remember("acme", 2, remembered.clone()).await.unwrap();
    let of = async |provider| store.state(provider).await.unwrap().remembered().clone();
    assert_eq!(of("acme").await, remembered);
    assert_eq!(of("other").await, Remembered::default());
    assert_eq!(store.providers().await.unwrap()[0].remembered, remembered);
    assert_eq!(store.generation().await.unwrap(), Some(3));
    let late = store.remember("acme", 1, Remembered::default()).await;
    assert_eq!(late.unwrap_err().kind(), StoreErrorKind::Conflict);
    assert_eq!(of("acme").await, remembered);

    // An empty commit is a generation too.
    assert_eq!(
        store
            .commit(commit("third", None, Vec::new()))
            .await
            .unwrap(),
        4
    );
    assert!(store.state("third").await.unwrap().synced());
}

fn in_folder(folder: &tempfile::TempDir) -> PathBuf {
    folder.path().join("catalog.db")
}

#[tokio::test]
async fn sqlite_behaves() {
    let folder = tempfile::tempdir().unwrap();
    behaves(&SqliteStore::open(&in_folder(&folder)).unwrap()).await;
}

#[tokio::test]
async fn a_catalog_survives_its_process() {
    let folder = tempfile::tempdir().unwrap();
    let path = in_folder(&folder);
    let store = SqliteStore::open(&path).unwrap();
    store
        .commit(commit("acme", None, vec![user("00u1", "jane")]))
        .await
        .unwrap();
    drop(store);
    assert_eq!(
        names(&SqliteStore::open(&path).unwrap()).await,
        ["user:default/jane"]
    );
}

#[tokio::test]
async fn whoever_only_looks_makes_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = in_folder(&folder);
    let looking = SqliteStore::open_to_look(&path).unwrap();
    assert_eq!(looking.catalog().await.unwrap(), None);
    assert!(!path.exists());
    let nowhere = SqliteStore::open_to_look(&folder.path().join("nowhere/catalog.db"));
    assert_eq!(nowhere.unwrap_err().kind(), StoreErrorKind::NoFolder);

    let store = SqliteStore::open(&path).unwrap();
    let first = commit("acme", None, vec![user("00u1", "jane")]);
    store.commit(first).await.unwrap();
    let looking = SqliteStore::open_to_look(&path).unwrap();
    assert_eq!(names(&looking).await, ["user:default/jane"]);
    drop((looking, store));
    let looking = SqliteStore::open_to_look(&path).unwrap();
    assert_eq!(names(&looking).await, ["user:default/jane"]);
    // Nor any beside it, which whoever writes might not be allowed to write.
    let files = std::fs::read_dir(folder.path()).unwrap();
    let files: Vec<_> = files.map(|file| file.unwrap().file_name()).collect();
    assert_eq!(files, ["catalog.db"]);
    // Somebody begins to write, and that is seen.
    let store = SqliteStore::open(&path).unwrap();
    let more = commit("acme", Some(1), vec![user("00u2", "bob")]);
    store.commit(more).await.unwrap();
    assert_eq!(names(&looking).await.len(), 2);
    drop(store);
    assert_eq!(names(&looking).await.len(), 2);
}

#[cfg(unix)]
#[test]
fn a_file_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = in_folder(&folder);
    let _open = SqliteStore::open(&path).unwrap();
    for file in ["catalog.db", "catalog.db-wal", "catalog.db-shm"] {
        let meta = std::fs::metadata(folder.path().join(file)).unwrap();
        assert_eq!(meta.permissions().mode() & 0o777, 0o600, "{file}");
    }
}

#[tokio::test]
async fn two_processes_see_each_others_commits() {
    let folder = tempfile::tempdir().unwrap();
    let (one, two) = (
        SqliteStore::open(&in_folder(&folder)).unwrap(),
        SqliteStore::open(&in_folder(&folder)).unwrap(),
    );
    one.commit(commit("acme", None, vec![user("00u1", "jane")]))
        .await
        .unwrap();
    assert_eq!(two.generation().await.unwrap(), Some(1));
    let late = two
        .commit(commit("acme", None, vec![user("00u2", "bob")]))
        .await
        .unwrap_err();
    assert_eq!(late.kind(), StoreErrorKind::Conflict);
}

fn refusal(path: &Path) -> StoreErrorKind {
    SqliteStore::open(path).unwrap_err().kind()
}

#[test]
fn what_cannot_be_opened_is_named() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(refusal(folder.path()), StoreErrorKind::IsFolder);
    assert_eq!(
        refusal(&folder.path().join("nowhere/catalog.db")),
        StoreErrorKind::NoFolder
    );
    assert_eq!(
        refusal(&folder.path().join("nowhere").join("..").join("x.db")),
        StoreErrorKind::NoFolder
    );

    let text = folder.path().join("text");
    std::fs::write(&text, "this is no database, however long it is".repeat(100)).unwrap();
    assert_eq!(refusal(&text), StoreErrorKind::Damaged);

    let foreign = folder.path().join("foreign.db");
    Connection::open(&foreign)
        .unwrap()
        .execute_batch("CREATE TABLE other (x)")
        .unwrap();
    assert_eq!(refusal(&foreign), StoreErrorKind::Foreign);

    let newer = folder.path().join("newer.db");
    drop(SqliteStore::open(&newer).unwrap());
    Connection::open(&newer)
        .unwrap()
        .pragma_update(None, "user_version", 99)
        .unwrap();
    assert_eq!(refusal(&newer), StoreErrorKind::NewerSchema);
}

#[tokio::test]
async fn a_damaged_entity_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = in_folder(&folder);
    let store = SqliteStore::open(&path).unwrap();
    store
        .commit(commit("acme", None, vec![group("00g1", "team", &[])]))
        .await
        .unwrap();
    Connection::open(&path)
        .unwrap()
        .execute("UPDATE entity SET body = '{'", [])
        .unwrap();
    assert_eq!(
        store.catalog().await.unwrap_err().kind(),
        StoreErrorKind::Damaged
    );
    assert_eq!(
        store.state("acme").await.unwrap_err().kind(),
        StoreErrorKind::Damaged
    );
}

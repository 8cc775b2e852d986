//! What becomes of a store that changes, goes and comes back.

use std::fs;
use std::path::Path;

use super::*;

use crate::held::object::{GroupKey, Key};
use crate::store::{Record, SqliteStore};
use crate::testing::writing;

#[test]
fn a_uid_depends_on_the_object_and_its_tenant_alone() {
    let jane = uid("acme", &Key::User("00u1".into()));
    assert_eq!(jane, uid("acme", &Key::User("00u1".into())));
    assert_ne!(jane, uid("acme", &Key::Group("00u1".into())));
    assert_ne!(jane, uid("other", &Key::User("00u1".into())));
    // Whatever a version does differently: an entity keeps the uid that it was given once.
    let root = uid("acme", &Key::Group(GroupKey::Root));
    assert_eq!(root.to_string(), "d84dc198-fcea-887c-9204-55f502b620d8");
}

/// A store whose one generation is of this provider.
async fn filled(path: &Path, provider: &str) -> SqliteStore {
    let store = SqliteStore::open(path).unwrap();
    writing(provider, Vec::new()).run(&store).await.unwrap();
    store
}

fn publisher(store: SqliteStore) -> Publisher {
    Publisher {
        store: Arc::new(store),
        publish: watch::channel(None).0,
        status: watch::channel(StoreStatus::Opening).0,
        turn: tokio::sync::Mutex::default(),
    }
}

/// Of which provider the published generation is, and what is known of the store.
async fn seen(publisher: &Publisher) -> (Option<&'static str>, StoreStatus) {
    publisher.refresh_or_log().await;
    let published = publisher.publish.borrow();
    let provider = published.as_ref().map(|published| {
        ["first", "second"]
            .into_iter()
            .find(|provider| published.has_read(provider))
            .unwrap()
    });
    (provider, *publisher.status.borrow())
}

#[cfg(unix)]
#[tokio::test]
async fn another_file_is_published_whatever_its_number() {
    use StoreStatus::{Emptied, Gone, Read};
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("catalog.db");
    let publisher = publisher(filled(&path, "first").await);
    assert_eq!(seen(&publisher).await, (Some("first"), Read));

    for suffix in ["", "-wal", "-shm"] {
        fs::remove_file(folder.path().join(format!("catalog.db{suffix}"))).unwrap();
    }
    assert_eq!(seen(&publisher).await, (Some("first"), Gone));
    assert!(!path.exists());

    fs::write(&path, "").unwrap();
    assert_eq!(seen(&publisher).await, (Some("first"), Emptied));

    fs::remove_file(&path).unwrap();
    drop(filled(&path, "second").await);
    assert_eq!(seen(&publisher).await, (Some("second"), Read));

    // What takes its place is no store.
    fs::remove_file(&path).unwrap();
    fs::write(&path, "no database".repeat(1000)).unwrap();
    let damaged = (Some("second"), StoreStatus::Damaged);
    assert_eq!(seen(&publisher).await, damaged);
}

#[tokio::test(start_paused = true)]
async fn damage_that_a_check_finds_is_told_until_it_is_mended() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("catalog.db");
    let publisher = Arc::new(publisher(filled(&path, "first").await));
    assert_eq!(seen(&publisher).await.1, StoreStatus::Read);
    publisher.turn.lock().await.damaged = Some(0);
    assert_eq!(seen(&publisher).await.1, StoreStatus::Damaged);
    let checks = tokio::spawn(Arc::clone(&publisher).check());
    while seen(&publisher).await.1 != StoreStatus::Read {
        tokio::time::sleep(FIRST_CHECK).await;
    }
    checks.abort();
}

/// A backup that is copied over the file is the same file: no epoch tells that it is whole again.
#[tokio::test(start_paused = true)]
async fn damage_that_is_mended_in_place_is_not_told_for_a_day() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("catalog.db");
    let entity = serde_json::json!({
        "apiVersion": "backstage.io/v1alpha1", "kind": "Group",
        "metadata": { "name": "team", "description": "Platform" },
        "spec": { "type": "team", "children": [], "members": [] },
    });
    let entity = serde_json::from_value(entity).unwrap();
    let team = Record {
        provider: "first".into(),
        key: Key::Group("00g1".into()),
        entity,
    };
    let store = SqliteStore::open(&path).unwrap();
    writing("first", [team]).run(&store).await.unwrap();
    drop(store);
    let whole = fs::read(&path).unwrap();
    let mut damaged = whole.clone();
    let at = whole.windows(8).position(|it| it == b"Platform").unwrap();
    damaged[at] = b'F';

    let publisher = Arc::new(publisher(SqliteStore::open(&path).unwrap()));
    assert_eq!(seen(&publisher).await.1, StoreStatus::Read);
    fs::write(&path, damaged).unwrap();
    let checks = tokio::spawn(Arc::clone(&publisher).check());
    while seen(&publisher).await.1 != StoreStatus::Damaged {
        tokio::time::sleep(LOOK_AT_STORE).await;
    }
    fs::write(&path, whole).unwrap();
    tokio::time::sleep(CHECK_STORE / 24).await;
    assert_eq!(seen(&publisher).await.1, StoreStatus::Read);
    checks.abort();
}

//! Files that may only be read, that go, and that come back.

use std::fs;
use std::time::Duration;

use super::versions::earlier;
use super::*;

async fn one_generation(path: &Path, name: &str) -> SqliteStore {
    let store = SqliteStore::open(path).unwrap();
    let first = writing("acme", vec![user("00u1", name)]);
    first.run(&store).await.unwrap();
    store
}

/// Moves a database with the files beside it.
fn rename(from: &Path, to: &Path) {
    for suffix in ["", "-wal", "-shm"] {
        let beside = |path: &Path| {
            let mut name = path.as_os_str().to_owned();
            name.push(suffix);
            PathBuf::from(name)
        };
        if beside(from).exists() {
            fs::rename(beside(from), beside(to)).unwrap();
        }
    }
}

#[tokio::test]
async fn whoever_reads_waits_for_no_writer() {
    let folder = tempfile::tempdir().unwrap();
    let path = in_folder(&folder);
    drop(one_generation(&path, "jane").await);
    let writer = Connection::open(&path).unwrap();
    writer.execute_batch("BEGIN IMMEDIATE").unwrap();
    let looking = SqliteStore::open_to_look(&path).unwrap();
    assert_eq!(names(&looking).await, ["user:default/jane"]);
    let (serving, kept) = SqliteStore::open_to_serve(&path).unwrap();
    assert!(kept.is_none(), "{kept:?}");
    assert_eq!(names(&serving).await, ["user:default/jane"]);
    // A commit waits, and readers of the same process do not wait for it.
    let more = writing("acme", vec![user("00u2", "bob")]);
    let committing = tokio::spawn({
        let serving = serving.clone();
        async move { more.run(&serving).await }
    });
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(names(&serving).await, ["user:default/jane"]);
    assert!(!committing.is_finished());
    writer.execute_batch("ROLLBACK").unwrap();
    assert_eq!(committing.await.unwrap().unwrap(), 2);
}

#[tokio::test]
async fn a_locked_store_of_an_earlier_version_is_served_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let path = in_folder(&folder);
    earlier(&path, 1);
    let writer = Connection::open(&path).unwrap();
    writer
        .execute_batch("PRAGMA journal_mode = wal; BEGIN IMMEDIATE")
        .unwrap();
    let (serving, kept) = SqliteStore::open_to_serve(&path).unwrap();
    assert_eq!(kept.unwrap().kind(), StoreErrorKind::Locked);
    assert_eq!(serving.generation().await.unwrap(), Some(2));
    writer.execute_batch("ROLLBACK").unwrap();
    let more = writing("acme", vec![user("00u2", "bob")]);
    assert_eq!(more.run(&serving).await.unwrap(), 3);
}

#[tokio::test]
async fn a_version_to_come_is_refused_by_whoever_has_the_file_open() {
    let folder = tempfile::tempdir().unwrap();
    let path = in_folder(&folder);
    let store = one_generation(&path, "jane").await;
    Connection::open(&path)
        .unwrap()
        .pragma_update(None, "user_version", 99)
        .unwrap();
    let error = store.catalog().await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::NewerSchema);
    let more = writing("acme", vec![user("00u2", "bob")]);
    let error = more.run(&store).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::NewerSchema);
}

#[cfg(unix)]
#[tokio::test]
async fn a_file_that_went_is_missed_and_found_again() {
    let folder = tempfile::tempdir().unwrap();
    let (path, away) = (in_folder(&folder), folder.path().join("away.db"));
    let store = one_generation(&path, "jane").await;
    let gone = |error: StoreError| assert_eq!(error.kind(), StoreErrorKind::Gone, "{error}");

    rename(&path, &away);
    gone(store.generation().await.unwrap_err());
    gone(store.catalog().await.unwrap_err());
    gone(store.check().await.unwrap_err());
    let more = || writing("acme", vec![user("00u2", "bob")]);
    gone(more().run(&store).await.unwrap_err());
    assert!(!path.exists(), "nothing is made in its place");

    // The same file: nothing happened.
    rename(&away, &path);
    assert_eq!(store.generation().await.unwrap(), Some(1));
    assert_eq!(store.epoch(), 0);
    assert_eq!(more().run(&store).await.unwrap(), 2);

    // Another file, with a lower number.
    rename(&path, &away);
    drop(one_generation(&path, "zoe").await);
    assert_eq!(store.generation().await.unwrap(), Some(1));
    assert_eq!(store.epoch(), 1);
    assert_eq!(names(&store).await, ["user:default/zoe"]);
    assert_eq!(more().run(&store).await.unwrap(), 2);
    let other = SqliteStore::open_to_look(&path).unwrap();
    assert_eq!(names(&other).await.len(), 2);
    let old = SqliteStore::open_to_look(&away).unwrap();
    assert_eq!(names(&old).await, ["user:default/bob", "user:default/jane"]);
}

/// The newest commits of a file are in its log, and a new file beside that would destroy them.
#[cfg(unix)]
#[tokio::test]
async fn a_log_without_its_file_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let (path, away) = (in_folder(&folder), folder.path().join("away.db"));
    let store = one_generation(&path, "jane").await;
    let more = writing("acme", vec![user("00u2", "bob")]);
    more.run(&store).await.unwrap();
    fs::rename(&path, &away).unwrap();
    let log = folder.path().join("catalog.db-wal");
    let before = fs::read(&log).unwrap();
    assert!(!before.is_empty());
    for opened in [
        SqliteStore::open(&path).map(drop),
        SqliteStore::open_to_look(&path).map(drop),
        SqliteStore::open_to_serve(&path).map(drop),
    ] {
        let refused = opened.unwrap_err();
        assert_eq!(refused.kind(), StoreErrorKind::Gone);
        assert!(
            crate::text::chain(&refused).contains("catalog.db-wal"),
            "{refused}"
        );
    }
    assert!(!path.exists());
    assert_eq!(fs::read(&log).unwrap(), before);
    // Put back, it is whole.
    fs::rename(&away, &path).unwrap();
    assert_eq!(
        SqliteStore::open(&path)
            .unwrap()
            .generation()
            .await
            .unwrap(),
        Some(2)
    );
}

#[cfg(unix)]
#[tokio::test]
async fn a_plan_of_one_file_is_not_committed_into_another() {
    let folder = tempfile::tempdir().unwrap();
    let (path, away) = (in_folder(&folder), folder.path().join("away.db"));
    let store = one_generation(&path, "jane").await;
    let turn = store.begin(claim("acme")).await.unwrap();
    assert_eq!(store.state("acme").await.unwrap().generation(), Some(1));
    rename(&path, &away);
    drop(one_generation(&path, "zoe").await);
    let other = SqliteStore::open(&path).unwrap();
    let theirs = other.begin(claim("acme")).await.unwrap();
    // The number fits, and the catalog is another one.
    assert_eq!(turn, theirs);
    let more = || writing("acme", vec![user("00u2", "bob")]);
    let error = more().end(&store, &turn).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Conflict);
    let renewed = store.renew(&turn, LEASE).await;
    assert_eq!(renewed.unwrap_err().kind(), StoreErrorKind::Conflict);
    assert_eq!(more().run(&store).await.unwrap(), 2);
}

#[cfg(unix)]
#[tokio::test]
async fn a_log_that_is_deleted_takes_nothing_along() {
    let folder = tempfile::tempdir().unwrap();
    let path = in_folder(&folder);
    let store = one_generation(&path, "jane").await;
    fs::remove_file(folder.path().join("catalog.db-wal")).unwrap();
    assert_eq!(names(&store).await, ["user:default/jane"]);
    let more = writing("acme", vec![user("00u2", "bob")]);
    assert_eq!(more.run(&store).await.unwrap(), 2);
    let other = SqliteStore::open_to_look(&path).unwrap();
    assert_eq!(names(&other).await.len(), 2);
    store.check().await.unwrap();
}

#[cfg(unix)]
#[tokio::test]
async fn a_link_leads_to_the_file_and_none_is_made_behind_one_that_leads_nowhere() {
    use std::os::unix::fs::symlink;
    let folder = tempfile::tempdir().unwrap();
    let (file, link) = (in_folder(&folder), folder.path().join("link.db"));
    drop(one_generation(&file, "jane").await);
    symlink(&file, &link).unwrap();
    let store = SqliteStore::open(&link).unwrap();
    let more = writing("acme", vec![user("00u2", "bob")]);
    more.run(&store).await.unwrap();
    assert_eq!(names(&store).await.len(), 2);
    assert_eq!(SqliteStore::files(&link).len(), 3);

    let dangling = folder.path().join("dangling.db");
    symlink(folder.path().join("nowhere.db"), &dangling).unwrap();
    assert_eq!(refusal(&dangling), StoreErrorKind::Unopenable);
    assert!(!folder.path().join("nowhere.db").exists());
}

/// Whoever has the new file open keeps its log: closing what was open to the old file removes nothing by its name.
#[cfg(unix)]
#[tokio::test]
async fn a_file_that_somebody_else_puts_there_and_writes_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let (path, away) = (in_folder(&folder), folder.path().join("away.db"));
    let serving = one_generation(&path, "jane").await;
    rename(&path, &away);
    let syncing = one_generation(&path, "zoe").await;
    assert_eq!(names(&serving).await, ["user:default/zoe"]);
    let more = writing("acme", vec![user("00u2", "bob")]);
    assert_eq!(more.run(&syncing).await.unwrap(), 2);
    assert_eq!(serving.generation().await.unwrap(), Some(2));
    serving.state("acme").await.unwrap();
    let more = writing("acme", vec![user("00u3", "eve")]);
    assert_eq!(more.run(&serving).await.unwrap(), 3);
    assert_eq!(names(&syncing).await.len(), 3);
    for store in [&syncing, &serving] {
        assert_eq!(store.epoch(), u64::from(std::ptr::eq(store, &serving)));
        store.check().await.unwrap();
    }
}

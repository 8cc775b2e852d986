//! Copies of a store: of one that is written, onto disks that are full, and restored.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::*;
use crate::held::mirror::{Account, HeldUser, Mirror};
use crate::held::object::Key;
use crate::store::{CatalogStore as _, Ending, Record, SqliteStore};
use crate::testing::{claim, user, user_entity, writing};

fn people(count: usize) -> Vec<Record> {
    let one = |number: usize| Record {
        provider: "acme".into(),
        key: Key::User(format!("00u{number}").as_str().into()),
        entity: user_entity(&format!("user-{number}")),
    };
    (0..count).map(one).collect()
}

fn mirror() -> Mirror {
    let jane = HeldUser {
        record: user("00u1", serde_json::json!({"email": "jane@example.com"})).into(),
        by_search: false,
    };
    Mirror::of(Account::default(), [jane], [], [])
}

struct Place {
    folder: tempfile::TempDir,
    store: SqliteStore,
}

impl Place {
    async fn with(people_of_acme: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&folder.path().join("catalog.db")).unwrap();
        let turn = store.begin(claim("acme")).await.unwrap();
        let ending = Ending {
            mirror: Some(Arc::new(mirror())),
            ..writing("acme", people(people_of_acme)).ending()
        };
        store.end(&turn, ending).await.unwrap();
        Self { folder, store }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn looked_at(&self) -> SqliteStore {
        SqliteStore::open_to_look(&self.path("catalog.db")).unwrap()
    }

    fn names(&self) -> BTreeSet<String> {
        let entries = fs::read_dir(self.folder.path()).unwrap();
        let names = entries.map(|it| it.unwrap().file_name().into_string().unwrap());
        names.filter(|it| !it.starts_with("catalog.db")).collect()
    }
}

#[tokio::test]
async fn a_copy_is_one_whole_store_and_its_owners_alone() {
    let place = Place::with(300).await;
    let copy = place.path("copy.db");
    let checked = place.looked_at().backup(&copy).await.unwrap();
    assert_eq!(checked, place.store.check().await.unwrap());
    let copied = SqliteStore::open_to_look(&copy).unwrap();
    let copied = copied.mirror("acme").await.unwrap().unwrap();
    assert_eq!(copied.users(), mirror().users());
    drop(copied);
    assert_eq!(place.names(), ["copy.db".to_owned()].into());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(&copy).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    // What is written afterwards is in the store and not in the copy, which goes on as a store of its own.
    writing("other", Vec::new())
        .run(&place.store)
        .await
        .unwrap();
    let restored = SqliteStore::open(&copy).unwrap();
    assert_eq!(restored.generation().await.unwrap(), Some(1));
    writing("acme", Vec::new()).run(&restored).await.unwrap();
    assert_eq!(restored.generation().await.unwrap(), Some(2));
    let catalog = restored.catalog().await.unwrap().unwrap();
    assert_eq!(catalog.records.len(), 300);
}

/// Each commit of another process would let a copy begin anew that holds no instant.
#[tokio::test(flavor = "multi_thread")]
async fn a_store_is_copied_while_it_is_written() {
    let place = Place::with(3_000).await;
    let done = Arc::new(AtomicBool::new(false));
    let writer = {
        let (store, done) = (place.store.clone(), Arc::clone(&done));
        tokio::spawn(async move {
            while !done.load(Ordering::Relaxed) {
                writing("other", Vec::new()).run(&store).await.unwrap();
            }
        })
    };
    for number in 0..5 {
        let copy = place.path(&format!("copy-{number}.db"));
        let checked = place.looked_at().backup(&copy).await.unwrap();
        assert_eq!(checked.providers[0].users, 3_000);
    }
    done.store(true, Ordering::Relaxed);
    writer.await.unwrap();
}

#[tokio::test]
async fn nothing_that_is_there_is_overwritten() {
    let place = Place::with(1).await;
    fs::write(place.path("precious"), "precious").unwrap();
    for name in ["precious", "catalog.db", "."] {
        let refused = place.looked_at().backup(&place.path(name)).await;
        let error = refused.unwrap_err();
        assert!(matches!(error, BackupError::Exists(_)), "{error:?}");
        assert_eq!(error.exit(), Exit::Usage);
    }
    assert_eq!(fs::read(place.path("precious")).unwrap(), b"precious");
    // A link that leads nowhere is something, too.
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(place.path("nowhere"), place.path("link")).unwrap();
        let refused = place.looked_at().backup(&place.path("link")).await;
        assert!(matches!(refused, Err(BackupError::Exists(_))));
    }
}

#[tokio::test]
async fn nothing_is_left_of_a_copy_that_is_not_made() {
    let place = Place::with(1).await;
    let no_folder = place.path("no/copy.db");
    let failed = place.looked_at().backup(&no_folder).await;
    let error = failed.unwrap_err();
    assert_eq!(error.exit(), Exit::Store);
    assert!(error.to_string().contains("copy.db"), "{error}");

    // Given up, whenever that is.
    let (store, copy) = (place.looked_at(), place.path("copy.db"));
    drop(futures::poll!(Box::pin(store.backup(&copy))));
    assert_eq!(place.names(), BTreeSet::new());

    let nothing = SqliteStore::open_to_look(&place.path("nothing.db")).unwrap();
    let failed = nothing.backup(&place.path("copy.db")).await;
    assert!(matches!(failed, Err(BackupError::NoStore(_))));
    assert_eq!(place.names(), BTreeSet::new());
}

#[tokio::test]
async fn a_damaged_store_is_not_copied() {
    let place = Place::with(300).await;
    let path = place.path("catalog.db");
    let Place { folder, store } = place;
    drop(store);
    let text = fs::read(&path).unwrap();
    // Another letter in a name: SQLite sees nothing of it, the sums do.
    let at = text.windows(8).position(|it| it == b"user-123").unwrap();
    let mut damaged = text;
    damaged[at] = b'x';
    fs::write(&path, &damaged).unwrap();
    let store = SqliteStore::open_to_look(&path).unwrap();
    let failed = store.backup(&folder.path().join("copy.db")).await;
    let error = failed.unwrap_err();
    assert!(
        matches!(&error, BackupError::Store(it) if it.kind() == StoreErrorKind::Damaged),
        "{error:?}"
    );
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    assert!(fs::read(&path).unwrap() == damaged, "it was written to");
}

#[test]
fn a_copy_for_which_there_is_no_room_is_the_fault_of_its_disk() {
    let folder = tempfile::tempdir().unwrap();
    let mut from = Connection::open_in_memory().unwrap();
    let many = "CREATE TABLE t (x); WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 9999)
        INSERT INTO t SELECT x FROM n";
    from.execute_batch(many).unwrap();
    let path = folder.path().join("copy.db");
    fs::write(&path, "").unwrap();
    let mut copy = to_be_written(&path).unwrap();
    copy.query_row("PRAGMA max_page_count = 2", [], |_| Ok(()))
        .unwrap();
    let failure = pages(&mut from, &mut copy).unwrap_err();
    let error = blamed(failure, Path::new("catalog.db"), &path);
    assert!(
        matches!(&error, BackupError::Unwritable { path: at, .. } if *at == path),
        "{error:?}"
    );
    assert_eq!(error.exit(), Exit::Store);
    let chain = crate::text::chain(&error);
    assert!(chain.contains("is full"), "{chain}");
}

//! The laws of stores for each store, and what only SQLite can get wrong.

use std::path::Path;

use futures::FutureExt as _;
use rusqlite::Connection;

use super::suite::{Place, group, keeps_the_laws, names, user};
use super::*;
use crate::held::run::Run;
use crate::testing::{claim, writing};

mod damage;
mod files;
mod versions;

keeps_the_laws!(sqlite, Some(Sqlite(tempfile::tempdir().unwrap())));

#[cfg(unix)]
keeps_the_laws!(postgres, super::super::postgres::tests::place::Place::new());

#[cfg(unix)]
impl Place for super::postgres::tests::place::Place {
    fn open(&self) -> BoxFuture<'_, Box<dyn CatalogStore>> {
        async {
            let store = PostgresStore::open(self.settings.clone()).await;
            Box::new(store.unwrap()) as Box<_>
        }
        .boxed()
    }

    fn execute<'a>(&'a self, sql: &'a str) -> BoxFuture<'a, ()> {
        self.run(sql).boxed()
    }

    async fn close(self) {
        self.remove().await;
    }
}

/// A file in a folder of its own.
struct Sqlite(tempfile::TempDir);

impl Place for Sqlite {
    fn open(&self) -> BoxFuture<'_, Box<dyn CatalogStore>> {
        async { Box::new(SqliteStore::open(&in_folder(&self.0)).unwrap()) as Box<_> }.boxed()
    }

    fn execute<'a>(&'a self, sql: &'a str) -> BoxFuture<'a, ()> {
        let database = Connection::open(in_folder(&self.0)).unwrap();
        database.execute_batch(sql).unwrap();
        async {}.boxed()
    }
}

fn in_folder(folder: &tempfile::TempDir) -> PathBuf {
    folder.path().join("catalog.db")
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
    let first = writing("acme", vec![user("00u1", "jane")]);
    first.run(&store).await.unwrap();
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
    let more = writing("acme", vec![user("00u2", "bob")]);
    more.run(&store).await.unwrap();
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
    writing("acme", vec![group("00g1", "team", &[])])
        .run(&store)
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

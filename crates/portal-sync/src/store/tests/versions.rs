//! Files that earlier versions wrote, as their programs left them: `fixtures/stores/README.md`.

use std::fs;

use super::*;

/// The file of each version, the first one first.
const FILES: [&[u8]; 6] = [
    include_bytes!("../../../../../fixtures/stores/v1.db"),
    include_bytes!("../../../../../fixtures/stores/v2.db"),
    include_bytes!("../../../../../fixtures/stores/v3.db"),
    include_bytes!("../../../../../fixtures/stores/v4.db"),
    include_bytes!("../../../../../fixtures/stores/v5.db"),
    include_bytes!("../../../../../fixtures/stores/v6.db"),
];

/// Whose entities are in them, and which.
const PROVIDER: &str = "small";
const REFS: [&str; 16] = [
    "group:default/everyone",
    "group:default/example-all-staff",
    "group:default/public-deta",
    "group:default/public-nobody-yet",
    "group:default/public-platform",
    "group:default/sales-partners",
    "group:default/sales-partners-161268d2",
    "user:default/ana.diaz",
    "user:default/ana.diaz-d183d9ae",
    "user:default/ben.obrien",
    "user:default/chidi.abara",
    "user:default/jean-luc.de-la-cruz-it",
    "user:default/lena.weiss",
    "user:default/linh.nguyen",
    "user:default/mia.new",
    "user:default/soren.berg",
];

/// The first version that has a ledger, in which each of the two runs is.
const LEDGER_SINCE: usize = 5;

/// The first version that keeps what Okta said.
const MIRROR_SINCE: usize = 6;

fn runs(version: usize) -> usize {
    if version < LEDGER_SINCE { 0 } else { 2 }
}

/// A file as the version left it.
pub(super) fn earlier(path: &Path, version: usize) {
    fs::write(path, FILES[version - 1]).unwrap();
}

/// The same in a folder of its own, for each version.
fn each() -> impl Iterator<Item = (usize, tempfile::TempDir, PathBuf)> {
    (1..=FILES.len()).map(|version| {
        let folder = tempfile::tempdir().unwrap();
        let path = in_folder(&folder);
        earlier(&path, version);
        (version, folder, path)
    })
}

/// The entities of a file, by its rows.
fn rows(path: &Path) -> Vec<[String; 5]> {
    let database = Connection::open(path).unwrap();
    let mut all = database
        .prepare("SELECT provider, kind, okta_id, ref, body FROM entity ORDER BY provider, kind, okta_id")
        .unwrap();
    let rows = all.query_map([], |row| {
        let texts: Result<Vec<String>, _> = (0..5).map(|at| row.get(at)).collect();
        Ok(texts?.try_into().unwrap())
    });
    rows.unwrap().map(Result::unwrap).collect()
}

fn number(database: &Connection, query: &str) -> i64 {
    database.query_row(query, [], |row| row.get(0)).unwrap()
}

#[tokio::test]
async fn there_is_a_file_of_each_version_but_the_newest() {
    for (version, _folder, path) in each() {
        let database = Connection::open(&path).unwrap();
        let found = number(&database, "PRAGMA user_version");
        assert_eq!(usize::try_from(found), Ok(version));
    }
    let folder = tempfile::tempdir().unwrap();
    let newest = SqliteStore::open(&in_folder(&folder)).unwrap();
    let newest = newest.check().await.unwrap().schema;
    assert_eq!(
        usize::try_from(newest),
        Ok(FILES.len() + 1),
        "how a file is made is in fixtures/stores/README.md"
    );
}

#[tokio::test]
async fn every_earlier_version_is_read_as_it_is() {
    let mut first = None;
    for (version, _folder, path) in each() {
        let store = SqliteStore::open_to_look(&path).unwrap();
        assert_eq!(names(&store).await, REFS, "version {version}");
        assert_eq!(store.generation().await.unwrap(), Some(2));
        let catalog = store.catalog().await.unwrap().unwrap();
        assert_eq!(
            (catalog.generation, &*catalog.providers),
            (2, &[PROVIDER.to_owned()][..])
        );
        let keys: Vec<Key> = catalog.records.iter().map(|it| it.key.clone()).collect();
        let documents = store.documents(PROVIDER, 2, keys).await.unwrap();
        let state = store.state(PROVIDER).await.unwrap();
        assert_eq!(state.generation(), Some(2));
        let known = store.providers().await.unwrap();
        assert_eq!(known.len(), 1);
        assert_eq!(known[0].org.as_deref(), Some("http://127.0.0.1:7099"));
        // The criteria of a run are known since the second version.
        let criteria = known[0].remembered.criteria.len();
        assert_eq!(criteria, usize::from(version > 1), "version {version}");
        let asked = Runs {
            limit: 9,
            ..Runs::default()
        };
        assert_eq!(store.runs(asked).await.unwrap().len(), runs(version));
        let has_ledger = version >= LEDGER_SINCE;
        assert_eq!(store.run(1).await.unwrap().is_some(), has_ledger);
        let changes = store.changes_of(REFS[0], 9).await.unwrap();
        assert_eq!(changes.is_empty(), !has_ledger);
        let has_mirror = store.mirror(PROVIDER).await.unwrap().is_some();
        assert_eq!(has_mirror, version >= MIRROR_SINCE);
        let checked = store.check().await.unwrap();
        assert_eq!(usize::try_from(checked.schema), Ok(version));
        // Whatever the version, the same was written.
        let read = (catalog.records, documents);
        assert_eq!(
            first.get_or_insert(read.clone()),
            &read,
            "version {version}"
        );
        drop(store);
        assert_eq!(fs::read(&path).unwrap(), FILES[version - 1]);
    }
}

#[tokio::test]
async fn every_earlier_version_is_brought_up_to_date_and_goes_on() {
    for (version, _folder, path) in each() {
        let before = rows(&path);
        let looking = SqliteStore::open_to_look(&path).unwrap();
        let catalog = looking.catalog().await.unwrap();
        let store = SqliteStore::open(&path).unwrap();
        assert_eq!(store.catalog().await.unwrap(), catalog, "version {version}");
        // Whoever looked goes on.
        assert_eq!(looking.catalog().await.unwrap(), catalog);
        assert_eq!(rows(&path), before);
        store.check().await.unwrap();
        // The next run has the next number of the ledger, and the next generation.
        let mut next = writing(
            PROVIDER,
            [user("00u2benobrien000000d", "ben"), user("00u1", "jane")],
        );
        next.commit.removed = vec![Key::Group("00g6empty0000000000d".into())];
        assert_eq!(next.run(&store).await.unwrap(), 3);
        let number = u64::try_from(runs(version) + 1).unwrap();
        let (entry, _) = store.run(number).await.unwrap().unwrap();
        assert_eq!(entry.run.unwrap().generation, Some(3));
        let mut expected: Vec<&str> = REFS.into_iter().filter(|it| !it.ends_with("yet")).collect();
        expected[8] = "user:default/ben";
        expected.insert(12, "user:default/jane");
        expected.sort_unstable();
        assert_eq!(names(&store).await, expected, "version {version}");
        let checked = store.check().await.unwrap();
        assert_eq!((checked.generation, checked.runs), (Some(3), number));
        let first = writing("new", vec![user("00u3", "zoe")]);
        assert_eq!(first.run(&store).await.unwrap(), 4);
        // Damage is noticed from now on.
        let database = Connection::open(&path).unwrap();
        let damage = "UPDATE entity SET body = '{}' WHERE okta_id = '00u3chidiabara00000d'";
        assert_eq!(database.execute(damage, []).unwrap(), 1);
        let error = store.check().await.unwrap_err();
        assert_eq!(error.kind(), StoreErrorKind::Damaged);
    }
}

#[test]
fn a_new_file_and_one_of_each_version_are_the_same() {
    let schema = |path: &Path| -> Vec<String> {
        drop(SqliteStore::open(path).unwrap());
        let database = Connection::open(path).unwrap();
        let mut all = database
            .prepare("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name")
            .unwrap();
        let rows = all.query_map([], |row| row.get(0)).unwrap();
        rows.collect::<Result<_, _>>().unwrap()
    };
    let folder = tempfile::tempdir().unwrap();
    let new = schema(&in_folder(&folder));
    for (version, _folder, path) in each() {
        assert_eq!(schema(&path), new, "version {version}");
    }
}

/// How each version ended a run, after it had written entities, and what it wrote when a run only learned something.
const WRITES: [&[&str]; 6] = [
    &["INSERT INTO provider (id, generation, taken_at) VALUES (?1, 3, '2026-01-02T00:00:00Z')
       ON CONFLICT (id) DO UPDATE SET generation = 3, taken_at = '2026-01-02T00:00:00Z'"],
    &[
        "INSERT INTO provider (id, generation, taken_at, remembered) VALUES (?1, 3, '2026-01-02T00:00:00Z', '{}')
         ON CONFLICT (id) DO UPDATE SET generation = 3, taken_at = '2026-01-02T00:00:00Z', remembered = '{}'",
        "UPDATE provider SET remembered = '{}' WHERE id = ?1 AND generation = 2",
    ],
    &["INSERT INTO provider (id, generation, taken_at, remembered, digest)
       VALUES (?1, 3, '2026-01-02T00:00:00Z', '{}', zeroblob(16))
       ON CONFLICT (id) DO UPDATE SET generation = 3, taken_at = '2026-01-02T00:00:00Z', remembered = '{}', digest = zeroblob(16)"],
    &["INSERT OR REPLACE INTO provider (id, generation, taken_at, remembered, digest)
       VALUES (?1, 3, '2026-01-02T00:00:00Z', '{}', zeroblob(16))"],
    // Whoever has turns looks at the version in each transaction in which it writes entities.
    &[],
    &[],
];

/// What a process does that was started before, has the file open since, and does not look at its version any more.
#[tokio::test]
async fn whoever_is_of_an_earlier_version_cannot_write_any_more() {
    for (version, _folder, path) in each() {
        let old = Connection::open(&path).unwrap();
        old.pragma_update(None, "journal_mode", "wal").unwrap();
        let store = SqliteStore::open(&path).unwrap();
        let before = store.catalog().await.unwrap();
        for (sql, provider) in WRITES[version - 1]
            .iter()
            .flat_map(|sql| [(sql, PROVIDER), (sql, "new")])
        {
            // An update meets nothing of a provider that there is not.
            if sql.starts_with("UPDATE") && provider == "new" {
                continue;
            }
            old.execute_batch("BEGIN IMMEDIATE").unwrap();
            let moved =
                "UPDATE entity SET ref = 'user:default/mia' WHERE ref = 'user:default/mia.new'";
            assert_eq!(old.execute(moved, []).unwrap(), 1);
            let refused = old.execute(sql, [provider]).expect_err(sql).to_string();
            assert!(refused.contains("newer portal-sync"), "{refused}");
            old.execute_batch("ROLLBACK").unwrap();
        }
        assert_eq!(store.catalog().await.unwrap(), before, "version {version}");
        store.check().await.unwrap();
        // Whoever is of this version goes on.
        let turn = store.begin(claim(PROVIDER)).await.unwrap();
        let ending = Ending {
            work: Work::Remembered(Remembered::default()),
            ..Ending::of(Run::default())
        };
        store.end(&turn, ending).await.unwrap();
        let more = writing(PROVIDER, vec![user("00u1", "jane")]);
        assert_eq!(more.run(&store).await.unwrap(), 3);
        let first = writing("new", vec![user("00u3", "zoe")]);
        assert_eq!(first.run(&store).await.unwrap(), 4);
        store.check().await.unwrap();
    }
}

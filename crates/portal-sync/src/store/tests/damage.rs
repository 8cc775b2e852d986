//! Damage is noticed wherever it is, and never becomes a catalog.

use std::fs;
use std::path::PathBuf;

use super::*;
use crate::held::mirror::{Account, Mirror};
use crate::store::suite::held_user;

const PROVIDERS: [&str; 2] = ["acme", "other"];

/// Everything that readers are told.
#[derive(Debug, PartialEq)]
struct Told {
    catalog: Option<Catalog>,
    generation: Option<u64>,
    known: Vec<KnownProvider>,
    states: Vec<String>,
    mirrors: Vec<Option<String>>,
}

impl Told {
    /// Whether it is what was written. A mirror may be gone, which is read again, and is never another one.
    fn is(&self, expected: &Self) -> bool {
        let mut mirrors = self.mirrors.iter().zip(&expected.mirrors);
        let mirrors_are = mirrors.all(|(one, expected)| one.is_none() || one == expected);
        let Self {
            catalog,
            generation,
            known,
            states,
            mirrors: _,
        } = self;
        mirrors_are
            && (catalog, generation, known, states)
                == (
                    &expected.catalog,
                    &expected.generation,
                    &expected.known,
                    &expected.states,
                )
    }

    /// How many mirrors are gone.
    fn unknown(&self) -> usize {
        self.mirrors.iter().filter(|it| it.is_none()).count()
    }
}

async fn told(path: &Path) -> Result<Told, StoreError> {
    let store = SqliteStore::open_to_look(path)?;
    let (mut states, mut mirrors) = (Vec::new(), Vec::new());
    for provider in PROVIDERS {
        let mirror = store.mirror(provider).await?;
        mirrors.push(mirror.map(|it| format!("{it:?}")));
        states.push(format!("{:?}", store.state(provider).await?));
    }
    Ok(Told {
        catalog: store.catalog().await?,
        generation: store.generation().await?,
        known: store.providers().await?,
        states,
        mirrors,
    })
}

/// Sixty people with this title.
fn mirror(title: &str) -> Mirror {
    let people = (0..60).map(|number| held_user(&format!("00u{number:02}"), title));
    Mirror::of(Account::default(), people, [], [])
}

/// Ends a run with entities and a mirror.
async fn end(store: &SqliteStore, provider: &str, written: Vec<Record>, mirror: Mirror) {
    let turn = store.begin(claim(provider)).await.unwrap();
    let ending = Ending {
        mirror: Some(Arc::new(mirror)),
        ..writing(provider, written).ending()
    };
    store.end(&turn, ending).await.unwrap();
}

/// A store of two tenants, whose file has everything in it when it is closed.
async fn filled(path: &Path) -> SqliteStore {
    let store = SqliteStore::open(path).unwrap();
    for provider in PROVIDERS {
        let people =
            (0..60).map(|number| user(&format!("00u{number}"), &format!("{provider}-{number}")));
        let members: Vec<String> = (0..60)
            .map(|number| format!("{provider}-{number}"))
            .collect();
        let members: Vec<&str> = members.iter().map(String::as_str).collect();
        let everyone = group("00g1", &format!("{provider}-everyone"), &members);
        let written = people.chain([everyone]);
        end(&store, provider, written.collect(), mirror("clerk")).await;
    }
    store
}

/// Numbers that are the same in each run of a test.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        // Knuth's constants (MMIX).
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % end
    }
}

#[tokio::test]
async fn whatever_bytes_change_the_content_is_the_same_or_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = in_folder(&folder);
    drop(filled(&path).await);
    let whole = fs::read(&path).unwrap();
    let expected = told(&path).await.unwrap();
    let mut numbers = Numbers(7);
    let (mut refused, mut same, mut without) = (0, 0, 0);
    for number in 0..400 {
        let mut bytes = whole.clone();
        let at = numbers.below(bytes.len());
        let what = match number % 4 {
            0 => {
                bytes[at] ^= 1 << numbers.below(8);
                "a bit"
            }
            1 => {
                bytes[at] = b'x';
                "a letter"
            }
            2 => {
                let end = bytes.len().min(at + 64);
                bytes[at..end].fill(0);
                "zeros"
            }
            _ => {
                let (one, two) = (at / 4096 * 4096, numbers.below(bytes.len()) / 4096 * 4096);
                let page = bytes[one..one + 4096].to_vec();
                bytes.copy_within(two..two + 4096, one);
                bytes[two..two + 4096].copy_from_slice(&page);
                "two pages swapped"
            }
        };
        let damaged: PathBuf = folder.path().join(format!("{number}.db"));
        fs::write(&damaged, bytes).unwrap();
        match told(&damaged).await {
            Ok(told) => {
                assert!(told.is(&expected), "{what} at {at}");
                match told.unknown() {
                    0 => same += 1,
                    _ => without += 1,
                }
            }
            Err(error) => {
                let kind = error.kind();
                assert!(
                    matches!(
                        kind,
                        StoreErrorKind::Damaged
                            | StoreErrorKind::Foreign
                            | StoreErrorKind::NewerSchema
                    ),
                    "{what} at {at}: {error} {kind:?}"
                );
                refused += 1;
            }
        }
    }
    // Both kinds of damage were tried.
    assert!(
        refused > 100 && same > 20 && without > 50,
        "{refused} {same} {without}"
    );
}

#[tokio::test]
async fn a_page_of_an_earlier_generation_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = in_folder(&folder);
    let store = filled(&path).await;
    drop(store);
    let before = fs::read(&path).unwrap();
    let store = SqliteStore::open(&path).unwrap();
    // One letter of one person.
    let mut changed = mirror("clerk").kept();
    // On another page than the account: a page with all that changed is the mirror of before, which is a whole one.
    changed.replace_user(held_user("00u57", "Clerk"));
    let renamed = vec![user("00u7", "acme-x")];
    end(&store, "acme", renamed, changed).await;
    drop(store);
    let after = fs::read(&path).unwrap();
    let expected = told(&path).await.unwrap();
    assert_eq!(before.len(), after.len());
    let (mut changed, mut without) = (0, 0);
    for at in (0..after.len()).step_by(4096) {
        let page = at..at + 4096;
        if before[page.clone()] == after[page.clone()] {
            continue;
        }
        changed += 1;
        let mut bytes = after.clone();
        bytes[page.clone()].copy_from_slice(&before[page]);
        let mixed = folder.path().join(format!("{at}.db"));
        fs::write(&mixed, bytes).unwrap();
        match told(&mixed).await {
            Ok(told) => {
                assert!(told.is(&expected), "page at {at}");
                without += told.unknown();
            }
            Err(error) => assert_eq!(error.kind(), StoreErrorKind::Damaged, "page at {at}"),
        }
    }
    assert!(changed >= 3, "{changed}");
    // Of the mirror the account and the person are on pages of their own.
    assert!(without >= 2, "{without}");
}

#[tokio::test]
async fn a_mirror_that_was_not_written_so_is_none_and_the_store_goes_on() {
    for (what, sql) in [
        (
            "another letter",
            "UPDATE mirror SET body = replace(body, 'clerk', 'Clerk') WHERE okta_id = '00u07' AND provider = 'acme'",
        ),
        (
            "no text any more",
            "PRAGMA writable_schema = 1; UPDATE sqlite_schema SET sql = replace(sql, ' STRICT,', '') WHERE name = 'mirror';
             PRAGMA writable_schema = RESET; UPDATE mirror SET body = CAST(body AS BLOB) WHERE okta_id = '00u07' AND provider = 'acme'",
        ),
        (
            "another id",
            "UPDATE mirror SET okta_id = '00u99' WHERE okta_id = '00u07' AND provider = 'acme'",
        ),
        (
            "one of another tenant",
            "UPDATE mirror SET provider = 'acme', okta_id = '00u99' WHERE okta_id = '00u07' AND provider = 'other'",
        ),
        (
            "one that is missing",
            "DELETE FROM mirror WHERE okta_id = '00u07' AND provider = 'acme'",
        ),
        (
            "all but the account",
            "DELETE FROM mirror WHERE kind = 'user' AND provider = 'acme'",
        ),
        (
            "no sum",
            "UPDATE mirror SET digest = NULL WHERE provider = 'acme'",
        ),
        (
            "a short sum",
            "UPDATE mirror SET digest = x'00' WHERE provider = 'acme'",
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let path = in_folder(&folder);
        let store = filled(&path).await;
        Connection::open(&path).unwrap().execute_batch(sql).unwrap();
        assert!(store.mirror("acme").await.unwrap().is_none(), "{what}");
        let checked = store.check().await.unwrap();
        let found = &checked.mirrors[0].found;
        assert!(matches!(found, MirrorFound::Damaged { .. }), "{what}");
        // What changes of it does not make it whole.
        let mut changed = mirror("clerk").kept();
        changed.replace_user(held_user("00u08", "chief"));
        end(&store, "acme", Vec::new(), changed).await;
        assert!(store.mirror("acme").await.unwrap().is_none(), "{what}");
        end(&store, "acme", Vec::new(), mirror("chief")).await;
        assert!(store.mirror("acme").await.unwrap().is_some(), "{what}");
    }
}

#[tokio::test]
async fn a_row_that_was_not_written_so_is_refused() {
    for (what, sql) in [
        (
            "another name",
            "UPDATE entity SET body = replace(body, 'acme-1', 'acme-l') WHERE okta_id = '00u1' AND provider = 'acme'",
        ),
        (
            "another ref",
            "UPDATE entity SET ref = 'user:default/x' WHERE ref = 'user:default/acme-1'",
        ),
        (
            "another id",
            "UPDATE entity SET okta_id = '00u99' WHERE ref = 'user:default/acme-1'",
        ),
        (
            "another tenant",
            "UPDATE entity SET provider = 'other', okta_id = '00u99' WHERE ref = 'user:default/acme-1'",
        ),
        (
            "one that is missing",
            "DELETE FROM entity WHERE ref = 'user:default/acme-1'",
        ),
        (
            "one too many",
            "INSERT INTO entity VALUES ('other', 'User', '00u99', 'user:default/x', '{}')",
        ),
        (
            "all of a tenant",
            "DELETE FROM entity WHERE provider = 'other'",
        ),
        ("a tenant", "DELETE FROM provider WHERE id = 'other'"),
        (
            "a tenant and all of it",
            "DELETE FROM provider WHERE id = 'other'; DELETE FROM entity WHERE provider = 'other'",
        ),
        ("all tenants", "DELETE FROM provider; DELETE FROM entity"),
        (
            "another number",
            "UPDATE provider SET generation = 9 WHERE id = 'acme'",
        ),
        (
            "another time",
            "UPDATE provider SET taken_at = '2026-01-02T00:00:00Z' WHERE id = 'acme'",
        ),
        (
            "what is remembered",
            "UPDATE provider SET remembered = NULL WHERE id = 'acme'",
        ),
        (
            "no sum",
            "UPDATE provider SET digest = NULL WHERE id = 'acme'",
        ),
        (
            "a short sum",
            "UPDATE provider SET digest = x'00' WHERE id = 'acme'",
        ),
        ("no sum of all", "DELETE FROM catalog"),
        ("another version", "PRAGMA user_version = 2"),
        ("no history", "DELETE FROM migration"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let path = in_folder(&folder);
        let store = filled(&path).await;
        let sql = format!("DROP TRIGGER provider_updated; {sql}");
        let database = Connection::open(&path).unwrap();
        database.execute_batch(&sql).unwrap();
        assert!(told(&path).await.is_err(), "{what}");
        assert!(SqliteStore::open_to_serve(&path).is_err(), "{what}");
        // Whoever has it open notices as well, and does not write on top of it.
        let found = store.check().await;
        if !matches!(what, "another version" | "no history") {
            assert_eq!(found.unwrap_err().kind(), StoreErrorKind::Damaged, "{what}");
        } else {
            assert!(found.is_err(), "{what}");
        }
    }
}

#[tokio::test]
async fn structural_damage_is_seen_before_anything_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = in_folder(&folder);
    drop(filled(&path).await);
    let mut bytes = fs::read(&path).unwrap();
    let end = bytes.len();
    bytes[end - 4096..].fill(0xff);
    fs::write(&path, &bytes).unwrap();
    let error = SqliteStore::open(&path).unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Damaged);
    let error = SqliteStore::open_to_serve(&path).unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Damaged);
    assert_eq!(fs::read(&path).unwrap(), bytes);
}

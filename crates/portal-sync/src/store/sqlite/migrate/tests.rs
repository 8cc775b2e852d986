//! Files of every version that there was, and files that are nobody's.

use super::*;
use crate::store::sqlite::index::NEWEST;

fn database() -> Connection {
    Connection::open_in_memory().unwrap()
}

/// A file as the first version left it: a number, and no history.
fn of_the_first_version() -> Connection {
    let database = database();
    database.execute_batch(MIGRATIONS[0].sql).unwrap();
    database
        .execute_batch(
            "PRAGMA user_version = 1;
             INSERT INTO provider VALUES ('acme', 7, '2026-01-01T00:00:00Z');
             INSERT INTO entity VALUES ('acme', 'User', '00u1', 'user:default/jane', '{}');",
        )
        .unwrap();
    database
}

fn number(database: &Connection, query: &str) -> i64 {
    database.query_row(query, [], |row| row.get(0)).unwrap()
}

#[test]
fn a_file_of_the_first_version_keeps_everything() {
    let mut database = of_the_first_version();
    migrate(&mut database, MIGRATIONS).unwrap();
    assert_eq!(number(&database, "SELECT generation FROM provider"), 7);
    assert_eq!(number(&database, "SELECT count(*) FROM entity"), 1);
    assert_eq!(number(&database, "SELECT generation FROM catalog"), 7);
    assert_eq!(
        number(&database, "SELECT remembered IS NULL FROM provider"),
        1
    );
    assert_eq!(number(&database, "SELECT count(*) FROM migration"), NEWEST);
    assert_eq!(number(&database, "PRAGMA user_version"), NEWEST);
    // Once and for good.
    migrate(&mut database, MIGRATIONS).unwrap();
    assert_eq!(number(&database, "SELECT count(*) FROM migration"), NEWEST);
}

#[test]
fn the_steps_that_there_were_are_never_edited() {
    let checksums: Vec<String> = MIGRATIONS.iter().map(checksum).collect();
    let beginnings = checksums.iter().map(|it| it.get(..12).unwrap());
    let beginnings: Vec<&str> = beginnings.collect();
    assert_eq!(
        beginnings,
        [
            "cc473c9b0a10",
            "d497d7ed96dc",
            "8201c77937aa",
            "9fac5b7fda81",
            "d7c1c02080cc",
            "9080527a3a0b",
            "90e41bfa23db"
        ]
    );
    assert_eq!(i64::try_from(beginnings.len()), Ok(NEWEST));
}

#[test]
fn what_is_not_ours_is_left_alone() {
    let altered = [
        MIGRATIONS[0],
        Migration {
            name: "another",
            sql: "ALTER TABLE provider ADD COLUMN other TEXT;",
            then: None,
        },
        MIGRATIONS[2],
        MIGRATIONS[3],
        MIGRATIONS[4],
        MIGRATIONS[5],
        MIGRATIONS[6],
    ];
    let of_the_newest = || {
        let mut database = database();
        migrate(&mut database, MIGRATIONS).unwrap();
        database
    };
    let with = |database: Connection, sql: &str| {
        database.execute_batch(sql).unwrap();
        database
    };
    let table: [(&str, Connection, &[Migration], &str); 9] = [
        (
            "tables without a number",
            with(database(), "CREATE TABLE other (x)"),
            MIGRATIONS,
            "Kind(Foreign)",
        ),
        (
            "a number of somebody else",
            with(
                database(),
                "CREATE TABLE other (x); PRAGMA user_version = 1",
            ),
            MIGRATIONS,
            "Kind(Foreign)",
        ),
        (
            "a high number of somebody else",
            with(
                database(),
                "CREATE TABLE other (x); PRAGMA user_version = 99",
            ),
            MIGRATIONS,
            "Kind(Foreign)",
        ),
        (
            "a mark of somebody else",
            with(
                database(),
                "PRAGMA application_id = 7; PRAGMA user_version = 2",
            ),
            MIGRATIONS,
            "Kind(Foreign)",
        ),
        (
            "a newer version of ours",
            with(of_the_newest(), "PRAGMA user_version = 99"),
            MIGRATIONS,
            "Kind(NewerSchema)",
        ),
        (
            "an older program",
            of_the_newest(),
            &MIGRATIONS[..1],
            "Kind(NewerSchema)",
        ),
        (
            "another second step",
            of_the_newest(),
            &altered,
            "Because(Foreign, ",
        ),
        (
            "a history that was tampered with",
            with(of_the_newest(), "DELETE FROM migration WHERE number = 1"),
            MIGRATIONS,
            "Because(Foreign, ",
        ),
        (
            "a number before the last steps",
            with(of_the_newest(), "PRAGMA user_version = 2"),
            MIGRATIONS,
            "Because(Foreign, ",
        ),
    ];
    for (what, mut database, migrations, expected) in table {
        let refusal = migrate(&mut database, migrations).unwrap_err();
        let refusal = format!("{refusal:?}");
        assert!(refusal.starts_with(expected), "{what}: {refusal}");
    }
}

#[test]
fn a_step_that_fails_leaves_the_file_as_it_was() {
    let broken = [
        MIGRATIONS[0],
        MIGRATIONS[1],
        Migration {
            name: "broken",
            sql: "CREATE TABLE more (x); SELECT nothing FROM nowhere;",
            then: None,
        },
    ];
    let mut database = of_the_first_version();
    assert!(matches!(
        migrate(&mut database, &broken),
        Err(Failure::Sqlite(_))
    ));
    assert_eq!(number(&database, "PRAGMA user_version"), 1);
    assert_eq!(
        number(
            &database,
            "SELECT count(*) FROM sqlite_schema WHERE name IN ('more', 'migration')"
        ),
        0
    );
    migrate(&mut database, MIGRATIONS).unwrap();
}

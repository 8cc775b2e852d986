//! Schemas of every version that there was, and schemas that are nobody's, by made-up steps.

use super::super::pool::Pool;
use super::super::tests::place::Place;
use super::*;

const STEPS: &[Migration] = &[
    Migration {
        name: "people",
        sql: "CREATE TABLE person (name text PRIMARY KEY); INSERT INTO person VALUES ('jane')",
    },
    Migration {
        name: "their age",
        sql: "ALTER TABLE person ADD COLUMN age integer",
    },
];

/// A schema as the first version left it.
async fn of_the_first_version(place: &Place, client: &mut Client) {
    let first = STEPS.get(..1).unwrap();
    migrate(client, &place.settings.schema, first)
        .await
        .unwrap();
}

async fn number(client: &Client, query: &str) -> i64 {
    client.query_one(query, &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn an_earlier_schema_keeps_everything() {
    let Some(place) = Place::new() else {
        return;
    };
    let schema = &place.settings.schema;
    let mut client = place.pool().get().await.unwrap();
    of_the_first_version(&place, &mut client).await;
    assert_eq!(check(&client, schema, STEPS).await.unwrap(), 1);
    // Once and for good.
    for _ in 0..2 {
        migrate(&mut client, schema, STEPS).await.unwrap();
        assert_eq!(check(&client, schema, STEPS).await.unwrap(), 2);
        assert_eq!(number(&client, "SELECT count(*) FROM migration").await, 2);
        assert_eq!(
            number(&client, "SELECT count(*) FROM person WHERE age IS NULL").await,
            1
        );
    }
    place.remove().await;
}

#[tokio::test]
async fn replicas_that_start_at_once_apply_each_step_once() {
    let Some(place) = Place::new() else {
        return;
    };
    let start = |_| {
        let (pool, schema) = (place.pool(), place.settings.schema.clone());
        tokio::spawn(async move {
            let mut client = pool.get().await.unwrap();
            migrate(&mut client, &schema, STEPS).await.unwrap();
        })
    };
    let replicas: Vec<_> = (0..8).map(start).collect();
    for replica in replicas {
        replica.await.unwrap();
    }
    let client = place.pool().get().await.unwrap();
    assert_eq!(number(&client, "SELECT count(*) FROM migration").await, 2);
    assert_eq!(number(&client, "SELECT count(*) FROM person").await, 1);
    drop(client);
    place.remove().await;
}

#[tokio::test]
async fn what_is_not_ours_is_left_alone() {
    const ALTERED: &[Migration] = &[
        Migration {
            name: "people",
            sql: "CREATE TABLE person (name text)",
        },
        STEPS[1],
    ];
    let newest = |statement: &str| format!("-- ours\n{statement}");
    for (what, before, steps, kind, because) in [
        (
            "tables of somebody else",
            "CREATE TABLE person (name text)".to_owned(),
            STEPS,
            StoreErrorKind::Foreign,
            "None",
        ),
        (
            "a history of somebody else",
            "CREATE TABLE migration (number integer, checksum text)".to_owned(),
            STEPS,
            StoreErrorKind::Foreign,
            "None",
        ),
        (
            "a newer version of ours",
            newest("INSERT INTO migration VALUES (3, 'more', 'x')"),
            STEPS,
            StoreErrorKind::NewerSchema,
            "None",
        ),
        (
            "an older program",
            newest(""),
            &STEPS[..1],
            StoreErrorKind::NewerSchema,
            "None",
        ),
        (
            "another first step",
            newest(""),
            ALTERED,
            StoreErrorKind::Foreign,
            "step 1 of its history, `people`, is not the one of this version",
        ),
        (
            "a history that was tampered with",
            newest("DELETE FROM migration WHERE number = 1"),
            STEPS,
            StoreErrorKind::Foreign,
            "step 1 of its history, `people`, is not the one of this version",
        ),
    ] {
        let Some(place) = Place::new() else {
            return;
        };
        let schema = &place.settings.schema;
        let mut client = place.pool().get().await.unwrap();
        if before.starts_with("-- ours") {
            migrate(&mut client, schema, STEPS).await.unwrap();
        } else {
            let create = format!("CREATE SCHEMA \"{schema}\"");
            client.batch_execute(&create).await.unwrap();
        }
        client.batch_execute(&before).await.unwrap();
        for refusal in [
            check(&client, schema, steps).await.map(drop).unwrap_err(),
            migrate(&mut client, schema, steps).await.unwrap_err(),
        ] {
            let error = refusal.told("opening", &"postgres://db");
            assert_eq!(error.kind(), kind, "{what}");
            let source = std::error::Error::source(&error).map(ToString::to_string);
            let source = source.unwrap_or_else(|| "None".to_owned());
            assert_eq!(source, because, "{what}");
        }
        place.remove().await;
    }
}

#[tokio::test]
async fn a_step_that_fails_leaves_the_schema_as_it_was() {
    let Some(place) = Place::new() else {
        return;
    };
    const BROKEN: &[Migration] = &[
        STEPS[0],
        STEPS[1],
        Migration {
            name: "broken",
            sql: "CREATE TABLE more (x text); SELECT nothing FROM nowhere",
        },
    ];
    let schema = &place.settings.schema;
    let mut client = place.pool().get().await.unwrap();
    of_the_first_version(&place, &mut client).await;
    migrate(&mut client, schema, BROKEN).await.unwrap_err();
    assert_eq!(check(&client, schema, STEPS).await.unwrap(), 1);
    let more = format!(
        "SELECT count(*) FROM pg_tables WHERE schemaname = '{schema}' AND tablename = 'more'"
    );
    assert_eq!(number(&client, &more).await, 0);
    migrate(&mut client, schema, STEPS).await.unwrap();
    place.remove().await;
}

/// An administrator makes the schema, and the user may only use it.
#[tokio::test]
async fn a_user_with_few_privileges_works_in_a_schema_that_is_made() {
    let Some(place) = Place::new() else {
        return;
    };
    let schema = place.settings.schema.clone();
    let administrator = place.pool().get().await.unwrap();
    let user = format!("of_{schema}");
    let by = |statement: String| {
        let administrator = &administrator;
        async move { administrator.batch_execute(&statement).await.unwrap() }
    };
    by(format!("CREATE ROLE {user}")).await;
    let pool = Pool::new(&place.settings).unwrap();
    let mut client = pool.get().await.unwrap();
    let become_user = format!("SET ROLE {user}");
    client.batch_execute(&become_user).await.unwrap();
    let refused = migrate(&mut client, &schema, STEPS).await.unwrap_err();
    assert_eq!(refused.kind(), StoreErrorKind::NoPrivilege);
    by(format!("CREATE SCHEMA \"{schema}\"")).await;
    let refused = migrate(&mut client, &schema, STEPS).await.unwrap_err();
    assert_eq!(refused.kind(), StoreErrorKind::NoPrivilege, "{refused:?}");
    by(format!(
        "GRANT CREATE, USAGE ON SCHEMA \"{schema}\" TO {user}"
    ))
    .await;
    migrate(&mut client, &schema, STEPS).await.unwrap();
    assert_eq!(check(&client, &schema, STEPS).await.unwrap(), 2);
    drop(client);
    by(format!("DROP OWNED BY {user} CASCADE; DROP ROLE {user}")).await;
    drop(administrator);
    place.remove().await;
}

//! Connections to a server that is there, that is not, and that goes away.

use std::path::Path;

use super::super::tests::settings;
use super::*;

#[test]
fn servers_before_13_are_refused_by_name() {
    assert!(is_new_enough(130_000).is_ok());
    assert!(is_new_enough(180_002).is_ok());
    let error = is_new_enough(90_624).unwrap_err();
    assert_eq!(
        crate::text::chain(&error.told("opening", &"postgres://db")),
        "opening `postgres://db`: the server is older than PostgreSQL 13: it is PostgreSQL 9.6.24"
    );
    let error = is_new_enough(120_022).unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::TooOld);
    let told = error.told("opening", &"postgres://db");
    assert_eq!(
        crate::text::chain(&told),
        "opening `postgres://db`: the server is older than PostgreSQL 13: it is PostgreSQL 12.22"
    );
}

/// What connecting fails with.
async fn refusal(url: &str) -> (StoreErrorKind, String) {
    let pool = Pool::new(&settings(url)).unwrap();
    let failure = pool.get().await.map(drop).unwrap_err();
    let error = failure.told("opening", pool.address());
    let told = format!("{} {error:?} {pool:?}", crate::text::chain(&error));
    assert!(!told.contains("s3cret"), "{told}");
    (error.kind(), told)
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named() {
    // Nobody listens on a port that was just given back.
    let port = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    let url = format!("postgres://me:s3cret@127.0.0.1:{port}/portal");
    let (kind, told) = refusal(&url).await;
    assert_eq!(kind, StoreErrorKind::Unreachable);
    let expected = format!(
        "opening `postgres://me@127.0.0.1:{port}/portal`: the database server cannot be reached: "
    );
    assert!(told.starts_with(&expected), "{told}");
    let (kind, _) = refusal("postgres://me:s3cret@name.invalid/portal").await;
    assert_eq!(kind, StoreErrorKind::Unreachable);
}

/// Something that takes connections and speaks another protocol.
#[tokio::test]
async fn what_is_no_database_server_is_unreachable() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((peer, _)) = listener.accept().await {
            peer.writable().await.unwrap();
            let _ = peer.try_write(b"HTTP/1.1 400 Bad Request\r\n\r\n");
        }
    });
    for parameters in ["", "?sslmode=disable"] {
        let url = format!("postgres://me:s3cret@127.0.0.1:{port}/portal{parameters}");
        let (kind, told) = refusal(&url).await;
        assert_eq!(kind, StoreErrorKind::Unreachable, "{told}");
    }
}

#[tokio::test]
async fn certificates_that_cannot_be_read_are_told_before_anything_is_sent() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    let url = format!(
        "postgres://db?sslmode=verify-full&sslrootcert={}",
        file.display()
    );
    let missing = Pool::new(&settings(&url)).unwrap_err();
    assert_eq!(missing.kind(), StoreErrorKind::Certificates);
    std::fs::write(&file, "no certificate").unwrap();
    let empty = Pool::new(&settings(&url)).unwrap_err();
    assert_eq!(empty.kind(), StoreErrorKind::Certificates);
    let told = crate::text::chain(&empty.told("opening", &"postgres://db"));
    assert!(
        told.ends_with("ca.pem` holds no certificate in PEM"),
        "{told}"
    );
    assert!(Path::new(&file).exists());
}

#[cfg(unix)]
mod with_a_server {
    use super::super::super::tests::place::Place;
    use super::*;
    use crate::testing::cluster::{Cluster, PASSWORD};

    async fn text(client: &Client, query: &str) -> String {
        client.query_one(query, &[]).await.unwrap().get(0)
    }

    #[tokio::test]
    async fn each_connection_is_set_up() {
        let Some(place) = Place::new() else {
            return;
        };
        let pool = place.pool();
        let (one, two) = (pool.get().await.unwrap(), pool.get().await.unwrap());
        let schema = place.settings.schema.to_string();
        for client in [one, two] {
            for (name, expected) in [
                ("search_path", schema.as_str()),
                ("statement_timeout", "1min"),
                ("lock_timeout", "15s"),
                ("idle_in_transaction_session_timeout", "10s"),
                ("default_transaction_isolation", "read committed"),
                ("TimeZone", "UTC"),
                ("application_name", "portal-sync"),
                ("transaction_read_only", "off"),
            ] {
                assert_eq!(
                    text(&client, &format!("SHOW {name}")).await,
                    expected,
                    "{name}"
                );
            }
        }
        place.remove().await;
    }

    #[tokio::test]
    async fn a_connection_that_broke_is_replaced() {
        let Some(place) = Place::new() else {
            return;
        };
        let pool = place.pool();
        let broken = pool.get().await.unwrap();
        let process = "SELECT pg_backend_pid()::text";
        let id = text(&broken, process).await;
        let other = pool.get().await.unwrap();
        let end = format!("SELECT pg_terminate_backend({id})::text");
        assert_eq!(text(&other, &end).await, "true");
        let error = broken.query_one(process, &[]).await.unwrap_err();
        assert_eq!(Failure::from(error).kind(), StoreErrorKind::Unreachable);
        drop((broken, other));
        for _ in 0..4 {
            let client = pool.get().await.unwrap();
            assert_ne!(text(&client, process).await, id);
        }
        place.remove().await;
    }

    #[tokio::test]
    async fn waiting_for_a_connection_ends() {
        let Some(mut place) = Place::new() else {
            return;
        };
        place.settings.pool = 2;
        let pool = place.pool();
        let all = (pool.get().await.unwrap(), pool.get().await.unwrap());
        tokio::time::pause();
        let failure = pool.get().await.map(drop).unwrap_err();
        assert_eq!(failure.kind(), StoreErrorKind::TimedOut);
        tokio::time::resume();
        drop(all);
        drop(pool.get().await.unwrap());
        place.remove().await;
    }

    #[tokio::test]
    async fn statements_that_fail_are_told_apart() {
        let Some(mut place) = Place::new() else {
            return;
        };
        place.settings.statement_timeout = Duration::from_millis(50);
        let pool = place.pool();
        let client = pool.get().await.unwrap();
        for (statement, kind) in [
            ("SELECT pg_sleep(600)", StoreErrorKind::TimedOut),
            ("SELECT * FROM entity", StoreErrorKind::Gone),
            (
                "CREATE TABLE entity (ref text UNIQUE)",
                StoreErrorKind::Gone,
            ),
            (
                "CREATE TEMPORARY TABLE entity (ref text UNIQUE, other text UNIQUE);
                 INSERT INTO entity VALUES ('a', 'a')",
                StoreErrorKind::Other,
            ),
            (
                "INSERT INTO entity VALUES ('a', 'b')",
                StoreErrorKind::NameTaken,
            ),
            (
                "INSERT INTO entity VALUES ('b', 'a')",
                StoreErrorKind::Contended,
            ),
            ("SELECT missing FROM entity", StoreErrorKind::Damaged),
            (
                "SET TRANSACTION READ WRITE; SELECT 1/0",
                StoreErrorKind::Damaged,
            ),
            (
                "BEGIN READ ONLY; INSERT INTO entity VALUES ('c', 'c'); CREATE TABLE public.x ()",
                StoreErrorKind::ReadOnly,
            ),
        ] {
            let failed = client.batch_execute(statement).await;
            match failed {
                Ok(()) => assert_eq!(kind, StoreErrorKind::Other, "{statement}"),
                Err(error) => assert_eq!(Failure::from(error).kind(), kind, "{statement}"),
            }
        }
        drop(client);
        place.remove().await;
    }

    #[tokio::test]
    async fn a_server_that_refuses_says_why() {
        let Some(cluster) = Cluster::of_its_own(&[], &[]).unwrap() else {
            return;
        };
        let url = cluster.url();
        let with = |from: &str, to: &str| url.replace(from, to);
        for (url, expected) in [
            (with(PASSWORD, "s3cret"), StoreErrorKind::Refused),
            (with(&format!(":{PASSWORD}"), ""), StoreErrorKind::Refused),
            (with("//postgres", "//nobody"), StoreErrorKind::Refused),
            (
                with("/postgres", "/portal").replacen("//portal", "//postgres", 1),
                StoreErrorKind::NoDatabase,
            ),
            (format!("{url}?sslmode=require"), StoreErrorKind::Tls),
            (
                format!("{url}?options=-c%20default_transaction_read_only%3Don"),
                StoreErrorKind::ReadOnly,
            ),
            (
                format!("{url}?channel_binding=require"),
                StoreErrorKind::Refused,
            ),
        ] {
            let (kind, told) = refusal(&url).await;
            assert_eq!(kind, expected, "{url}: {told}");
            assert!(!told.contains(PASSWORD), "{told}");
        }
        let pool = Pool::new(&settings(&cluster.socket_url())).unwrap();
        drop(pool.get().await.unwrap());
    }

    #[tokio::test]
    async fn a_server_that_goes_away_is_found_again() {
        let Some(cluster) = Cluster::of_its_own(&[], &[]).unwrap() else {
            return;
        };
        let pool = Pool::new(&settings(&cluster.url())).unwrap();
        drop(pool.get().await.unwrap());
        cluster.stop().unwrap();
        let failure = pool.get().await.map(drop).unwrap_err();
        assert_eq!(failure.kind(), StoreErrorKind::Unreachable, "{failure:?}");
        cluster.start().unwrap();
        drop(pool.get().await.unwrap());
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn a_server_that_is_frozen_keeps_nobody() {
        let Some(cluster) = Cluster::of_its_own(&[], &[]).unwrap() else {
            return;
        };
        let url = format!("{}?connect_timeout=1", cluster.url());
        let pool = Pool::new(&settings(&url)).unwrap();
        let held = pool.get().await.unwrap();
        cluster.freeze().unwrap();
        let failure = pool.get().await.map(drop).unwrap_err();
        assert_eq!(failure.kind(), StoreErrorKind::Unreachable, "{failure:?}");
        drop(held);
        cluster.thaw().unwrap();
        let work = pool.with(Duration::from_millis(500), async |client| {
            cluster.freeze().unwrap();
            client.batch_execute("SELECT 1").await?;
            Ok(())
        });
        assert_eq!(work.await.unwrap_err().kind(), StoreErrorKind::TimedOut);
        cluster.thaw().unwrap();
        assert_eq!(pool.connections.status().size, 0);
        drop(pool.get().await.unwrap());
    }

    #[tokio::test]
    async fn work_that_fails_gives_its_connection_back() {
        let Some(place) = Place::new() else {
            return;
        };
        let pool = place.pool();
        let patience = Duration::from_secs(60);
        for _ in 0..10 {
            let work = pool.with(patience, async |client| {
                let transaction = client.transaction().await?;
                transaction.batch_execute("SELECT missing").await?;
                Ok(())
            });
            assert_eq!(work.await.unwrap_err().kind(), StoreErrorKind::Damaged);
        }
        let done: BoxFuture<'_, _> = Box::pin(pool.with(patience, async |client| {
            Ok(client.query_one("SELECT 7", &[]).await?.get::<_, i32>(0))
        }));
        assert_eq!(done.await.unwrap(), 7);
        assert_eq!(pool.connections.status().size, 1);
        place.remove().await;
    }
}

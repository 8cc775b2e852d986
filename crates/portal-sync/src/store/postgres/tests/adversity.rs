//! Servers, settings and clocks that are not as one would have them.

use super::place::Place;
use super::*;
use crate::held::run::Run;
use crate::store::suite::user;
use crate::store::{LEASE, Work};
use crate::testing::cluster::Server;
use crate::testing::{claim, somebody, writing};

async fn opened(settings: &Settings) -> PostgresStore {
    PostgresStore::open(settings.clone()).await.unwrap()
}

#[tokio::test]
async fn a_schema_of_the_longest_name_takes_commits() {
    let Some(mut place) = Place::new() else {
        return;
    };
    let name = format!("{:a<63}", place.settings.schema.to_string());
    place.settings.schema = Schema::new(&name).unwrap();
    let store = opened(&place.settings).await;
    let done = writing("acme", vec![user("00u1", "jane")])
        .run(&store)
        .await;
    place.remove().await;
    assert_eq!(
        done.map_err(|it| crate::text::chain(&it).to_string()),
        Ok(1)
    );
}

#[tokio::test]
async fn a_turn_is_renewed_while_a_commit_waits_whatever_isolation_the_database_has() {
    let Some(server) = Server::shared().unwrap() else {
        return;
    };
    let url = format!(
        "{}?options=-c%20default_transaction_isolation%3Dserializable",
        server.url()
    );
    let place = Place {
        settings: settings(&url),
    };
    let store = opened(&place.settings).await;
    let turn = store.begin(claim("acme")).await.unwrap();
    let mut other = place.pool().get().await.unwrap();
    let holds = other.transaction().await.unwrap();
    holds
        .execute("SELECT 1 FROM catalog FOR UPDATE", &[])
        .await
        .unwrap();
    let commit = writing("acme", vec![user("00u1", "jane")]);
    let meanwhile = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        store.renew(&turn, LEASE).await.unwrap();
        holds.rollback().await.unwrap();
    };
    let (done, ()) = tokio::join!(commit.end(&store, &turn), meanwhile);
    drop(other);
    place.remove().await;
    assert_eq!(
        done.map_err(|it| crate::text::chain(&it).to_string()),
        Ok(1)
    );
}

#[tokio::test]
async fn a_turn_is_renewed_while_all_connections_do_something_long() {
    let Some(mut place) = Place::new() else {
        return;
    };
    place.settings.pool = 2;
    let store = opened(&place.settings).await;
    let turn = store.begin(claim("acme")).await.unwrap();
    let long = || {
        store.reading(LONG, async |client| {
            client.execute("SELECT pg_sleep(7)", &[]).await?;
            Ok(())
        })
    };
    let renewed = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        tokio::time::timeout(crate::store::RENEWAL, store.renew(&turn, LEASE)).await
    };
    let (_, _, renewed) = tokio::join!(long(), long(), renewed);
    place.remove().await;
    assert!(matches!(renewed, Ok(Ok(()))), "{renewed:?}");
}

/// A primary failed over to a standby that had not everything, or a dump was restored.
#[tokio::test]
async fn a_number_that_the_database_gives_again_is_no_turn_of_whoever_had_it_before() {
    let Some(place) = Place::new() else { return };
    let store = opened(&place.settings).await;
    let before = store.begin(claim("acme")).await.unwrap();
    let client = place.pool().get().await.unwrap();
    let back = "DELETE FROM run; UPDATE catalog SET run = 0";
    client.batch_execute(back).await.unwrap();
    let other = Claim {
        holder: somebody(1),
        ..claim("acme")
    };
    let now = store.begin(other).await.unwrap();
    assert_eq!(now.number, before.number);
    let late = writing("acme", vec![user("00u1", "jane")])
        .end(&store, &before)
        .await;
    let kind = late.as_ref().map_err(StoreError::kind).copied();
    place.remove().await;
    assert_eq!(kind, Err(StoreErrorKind::Conflict));
}

#[tokio::test]
async fn a_process_whose_clock_is_years_ahead_lets_go_of_nothing_young() {
    // Years after any test runs.
    let Some(place) = Place::new() else { return };
    let store = opened(&place.settings).await;
    for _ in 0..3 {
        let claim = Claim {
            began: "2200-01-01T00:00:00Z".parse().unwrap(),
            ..claim("acme")
        };
        let turn = store.begin(claim).await.unwrap();
        store
            .end(
                &turn,
                Ending {
                    work: Work::Nothing,
                    ..Ending::of(Run::default())
                },
            )
            .await
            .unwrap();
    }
    let ahead = "2300-01-01T00:00:00Z".parse().unwrap();
    let gone = store.prune(Retention::default(), ahead).await.unwrap();
    place.remove().await;
    assert_eq!(gone, 0);
}

/// What a proxy in front of a server that is down does.
#[tokio::test]
async fn a_connection_that_is_closed_while_it_is_made_keeps_no_daemon_from_starting() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let mut told = Vec::new();
    for (parameters, answer) in [
        ("", ""),
        ("", "S"),
        ("?sslmode=require", "S"),
        ("?sslmode=disable", ""),
    ] {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((mut peer, _)) = listener.accept().await {
                let mut asked = [0; 8];
                let _ = peer.read(&mut asked).await;
                let _ = peer.write_all(answer.as_bytes()).await;
                let mut rest = [0; 1024];
                if !answer.is_empty() {
                    let _ = peer.read(&mut rest).await;
                }
            }
        });
        let url = format!("postgres://me@127.0.0.1:{port}/portal{parameters}");
        let opened = PostgresStore::open_to_serve(settings(&url)).await;
        told.push((
            parameters,
            answer,
            opened.err().map(|it| crate::text::chain(&it).to_string()),
        ));
    }
    assert!(told.iter().all(|it| it.2.is_none()), "{told:#?}");
}

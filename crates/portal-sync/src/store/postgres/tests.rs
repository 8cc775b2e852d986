//! What the tests of this folder begin with: a schema of their own on the server that they share.

use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

use super::*;

#[cfg(unix)]
pub(in crate::store) mod place {
    use super::*;
    use crate::store::postgres::pool::Pool;
    use crate::testing::cluster::Server;

    /// A schema for one test, which is not there yet.
    #[derive(Debug)]
    pub(in crate::store) struct Place {
        pub(in crate::store) settings: Settings,
    }

    impl Place {
        /// None when there is no server.
        pub(in crate::store) fn new() -> Option<Self> {
            let server = Server::shared().unwrap_or_else(|error| panic!("{error}"))?;
            let settings = settings(server.url());
            Some(Self { settings })
        }

        pub(in crate::store::postgres) fn pool(&self) -> Pool {
            Pool::new(&self.settings).unwrap()
        }

        pub(in crate::store) async fn run(&self, sql: &str) {
            let client = self.pool().get().await.unwrap();
            client.batch_execute(sql).await.unwrap();
        }

        /// Leaves nothing on a server that stays.
        pub(in crate::store) async fn remove(self) {
            let drop = format!("DROP SCHEMA IF EXISTS \"{}\" CASCADE", self.settings.schema);
            self.run(&drop).await;
        }
    }
}

/// How the database at `url` is used by a test.
pub(super) fn settings(url: &str) -> Settings {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let process = std::process::id();
    Settings {
        address: Address::parse(url, Path::new("/")).unwrap(),
        schema: Schema::new(&format!("test_{process}_{number}")).unwrap(),
        pool: 4,
        statement_timeout: Duration::from_secs(60),
    }
}

#[test]
fn the_name_of_a_schema_is_a_plain_identifier() {
    let long = "a".repeat(63);
    for good in ["portal_sync", "_", "a1", "public", &long] {
        assert_eq!(
            Schema::new(good).map(|it| it.to_string()).as_deref(),
            Some(good)
        );
    }
    let long = "a".repeat(64);
    for bad in [
        "",
        "1a",
        "pg_portal",
        "Portal",
        "portal-sync",
        "a\"b",
        "é",
        " a",
        &long,
    ] {
        assert_eq!(Schema::new(bad), None, "{bad}");
    }
}

/// As the first version left it.
#[cfg(unix)]
#[tokio::test]
async fn a_schema_of_before_there_were_mirrors_is_read_and_brought_up_to_date() {
    let Some(place) = place::Place::new() else {
        return;
    };
    let schema = &place.settings.schema;
    let mut client = place.pool().get().await.unwrap();
    let first = MIGRATIONS.get(..1).unwrap();
    migrate::migrate(&mut client, schema, first).await.unwrap();
    let looking = PostgresStore::open_to_look(place.settings.clone()).await;
    let looking = looking.unwrap();
    assert!(looking.mirror("acme").await.unwrap().is_none());
    assert_eq!(looking.check().await.unwrap().schema, 1);
    let store = PostgresStore::open(place.settings.clone()).await.unwrap();
    assert!(store.mirror("acme").await.unwrap().is_none());
    assert_eq!(store.check().await.unwrap().schema, 3);
    drop(client);
    place.remove().await;
}

#[cfg(unix)]
mod adversity;

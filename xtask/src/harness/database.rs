//! Where a harness keeps its catalog: in a file of its folder, or in a schema of a PostgreSQL database.

use std::fmt;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context as _, anyhow, bail};
use url::Url;

#[cfg(unix)]
#[path = "../../../crates/portal-sync/src/testing/cluster.rs"]
#[expect(
    dead_code,
    reason = "the tests of the store itself use more of it than these do"
)]
mod cluster;

/// A kind of store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Store {
    /// A file.
    Sqlite,
    /// A database of a server.
    Postgres,
}

impl Store {
    /// Each of them.
    pub const ALL: [Self; 2] = [Self::Sqlite, Self::Postgres];
}

impl fmt::Display for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        })
    }
}

/// A schema in a PostgreSQL database.
#[derive(Clone, Debug)]
pub struct Database {
    pub(super) url: String,
    pub(super) schema: String,
}

impl Database {
    /// A schema of its own, which is not there yet, in the database at `url`.
    #[must_use]
    pub fn at(url: &str) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        // On a server that stays there may be schemas of earlier processes.
        static PROCESS: LazyLock<u64> = LazyLock::new(|| RandomState::new().hash_one(()));
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        Self {
            url: url.to_owned(),
            schema: format!("e2e_{:x}_{number}", *PROCESS),
        }
    }

    /// A schema of its own on the server that all tests of this process share; none where the machine has none, which is
    /// told. `PORTAL_SYNC_TEST_POSTGRES` names another server, or is `required` where a missing one is a failure.
    ///
    /// # Errors
    ///
    /// When it cannot be started, or is required and missing.
    #[cfg(unix)]
    pub fn shared() -> anyhow::Result<Option<Self>> {
        let server = cluster::Server::shared().map_err(|error| anyhow!(error))?;
        Ok(server.map(|server| Self::at(server.url())))
    }

    /// None: clusters are for Unix.
    ///
    /// # Errors
    ///
    /// Never.
    #[cfg(not(unix))]
    pub fn shared() -> anyhow::Result<Option<Self>> {
        Ok(None)
    }

    /// Its address, with the password.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The name of the schema.
    #[must_use]
    pub fn schema(&self) -> &str {
        &self.schema
    }

    /// The host and the port of the server.
    ///
    /// # Errors
    ///
    /// When the address names none.
    pub fn address(&self) -> anyhow::Result<(String, u16)> {
        let url = Url::parse(&self.url).context("the address of the database is none")?;
        let Some(host) = url.host_str() else {
            bail!("the address of the database names no host");
        };
        Ok((host.to_owned(), url.port().unwrap_or(5432)))
    }

    /// The same, by way of whoever listens on this port of 127.0.0.1.
    ///
    /// # Errors
    ///
    /// When the address names no host.
    pub fn through(&self, port: u16) -> anyhow::Result<Self> {
        let mut url = Url::parse(&self.url).context("the address of the database is none")?;
        url.set_host(Some("127.0.0.1"))?;
        url.set_port(Some(port))
            .map_err(|()| anyhow!("the address of the database names no host"))?;
        Ok(Self {
            url: url.into(),
            schema: self.schema.clone(),
        })
    }

    /// The same with another password.
    ///
    /// # Errors
    ///
    /// When the address names no host.
    pub fn with_password(&self, password: &str) -> anyhow::Result<Self> {
        let mut url = Url::parse(&self.url).context("the address of the database is none")?;
        url.set_password(Some(password))
            .map_err(|()| anyhow!("the address of the database names no host"))?;
        Ok(Self {
            url: url.into(),
            schema: self.schema.clone(),
        })
    }
}

/// A PostgreSQL server for one test, which may stop and freeze. It is thrown away with this.
#[cfg(unix)]
#[derive(Debug)]
pub struct DatabaseServer(cluster::Cluster);

#[cfg(unix)]
impl DatabaseServer {
    /// Starts one; none where the machine has no server binaries, which is told.
    ///
    /// # Errors
    ///
    /// When it cannot be started, or is required and missing.
    pub fn start() -> anyhow::Result<Option<Self>> {
        let cluster = cluster::Cluster::of_its_own(&[], &[]);
        Ok(cluster.map_err(|error| anyhow!(error))?.map(Self))
    }

    /// A schema of its own on it.
    #[must_use]
    pub fn database(&self) -> Database {
        Database::at(&self.0.url())
    }

    /// Ends it at once, as a crash does.
    ///
    /// # Errors
    ///
    /// When it does not end.
    pub fn crash(&self) -> anyhow::Result<()> {
        Ok(self.0.stop()?)
    }

    /// Starts it after [`crash`](Self::crash), and waits until it answers.
    ///
    /// # Errors
    ///
    /// When it does not start.
    pub fn recover(&self) -> anyhow::Result<()> {
        Ok(self.0.start()?)
    }
}

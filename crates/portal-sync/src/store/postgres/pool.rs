//! The connections to the server: each is set up alike, and a broken one is replaced.
//!
//! What is set holds for a session. A pooler in between has to give sessions, as that of `PgBouncer` does with `pool_mode = session`.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use deadpool_postgres::{
    Client, Connect, Manager, ManagerConfig, Object, PoolError, RecyclingMethod, Runtime,
    TimeoutType, Timeouts, Transaction,
};
use futures::future::BoxFuture;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_postgres::{Config, Error, IsolationLevel, SimpleQueryMessage};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::failure::Failure;
use super::{Address, SOON, Settings, tls};
use crate::store::StoreErrorKind;

/// How long a statement waits for what another transaction holds: longer than one that is frozen keeps it.
const LOCK_TIMEOUT: Duration = Duration::from_secs(15);

/// How long a transaction may do nothing: a process that is frozen must not hold its locks.
const IDLE_IN_TRANSACTION_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a run waits for a connection while others have all of them.
const WAIT_TIMEOUT: Duration = Duration::from_secs(30);

/// How long a connection that was idle may take to say that it is there, before it is given up.
const RECYCLE_TIMEOUT: Duration = Duration::from_secs(5);

/// The oldest server that is written for, as it numbers itself (PostgreSQL, `server_version_num`).
const OLDEST: u32 = 130_000;

/// Connections to one database.
#[derive(Clone)]
pub(super) struct Pool {
    connections: deadpool_postgres::Pool,
    address: Address,
    version: Arc<AtomicU32>,
    /// Leave to do something long, which is never given for the last connection: a turn is to be renewed meanwhile.
    long: Arc<Semaphore>,
}

impl Pool {
    /// Makes ready to connect, which is done when somebody asks for a connection.
    ///
    /// # Errors
    /// When certificates cannot be read.
    pub(super) fn new(settings: &Settings) -> Result<Self, Failure> {
        let tls = tls::connector(settings.address.tls());
        let tls =
            tls.map_err(|error| Failure::Because(StoreErrorKind::Certificates, Box::new(error)))?;
        let version = Arc::default();
        let connector = Connector {
            address: settings.address.clone(),
            tls,
            setup: setup(settings),
            version: Arc::clone(&version),
        };
        let recycling = ManagerConfig {
            recycling_method: RecyclingMethod::Verified,
        };
        // The password is added to each connection, and not kept there.
        let without_password = settings.address.config().clone();
        let manager = Manager::from_connect(without_password, connector, recycling);
        let connections = deadpool_postgres::Pool::builder(manager)
            .max_size(settings.pool)
            .timeouts(Timeouts {
                wait: Some(WAIT_TIMEOUT),
                create: Some(settings.address.patience()),
                recycle: Some(RECYCLE_TIMEOUT),
            })
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(|error| Failure::Because(StoreErrorKind::Other, Box::new(error)))?;
        Ok(Self {
            connections,
            address: settings.address.clone(),
            version,
            long: Arc::new(Semaphore::new(settings.pool.saturating_sub(1).max(1))),
        })
    }

    /// The address, for messages.
    pub(super) fn address(&self) -> &Address {
        &self.address
    }

    /// A connection that answers.
    ///
    /// # Errors
    /// When none becomes free, or the server cannot be reached, refuses us or is too old.
    pub(super) async fn get(&self) -> Result<Client, Failure> {
        let client = self.connections.get().await?;
        is_new_enough(self.version.load(Ordering::Relaxed))?;
        Ok(client)
    }

    /// Does `work` on a connection. After `patience` it is given up with its connection: a server that is frozen, or a
    /// network that swallows everything, keeps nobody for longer.
    ///
    /// # Errors
    /// What the work fails with; [`StoreErrorKind::TimedOut`] when it is given up.
    pub(super) async fn with<T>(
        &self,
        patience: Duration,
        work: impl AsyncFnOnce(&mut Client) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let _leave = if patience > SOON {
            let leave = timeout(WAIT_TIMEOUT, self.long.acquire()).await;
            let leave = leave.map_err(|_| Failure::from(PoolError::Timeout(TimeoutType::Wait)))?;
            Some(leave)
        } else {
            None
        };
        let mut client = self.get().await?;
        match timeout(patience, work(&mut client)).await {
            Ok(done) => done,
            Err(error) => {
                // Whatever it is still doing: nobody else is to have it.
                drop(Object::take(client));
                Err(Failure::Because(StoreErrorKind::TimedOut, Box::new(error)))
            }
        }
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool")
            .field("address", &self.address)
            .field("connections", &self.connections.status())
            .finish_non_exhaustive()
    }
}

/// Makes connections, and sets each up.
struct Connector {
    address: Address,
    tls: MakeRustlsConnect,
    setup: String,
    /// That of the server which was connected to last.
    version: Arc<AtomicU32>,
}

impl Connect for Connector {
    fn connect(
        &self,
        _: &Config,
    ) -> BoxFuture<'_, Result<(tokio_postgres::Client, JoinHandle<()>), Error>> {
        Box::pin(async move {
            let connected = self.address.whole().connect(self.tls.clone()).await;
            let (client, connection) = connected?;
            let address = self.address.to_string();
            // It ends when the client is dropped, too.
            let task = tokio::spawn(async move {
                if let Err(error) = connection.await {
                    let error = crate::text::chain(&error);
                    tracing::debug!(%address, error, "a connection to the database ended");
                }
            });
            for message in client.simple_query(&self.setup).await? {
                if let SimpleQueryMessage::Row(row) = message {
                    let version = row.get(0).and_then(|version| version.parse().ok());
                    self.version.store(version.unwrap_or(0), Ordering::Relaxed);
                }
            }
            Ok((client, task))
        })
    }
}

/// The statements by which a connection begins; the last one tells the version. Turns are written for this isolation: a renewal
/// must not undo the commit beside it, whatever is usual in the database.
fn setup(settings: &Settings) -> String {
    let schema = &settings.schema;
    let [statement, lock, idle] = [
        settings.statement_timeout,
        LOCK_TIMEOUT,
        IDLE_IN_TRANSACTION_TIMEOUT,
    ]
    // The server takes no longer one (PostgreSQL, `statement_timeout`), and zero would be none.
    .map(|timeout| timeout.as_millis().clamp(1, i32::MAX.unsigned_abs().into()));
    format!(
        "SET search_path TO \"{schema}\";
         SET statement_timeout TO {statement};
         SET lock_timeout TO {lock};
         SET idle_in_transaction_session_timeout TO {idle};
         SET default_transaction_isolation TO 'read committed';
         SET TimeZone TO 'UTC';
         SHOW server_version_num"
    )
}

/// A transaction that sees one moment, however long it lasts.
pub(super) async fn snapshot(client: &mut Client) -> Result<Transaction<'_>, Failure> {
    let transaction = client
        .build_transaction()
        .isolation_level(IsolationLevel::RepeatableRead)
        .read_only(true)
        .start();
    Ok(transaction.await?)
}

fn is_new_enough(version: u32) -> Result<(), Failure> {
    if version >= OLDEST {
        return Ok(());
    }
    let (first, second, third) = (version / 10_000, version / 100 % 100, version % 100);
    let name = match first {
        0..10 => format!("{first}.{second}.{third}"),
        _ => format!("{first}.{third}"),
    };
    Err(Failure::because(
        StoreErrorKind::TooOld,
        format!("it is PostgreSQL {name}"),
    ))
}

#[cfg(test)]
mod tests;

//! Being woken by the commits of other processes (PostgreSQL, "LISTEN").
//!
//! It is a hint that comes early: whoever misses one looks for itself soon.

use std::sync::Arc;
use std::time::Duration;

use futures::future::poll_fn;
use tokio::sync::Notify;
use tokio::task::AbortHandle;
use tokio_postgres::AsyncMessage;

use super::failure::Failure;
use super::tables::channel;
use super::{Settings, tls};
use crate::store::StoreErrorKind;

/// How long it takes until another connection is tried.
const AGAIN: Duration = Duration::from_secs(2);

/// A connection of its own that listens, and one after it when it breaks.
#[derive(Debug)]
pub(super) struct Listener {
    told: Arc<Notify>,
    task: AbortHandle,
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Listener {
    /// Begins to listen.
    pub(super) fn begin(settings: &Settings) -> Self {
        let told = Arc::new(Notify::new());
        let (settings, tell) = (settings.clone(), Arc::clone(&told));
        let task = tokio::spawn(async move {
            loop {
                // The pool tells of a server that is not there.
                if let Err(failure) = listen(&settings, &tell).await {
                    tracing::debug!(?failure, "commits of other processes are not told");
                }
                // Something may have been missed.
                tell.notify_one();
                tokio::time::sleep(AGAIN).await;
            }
        });
        Self {
            told,
            task: task.abort_handle(),
        }
    }

    /// Done when somebody has committed since this was last done.
    pub(super) async fn woken(&self) {
        self.told.notified().await;
    }
}

/// Tells of commits until the connection ends.
async fn listen(settings: &Settings, told: &Notify) -> Result<(), Failure> {
    let tls = tls::connector(settings.address.tls());
    let tls =
        tls.map_err(|error| Failure::Because(StoreErrorKind::Certificates, Box::new(error)))?;
    let (client, mut connection) = settings.address.whole().connect(tls).await?;
    let listen = format!("LISTEN \"{}\"", channel(&settings.schema));
    let listening = async {
        client.batch_execute(&listen).await?;
        std::future::pending::<Result<(), Failure>>().await
    };
    let messages = async {
        while let Some(message) = poll_fn(|context| connection.poll_message(context)).await {
            if let AsyncMessage::Notification(_) = message? {
                told.notify_one();
            }
        }
        Ok(())
    };
    tokio::select! {
        ended = messages => ended,
        failed = listening => failed,
    }
}

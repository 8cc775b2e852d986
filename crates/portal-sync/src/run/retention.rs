//! Letting go of runs that the ledger is not to keep.

use jiff::Timestamp;

use crate::store::{CatalogStore, PRUNED_AT_ONCE, Retention};
use crate::text::chain;

/// Lets go of them. What fails is told, and tried again after the next run.
pub(crate) async fn prune(store: &dyn CatalogStore, keep: Retention, now: Timestamp) {
    let mut gone = 0;
    let pruned = loop {
        match store.prune(keep, now).await {
            Ok(runs) if runs >= u64::from(PRUNED_AT_ONCE) => gone += runs,
            Ok(runs) => break Ok(gone + runs),
            Err(error) => break Err(error),
        }
    };
    match pruned {
        Ok(0) => {}
        Ok(runs) => tracing::debug!(runs, "runs went from the ledger, by `portalSync.retention`"),
        Err(error) => tracing::warn!(
            error = %chain(&error),
            fix = error.fix(),
            "the ledger keeps more than `portalSync.retention` says: the next run lets go of it"
        ),
    }
}

//! Runs of a provider in other processes, as the ledger tells of them.

use std::time::Duration;

use tokio::time::Instant;

use crate::held::run::{FailureKind, Run, Why};
use crate::store::{CatalogStore, Entry, Holder, Runs};

/// How often the ledger is looked at.
const LOOK: Duration = Duration::from_secs(5);

/// How soon it is looked at again, at the earliest.
const AGAIN: Duration = Duration::from_millis(500);

/// The runs of one provider, as one process sees them.
#[derive(Clone, Copy)]
pub(crate) struct Elsewhere<'a> {
    pub(crate) store: &'a dyn CatalogStore,
    pub(crate) provider: &'a str,
    /// This process.
    pub(crate) holder: &'a Holder,
}

impl Elsewhere<'_> {
    /// The newest run of the provider, in whatever process; none when there is none, or the store cannot be read: whoever has
    /// to know will be told by a run.
    pub(crate) async fn newest(&self) -> Option<Entry> {
        let newest = self.store.runs(Runs {
            provider: Some(self.provider.to_owned()),
            before: None,
            limit: 1,
        });
        newest.await.ok()?.pop()
    }

    /// Done when the newest run was left by a daemon that began it: it ended, stood still or was cut off from the store. What is
    /// read by hand alone is left as it is, and so is everything until `from`. `tell` is told each run that another process has ended.
    pub(crate) async fn left(&self, is_manual: bool, from: Instant, mut tell: impl FnMut(Run)) {
        let mut told = None;
        let mut pause = AGAIN;
        loop {
            tokio::time::sleep(pause).await;
            pause = LOOK;
            let Some(entry) = self.newest().await else {
                continue;
            };
            match self.look_at(&entry) {
                Look::Left if !is_manual && Instant::now() >= from => return,
                Look::UnderWay(left) => pause = left.clamp(AGAIN, LOOK),
                Look::Left | Look::Ended => {}
            }
            if let Some(run) = entry.run
                && entry.holder != *self.holder
                && told.replace(entry.number) != Some(entry.number)
            {
                tell(run);
            }
        }
    }

    /// Done when no run of another process is under way, or it will not be ended.
    pub(crate) async fn over(&self) {
        let mut pause = AGAIN;
        loop {
            tokio::time::sleep(pause).await;
            let newest = self.newest().await;
            match newest.as_ref().map(|entry| self.look_at(entry)) {
                Some(Look::UnderWay(left)) => pause = left.clamp(AGAIN, LOOK),
                Some(Look::Left | Look::Ended) => return,
                None => pause = LOOK,
            }
        }
    }

    /// Whether a daemon began this run, and will not end it.
    pub(crate) fn is_left(&self, entry: &Entry) -> bool {
        matches!(self.look_at(entry), Look::Left)
    }

    fn look_at(&self, entry: &Entry) -> Look {
        let is_of_a_daemon = matches!(entry.why, Why::Schedule | Why::Signal);
        let Some(held) = entry.held_by() else {
            let failure = entry.run.as_ref().and_then(|run| run.failure.as_ref());
            let is_left = failure.is_some_and(|it| it.kind == FailureKind::Interrupted);
            return if is_left && is_of_a_daemon {
                Look::Left
            } else {
                Look::Ended
            };
        };
        let left = entry.left;
        // A turn of this process that is still open is one that it could not end.
        let is_over = left.is_zero()
            || held.holder == *self.holder
            || self.holder.sees_the_end_of(&held.holder);
        match (is_over, is_of_a_daemon) {
            (true, true) => Look::Left,
            // Whoever runs next closes it.
            (true, false) => Look::Ended,
            (false, _) => Look::UnderWay(left),
        }
    }
}

/// What is seen of a run.
enum Look {
    /// It ended.
    Ended,
    /// It lasts at least so long unless its turn is renewed.
    UnderWay(Duration),
    /// A daemon began it, and will not end it.
    Left,
}

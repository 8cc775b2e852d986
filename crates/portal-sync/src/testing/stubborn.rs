//! A store that makes whoever asks it wait.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::FutureExt as _;
use jiff::Timestamp;

use crate::held::approval::Approval;
use crate::held::document::Written;
use crate::held::mirror::Mirror;
use crate::held::object::Key;
use crate::held::state::State;
use crate::store::{
    Answer, Approved, CatalogStore, Change, Checked, Claim, Ending, Entry, Feed, Holder, Intake,
    KnownProvider, Newest, Retention, Runs, StoreError, StoreErrorKind, Turn,
};

/// A store that cannot be asked so many times, and that never answers when there is no number. It holds nothing, and knows a
/// provider `old`.
#[derive(Debug)]
pub(crate) struct Stubborn(Mutex<Option<usize>>, StoreErrorKind);

impl Stubborn {
    pub(crate) fn new(failures: Option<usize>) -> Arc<Self> {
        Arc::new(Self(Mutex::new(failures), StoreErrorKind::Locked))
    }

    /// One that fails so many times, for this reason.
    pub(crate) fn failing(failures: usize, reason: StoreErrorKind) -> Arc<Self> {
        Arc::new(Self(Mutex::new(Some(failures)), reason))
    }

    fn ask<T: Send + 'static>(&self, answer: T) -> Answer<'_, T> {
        async move {
            let left = *self.0.lock().unwrap();
            match left {
                None => std::future::pending().await,
                Some(0) => Ok(answer),
                Some(left) => {
                    *self.0.lock().unwrap() = Some(left - 1);
                    Err(StoreError::new(self.1, "reading"))
                }
            }
        }
        .boxed()
    }
}

impl CatalogStore for Stubborn {
    fn begin(&self, claim: Claim) -> Answer<'_, Turn> {
        self.ask(Turn::of_test(&claim.provider, 1))
    }

    fn renew<'a>(&'a self, _: &'a Turn, _: Duration) -> Answer<'a, ()> {
        self.ask(())
    }

    fn end<'a>(&'a self, _: &'a Turn, _: Ending) -> Answer<'a, Option<u64>> {
        self.ask(None)
    }

    fn abandon<'a>(&'a self, _: &'a Holder) -> Answer<'a, ()> {
        self.ask(())
    }

    fn state<'a>(&'a self, _: &'a str) -> Answer<'a, State> {
        self.ask(State::default())
    }

    fn mirror<'a>(&'a self, _: &'a str) -> Answer<'a, Option<Mirror>> {
        self.ask(None)
    }

    fn documents<'a>(&'a self, _: &'a str, _: u64, _: Vec<Key>) -> Answer<'a, Vec<Written>> {
        self.ask(Vec::new())
    }

    fn approve(&self, _: Approval, _: Duration) -> Answer<'_, Approved> {
        self.ask(Approved::Kept)
    }

    fn withdraw<'a>(&'a self, _: &'a str, _: &'a str) -> Answer<'a, ()> {
        self.ask(())
    }

    fn runs(&self, _: Runs) -> Answer<'_, Vec<Entry>> {
        self.ask(Vec::new())
    }

    fn run(&self, _: u64) -> Answer<'_, Option<(Entry, Vec<Change>)>> {
        self.ask(None)
    }

    fn changes_of<'a>(&'a self, _: &'a str, _: u32) -> Answer<'a, Vec<(u64, Timestamp, Change)>> {
        self.ask(Vec::new())
    }

    fn prune(&self, _: Retention, _: Timestamp) -> Answer<'_, u64> {
        self.ask(0)
    }

    fn providers(&self) -> Answer<'_, Vec<KnownProvider>> {
        self.ask(vec![KnownProvider {
            id: "old".to_owned(),
            ..KnownProvider::default()
        }])
    }

    fn generation(&self) -> Answer<'_, Option<u64>> {
        self.ask(None)
    }

    fn entities(&self, _: Arc<Mutex<dyn Intake>>) -> Answer<'_, Option<Newest>> {
        self.ask(None)
    }

    fn feed(&self) -> Answer<'_, Option<Feed>> {
        self.ask(None)
    }

    fn keep_feed(&self, shards: u16) -> Answer<'_, Feed> {
        self.ask(Feed {
            shards,
            renewals: 0,
        })
    }

    fn renew_feed(&self) -> Answer<'_, Option<Feed>> {
        self.ask(None)
    }

    fn check(&self) -> Answer<'_, Checked> {
        self.ask(Checked::default())
    }
}

//! A store that gives no answer.

use super::*;
use crate::held::document::Written;
use crate::held::object::Key;
use crate::held::state::State;
use crate::store::{Catalog, KnownProvider, StoreError};

#[derive(Debug)]
struct Silent;

type Answer<T> = BoxFuture<'static, Result<T, StoreError>>;

fn never<T: Send + 'static>() -> Answer<T> {
    std::future::pending().boxed()
}

impl CatalogStore for Silent {
    fn state(&self, _: &str) -> Answer<State> {
        never()
    }

    fn commit(&self, _: Commit) -> Answer<u64> {
        never()
    }

    fn remember(&self, _: &str, _: u64, _: Remembered) -> Answer<()> {
        never()
    }

    fn documents(&self, _: &str, _: u64, _: Vec<Key>) -> Answer<Vec<Written>> {
        never()
    }

    fn providers(&self) -> Answer<Vec<KnownProvider>> {
        never()
    }

    fn generation(&self) -> Answer<Option<u64>> {
        never()
    }

    fn check(&self) -> Answer<()> {
        never()
    }

    fn catalog(&self) -> Answer<Option<Catalog>> {
        never()
    }
}

#[tokio::test(start_paused = true)]
async fn a_store_that_gives_no_answer_ends_the_run_in_its_time() {
    let folder = tempfile::tempdir().unwrap();
    let provider = Org::new(&folder).provider();
    let (run, failed) = account_of_sync(&provider, &Silent, None).await;
    assert_eq!(run.took().as_secs(), LIMIT.as_secs());
    assert_eq!(run.asked.total(), 0);
    let failed = failed.unwrap_err();
    assert_eq!(failed.exit(), Exit::Store);
    assert_eq!(
        failed.to_string(),
        "the run was given up after 600s, its `schedule.timeout`"
    );
}

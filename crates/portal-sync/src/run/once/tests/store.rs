//! A store that gives no answer.

use super::*;
use crate::testing::Stubborn;

#[tokio::test(start_paused = true)]
async fn a_store_that_gives_no_answer_ends_the_run_in_its_time() {
    let folder = tempfile::tempdir().unwrap();
    let provider = Org::new(&folder).provider();
    let (run, failed) = account_of_sync(&provider, &*Stubborn::new(None), None).await;
    assert_eq!(run.took().as_secs(), LIMIT.as_secs());
    assert_eq!(run.asked.total(), 0);
    let failed = failed.unwrap_err();
    assert_eq!(failed.exit(), Exit::Store);
    assert_eq!(
        failed.to_string(),
        "the run was given up after 600s, its `schedule.timeout`"
    );
}

//! Runs over a real store, and what happens meanwhile.

use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use http::{Request, Response};
use okta_api::Client;
use okta_auth::{ApiToken, ManualClock, OrgUrl, Transport, TransportError};
use serde_json::json;

use super::*;
use crate::decide::guard::{Guard, Percent};
use crate::decide::rules::MappingRules;
use crate::exit::Exit;
use crate::held::object::Key;
use crate::held::run::Outcome;
use crate::read::directory::Limits;
use crate::run::first_runs::in_order;
use crate::run::provider::{Credentials, ProviderConfig, RateLimit};
use crate::run::report::Report;
use crate::run::schedule::{Frequency, Reconcile, Schedule};
use crate::store::{Record, SqliteStore};
use crate::testing::{Writing, user_entity, writing};

mod odd;
mod selecting;
mod settled;
mod store;

/// What the runs of the tests may take.
const LIMIT: Duration = Duration::from_secs(600);

/// This machine's time.
fn at() -> Timestamp {
    "2026-01-01T00:00:00Z".parse().unwrap()
}

/// A tenant `acme` that is configured by nothing but a guard.
pub(crate) fn acme(guard: Guard) -> ProviderConfig {
    ProviderConfig {
        id: "acme".to_owned(),
        org: OrgUrl::parse("https://acme.okta.com").unwrap(),
        credentials: Credentials::ApiToken(token()),
        schedule: Schedule {
            frequency: Frequency::Manual,
            timeout: LIMIT,
            initial_delay: Duration::ZERO,
        },
        user_filter: None,
        group_filter: None,
        users_from_groups: true,
        include_empty_groups: true,
        rate_limit: RateLimit::default(),
        guard,
        limits: Limits::default(),
        reconcile: Reconcile::default(),
        mapping: MappingRules::default(),
    }
}

fn token() -> ApiToken {
    ApiToken::new("00test").unwrap()
}

/// A provider whose org is `org`.
fn provider(config: &ProviderConfig, org: impl Transport) -> Provider {
    let client = Client::builder(config.org.clone(), token(), org).build();
    Provider::over(client, config)
}

/// What a run of `sync` says of itself, and its plan.
async fn account_of_sync(
    provider: &Provider,
    store: &dyn CatalogStore,
    approved: Option<&str>,
) -> (Run, Result<Plan, RunError>) {
    let mut run = OneRun::begin(provider, store, &ManualClock::new(at()), LIMIT);
    let result = async {
        run.take_turn(&Holder::of_this_process(), Why::Command)
            .await?;
        if let Some(plan_id) = approved {
            run.approve(plan_id, "somebody").await?;
        }
        let known = run.read(Arc::new(|_| ())).await?;
        run.commit(known, &in_order(1)[0]).await
    };
    let result = result.await;
    (run.end(result.as_ref()).await, result)
}

async fn sync(
    provider: &Provider,
    store: &dyn CatalogStore,
    approved: Option<&str>,
) -> Result<Plan, RunError> {
    account_of_sync(provider, store, approved).await.1
}

/// An org with one user `jane` in one group, and what happens while it is read.
#[derive(Debug, Clone)]
struct Org {
    store: Arc<SqliteStore>,
    /// Somebody else commits this.
    meanwhile: Option<Writing>,
    /// Okta's clock.
    date: Option<&'static str>,
    /// Okta refuses, and the file of the store goes.
    fails: Option<PathBuf>,
    /// Okta gives no answer.
    hangs: bool,
}

impl Org {
    fn new(folder: &tempfile::TempDir) -> Self {
        let store = SqliteStore::open(&folder.path().join("catalog.db")).unwrap();
        Self {
            store: Arc::new(store),
            meanwhile: None,
            date: None,
            fails: None,
            hangs: false,
        }
    }

    fn provider(&self) -> Provider {
        provider(&acme(Guard::default()), self.clone())
    }

    async fn account_of_sync(&self) -> (Run, Result<Plan, RunError>) {
        account_of_sync(&self.provider(), &*self.store, None).await
    }

    async fn answer(&self, path: &str) -> Response<Bytes> {
        let mut answer = Response::builder().header("content-type", "application/json");
        if let Some(date) = self.date {
            answer = answer.header("date", date);
        }
        let body = match path {
            "/api/v1/users" => {
                if let Some(commit) = self.meanwhile.clone() {
                    commit.run(&*self.store).await.unwrap();
                }
                let profile = json!({
                    "login": "jane@example.com", "email": "jane@example.com", "firstName": "Jane"
                });
                json!([{"id": "00u1", "status": "ACTIVE", "profile": profile}])
            }
            "/api/v1/groups" => json!([{"id": "00g1", "profile": {"name": "Team"}}]),
            "/api/v1/groups/00g1/users" => json!([{"id": "00u1"}]),
            other => panic!("nobody asks for {other}"),
        };
        if let Some(file) = &self.fails {
            drop(std::fs::remove_file(file));
            let refused = json!({"errorCode": "E0000006", "errorSummary": "no"}).to_string();
            return answer.status(403).body(refused.into()).unwrap();
        }
        answer.body(body.to_string().into()).unwrap()
    }
}

impl Transport for Org {
    fn send(
        &self,
        request: Request<Bytes>,
    ) -> BoxFuture<'_, Result<Response<Bytes>, TransportError>> {
        async move {
            if self.hangs {
                std::future::pending::<()>().await;
            }
            Ok(self.answer(request.uri().path()).await)
        }
        .boxed()
    }
}

/// A user `jane` of some provider.
fn jane_of(provider: &str) -> Writing {
    let entity = user_entity("jane");
    let record = Record {
        provider: provider.into(),
        key: Key::User("00u9".into()),
        entity,
    };
    writing(provider, [record])
}

/// One user in one group.
const ALL: Counts = Counts {
    users: 1,
    groups: 1,
    memberships: 1,
};

#[tokio::test]
async fn what_a_plan_shows_a_sync_does_and_then_nothing_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let org = Org::new(&folder);
    let provider = org.provider();
    let mut run = OneRun::begin(&provider, &*org.store, &ManualClock::new(at()), LIMIT);
    let known = run.read(Arc::new(|_| ())).await.unwrap();
    let plan = run.decide(known).await.unwrap();
    let planned = run.end(Ok(&plan)).await;
    assert_eq!(org.store.generation().await.unwrap(), None);
    assert_eq!(
        (planned.generation, planned.counts),
        (None, Counts::default())
    );
    assert_eq!(planned.asked.total(), 3);

    let (done, _) = account_of_sync(&provider, &*org.store, None).await;
    assert_eq!(
        (&done.plan_id, done.tally),
        (&planned.plan_id, planned.tally)
    );
    assert_eq!((done.generation, done.counts), (Some(1), ALL));
    // The client is the same, and each run counts what it asked itself.
    assert_eq!(done.asked.total(), 3);

    let (again, plan) = account_of_sync(&provider, &*org.store, None).await;
    assert!(plan.unwrap().is_empty());
    assert_eq!((again.generation, again.counts), (None, ALL));
    assert_eq!(again.outcome, Outcome::Complete);
    assert_eq!(org.store.generation().await.unwrap(), Some(1));
}

#[tokio::test]
async fn a_name_that_another_provider_takes_meanwhile_costs_a_suffix_and_no_run() {
    let folder = tempfile::tempdir().unwrap();
    let org = Org {
        meanwhile: Some(jane_of("other")),
        ..Org::new(&folder)
    };
    let (run, _) = org.account_of_sync().await;
    assert_eq!((run.generation, run.collisions), (Some(2), 1));
    assert_eq!(org.store.catalog().await.unwrap().unwrap().records.len(), 3);
}

#[tokio::test]
async fn another_run_of_the_same_provider_wins() {
    let folder = tempfile::tempdir().unwrap();
    let org = Org {
        meanwhile: Some(jane_of("acme")),
        ..Org::new(&folder)
    };
    let (run, refused) = org.account_of_sync().await;
    assert_eq!(refused.unwrap_err().exit(), Exit::Busy);
    assert_eq!(run.outcome, Outcome::Overtaken);
    // What is there now is what the other one committed.
    assert_eq!((run.counts.users, run.counts.groups), (1, 0));
    let object = serde_json::to_value(Report::of_sync(&run, None)).unwrap();
    assert_eq!(object["outcome"], "failed");
    assert_eq!(object["error"]["exitCode"], 14);
    assert_eq!(org.store.catalog().await.unwrap().unwrap().records.len(), 1);
}

/// What a plan says is there now is what it is made over.
#[tokio::test]
async fn a_plan_is_made_over_what_another_run_left_meanwhile() {
    let folder = tempfile::tempdir().unwrap();
    let mut org = Org::new(&folder);
    let mut first = jane_of("acme");
    first.commit.written[0].key = Key::User("00u1".into());
    first.run(&*org.store).await.unwrap();
    let mut second = writing("acme", Vec::new());
    second.commit.removed = vec![Key::User("00u1".into())];
    org.meanwhile = Some(second);
    let provider = org.provider();
    let mut run = OneRun::begin(&provider, &*org.store, &ManualClock::new(at()), LIMIT);
    let known = run.read(Arc::new(|_| ())).await.unwrap();
    let plan = run.decide(known).await.unwrap();
    let run = run.end(Ok(&plan)).await;
    assert_eq!((run.counts.users, run.tally.added), (0, 2));
}

/// The catalog may be large, and what it holds was counted when the run began.
#[tokio::test]
async fn a_run_that_failed_does_not_read_the_catalog_to_count_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut org = Org::new(&folder);
    org.account_of_sync().await.1.unwrap();
    org.fails = Some(folder.path().join("catalog.db"));
    let (run, failed) = org.account_of_sync().await;
    assert_eq!(failed.unwrap_err().exit(), Exit::Refused);
    assert_eq!((run.outcome, run.counts), (Outcome::Failed, ALL));
    assert!(org.store.state("acme").await.is_err());
    let failure = run.failure.unwrap();
    assert_eq!(failure.exit_code, 11);
    assert!(
        failure
            .message
            .starts_with("the groups could not be read: ")
    );
}

/// Leavers are kept for days, and a group is unknown since a time: by Okta's clock, whatever this machine's says.
#[tokio::test]
async fn the_time_of_a_catalog_is_oktas() {
    let folder = tempfile::tempdir().unwrap();
    let mut org = Org::new(&folder);
    for (date, taken_at) in [
        (None, at()),
        (
            Some("Thu, 01 Jan 2026 01:00:07 GMT"),
            "2026-01-01T01:00:07Z".parse().unwrap(),
        ),
    ] {
        org.date = date;
        let id = if date.is_some() { "later" } else { "acme" };
        let config = ProviderConfig {
            id: id.to_owned(),
            ..acme(Guard::default())
        };
        let provider = provider(&config, org.clone());
        let (run, _) = account_of_sync(&provider, &*org.store, None).await;
        assert_eq!(run.began, at(), "a run is told by the clock of its reader");
        let catalog = org.store.catalog().await.unwrap().unwrap();
        assert_eq!(catalog.taken_at, taken_at);
    }
}

/// What Okta is asked for ends in time by itself, with an error that says what it was.
#[tokio::test(start_paused = true)]
async fn an_org_that_gives_no_answer_leaves_time_for_the_commit() {
    let folder = tempfile::tempdir().unwrap();
    let org = Org {
        hangs: true,
        ..Org::new(&folder)
    };
    let begun = Instant::now();
    let (run, failed) = org.account_of_sync().await;
    assert_eq!(begun.elapsed().as_secs(), run.took().as_secs());
    assert!(
        begun.elapsed() <= LIMIT.mul_f64(FOR_OKTA),
        "{:?}",
        run.took()
    );
    let failed = failed.unwrap_err();
    assert_eq!(failed.exit(), Exit::Okta);
    assert!(matches!(failed, RunError::Read(_)), "{failed:?}");
    assert_eq!(run.counts, Counts::default());
}

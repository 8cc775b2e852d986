//! A keeper over a real store, and an org that does not answer.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use bytes::Bytes;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use http::{Request, Response};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use okta_api::Client;
use okta_auth::{ApiToken, ManualClock, OrgUrl, Transport, TransportError};
use serde_json::json;
use tokio::task::JoinHandle;

use super::*;
use crate::decide::guard::Guard;
use crate::decide::rules::MappingRules;
use crate::held::run::{Outcome, Run};
use crate::read::directory::Limits;
use crate::run::first_runs::in_order;
use crate::run::provider::{Credentials, ProviderConfig, RateLimit};
use crate::run::schedule::{Frequency, Reconcile, Schedule};
use crate::run::status::StoreStatus;
use crate::run::triggers::{Asker, Timing};
use crate::store::{Claim, Ending, Retention, SqliteStore};
use crate::testing::{claim, somebody};

/// What a run of the tests may take.
const TIMEOUT: Duration = Duration::from_secs(60);

/// An org with one user in one group.
#[derive(Debug, Default)]
struct Org {
    /// Requests whose path ends so get no answer while `hangs`.
    silent: &'static str,
    hangs: AtomicBool,
    open: AtomicUsize,
}

/// A request under way, until it is answered or given up.
struct Open<'a>(&'a AtomicUsize);

impl<'a> Open<'a> {
    fn new(open: &'a AtomicUsize) -> Self {
        open.fetch_add(1, Ordering::SeqCst);
        Self(open)
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[derive(Debug, Clone)]
struct Wire(Arc<Org>);

impl Transport for Wire {
    fn send(
        &self,
        request: Request<Bytes>,
    ) -> BoxFuture<'_, Result<Response<Bytes>, TransportError>> {
        async move {
            let _open = Open::new(&self.0.open);
            let path = request.uri().path();
            if self.0.hangs.load(Ordering::SeqCst) && path.ends_with(self.0.silent) {
                std::future::pending::<()>().await;
            }
            let body = match path {
                "/api/v1/users" => {
                    let profile = json!({"login": "jane@example.com", "email": "jane@example.com"});
                    json!([{"id": "00u1", "status": "ACTIVE", "profile": profile}])
                }
                "/api/v1/groups" => json!([{"id": "00g1", "profile": {"name": "Team"}}]),
                _ => json!([{"id": "00u1"}]),
            };
            let answer = Response::builder().header("content-type", "application/json");
            Ok(answer.body(body.to_string().into()).unwrap())
        }
        .boxed()
    }
}

fn provider(org: Arc<Org>) -> Provider {
    let token = ApiToken::new("00test").unwrap();
    let config = ProviderConfig {
        id: "acme".to_owned(),
        org: OrgUrl::parse("https://acme.okta.com").unwrap(),
        credentials: Credentials::ApiToken(token.clone()),
        schedule: Schedule::default(),
        user_filter: None,
        group_filter: None,
        users_from_groups: true,
        include_empty_groups: true,
        rate_limit: RateLimit::default(),
        guard: Guard::default(),
        limits: Limits::default(),
        reconcile: Reconcile::default(),
        mapping: MappingRules::default(),
    };
    let client = Client::builder(config.org.clone(), token, Wire(org)).build();
    Provider::over(client, &config)
}

/// A keeper at work, whom somebody can ask.
struct Kept {
    asker: Asker,
    status: watch::Receiver<Vec<ProviderStatus>>,
    store: Arc<dyn CatalogStore>,
    task: JoinHandle<()>,
    _folder: tempfile::TempDir,
}

impl Kept {
    fn new(org: &Arc<Org>, frequency: Frequency) -> Self {
        let schedule = Schedule {
            frequency,
            ..Schedule::default()
        };
        Self::of(org, schedule, in_order(1).remove(0), |_| ())
    }

    /// `before` is done to the store before the keeper is there.
    fn of(
        org: &Arc<Org>,
        schedule: Schedule,
        first_run: FirstRun,
        before: impl FnOnce(&std::path::Path),
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&folder.path().join("catalog.db")).unwrap();
        let store: Arc<dyn CatalogStore> = Arc::new(store);
        before(&folder.path().join("catalog.db"));
        let clock: Arc<dyn Clock> = Arc::new(ManualClock::new(Timestamp::UNIX_EPOCH));
        let timing = Timing {
            clock: Arc::clone(&clock),
            zone: TimeZone::UTC,
            jitter: || 0.0,
        };
        let (asker, triggers) = Triggers::new(&schedule, timing);
        let (status, read_status) = watch::channel(vec![ProviderStatus {
            provider: "acme".to_owned(),
            org: "acme.okta.com".to_owned(),
            last_run: None,
            next_run: None,
            running: false,
        }]);
        let publisher = Publisher {
            store: Arc::clone(&store),
            publish: watch::channel(None).0,
            status: watch::channel(StoreStatus::Opening).0,
            turn: tokio::sync::Mutex::default(),
        };
        let keeper = Keeper {
            holder: Holder::of_this_process(),
            okta: provider(Arc::clone(org)),
            first_run,
            triggers,
            timeout: TIMEOUT,
            position: 0,
            retention: Retention::default(),
            store: Arc::clone(&store),
            publisher: Arc::new(publisher),
            clock,
            metrics: Metrics::unread(),
            status,
        };
        Self {
            asker,
            status: read_status,
            store,
            task: tokio::spawn(keeper.keep()),
            _folder: folder,
        }
    }

    /// The next run that ends.
    async fn run(&mut self) -> Arc<Run> {
        let before = self.status.borrow()[0].last_run.clone();
        let ended = |statuses: &Vec<ProviderStatus>| {
            let ended = &statuses[0].last_run;
            !statuses[0].running
                && ended.as_ref().map(Arc::as_ptr) != before.as_ref().map(Arc::as_ptr)
        };
        let statuses = self.status.wait_for(ended).await.unwrap();
        statuses[0].last_run.clone().unwrap()
    }
}

/// A day, which is not over in these tests.
fn daily() -> Frequency {
    Frequency::Every(Duration::from_secs(86_400))
}

#[tokio::test(start_paused = true)]
async fn a_run_that_takes_too_long_gives_its_requests_up_and_the_next_one_can_start() {
    for (silent, outcome) in [
        ("", Outcome::Failed),
        ("/users", Outcome::Failed),
        ("/groups", Outcome::Failed),
        ("/00g1/users", Outcome::Partial),
    ] {
        let org = Arc::new(Org {
            silent,
            hangs: AtomicBool::new(true),
            ..Org::default()
        });
        let mut kept = Kept::new(&org, daily());
        let begun = Instant::now();
        let run = kept.run().await;
        assert_eq!(run.outcome, outcome, "{silent}: {:?}", run.failure);
        assert!(
            begun.elapsed() <= TIMEOUT,
            "{silent}: {:?}",
            begun.elapsed()
        );
        assert_eq!(org.open.load(Ordering::SeqCst), 0, "{silent}");

        org.hangs.store(false, Ordering::SeqCst);
        kept.asker.ask(Why::Signal);
        assert_eq!(kept.run().await.outcome, Outcome::Complete, "{silent}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_keeper_that_is_dropped_gives_its_requests_up() {
    let org = Arc::new(Org {
        hangs: AtomicBool::new(true),
        ..Org::default()
    });
    let mut kept = Kept::new(&org, daily());
    kept.status
        .wait_for(|statuses| statuses[0].running)
        .await
        .unwrap();
    while org.open.load(Ordering::SeqCst) == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    kept.task.abort();
    assert!(kept.task.await.unwrap_err().is_cancelled());
    assert_eq!(org.open.load(Ordering::SeqCst), 0);
}

#[tokio::test(start_paused = true)]
async fn a_manual_provider_is_read_whenever_somebody_asks_and_never_else() {
    let org = Arc::new(Org::default());
    let mut kept = Kept::new(&org, Frequency::Manual);
    tokio::time::sleep(Duration::from_secs(86_400)).await;
    assert_eq!(kept.status.borrow()[0].last_run, None);
    for generation in [Some(1), None] {
        kept.asker.ask(Why::Signal);
        let run = kept.run().await;
        assert_eq!(
            (run.outcome, run.generation),
            (Outcome::Complete, generation)
        );
        assert_eq!(kept.status.borrow()[0].next_run, None);
    }
    drop(kept.asker);
    kept.task.await.unwrap();
}

/// The turn of another process, which is never renewed.
async fn left(kept: &Kept, why: Why) {
    let claim = Claim {
        holder: somebody(1),
        why,
        lease: Duration::ZERO,
        ..claim("acme")
    };
    let turn = kept.store.begin(claim).await.unwrap();
    assert_eq!(turn.provider, "acme");
}

#[tokio::test(start_paused = true)]
async fn a_run_that_another_daemon_left_is_taken_over_at_once() {
    let org = Arc::new(Org::default());
    let mut kept = Kept::new(&org, daily());
    assert_eq!(kept.run().await.generation, Some(1));
    for why in [Why::Schedule, Why::Signal] {
        let begun = Instant::now();
        left(&kept, why).await;
        assert_eq!(kept.run().await.outcome, Outcome::Complete);
        assert!(
            begun.elapsed() < Duration::from_secs(6),
            "{:?}",
            begun.elapsed()
        );
    }
    // What somebody ran by hand is not run again, nor is anything of a provider that is read by hand.
    left(&kept, Why::Command).await;
    let mut manual = Kept::new(&org, Frequency::Manual);
    left(&manual, Why::Signal).await;
    let before = kept.status.borrow()[0].last_run.clone();
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(kept.status.borrow()[0].last_run, before);
    assert_eq!(manual.status.borrow_and_update()[0].last_run, None);
}

#[tokio::test(start_paused = true)]
async fn a_run_of_another_process_is_waited_for_and_shown() {
    let org = Arc::new(Org::default());
    let mut kept = Kept::new(&org, daily());
    kept.run().await;
    let ended = Run {
        provider: "acme".to_owned(),
        outcome: Outcome::Partial,
        ..Run::default()
    };
    for is_asked in [false, true] {
        // One that takes longer than a day.
        let theirs = Claim {
            holder: somebody(1),
            why: Why::Schedule,
            ..claim("acme")
        };
        let turn = kept.store.begin(theirs).await.unwrap();
        if is_asked {
            kept.asker.ask(Why::Signal);
        }
        tokio::time::sleep(Duration::from_secs(20)).await;
        assert!(!kept.status.borrow()[0].running);
        kept.store
            .end(&turn, Ending::of(ended.clone()))
            .await
            .unwrap();
        // It counts as the run on schedule, and what is asked meanwhile comes after it.
        let run = kept.run().await;
        let outcome = if is_asked {
            Outcome::Complete
        } else {
            Outcome::Partial
        };
        let number = turn.number + u64::from(is_asked);
        assert_eq!((run.number, run.outcome), (Some(number), outcome));
    }
}

/// Begins a run in a process that is not this one.
fn begun(path: &std::path::Path, lease: Duration) {
    let store = SqliteStore::open(path).unwrap();
    let claim = Claim {
        holder: somebody(1),
        why: Why::Schedule,
        lease,
        ..claim("acme")
    };
    let begin = move || {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(store.begin(claim))
    };
    let turn = std::thread::spawn(begin).join().unwrap();
    assert_eq!(turn.unwrap().number, 1);
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_left_and_cannot_be_taken_over_is_not_tried_without_end() {
    let org = Arc::new(Org::default());
    let mut kept = Kept::of(
        &org,
        Schedule {
            frequency: daily(),
            ..Schedule::default()
        },
        in_order(1).remove(0),
        |path| {
            begun(path, Duration::ZERO);
            // The disk is full, or the database may not be written: nobody begins.
            let connection = rusqlite::Connection::open(path).unwrap();
            connection
                .execute_batch(
                    "CREATE TRIGGER nobody BEFORE INSERT ON run BEGIN SELECT RAISE(ABORT, 'no'); END",
                )
                .unwrap();
        },
    );
    let begun = Instant::now();
    let mut runs = 0;
    while begun.elapsed() < Duration::from_secs(600) && runs < 200 {
        if timeout(Duration::from_secs(60), kept.run()).await.is_ok() {
            runs += 1;
        }
    }
    assert!(runs < 12, "{runs} runs failed in {:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_first_run_under_way_elsewhere_keeps_its_place() {
    let org = Arc::new(Org::default());
    let mut places = in_order(2);
    let (first, second) = (places.remove(0), places.remove(0));
    let kept = Kept::of(
        &org,
        Schedule {
            frequency: daily(),
            ..Schedule::default()
        },
        first,
        |path| begun(path, Duration::from_secs(3_600)),
    );
    let waited = timeout(Duration::from_secs(30), second.wait_for_earlier()).await;
    assert!(waited.is_err(), "nobody has read the first tenant yet");
    drop(kept);
}

#[tokio::test(start_paused = true)]
async fn what_was_left_before_the_start_waits_for_the_initial_delay() {
    let org = Arc::new(Org::default());
    let schedule = Schedule {
        frequency: daily(),
        initial_delay: Duration::from_secs(3_600),
        ..Schedule::default()
    };
    let kept = Kept::of(&org, schedule, in_order(1).remove(0), |path| {
        begun(path, Duration::ZERO);
    });
    tokio::time::sleep(Duration::from_secs(600)).await;
    assert_eq!(kept.status.borrow()[0].last_run, None);
}

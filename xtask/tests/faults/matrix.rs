//! Every trouble at every kind of list: all of it arrives, or an error that says so. Never a part of it in silence,
//! never a panic, never without end.

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use okta_api::{ErrorKind, PageSize};
use tokio::time::timeout;
use xtask::simulator::{Effect, Endpoint, Fault, Options, Org};

use crate::fault::{Lasting, troubles};
use crate::settings::{DOCUMENTED, Settings};
use crate::table::{self, Cells};
use crate::tenant::{Tenant, with_app};
use crate::walk::{Case, Kind, LONGEST, Outcome, START};

/// The most broken laws that are told in full.
const SHOWN: usize = 30;

/// Row, seed, and what came of it.
type Finding = (usize, Lasting, u64, Outcome);

#[test]
fn a_list_is_whole_or_an_error_whatever_happens() {
    let settings = Settings::read();
    let org = |dpop| with_app(Org::generate(72, 46, 7), dpop);
    let orgs = [org(false), org(true)];
    let troubles = troubles();
    let mut cases = Vec::new();
    for seed in 0..settings.seeds {
        for (row, trouble) in troubles.iter().enumerate() {
            for lasting in [Lasting::Once, Lasting::FromThen] {
                for kind in Kind::ALL {
                    if trouble.can(lasting) {
                        let case = Case {
                            trouble,
                            lasting,
                            kind,
                            seed,
                        };
                        cases.push((row, case));
                    }
                }
            }
        }
    }

    let (findings, broken) = run(&cases, &orgs);
    let mut cells = Cells::new();
    let (documented, more): (Vec<_>, Vec<_>) = findings
        .into_iter()
        .partition(|(_, _, seed, _)| *seed < DOCUMENTED);
    for (row, lasting, _, outcome) in documented {
        cells.entry((row, lasting)).or_default().add(outcome);
    }
    let shown = broken.iter().take(SHOWN).map(String::as_str);
    let shown = shown.collect::<Vec<_>>().join("\n");
    assert!(broken.is_empty(), "{} laws broken:\n{shown}", broken.len());

    let uncovered: Vec<String> = more
        .iter()
        .filter(|(row, lasting, _, outcome)| !cells[&(*row, *lasting)].covers(outcome))
        .map(|(row, lasting, seed, outcome)| {
            format!(
                "{} ({lasting:?}, seed {seed}): {outcome:?}",
                troubles[*row].name
            )
        })
        .take(SHOWN)
        .collect();
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/okta-api/README.md");
    let table = table::markdown(&troubles, &cells);
    if let Some(difference) = table::check(&readme, &table, settings.mode).unwrap() {
        panic!("{difference}\nafter a look at the differences, FAULT_BLESS=1 accepts them");
    }
    assert!(
        uncovered.is_empty(),
        "other than documented:\n{}",
        uncovered.join("\n")
    );
}

/// Okta is seen to send them, and nothing says how many: a list of nothing else is none.
#[tokio::test(start_paused = true)]
async fn empty_pages_without_end_are_an_error() {
    let org = with_app(Org::generate(72, 46, 7), false);
    let tenant = Tenant::new(org, Options::default(), START);
    let simulator = &tenant.simulator;
    simulator.fail(Fault::from_nth(Endpoint::Users, 3, Effect::EmptyPage));
    let client = tenant.client().build();
    let walk = client.users().list().page_size(PageSize::users(5).unwrap());
    let ended = timeout(LONGEST, walk.all()).await;
    let requests = simulator.requests().len();
    let kind = ended.map(|walk| walk.unwrap_err().kind());
    assert_eq!(kind, Ok(ErrorKind::Protocol), "after {requests} requests");
}

/// Runs the cases on all processors, in whatever order: what came of them, and the laws that were broken.
fn run(cases: &[(usize, Case<'_>)], orgs: &[Org; 2]) -> (Vec<Finding>, Vec<String>) {
    let next = AtomicUsize::new(0);
    let done = Mutex::new((Vec::new(), Vec::new()));
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some((row, case)) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let came = case.run(&orgs[usize::from(case.dpop())]);
                    let (findings, broken) = &mut *done.lock().unwrap();
                    match came {
                        Ok(outcome) => findings.push((*row, case.lasting, case.seed, outcome)),
                        Err(law) => broken.push(law),
                    }
                }
            });
        }
    });
    let (findings, mut broken) = done.into_inner().unwrap();
    broken.sort();
    (findings, broken)
}

//! The rate limit in paused time: as fast as it allows, never faster, and fair among the lists that share it.

use std::cell::RefCell;
use std::num::NonZeroU32;
use std::ops::Range;
use std::time::Duration;

use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};
use okta_api::{Client, PageSize, RateLimitShare};
use tokio::time::{Instant, interval, sleep};
use xtask::simulator::{Bucket, Group, Options, Org, User};

use crate::tenant::{APP, Tenant, with_app};
use crate::walk::START;

const WINDOW: Duration = Duration::from_secs(10);

/// Requests a window.
const LIMIT: u32 = 40;

const LISTS: usize = 10;

/// Windows that the lists need when nobody else spends.
const WINDOWS: usize = 6;

const SHARES: [u8; 3] = [100, 80, 50];

/// Walks begin at so many places in a window.
const SEEDS: u64 = 12;

/// As many requests are on their way at a time.
const CONCURRENT: u32 = 8;

/// The requests of a window that a share allows.
fn allowed(share: u8) -> usize {
    usize::try_from(LIMIT).unwrap() * usize::from(share) / 100
}

/// Pages of each list, one member a page.
fn pages(share: u8) -> usize {
    WINDOWS * allowed(share) / LISTS
}

/// Ten groups of as many members each, who fill a page each.
fn org(members: usize) -> Org {
    let mut org = Org::default();
    for group in 0..LISTS {
        let id = format!("00g{group:017}");
        org.add_group(Group::new(&id, &format!("team {group}")));
        for member in 0..members {
            let user = format!("00u{group:08}{member:09}");
            let address = format!("{user}@example.com");
            org.add_user(User::new(&user, "Ana", "Díaz", &address));
            org.join(&id, &user, START);
        }
    }
    with_app(org, false)
}

fn tenant(pages: usize, seed: u64) -> Tenant {
    let options = Options {
        seed,
        window: WINDOW,
        limits: [(Bucket::Groups, LIMIT)].into(),
        share_percent: 100,
        latency: Duration::from_millis(50),
        latency_spread: Duration::from_millis(150),
        ..Options::default()
    };
    // The first begins with its window, the others somewhere in it.
    let into = SignedDuration::from_millis(3_000 + i64::try_from(seed * 7_919 % 10_000).unwrap());
    let start: Timestamp = START + into;
    Tenant::new(org(pages), options, start)
}

fn client(tenant: &Tenant, share: u8) -> Client {
    let share = RateLimitShare::percent(share).unwrap();
    let concurrent = NonZeroU32::new(CONCURRENT).unwrap();
    let client = tenant.client().rate_limit_share(share);
    client.max_concurrent(concurrent).build()
}

/// Reads so many of the lists at once, and returns how many pages each had when the first was at its end.
async fn read(client: &Client, tenant: &Tenant, lists: Range<usize>) -> Vec<usize> {
    let org = tenant.simulator.org();
    let ids: Vec<&String> = org
        .groups
        .keys()
        .skip(lists.start)
        .take(lists.len())
        .collect();
    let progress = RefCell::new(vec![0; ids.len()]);
    let at_first_end: RefCell<Option<Vec<usize>>> = RefCell::default();
    join_all(ids.iter().enumerate().map(async |(number, id)| {
        let list = client.groups().members(&id.as_str().to_owned().into());
        let mut pages = list.page_size(PageSize::members(1).unwrap()).pages();
        let mut members = 0;
        while let Some(page) = pages.try_next().await.unwrap() {
            members += page.items.len();
            progress.borrow_mut()[number] += 1;
        }
        assert_eq!(members, org.memberships[*id].len(), "members of {id}");
        at_first_end
            .borrow_mut()
            .get_or_insert_with(|| progress.borrow().clone());
    }))
    .await;
    at_first_end.into_inner().unwrap()
}

#[tokio::test(start_paused = true)]
async fn the_allowed_share_is_used_up_and_never_exceeded() {
    for share in SHARES {
        for seed in 0..SEEDS {
            let tenant = tenant(pages(share), seed);
            let begun = Instant::now();
            let client = client(&tenant, share);
            read(&client, &tenant, 0..LISTS).await;
            let took = begun.elapsed();

            let case = format!("{share} %, seed {seed}");
            assert_eq!(tenant.simulator.throttled(), 0, "{case}");
            let usage = tenant.simulator.usage_of(APP)[&Bucket::Groups];
            let peak = usize::try_from(usage.peak).unwrap();
            assert!(peak <= allowed(share), "{case}: {usage:?}");
            let requests = LISTS * pages(share);
            let waits = u32::try_from(requests.div_ceil(allowed(share)) - 1).unwrap();
            let floor = (WINDOW + Duration::from_secs(2)) * waits;
            assert!(took <= floor.mul_f64(1.1), "{case}: {took:?} of {floor:?}");
        }
    }
}

/// A list's progress is a matter of luck as long as it is short: answers take between 50 and 200 ms.
#[tokio::test(start_paused = true)]
async fn no_list_is_at_its_end_long_before_the_others() {
    const LONG: usize = 100;
    for share in SHARES {
        for seed in 0..3 {
            let tenant = tenant(LONG, seed);
            let client = client(&tenant, share);
            let progress = read(&client, &tenant, 0..LISTS).await;
            let least = progress.iter().min().unwrap();
            assert!(
                *least >= LONG * 4 / 5,
                "{share} %, seed {seed}: {progress:?}"
            );
        }
    }
}

/// How others take half of the limit.
#[derive(Clone, Copy, Debug)]
enum Others {
    /// All at once, so long after the window begins.
    InBursts(Duration),
    /// One every half second.
    Evenly,
}

impl Others {
    async fn spend(self, tenant: &Tenant) {
        let simulator = &tenant.simulator;
        // Windows of groups begin at the third second of ten.
        let passed = (simulator.now().as_millisecond() - 3_000).rem_euclid(10_000);
        let left = WINDOW - Duration::from_millis(u64::try_from(passed).unwrap());
        match self {
            Self::Evenly => {
                let mut ticks = interval(WINDOW / (LIMIT / 2));
                loop {
                    ticks.tick().await;
                    simulator.spend(Bucket::Groups, 1);
                }
            }
            Self::InBursts(after) => {
                sleep(left + after).await;
                let mut ticks = interval(WINDOW);
                loop {
                    ticks.tick().await;
                    simulator.spend(Bucket::Groups, LIMIT / 2);
                }
            }
        }
    }
}

/// The `429`s that a client saw beside others, and the windows it took. It keeps to its share.
async fn beside(others: Others, share: u8, seed: u64) -> (usize, usize) {
    let tenant = tenant(pages(share), seed);
    let client = client(&tenant, share);
    let begun = Instant::now();
    tokio::select! {
        _ = read(&client, &tenant, 0..LISTS) => {}
        () = others.spend(&tenant) => {}
    }
    let usage = tenant.simulator.usage_of(APP)[&Bucket::Groups];
    let peak = usize::try_from(usage.peak).unwrap();
    assert!(peak <= allowed(share), "{others:?}, {share} %: {usage:?}");
    let windows = usize::try_from(begun.elapsed().as_secs() / WINDOW.as_secs() + 1).unwrap();
    if matches!(others, Others::Evenly) {
        // Of the half that others leave it takes all but a few, in windows that are ten seconds and two.
        let half = usize::try_from(LIMIT / 2).unwrap();
        let needed = (LISTS * pages(share)).div_ceil(half - 4) * 12 / 10 + 2;
        assert!(
            windows <= needed,
            "{share} %, seed {seed}: {windows} of {needed}"
        );
    }
    (tenant.simulator.throttled(), windows)
}

/// Bursts that come before a client has begun with its window, amid it and after it.
fn burst(seed: u64) -> Others {
    Others::InBursts(Duration::from_millis(1_400 + seed * 150))
}

/// Others who take it evenly, and others in bursts for which the share leaves room.
#[tokio::test(start_paused = true)]
async fn beside_others_who_take_half_no_429_is_seen() {
    for seed in 0..SEEDS {
        for (others, share) in [
            (Others::Evenly, 100),
            (Others::Evenly, 80),
            (Others::Evenly, 50),
            (burst(seed), 50),
        ] {
            let (throttled, _) = beside(others, share, seed).await;
            assert_eq!(throttled, 0, "{others:?}, {share} %, seed {seed}");
        }
    }
}

/// Where a share leaves no room for a burst, what is on its way when the first one comes is too late: nobody can know.
/// From then on room is left, for ten windows.
#[tokio::test(start_paused = true)]
async fn only_the_first_burst_of_others_is_seen_by_a_429() {
    for seed in 0..SEEDS {
        for share in [100, 80] {
            let (throttled, windows) = beside(burst(seed), share, seed).await;
            let most = usize::try_from(CONCURRENT).unwrap() * windows.div_ceil(10);
            assert!(
                throttled <= most,
                "{share} %, seed {seed}: {throttled} in {windows} windows"
            );
        }
    }
}

/// Two clients of one app know of each other only by what remains.
#[tokio::test(start_paused = true)]
async fn two_clients_of_one_app_share_its_limit() {
    for share in SHARES {
        for seed in 0..SEEDS {
            let tenant = tenant(pages(share), seed);
            let (one, two) = (client(&tenant, share), client(&tenant, share));
            futures::join!(
                read(&one, &tenant, 0..LISTS / 2),
                read(&two, &tenant, LISTS / 2..LISTS)
            );
            assert_eq!(tenant.simulator.throttled(), 0, "{share} %, seed {seed}");
        }
    }
}

//! One walk over one list in trouble, what came of it, and what it cost.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use okta_api::{Client, Error, PageSize, Resource, WithMalformed};
use tokio::time::{Instant, timeout};
use xtask::simulator::{Bucket, Endpoint, Fault, Options, Org};

use crate::fault::{Lasting, Strikes, Trouble, What};
use crate::tenant::Tenant;

/// Records a page.
const SIZE: u16 = 5;

/// The midnight around which walks begin.
pub(crate) const START: Timestamp = Timestamp::constant(1_767_225_600, 0);

/// No walk takes longer, whatever happens.
pub(crate) const LONGEST: Duration = Duration::from_secs(600);

/// What is walked over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Users,
    Groups,
    Members,
}

/// What came of a walk.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Outcome {
    /// That all of it was read, or the kind of the error.
    pub(crate) becomes: String,
    /// Requests beyond one for each page that was read and what the first token takes.
    pub(crate) requests: u64,
    /// How long it took.
    pub(crate) time: Duration,
}

/// One case of the matrix.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Case<'a> {
    pub(crate) trouble: &'a Trouble,
    pub(crate) lasting: Lasting,
    pub(crate) kind: Kind,
    pub(crate) seed: u64,
}

impl Kind {
    pub(crate) const ALL: [Self; 3] = [Self::Users, Self::Groups, Self::Members];

    fn endpoint(self) -> Endpoint {
        match self {
            Self::Users => Endpoint::Users,
            Self::Groups => Endpoint::Groups,
            Self::Members => Endpoint::GroupUsers,
        }
    }

    /// How many seconds after the minute the rate limit's windows begin.
    fn phase(self) -> i64 {
        match self.endpoint().bucket() {
            Bucket::Users => 20,
            _ => 43,
        }
    }

    /// The ids that the list has.
    fn expected(self, org: &Org) -> Vec<String> {
        match self {
            Self::Users => {
                let active = org.users.values().filter(|user| user.status == "ACTIVE");
                active.map(|user| user.id.clone()).collect()
            }
            Self::Groups => org.groups.keys().cloned().collect(),
            Self::Members => org.memberships[&largest(org)].iter().cloned().collect(),
        }
    }

    /// Reads the list to its end.
    async fn read(self, client: &Client, org: &Org) -> Result<Read, Error> {
        let users = PageSize::users(SIZE).unwrap();
        match self {
            Self::Users => {
                let list = client.users().list().search(r#"status eq "ACTIVE""#);
                ids(list.page_size(users).all_with_malformed().await?, |user| {
                    user.id.as_str()
                })
            }
            Self::Groups => {
                let size = PageSize::groups(SIZE).unwrap();
                let list = client.groups().list().page_size(size);
                ids(list.all_with_malformed().await?, |group| group.id.as_str())
            }
            Self::Members => {
                let list = client.groups().members(&largest(org).into());
                ids(list.page_size(users).all_with_malformed().await?, |user| {
                    user.id.as_str()
                })
            }
        }
    }
}

/// The ids of a list, and how many of them are of records that do not decode.
type Read = (Vec<String>, usize);

fn ids<T: Resource>(all: WithMalformed<T>, id: impl Fn(&T) -> &str) -> Result<Read, Error> {
    let malformed = all.malformed.len();
    let good = all.items.iter().map(|item| id(item).to_owned());
    let bad = all.malformed.into_iter().filter_map(|record| record.id);
    Ok((good.chain(bad).collect(), malformed))
}

/// The group with the most members.
fn largest(org: &Org) -> String {
    let sizes = org.memberships.iter();
    let largest = sizes.max_by_key(|(_, members)| members.len());
    largest.unwrap().0.clone()
}

/// The same number for the same seed and salt, below `end`; the first two seeds have the two ends.
fn draw(seed: u64, salt: u64, end: u64) -> u64 {
    match seed {
        0 => 0,
        1 => end - 1,
        _ => {
            // SplitMix64.
            let mut bits = (seed * 64 + salt).wrapping_mul(0x9E37_79B9_7F4A_7C15);
            bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            (bits ^ (bits >> 31)) % end
        }
    }
}

impl Case<'_> {
    /// Walks, and says what came of it; an error names the law that was broken.
    pub(crate) fn run(self, org: &Org) -> Result<Outcome, String> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        let (case, org) = (self.to_owned_parts(), org.clone());
        let walk = runtime.block_on(async move { tokio::spawn(walk(case, org)).await });
        let broken = |law: String| {
            format!(
                "{} ({:?}, {:?}, seed {}): {law}",
                self.trouble.name, self.lasting, self.kind, self.seed
            )
        };
        match walk {
            Ok(outcome) => outcome.map_err(broken),
            Err(panic) => Err(broken(format!("a panic: {panic}"))),
        }
    }

    /// Every other seed has an app that must prove possession.
    pub(crate) fn dpop(self) -> bool {
        self.seed % 2 == 1
    }

    fn to_owned_parts(self) -> (Trouble, Lasting, Kind, u64) {
        (self.trouble.clone(), self.lasting, self.kind, self.seed)
    }
}

async fn walk(
    (trouble, lasting, kind, seed): (Trouble, Lasting, Kind, u64),
    org: Org,
) -> Result<Outcome, String> {
    let second = i64::try_from(draw(seed, 1, 60)).unwrap();
    let start = START + SignedDuration::from_secs(kind.phase() + second);
    let options = Options {
        seed,
        ..Options::default()
    };
    let dpop = org.clients[0].dpop_required;
    let tenant = Tenant::new(org.clone(), options, start);
    let simulator = &tenant.simulator;

    let mut expected = kind.expected(&org);
    let pages = u64::try_from(expected.len().div_ceil(usize::from(SIZE))).unwrap();
    let struck = match trouble.strikes {
        Strikes::Any => 1 + draw(seed, 2, pages),
        Strikes::ButTheLast => 1 + draw(seed, 2, pages - 1),
        Strikes::ButTheFirst => 2 + draw(seed, 2, pages - 1),
    };
    let nth = usize::try_from(struck).unwrap();
    match (trouble.what, lasting) {
        (What::Clock(hours), _) => simulator.set_clock_offset(SignedDuration::from_hours(hours)),
        (What::Effect(effect), Lasting::Once) => {
            simulator.fail(Fault::nth(kind.endpoint(), nth, effect));
        }
        (What::Effect(effect), Lasting::FromThen) => {
            simulator.fail(Fault::from_nth(kind.endpoint(), nth, effect));
        }
    }

    let client = tenant.client().build();
    let begun = Instant::now();
    let Ok(read) = timeout(LONGEST, kind.read(&client, &org)).await else {
        return Err(format!("it did not end within {} s", LONGEST.as_secs()));
    };
    let time = begun.elapsed();
    if tenant.strays() > 0 {
        return Err(format!("{} requests went elsewhere", tenant.strays()));
    }
    let (becomes, read_pages) = match read {
        Ok((mut found, malformed)) => {
            found.sort();
            expected.sort();
            if found != expected {
                return Err(format!(
                    "{} of {} records: {}",
                    found.len(),
                    expected.len(),
                    difference(&found, &expected)
                ));
            }
            let becomes = match malformed {
                0 => "all of it",
                _ => "all of it, the bad by id",
            };
            (becomes.to_owned(), pages)
        }
        Err(error) => {
            let kind = format!("{:?}", error.kind());
            let name = kind.split([' ', '{', '(']).next().unwrap_or_default();
            (format!("`{name}`"), struck - 1)
        }
    };
    let first_token = if dpop { 3 } else { 1 };
    let sent = u64::try_from(simulator.requests().len()).unwrap();
    Ok(Outcome {
        becomes,
        requests: sent.saturating_sub(first_token + read_pages),
        time,
    })
}

/// The ids that one has and the other has not, or more often.
fn difference(found: &[String], expected: &[String]) -> String {
    let mut counts: BTreeMap<&str, i32> = BTreeMap::new();
    for id in found {
        *counts.entry(id).or_default() += 1;
    }
    for id in expected {
        *counts.entry(id).or_default() -= 1;
    }
    counts.retain(|_, count| *count != 0);
    format!("{counts:?}")
}

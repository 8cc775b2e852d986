//! What a plan of reads costs.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use okta_api::Group;

/// The members of one page.
const PAGE_OF_MEMBERS: u64 = 1_000;

/// Requests of one plan.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Cost {
    /// Those that were sent before there was a plan: a token, the groups, the System Log.
    pub asked: u64,
    /// Pages of users.
    pub users: Pages,
    /// Pages of members, or of the groups of users.
    pub members: u64,
    /// Users by id.
    pub single: u64,
}

/// A number of pages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Pages {
    /// So many at least.
    pub least: u64,
    /// Whether there may be more: nobody counts who changed.
    pub more: bool,
}

impl Pages {
    /// So many.
    #[must_use]
    pub(crate) const fn exactly(pages: u64) -> Self {
        Self {
            least: pages,
            more: false,
        }
    }

    /// So many, or more.
    #[must_use]
    pub(crate) const fn at_least(pages: u64) -> Self {
        Self {
            least: pages,
            more: true,
        }
    }
}

impl Cost {
    /// Requests of all kinds.
    #[must_use]
    pub(crate) const fn total(&self) -> u64 {
        self.asked + self.users.least + self.members + self.single
    }
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let least = if self.users.more { "at least " } else { "" };
        let total = self.total();
        let noun = if total == 1 { "request" } else { "requests" };
        write!(f, "{least}{total} {noun}")
    }
}

/// How long so many requests take at these limits a minute, by endpoint: as long as the slowest of them. An endpoint whose
/// limit was never seen has that of the groups, and none is known before the first answer.
#[must_use]
pub(crate) fn time(
    requests: &BTreeMap<&'static str, u64>,
    limits: &BTreeMap<String, u64>,
    share_percent: u64,
) -> Option<Duration> {
    let of_groups = limits.get("/api/v1/groups");
    let seconds = requests.iter().filter_map(|(endpoint, requests)| {
        let limit = limits.get(*endpoint).or(of_groups)?;
        let allowed = (limit * share_percent / 100).max(1);
        // The first window is open at once.
        Some(requests.saturating_sub(1) / allowed * 60)
    });
    seconds.max().map(Duration::from_secs)
}

/// How many members Okta counts.
pub(super) fn count(group: &Group) -> Option<u64> {
    group.stats().map(|stats| stats.users_count)
}

/// How many pages the members of a group take.
pub(super) fn pages(group: &Group) -> u64 {
    count(group).map_or(1, |count| count.div_ceil(PAGE_OF_MEMBERS).max(1))
}

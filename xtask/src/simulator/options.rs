//! How the simulated server behaves, apart from what the org holds.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use super::clock::Clock;
use super::endpoint::Bucket;

/// The behaviour of a [`Simulator`](super::Simulator).
///
/// ```
/// use xtask::simulator::{Bucket, Options};
///
/// let options = Options::default();
/// assert_eq!(options.limit(Bucket::Users), 300); // 50 % of 600
/// ```
#[derive(Clone, Debug)]
pub struct Options {
    /// Where to listen. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// What time the server believes it is.
    pub clock: Clock,
    /// The seed of tokens, cursors and request ids.
    pub seed: u64,
    /// Requests the whole org may send per window, by bucket; those not named have Okta's defaults.
    pub limits: BTreeMap<Bucket, u32>,
    /// The percentage of each limit one app may use. Okta's default is 50.
    pub share_percent: u32,
    /// The length of a rate-limit window, in whole seconds (at least one). Okta's is 60 s.
    pub window: Duration,
    /// Requests that may be served at the same time.
    pub concurrency: usize,
    /// How long a token is valid. Okta's is one hour.
    pub token_lifetime: Duration,
    /// How long an answer takes at least.
    pub latency: Duration,
    /// How much longer it may take: each answer draws its own by the seed.
    pub latency_spread: Duration,
    /// How long `search`, and `lastMembershipUpdated` everywhere, lag behind an edit. `Duration::MAX` lags until
    /// [`Simulator::reindex`](super::Simulator::reindex) is called.
    pub index_lag: Duration,
    /// How long `lastMembershipUpdated` lags behind an edit where that is not as long as `search` does. 1 to 4 s have been
    /// seen of ordinary groups.
    pub stamp_lag: Option<Duration>,
    /// How much older still `lastMembershipUpdated` of `BUILT_IN` groups is among the groups of a user. Three weeks have been
    /// seen of `Everyone`.
    pub built_in_lag: Duration,
    /// By how much the second of two nodes lags behind an edit, where there are two: which of them answers is drawn by the
    /// seed, request by request, for all but tokens and the System Log.
    pub second_node_lag: Option<Duration>,
    /// How long it takes until an event is in the System Log. 14 to 25 s have been seen.
    pub log_lag: Duration,
    /// Whether edits of the org put events into the System Log as Okta does. Otherwise it has what tests put there.
    pub log_edits: bool,
    /// After how many users a list by `search` ends as if there were no more. Okta once did after 50,000.
    pub search_cap: Option<usize>,
    /// What a caller without an admin role gets from the lists.
    pub without_role: WithoutRole,
    /// Whether there is an endpoint of skinny users, which Okta may take away.
    pub skinny_users: SkinnyUsers,
    /// What becomes of the parameter `fields` of the list of users.
    pub user_fields: UserFields,
    /// Whether `search` accepts `profile.` attributes that no object has: Okta knows the schema, we do not.
    pub unknown_profile_attributes: bool,
    /// Whether `search` accepts `co` together with `and` or `or`; Okta's release notes say that some combinations fail.
    pub co_combined: bool,
}

/// What the lists of users and groups answer when the scope is there but the admin role is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WithoutRole {
    /// `200 []`.
    EmptyLists,
    /// `403` with `E0000006`.
    Forbidden,
}

/// How `GET /api/v1/groups/{id}/skinny_users` answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SkinnyUsers {
    /// With the members.
    Served,
    /// `404` with `E0000008`, as a path that is not there.
    NotFound,
    /// `405` with `E0000022`, as a path without this method.
    NotAllowed,
}

/// What `GET /api/v1/users?fields=…` answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserFields {
    /// Of each user the fields that are named.
    Served,
    /// `400` with `E0000001`: as a tenant that does not take the parameter.
    Refused,
    /// All but the profile: as a tenant that makes something else of it.
    WithoutProfile,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            clock: Clock::system(),
            seed: 1,
            limits: BTreeMap::new(),
            share_percent: 50,
            window: Duration::from_mins(1),
            concurrency: 75,
            token_lifetime: Duration::from_hours(1),
            latency: Duration::ZERO,
            latency_spread: Duration::ZERO,
            index_lag: Duration::ZERO,
            stamp_lag: None,
            built_in_lag: Duration::ZERO,
            second_node_lag: None,
            log_lag: Duration::ZERO,
            log_edits: false,
            search_cap: None,
            without_role: WithoutRole::EmptyLists,
            skinny_users: SkinnyUsers::Served,
            user_fields: UserFields::Served,
            unknown_profile_attributes: true,
            co_combined: false,
        }
    }
}

impl Options {
    /// The defaults, but for rate limits that are nobody's trouble.
    #[must_use]
    pub fn without_limits() -> Self {
        let all = [
            Bucket::Users,
            Bucket::Groups,
            Bucket::Group,
            Bucket::SkinnyUsers,
            Bucket::User,
            Bucket::Token,
        ];
        Self {
            limits: all.into_iter().map(|bucket| (bucket, 1_000_000)).collect(),
            ..Self::default()
        }
    }

    /// How long `lastMembershipUpdated` lags behind an edit.
    pub(crate) fn stamp_lag(&self) -> Duration {
        self.stamp_lag.unwrap_or(self.index_lag)
    }

    /// No answer about users and groups lags behind an edit by more.
    pub(crate) fn longest_lag(&self) -> Duration {
        let node = self.second_node_lag.unwrap_or_default();
        node.max(self.index_lag).max(self.stamp_lag())
    }

    /// Requests one app may send per window: its share of the org's limit.
    #[must_use]
    pub fn limit(&self, bucket: Bucket) -> u32 {
        let share = u64::from(self.limit_of_the_org(bucket)) * u64::from(self.share_percent) / 100;
        u32::try_from(share).unwrap_or(u32::MAX)
    }

    /// Requests all apps together may send per window.
    ///
    /// The defaults are the last table Okta published (`rl-global-mgmt`, the Workforce column).
    #[must_use]
    pub fn limit_of_the_org(&self, bucket: Bucket) -> u32 {
        self.limits.get(&bucket).copied().unwrap_or(match bucket {
            Bucket::Users => 600,
            Bucket::Groups | Bucket::SkinnyUsers => 500,
            Bucket::Group => 1000,
            Bucket::Logs => 120,
            Bucket::User => 2000,
            Bucket::Token | Bucket::Other => 1200,
        })
    }
}

//! What a mirror knows besides its objects.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use okta_api::{GroupId, UserId};
use serde::{Deserialize, Serialize};

use crate::held::notice::Notice;
use crate::held::run::Counts;

/// The one row of a mirror that is about all of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Account {
    /// What the mirror is of.
    pub scope: Scope,
    /// How far it reaches, by Okta's clock.
    pub watermarks: Watermarks,
    /// Which attributes the records of users have that were not kept, and how many had each when everything was read: of them
    /// nothing is known but their names.
    pub skipped_of_users: BTreeMap<String, usize>,
    /// The same of groups.
    pub skipped_of_groups: BTreeMap<String, usize>,
    /// Users of the catalog that were seen with the status `DEPROVISIONED`.
    pub deactivated: BTreeSet<UserId>,
    /// Users of the catalog of whom Okta said by id that there are none.
    pub deleted: BTreeSet<UserId>,
    /// User records that could not be decoded, with the reason and since when.
    pub malformed_users: BTreeMap<UserId, Unread>,
    /// Group records that could not be decoded, with the reason and since when.
    pub malformed_groups: BTreeMap<GroupId, Unread>,
    /// Why some record of the users has no id that can be read, if the last read had one.
    pub unidentified_user: Option<String>,
    /// The same of groups.
    pub unidentified_group: Option<String>,
    /// Groups whose members could not be read when that was last tried, with the reason and since when.
    pub unread: BTreeMap<GroupId, Unread>,
    /// Groups of which Okta counts others than it lists, and how often in a row that was seen after they were read.
    pub miscounted: BTreeMap<GroupId, u8>,
    /// Objects to read again whatever their timestamps say.
    pub marks: Marks,
    /// Users of the catalog who would go by what a delta saw alone, and of whom nobody asked by id yet.
    pub unconfirmed: BTreeSet<UserId>,
    /// What was last seen of the limits of Okta: requests a minute, by endpoint.
    pub limits: BTreeMap<String, u64>,
    /// What came of the last plan, if nothing of it was left to do.
    pub settled: Option<Settled>,
}

/// What came of a plan of which nothing was left to do: from the same it comes again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Settled {
    /// A digest of everything that the plan was made of besides what Okta said.
    pub inputs: String,
    /// The id of the plan.
    pub plan_id: String,
    /// What the catalog holds.
    pub counts: Counts,
    /// How many objects could not have the name they would have alone.
    pub collided: usize,
    /// What the operator should know.
    pub notices: Vec<Notice>,
}

/// What a mirror is of. One of another scope may lack what the configuration needs today.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Scope {
    /// The address of the org.
    pub org: String,
    /// The client id of the app, which may see other groups than another app; none with an API token.
    pub client: Option<String>,
    /// Which users it has.
    pub users: UserScope,
    /// Which attributes of users are kept; nothing when all of them are.
    pub attributes: Option<BTreeSet<String>>,
}

/// Which users a mirror has.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum UserScope {
    /// All of them.
    #[default]
    All,
    /// Those that Okta's search finds by this expression.
    Search(String),
    /// Whoever is a member of a group that is selected.
    Members,
}

/// How far a mirror reaches, by Okta's clock.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Watermarks {
    /// When everything was last read.
    pub reconciled: Option<Timestamp>,
    /// When the users were last asked for: whoever changed before is here.
    pub users: Option<Timestamp>,
    /// The link by which the System Log goes on; none when it may not be read.
    pub log: Option<String>,
    /// How the memberships were last read.
    pub way: Way,
}

/// How memberships are read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Way {
    /// As the members of each group.
    #[default]
    OfGroups,
    /// As the groups of each of a few users: the rolls have these users only.
    OfUsers,
}

/// Something that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Unread {
    /// Why.
    pub reason: String,
    /// Since when, by Okta's clock.
    pub since: Timestamp,
}

/// Objects to read again whatever their timestamps say.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Marks {
    /// Users, to be asked for by id.
    pub users: BTreeSet<UserId>,
    /// Groups whose members are to be read.
    pub groups: BTreeSet<GroupId>,
}

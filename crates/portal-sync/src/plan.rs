//! What a run would do to the catalog, as a value.
//!
//! [`plan`] is the one function that decides. `plan` prints its result, `sync` and `serve` commit it; there is no dry-run
//! flag anywhere below.

use std::collections::BTreeMap;
use std::fmt;

use catalog_model::{EntityRef, Kind, Violation};
use jiff::Timestamp;
use serde::Serialize;

use crate::guard::Guard;
use crate::mapping::{Collision, Mapping, MappingError, SignIn};
use crate::roster::{Cause, Roster, Rules, resolve};
use crate::snapshot::Snapshot;
use crate::state::State;
use crate::store::Written;
use crate::text::is_blank;

mod change;
mod compare;
mod display;
mod id;
mod withheld;

pub use change::{PlannedChange, Unknown, Withheld};

use compare::{Comparison, compare};
use withheld::withheld;

/// What to do when Okta accepts the credentials and shows nothing.
pub(crate) const GIVE_ROLE: &str = "give the application an admin role that may view users and groups: in the Okta admin \
     console, Applications > Applications > (the app) > Admin roles > Edit assignments; a custom role needs a resource set \
     with all users and all groups";

/// Everything about a provider that a plan depends on, besides what was read and what is there.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The provider's id.
    pub provider: String,
    /// Who belongs into the catalog.
    pub rules: Rules,
    /// How many removals pass.
    pub guard: Guard,
    /// How objects become entities.
    pub mapping: Mapping,
}

/// What a run knows before it decides: what the catalog holds, and what the org holds, as the mapping sees it.
#[derive(Debug, Clone)]
pub struct Known {
    state: State,
    snapshot: Snapshot,
}

impl Known {
    /// What was read of an org from `taken_at` on, over what the catalog held.
    #[must_use]
    pub fn new(
        state: State,
        mut snapshot: Snapshot,
        settings: &Settings,
        taken_at: Timestamp,
    ) -> Self {
        snapshot.taken_at = taken_at;
        settings.mapping.shape(&mut snapshot, &state);
        Self { state, snapshot }
    }

    /// The same org over what the catalog holds by now.
    #[must_use]
    pub fn over(self, state: State) -> Self {
        Self { state, ..self }
    }

    /// What the catalog holds.
    #[must_use]
    pub const fn state(&self) -> &State {
        &self.state
    }

    /// What the org holds.
    #[must_use]
    pub const fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }
}

/// What a run would do to the catalog.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The provider whose objects these are.
    pub provider: String,
    /// Names the removals that are withheld, or else the changes: the same ones have the same id.
    pub id: String,
    /// The generation in which the provider last committed; none when it was never synced.
    pub base: Option<u64>,
    /// The changes, users before groups, each by Okta id.
    pub changes: Vec<PlannedChange>,
    /// Removals that the guard holds back.
    pub withheld: Vec<Withheld>,
    /// Why the guard holds them back.
    pub tripped: Vec<String>,
    /// Whether removals that the guard would hold back were approved.
    pub approved: bool,
    /// Groups whose members could not be read, and why.
    pub unknown: Vec<Unknown>,
    /// Records that could not be decoded or named: the reason by Okta id.
    pub quarantined: BTreeMap<String, String>,
    /// Objects that could not have the name they would have alone.
    pub collisions: Vec<Collision>,
    /// What is wrong with the addresses by which people sign in.
    pub sign_in: SignIn,
    /// What the operator should know.
    pub notices: Vec<String>,
    /// What the catalog holds of this provider now.
    pub before: Counts,
    /// What it will hold.
    pub after: Counts,
    /// The entities that are new or changed.
    pub written: Vec<Written>,
    /// The objects that leave.
    pub removed: Vec<(Kind, String)>,
}

/// How much a catalog holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Users.
    pub users: usize,
    /// Groups.
    pub groups: usize,
    /// Pairs of a user and a group they are in.
    pub memberships: usize,
}

impl Counts {
    /// How much the catalog holds of one provider.
    #[must_use]
    pub fn of(state: &State) -> Self {
        Self {
            users: state.users().len(),
            groups: state.groups().len() + usize::from(state.root().is_some()),
            memberships: state
                .groups()
                .keys()
                .map(|group| state.members(group).len())
                .sum(),
        }
    }
}

/// A plan that cannot be made.
#[derive(Debug)]
#[non_exhaustive]
pub enum PlanError {
    /// The org answered that it has no users, or no groups, and nothing of it was ever seen.
    EmptySource {
        /// Which of the two.
        what: &'static str,
    },
    /// No entities can be made of what was read.
    Mapping(MappingError),
    /// Entities that Backstage would refuse: a bug.
    Unsound(Vec<(EntityRef, Vec<Violation>)>),
}

/// Decides what to do. `approved` is the id of an earlier plan whose withheld removals may go.
///
/// # Errors
/// When a first run finds an org that is empty without a filter that could explain it, or names collide and the
/// configuration wants none of it.
pub fn plan(known: &Known, settings: &Settings, approved: Option<&str>) -> Result<Plan, PlanError> {
    let Known { state, snapshot } = known;
    let rules = settings.rules;
    refuse_empty_source(snapshot, state, rules)?;
    let guarded = resolve(snapshot, state, rules, Some(&settings.guard));
    if guarded.tripped.is_empty() {
        return assemble(snapshot, state, settings, &guarded, Vec::new());
    }
    let open = resolve(snapshot, state, rules, None);
    let withheld = withheld(&guarded, &open, state);
    let id = id::of_withheld(&settings.provider, settings.rules.leavers, &withheld);
    if approved == Some(id.as_str()) {
        let plan = assemble(snapshot, state, settings, &open, Vec::new())?;
        Ok(Plan {
            approved: true,
            ..plan
        })
    } else {
        assemble(snapshot, state, settings, &guarded, withheld)
    }
}

/// An org that shows nobody, and of which the catalog has nobody either, is one whose role is missing. Over a filled catalog
/// the guard judges.
fn refuse_empty_source(snapshot: &Snapshot, state: &State, rules: Rules) -> Result<(), PlanError> {
    if snapshot.shows_no_users() && state.users().is_empty() && !rules.user_filter {
        return Err(PlanError::EmptySource { what: "users" });
    }
    if snapshot.shows_no_groups() && state.groups().is_empty() && !rules.group_filter {
        return Err(PlanError::EmptySource { what: "groups" });
    }
    Ok(())
}

/// What to say of an answer without anybody, which a filter can explain and a missing role too.
fn empty_notice(snapshot: &Snapshot, rules: Rules) -> Option<String> {
    let (what, filtered) = if snapshot.shows_no_users() {
        ("user", rules.user_filter)
    } else if snapshot.shows_no_groups() {
        ("group", rules.group_filter)
    } else {
        return None;
    };
    let scope = if filtered {
        "that matches the filter"
    } else {
        "at all"
    };
    Some(format!(
        "okta answers that there is no {what} {scope}; if that is not so, {GIVE_ROLE}"
    ))
}

/// The guard does not count what the configuration leaves out. A slip in it should be seen all the same.
fn left_out_notice(state: &State, roster: &Roster<'_>, guard: &Guard) -> Option<String> {
    let is_left_out = |cause: &&Cause| matches!(cause, Cause::Status | Cause::Excluded);
    let users = roster.removed_users.values().filter(is_left_out).count();
    let groups = roster.removed_groups.values().filter(is_left_out).count();
    let many = guard.trips(guard.users, state.users().len(), users)
        || guard.trips(guard.groups, state.groups().len(), groups);
    many.then(|| {
        format!(
            "{users} users and {groups} groups go because `exclude` or `statuses` leaves them out, which the guard does not \
             count"
        )
    })
}

fn assemble(
    snapshot: &Snapshot,
    state: &State,
    settings: &Settings,
    roster: &Roster<'_>,
    withheld: Vec<Withheld>,
) -> Result<Plan, PlanError> {
    let mapped = settings
        .mapping
        .map(snapshot, roster, state)
        .map_err(PlanError::Mapping)?;
    let after = Counts {
        users: roster.users.len(),
        groups: roster.groups.len() + usize::from(mapped.root().is_some()),
        memberships: mapped.memberships(),
    };
    let Comparison {
        changes,
        written,
        removed,
        ..
    } = compare(state, &mapped, roster)?;
    let id = if withheld.is_empty() {
        id::of_changes(&settings.provider, &written, &removed)
    } else {
        id::of_withheld(&settings.provider, settings.rules.leavers, &withheld)
    };
    let unknown = roster.unknown.iter().map(|(group, reason)| Unknown {
        okta_id: group.to_string(),
        name: snapshot
            .groups
            .get(group)
            .and_then(|group| group.profile.name())
            .filter(|name| !is_blank(name))
            .unwrap_or_default()
            .to_owned(),
        reason: reason.clone(),
        kept: roster.groups.contains_key(group),
    });
    let mut notices = snapshot.notices.clone();
    let nobody = empty_notice(snapshot, settings.rules).or_else(|| {
        (after.users == 0 && roster.quarantined.is_empty())
            .then(|| "of the users that Okta lists none is wanted, or is in a group that is wanted, so there is no user".to_owned())
    });
    notices.extend(nobody);
    notices.extend(left_out_notice(state, roster, &settings.guard));
    notices.extend(mapped.notices.iter().cloned());
    let sign_in = mapped.sign_in(&[]);
    notices.extend(sign_in.notices());
    Ok(Plan {
        provider: settings.provider.clone(),
        id,
        base: state.generation(),
        changes,
        tripped: if withheld.is_empty() {
            Vec::new()
        } else {
            roster.tripped.clone()
        },
        withheld,
        approved: false,
        unknown: unknown.collect(),
        quarantined: roster.quarantined.clone(),
        collisions: mapped.collisions,
        sign_in,
        notices,
        before: Counts::of(state),
        after,
        written,
        removed,
    })
}

impl Plan {
    /// Whether there is nothing to write.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// Whether something stayed unknown or was quarantined.
    #[must_use]
    pub fn is_partial(&self) -> bool {
        !self.unknown.is_empty() || !self.quarantined.is_empty()
    }

    /// How many changes there are that come, change (renames too) and go.
    #[must_use]
    pub fn tally(&self) -> (usize, usize, usize) {
        self.changes.iter().fold(
            (0, 0, 0),
            |(added, updated, removed), change| match change {
                PlannedChange::Added { .. } => (added + 1, updated, removed),
                PlannedChange::Updated { .. } | PlannedChange::Renamed { .. } => {
                    (added, updated + 1, removed)
                }
                PlannedChange::Removed { .. } => (added, updated, removed + 1),
            },
        )
    }
}

impl fmt::Display for PlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EmptySource { what } => {
                write!(
                    f,
                    "okta accepts the credentials and answers that the org has no {what} at all"
                )
            }
            Self::Mapping(error) => error.fmt(f),
            Self::Unsound(entities) => {
                f.write_str("backstage would refuse what was made:")?;
                entities.iter().try_for_each(|(entity, violations)| {
                    write!(f, " {entity}:")?;
                    violations.iter().try_for_each(|it| write!(f, " {it};"))
                })
            }
        }
    }
}

impl std::error::Error for PlanError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Mapping(error) => error.source(),
            Self::EmptySource { .. } | Self::Unsound(_) => None,
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;

//! What a run would do to the catalog, as a value.
//!
//! [`plan`] is the one function that decides. `plan` prints its result, `sync` and `serve` commit it; there is no dry-run
//! flag anywhere below.

use std::collections::BTreeMap;
use std::fmt;

use catalog_model::{EntityRef, Kind, Violation};
use jiff::Timestamp;
use okta_api::GroupId;
use serde::Serialize;

use crate::counted::counted;
use crate::criteria::{Changed, Criteria, Remembered};
use crate::guard::Guard;
use crate::mapping::{Collision, KeptNames, Mapped, Mapping, MappingError, Rename, SignIn};
use crate::roster::{Cause, Kept, Roster, Rules, Standing, resolve};
use crate::snapshot::{Refusal, Snapshot};
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
    /// What the configuration selects, to be compared with what it selected when the catalog was filled.
    pub criteria: Criteria,
}

impl Settings {
    /// Which keys that decide who belongs have changed since the last settled run over this catalog.
    #[must_use]
    pub fn changed_since(&self, state: &State) -> Changed {
        if state.synced() {
            self.criteria.changed_since(&state.remembered().criteria)
        } else {
            Changed::NOTHING
        }
    }
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
    /// Renames that the guard holds back.
    pub withheld_renames: Vec<Rename>,
    /// Why the guard holds them back.
    pub tripped: Vec<String>,
    /// Whether what the guard would hold back was approved.
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
    /// What the next run is to know besides.
    pub remembered: Remembered,
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

/// Decides what to do. `approved` is the id of an earlier plan whose withheld removals and renames may go.
///
/// # Errors
/// When a first run finds an org that is empty without a filter that could explain it, or names collide and the
/// configuration wants none of it.
pub fn plan(known: &Known, settings: &Settings, approved: Option<&str>) -> Result<Plan, PlanError> {
    let Known { state, snapshot } = known;
    let rules = Rules {
        changed: settings.changed_since(state),
        ..settings.rules
    };
    refuse_empty_source(snapshot, state, rules)?;
    let map = |roster, kept| {
        let mapped = settings.mapping.map(snapshot, roster, state, kept);
        mapped.map_err(PlanError::Mapping)
    };
    let guarded = resolve(snapshot, state, rules, Some(&settings.guard));
    let mapped = map(&guarded, KeptNames::NONE)?;
    let names = GuardedNames::of(&mapped, state, &settings.guard);
    let parts = Parts {
        snapshot,
        state,
        settings,
        rules,
    };
    if guarded.tripped.is_empty() && names.withheld.is_empty() {
        return parts.assemble(&guarded, mapped, Held::default());
    }
    let open = resolve(snapshot, state, rules, None);
    let withheld = withheld(&guarded, &open, state);
    let id = id::of_withheld(
        &settings.provider,
        rules.leavers,
        &withheld,
        &names.withheld,
    );
    if approved == Some(id.as_str()) {
        let plan = parts.assemble(&open, map(&open, KeptNames::NONE)?, Held::default())?;
        return Ok(Plan {
            approved: true,
            ..plan
        });
    }
    let mapped = if names.withheld.is_empty() {
        mapped
    } else {
        drop(mapped);
        map(&guarded, names.kept)?
    };
    let reasons = guarded.tripped.iter().cloned().chain(names.reasons);
    let held = Held {
        reasons: reasons.collect(),
        removals: withheld,
        renames: names.withheld,
        id: Some(id),
    };
    parts.assemble(&guarded, mapped, held)
}

/// What the guard holds back, and the name of that.
#[derive(Default)]
struct Held {
    reasons: Vec<String>,
    removals: Vec<Withheld>,
    renames: Vec<Rename>,
    id: Option<String>,
}

/// The names that too many objects at once would lose.
struct GuardedNames {
    kept: KeptNames,
    withheld: Vec<Rename>,
    reasons: Vec<String>,
}

impl GuardedNames {
    fn of(mapped: &Mapped<'_>, state: &State, guard: &Guard) -> Self {
        let mut names = Self {
            kept: KeptNames::NONE,
            withheld: Vec::new(),
            reasons: Vec::new(),
        };
        for (kind, what, before) in [
            (Kind::User, "users", state.users().len()),
            (Kind::Group, "groups", state.groups().len()),
        ] {
            let count = mapped.renames(kind).count();
            if !guard.trips(guard.renames, before, count) {
                continue;
            }
            names.kept.add(kind);
            names.withheld.extend(mapped.renames(kind));
            names.reasons.push(format!(
                "{count} of {before} {what} would be renamed, more than {}",
                guard.renames
            ));
        }
        names
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

/// What a plan is made of.
struct Parts<'p> {
    snapshot: &'p Snapshot,
    state: &'p State,
    settings: &'p Settings,
    rules: Rules,
}

impl Parts<'_> {
    /// What to say of an answer without anybody: whether Okta has nobody, finds nobody, or a filter here refuses everybody.
    fn empty_notice(&self, after: Counts) -> Option<String> {
        let Self {
            snapshot, rules, ..
        } = self;
        let criteria = &self.settings.criteria;
        let user_filter = criteria.user_filter.as_deref().unwrap_or_default();
        if snapshot.shows_no_users() {
            return Some(if rules.user_filter {
                format!(
                    "okta finds no user for `userFilter` `{user_filter}`; if there should be some, correct it, or {GIVE_ROLE}"
                )
            } else {
                format!("okta answers that there is no user at all; if that is not so, {GIVE_ROLE}")
            });
        }
        if snapshot.shows_no_groups() {
            return Some(if rules.group_filter {
                format!(
                    "okta finds no group for `groupFilter`; if there should be some, correct it, or {GIVE_ROLE}"
                )
            } else {
                format!(
                    "okta answers that there is no group at all; if that is not so, {GIVE_ROLE}"
                )
            });
        }
        let refused = snapshot.refused_groups.len();
        if refused > 0 && snapshot.groups.is_empty() && snapshot.excluded_groups.is_empty() {
            return Some(format!(
                "okta lists {}, and `groupFilter` refuses all of them here",
                counted(refused, "group", "groups")
            ));
        }
        let refused = snapshot.filtered_out.len();
        if refused > 0 && snapshot.users.is_empty() && snapshot.malformed_users.is_empty() {
            let by = |rule| snapshot.filtered_out.values().any(|it| *it == rule);
            let rules = [
                (Refusal::Filter, "userFilter"),
                (Refusal::Status, "mapping.users.statuses"),
                (Refusal::Excluded, "mapping.users.exclude"),
            ];
            let rules: Vec<String> = rules
                .into_iter()
                .filter(|(rule, _)| by(*rule))
                .map(|(_, key)| format!("`{key}`"))
                .collect();
            return Some(format!(
                "okta lists {}, and all of them are refused here, by {}",
                counted(refused, "user", "users"),
                rules.join(", ")
            ));
        }
        (after.users == 0 && snapshot.malformed_users.is_empty()).then(|| {
            "of the users that Okta lists none is wanted, or is in a group that is wanted, so there is no user".to_owned()
        })
    }

    /// The guard does not count whose own record says that the configuration leaves them out. Many at once are told all the
    /// same.
    fn left_out_notice(&self, roster: &Roster<'_>) -> Option<String> {
        let Self {
            snapshot, state, ..
        } = self;
        let guard = &self.settings.guard;
        let is_left_out = |cause: &Cause| matches!(cause, Cause::Status | Cause::Excluded);
        let users = roster.removed_users.iter();
        let users = users
            .filter(|(id, cause)| is_left_out(cause) && !snapshot.unproven_users.contains(*id))
            .count();
        let groups = roster.removed_groups.iter();
        let groups = groups
            .filter(|(id, cause)| is_left_out(cause) && !snapshot.unproven_groups.contains(*id))
            .count();
        let many = guard.trips(guard.users, state.users().len(), users)
            || guard.trips(guard.groups, state.groups().len(), groups);
        many.then(|| {
            format!(
                "{} and {} go because `exclude` or `statuses` leaves them out, which the guard does not count",
                counted(users, "user", "users"),
                counted(groups, "group", "groups")
            )
        })
    }

    fn assemble(
        &self,
        roster: &Roster<'_>,
        mapped: Mapped<'_>,
        held: Held,
    ) -> Result<Plan, PlanError> {
        let Self {
            snapshot,
            state,
            settings,
            rules,
        } = self;
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
        let id = held
            .id
            .unwrap_or_else(|| id::of_changes(&settings.provider, &written, &removed));
        let remembered = self.remembered(roster, &held.removals);
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
            since: remembered.unknown_since.get(group.as_str()).copied(),
            kept: roster.groups.contains_key(group),
        });
        let mut notices = snapshot.notices.clone();
        notices.extend(self.empty_notice(after));
        notices.extend(self.left_out_notice(roster));
        if let (true, Some(reason)) = (rules.changed.known, rules.changed.reason()) {
            notices.push(format!("{reason}: what it removes is counted by the guard"));
        }
        notices.extend(mapped.notices.iter().cloned());
        let sign_in = mapped.sign_in(&state.others().addresses);
        notices.extend(sign_in.notices());
        Ok(Plan {
            provider: settings.provider.clone(),
            id,
            base: state.generation(),
            changes,
            withheld: held.removals,
            withheld_renames: held.renames,
            tripped: held.reasons,
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
            remembered,
        })
    }

    /// What is known after this run. What the configuration selects is taken for what the catalog was filled by only when
    /// nothing of it is still to come: while something is held back, the reasons for that are judged as they were.
    fn remembered(&self, roster: &Roster<'_>, withheld: &[Withheld]) -> Remembered {
        let Self {
            snapshot,
            state,
            settings,
            rules,
        } = self;
        let before = state.remembered();
        let is_quarantined = |kept: &Kept| matches!(kept, Kept::Quarantined);
        let stays_as_it_was = roster
            .users
            .values()
            .any(|standing| matches!(standing, Standing::Kept(kept) if is_quarantined(kept)))
            || roster
                .groups
                .values()
                .any(|standing| matches!(standing, Standing::Kept(kept) if is_quarantined(kept)));
        // A part that cannot be read joins its whole, or leaves it, only later.
        let merges_wait = rules.changed.merge && !roster.unknown.is_empty();
        let is_settled = withheld.is_empty() && !stays_as_it_was && !merges_wait;
        let since = |group: &GroupId| {
            let before = before.unknown_since.get(group.as_str()).copied();
            before.unwrap_or(snapshot.taken_at)
        };
        Remembered {
            criteria: before.criteria_after(&settings.criteria, is_settled || !state.synced()),
            unknown_since: roster
                .unknown
                .keys()
                .map(|group| (group.to_string(), since(group)))
                .collect(),
        }
    }
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

    /// How many of the changes give an object another name.
    #[must_use]
    pub fn renamed(&self) -> usize {
        let renames = self.changes.iter();
        renames
            .filter(|change| matches!(change, PlannedChange::Renamed { .. }))
            .count()
    }

    /// Whether the guard holds something back.
    #[must_use]
    pub fn is_withheld(&self) -> bool {
        !self.withheld.is_empty() || !self.withheld_renames.is_empty()
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

//! What a run would do to the catalog, as a value.
//!
//! [`plan`] is the one function that decides. `plan` prints its result, `sync` and `serve` commit it; there is no dry-run
//! flag anywhere below.

use std::collections::{BTreeMap, BTreeSet};

use catalog_model::{EntityRef, Violations};
use jiff::Timestamp;
use okta_api::GIVE_ROLE;

use crate::decide::guard::Guard;
use crate::decide::mapping::{Collision, KeptNames, Mapped, Mapping, MappingError, Rename, SignIn};
use crate::decide::roster::{Rules, resolve};
use crate::held::criteria::{Changed, Criteria, Remembered};
use crate::held::document::Written;
use crate::held::notice::Notice;
use crate::held::object::{Key, Kind};
use crate::held::org::Org;
use crate::held::packed::Packed;
use crate::held::quarantine::Quarantine;
use crate::held::run::{Counts, Unknown};
use crate::held::state::State;
use crate::held::trip::Trip;

mod change;
mod compare;
mod display;
mod id;
mod withheld;

mod draft;

mod assemble;

pub(crate) use change::{PlannedChange, ToldChange, Withheld};
pub(crate) use display::{ChangeLine, FieldLine, name};
pub(crate) use draft::Draft;
pub(crate) use id::of_forgotten;

use assemble::Parts;
use withheld::withheld;

/// Everything about a provider that a plan depends on, besides what was read and what is there.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
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
    pub(crate) fn changed_since(&self, state: &State) -> Changed {
        if state.synced() {
            self.criteria.changed_since(&state.remembered().criteria)
        } else {
            Changed::NOTHING
        }
    }

    /// Who belongs into a catalog that holds this.
    #[must_use]
    pub(crate) fn rules_over(&self, state: &State) -> Rules {
        Rules {
            changed: self.changed_since(state),
            ..self.rules
        }
    }
}

/// What a run knows before it decides: what the catalog holds, and what Okta said.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    state: State,
    org: Org,
}

impl Known {
    /// What was read of an org from `taken_at` on, over what the catalog held.
    #[must_use]
    pub(crate) fn new(state: State, org: Org, taken_at: Timestamp) -> Self {
        let org = Org { taken_at, ..org };
        Self { state, org }
    }

    /// With the texts of some entities of the catalog.
    #[must_use]
    pub(crate) fn with_texts(self, texts: Vec<Written>) -> Self {
        Self {
            state: self.state.with_texts(texts),
            ..self
        }
    }

    fn rules(&self, settings: &Settings) -> Rules {
        settings.rules_over(&self.state)
    }

    /// Both.
    #[must_use]
    pub(crate) fn into_parts(self) -> (State, Org) {
        (self.state, self.org)
    }

    /// The same org over what the catalog holds by now.
    #[must_use]
    pub(crate) fn over(self, state: State) -> Self {
        Self { state, ..self }
    }

    /// What the catalog holds.
    #[must_use]
    pub(crate) const fn state(&self) -> &State {
        &self.state
    }

    /// What Okta said.
    #[must_use]
    pub(crate) const fn org(&self) -> &Org {
        &self.org
    }
}

/// What a run would do to the catalog.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    /// The provider whose objects these are.
    pub provider: String,
    /// Names the removals that are withheld, or else the changes: the same ones have the same id.
    pub id: String,
    /// The changes, users before groups, each by Okta id.
    pub changes: Vec<PlannedChange>,
    /// Removals that the guard holds back.
    pub withheld: Vec<Withheld>,
    /// Renames that the guard holds back.
    pub withheld_renames: Vec<Rename>,
    /// Why the guard holds them back.
    pub tripped: Vec<Trip>,
    /// The plan whose approval let go what the guard would hold back.
    pub approved: Option<String>,
    /// Groups whose members could not be read, and why.
    pub unknown: Vec<Unknown>,
    /// Records that could not be decoded or named: the reason by Okta id.
    pub quarantined: BTreeMap<String, Quarantine>,
    /// Whether there are records that may be anybody's, for they have no id that can be read.
    pub unidentified: bool,
    /// Objects that could not have the name they would have alone.
    pub collisions: Vec<Collision>,
    /// How many these are: of a plan that is as the one before only that is known.
    pub collided: usize,
    /// What is wrong with the addresses by which people sign in.
    pub sign_in: SignIn,
    /// What the operator should know.
    pub notices: Vec<Notice>,
    /// What the catalog will hold of this provider.
    pub after: Counts,
    /// The entities that are new, until that is committed.
    pub added: Packed,
    /// The entities that change, until that is committed.
    pub changed: Vec<Written>,
    /// The objects that leave, until that is committed.
    pub removed: Vec<Key>,
    /// What the next run is to know besides, until that is committed.
    pub remembered: Remembered,
}

/// A plan that cannot be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum PlanError {
    /// The org answered that it has no users, or no groups, and nothing of it was ever seen.
    #[error("okta accepts the credentials and answers that the org has no {what} at all")]
    EmptySource {
        /// Which of the two.
        what: &'static str,
    },
    /// The org is another one than that which the catalog is from.
    #[error("the catalog is from `{was}`, and nobody of it is in `{is}`: this is another org")]
    AnotherOrg {
        /// Its address when the catalog was filled.
        was: String,
        /// Its address now.
        is: String,
    },
    /// No entities can be made of what was read.
    #[error(transparent)]
    Mapping(#[from] MappingError),
    /// The texts of new entities cannot be packed or unpacked: a bug.
    #[error("the texts of what is new could not be held")]
    Packed(#[source] std::io::Error),
    /// Entities that Backstage would refuse: a bug.
    #[error("backstage would refuse what was made:{}", refused(.0))]
    Unsound(Vec<(EntityRef, Violations)>),
}

/// The objects that may stay as they are in the catalog, so that their texts must be known before there is a plan: kind and
/// Okta id.
#[must_use]
pub(crate) fn kept(known: &Known, settings: &Settings) -> Vec<Key> {
    let Known { state, org } = known;
    let rules = known.rules(settings);
    let shaped = settings.mapping.shape(org, state);
    let guarded = resolve(&shaped, state, rules, Some(&settings.guard));
    // Whatever becomes of what the guard holds back.
    let open = (!guarded.tripped.is_empty()).then(|| resolve(&shaped, state, rules, None));
    let mut kept = BTreeSet::new();
    for roster in std::iter::once(&guarded).chain(&open) {
        let users = roster.users.iter().filter(|(_, it)| !it.is_fresh());
        let groups = roster.groups.iter().filter(|(_, it)| !it.is_fresh());
        kept.extend(users.map(|(id, _)| Key::User(id.clone())));
        kept.extend(groups.map(|(key, _)| Key::Group(key.clone())));
    }
    kept.into_iter().collect()
}

impl PlanError {
    /// What to do about it.
    #[must_use]
    pub(crate) const fn fix(&self) -> &'static str {
        match self {
            Self::EmptySource { .. } => GIVE_ROLE,
            Self::AnotherOrg { .. } => {
                "correct `oktaUrl`; an org that comes in addition is a tenant with an `id` of its own, and one that replaces the \
                 other begins with an empty store (`portalSync.store.url`)"
            }
            Self::Mapping(error) => error.fix(),
            Self::Packed(_) | Self::Unsound(_) => {
                "this is a bug in portal-sync: please report it with this message"
            }
        }
    }
}

/// Entities, each with what is wrong with it.
fn refused(entities: &[(EntityRef, Violations)]) -> String {
    let of_one = |(entity, violations): &(EntityRef, Violations)| {
        let violations: String = violations.iter().map(|it| format!(" {it};")).collect();
        format!(" {entity}:{violations}")
    };
    entities.iter().map(of_one).collect()
}

/// Decides what to do. Removals and renames that were approved may go.
///
/// # Errors
/// When a first run finds an org that is empty without a filter that could explain it, or names collide and the
/// configuration wants none of it.
pub(crate) fn plan(known: &Known, settings: &Settings) -> Result<Draft, PlanError> {
    let Known { state, org } = known;
    let rules = known.rules(settings);
    refuse_empty_source(org, state, rules)?;
    refuse_another_org(known, settings, rules)?;
    let shaped = &settings.mapping.shape(org, state);
    let parts = Parts {
        shaped,
        state,
        settings,
        rules,
    };
    let guarded = resolve(shaped, state, rules, Some(&settings.guard));
    let none = if guarded.tripped.is_empty() {
        KeptNames::NONE
    } else {
        KeptNames::NONE.while_waiting()
    };
    let mapped = parts.map(&guarded, none)?;
    let names = GuardedNames::of(&mapped, state, &settings.guard);
    if guarded.tripped.is_empty() && names.withheld.is_empty() {
        return parts.assemble(&guarded, mapped, Held::default());
    }
    let open = resolve(shaped, state, rules, None);
    let withheld = withheld(&guarded, &open, state);
    let id = id::of_withheld(
        &settings.provider,
        rules.leavers,
        &withheld,
        &names.withheld,
        &state.approvals().used,
    );
    // Names that would collide also when nothing is held back are the configuration's concern.
    let of_open = parts.map(&open, KeptNames::NONE)?;
    if state.approvals().allow(&id) {
        return parts.approved(&open, of_open, &names.withheld, id);
    }
    drop(of_open);
    let mapped = if names.withheld.is_empty() {
        mapped
    } else {
        drop(mapped);
        parts.map(&guarded, names.kept.while_waiting())?
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

/// When `oktaUrl` has changed and nobody is known there, it is another org: its people would be added beside those of the
/// catalog, under names that these hold.
fn refuse_another_org(known: &Known, settings: &Settings, rules: Rules) -> Result<(), PlanError> {
    let Known { state, org } = known;
    if !(rules.changed.known && rules.changed.org) || state.users().is_empty() {
        return Ok(());
    }
    let shown = org.users.keys().chain(org.filtered_out.keys());
    let mut shown = shown.chain(&org.deactivated).peekable();
    if shown.peek().is_none() || shown.any(|id| state.users().contains_key(id)) {
        return Ok(());
    }
    let last = state.remembered().criteria.last();
    Err(PlanError::AnotherOrg {
        was: last.map(|last| last.org.clone()).unwrap_or_default(),
        is: settings.criteria.org.clone(),
    })
}

/// What the guard holds back, and the name of that.
#[derive(Debug, Default)]
struct Held {
    reasons: Vec<Trip>,
    removals: Vec<Withheld>,
    renames: Vec<Rename>,
    id: Option<String>,
}

/// The names that too many objects at once would lose.
struct GuardedNames {
    kept: KeptNames,
    withheld: Vec<Rename>,
    reasons: Vec<Trip>,
}

impl GuardedNames {
    fn of(mapped: &Mapped<'_>, state: &State, guard: &Guard) -> Self {
        let mut names = Self {
            kept: KeptNames::NONE,
            withheld: Vec::new(),
            reasons: Vec::new(),
        };
        for (kind, before) in [
            (Kind::User, state.users().len()),
            (Kind::Group, state.groups_of_org()),
        ] {
            let count = mapped.renames(kind).count();
            if !guard.trips(guard.renames, before, count) {
                continue;
            }
            names.kept.add(kind);
            names.withheld.extend(mapped.renames(kind));
            names.reasons.push(Trip::Renames {
                of: kind,
                renamed: count,
                before,
                limit_percent: guard.renames.get(),
            });
        }
        names
    }
}

/// An org that shows nobody, and of which the catalog has nobody either, is one whose role is missing. Over a filled catalog
/// the guard judges.
fn refuse_empty_source(org: &Org, state: &State, rules: Rules) -> Result<(), PlanError> {
    if org.shows_no_users() && state.users().is_empty() && !rules.user_filter {
        return Err(PlanError::EmptySource { what: "users" });
    }
    if org.shows_no_groups() && state.groups_of_org() == 0 && !rules.group_filter {
        return Err(PlanError::EmptySource { what: "groups" });
    }
    Ok(())
}

impl Plan {
    /// Whether there is nothing to write.
    #[must_use]
    pub(crate) fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// Whether something stayed unknown, was quarantined, or may be anybody's.
    #[must_use]
    pub(crate) fn is_partial(&self) -> bool {
        !self.unknown.is_empty() || !self.quarantined.is_empty() || self.unidentified
    }

    /// How many of the changes give an object another name.
    #[must_use]
    pub(crate) fn renamed(&self) -> usize {
        let renames = self.changes.iter();
        renames
            .filter(|change| matches!(change, PlannedChange::Renamed { .. }))
            .count()
    }

    /// Whether the guard holds something back.
    #[must_use]
    pub(crate) fn is_withheld(&self) -> bool {
        !self.withheld.is_empty() || !self.withheld_renames.is_empty()
    }

    /// How many changes there are that come, change (renames too) and go.
    #[must_use]
    pub(crate) fn tally(&self) -> (usize, usize, usize) {
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

#[cfg(test)]
pub(crate) mod tests;

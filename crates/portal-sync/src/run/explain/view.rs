//! One tenant as the steps look at it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use okta_api::{Group, GroupId};

use super::held::{Held, Tenant};
use super::live::Seen;
use super::told::{Explained, Next, Step};
use crate::decide::plan::{Plan, PlannedChange};
use crate::decide::rules::MappingRules;
use crate::decide::shape::Shaped;
use crate::held::mirror::UserScope;
use crate::held::object::{GroupKey, Key, Kind};
use crate::held::state::Entry;
use crate::read::selection::GroupVerdict;

/// So many names are listed in a sentence.
const LISTED: usize = 5;

/// What is held of a tenant, with what its mapping makes of it.
#[derive(Debug)]
pub(super) struct View<'a> {
    pub(super) tenant: &'a Tenant,
    pub(super) held: &'a Held,
    pub(super) seen: Option<&'a Seen>,
    /// What the mapping makes of the org; none where there is no org.
    pub(super) shaped: Option<Shaped<'a>>,
}

impl<'a> View<'a> {
    pub(super) fn new(tenant: &'a Tenant, held: &'a Held, seen: Option<&'a Seen>) -> Self {
        let mapping = &tenant.settings.mapping;
        let shaped = held.org.as_ref().map(|org| mapping.shape(org, &held.state));
        Self {
            tenant,
            held,
            seen,
            shaped,
        }
    }

    pub(super) fn rules(&self) -> &'a MappingRules {
        self.tenant.settings.mapping.rules()
    }

    /// The next run, where it can be foretold.
    pub(super) fn plan(&self) -> Option<&'a Plan> {
        self.held.plan.as_ref().ok()
    }

    /// What of the catalog stands for an object.
    pub(super) fn entry(&self, key: &Key) -> Option<&'a Entry> {
        let state = &self.held.state;
        match key {
            Key::User(id) => state.users().get(id),
            Key::Group(key) => state.groups().get(key),
        }
    }

    /// The group that a group of Okta's is made a part of: by the catalog, or by the next run.
    pub(super) fn whole_of(&self, id: &GroupId) -> Option<GroupKey> {
        let of = |merged: &BTreeMap<GroupKey, std::collections::BTreeSet<GroupId>>| {
            let found = merged.iter().find(|(_, parts)| parts.contains(id));
            found.map(|(whole, _)| whole.clone())
        };
        let now = self.shaped.as_ref().and_then(|shaped| of(&shaped.merged));
        now.or_else(|| of(self.held.state.merged()))
    }

    /// Whether the groups of a user decide whether he belongs.
    pub(super) const fn users_from_groups(&self) -> bool {
        self.tenant.settings.rules.users_from_groups
    }

    /// The groups that are selected.
    pub(super) fn wanted_groups(&self) -> impl Iterator<Item = (&'a GroupId, &'a Group)> {
        let selection = &self.tenant.selection;
        let groups = self.held.mirror.groups().iter();
        let groups = groups.map(|(id, held)| (id, &*held.record));
        groups.filter(|(_, group)| selection.judge_group(group) == GroupVerdict::Wanted)
    }

    /// Why no record of an object is held, as the end of a sentence, and what would tell.
    pub(super) fn no_record(&self, kind: Kind) -> String {
        if !self.held.is_read {
            return "nothing is held of what Okta said: `portal-sync sync` reads it, and `--live` asks for this one"
                .to_owned();
        }
        let as_of = self.as_of_words();
        let searched = match kind {
            Kind::User => match &self.held.mirror.account.scope.users {
                UserScope::All => None,
                UserScope::Search(search) => Some(search.clone()),
                UserScope::Members => {
                    return format!(
                        "no group that is selected has them as a member{as_of}, and nobody else is held: `--live` asks for this one"
                    );
                }
            },
            Kind::Group => {
                let mut queries = self.tenant.selection.groups().iter();
                queries.find_map(|query| query.search.as_ref().map(ToString::to_string))
            }
        };
        match searched {
            Some(search) => format!(
                "Okta's search for `{search}` does not list it{as_of}, and what that leaves out is not held: `--live` asks for \
                 this one, and tells the clause"
            ),
            None => format!("Okta does not list it{as_of}: `--live` asks for this one"),
        }
    }

    /// ` (as of …)`, where that is known.
    pub(super) fn as_of_words(&self) -> String {
        let as_of = self.held.as_of();
        as_of.map_or_else(String::new, |at| format!(" (as of {at:.0})"))
    }

    /// What the next run does with an object.
    pub(super) fn next(&self, key: &Key) -> Next {
        let next = |change, entity_ref: Option<&str>, cause, why: String| Next {
            change,
            entity_ref: entity_ref.map(str::to_owned),
            cause,
            why,
        };
        let plan = match &self.held.plan {
            Ok(plan) => plan,
            Err(why) => return next("unknown", None, None, why.clone()),
        };
        let change = plan.changes.iter().find(|change| key_of(change) == *key);
        let now = self.entry(key).map(|entry| entry.entity_ref().as_str());
        match change {
            Some(PlannedChange::Added { entity_ref, .. }) => {
                next("added", Some(entity_ref.as_str()), None, String::new())
            }
            Some(PlannedChange::Renamed { entity_ref, .. }) => {
                next("renamed", Some(entity_ref.as_str()), None, String::new())
            }
            Some(PlannedChange::Removed { cause, .. }) => {
                next("removed", None, Some(cause.as_str()), cause.to_string())
            }
            Some(PlannedChange::Updated { .. }) | None => next("none", now, None, String::new()),
        }
    }

    /// An explanation of these steps.
    pub(super) fn explained(
        &self,
        key: &Key,
        label: Option<String>,
        next: Next,
        steps: Vec<Step>,
    ) -> Explained {
        // A part of another group is in the catalog as that one.
        let of = match key {
            Key::Group(GroupKey::Okta(id)) if self.entry(key).is_none() => {
                let whole = self.whole_of(id).map(Key::Group);
                whole.and_then(|whole| self.entry(&whole))
            }
            key => self.entry(key),
        };
        let entity_ref = of.map(|entry| entry.entity_ref().to_string());
        let named = of.map(|entry| entry.name().to_owned());
        let text = key.text().into_owned();
        Explained {
            provider: self.tenant.settings.provider.clone(),
            kind: key.kind(),
            found: true,
            is_in: entity_ref.is_some(),
            label: label.or(named).unwrap_or_else(|| text.clone()),
            okta_id: text,
            entity_ref,
            next,
            steps,
            as_of: self.seen.map(|seen| seen.at).or_else(|| self.held.as_of()),
            live: self.seen.is_some(),
            changes: Vec::new(),
        }
    }
}

/// What a change is of.
fn key_of(change: &PlannedChange) -> Key {
    let (PlannedChange::Added {
        okta_id,
        entity_ref,
    }
    | PlannedChange::Updated {
        okta_id,
        entity_ref,
        ..
    }
    | PlannedChange::Renamed {
        okta_id,
        entity_ref,
        ..
    }
    | PlannedChange::Removed {
        okta_id,
        entity_ref,
        ..
    }) = change;
    Key::parse(Kind::of(entity_ref).unwrap_or(Kind::User), okta_id)
}

/// The first few of many, in a sentence.
pub(super) fn some(texts: impl IntoIterator<Item = String>) -> String {
    let texts: Vec<String> = texts.into_iter().collect();
    let more = texts.len().saturating_sub(LISTED);
    let shown = texts.into_iter().take(LISTED);
    let more = (more > 0).then(|| format!("and {more} more"));
    shown.chain(more).collect::<Vec<_>>().join(", ")
}

/// The time, to the second.
pub(super) fn at(time: Timestamp) -> String {
    format!("{time:.0}")
}

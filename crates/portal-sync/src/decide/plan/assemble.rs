//! From a decision to a plan: what it says, and what is remembered after it.

use okta_auth::visible::message;

use super::change::Withheld;
use super::compare::{Comparison, compare};
use super::{Draft, GuardedNames, Held, Plan, PlanError, Settings, id};
use crate::decide::mapping::{KeptNames, Mapped, Rename};
use crate::decide::roster::{Cause, Kept, Roster, Rules, Standing};
use crate::decide::shape::Shaped;
use crate::held::criteria::Remembered;
use crate::held::notice::{DecidingNotice, MappingNotice, Notice};
use crate::held::object::{GroupKey, Kind};
use crate::held::org::Refusal;
use crate::held::run::{Counts, Unknown};
use crate::held::state::State;
use crate::text::is_blank;

/// What a plan is made of.
#[derive(Debug)]
pub(super) struct Parts<'p> {
    pub(super) shaped: &'p Shaped<'p>,
    pub(super) state: &'p State,
    pub(super) settings: &'p Settings,
    pub(super) rules: Rules,
}

impl Parts<'_> {
    /// Names and relates everything of a roster.
    pub(super) fn map<'a>(
        &'a self,
        roster: &'a Roster<'a>,
        kept: KeptNames,
    ) -> Result<Mapped<'a>, PlanError> {
        let mapping = &self.settings.mapping;
        let mapped = mapping.map(self.shaped, roster, self.state, kept);
        mapped.map_err(PlanError::Mapping)
    }

    /// The plan when what the guard holds back was approved, with these renames.
    pub(super) fn approved(
        &self,
        open: &Roster<'_>,
        of_open: Mapped<'_>,
        renames: &[Rename],
        approved: String,
    ) -> Result<Draft, PlanError> {
        let Self {
            state, settings, ..
        } = self;
        // What was approved is what was shown: other renames that it makes possible are for another plan.
        let more = GuardedNames::of(&of_open, state, &settings.guard);
        let mut draft = if more.withheld.iter().all(|it| renames.contains(it)) {
            self.assemble(open, of_open, Held::default())?
        } else {
            drop(of_open);
            let leavers = self.rules.leavers;
            let used = &state.approvals().used;
            let id = id::of_withheld(&settings.provider, leavers, &[], &more.withheld, used);
            let held = Held {
                reasons: more.reasons,
                renames: more.withheld,
                id: Some(id),
                ..Held::default()
            };
            self.assemble(open, self.map(open, more.kept.while_waiting())?, held)?
        };
        draft.approve(approved);
        Ok(draft)
    }

    /// What to say of an answer without anybody: whether Okta has nobody, finds nobody, or a filter here refuses everybody.
    fn empty_notice(&self, after: Counts) -> Option<DecidingNotice> {
        let Self { shaped, rules, .. } = self;
        let org = shaped.org;
        for (of, shows_none, is_filtered) in [
            (Kind::User, org.shows_no_users(), rules.user_filter),
            (Kind::Group, org.shows_no_groups(), rules.group_filter),
        ] {
            let user_filter = &self.settings.criteria.user_filter;
            match (shows_none, is_filtered) {
                (false, _) => {}
                (true, false) => return Some(DecidingNotice::NoneListed { of }),
                (true, true) => {
                    let filter =
                        (of == Kind::User).then(|| user_filter.clone().unwrap_or_default());
                    return Some(DecidingNotice::NoneFound { of, filter });
                }
            }
        }
        let refused = org.refused_groups.len();
        if refused > 0 && org.groups.is_empty() && org.excluded_groups.is_empty() {
            return Some(DecidingNotice::AllRefused {
                of: Kind::Group,
                listed: refused,
                by: vec!["groupFilter".into()],
            });
        }
        let refused = org.filtered_out.len();
        if refused > 0 && org.users.is_empty() && shaped.malformed_users.is_empty() {
            let by = |rule| org.filtered_out.values().any(|it| *it == rule);
            let rules = [
                (Refusal::Filter, "userFilter"),
                (Refusal::Status, "mapping.users.statuses"),
                (Refusal::Excluded, "mapping.users.exclude"),
            ];
            let rules = rules.into_iter().filter(|(rule, _)| by(*rule));
            return Some(DecidingNotice::AllRefused {
                of: Kind::User,
                listed: refused,
                by: rules.map(|(_, key)| key.into()).collect(),
            });
        }
        let nobody = after.users == 0 && shaped.malformed_users.is_empty();
        nobody.then_some(DecidingNotice::NoUserBelongs)
    }

    /// The guard does not count whose own record says that the configuration leaves them out. Many at once are told all the
    /// same.
    fn left_out_notice(&self, roster: &Roster<'_>) -> Option<DecidingNotice> {
        let Self { shaped, state, .. } = self;
        let org = shaped.org;
        let guard = &self.settings.guard;
        let is_left_out = |cause: &Cause| matches!(cause, Cause::Status | Cause::Excluded);
        let users = roster.removed_users.iter();
        let users = users
            .filter(|(id, cause)| is_left_out(cause) && !org.unproven_users.contains(*id))
            .count();
        let groups = roster.removed_groups.iter();
        let groups = groups
            .filter(|(key, cause)| is_left_out(cause) && !org.is_unproven(key))
            .count();
        let many = guard.trips(guard.users, state.users().len(), users)
            || guard.trips(guard.groups, state.groups_of_org(), groups);
        many.then_some(DecidingNotice::ManyLeftOut { users, groups })
    }

    /// The plan of a roster, its names and what the guard holds back of it.
    pub(super) fn assemble(
        &self,
        roster: &Roster<'_>,
        mapped: Mapped<'_>,
        held: Held,
    ) -> Result<Draft, PlanError> {
        let Self {
            shaped,
            state,
            settings,
            ..
        } = self;
        let org = shaped.org;
        let after = Counts {
            users: roster.users.len(),
            groups: roster.groups.len(),
            memberships: mapped.memberships(),
        };
        let Comparison {
            changes,
            added,
            changed,
            removed,
            ..
        } = compare(state, &mapped, roster)?;
        let remembered = self.remembered(roster, &held.removals);
        let notices = self.notices(roster, &mapped, after);
        let sign_in = mapped.sign_in(&state.others().addresses);
        let is_named_by_changes = held.id.is_none();
        let plan = Plan {
            provider: settings.provider.clone(),
            id: held.id.unwrap_or_default(),
            changes,
            withheld: held.removals,
            withheld_renames: held.renames,
            tripped: held.reasons,
            approved: None,
            unknown: self.unknown(roster, &remembered),
            quarantined: roster.quarantined.clone(),
            unidentified: org.unidentified_user.is_some() || org.unidentified_group.is_some(),
            collided: mapped.collisions.len(),
            collisions: mapped.collisions,
            sign_in,
            notices,
            after,
            added,
            changed,
            removed,
            remembered,
        };
        Ok(Draft::new(plan, is_named_by_changes))
    }

    /// The groups whose members could not be read.
    fn unknown(&self, roster: &Roster<'_>, remembered: &Remembered) -> Vec<Unknown> {
        let name = |key: &GroupKey| -> Option<&str> {
            let name = self.shaped.group(key)?.record()?.profile.name();
            name.filter(|name| !is_blank(name))
        };
        let unknown = roster.unknown.iter().map(|(key, reason)| Unknown {
            okta_id: key.to_string(),
            name: name(key).unwrap_or_default().to_owned(),
            reason: message(reason).into_owned(),
            since: remembered.unknown_since.get(&*key.text()).copied(),
            as_of: key
                .okta()
                .and_then(|id| self.shaped.org.last_read.get(id).copied()),
            kept: roster.groups.contains_key(key),
        });
        unknown.collect()
    }

    /// What the operator should know.
    fn notices(&self, roster: &Roster<'_>, mapped: &Mapped<'_>, after: Counts) -> Vec<Notice> {
        let Self { shaped, rules, .. } = self;
        let changed = rules.changed.reason();
        let changed = changed.map(|changed| DecidingNotice::Reconfigured { changed });
        let deciding = self.empty_notice(after).into_iter();
        let deciding = deciding.chain(self.left_out_notice(roster)).chain(changed);
        let reading = shaped.org.notices.iter().cloned().map(Notice::Reading);
        let of_mapping = |notices: &[MappingNotice]| {
            let notices = notices.iter().cloned();
            notices.map(Notice::Mapping).collect::<Vec<_>>()
        };
        reading
            .chain(of_mapping(&shaped.notices))
            .chain(deciding.map(Notice::Deciding))
            .chain(of_mapping(&mapped.notices))
            .collect()
    }

    /// What is known after this run. What the configuration selects is taken for what the catalog was filled by only when
    /// nothing of it is still to come: while something is held back, the reasons for that are judged as they were.
    fn remembered(&self, roster: &Roster<'_>, withheld: &[Withheld]) -> Remembered {
        let Self {
            shaped,
            state,
            settings,
            rules,
        } = self;
        let before = state.remembered();
        let users = roster.users.values();
        let groups = roster.groups.values();
        let stays_as_it_was = users
            .map(|standing| matches!(standing, Standing::Kept(Kept::Quarantined)))
            .chain(groups.map(|it| matches!(it, Standing::Kept(Kept::Quarantined))))
            .any(|stays| stays);
        // A part that cannot be read joins its whole, or leaves it, only later.
        let merges_wait = rules.changed.merge && !roster.unknown.is_empty();
        let is_settled = withheld.is_empty() && !stays_as_it_was && !merges_wait;
        let since = |group: &GroupKey| {
            let before = before.unknown_since.get(&*group.text()).copied();
            before.unwrap_or(shaped.org.taken_at)
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

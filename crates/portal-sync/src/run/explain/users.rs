//! The steps of a person.

use okta_api::{Group, GroupId, User, UserId, UserStatus};

use super::steps::clauses;
use super::told::{Explained, Part, Step};
use super::view::{View, at, some};
use crate::held::leavers::Leavers;
use crate::held::object::{Key, Kind};
use crate::held::org::Members;
use crate::read::selection::GroupVerdict;
use crate::text::counted::counted;
use crate::text::nearest::listed;

/// What is held of every user, whatever is asked for.
const ALWAYS_HELD: [&str; 4] = ["id", "status", "lastUpdated", "statusChanged"];

/// Where a person is, in words.
#[derive(Debug, Default)]
struct Places {
    /// The selected groups that he is in.
    inside: Vec<String>,
    /// Those of which that cannot be told.
    unread: Vec<String>,
    /// Groups that he is in and that are not selected.
    others: Vec<String>,
    /// Those that were looked at, as the end of a sentence.
    of: String,
}

/// What a person's steps look at.
struct Person<'v, 'a> {
    view: &'v View<'a>,
    id: &'v UserId,
    /// The record, and whether Okta's own search found it.
    record: Option<(&'a User, bool)>,
}

/// Explains a person.
pub(super) fn explain(view: &View<'_>, id: &UserId) -> Explained {
    let mirror = &view.held.mirror;
    let record = mirror.users().get(id);
    let record = record.map(|held| (&*held.record, held.by_search));
    // Who was asked for and is not in use is described all the same.
    let seen = view.seen.and_then(|seen| seen.user.as_ref());
    let record = record.or_else(|| seen.map(|user| (user, false)));
    let person = Person { view, id, record };
    let key = Key::User(id.clone());
    let next = view.next(&key);
    let naming = record.map(|(user, _)| {
        let naming = view.rules().naming_of_user(user);
        naming.map(|(name, way)| (name, way.map(|way| format!("`{way}` of `userName`"))))
    });
    let since = mirror.account.malformed_users.get(id);
    let mut steps = vec![
        person.status(),
        person.filter(),
        person.exclusion(),
        person.groups(),
        view.name_step(&key, naming, &next),
        view.guard_step(&key, &next),
        view.quarantine_step(&key, since.map(|unread| unread.since)),
    ];
    steps.extend(person.confirmation());
    steps.extend(person.leavers());
    let label = record.and_then(|(user, _)| user.profile.login());
    view.explained(&key, label.map(str::to_owned), next, steps)
}

impl Person<'_, '_> {
    /// Whether the account is in use, and in a state that is wanted.
    fn status(&self) -> Step {
        let account = &self.view.held.mirror.account;
        if account.deleted.contains(self.id) {
            return Step::refused(Part::Status, "Okta has no such user, asked by id");
        }
        if account.deactivated.contains(self.id) {
            return Step::refused(
                Part::Status,
                "`DEPROVISIONED`: whoever was deactivated does not belong into the catalog",
            );
        }
        if let Some(unread) = account.malformed_users.get(self.id) {
            let since = at(unread.since);
            return Step::unknown(
                Part::Status,
                format!("the record cannot be read since {since}"),
            );
        }
        let Some((user, _)) = self.record else {
            // Where Okta's part of a filter leaves people out, that is told there.
            let by_filter = self.view.tenant.selection.users().search.is_some();
            return match by_filter && self.view.held.is_read {
                true => Step::unknown(Part::Status, "no record is held"),
                false => Step::unknown(Part::Status, self.not_held()),
            };
        };
        let wanted = &self.view.rules().users.statuses;
        if user.status.is_absent() {
            return Step::passed(Part::Status, "the record has none, which is no evidence");
        }
        let status = &user.status;
        match wanted.is_empty() || wanted.contains(status) {
            true => Step::passed(Part::Status, format!("`{status}`")),
            false => Step::refused(
                Part::Status,
                format!(
                    "`{status}` is not one that `mapping.users.statuses` wants: {}",
                    listed(wanted.iter().map(UserStatus::as_str))
                ),
            ),
        }
    }

    /// What `userFilter` says.
    fn filter(&self) -> Step {
        let selection = &self.view.tenant.selection;
        let Some(filter) = selection.user_filter() else {
            return Step::passed(Part::Filter, "no `userFilter` is configured");
        };
        if let Some(step) = self.not_asked_for() {
            return step;
        }
        let Some((user, by_search)) = self.record else {
            let is_gone = self.is_gone();
            return match &selection.users().search {
                Some(_) if !is_gone => Step::refused(Part::Filter, self.not_held()),
                _ => Step::unknown(
                    Part::Filter,
                    format!("no record is held to judge by `{filter}`"),
                ),
            };
        };
        // Whom another search found this one may not.
        let by_search = by_search && self.view.held.missing.is_none();
        match selection.clauses_of_user(user, by_search) {
            Some(said) => clauses("userFilter", &said),
            None => Step::passed(Part::Filter, "no `userFilter` is configured"),
        }
    }

    /// That the filter asks for what is not held.
    fn not_asked_for(&self) -> Option<Step> {
        if self.view.seen.is_some() {
            return None;
        }
        let missing = self.view.held.missing.as_ref()?;
        let filter = self.view.tenant.selection.user_filter()?;
        let comparisons = filter.comparisons();
        let path = comparisons
            .iter()
            .map(|it| it.path().as_str())
            .find(|path| missing.attributes.contains(*path) && !ALWAYS_HELD.contains(path))?;
        let name = path.strip_prefix("profile.").unwrap_or(path);
        let skipped = &self.view.held.mirror.account.skipped_of_users;
        let had = skipped.get(name).map_or_else(
            || "nothing is held of it".to_owned(),
            |users| {
                let users = counted(*users, "user has", "users have");
                format!("{users} it, and it is not held, for nothing used it")
            },
        );
        Some(Step::unknown(
            Part::Filter,
            format!(
                "asks for `{path}`: {had}; the next run reads everything (about {} requests)",
                missing.requests
            ),
        ))
    }

    /// Which rule excludes him.
    fn exclusion(&self) -> Step {
        let selection = &self.view.tenant.selection;
        if !selection.excludes_users() {
            return Step::passed(Part::Exclusion, "`mapping.users.exclude` names nobody");
        }
        let Some((user, _)) = self.record else {
            return Step::unknown(Part::Exclusion, "no record is held to judge");
        };
        match selection.rule_against_user(user) {
            Some(rule) => Step::refused(
                Part::Exclusion,
                format!("excluded by `{rule}` of `mapping.users.exclude`"),
            ),
            None => Step::passed(Part::Exclusion, "no rule of `mapping.users.exclude` fits"),
        }
    }

    /// Which of the selected groups he is in.
    fn groups(&self) -> Step {
        let view = self.view;
        let Places {
            inside,
            unread,
            others,
            of,
        } = self.places();
        let is_inside = !inside.is_empty();
        let member = match is_inside {
            true => format!("is a member of {}", some(inside)),
            false => "is a member of no selected group".to_owned(),
        };
        if !view.users_from_groups() {
            return Step::passed(Part::Groups, format!("do not decide; {member}"));
        }
        if is_inside {
            return Step::passed(Part::Groups, member);
        }
        if !unread.is_empty() {
            let unread = some(unread);
            let in_catalog = view.held.state.users().contains_key(self.id);
            return match in_catalog {
                true => Step::kept(
                    Part::Groups,
                    format!("stays, for the members of some groups could not be read: {unread}"),
                ),
                false => Step::unknown(
                    Part::Groups,
                    format!(
                        "{member} that could be read; the members of others could not: {unread}"
                    ),
                ),
            };
        }
        if !view.held.is_read && view.seen.is_none() {
            return Step::unknown(Part::Groups, "no group is held");
        }
        let others = match others.is_empty() {
            true => String::new(),
            false => format!("; is a member of {}, not selected", some(others)),
        };
        Step::refused(Part::Groups, format!("is in no selected group{of}{others}"))
    }

    /// Where he is: by what Okta says at this moment, else by the members that are held.
    fn places(&self) -> Places {
        let selection = &self.view.tenant.selection;
        let mirror = &self.view.held.mirror;
        let quoted = |id: &GroupId, group: &Group| {
            format!("`{}`", group.profile.name().unwrap_or(id.as_str()))
        };
        let mut places = Places::default();
        if let Some(groups) = self.view.seen.and_then(|seen| seen.groups.as_ref()) {
            let is_wanted = |group: &&Group| {
                selection.finds_group(group) && selection.judge_group(group) == GroupVerdict::Wanted
            };
            let (inside, others): (Vec<&Group>, Vec<&Group>) = groups.iter().partition(is_wanted);
            let named = |groups: Vec<&Group>| {
                let groups = groups.into_iter();
                groups.map(|group| quoted(&group.id, group)).collect()
            };
            places.inside = named(inside);
            places.others = named(others);
            places.of = ", as Okta says now".to_owned();
            return places;
        }
        let (mut oldest, mut all) = (None, 0);
        for (id, group) in self.view.wanted_groups() {
            all += 1;
            let (name, roll) = (quoted(id, group), mirror.rolls().get(id));
            match (mirror.account.unread.get(id), roll) {
                (unread, Some(roll)) if roll.ids.contains(self.id) => {
                    let since = unread.map_or_else(String::new, |why| {
                        format!(", not read again since {}", at(why.since))
                    });
                    let as_of = at(roll.as_of);
                    places.inside.push(format!("{name} (as of {as_of}{since})"));
                }
                (Some(why), _) => {
                    let why = format!("{name} (since {}: {})", at(why.since), why.reason);
                    places.unread.push(why);
                }
                (None, None) if self.is_in_everyone(id) => places.inside.push(name),
                (None, None) => places.unread.push(format!("{name} (never read yet)")),
                (None, Some(_)) => {}
            }
            let as_of = roll.map(|roll| roll.as_of);
            oldest = match (oldest, as_of) {
                (Some(oldest), Some(as_of)) => Some(as_of.min(oldest)),
                (oldest, as_of) => oldest.or(as_of),
            };
        }
        let oldest = oldest.map_or_else(String::new, |oldest| {
            format!(", by their members as of {} or later", at(oldest))
        });
        let all = counted(all, "group is", "groups are");
        places.of = format!(" ({all}){oldest}");
        places
    }

    /// Whether he is in a group that has everybody who is listed, so that its members are not read.
    fn is_in_everyone(&self, group: &GroupId) -> bool {
        let org = self.view.held.org.as_ref();
        let members = org.and_then(|org| org.members.get(group));
        let members = members.and_then(Members::known);
        members.is_some_and(|members| members.contains(self.id))
    }

    /// That he would go by what a delta saw alone.
    fn confirmation(&self) -> Option<Step> {
        let account = &self.view.held.mirror.account;
        account.unconfirmed.contains(self.id).then(|| {
            Step::kept(
                Part::Confirmation,
                "would go by what changed alone: stays until Okta was asked by id, or everything was read",
            )
        })
    }

    /// What becomes of who left.
    fn leavers(&self) -> Option<Step> {
        let since = self.view.held.state.left_at(self.id)?;
        let until = match self.view.rules().users.leavers {
            Leavers::Remove => "goes with the next run that sees it".to_owned(),
            Leavers::Mark => "stays, marked and in no group".to_owned(),
            Leavers::Keep { days } => format!("stays {days} days, marked and in no group"),
        };
        Some(Step::kept(
            Part::Leavers,
            format!(
                "left, as a run noticed at {}; {until} (`mapping.users.leavers`)",
                at(since)
            ),
        ))
    }

    /// Whether it is known that there is no account in use.
    fn is_gone(&self) -> bool {
        let account = &self.view.held.mirror.account;
        account.deleted.contains(self.id)
            || account.deactivated.contains(self.id)
            || account.malformed_users.contains_key(self.id)
    }

    /// Why no record of him is held.
    fn not_held(&self) -> String {
        let mirror = &self.view.held.mirror;
        let mut rolls = mirror.rolls().iter();
        let member = rolls.find(|(_, roll)| roll.ids.contains(self.id));
        let why = self.view.no_record(Kind::User);
        match member {
            Some((group, roll)) => {
                let name = mirror.groups().get(group);
                let name = name.and_then(|group| group.record.profile.name());
                let name = name.unwrap_or(group.as_str());
                format!(
                    "is a member of `{name}` (as of {}), but {why}",
                    at(roll.as_of)
                )
            }
            None => why,
        }
    }
}

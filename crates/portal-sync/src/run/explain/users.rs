//! The steps of a person.

use okta_api::{User, UserId};

use super::steps::clauses;
use super::told::{Explained, Part, Step};
use super::view::{View, at, some};
use crate::held::leavers::Leavers;
use crate::held::object::{Key, Kind};
use crate::text::counted::counted;
use crate::text::nearest::listed;

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
        naming.map(|(name, way)| (name, way.map(ToString::to_string)))
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
            return Step::unknown(Part::Status, self.not_held());
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
                    listed(wanted.iter().map(okta_api::UserStatus::as_str))
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
            .find(|path| missing.attributes.contains(*path))?;
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
            format!("asks for `{path}`: {had}; {missing}"),
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
        let mirror = &view.held.mirror;
        let (mut inside, mut unread, mut oldest, mut all) = (Vec::new(), Vec::new(), None, 0);
        for (id, group) in view.wanted_groups() {
            all += 1;
            let name = group.profile.name().unwrap_or(id.as_str());
            let roll = mirror.rolls().get(id);
            let told = self.told_by_okta(id);
            let as_of = roll.map(|roll| roll.as_of);
            if told == Some(true) {
                inside.push(format!("`{name}`"));
            } else if told.is_none() && roll.is_some_and(|roll| roll.ids.contains(self.id)) {
                let as_of = as_of.map(at).unwrap_or_default();
                inside.push(format!("`{name}` (as of {as_of})"));
            } else if let Some(why) = mirror.account.unread.get(id) {
                unread.push(format!(
                    "`{name}` (since {}: {})",
                    at(why.since),
                    why.reason
                ));
            } else if roll.is_none() && told.is_none() && !self.is_everybodys(id) {
                unread.push(format!("`{name}` (never read yet)"));
            }
            oldest = match (oldest, as_of) {
                (Some(oldest), Some(as_of)) => Some(as_of.min(oldest)),
                (oldest, as_of) => oldest.or(as_of),
            };
        }
        let member = match inside.is_empty() {
            true => "is a member of no selected group".to_owned(),
            false => format!("is a member of {}", some(inside.clone())),
        };
        if !view.users_from_groups() {
            return Step::passed(Part::Groups, format!("do not decide; {member}"));
        }
        if !inside.is_empty() {
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
        let oldest = oldest.map_or_else(String::new, |at| {
            format!(", by members as of {at:.0} or later")
        });
        let others = view.seen.iter().flat_map(|seen| &seen.groups);
        let others = some(others.map(|(_, name)| format!("`{name}`")));
        let others = match others.is_empty() {
            true => others,
            false => format!("; is in {others}, which are not selected"),
        };
        Step::refused(
            Part::Groups,
            format!(
                "is in none of the {} that {} selected{oldest}{others}",
                counted(all, "group", "groups"),
                if all == 1 { "is" } else { "are" },
            ),
        )
    }

    /// Whether Okta says at this moment that he is in a group; nothing where it was not asked.
    fn told_by_okta(&self, group: &okta_api::GroupId) -> Option<bool> {
        let seen = self.view.seen?;
        seen.knows_groups
            .then(|| seen.groups.iter().any(|(id, _)| id == group))
    }

    /// Whether a group has everybody who is listed, so that its members are not read.
    fn is_everybodys(&self, group: &okta_api::GroupId) -> bool {
        let org = self.view.held.org.as_ref();
        let members = org.and_then(|org| org.members.get(group));
        members.is_some_and(|members| members.known().is_some())
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

//! What a configuration names and no record has: a misspelt attribute renames everybody without a word, and a misspelt rule
//! excludes nobody.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use okta_api::{Group, Profile, User, UserStatus};
use org_filter::names::NameRule;
use org_filter::{AttributePath, Dialect, Matcher, Record, SearchExpr};

use super::{Need, Needs};
use crate::held::notice::{Meant, NamedBy, ReadingNotice};
use crate::held::object::Kind;
use crate::read::records::choose;
use crate::text::nearest::nearest;
use crate::text::template::has_value;

#[cfg(test)]
mod tests;

/// What a configuration names in its filters and its mapping, and whether a record had it.
///
/// It is shown every record that Okta lists, before any is left out, and whole while one of the names is missed; in the end it
/// tells what none had. Only what was written is told of: a default may well be about attributes that an org does not use.
#[derive(Debug, Clone, Default)]
pub(crate) struct Unused {
    users: Names,
    groups: Names,
    statuses: Vec<(UserStatus, bool)>,
    types: Vec<(String, Matcher, bool)>,
}

/// So many records tell which attributes there are.
const COUNTED: usize = 10_000;

/// So many names of attributes are remembered of an org.
const MAX_NAMES: usize = 5_000;

const USER_FILTER: &str = "userFilter";
const GROUP_FILTER: &str = "groupFilter";

/// What is named of the records of one kind.
#[derive(Debug, Clone, Default)]
struct Names {
    /// Attributes of the profile, with the keys that name them, and whether a record had a value.
    attributes: Vec<(AttributePath, Vec<Cow<'static, str>>, bool)>,
    /// Rules with their key, and whether they matched.
    rules: Vec<(&'static str, NameRule, bool)>,
    records: usize,
    /// How many records have which attribute of the profile; counted while one is missed.
    seen: BTreeMap<String, usize>,
}

impl Unused {
    /// What the filters ask for.
    pub(super) fn of_filters(users: Option<&SearchExpr>, groups: Option<&SearchExpr>) -> Self {
        let names = |attributes| Names {
            attributes,
            ..Names::default()
        };
        Self {
            users: names(asked(users, USER_FILTER)),
            groups: names(asked(groups, GROUP_FILTER)),
            ..Self::default()
        }
    }

    /// Both what the filters ask for and what something is made of or left out by.
    pub(super) fn with(mut self, needs: &Needs) -> Self {
        let rules = |key, rules: &[NameRule]| -> Vec<_> {
            let rules = rules.iter();
            rules.map(|rule| (key, rule.clone(), false)).collect()
        };
        self.users.attributes.extend(attributes(&needs.of_users));
        self.groups.attributes.extend(attributes(&needs.of_groups));
        self.users.rules = rules("mapping.users.exclude", &needs.no_users);
        self.groups.rules = rules("mapping.groups.exclude", &needs.no_groups);
        let merged = rules("mapping.groups.merge", &needs.merged);
        self.groups.rules.extend(merged);
        self.statuses = needs
            .statuses
            .iter()
            .map(|it| (it.clone(), false))
            .collect();
        let types = needs.types.iter().map(|when| {
            let matcher = when.compile(&Dialect::GROUP_SEARCH);
            (when.to_string(), matcher, false)
        });
        self.types = types.collect();
        self
    }

    /// Whether a user was looked at, or nothing is named that one may lack.
    pub(crate) fn shows_users(&self) -> bool {
        self.users.records > 0 || self.users.attributes.is_empty()
    }

    /// Whether the configuration names an attribute that none of the users has.
    pub(crate) fn misses_of_users(&self) -> bool {
        let mut attributes = self.users.attributes.iter();
        self.users.records > 0 && attributes.any(|(.., had)| !had)
    }

    /// Whether the user filter asks for an attribute that none of the users has.
    pub(super) fn user_filter_asks_in_vain(&self) -> bool {
        let mut attributes = self.users.attributes.iter();
        self.users.records > 0 && attributes.any(|(_, keys, had)| !had && keys[..] == [USER_FILTER])
    }

    /// Whether the group filter asks for an attribute that none of the groups has.
    pub(super) fn group_filter_asks_in_vain(&self) -> bool {
        let mut attributes = self.groups.attributes.iter();
        self.groups.records > 0
            && attributes.any(|(_, keys, had)| !had && keys[..] == [GROUP_FILTER])
    }

    /// Looks at a user whom Okta lists.
    pub(crate) fn user(&mut self, user: &User) {
        for (status, matched) in &mut self.statuses {
            *matched |= *status == user.status;
        }
        let names = [user.profile.login(), user.profile.email()];
        self.users
            .record(user, &user.profile, user.id.as_str(), &names);
    }

    /// Looks at a group that Okta lists.
    pub(crate) fn group(&mut self, group: &Group) {
        for (_, when, matched) in &mut self.types {
            *matched = *matched || when.matches(group);
        }
        let names = [group.profile.name()];
        self.groups
            .record(group, &group.profile, group.id.as_str(), &names);
    }

    /// Takes note of the attributes of users that were not built, and how many have each.
    pub(crate) fn skipped_users(&mut self, skipped: &BTreeMap<String, usize>) {
        self.users.skipped(skipped);
    }

    /// Takes note of the attributes of groups that were not built, and how many have each.
    pub(crate) fn skipped_groups(&mut self, skipped: &BTreeMap<String, usize>) {
        self.groups.skipped(skipped);
    }

    /// What no user had, each.
    #[must_use]
    pub(crate) fn user_notices(&self) -> Vec<ReadingNotice> {
        let mut notices = self.users.notices(Kind::User, std::iter::empty());
        if self.users.records > 0 {
            let statuses = self.statuses.iter().filter(|(_, matched)| !matched);
            notices.extend(statuses.map(|(status, _)| ReadingNotice::RuleUnused {
                of: Kind::User,
                key: "mapping.users.statuses".into(),
                rule: status.as_str().to_owned(),
                nearest: None,
            }));
        }
        notices
    }

    /// What no group had, each. `names` are the names of groups, of which the one that a rule may have meant is
    /// told.
    pub(crate) fn group_notices<'g>(
        &self,
        names: impl IntoIterator<Item = &'g str> + Clone,
    ) -> Vec<ReadingNotice> {
        let mut notices = self.groups.notices(Kind::Group, names);
        if self.groups.records > 0 {
            let types = self.types.iter().filter(|(.., matched)| !matched);
            notices.extend(types.map(|(when, ..)| ReadingNotice::RuleUnused {
                of: Kind::Group,
                key: "mapping.groups.type.rules".into(),
                rule: when.clone(),
                nearest: None,
            }));
        }
        notices
    }
}

impl Names {
    fn record(
        &mut self,
        record: &impl Record,
        profile: &Profile,
        id: &str,
        names: &[Option<&str>],
    ) {
        self.records += 1;
        for (_, rule, matched) in &mut self.rules {
            *matched = *matched || choose(std::slice::from_ref(rule), id, names);
        }
        let mut missed = false;
        for (path, _, had) in &mut self.attributes {
            *had = *had || has_value(record.attribute(path));
            missed |= !*had;
        }
        // Once every attribute was seen nobody asks for the nearest, which is so after a few records nearly always.
        if !missed || self.records > COUNTED {
            return;
        }
        for (name, value) in profile.iter() {
            if !has_value(Some(value).into()) {
                continue;
            }
            note(&mut self.seen, name, 1);
        }
    }

    fn skipped(&mut self, skipped: &BTreeMap<String, usize>) {
        for (name, count) in skipped {
            note(&mut self.seen, name, *count);
        }
    }

    fn notices<'n>(
        &self,
        of: Kind,
        names: impl IntoIterator<Item = &'n str> + Clone,
    ) -> Vec<ReadingNotice> {
        if self.records == 0 {
            return Vec::new();
        }
        let attributes = self.attributes.iter().filter(|(.., had)| !had);
        let attributes = attributes.map(|(path, keys, _)| {
            let name = path.in_profile().unwrap_or(path.as_str());
            let meant = meant(name, self.seen.keys().map(String::as_str));
            let meant = meant.and_then(|it| self.seen.get_key_value(it));
            ReadingNotice::AttributeMissing {
                of,
                records: self.records,
                attribute: name.to_owned(),
                by: match &keys[..] {
                    [key] if key == USER_FILTER || key == GROUP_FILTER => {
                        NamedBy::Filter(key.clone())
                    }
                    keys => NamedBy::Mapping(keys.to_vec()),
                },
                meant: meant.map(|(meant, count)| Meant {
                    attribute: meant.clone(),
                    records: (self.records <= COUNTED).then_some(*count),
                }),
            }
        });
        let rules = self.rules.iter().filter(|(.., matched)| !matched);
        let rules = rules.map(|(key, rule, _)| {
            let rule = rule.to_string();
            let name = rule.strip_prefix("exact:").unwrap_or(&rule);
            ReadingNotice::RuleUnused {
                of,
                key: (*key).into(),
                nearest: nearest(name, names.clone()).map(str::to_owned),
                rule,
            }
        });
        attributes.chain(rules).collect()
    }
}

/// Counts who has an attribute.
fn note(seen: &mut BTreeMap<String, usize>, name: &str, more: usize) {
    if let Some(count) = seen.get_mut(name) {
        *count += more;
    } else if seen.len() < MAX_NAMES {
        seen.insert(name.to_owned(), more);
    }
}

/// The name that was meant: the nearest one, else the shortest that begins as it does, or that it begins with.
fn meant<'n>(written: &str, names: impl Iterator<Item = &'n str> + Clone) -> Option<&'n str> {
    const LEAST: usize = 3;
    let lower = written.to_lowercase();
    let begins = |name: &&str| {
        let name = name.to_lowercase();
        let shorter = name.len().min(lower.len());
        shorter >= LEAST && (name.starts_with(&lower) || lower.starts_with(&name))
    };
    nearest(written, names.clone()).or_else(|| names.filter(begins).min_by_key(|name| name.len()))
}

/// The attributes of the profile that a filter asks for, each once.
fn asked(
    filter: Option<&SearchExpr>,
    key: &'static str,
) -> Vec<(AttributePath, Vec<Cow<'static, str>>, bool)> {
    let comparisons = filter.map(SearchExpr::comparisons).unwrap_or_default();
    let paths = comparisons.iter().map(|it| it.path());
    let paths: BTreeSet<&AttributePath> = paths.filter(|it| it.in_profile().is_some()).collect();
    let paths = paths.into_iter();
    paths
        .map(|path| (path.clone(), vec![Cow::Borrowed(key)], false))
        .collect()
}

/// The attributes of the profile that the configuration names, each once. The other fields of a record are known, and refused
/// where a configuration is read when there is none of the name.
fn attributes(needs: &[Need]) -> Vec<(AttributePath, Vec<Cow<'static, str>>, bool)> {
    let mut keys: BTreeMap<&AttributePath, Vec<Cow<'static, str>>> = BTreeMap::new();
    for Need { path, key } in needs {
        if let (Some(key), Some(_)) = (key, path.in_profile()) {
            let keys = keys.entry(path).or_default();
            if !keys.iter().any(|known| known == key) {
                keys.push(key.clone().into());
            }
        }
    }
    keys.into_iter()
        .map(|(path, keys)| (path.clone(), keys, false))
        .collect()
}

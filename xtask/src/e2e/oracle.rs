//! What the catalog must hold, computed straight from the simulated org: no code of the program is used.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use serde_json::Value;

use crate::simulator::{DEPROVISIONED, Group, Org, User};

/// Who belongs into the catalog, as a plain function of the org's own records.
#[derive(Debug)]
pub struct Rules {
    /// Whether a user matches the user filter.
    pub user: fn(&User) -> bool,
    /// Whether a group matches the group filter.
    pub group: fn(&Group) -> bool,
    /// Whether only users in at least one matching group are taken.
    pub users_from_groups: bool,
    /// Whether groups without members are kept. Without them a group is empty when those below it are as well.
    pub empty_groups: bool,
    /// The e-mail address of a user's profile; none is the empty text.
    pub email: fn(&User) -> String,
    /// What a group is called for people.
    pub title: fn(&Group) -> &str,
    /// Which groups are made one.
    pub merged: fn(&Group) -> bool,
    /// The Okta id of the group, among all that are taken, that a group is part of.
    pub parent: fn(&Group, &[&Group]) -> Option<String>,
    /// Whether there is a group that all others are part of.
    pub root: bool,
}

impl Default for Rules {
    /// Everything.
    fn default() -> Self {
        Self {
            user: |_| true,
            group: |_| true,
            users_from_groups: false,
            empty_groups: true,
            email: |user| attribute(user, "email").to_owned(),
            title: Group::name,
            merged: |_| false,
            parent: |_, _| None,
            root: false,
        }
    }
}

/// An attribute of a user that is a text; none is the empty text.
pub(super) fn attribute<'u>(user: &'u User, name: &str) -> &'u str {
    user.profile
        .get(name)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// The key of the group that all others are part of.
const ROOT: &str = "root";

/// Users, groups and members by Okta id; a group that was made of several by their ids, joined by commas.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Directory {
    /// The users.
    pub users: BTreeSet<String>,
    /// The groups with their members.
    pub groups: BTreeMap<String, BTreeSet<String>>,
    /// The group that each group is part of, if it is.
    pub parents: BTreeMap<String, String>,
}

impl Directory {
    /// What `rules` select of `org`.
    #[must_use]
    pub fn expected(org: &Org, rules: &Rules) -> Self {
        let chosen: Vec<&Group> = org.groups.values().filter(|it| (rules.group)(it)).collect();
        let wanted = |user: &&User| {
            let in_some = || chosen.iter().any(|group| org.is_member(group, user));
            user.status != DEPROVISIONED
                && (rules.user)(user)
                && (!rules.users_from_groups || in_some())
        };
        let users: Vec<&User> = org.users.values().filter(wanted).collect();
        let members = |group: &Group| -> BTreeSet<String> {
            let members = users.iter().filter(|user| org.is_member(group, user));
            members.map(|user| user.id.clone()).collect()
        };
        let parts: Vec<&str> = chosen
            .iter()
            .filter(|it| (rules.merged)(it))
            .map(|it| it.id.as_str())
            .collect();
        let key = |id: &str| match parts.contains(&id) {
            true => parts.join(","),
            false => id.to_owned(),
        };
        let mut directory = Self {
            users: users.iter().map(|user| user.id.clone()).collect(),
            ..Self::default()
        };
        for group in &chosen {
            let id = key(&group.id);
            let parent = (rules.parent)(group, &chosen).map(|parent| key(&parent));
            if let Some(parent) = parent.filter(|parent| *parent != id) {
                directory.parents.entry(id.clone()).or_insert(parent);
            }
            directory
                .groups
                .entry(id)
                .or_default()
                .extend(members(group));
        }
        if !rules.empty_groups {
            directory.drop_empty_groups();
        }
        if rules.root {
            for id in directory.groups.keys() {
                let parents = &mut directory.parents;
                parents.entry(id.clone()).or_insert_with(|| ROOT.to_owned());
            }
            directory.groups.insert(ROOT.to_owned(), BTreeSet::new());
        }
        directory
    }

    /// Leaves the groups with members and all those above them.
    fn drop_empty_groups(&mut self) {
        let mut kept = BTreeSet::new();
        for (id, members) in &self.groups {
            let mut above = (!members.is_empty()).then_some(id);
            while let Some(id) = above.filter(|id| kept.insert((*id).clone())) {
                above = self.parents.get(id);
            }
        }
        self.groups.retain(|id, _| kept.contains(id));
        self.parents.retain(|id, _| kept.contains(id));
    }

    /// What a catalog holds, and what is wrong with its form.
    #[must_use]
    pub fn exported(entities: &[Value]) -> (Self, Vec<String>) {
        let (ids, mut wrong) = checked(entities);
        let mut directory = Self::default();
        let mut member_of: BTreeSet<(String, String)> = BTreeSet::new();
        let mut parent_of: BTreeMap<String, String> = BTreeMap::new();
        for entity in entities {
            let (id, reference) = (key(entity).to_owned(), reference(entity));
            let mut others = |pointer| named(entity, pointer, &ids, &mut wrong);
            let again = match text(entity, "/kind") {
                "User" => {
                    let groups = others("/spec/memberOf").into_iter();
                    member_of.extend(groups.map(|group| (group, id.clone())));
                    !directory.users.insert(id)
                }
                "Group" => {
                    let children = others("/spec/children").into_iter();
                    parent_of.extend(children.map(|child| (child, id.clone())));
                    if let Some(parent) = others("/spec/parent").pop_first() {
                        directory.parents.insert(id.clone(), parent);
                    }
                    let members = others("/spec/members");
                    directory.groups.insert(id, members).is_some()
                }
                kind => {
                    wrong.push(format!("{reference} is of the kind `{kind}`"));
                    false
                }
            };
            if again {
                wrong.push(format!("the id of {reference} is there twice"));
            }
        }
        if member_of != directory.memberships() {
            wrong.push("memberOf and members do not agree".to_owned());
        }
        if parent_of != directory.parents {
            wrong.push("parents and children do not agree".to_owned());
        }
        (directory, wrong)
    }

    /// Pairs of a group and a user.
    #[must_use]
    pub fn memberships(&self) -> BTreeSet<(String, String)> {
        let of = |(group, members): (&String, &BTreeSet<String>)| {
            let group = group.clone();
            let pairs = members
                .iter()
                .map(move |user| (group.clone(), user.clone()));
            pairs.collect::<Vec<_>>()
        };
        self.groups.iter().flat_map(of).collect()
    }
}

/// The ids of entities by their refs, and what is wrong with each entity for itself.
fn checked(entities: &[Value]) -> (BTreeMap<String, &str>, Vec<String>) {
    let mut wrong = Vec::new();
    let mut ids = BTreeMap::new();
    for entity in entities {
        let reference = reference(entity);
        for key in ["relations", "status"] {
            if entity.get(key).is_some() {
                wrong.push(format!("{reference} has `{key}`"));
            }
        }
        if text(entity, "/apiVersion") != "backstage.io/v1alpha1" {
            wrong.push(format!("{reference} has another apiVersion"));
        }
        if ids.insert(reference.clone(), key(entity)).is_some() {
            wrong.push(format!("{reference} is there twice"));
        }
    }
    (ids, wrong)
}

/// The ids of those that an entity names at `pointer`.
fn named(
    entity: &Value,
    pointer: &str,
    ids: &BTreeMap<String, &str>,
    wrong: &mut Vec<String>,
) -> BTreeSet<String> {
    let reference = reference(entity);
    let refs = refs(entity, pointer);
    if !refs.is_sorted_by(|a, b| a < b) {
        wrong.push(format!(
            "{pointer} of {reference} is not sorted, or not unique"
        ));
    }
    let mut others = BTreeSet::new();
    for other in refs {
        match ids.get(other) {
            Some(id) => drop(others.insert((*id).to_owned())),
            None => wrong.push(format!("{reference} names {other}, which is not there")),
        }
    }
    others
}

/// Everything that is wrong with exported entities: their form, whom they are about, and what they say of them.
#[must_use]
pub fn faults(org: &Org, rules: &Rules, entities: &[Value]) -> Vec<String> {
    let (catalog, mut wrong) = Directory::exported(entities);
    let expected = Directory::expected(org, rules);
    let ids = |directory: &Directory| directory.groups.keys().cloned().collect();
    differ(&mut wrong, "users", &expected.users, &catalog.users);
    differ::<String>(&mut wrong, "groups", &ids(&expected), &ids(&catalog));
    let (members, found) = (expected.memberships(), catalog.memberships());
    differ(&mut wrong, "memberships", &members, &found);
    let parents = |directory: Directory| directory.parents.into_iter().collect();
    differ::<(String, String)>(&mut wrong, "parents", &parents(expected), &parents(catalog));
    wrong.extend(
        entities
            .iter()
            .filter_map(|entity| misdescribed(org, rules, entity)),
    );
    wrong
}

fn differ<T: Ord + Debug>(
    wrong: &mut Vec<String>,
    what: &str,
    expected: &BTreeSet<T>,
    found: &BTreeSet<T>,
) {
    for (sign, one, other) in [("missing", expected, found), ("too many", found, expected)] {
        let some: Vec<&T> = one.difference(other).take(5).collect();
        if !some.is_empty() {
            let count = one.difference(other).count();
            wrong.push(format!("{what}: {count} {sign}, such as {some:?}"));
        }
    }
}

/// Whether an entity carries the id of one record and the data of another.
fn misdescribed(org: &Org, rules: &Rules, entity: &Value) -> Option<String> {
    let id = okta_id(entity);
    let said: Vec<(&str, String)> = if text(entity, "/kind") == "User" {
        let user = org.users.get(id)?;
        vec![
            ("/spec/profile/email", (rules.email)(user)),
            (
                "/metadata/annotations/okta.com~1email",
                attribute(user, "email").to_owned(),
            ),
            (
                "/metadata/annotations/okta.com~1login",
                user.login().to_owned(),
            ),
        ]
    } else {
        let group = org.groups.get(id)?;
        let title = (rules.title)(group).to_owned();
        vec![("/spec/profile/displayName", title)]
    };
    let (pointer, right) = said
        .iter()
        .find(|(pointer, right)| text(entity, pointer) != right)?;
    let reference = reference(entity);
    Some(format!(
        "{pointer} of {reference} is not `{right}`, as {id} has it"
    ))
}

/// What an entity was made from.
fn key(entity: &Value) -> &str {
    let merged = text(entity, "/metadata/annotations/okta.com~1merged-ids");
    match (okta_id(entity), merged) {
        ("", "") => ROOT,
        ("", merged) => merged,
        (id, _) => id,
    }
}

/// The Okta id an entity was made from.
#[must_use]
pub fn okta_id(entity: &Value) -> &str {
    text(entity, "/metadata/annotations/okta.com~1id")
}

/// `kind:namespace/name`.
#[must_use]
pub fn reference(entity: &Value) -> String {
    let kind = text(entity, "/kind").to_lowercase();
    let (namespace, name) = (
        text(entity, "/metadata/namespace"),
        text(entity, "/metadata/name"),
    );
    format!("{kind}:{namespace}/{name}").to_lowercase()
}

/// A list of refs, or a single one.
fn refs<'e>(entity: &'e Value, pointer: &str) -> Vec<&'e str> {
    match entity.pointer(pointer) {
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).collect(),
        one => one.and_then(Value::as_str).into_iter().collect(),
    }
}

fn text<'e>(entity: &'e Value, pointer: &str) -> &'e str {
    entity
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn org() -> Org {
        let mut org = Org::default();
        org.add_user(User::new("00u1", "Ana", "Díaz", "ana@example.com"));
        org.add_user(User::new("00u2", "Ben", "Old", "ben@example.com"));
        org.add_group(Group::new("00g1", "Platform"));
        let now = jiff::Timestamp::UNIX_EPOCH;
        org.join("00g1", "00u1", now);
        org.join("00g1", "00u2", now);
        org.set_status("00u2", DEPROVISIONED, now);
        org
    }

    fn catalog() -> Vec<Value> {
        let entity = |kind: &str, name: &str, id: &str, spec: Value| {
            let email = format!("{name}@example.com");
            let annotations =
                json!({"okta.com/id": id, "okta.com/email": email, "okta.com/login": email});
            json!({
                "apiVersion": "backstage.io/v1alpha1", "kind": kind, "spec": spec,
                "metadata": {"name": name, "namespace": "default", "annotations": annotations},
            })
        };
        let profile = json!({"email": "ana@example.com"});
        let user = json!({"profile": profile, "memberOf": ["group:default/platform"]});
        let group =
            json!({"profile": {"displayName": "Platform"}, "members": ["user:default/ana"]});
        vec![
            entity("User", "ana", "00u1", user),
            entity("Group", "platform", "00g1", group),
        ]
    }

    #[test]
    fn a_right_catalog_has_no_faults() {
        assert_eq!(
            faults(&org(), &Rules::default(), &catalog()),
            Vec::<String>::new()
        );
    }

    #[test]
    fn every_kind_of_fault_is_found() {
        type Spoil = fn(&mut Vec<Value>);
        let spoilt: [(&str, Spoil); 11] = [
            ("users: 1 missing", |all| drop(all.remove(0))),
            ("groups: 1 missing", |all| drop(all.pop())),
            ("there twice", |all| all.push(all[0].clone())),
            ("do not agree", |all| all[0]["spec"]["memberOf"] = json!([])),
            ("memberships: 1 missing", |all| {
                all[0]["spec"]["memberOf"] = json!([]);
                all[1]["spec"]["members"] = json!([]);
            }),
            ("not sorted", |all| {
                all[0]["spec"]["memberOf"] =
                    json!(["group:default/platform", "group:default/platform"]);
            }),
            ("which is not there", |all| {
                all[1]["spec"]["members"] = json!(["user:default/ben"])
            }),
            ("has `status`", |all| all[1]["status"] = json!({})),
            ("parents and children do not agree", |all| {
                all[1]["spec"]["parent"] = json!("group:default/platform");
            }),
            ("parents: 1 too many", |all| {
                all[1]["spec"]["parent"] = json!("group:default/platform");
                all[1]["spec"]["children"] = json!(["group:default/platform"]);
            }),
            ("is not `ana@example.com`", |all| {
                all[0]["spec"]["profile"]["email"] = json!("ben@example.com")
            }),
        ];
        for (fault, spoil) in spoilt {
            let mut catalog = catalog();
            spoil(&mut catalog);
            let found = faults(&org(), &Rules::default(), &catalog);
            assert!(
                found.iter().any(|it| it.contains(fault)),
                "{fault}: {found:?}"
            );
        }
    }

    #[test]
    fn groups_are_made_one_and_stand_below_each_other() {
        let mut org = org();
        for (id, name) in [
            ("00g2", "Platform EU"),
            ("00g3", "Sales"),
            ("00g4", "Nobody"),
        ] {
            org.add_group(Group::new(id, name));
        }
        org.join("00g2", "00u1", jiff::Timestamp::UNIX_EPOCH);
        let rules = Rules {
            merged: |group| group.name().starts_with("Platform"),
            parent: |group, _| (group.id == "00g2").then(|| "00g3".to_owned()),
            empty_groups: false,
            root: true,
            ..Rules::default()
        };
        let expected = Directory::expected(&org, &rules);
        let groups: Vec<&str> = expected.groups.keys().map(String::as_str).collect();
        assert_eq!(groups, ["00g1,00g2", "00g3", "root"]);
        assert_eq!(expected.parents["00g1,00g2"], "00g3");
        assert_eq!(expected.parents["00g3"], "root");
    }

    #[test]
    fn rules_select_by_the_records_alone() {
        let nobody = Rules {
            user: |user| user.login().starts_with("ben"),
            ..Rules::default()
        };
        let expected = Directory::expected(&org(), &nobody);
        assert!(expected.users.is_empty() && expected.groups["00g1"].is_empty());
        let without = Rules {
            empty_groups: false,
            ..nobody
        };
        assert!(Directory::expected(&org(), &without).groups.is_empty());
        let members = Rules {
            users_from_groups: true,
            group: |_| false,
            ..Rules::default()
        };
        assert_eq!(Directory::expected(&org(), &members), Directory::default());
    }
}

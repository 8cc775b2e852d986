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
    /// Whether groups without members are kept.
    pub empty_groups: bool,
}

impl Default for Rules {
    /// Everything.
    fn default() -> Self {
        Self {
            user: |_| true,
            group: |_| true,
            users_from_groups: false,
            empty_groups: true,
        }
    }
}

/// Users, groups and members by Okta id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Directory {
    /// The users.
    pub users: BTreeSet<String>,
    /// The groups with their members.
    pub groups: BTreeMap<String, BTreeSet<String>>,
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
        let groups = chosen
            .iter()
            .map(|group| (group.id.clone(), members(group)));
        Self {
            users: users.iter().map(|user| user.id.clone()).collect(),
            groups: groups
                .filter(|(_, members)| rules.empty_groups || !members.is_empty())
                .collect(),
        }
    }

    /// What a catalog holds, and what is wrong with its form.
    #[must_use]
    pub fn exported(entities: &[Value]) -> (Self, Vec<String>) {
        let mut wrong = Vec::new();
        let mut ids: BTreeMap<String, &str> = BTreeMap::new();
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
            if ids.insert(reference.clone(), okta_id(entity)).is_some() {
                wrong.push(format!("{reference} is there twice"));
            }
        }
        let mut directory = Self::default();
        let mut member_of: BTreeSet<(String, String)> = BTreeSet::new();
        for entity in entities {
            let (id, reference) = (okta_id(entity).to_owned(), reference(entity));
            let pointer = match text(entity, "/kind") {
                "User" => "/spec/memberOf",
                _ => "/spec/members",
            };
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
            let again = match text(entity, "/kind") {
                "User" => {
                    member_of.extend(others.into_iter().map(|group| (group, id.clone())));
                    !directory.users.insert(id)
                }
                "Group" => directory.groups.insert(id, others).is_some(),
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
    wrong.extend(
        entities
            .iter()
            .filter_map(|entity| misdescribed(org, entity)),
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
fn misdescribed(org: &Org, entity: &Value) -> Option<String> {
    let id = okta_id(entity);
    let (profile, pairs): (_, &[(&str, &str)]) = match text(entity, "/kind") {
        "User" => (
            &org.users.get(id)?.profile,
            &[
                ("email", "/spec/profile/email"),
                ("email", "/metadata/annotations/okta.com~1email"),
                ("login", "/metadata/annotations/okta.com~1login"),
            ],
        ),
        _ => (
            &org.groups.get(id)?.profile,
            &[("name", "/spec/profile/displayName")],
        ),
    };
    let wrong = |(attribute, pointer): &&(&str, &str)| {
        let value = profile.get(*attribute).and_then(Value::as_str);
        value.unwrap_or_default() != text(entity, pointer)
    };
    let (attribute, pointer) = pairs.iter().find(wrong)?;
    let reference = reference(entity);
    Some(format!(
        "{pointer} of {reference} is not the {attribute} of {id}"
    ))
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

fn refs<'e>(entity: &'e Value, pointer: &str) -> Vec<&'e str> {
    let list = entity.pointer(pointer).and_then(Value::as_array);
    list.into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
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
        let spoilt: [(&str, Spoil); 9] = [
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
            ("is not the email", |all| {
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

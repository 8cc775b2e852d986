//! What can happen to people and groups.

use serde_json::json;

use super::{Case, Parts, user};
use crate::held::object::Kind::{Group, User};

/// Where nothing happens.
const NOTHING: Case = Case {
    name: "nothing happens",
    before: "",
    now: None,
    happens: |_| (),
    is_committed: false,
    asks: &[(User, "jane"), (Group, "Platform")],
};

/// Every case.
pub(super) const CASES: &[Case] = &[
    NOTHING,
    Case {
        name: "he is deactivated",
        happens: |org| {
            org.lose("00u2");
            org.account.deactivated.insert("00u2".into());
        },
        asks: &[(User, "00u2")],
        ..NOTHING
    },
    Case {
        name: "he is deleted, and stays a while",
        before: "mapping: { users: { leavers: { keepDays: 30 } } }",
        happens: |org| {
            org.lose("00u2");
            org.account.deleted.insert("00u2".into());
        },
        is_committed: true,
        asks: &[(User, "bob")],
        ..NOTHING
    },
    Case {
        name: "he left long ago",
        happens: |org| {
            org.lose("00u2");
            org.account.deactivated.insert("00u2".into());
        },
        is_committed: true,
        asks: &[(User, "bob")],
        ..NOTHING
    },
    Case {
        name: "a filter that is decided here refuses him",
        before: "userFilter: not (profile.department ew \"Sales\")",
        asks: &[(User, "bob@example.com"), (User, "jane@example.com")],
        ..NOTHING
    },
    Case {
        name: "a filter that Okta decides leaves him out",
        before: "userFilter: profile.department eq \"Engineering\"",
        happens: |org| org.users.retain(|user| user["id"] != "00u2"),
        asks: &[(User, "00u2"), (User, "jane"), (User, "bob@example.com")],
        ..NOTHING
    },
    Case {
        name: "his status is not wanted",
        before: "mapping: { users: { statuses: [ACTIVE] } }",
        happens: |org| org.users[1]["status"] = json!("SUSPENDED"),
        asks: &[(User, "bob")],
        ..NOTHING
    },
    Case {
        name: "a rule excludes him, and a group",
        before: "mapping: { users: { exclude: ['prefix:bob@'] }, groups: { exclude: [Data] } }",
        asks: &[(User, "bob@example.com"), (Group, "Data")],
        ..NOTHING
    },
    Case {
        name: "he is in no selected group",
        before: "groupFilter: [Platform, data]",
        asks: &[(User, "bob@example.com"), (User, "jane"), (Group, "Data")],
        ..NOTHING
    },
    Case {
        name: "an expression selects groups",
        before: "groupFilter: profile.name ew \"form\"",
        asks: &[(Group, "Data"), (Group, "Platform")],
        ..NOTHING
    },
    Case {
        name: "members cannot be read for a week",
        before: "groupFilter: [Platform, Data]",
        happens: |org| {
            let unread = Parts::unread("Okta fails (500)");
            org.account.unread.insert("00g2".into(), unread);
        },
        asks: &[(Group, "Data"), (User, "bob")],
        ..NOTHING
    },
    Case {
        name: "his record cannot be read",
        happens: |org| {
            org.users.retain(|user| user["id"] != "00u2");
            let unread = Parts::unread("`status` is a number");
            org.account.malformed_users.insert("00u2".into(), unread);
        },
        asks: &[(User, "bob")],
        ..NOTHING
    },
    Case {
        name: "the guard holds back",
        before: "guard: { users: 10%, members: 100%, minimum: 0 }",
        happens: |org| org.lose("00u2"),
        asks: &[(User, "bob")],
        ..NOTHING
    },
    Case {
        name: "he would go by what changed alone",
        happens: |org| {
            org.lose("00u2");
            org.account.unconfirmed.insert("00u2".into());
        },
        asks: &[(User, "bob")],
        ..NOTHING
    },
    Case {
        name: "two want one name",
        happens: |org| {
            org.users
                .push(user("00u3", "jane@example.org", "Engineering"));
        },
        asks: &[(User, "00u3")],
        ..NOTHING
    },
    Case {
        name: "his name changes",
        happens: |org| org.users[1] = user("00u2", "bob.lee@example.com", "Sales"),
        asks: &[(User, "bob")],
        ..NOTHING
    },
    Case {
        name: "his new name is held back",
        before: "guard: { renames: 0%, minimum: 0 }",
        happens: |org| org.users[1] = user("00u2", "bob.lee@example.com", "Sales"),
        asks: &[(User, "bob")],
        ..NOTHING
    },
    Case {
        name: "no name can be made of her record",
        before: "mapping: { userName: [{ template: '{department}.{login}' }] }",
        happens: |org| {
            let mut mia = user("00u3", "mia@example.com", "");
            mia["profile"]["department"] = json!(null);
            org.users.push(mia);
        },
        asks: &[(User, "mia@example.com")],
        ..NOTHING
    },
    Case {
        name: "groups are made one below a root",
        before: "mapping: { groups: { root: { name: acme }, merge: [{ name: Eng, groups: [Platform, Data] }] } }",
        asks: &[(Group, "Data"), (Group, "Eng"), (Group, "acme")],
        ..NOTHING
    },
    Case {
        name: "one is part of another",
        before: "mapping: { groups: { hierarchy: { separator: '.' } } }",
        happens: |org| org.groups.push(("00g3", "Platform.SRE", vec!["00u1"])),
        is_committed: true,
        asks: &[(Group, "Platform.SRE")],
        ..NOTHING
    },
    Case {
        name: "it is empty",
        before: "includeEmptyGroups: false",
        happens: |org| org.groups[1].2.clear(),
        asks: &[(Group, "Data")],
        ..NOTHING
    },
    Case {
        name: "a filter asks for what is not held",
        now: Some("userFilter: profile.division eq \"North\""),
        happens: |org| {
            org.account
                .skipped_of_users
                .insert("division".to_owned(), 2);
        },
        asks: &[(User, "jane")],
        ..NOTHING
    },
    Case {
        name: "a filter that Okta decides is new, and what it asks for is held",
        now: Some("userFilter: profile.email sw \"bob\""),
        asks: &[(User, "jane")],
        ..NOTHING
    },
    Case {
        name: "a filter is new that asks for the status",
        now: Some("userFilter: status eq \"STAGED\""),
        asks: &[(User, "jane")],
        ..NOTHING
    },
    Case {
        name: "Okta counts others than it lists",
        happens: |org| {
            org.account.miscounted.insert("00g2".into(), 3);
        },
        asks: &[(Group, "Data")],
        ..NOTHING
    },
];

//! How Okta's records become entities: `portalSync.mapping` for all tenants, `mapping` of a tenant for one.
//!
//! ```yaml
//! portalSync:
//!   mapping:
//!     namespace: default
//!     userName: [login, id]                    # also { attribute: … } and { template: … }
//!     groupName: kebab-case-name
//!     collisions: suffix                       # namespace, fail
//!     renames: follow                          # keep
//!     adminConsole: true                       # or its address
//!     users:
//!       displayName: [displayName, '{firstName} {lastName}']
//!       emailCase: lower
//!       annotations:
//!         prefix: acme.com/
//!         attributes: [costCenter, department] # acme.com/costCenter, …
//!         values: { acme.com/chat: '@{nickName}' }
//!       statuses: [ACTIVE]
//!       exclude: ['prefix:svc-', 'glob:*-test@*']
//!       leavers: { keepDays: 30 }              # remove, mark
//!     groups:
//!       type: { rules: [{ when: 'profile.name sw "team-"', type: team }], attribute: kind, default: group }
//!       hierarchy: { key: orgId, parentKey: parentOrgId } # or { separator: '.' }
//!       root: { name: acme, displayName: Acme Inc. }
//!       merge: [{ name: Engineering, groups: ['prefix:eng-'] }]
//! ```
//!
//! Where a list is taken, a single value is taken for a list of one; the empty list switches a field off.
//!
//! # Several files, several tenants
//!
//! A later file is laid over an earlier one, and the mapping of a tenant over that of all tenants, as Backstage lays its
//! files: maps are merged key by key, lists and everything else are replaced, and `null` takes a key back to its default.
//! So a tenant that says `users: { annotations: { values: { acme.com/chat: null } } }` has all annotations of the others
//! but that one. `userName`, `groupName` and `hierarchy` say one thing, and a tenant's replaces all of it.

use catalog_model::Namespace;

use super::elsewhere;
use super::errors::ConfigError;
use super::keys::{GROUPS, MAPPING, USERS};
use super::section::Entry;
use crate::decide::rules::{Collisions, MappingRules, Renames};

// Leaf first: a module uses only modules listed above it.
mod console;
mod fields;

mod groups;
mod naming;
mod users;

use fields::set;

/// Reads `mapping` for the org at `host`; without one, what all tenants have in common.
pub(super) fn read(entry: Option<Entry<'_>>, host: Option<&str>) -> MappingRules {
    let mut mapping = MappingRules::default();
    let Some(section) =
        entry.and_then(|entry| entry.section(&MAPPING, "a map such as `{ userName: login }`"))
    else {
        return mapping;
    };
    let collisions = [
        ("suffix", Collisions::Suffix),
        ("namespace", Collisions::Namespace),
        ("fail", Collisions::Fail),
    ];
    let renames = [("follow", Renames::Follow), ("keep", Renames::Keep)];
    let get = |key| section.get(key);
    set(&mut mapping.namespace, get("namespace").and_then(namespace));
    set(&mut mapping.user_name, get("userName").map(naming::users));
    set(
        &mut mapping.group_name,
        get("groupName").map(naming::groups),
    );
    set(
        &mut mapping.collisions,
        get("collisions").and_then(|entry| entry.choice(&collisions)),
    );
    set(
        &mut mapping.renames,
        get("renames").and_then(|entry| entry.choice(&renames)),
    );
    set(
        &mut mapping.admin_console,
        get("adminConsole").and_then(|entry| console::read(&entry, host)),
    );
    let users = get("users")
        .and_then(|entry| entry.section(&USERS, "a map such as `{ emailCase: lower }`"));
    if let Some(section) = users {
        users::read(&section, &mut mapping.users);
        section.close();
    }
    let groups =
        get("groups").and_then(|entry| entry.section(&GROUPS, "a map such as `{ type: team }`"));
    if let Some(section) = groups {
        groups::read(&section, &mut mapping.groups);
        section.close();
    }
    section.close_beside(elsewhere::MAPPING);
    mapping
}

fn namespace(entry: Entry<'_>) -> Option<Namespace> {
    let text = entry.text("a namespace, such as `default`")?.trim();
    match Namespace::parse(text) {
        Ok(namespace) => Some(namespace),
        Err(error) => {
            entry.refuse(
                ConfigError::new(error.to_string())
                    .fix("use up to 63 lower-case letters, digits and `-`"),
            );
            None
        }
    }
}

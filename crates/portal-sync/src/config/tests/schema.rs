//! The schema is one by its own rules, and takes what the reader takes.

use std::sync::LazyLock;

use boon::{Compiler, SchemaIndex, Schemas};
use serde_json::{Value, json};

use super::tenant;
use crate::config::{schema, yaml};

static COMPILED: LazyLock<(Schemas, SchemaIndex)> = LazyLock::new(|| {
    let mut schemas = Schemas::new();
    let mut compiler = Compiler::new();
    compiler.add_resource("portal-sync.json", schema()).unwrap();
    // It is checked by the schema of schemas, too.
    let index = compiler.compile("portal-sync.json", &mut schemas);
    let index = index.unwrap_or_else(|error| panic!("{error:#}"));
    (schemas, index)
});

/// Why a file is not one by the schema.
pub(super) fn verdict(file: &Value) -> Result<(), String> {
    let (schemas, index) = &*COMPILED;
    let verdict = schemas.validate(file, *index);
    verdict.map_err(|error| format!("{error:#}"))
}

/// Checks that a file is one by the schema.
pub(super) fn accepts(name: &str, text: &str) {
    let file = yaml::as_json(text).unwrap_or_default();
    verdict(&file).unwrap_or_else(|error| panic!("{name}\n{text}\n{error}"));
}

#[test]
fn the_complete_configuration_is_one() {
    accepts(
        "complete.yaml",
        include_str!("../../../../../fixtures/config/complete.yaml"),
    );
}

#[test]
fn a_key_says_what_it_is_for_and_what_is_in_force_without_it() {
    let schema = schema();
    let property = |path: &str| schema.pointer(path).cloned().unwrap_or_default();
    let share = property("/$defs/rateLimit/properties/share");
    assert_eq!(share["default"], "80%");
    assert_eq!(
        share["description"],
        "The part of what the tenant's rate-limit headers allow that is used."
    );
    let names = property("/$defs/users/properties/displayName/default");
    assert_eq!(names.as_array().map(Vec::len), Some(3));
    assert_eq!(
        property("/$defs/mapping/properties/renames/anyOf/0"),
        json!({ "enum": ["follow", "keep"] })
    );
    assert_eq!(property("/$defs/tenant/additionalProperties"), false);
}

#[test]
fn what_the_reader_refuses_by_its_form_is_none() {
    for keys in [
        "oktaUrl: acme.okta.com",
        "clientId: 12",
        "clientId: { $env: A, $file: b }",
        "privateKey: { file: key.pem }",
        "token: { value: a }",
        "schedule: 30m",
        "schedule: { frequency: 30 }",
        "schedule: { timeout: '30' }",
        "schedule: { timeout: { minutes: -1 } }",
        "schedule: { frequency: { cron: 5 } }",
        "schedule: ${SCHEDULE}",
        "usersFromGroups: maybe",
        "rateLimit: { share: 0% }",
        "rateLimit: { share: 80 }",
        "rateLimit: { maxConcurrent: 0 }",
        "guard: { users: 101% }",
        "mapping: { collisions: prefix }",
        "mapping: { users: { statuses: [DEPROVISIONED] } }",
        "mapping: { users: { leavers: { keepDays: 0 } } }",
        "groupFilter: { name: [a] }",
        "share: 5%",
    ] {
        let file = yaml::as_json(&tenant(keys)).unwrap();
        assert!(verdict(&file).is_err(), "{keys}");
    }
}

#[test]
fn what_belongs_to_others_is_not_looked_at() {
    accepts(
        "app-config.yaml",
        "app: 1\ncatalog: { rules: [a], providers: { github: [1], okta: null } }\nportal: {}\n",
    );
    accepts("app-config.yaml", "");
    accepts(
        "app-config.yaml",
        "catalog: { $include: catalog.yaml }\nportalSync: { $include: all.json }\n",
    );
}

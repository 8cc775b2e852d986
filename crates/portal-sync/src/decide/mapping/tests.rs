//! What becomes of orgs by the rules of a configuration.

use okta_api::UserId;
use std::collections::BTreeMap;

use catalog_model::{Entity, EntitySet};
use serde_json::{Value, json};

use crate::config::{self, Environment};
use crate::decide::plan::tests::{committed, mapping, plan, settings};
use crate::decide::plan::{Plan, Settings};
use crate::held::object::Kind;
use crate::held::org::{Members, Org};
use crate::held::state::State;
use crate::testing::{group, user};

mod fields;
mod groups;
mod laws;
mod leaving;
mod naming;

/// The mapping of a file, as it stands under `portalSync.mapping`.
pub(crate) fn rules(yaml: &str) -> crate::decide::rules::MappingRules {
    let folder = tempfile::tempdir().unwrap();
    let mut text = "catalog: { providers: { okta: { acme: { oktaUrl: https://acme.okta.com, token: 00t } } } }\n\
                    portalSync:\n  mapping:\n"
        .to_owned();
    for line in yaml.lines() {
        text.extend(["    ", line, "\n"]);
    }
    std::fs::write(folder.path().join("app-config.yaml"), &text).unwrap();
    let config = config::load(&[], &Environment::default(), folder.path());
    let mut providers = config
        .unwrap_or_else(|errors| panic!("{text}{errors}"))
        .providers;
    providers.remove(0).mapping
}

/// Everything about a provider with these rules.
fn with(yaml: &str) -> Settings {
    let rules = rules(yaml);
    let mut settings = settings();
    settings.rules.leavers = rules.users.leavers;
    settings.mapping = mapping(rules);
    settings
}

/// An org of users with these profiles, and groups with these profiles and members.
fn org(users: &[(&str, Value)], groups: &[(&str, Value, &[&str])]) -> Org {
    let mut org = Org::default();
    for (id, profile) in users {
        org.users
            .insert((*id).into(), user(id, profile.clone()).into());
    }
    for (id, profile, members) in groups {
        org.groups.insert((*id).into(), group(id, profile.clone()));
        let members = members.iter().map(|member| UserId::from(*member));
        org.members.insert((*id).into(), Members::of(members));
    }
    org
}

/// Groups by id and name, of which nobody is a member.
fn named(groups: &[(&str, &str)]) -> Org {
    let groups: Vec<(&str, Value, &[&str])> = groups
        .iter()
        .map(|(id, name)| (*id, json!({ "name": name }), &[][..]))
        .collect();
    org(&[("00u0", json!({"email": "zz@example.com"}))], &groups)
}

/// The catalog after one run over `before`.
fn after(org: &Org, before: &State, settings: &Settings) -> (Plan, State) {
    let plan = plan(org, before, settings, None).unwrap();
    let state = committed(&plan, before);
    (plan, state)
}

/// The entities of a catalog by Okta id, which fit together.
fn catalog(state: &State) -> BTreeMap<String, Entity> {
    let documents = state.documents().into_iter();
    let all: BTreeMap<String, Entity> = documents
        .map(|(key, document)| (key.to_string(), document.entity().unwrap()))
        .collect();
    EntitySet::build(all.values().cloned()).unwrap();
    all
}

/// The entities of an org that was never read before.
fn entities(org: &Org, yaml: &str) -> BTreeMap<String, Value> {
    let (_, state) = after(org, &State::default(), &with(yaml));
    let entities = catalog(&state).into_iter();
    entities
        .map(|(id, entity)| (id, serde_json::to_value(entity).unwrap()))
        .collect()
}

/// Okta id and ref of everything of one kind, as `00u1=user:default/jane`.
fn refs(state: &State, kind: Kind) -> Vec<String> {
    let entities = catalog(state).into_iter();
    entities
        .filter(|(_, entity)| entity.kind() == kind.into())
        .map(|(id, entity)| format!("{id}={}", entity.entity_ref()))
        .collect()
}

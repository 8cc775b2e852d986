//! The Okta tenants: `catalog.providers.okta` as a map by id, as a list, or as a single one.

use figment::value::{Dict, Value};
use okta_auth::OrgUrl;

use super::credentials;
use super::elsewhere;
use super::errors::{ConfigError, quoted};
use super::filters;
use super::keys::TENANT;
use super::layers::EXAMPLE;
use super::mapping;
use super::place::KeyPath;
use super::schedule;
use super::section::{Entry, Reading, Section};
use super::tuning::{self, Tuning};
use crate::decide::rules::{Collisions, namespace_of};
use crate::run::provider::ProviderConfig;
use crate::text::nearest::listed;

/// The id of a single tenant that was given none.
const DEFAULT_ID: &str = "default";

/// Where a tenant's id comes from.
#[derive(Clone, Copy)]
enum Origin<'a> {
    /// The key it stands under.
    Key(&'a str),
    /// Its `id`, or the host of its address.
    List,
    /// Its `id`, or the default one.
    Single,
}

const OKTA: [&str; 3] = ["catalog", "providers", "okta"];

/// The keys that tell a single tenant from a map of tenants.
const OF_A_TENANT: [&str; 9] = [
    "oktaUrl",
    "orgUrl",
    "clientId",
    "keyId",
    "privateKey",
    "token",
    "oauth",
    "userFilter",
    "groupFilter",
];

/// Reads all tenants, in the order in which they are named. What is wrong is noted, and the tenant left out.
pub(super) fn read_all(reading: &Reading<'_>, defaults: &Tuning) -> Vec<ProviderConfig> {
    let Some(okta) = reading.at(&OKTA) else {
        if !reading.is_unresolved(&KeyPath::of(&OKTA)) {
            refuse_none(reading);
        }
        return Vec::new();
    };
    let Some(tenants) = tenants(&okta) else {
        return Vec::new();
    };
    if tenants.is_empty() {
        refuse_none(reading);
    }
    let shared = reading.at(&["portalSync", "mapping"]);
    let mut providers: Vec<ProviderConfig> = Vec::new();
    for (origin, entry) in tenants.into_iter().flatten() {
        let Some(section) = entry.section(&TENANT, "a map with `oktaUrl` and credentials") else {
            continue;
        };
        let section = match origin {
            Origin::Key(_) => section.not_listing("id"),
            Origin::List | Origin::Single => section,
        };
        let provider = read(&section, origin, defaults, shared.clone());
        section.close_beside(elsewhere::TENANT);
        let Some(provider) = provider else { continue };
        if providers.iter().any(|other| other.id == provider.id) {
            let message = format!("another tenant has the id `{}` already", provider.id);
            entry.refuse(ConfigError::new(message).fix("give each tenant an `id` of its own"));
        } else {
            providers.push(provider);
        }
    }
    providers
}

fn refuse_none(reading: &Reading<'_>) {
    let message = format!(
        "no Okta tenant is configured in {}",
        listed(reading.sources())
    );
    let error = ConfigError::new(message).about(&KeyPath::of(&OKTA));
    reading.error(error.excerpt(EXAMPLE).fix("add one as above"));
}

/// The tenants of each form, those that led nowhere as nothing; none at all when it has no form of them.
fn tenants<'a>(okta: &Entry<'a>) -> Option<Vec<Option<(Origin<'a>, Entry<'a>)>>> {
    match okta.value() {
        Value::Array(..) => {
            let entries = okta.list("a list of tenants").unwrap_or_default();
            let each = entries.into_iter().map(|entry| Some((Origin::List, entry)));
            Some(each.collect())
        }
        Value::Dict(_, keys) if is_single(keys) => Some(vec![Some((Origin::Single, okta.clone()))]),
        _ => {
            let tenants = okta.map("a map of tenants by id, or a list of tenants")?;
            let each =
                tenants
                    .keys_in_order()
                    .into_iter()
                    .filter_map(|id| match tenants.entry(id) {
                        Some(entry) => Some(Some((Origin::Key(id), entry))),
                        None => tenants.is_unresolved(id).then_some(None),
                    });
            Some(each.collect())
        }
    }
}

/// The tenants of a configuration that was checked, in the order in which they are named.
pub(super) fn entries<'a>(okta: &Entry<'a>) -> Vec<Entry<'a>> {
    let tenants = tenants(okta).unwrap_or_default().into_iter().flatten();
    tenants.map(|(_, entry)| entry).collect()
}

/// Whether these are the keys of one tenant and not the ids of several.
pub(super) fn is_single(keys: &Dict) -> bool {
    let scalar = |value: &Value| !matches!(value, Value::Dict(..) | Value::Empty(..));
    let of_others = |(key, value): (&String, &Value)| {
        scalar(value) && elsewhere::fix(elsewhere::TENANT, key).is_some()
    };
    OF_A_TENANT.iter().any(|key| keys.contains_key(*key))
        || keys.iter().any(of_others)
        || (!keys.is_empty() && keys.values().all(scalar))
}

/// Reads one tenant. `shared` is the mapping of all tenants.
fn read<'a>(
    section: &Section<'a>,
    origin: Origin<'_>,
    defaults: &Tuning,
    shared: Option<Entry<'a>>,
) -> Option<ProviderConfig> {
    let org = org(section);
    let id = id(section, origin, org.as_ref());
    let credentials = credentials::read(section);
    let schedule = schedule::read(section.get("schedule"));
    let user_filter = section
        .get("userFilter")
        .and_then(|entry| filters::users(&entry));
    let group_filter = section
        .get("groupFilter")
        .and_then(|entry| filters::groups(&entry));
    let tuning = tuning::read(section, defaults);
    let host = org.as_ref().map(OrgUrl::host);
    let mapping = mapping::read(section.get_over("mapping", shared), host);
    if let (Collisions::Namespace, Some(id)) = (mapping.collisions, &id)
        && namespace_of(id).is_none_or(|other| other == mapping.namespace)
    {
        let message = format!(
            "`collisions: namespace` needs a namespace called as the tenant is, and `{id}` gives none besides `{}`",
            mapping.namespace
        );
        let fix = "give the tenant an `id` of its own, or `mapping` another `namespace`";
        section.refuse(ConfigError::new(message).fix(fix));
    }
    Some(ProviderConfig {
        id: id?,
        org: org?,
        credentials: credentials?,
        schedule,
        user_filter,
        group_filter,
        users_from_groups: tuning.users_from_groups,
        include_empty_groups: tuning.include_empty_groups,
        rate_limit: tuning.rate_limit,
        guard: tuning.guard,
        limits: tuning.limits,
        reconcile: tuning.reconcile,
        mapping,
    })
}

fn id(section: &Section<'_>, origin: Origin<'_>, org: Option<&OrgUrl>) -> Option<String> {
    if let Origin::Key(key) = origin {
        if let Some(entry) = section.get("id")
            && let Some(id) = entry.text("a text")
            && id.trim() != key
        {
            let error = ConfigError::new(format!(
                "{} is not the key that the tenant stands under, `{key}`",
                quoted(id)
            ));
            entry.refuse(error.fix(format!("leave `id` out, or write `{key}`")));
        }
        return checked_id(section.as_entry(), key);
    }
    match section.get("id") {
        Some(entry) => checked_id(&entry, entry.text("a text")?),
        None if matches!(origin, Origin::Single) => Some(DEFAULT_ID.to_owned()),
        None => org.map(|org| org.host().to_owned()),
    }
}

/// Reads `oktaUrl`, or `orgUrl` as others call it.
fn org(section: &Section<'_>) -> Option<OrgUrl> {
    let entry = match (section.get("oktaUrl"), section.get("orgUrl")) {
        (Some(entry), None) | (None, Some(entry)) => entry,
        (Some(_), Some(other)) => {
            other.refuse(
                ConfigError::new("given twice: as `oktaUrl` and as `orgUrl`")
                    .fix("keep one of them"),
            );
            return None;
        }
        (None, None) => {
            if !section.is_unresolved("oktaUrl")
                && !section.is_unresolved("orgUrl")
                && !section.has_elsewhere(elsewhere::TENANT, "oktaUrl")
            {
                let error = ConfigError::new("`oktaUrl` is missing")
                    .excerpt("oktaUrl: https://acme.okta.com");
                section.refuse(error.fix("add your org's address"));
            }
            return None;
        }
    };
    let text = entry.text("the address of an Okta org, such as `https://acme.okta.com`")?;
    match OrgUrl::parse(text) {
        Ok(org) => {
            if text.trim().ends_with('/') {
                entry.notice(format!(
                    "the slash at the end of `{}` was removed",
                    text.trim()
                ));
            }
            Some(org)
        }
        Err(error) => {
            let message = match quoted(text) {
                // The error itself quotes the text, but for a password in it.
                quoted if quoted.starts_with('`') => error.to_string(),
                length => format!("{length} is not an org URL"),
            };
            entry.refuse(ConfigError::new(message));
            None
        }
    }
}

/// An id is part of addresses and of commands, so it is kept plain.
fn checked_id(entry: &Entry<'_>, id: &str) -> Option<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if (1..=63).contains(&id.len()) && id.chars().all(plain) {
        return Some(id.to_owned());
    }
    let error = ConfigError::new(format!("{} cannot be the id of a tenant", quoted(id)));
    entry.refuse(error.fix("use up to 63 letters, digits, `-`, `_` and `.`"));
    None
}

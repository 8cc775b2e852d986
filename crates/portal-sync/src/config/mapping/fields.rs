//! What entities hold: sources of texts, annotations and labels.

use std::collections::BTreeMap;

use figment::value::Value;
use org_filter::NameRule;

use super::super::errors::{ConfigError, quoted};
use super::super::section::{Entry, Section};
use super::Fields;
use crate::template::{RecordKind, Template};

/// Annotations that every entity has, or that Backstage gives a meaning of its own.
const RESERVED: [&str; 8] = [
    "okta.com/id",
    "okta.com/org",
    "okta.com/login",
    "okta.com/email",
    "okta.com/left-at",
    "okta.com/merged-ids",
    "backstage.io/managed-by-location",
    "backstage.io/managed-by-origin-location",
];

/// The label of people who left.
const RESERVED_LABELS: [&str; 1] = [crate::leavers::LEFT];

/// Templates of this program.
pub(super) fn built_in(texts: &[&str], record: RecordKind) -> Vec<Template> {
    texts
        .iter()
        .filter_map(|text| Template::parse(text, record).ok())
        .collect()
}

/// Reads the fields that users and groups have in common.
pub(super) fn read(section: &Section<'_>, record: RecordKind, fields: &mut Fields) {
    let read = |key, field: &mut Vec<Template>| {
        if let Some(entry) = section.get(key) {
            *field = sources(&entry, record);
        }
    };
    read("displayName", &mut fields.display_name);
    read("title", &mut fields.title);
    read("description", &mut fields.description);
    read("email", &mut fields.email);
    read("picture", &mut fields.picture);
    if let Some(entry) = section.get("annotations") {
        fields.annotations = attached(&entry, record, &RESERVED);
    }
    if let Some(entry) = section.get("labels") {
        fields.labels = attached(&entry, record, &RESERVED_LABELS);
    }
}

/// One source or a list of sources; the empty list is no source.
pub(super) fn sources(entry: &Entry<'_>, record: RecordKind) -> Vec<Template> {
    if !matches!(entry.value(), Value::Array(..)) {
        return source(entry, record).into_iter().collect();
    }
    let items = entry.list("a list of attributes").unwrap_or_default();
    items
        .iter()
        .filter_map(|item| source(item, record))
        .collect()
}

/// An attribute, or a text with attributes in braces.
fn source(entry: &Entry<'_>, record: RecordKind) -> Option<Template> {
    let text =
        entry.text("an attribute, such as `title`, or a text such as `'{title}, {city}'`")?;
    if text.contains(['{', '}']) {
        template(entry, record)
    } else {
        attribute(entry, record)
    }
}

/// The name of an attribute.
pub(super) fn attribute(entry: &Entry<'_>, record: RecordKind) -> Option<Template> {
    let text = entry.text("an attribute, such as `title` or `profile.title`")?;
    made(entry, Template::attribute(text.trim(), record))
}

/// A text with attributes in braces.
pub(super) fn template(entry: &Entry<'_>, record: RecordKind) -> Option<Template> {
    let text = entry.text("a text with attributes in it, such as `'{firstName} {lastName}'`")?;
    made(entry, Template::parse(text, record))
}

fn made(
    entry: &Entry<'_>,
    result: Result<Template, crate::template::TemplateError>,
) -> Option<Template> {
    match result {
        Ok(template) => Some(template),
        Err(error) => {
            let refused = ConfigError::new("not an attribute, or a text with attributes in braces");
            // A key that landed here by mistake is not shown.
            entry.refuse(if error.text().contains("-----BEGIN") {
                refused
            } else {
                refused.excerpt(error.render())
            });
            None
        }
    }
}

/// `prefix`, `attributes` and `values` of annotations or labels.
fn attached(entry: &Entry<'_>, record: RecordKind, reserved: &[&str]) -> Vec<(String, Template)> {
    let expected = "a map with `prefix`, `attributes` and `values`";
    let Some(section) = entry.section(expected) else {
        return Vec::new();
    };
    let prefix = section
        .get("prefix")
        .and_then(|entry| entry.text("the beginning of keys, such as `acme.com/`"))
        .unwrap_or_default()
        .trim();
    let mut found: BTreeMap<String, (String, Template)> = BTreeMap::new();
    let mut add = |entry: &Entry<'_>, key: String, template: Template| {
        let lower = key.to_lowercase();
        if let Err(problem) = catalog_model::check_key(&key) {
            entry.refuse(
                ConfigError::new(problem.to_string())
                    .fix("write a key such as `acme.com/cost-center`"),
            );
        } else if reserved.contains(&lower.as_str()) {
            entry.refuse(
                ConfigError::new(format!("`{key}` is written by portal-sync itself"))
                    .fix("choose another key"),
            );
        } else if let Some((other, _)) = found.get(&lower) {
            entry.refuse(
                ConfigError::new(format!(
                    "`{key}` and `{other}` are the same but for upper and lower case"
                ))
                .fix("Backstage shows no entity with two such keys: keep one of them"),
            );
        } else {
            found.insert(lower, (key, template));
        }
    };
    if let Some(list) = section.get("attributes") {
        for item in list.list("a list of attributes").unwrap_or_default() {
            if let (Some(template), Some(text)) =
                (attribute(&item, record), item.text("an attribute"))
            {
                let name = text.trim();
                let name = name.strip_prefix("profile.").unwrap_or(name);
                add(&item, format!("{prefix}{name}"), template);
            }
        }
    }
    let values = section
        .get("values")
        .and_then(|entry| entry.section("a map of keys and their values"));
    for (key, entry) in values.iter().flat_map(|values| {
        values
            .keys()
            .filter_map(|key| Some((key, values.entry(key)?)))
    }) {
        if let Some(template) = template(&entry, record) {
            add(&entry, key.to_owned(), template);
        }
    }
    section.close();
    found.into_values().collect()
}

/// Rules about names, such as those of `exclude`.
pub(super) fn rules(entry: &Entry<'_>, what: &str) -> Vec<NameRule> {
    let items = entry
        .list("a list, such as `['prefix:svc-', 'glob:*-test']`")
        .unwrap_or_default();
    items.iter().filter_map(|item| rule(item, what)).collect()
}

fn rule(entry: &Entry<'_>, what: &str) -> Option<NameRule> {
    let text = entry.text(what)?;
    match text.parse::<NameRule>() {
        Ok(rule) => Some(rule),
        Err(error) => {
            entry.refuse(
                ConfigError::new(format!("{} is not a rule", quoted(text))).excerpt(error.render()),
            );
            None
        }
    }
}

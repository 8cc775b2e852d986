//! What entities hold: sources of texts, annotations and labels.

use std::collections::BTreeMap;

use figment::value::Value;
use org_filter::AttributePath;
use org_filter::names::{NameRule, RuleKind};

use super::super::errors::{ConfigError, quoted};
use super::super::keys::ATTACHED;
use super::super::section::{Entry, Section};
use crate::decide::rules::Fields;
use crate::held::leavers::{LEFT, LEFT_AT};
use crate::text::template::{RecordKind, Template, TemplateError};

/// Annotations that portal-sync writes itself.
pub(super) const RESERVED: [&str; 9] = [
    "okta.com/id",
    "okta.com/org",
    "okta.com/provider",
    "okta.com/login",
    "okta.com/email",
    LEFT_AT,
    "okta.com/merged-ids",
    "backstage.io/managed-by-location",
    "backstage.io/managed-by-origin-location",
];

/// Labels that portal-sync writes itself.
const RESERVED_LABELS: [&str; 1] = [LEFT];

/// Reads the fields that users and groups have in common.
pub(super) fn read(section: &Section<'_>, record: RecordKind, fields: &mut Fields) {
    let texts = |key| section.get(key).map(|entry| sources(&entry, record));
    set(&mut fields.display_name, texts("displayName"));
    set(&mut fields.title, texts("title"));
    set(&mut fields.description, texts("description"));
    set(&mut fields.email, texts("email"));
    set(&mut fields.picture, texts("picture"));
    let get = |key| section.get(key);
    set(
        &mut fields.annotations,
        get("annotations").map(|entry| attached(&entry, record, &RESERVED)),
    );
    set(
        &mut fields.labels,
        get("labels").map(|entry| attached(&entry, record, &RESERVED_LABELS)),
    );
}

/// One source or a list of sources; the empty list is no source.
pub(super) fn sources(entry: &Entry<'_>, record: RecordKind) -> Vec<Template> {
    let items = entry.items();
    items
        .iter()
        .filter_map(|item| source(item, record))
        .collect()
}

/// An attribute, or a text with attributes in braces.
fn source(entry: &Entry<'_>, record: RecordKind) -> Option<Template> {
    let text = entry.text(match record {
        RecordKind::User => "an attribute, such as `title`, or a text such as `'{title}, {city}'`",
        RecordKind::Group => "an attribute, such as `name`, or a text such as `'Team {name}'`",
    })?;
    if text.contains(['{', '}']) {
        template(entry, record)
    } else {
        attribute(entry, record)
    }
}

/// The name of an attribute.
pub(super) fn attribute(entry: &Entry<'_>, record: RecordKind) -> Option<Template> {
    let text = entry.text("the name of an attribute")?.trim();
    let template = Template::attribute(text, record);
    made(entry, "not an attribute", template)
}

/// A text with attributes in braces.
pub(super) fn template(entry: &Entry<'_>, record: RecordKind) -> Option<Template> {
    let text = entry.text("a text, with attributes in braces such as `{login}`")?;
    let template = made(
        entry,
        "not a text with attributes in braces",
        Template::parse(text, record),
    )?;
    // Other template languages have two braces where this one has one.
    if template.is_plain() && text.contains("{{") {
        let single = text.replace("{{", "{").replace("}}", "}");
        let fix = match Template::parse(&single, record) {
            Ok(meant) if !meant.is_plain() => format!("write `{single}`"),
            _ => "write single braces around an attribute".to_owned(),
        };
        entry.refuse(
            ConfigError::new(format!(
                "{} has no attribute in it: two braces stand for one that is text",
                quoted(text)
            ))
            .fix(fix),
        );
        return None;
    }
    Some(template)
}

fn made(
    entry: &Entry<'_>,
    wrong: &str,
    result: Result<Template, TemplateError>,
) -> Option<Template> {
    result
        .map_err(|error| entry.refuse(ConfigError::new(wrong).excerpt(error.render())))
        .ok()
}

/// `prefix`, `attributes` and `values` of annotations or labels: the keys, and what makes their values.
fn attached(entry: &Entry<'_>, record: RecordKind, reserved: &[&str]) -> Vec<(String, Template)> {
    let Some(section) = entry.section(&ATTACHED, "a map with `prefix`, `attributes` and `values`")
    else {
        return Vec::new();
    };
    let prefix = section.get("prefix").and_then(|entry| prefix(&entry));
    let prefix = prefix.unwrap_or_default();
    let mut found: BTreeMap<String, (String, Template)> = BTreeMap::new();
    let mut add = |entry: &Entry<'_>, key: String, template: Template| {
        let lower = key.to_lowercase();
        match problem(
            &key,
            reserved,
            found.get(&lower).map(|(key, _)| key.as_str()),
        ) {
            Some(error) => entry.refuse(error),
            None => drop(found.insert(lower, (key, template))),
        }
    };
    let attributes = section.get("attributes").map(|entry| entry.items());
    for entry in attributes.iter().flatten() {
        let Some(template) = attribute(entry, record) else {
            continue;
        };
        let name = |path: &AttributePath| path.in_profile().unwrap_or(path.as_str()).to_owned();
        let name: String = template.paths().map(name).collect();
        add(entry, format!("{prefix}{name}"), template);
    }
    let values = section
        .get("values")
        .and_then(|entry| entry.map("a map of keys and their values"));
    if let Some(values) = &values {
        for key in values.keys() {
            if let Some(entry) = values.entry(key)
                && let Some(template) = template(&entry, record)
            {
                add(&entry, key.to_owned(), template);
            }
        }
    }
    section.close();
    found.into_values().collect()
}

/// What keys of attributes begin with.
fn prefix(entry: &Entry<'_>) -> Option<String> {
    let text = entry
        .text("what keys begin with, such as `acme.com/`")?
        .trim();
    if text.contains('.') && !text.contains('/') {
        entry.refuse(
            ConfigError::new(format!("{} does not end in a slash", quoted(text)))
                .fix(format!("write `{text}/`")),
        );
        return None;
    }
    Some(text.to_owned())
}

/// Why there can be no such key. `other` is the same one but for upper and lower case.
fn problem(key: &str, reserved: &[&str], other: Option<&str>) -> Option<ConfigError> {
    let (message, fix) = if let Err(error) = catalog_model::check_key(key) {
        (
            error.to_string(),
            "write a key such as `acme.com/cost-center`",
        )
    } else if reserved.contains(&key.to_lowercase().as_str()) {
        (
            format!("`{key}` is written by portal-sync itself"),
            "choose another key",
        )
    } else {
        match other? {
            other if other == key => (format!("`{key}` is given twice"), "keep one of them"),
            other => (
                format!("`{key}` and `{other}` are the same but for upper and lower case"),
                "keep one of them: Backstage takes no entity with both",
            ),
        }
    };
    Some(ConfigError::new(message).fix(fix))
}

/// Rules about names, such as those of `exclude`; `what` is named by a rule without a kind.
pub(super) fn rules(entry: &Entry<'_>, what: &str) -> Vec<NameRule> {
    let items = entry.items();
    items.iter().filter_map(|item| rule(item, what)).collect()
}

fn rule(entry: &Entry<'_>, what: &str) -> Option<NameRule> {
    let text = entry.name(&format!("{what}, or a rule such as `glob:svc-*`"))?;
    match text.parse::<NameRule>() {
        Ok(rule) => {
            if rule.kind() == RuleKind::Exact && text.contains('*') {
                entry.notice(format!(
                    "{} is compared as it is; for a pattern write `glob:{text}`",
                    quoted(text)
                ));
            }
            Some(rule)
        }
        Err(error) => {
            let refused = ConfigError::new("not a rule").excerpt(error.render());
            let no_regex = text.starts_with("regex:") && NameRule::regex("a").is_err();
            entry.refuse(if no_regex {
                refused.fix("write `glob:` and a pattern, such as `glob:svc-*`, or several of them")
            } else {
                refused
            });
            None
        }
    }
}

/// Refuses an empty list.
pub(super) fn not_empty(entry: &Entry<'_>, message: &str, fix: &str) {
    if matches!(entry.value(), Value::Array(_, items) if items.is_empty()) {
        entry.refuse(ConfigError::new(message).fix(fix));
    }
}

/// Replaces what stands there by default.
pub(super) fn set<T>(place: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *place = value;
    }
}

/// A text without the white space around it.
pub(super) fn text(entry: Entry<'_>) -> Option<String> {
    entry.text("a text").map(|text| text.trim().to_owned())
}

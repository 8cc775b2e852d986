//! What groups there are, what they are and how they are related.

use catalog_model::EntityName;
use figment::value::Value;

use super::super::errors::ConfigError;
use super::super::filters;
use super::super::section::{Entry, Section};
use super::fields::{self, attribute};
use super::{GroupMapping, GroupTypes, Hierarchy, Merge, Root};
use crate::template::{RecordKind, Template};

/// Reads `mapping.groups`.
pub(super) fn read(section: &Section<'_>, groups: &mut GroupMapping) {
    fields::read(section, RecordKind::Group, &mut groups.fields);
    if let Some(entry) = section.get("type") {
        types(&entry, &mut groups.types);
    }
    if let Some(entry) = section.get("exclude") {
        groups.exclude = fields::rules(&entry, "the name of a group or its Okta id");
    }
    if let Some(hierarchy) = section.get("hierarchy").and_then(|entry| hierarchy(&entry)) {
        groups.hierarchy = Some(hierarchy);
    }
    if let Some(root) = section.get("root").and_then(|entry| root(&entry)) {
        groups.root = Some(root);
    }
    if let Some(entry) = section.get("merge") {
        let items = entry.list("a list of groups to make of others");
        groups.merge = merges(&items.unwrap_or_default());
    }
}

/// `type: team`, or a map with `rules`, `attribute` and `default`.
fn types(entry: &Entry<'_>, types: &mut GroupTypes) {
    if matches!(entry.value(), Value::String(..)) {
        if let Some(text) = entry.text("a type, such as `team`") {
            *types = GroupTypes {
                rules: Vec::new(),
                attribute: Vec::new(),
                default: text.trim().to_owned(),
            };
        }
        return;
    }
    let Some(section) = entry.section("a type, or a map with `rules`, `attribute` and `default`")
    else {
        return;
    };
    if let Some(rules) = section.get("rules") {
        let items = rules.list("a list of `{ when: …, type: … }`");
        types.rules = items
            .unwrap_or_default()
            .iter()
            .filter_map(type_rule)
            .collect();
    }
    if let Some(entry) = section.get("attribute") {
        types.attribute = fields::sources(&entry, RecordKind::Group);
    }
    if let Some(text) = section
        .get("default")
        .and_then(|entry| entry.text("a type, such as `team`"))
    {
        types.default = text.trim().to_owned();
    }
    section.close();
}

fn type_rule(entry: &Entry<'_>) -> Option<(org_filter::SearchExpr, String)> {
    let section = entry.section("`{ when: …, type: … }`")?;
    let when = required(&section, "when").and_then(|entry| filters::search(&entry, |_| None));
    let r#type = required(&section, "type").and_then(|entry| text(&entry));
    section.close();
    Some((when?, r#type?))
}

/// `{ key: …, parentKey: … }` or `{ separator: … }`.
fn hierarchy(entry: &Entry<'_>) -> Option<Hierarchy> {
    let section =
        entry.section("`{ parentKey: parentOrgId, key: orgId }` or `{ separator: '.' }`")?;
    let found = match (section.get("parentKey"), section.get("separator")) {
        (Some(parent), None) => {
            let parent = attribute(&parent, RecordKind::Group);
            let key = match section.get("key") {
                Some(key) => attribute(&key, RecordKind::Group),
                None => Template::attribute("name", RecordKind::Group).ok(),
            };
            parent
                .zip(key)
                .map(|(parent, key)| Hierarchy::ByAttribute { key, parent })
        }
        (None, Some(separator)) => {
            let separator = separator.text("what stands between the parts of a name");
            separator.map(|separator| Hierarchy::ByName {
                separator: separator.to_owned(),
            })
        }
        _ => {
            section.refuse(
                ConfigError::new("expected one of `parentKey` and `separator`")
                    .fix("write `{ parentKey: parentOrgId, key: orgId }` or `{ separator: '.' }`"),
            );
            None
        }
    };
    section.close();
    found
}

fn root(entry: &Entry<'_>) -> Option<Root> {
    let section = entry.section("a map with `name`, `displayName`, `description` and `type`")?;
    let name = required(&section, "name").and_then(|entry| {
        let name = entry.text("the name of the root group")?;
        match EntityName::parse(name) {
            Ok(name) => Some(name),
            Err(error) => {
                entry.refuse(
                    ConfigError::new(error.to_string())
                        .fix("put what people read into `displayName`"),
                );
                None
            }
        }
    });
    let optional = |key| section.get(key).and_then(|entry| text(&entry));
    let (display_name, description) = (optional("displayName"), optional("description"));
    let r#type = optional("type");
    section.close();
    Some(Root {
        name: name?,
        display_name,
        description,
        r#type: r#type.unwrap_or_else(|| "organization".to_owned()),
    })
}

fn merges(items: &[Entry<'_>]) -> Vec<Merge> {
    let mut merges: Vec<Merge> = Vec::new();
    for item in items {
        let Some(section) = item.section("`{ name: …, groups: […] }`") else {
            continue;
        };
        let name = required(&section, "name").and_then(|entry| text(&entry));
        let description = section.get("description").and_then(|entry| text(&entry));
        let groups = required(&section, "groups").map(|entry| {
            let rules = fields::rules(&entry, "the name of a group or its Okta id");
            if matches!(entry.value(), Value::Array(_, items) if items.is_empty()) {
                entry.refuse(ConfigError::new("the list of groups is empty"));
            }
            rules
        });
        section.close();
        let (Some(name), Some(groups)) = (name, groups) else {
            continue;
        };
        if merges.iter().any(|other| other.name == name) {
            item.refuse(
                ConfigError::new(format!(
                    "another group of `merge` is called `{name}` already"
                ))
                .fix("list all its groups in one place"),
            );
            continue;
        }
        merges.push(Merge {
            name,
            description,
            groups,
        });
    }
    merges
}

fn required<'a>(section: &Section<'a>, key: &'static str) -> Option<Entry<'a>> {
    let entry = section.get(key);
    if entry.is_none() && !section.is_unresolved(key) {
        section.refuse(ConfigError::new(format!("`{key}` is missing")));
    }
    entry
}

fn text(entry: &Entry<'_>) -> Option<String> {
    entry.text("a text").map(|text| text.trim().to_owned())
}

//! What groups there are, what they are and how they are related: `mapping.groups`.

use catalog_model::EntityName;
use figment::value::Value;
use org_filter::SearchExpr;

use super::super::errors::ConfigError;
use super::super::filters;
use super::super::keys::{HIERARCHY, MERGE, ROOT, TYPE, TYPE_RULE};
use super::super::section::{Entry, Section};
use super::fields::{self, attribute, not_empty, set, text};
use crate::decide::rules::{GroupMapping, GroupTypes, Hierarchy, Merge, Root};
use crate::text::template::{RecordKind, Template};

/// What a rule without a kind names.
const NAME: &str = "the name of a group or its Okta id";

/// Reads `mapping.groups`.
pub(super) fn read(section: &Section<'_>, groups: &mut GroupMapping) {
    fields::read(section, RecordKind::Group, &mut groups.fields);
    if let Some(entry) = section.get("type") {
        types(&entry, &mut groups.types);
    }
    let get = |key| section.get(key);
    set(
        &mut groups.exclude,
        get("exclude").map(|entry| fields::rules(&entry, NAME)),
    );
    groups.hierarchy = get("hierarchy").and_then(|entry| hierarchy(&entry));
    groups.root = get("root").and_then(|entry| root(&entry));
    set(&mut groups.merge, get("merge").map(|entry| merges(&entry)));
}

/// `type: team`, or a map with `rules`, `attribute` and `default`.
fn types(entry: &Entry<'_>, types: &mut GroupTypes) {
    if matches!(entry.value(), Value::String(..)) {
        set(&mut types.default, text(entry.clone()));
        return;
    }
    let expected = "a type such as `team`, or a map with `rules`, `attribute` and `default`";
    let Some(section) = entry.section(&TYPE, expected) else {
        return;
    };
    if let Some(rules) = section.get("rules") {
        types.rules = rules.items().iter().filter_map(type_rule).collect();
    }
    if let Some(entry) = section.get("attribute") {
        types.attribute = fields::sources(&entry, RecordKind::Group);
    }
    set(&mut types.default, section.get("default").and_then(text));
    section.close();
}

fn type_rule(entry: &Entry<'_>) -> Option<(SearchExpr, String)> {
    let section = entry.section(&TYPE_RULE, "`{ when: …, type: … }`")?;
    let when = section.required("when").and_then(|entry| when(&entry));
    let r#type = section.required("type").and_then(text);
    section.close();
    Some((when?, r#type?))
}

/// A search expression over what groups have. It is evaluated here, so it may ask for more than Okta's search takes.
fn when(entry: &Entry<'_>) -> Option<SearchExpr> {
    filters::search(entry, org_filter::RecordKind::Group, |_| None)
}

/// `{ key: …, parentKey: … }` or `{ separator: … }`.
fn hierarchy(entry: &Entry<'_>) -> Option<Hierarchy> {
    let expected = "`{ key: orgId, parentKey: parentOrgId }` or `{ separator: '.' }`";
    let section = entry.section(&HIERARCHY, expected)?;
    let key = section.get("key");
    let choose = "keep one of them; where another file sets the other one, set that to `null`";
    let found = match section.one_of(["parentKey", "separator"], choose) {
        [Some(parent), _] => {
            let parent = attribute(&parent, RecordKind::Group);
            let key = match key {
                Some(key) => attribute(&key, RecordKind::Group),
                None => Template::attribute("name", RecordKind::Group).ok(),
            };
            parent
                .zip(key)
                .map(|(parent, key)| Hierarchy::ByAttribute { key, parent })
        }
        [_, Some(entry)] => {
            if let Some(key) = key {
                let error = ConfigError::new("with `separator` a group is known by its name alone");
                key.refuse(error.fix("leave `key` out"));
            }
            separator(&entry).map(|separator| Hierarchy::ByName { separator })
        }
        _ => None,
    };
    section.close();
    found
}

/// What stands between the parts of a name, which may be a space.
fn separator(entry: &Entry<'_>) -> Option<String> {
    match entry.value() {
        Value::String(_, text) if text == " " => Some(text.clone()),
        _ => entry
            .text("what stands between the parts of a name, such as `'.'`")
            .map(str::to_owned),
    }
}

fn root(entry: &Entry<'_>) -> Option<Root> {
    let expected = "a map with `name`, `displayName`, `description` and `type`";
    let section = entry.section(&ROOT, expected)?;
    let name = section.required("name").and_then(|entry| {
        let name = entry.text("the name of the root group")?.trim();
        let refuse = |error: &catalog_model::NameError| {
            entry.refuse(
                ConfigError::new(error.to_string())
                    .fix("put what people read into `displayName`, and a short name here"),
            );
        };
        EntityName::parse(name).inspect_err(refuse).ok()
    });
    let optional = |key| section.get(key).and_then(text);
    let display_name = optional("displayName");
    let description = optional("description");
    let r#type = optional("type");
    section.close();
    Some(Root {
        name: name?,
        display_name,
        description,
        r#type: r#type.unwrap_or_else(|| "organization".to_owned()),
    })
}

fn merges(entry: &Entry<'_>) -> Vec<Merge> {
    let mut merges: Vec<Merge> = Vec::new();
    for item in entry.items() {
        let Some(merge) = merge(&item) else { continue };
        if merges.iter().any(|other| other.name == merge.name) {
            let message = format!(
                "another group of `merge` is called `{}` already",
                merge.name
            );
            item.refuse(ConfigError::new(message).fix("list all its groups in one place"));
        } else {
            merges.push(merge);
        }
    }
    merges
}

fn merge(entry: &Entry<'_>) -> Option<Merge> {
    let section = entry.section(&MERGE, "`{ name: …, groups: […] }`")?;
    let name = section.required("name").and_then(text);
    let description = section.get("description").and_then(text);
    let groups = section.required("groups").map(|entry| {
        let fix = "name the groups that it is made of";
        not_empty(&entry, "the list of groups is empty", fix);
        fields::rules(&entry, NAME)
    });
    section.close();
    Some(Merge {
        name: name?,
        description,
        groups: groups?,
    })
}

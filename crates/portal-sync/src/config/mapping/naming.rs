//! What objects are called: `userName` and `groupName`.

use figment::value::Value;

use super::super::errors::ConfigError;
use super::super::section::Entry;
use super::fields::{attribute, template};
use super::{GroupNaming, UserNaming};
use crate::template::{RecordKind, Template};

/// Reads `userName`.
pub(super) fn users(entry: &Entry<'_>) -> Vec<UserNaming> {
    let words = [
        ("strip-domain-email", UserNaming::StripDomainEmail),
        ("id", UserNaming::Id),
        ("kebab-case-email", UserNaming::KebabCaseEmail),
        ("slugify-email", UserNaming::SlugifyEmail),
        ("login", UserNaming::Login),
    ];
    let made = [UserNaming::Attribute, UserNaming::Template];
    chain(entry, RecordKind::User, &words, made)
}

/// Reads `groupName`.
pub(super) fn groups(entry: &Entry<'_>) -> Vec<GroupNaming> {
    let words = [
        ("kebab-case-name", GroupNaming::KebabCaseName),
        ("id", GroupNaming::Id),
        ("profile-name", GroupNaming::ProfileName),
    ];
    let made = [GroupNaming::Attribute, GroupNaming::Template];
    chain(entry, RecordKind::Group, &words, made)
}

/// One strategy, or a list of those to try in turn.
fn chain<T: Clone>(
    entry: &Entry<'_>,
    record: RecordKind,
    words: &[(&str, T)],
    made: [fn(Template) -> T; 2],
) -> Vec<T> {
    if !matches!(entry.value(), Value::Array(..)) {
        return one(entry, record, words, made).into_iter().collect();
    }
    let items = entry
        .list("a list of ways to name them")
        .unwrap_or_default();
    if items.is_empty() {
        entry.refuse(ConfigError::new("the list is empty").fix("name a way, or leave the key out"));
    }
    items
        .iter()
        .filter_map(|item| one(item, record, words, made))
        .collect()
}

fn one<T: Clone>(
    entry: &Entry<'_>,
    record: RecordKind,
    words: &[(&str, T)],
    [of_attribute, of_template]: [fn(Template) -> T; 2],
) -> Option<T> {
    if !matches!(entry.value(), Value::Dict(..)) {
        let choices: Vec<(&str, &T)> = words.iter().map(|(word, one)| (*word, one)).collect();
        return entry.choice(&choices).cloned();
    }
    let section = entry.section("`{ attribute: … }` or `{ template: … }`")?;
    let found = match (section.get("attribute"), section.get("template")) {
        (Some(entry), None) => attribute(&entry, record).map(of_attribute),
        (None, Some(entry)) => template(&entry, record).map(of_template),
        _ => {
            section.refuse(ConfigError::new(
                "expected one of `attribute` and `template`",
            ));
            None
        }
    };
    section.close();
    found
}

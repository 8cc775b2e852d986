//! What objects are called: `userName` and `groupName`.

use figment::value::Value;

use super::super::errors::{ConfigError, quoted};
use super::super::keys::NAMED_BY;
use super::super::section::Entry;
use super::fields::{attribute, not_empty, template};
use crate::decide::rules::{GroupNaming, UserNaming};
use crate::text::template::{RecordKind, Template};

/// Reads `userName`.
pub(super) fn users(entry: Entry<'_>) -> Vec<UserNaming> {
    let words = [
        ("strip-domain-email", UserNaming::StripDomainEmail),
        ("id", UserNaming::Id),
        ("kebab-case-email", UserNaming::KebabCaseEmail),
        ("slugify-email", UserNaming::SlugifyEmail),
        ("login", UserNaming::Login),
    ];
    let made = [UserNaming::Attribute, UserNaming::Template];
    chain(&entry, RecordKind::User, &words, made)
}

/// Reads `groupName`.
pub(super) fn groups(entry: Entry<'_>) -> Vec<GroupNaming> {
    let words = [
        ("kebab-case-name", GroupNaming::KebabCaseName),
        ("id", GroupNaming::Id),
        ("profile-name", GroupNaming::ProfileName),
    ];
    let made = [GroupNaming::Attribute, GroupNaming::Template];
    chain(&entry, RecordKind::Group, &words, made)
}

/// One way, or a list of those to try in turn.
fn chain<T>(
    entry: &Entry<'_>,
    record: RecordKind,
    words: &[(&str, T)],
    made: [fn(Template) -> T; 2],
) -> Vec<T>
where
    T: Clone,
{
    not_empty(
        entry,
        "the list is empty",
        "name a way, or leave the key out",
    );
    let words: Vec<(&str, &T)> = words.iter().map(|(word, way)| (*word, way)).collect();
    entry
        .items()
        .iter()
        .filter_map(|item| one(item, record, &words, made))
        .collect()
}

fn one<T: Clone>(
    entry: &Entry<'_>,
    record: RecordKind,
    words: &[(&str, &T)],
    [of_attribute, of_template]: [fn(Template) -> T; 2],
) -> Option<T> {
    if !matches!(entry.value(), Value::Dict(..)) {
        let maps = ["{ attribute: … }", "{ template: … }"];
        return entry.choice_or(words, &maps).cloned();
    }
    let section = entry.section(&NAMED_BY, "a map")?;
    let choose = "keep one of them; where another file sets the other one, set that to `null`";
    let found = match section.one_of(["attribute", "template"], choose) {
        [Some(entry), _] => attribute(&entry, record).map(of_attribute),
        [_, Some(entry)] => naming_template(&entry, record).map(of_template),
        _ => None,
    };
    section.close();
    found
}

/// A text that is not the same for all.
fn naming_template(entry: &Entry<'_>, record: RecordKind) -> Option<Template> {
    let template = template(entry, record)?;
    if template.is_plain() {
        let text = entry.text("a text").unwrap_or_default();
        let error = ConfigError::new(format!(
            "{} has no attribute in it, and would name all of them the same",
            quoted(text)
        ));
        entry.refuse(error.fix(match record {
            RecordKind::User => "put one in braces, as in `'{firstName}.{lastName}'`",
            RecordKind::Group => "put one in braces, as in `'team-{name}'`",
        }));
        return None;
    }
    Some(template)
}

//! What the texts of an entity may be, whether they stand in an [`Entity`](crate::Entity) or in a document.

use std::borrow::Cow;

use crate::entity_ref::RefParts;
use crate::kind::{ApiVersion, Kind};
use crate::name::{EntityName, Namespace, shown};
use crate::rule::Rule;
use crate::spec::Presence;
use crate::spelling::Spelled;
use crate::syntax;

/// A rule about a text, and what of it a text breaks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Check {
    pub(crate) rule: Rule,
    /// What is wrong with a text, if something is.
    pub(crate) broken: fn(&str) -> Option<Cow<'static, str>>,
}

const fn check(rule: Rule, broken: fn(&str) -> Option<Cow<'static, str>>) -> Check {
    Check { rule, broken }
}

/// Any text will do.
pub(crate) const ANY: Check = check(Rule::WrongType, |_| None);
pub(crate) const NOT_EMPTY: Check = check(Rule::EmptyText, not_empty);
pub(crate) const NOT_BLANK: Check = check(Rule::BlankText, not_blank);
pub(crate) const URL: Check = check(Rule::Url, url);
pub(crate) const NAME: Check = check(Rule::Name, name);
pub(crate) const NAMESPACE: Check = check(Rule::Namespace, namespace);
pub(crate) const KIND: Check = check(Rule::Kind, kind);
pub(crate) const API_VERSION: Check = check(Rule::ApiVersion, api_version);
pub(crate) const PRESENCE: Check = check(Rule::Presence, presence);
pub(crate) const KEY: Check = check(Rule::Key, key);
pub(crate) const LABEL_VALUE: Check = check(Rule::LabelValue, label_value);
pub(crate) const TAG: Check = check(Rule::Tag, tag);
pub(crate) const REF: Check = check(Rule::Ref, reference);

/// What is wrong with the version of a kind that this crate reads the spec of, if something is.
pub(crate) fn version_of(kind: &Kind, version: &ApiVersion) -> Option<Cow<'static, str>> {
    if version.is_of_organization() {
        return None;
    }
    let (one, other) = (ApiVersion::V1_ALPHA1, ApiVersion::V1_BETA1);
    let shown = shown(version.as_str());
    Some(format!("`{shown}` is no version of `{kind}`: these are `{one}` and `{other}`").into())
}

fn not_empty(text: &str) -> Option<Cow<'static, str>> {
    text.is_empty().then_some("it is empty".into())
}

fn not_blank(text: &str) -> Option<Cow<'static, str>> {
    syntax::is_blank(text).then_some("it is blank, leave it out instead".into())
}

/// What JavaScript's `new URL()` takes. Of hosts that mix directions of writing some engines take more.
#[cfg(feature = "url")]
fn url(text: &str) -> Option<Cow<'static, str>> {
    match url::Url::parse(text) {
        Ok(url) if !url.is_special() && has_broken_host(text) => {
            Some("it is not an absolute URL: the host is missing or invalid".into())
        }
        Ok(_) => None,
        Err(error) => Some(format!("it is not an absolute URL: {error}").into()),
    }
}

/// Without a parser of URLs: that the text begins with a scheme.
#[cfg(not(feature = "url"))]
fn url(text: &str) -> Option<Cow<'static, str>> {
    // As JavaScript reads it: what is around the text does not count, and some characters do not wherever they stand.
    let text = text
        .trim_matches(|c: char| c <= ' ')
        .replace(['\t', '\n', '\r'], "");
    let is_scheme = |scheme: &str| {
        let is_allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
        scheme.starts_with(|c: char| c.is_ascii_alphabetic()) && scheme.chars().all(is_allowed)
    };
    match text.split_once(':') {
        Some((scheme, _)) if is_scheme(scheme) => None,
        _ => Some("it is not an absolute URL: it begins with no scheme, such as `https:`".into()),
    }
}

/// `a://@` and `a://b:1\\`, which the parser lets pass for schemes that it does not know.
#[cfg(feature = "url")]
fn has_broken_host(text: &str) -> bool {
    // These are skipped wherever they stand, and others at the end.
    let text = text.replace(['\t', '\n', '\r'], "");
    let text = text.trim_end_matches(|c: char| c <= ' ');
    let authority = text.split_once("://").and_then(|(before, after)| {
        let is_scheme = !before.contains([':', '/', '?', '#']);
        is_scheme.then(|| after.split(['/', '?', '#']).next())?
    });
    let Some(authority) = authority else {
        return false;
    };
    match authority.rsplit_once('@') {
        Some((_, host)) => host.is_empty() || host.contains('\\'),
        None => authority.contains('\\'),
    }
}

fn name(text: &str) -> Option<Cow<'static, str>> {
    Some(EntityName::parse(text).err()?.to_string().into())
}

fn namespace(text: &str) -> Option<Cow<'static, str>> {
    Some(Namespace::parse(text).err()?.to_string().into())
}

fn kind(text: &str) -> Option<Cow<'static, str>> {
    Some(Kind::parse(text).err()?.to_string().into())
}

fn api_version(text: &str) -> Option<Cow<'static, str>> {
    Some(ApiVersion::parse(text).err()?.to_string().into())
}

fn presence(text: &str) -> Option<Cow<'static, str>> {
    let message = || format!("`{}` is not {}", shown(text), Presence::EXPECTED);
    Presence::spelled(text).is_none().then(|| message().into())
}

fn key(text: &str) -> Option<Cow<'static, str>> {
    let problem = syntax::check_key(text).err()?;
    Some(format!("the key is not valid: {problem}").into())
}

/// The empty value is a valid one: a label may be a mere mark.
fn label_value(text: &str) -> Option<Cow<'static, str>> {
    if text.is_empty() {
        return None;
    }
    let problem = syntax::check_name(text).err()?;
    Some(format!("the value is not valid: {problem}").into())
}

fn tag(text: &str) -> Option<Cow<'static, str>> {
    let problem = syntax::check_tag(text).err()?;
    Some(format!("the tag is not valid: {problem}").into())
}

fn reference(text: &str) -> Option<Cow<'static, str>> {
    Some(RefParts::split(text).err()?.to_string().into())
}

#[cfg(all(test, not(feature = "url")))]
mod tests {
    use super::*;

    #[test]
    fn without_a_parser_a_url_is_what_begins_with_a_scheme() {
        for text in [
            "https://a.example",
            " mailto:a",
            "a+b:",
            "ht\ntps://a",
            "https://",
        ] {
            assert_eq!(url(text), None, "{text:?}");
        }
        for text in ["", "a", "/a", "//a", ":a", "1a:b", "a b:c", "a/b:c"] {
            assert!(url(text).is_some(), "{text:?}");
        }
    }
}

//! What the texts of an entity may be, whether they stand in an [`Entity`](crate::Entity) or in a document.

use std::borrow::Cow;

use url::Url;

use crate::entity_ref::RefParts;
use crate::kind::{ApiVersion, Kind};
use crate::name::{EntityName, Namespace, shown};
use crate::spec::Presence;
use crate::spelling::Spelled;
use crate::syntax;

/// What is wrong with a text, if something is.
pub(crate) type Rule = fn(&str) -> Option<Cow<'static, str>>;

pub(crate) fn any(_: &str) -> Option<Cow<'static, str>> {
    None
}

pub(crate) fn not_empty(text: &str) -> Option<Cow<'static, str>> {
    text.is_empty().then_some("it is empty".into())
}

pub(crate) fn not_blank(text: &str) -> Option<Cow<'static, str>> {
    syntax::is_blank(text).then_some("it is blank, leave it out instead".into())
}

/// What JavaScript's `new URL()` takes. Of hosts that mix directions of writing some engines take more.
pub(crate) fn url(text: &str) -> Option<Cow<'static, str>> {
    match Url::parse(text) {
        Ok(url) if !url.is_special() && has_broken_host(text) => {
            Some("it is not an absolute URL: the host is missing or invalid".into())
        }
        Ok(_) => None,
        Err(error) => Some(format!("it is not an absolute URL: {error}").into()),
    }
}

/// `a://@` and `a://b:1\\`, which the parser lets pass for schemes that it does not know.
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

pub(crate) fn name(text: &str) -> Option<Cow<'static, str>> {
    Some(EntityName::parse(text).err()?.to_string().into())
}

pub(crate) fn namespace(text: &str) -> Option<Cow<'static, str>> {
    Some(Namespace::parse(text).err()?.to_string().into())
}

pub(crate) fn kind(text: &str) -> Option<Cow<'static, str>> {
    not_spelled::<Kind>(text)
}

pub(crate) fn api_version(text: &str) -> Option<Cow<'static, str>> {
    not_spelled::<ApiVersion>(text)
}

pub(crate) fn presence(text: &str) -> Option<Cow<'static, str>> {
    not_spelled::<Presence>(text)
}

fn not_spelled<T: Spelled>(text: &str) -> Option<Cow<'static, str>> {
    let message = || format!("`{}` is not {}", shown(text), T::EXPECTED);
    T::spelled(text).is_none().then(|| message().into())
}

pub(crate) fn key(text: &str) -> Option<Cow<'static, str>> {
    let problem = syntax::check_key(text).err()?;
    Some(format!("the key is not valid: {problem}").into())
}

/// The empty value is a valid one: a label may be a mere mark.
pub(crate) fn label_value(text: &str) -> Option<Cow<'static, str>> {
    if text.is_empty() {
        return None;
    }
    let problem = syntax::check_name(text).err()?;
    Some(format!("the value is not valid: {problem}").into())
}

pub(crate) fn tag(text: &str) -> Option<Cow<'static, str>> {
    let problem = syntax::check_tag(text).err()?;
    Some(format!("the tag is not valid: {problem}").into())
}

pub(crate) fn reference(text: &str) -> Option<Cow<'static, str>> {
    Some(RefParts::split(text).err()?.to_string().into())
}

//! `config print`: what is in force once all files and variables are merged, with where it comes from. Secrets are not
//! shown.

use std::fmt;

use figment::value::Value;
use okta_auth::visible::visible;
use serde_json::{Map, Value as Json, json};

use super::errors::is_key;
use super::keys::{Form, Key, PROGRAM, TENANT, Table};
use super::layers::Layers;
use super::place::{Content, Origin};
use super::provider::{entries, is_single};
use super::secrecy::{HIDDEN, Secrecy};
use super::section::{Entry, Reading};
use super::yaml;
use crate::store::PostgresAddress;

/// The variable that stands for a private key in what is recorded.
pub(super) const RECORDED_KEY: &str = "RECORDED_PRIVATE_KEY";

/// That which stands for an API token.
pub(super) const RECORDED_TOKEN: &str = "RECORDED_TOKEN";

/// The configuration in force.
///
/// Prints as YAML in which every value has the place it comes from in a comment; with texts for the secrets it would be
/// read as the same configuration.
#[derive(Debug)]
pub(crate) struct Effective(Part);

/// A value, or what it is made of.
#[derive(Debug)]
enum Part {
    /// What is shown, and where it comes from.
    Value(Json, String),
    /// The variable that stands for a secret, and what that is.
    Variable(&'static str, String),
    List(Vec<Self>),
    Map(Vec<(String, Self)>),
}

impl Effective {
    /// Takes a configuration that was checked.
    pub(super) fn of(layers: &Layers) -> Self {
        let reading = Reading::new(layers);
        let all = reading.at(&["portalSync"]);
        let show = Show {
            secrets: layers.secrets(),
            all: all.clone(),
        };
        let mut parts = Vec::new();
        if let Some(okta) = reading.at(&["catalog", "providers", "okta"]) {
            let under = |key: &str, part| Part::Map(vec![(key.to_owned(), part)]);
            let okta = under("providers", under("okta", show.tenants(&okta)));
            parts.push(("catalog".to_owned(), okta));
        }
        let ours = show.map(&PROGRAM, all.as_ref(), None);
        parts.push(("portalSync".to_owned(), ours));
        Self(Part::Map(parts))
    }

    /// Each tenant alone, by its id, in the order of the configuration, with all that decides what is made of it. For its secrets
    /// there are variables: with any in them it is a configuration that can be read.
    pub(super) fn of_each_tenant(layers: &Layers, ids: &[&str]) -> Vec<(String, Self)> {
        let reading = Reading::new(layers);
        let show = Show {
            secrets: layers.secrets(),
            all: reading.at(&["portalSync"]),
        };
        let under = |key: &str, part| Part::Map(vec![(key.to_owned(), part)]);
        let okta = reading.at(&["catalog", "providers", "okta"]);
        let tenants = okta.iter().flat_map(entries);
        let each = ids.iter().zip(tenants).map(|(id, tenant)| {
            let tenant = under(id, without_secrets(show.tenant(&tenant)));
            let okta = under("catalog", under("providers", under("okta", tenant)));
            ((*id).to_owned(), Self(okta))
        });
        each.collect()
    }

    /// The same without the places.
    pub(crate) fn json(&self) -> Json {
        self.0.json()
    }
}

/// What is shown of values.
struct Show<'a> {
    /// The secrets, which may stand in another place, too.
    secrets: Vec<&'a str>,
    /// What holds for all tenants.
    all: Option<Entry<'a>>,
}

impl<'a> Show<'a> {
    fn tenants(&self, okta: &Entry<'a>) -> Part {
        match okta.value() {
            Value::Array(..) => {
                let tenants = okta.children();
                Part::List(
                    tenants
                        .iter()
                        .map(|(_, tenant)| self.tenant(tenant))
                        .collect(),
                )
            }
            Value::Dict(_, keys) if is_single(keys) => self.tenant(okta),
            _ => {
                let tenants = okta.children().into_iter();
                Part::Map(
                    tenants
                        .map(|(id, tenant)| (id, self.tenant(&tenant)))
                        .collect(),
                )
            }
        }
    }

    fn tenant(&self, tenant: &Entry<'a>) -> Part {
        self.map(&TENANT, Some(tenant), self.all.as_ref())
    }

    /// A map with the keys of a table, those without a value with their defaults. What it does not have, `all` has.
    fn map(&self, table: &'static Table, map: Option<&Entry<'a>>, all: Option<&Entry<'a>>) -> Part {
        let map = map.map(|map| map.as_map_of(table));
        let part = |key: &'static Key| {
            let found = match (&map, all) {
                // Here null takes away what all tenants have; elsewhere theirs stays.
                (Some(map), Some(all)) if key.name == "mapping" => {
                    let laid_over = map.clone().over(Some(all.clone()));
                    self.key(key, Some(&laid_over), None)
                }
                (map, all) => self.key(key, map.as_ref(), all),
            };
            Some((key.name.to_owned(), found?))
        };
        Part::Map(table.keys.iter().filter_map(part).collect())
    }

    /// What is under a key: a value of the map or else of `all`, or the default; nothing when there is none.
    fn key(&self, key: &Key, map: Option<&Entry<'a>>, all: Option<&Entry<'a>>) -> Option<Part> {
        let own = map.and_then(|map| map.child(key.name));
        let of_all = all.and_then(|all| all.child(key.name));
        let null = map.and_then(|map| map.taking_away(key.name));
        match (&key.form, own, null) {
            (Form::Map(_), None, Some(null)) => Some(Part::Value(Json::Null, from(&null))),
            (Form::Map(table), own, _) if own.is_some() || key.default == "{}" => {
                Some(self.map(table, own.as_ref(), of_all.as_ref()))
            }
            (form, own, null) => match own.or(of_all) {
                Some(value) => Some(self.value(form, &value)),
                None => yaml::as_json(key.default)
                    .map(Part::of_default)
                    .or_else(|| Some(Part::Value(Json::Null, from(&null?)))),
            },
        }
    }

    fn value(&self, form: &Form, entry: &Entry<'a>) -> Part {
        let children = entry.children();
        match entry.value() {
            Value::Dict(..) if entry.secrecy() == Secrecy::Secret => {
                Part::Value("(secret: a JWK)".into(), from(entry))
            }
            Value::Dict(..) => match table_of(form, entry) {
                Some(table) => self.map(table, Some(entry), None),
                None => match self.own_keys(form, entry) {
                    parts if parts.is_empty() => Part::Value(json!({}), from(entry)),
                    parts => Part::Map(parts),
                },
            },
            Value::Array(..) if !children.is_empty() => {
                let element = element_of(form).unwrap_or(form);
                Part::List(
                    children
                        .iter()
                        .map(|(_, value)| self.value(element, value))
                        .collect(),
                )
            }
            _ => Part::Value(self.scalar(form, entry), from(entry)),
        }
    }

    /// A map whose keys were chosen by whoever wrote it.
    fn own_keys(&self, form: &Form, map: &Entry<'a>) -> Vec<(String, Part)> {
        let children = map.children().into_iter();
        let values = children.map(|(key, value)| (self.shown(&key), self.value(form, &value)));
        let null = |key: &str| {
            let place = from(&map.taking_away(key)?);
            Some((self.shown(key), Part::Value(Json::Null, place)))
        };
        let nulls = map.own_keys().into_iter().filter_map(null);
        values.chain(nulls).collect()
    }

    fn scalar(&self, form: &Form, entry: &Entry<'a>) -> Json {
        let hides = entry.secrecy().hides();
        let Some(text) = entry.plain() else {
            let value = entry.as_json();
            return if hides && !value.is_null() {
                "(secret: no text)".into()
            } else {
                value
            };
        };
        if entry.secrecy() == Secrecy::Address {
            let masked = PostgresAddress::masked(text.trim(), HIDDEN);
            return match masked == text.trim() {
                true => self.shown(text).into(),
                false => masked.into(),
            };
        }
        let length = text.trim().chars().count();
        if hides {
            let kind = if text.contains("-----BEGIN") {
                "PEM"
            } else if is_key(text) {
                "a JWK"
            } else {
                "a text"
            };
            return format!("(secret: {kind} of {length} characters)").into();
        }
        if let (Form::Address(_), Some((_, query))) = (form, text.split_once('?')) {
            // Collectors take keys there.
            let length = query.chars().count();
            return format!("(not shown: an address with a query of {length} characters)").into();
        }
        self.shown(text).into()
    }

    /// A text that is no secret, unless one was written into it by mistake.
    fn shown(&self, text: &str) -> String {
        if is_key(text) || self.secrets.iter().any(|secret| text.contains(secret)) {
            let length = text.chars().count();
            return format!("(not shown: a text of {length} characters with a secret in it)");
        }
        text.to_owned()
    }
}

/// A tenant as it stands under its id, with variables for its secrets.
fn without_secrets(tenant: Part) -> Part {
    let Part::Map(parts) = tenant else {
        return tenant;
    };
    let (has_key, has_id) = (has(&parts, "privateKey"), has(&parts, "keyId"));
    let parts = parts.into_iter();
    let parts = parts.filter(|(key, _)| key != "id" && (has_id || key != "keyId"));
    let mut parts: Vec<_> = parts.map(|(key, part)| masked(key, part)).collect();
    // Each key of a JWK set has an id of its own; the one that stands for them has none.
    if has_key && !has_id {
        let id = Part::Value("recorded".into(), "for the `kid` of the key".to_owned());
        parts.push(("keyId".to_owned(), id));
    }
    Part::Map(parts)
}

fn masked(key: String, part: Part) -> (String, Part) {
    let part = match (key.as_str(), part) {
        ("privateKey", secret) => secret.behind(RECORDED_KEY),
        ("token", secret) => secret.behind(RECORDED_TOKEN),
        ("oauth", Part::Map(parts)) => {
            let parts = parts.into_iter().map(|(key, part)| masked(key, part));
            Part::Map(parts.collect())
        }
        (_, other) => other,
    };
    (key, part)
}

/// Whether a tenant has a value of this name, by itself or in its `oauth`.
fn has(parts: &[(String, Part)], name: &str) -> bool {
    parts.iter().any(|(key, part)| match part {
        Part::Map(parts) if key == "oauth" => has(parts, name),
        part => key == name && !matches!(part, Part::Value(Json::Null, _)),
    })
}

/// The table of a map of this form, of several the one that has its keys.
fn table_of(form: &Form, entry: &Entry<'_>) -> Option<&'static Table> {
    let tables = match form {
        Form::List(_) | Form::Keys(_) => return None,
        form => form.tables(),
    };
    let has_keys = |table: &&Table| table.keys.iter().any(|key| entry.has(key.name));
    let first = tables.first().copied();
    tables.into_iter().find(has_keys).or(first)
}

/// The form of the elements of a list of this form.
fn element_of(form: &Form) -> Option<&Form> {
    match form {
        Form::List(element) | Form::Items(element) => Some(element),
        Form::OneOf(forms) => forms.iter().find_map(element_of),
        _ => None,
    }
}

/// Where a value comes from.
fn from(entry: &Entry<'_>) -> String {
    let place = entry.place();
    let place = match place.line() {
        Some(line) => format!("{}:{line}", place.source()),
        None => place.source().to_owned(),
    };
    match entry.origin() {
        Some(Origin::Variable(name)) => format!("{place}, from the variable {name}"),
        Some(Origin::File(name)) => format!("{place}, from the file {name}"),
        None => place,
    }
}

impl Part {
    fn of_default(value: Json) -> Self {
        match value {
            Json::Array(items) if !items.is_empty() => {
                Self::List(items.into_iter().map(Self::of_default).collect())
            }
            Json::Object(entries) if !entries.is_empty() => Self::Map(
                entries
                    .into_iter()
                    .map(|(key, value)| (key, Self::of_default(value)))
                    .collect(),
            ),
            value => Self::Value(value, "default".to_owned()),
        }
    }

    /// A secret as a variable.
    fn behind(self, variable: &'static str) -> Self {
        match self {
            Self::Value(Json::String(what), from) => {
                Self::Variable(variable, format!("{what}, {from}"))
            }
            // It is taken away.
            other => other,
        }
    }

    fn json(&self) -> Json {
        match self {
            Self::Value(value, _) => value.clone(),
            Self::Variable(name, _) => format!("${{{name}}}").into(),
            Self::List(parts) => parts.iter().map(Self::json).collect(),
            Self::Map(parts) => Json::Object(Map::from_iter(
                parts.iter().map(|(key, part)| (key.clone(), part.json())),
            )),
        }
    }

    /// Writes what stands behind a key or a `-`, which are `depth` levels deep.
    fn write(&self, f: &mut fmt::Formatter<'_>, depth: usize) -> fmt::Result {
        match self {
            Self::Value(value, from) => writeln!(f, " {} # {}", scalar(value), visible(from)),
            Self::Variable(name, what) => writeln!(f, " ${{{name}}} # {}", visible(what)),
            Self::List(parts) => {
                writeln!(f)?;
                for part in parts {
                    write!(f, "{:width$}-", "", width = 2 * depth)?;
                    match part {
                        Self::Map(parts) if !parts.is_empty() => {
                            write!(f, " ")?;
                            write_map(f, parts, depth + 1, 0)?;
                        }
                        part => part.write(f, depth + 1)?,
                    }
                }
                Ok(())
            }
            Self::Map(parts) if parts.is_empty() => writeln!(f, " {{}}"),
            Self::Map(parts) => {
                writeln!(f)?;
                write_map(f, parts, depth, depth)
            }
        }
    }
}

/// Writes the entries of a map, which are `depth` levels deep; the first one stands where only `first` more are missing.
fn write_map(
    f: &mut fmt::Formatter<'_>,
    parts: &[(String, Part)],
    depth: usize,
    first: usize,
) -> fmt::Result {
    for (at, (key, part)) in parts.iter().enumerate() {
        let before = if at == 0 { first } else { depth };
        write!(f, "{:width$}{}:", "", text(key), width = 2 * before)?;
        part.write(f, depth + 1)?;
    }
    Ok(())
}

/// The value on one line of YAML.
fn scalar(value: &Json) -> String {
    match value {
        Json::String(value) => text(&escaped(value)),
        other => other.to_string(),
    }
}

/// A text in which nothing is a variable to the reader.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let is_reference = after
            .split_once('}')
            .is_some_and(|(name, _)| !name.contains('{'));
        escaped.extend([before, if is_reference { "$${" } else { "${" }]);
        rest = after;
    }
    escaped + rest
}

/// A text on one line of YAML, in quotes only where it needs some.
fn text(text: &str) -> String {
    let line = format!("a: {text} # b");
    let plain = yaml::parse(&super::place::Place::whole("configuration"), &line).is_ok_and(
        |root| matches!(root.get("a").map(|node| &node.content), Some(Content::Text(read)) if read.as_str() == text),
    );
    match plain {
        _ if text.chars().any(char::is_control) => Json::from(text).to_string(),
        true => text.to_owned(),
        _ => format!("'{}'", text.replace('\'', "''")),
    }
}

impl fmt::Display for Effective {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Part::Map(parts) => write_map(f, parts, 0, 0),
            other => other.write(f, 0),
        }
    }
}

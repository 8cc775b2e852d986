//! What a request of the catalog API says, and what is refused of it before anything is looked up.
//!
//! Backstage has its requests checked against its OpenAPI document, by `express-openapi-validator` 5 with `ajv`: the words
//! and their order are those.

use axum::http::{HeaderMap, header};
use serde_json::Value;
use url::form_urlencoded;

use super::route::{Body, Of, Parameter, Shape};
use crate::catalog::syntax;

/// So many parameters are read (as `qs` does).
const PARAMETERS: usize = 1_000;

/// The parameters of a request that its route knows.
#[derive(Debug, Default)]
pub(super) struct Parameters(Vec<(&'static str, Vec<String>)>);

impl Parameters {
    /// Reads the query of an address.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn read(query: &str, known: &[Parameter]) -> Result<Self, String> {
        let mut given: Vec<Given> = Vec::new();
        for (name, value) in form_urlencoded::parse(query.as_bytes()).take(PARAMETERS) {
            let (name, inner) = match name.split_once('[') {
                Some((name, inner)) if !name.is_empty() => (name, inner.strip_suffix(']')),
                _ => (&*name, None),
            };
            if name.is_empty() {
                continue;
            }
            let is_element = |inner: &str| inner.bytes().all(|byte| byte.is_ascii_digit());
            let at = given.iter().position(|it| it.name == name);
            let at = at.unwrap_or_else(|| {
                given.push(Given {
                    name: name.to_owned(),
                    values: Vec::new(),
                    is_list: false,
                    is_object: false,
                });
                given.len() - 1
            });
            if let Some(it) = given.get_mut(at) {
                it.is_list |= inner.is_some() || !it.values.is_empty();
                it.is_object |= inner.is_some_and(|inner| !is_element(inner));
                it.values.push(value.into_owned());
            }
        }
        for it in &given {
            if known.iter().all(|known| known.name != it.name) {
                return Err(format!("Unknown query parameter '{}'", it.name));
            }
            if !it.is_list && it.values.iter().all(String::is_empty) {
                return Err(format!(
                    "Empty value found for query parameter '{}'",
                    it.name
                ));
            }
        }
        let mut read = Self::default();
        let missing = known
            .iter()
            .filter(|known| known.is_required && given.iter().all(|it| it.name != known.name));
        if let Some(known) = missing.into_iter().next() {
            return Err(format!(
                "request/query must have required property '{}'",
                known.name
            ));
        }
        for known in known {
            if let Some(it) = given.iter().find(|it| it.name == known.name) {
                read.0.push((known.name, it.values_of(known)?));
            }
        }
        Ok(read)
    }

    /// The values of a parameter; nothing when it is not given.
    pub(super) fn texts(&self, name: &str) -> Option<&[String]> {
        let found = self.0.iter().find(|(known, _)| *known == name);
        found.map(|(_, values)| values.as_slice())
    }

    /// The only value of a parameter.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.texts(name)?.first().map(String::as_str)
    }

    /// The value of a parameter that is a number; one that no list has is as good as the greatest.
    pub(super) fn number(&self, name: &str) -> Option<usize> {
        let number = number(self.text(name)?)?;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it is whole and not below zero, and what is too large becomes the greatest"
        )]
        Some(number as usize)
    }
}

/// A parameter as it is given.
struct Given {
    name: String,
    values: Vec<String>,
    is_list: bool,
    is_object: bool,
}

impl Given {
    fn values_of(&self, known: &Parameter) -> Result<Vec<String>, String> {
        let name = known.name;
        let is = |what: &str| Err(format!("request/query/{name} must be {what}"));
        let only = match self.values.as_slice() {
            [only] if !self.is_list => Some(only),
            _ => None,
        };
        match (known.of, only) {
            (Of::Texts | Of::List, _) if self.is_object => {
                Err(format!("request/query/{name}/0 must be string"))
            }
            (Of::List, Some(only)) => Ok(only.split(',').map(str::to_owned).collect()),
            (Of::Texts | Of::List, _) => Ok(self.values.clone()),
            (Of::Number, only) => match only.and_then(|only| number(only)) {
                None => is("integer"),
                Some(number) if number.fract() != 0.0 || number.is_infinite() => is("integer"),
                Some(number) if number < 0.0 => is(">= 0"),
                Some(_) => Ok(self.values.clone()),
            },
            (_, None) => is("string"),
            (Of::Choice(choices), Some(only)) if !choices.contains(&only.as_str()) => is(&format!(
                "equal to one of the allowed values: {}",
                choices.join(", ")
            )),
            (Of::Text | Of::Choice(_), Some(_)) => Ok(self.values.clone()),
        }
    }
}

/// A text as JavaScript makes a number of it.
fn number(text: &str) -> Option<f64> {
    let text = text.trim();
    let radix = |prefix: &str| text.strip_prefix(prefix);
    let digits = [
        (radix("0x").or(radix("0X")), 16),
        (radix("0o").or(radix("0O")), 8),
        (radix("0b").or(radix("0B")), 2),
    ];
    for (digits, radix) in digits {
        if let Some(digits) = digits {
            let number = u32::from_str_radix(digits, radix).ok()?;
            return (!digits.starts_with('+')).then(|| number.into());
        }
    }
    if text.is_empty() {
        return Some(0.0);
    }
    let is_number = |byte: u8| byte.is_ascii_digit() || b"+-.eE".contains(&byte);
    if !text.bytes().all(is_number) {
        return None;
    }
    text.parse().ok()
}

/// The body of a request as JSON, where it has one that Backstage reads.
///
/// # Errors
/// When it is no JSON.
pub(super) fn json(headers: &HeaderMap, body: &[u8]) -> Result<Option<Value>, String> {
    if body.is_empty() || content_type(headers).as_deref() != Some("application/json") {
        return Ok(None);
    }
    if let Some(charset) = charset(headers)
        && !charset.to_lowercase().starts_with("utf-")
    {
        return Err(format!(
            "unsupported charset \"{}\"",
            charset.to_uppercase()
        ));
    }
    let first = body.iter().find(|byte| !byte.is_ascii_whitespace());
    if first.is_none_or(|byte| !b"{[".contains(byte)) {
        let text = String::from_utf8_lossy(body);
        let first = text.trim_start().chars().next().unwrap_or_default();
        return Err(format!(
            "Unexpected token '{first}', \"{text}\" is not valid JSON"
        ));
    }
    serde_json::from_slice(body)
        .map(Some)
        .map_err(|_| syntax::error(&String::from_utf8_lossy(body)))
}

/// The media type, in lower case and without its parameters.
fn content_type(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    let of = value.split(';').next().unwrap_or_default().trim();
    (!of.is_empty()).then(|| of.to_lowercase())
}

fn charset(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    let mut parameters = value.split(';').skip(1).filter_map(|it| it.split_once('='));
    let charset = parameters.find(|(name, _)| name.trim().eq_ignore_ascii_case("charset"));
    charset.map(|(_, value)| value.trim().trim_matches('"'))
}

/// The body that a route takes; nothing where it was left out and need not be there.
///
/// # Errors
/// What is wrong with it.
pub(super) fn body(
    headers: &HeaderMap,
    given: Option<Value>,
    takes: Body,
) -> Result<Option<Value>, String> {
    match content_type(headers).as_deref() {
        Some("application/json") => {
            let given = given.unwrap_or_else(|| Value::Object(serde_json::Map::new()));
            check(&given, &takes.shape, "request/body")?;
            Ok(Some(given))
        }
        None if !takes.is_required => Ok(None),
        other => Err(format!(
            "unsupported media type {}",
            other.unwrap_or("undefined")
        )),
    }
}

fn check(value: &Value, shape: &Shape, at: &str) -> Result<(), String> {
    let is = |what: &str| Err(format!("{at} must be {what}"));
    match (shape, value) {
        (Shape::Text, Value::String(_)) | (Shape::Number, Value::Number(_)) => Ok(()),
        (Shape::Text, _) => is("string"),
        (Shape::Number, _) => is("number"),
        (Shape::OneOf(_), other) if !other.is_string() => is("string"),
        (Shape::OneOf(choices), other) => {
            let is_one = choices.iter().any(|choice| other == *choice);
            if is_one {
                Ok(())
            } else {
                is(&format!(
                    "equal to one of the allowed values: {}",
                    choices.join(", ")
                ))
            }
        }
        (Shape::List(of), Value::Array(elements)) => {
            let mut elements = elements.iter().enumerate();
            elements.try_for_each(|(place, element)| check(element, of, &format!("{at}/{place}")))
        }
        (Shape::List(_), _) => is("array"),
        (
            Shape::Object {
                required,
                properties,
                is_closed,
            },
            Value::Object(object),
        ) => {
            if let Some(missing) = required.iter().find(|key| !object.contains_key(**key)) {
                return Err(format!("{at} must have required property '{missing}'"));
            }
            let is_known = |key: &String| properties.iter().any(|(known, _)| known == key);
            if *is_closed && !object.keys().all(is_known) {
                return Err(format!("{at} must NOT have additional properties"));
            }
            properties
                .iter()
                .try_for_each(|(key, shape)| match object.get(*key) {
                    Some(value) => check(value, shape, &format!("{at}/{key}")),
                    None => Ok(()),
                })
        }
        (Shape::Object { .. }, _) => is("object"),
    }
}

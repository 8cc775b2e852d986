//! YAML text to a tree with places.

use std::fmt;
use std::sync::Arc;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{Location, Spanned};

use super::errors::ConfigError;
use super::place::{Content, Key, Node, Place, Written};

/// How deep lists and maps may be nested. Reading is recursive, and a level takes some 40 KB of the
/// stack when it is not optimised; no configuration comes near it.
const MAX_DEPTH: usize = 32;

/// Reads one YAML (or JSON) document; an empty one is null.
///
/// `source` is the file as it is named in messages.
///
/// # Errors
///
/// What is wrong with the syntax, with line and column. Values are not quoted: they may be secrets.
pub(super) fn parse(source: &Place, text: &str) -> Result<Node, ConfigError> {
    // Snippets would print the lines around the error, and with them the secrets that stand there.
    // Infinite numbers are another plugin's business.
    let options = serde_saphyr::options! {
        with_snippet: false,
        strict_booleans: true,
        budget: serde_saphyr::budget! { max_depth: MAX_DEPTH },
        non_finite_float_policy: serde_saphyr::NonFiniteFloatPolicy::PassThrough,
    };
    let raw: Option<Spanned<Raw>> = serde_saphyr::from_str_with_options(text, options)
        .map_err(|error| refused(source, text, &error))?;
    let source = &Source {
        place: source,
        lines: text.lines().collect(),
    };
    Ok(match raw {
        Some(raw) => node(source, raw),
        None => Node::new(source.place.at(1, 1), Content::Null),
    })
}

/// A text of YAML that is right, as JSON; none when it is empty or is not right.
pub(super) fn as_json(text: &str) -> Option<serde_json::Value> {
    let root = parse(&Place::whole("configuration"), text).ok()?;
    Some(json(&root)).filter(|value| !value.is_null())
}

fn json(node: &Node) -> serde_json::Value {
    match &node.content {
        Content::Null => serde_json::Value::Null,
        Content::Bool(value) => (*value).into(),
        Content::Integer(value) => {
            i64::try_from(*value).map_or(serde_json::Value::Null, Into::into)
        }
        Content::Float(value) => (*value).into(),
        Content::Text(text) => text.as_str().into(),
        Content::List(items) => items.iter().map(json).collect(),
        Content::Map(entries) => entries
            .iter()
            .map(|(key, value)| (key.text.clone(), json(value)))
            .collect(),
    }
}

/// A file that is read.
struct Source<'t> {
    place: &'t Place,
    lines: Vec<&'t str>,
}

fn refused(source: &Place, text: &str, error: &serde_saphyr::Error) -> ConfigError {
    let place = match error.location() {
        Some(at) => place(source, at),
        None => source.clone(),
    };
    let line = place
        .line()
        .and_then(|line| text.lines().nth(usize::try_from(line).ok()? - 1));
    let refused = ConfigError::new(format!("not valid YAML: {}", message(error))).at(place);
    // The mistake that references invite: between `{ }` and `[ ]` their braces mean something else.
    if line.is_some_and(|line| line.contains("${")) {
        return refused.fix("between `{ }` or `[ ]` put quotes around it: `'${NAME}'`");
    }
    match line.and_then(unquoted) {
        Some(fix) => refused.fix(fix),
        None => refused,
    }
}

/// What to do about a value that YAML reads otherwise than as a text, on a line that it refuses. The value is not quoted:
/// it may be a secret.
fn unquoted(line: &str) -> Option<String> {
    let line = line.trim_start();
    let (before, value) = match line.strip_prefix("- ") {
        Some(value) => ("- ".to_owned(), value),
        None => {
            let (key, value) = line.split_once(": ")?;
            (format!("{}: ", key.trim()), value)
        }
    };
    let value = value.trim();
    let in_list = value.starts_with('[') && value.len() > 1;
    let inner = value.trim_start_matches(['[', ' ']);
    let first = inner.chars().next()?;
    let has_comment = value.contains(" #");
    let meant = matches!(
        first,
        '*' | '&' | '!' | '%' | '@' | '`' | '"' | '\'' | '|' | '>' | '?' | ','
    ) || inner.starts_with("- ")
        || inner.contains(": ")
        || inner.ends_with(':')
        || has_comment
        || (first == '{' && !value.ends_with('}'));
    if !meant {
        return None;
    }
    let shown = if in_list {
        format!("put single quotes around each whole text in the list: `{before}['…', '…']`")
    } else {
        format!("put single quotes around the whole value: `{before}'…'`")
    };
    let doubled = if value.contains('\'') {
        ", and write each `'` in it twice"
    } else {
        ""
    };
    let comment = if has_comment {
        "; without them ` #` begins a comment"
    } else {
        ""
    };
    Some(format!("{shown}{doubled}{comment}"))
}

/// The message without the position, which is told apart, and without advice to programmers.
fn message(error: &serde_saphyr::Error) -> String {
    let text = error.without_snippet().to_string();
    let first = text.lines().next().unwrap_or_default();
    if first.starts_with("budget breached") {
        return format!("too long, or nested deeper than {MAX_DEPTH} levels");
    }
    [" at line ", ", set ", "; use "]
        .iter()
        .fold(first, |text, end| text.split(end).next().unwrap_or(text))
        .to_owned()
}

fn place(source: &Place, at: Location) -> Place {
    source.at(at.line(), at.column())
}

fn node(source: &Source<'_>, raw: Spanned<Raw>) -> Node {
    let content = match raw.value {
        Raw::Scalar(scalar) => scalar,
        Raw::List(items) => {
            Content::List(items.into_iter().map(|item| node(source, item)).collect())
        }
        Raw::Map(entries) => Content::Map(
            entries
                .into_iter()
                .filter_map(|(key, value)| {
                    let place = place(source.place, key.referenced);
                    // A key that is a list or a map belongs to somebody else: nothing of ours has
                    // one.
                    let text = match key.value {
                        Raw::Scalar(Content::Text(mut text)) => std::mem::take(&mut *text),
                        Raw::Scalar(Content::Bool(value)) => value.to_string(),
                        Raw::Scalar(Content::Integer(value)) => value.to_string(),
                        Raw::Scalar(Content::Float(value)) => value.to_string(),
                        _ => return None,
                    };
                    Some((Key { text, place }, node(source, value)))
                })
                .collect(),
        ),
    };
    let place = place(source.place, raw.referenced);
    let written = source.written(&place, &content).map(Arc::new);
    Node {
        written,
        ..Node::new(place, content)
    }
}

impl Source<'_> {
    /// How a value stands on its line, where YAML may have read another one than was meant.
    fn written(&self, place: &Place, content: &Content) -> Option<Written> {
        let index = usize::try_from(place.line()?).ok()?.checked_sub(1)?;
        let column = usize::try_from(place.column()?).ok()?.checked_sub(1)?;
        let line = self.lines.get(index)?;
        let (at, _) = line.char_indices().nth(column).unwrap_or((line.len(), ' '));
        let (before, rest) = line.split_at_checked(at)?;
        let mark = mark(before);
        match content {
            Content::Text(text) => {
                let (value, _) = [" #", "\t#"]
                    .iter()
                    .filter_map(|end| rest.split_once(end))
                    .min_by_key(|(value, _)| value.len())
                    .unzip();
                // What else stands on the line is not the end of this value.
                let value = value.filter(|value: &&str| value.trim_end() == text.as_str());
                let comment = value
                    .and_then(|value| rest.get(value.len()..))
                    .map(str::to_owned);
                (comment.is_some() || mark.is_some()).then(|| Written {
                    text: text.to_string(),
                    comment,
                    mark,
                })
            }
            Content::Null => {
                let value = rest.split([',', ']', '}', ' ']).next().unwrap_or_default();
                // An anchor or a tag without a value is all that there is of it.
                let start = value
                    .chars()
                    .next()
                    .filter(|first| matches!(first, '&' | '!'));
                let mark = mark.or(start);
                Some(Written {
                    text: value.to_owned(),
                    comment: None,
                    mark,
                })
            }
            Content::Bool(_) | Content::Integer(_) | Content::Float(_) => {
                let is_end = |c: char| c.is_whitespace() || matches!(c, ',' | ']' | '}');
                let text = rest.split(is_end).next().unwrap_or_default().to_owned();
                Some(Written {
                    text,
                    comment: None,
                    mark,
                })
            }
            Content::List(_) | Content::Map(_) => None,
        }
    }
}

/// The sign of an anchor or a tag that ends `before` a value.
fn mark(before: &str) -> Option<char> {
    let own = before.trim_end();
    let own = own.rsplit([' ', '[', ',']).next().unwrap_or_default();
    own.chars()
        .next()
        .filter(|first| matches!(first, '&' | '!'))
}

/// What the parser gives before the file's name is known.
enum Raw {
    Scalar(Content),
    List(Vec<Spanned<Self>>),
    Map(Vec<(Spanned<Self>, Spanned<Self>)>),
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a YAML value")
    }

    fn visit_unit<E: Error>(self) -> Result<Raw, E> {
        Ok(Raw::Scalar(Content::Null))
    }

    fn visit_none<E: Error>(self) -> Result<Raw, E> {
        self.visit_unit()
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Raw, D::Error> {
        Raw::deserialize(deserializer)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Raw, D::Error> {
        Raw::deserialize(deserializer)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Raw, E> {
        Ok(Raw::Scalar(Content::Bool(value)))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Raw, E> {
        Ok(Raw::Scalar(Content::Integer(value.into())))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Raw, E> {
        Ok(Raw::Scalar(Content::Integer(value.into())))
    }

    fn visit_i128<E: Error>(self, value: i128) -> Result<Raw, E> {
        Ok(Raw::Scalar(Content::Integer(value)))
    }

    fn visit_u128<E: Error>(self, value: u128) -> Result<Raw, E> {
        let content = i128::try_from(value).map_or_else(
            |_| Content::Text(value.to_string().into()),
            Content::Integer,
        );
        Ok(Raw::Scalar(content))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Raw, E> {
        Ok(Raw::Scalar(Content::Float(value)))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Raw, E> {
        self.visit_string(value.to_owned())
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Raw, E> {
        Ok(Raw::Scalar(Content::Text(value.into())))
    }

    /// `!!binary`, which only another plugin's keys could hold.
    fn visit_bytes<E: Error>(self, value: &[u8]) -> Result<Raw, E> {
        self.visit_string(String::from_utf8_lossy(value).into_owned())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Raw, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Raw::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Raw, A::Error> {
        let mut map = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            map.push(entry);
        }
        Ok(Raw::Map(map))
    }
}

//! What expressions are evaluated on.

use std::slice;

use jiff::Timestamp;

use crate::path::AttributePath;

#[cfg(feature = "serde_json")]
mod json;

/// Anything whose attributes can be asked for by name, such as a user or a group of Okta.
///
/// ```
/// use org_filter::{Attribute, AttributePath, Dialect, Record, SearchExpr};
///
/// struct Team {
///     name: String,
///     tags: Vec<String>,
/// }
///
/// impl Record for Team {
///     fn attribute<'a>(&'a self, path: &'a AttributePath) -> Attribute<'a> {
///         match path.as_str() {
///             "profile.name" => Attribute::Text(&self.name),
///             "profile.tags" => Attribute::from(self.tags.as_slice()),
///             _ => Attribute::Absent,
///         }
///     }
/// }
///
/// let expr: SearchExpr = r#"profile.name sw "Plat" and profile.tags eq "Core""#.parse()?;
/// let matcher = expr.compile(&Dialect::GROUP_SEARCH);
/// let team = Team { name: "platform".into(), tags: vec!["on-call".into(), "core".into()] };
/// assert!(matcher.matches(&team));
/// # Ok::<(), org_filter::ParseErrors>(())
/// ```
pub trait Record {
    /// The value of the attribute `path`.
    fn attribute<'a>(&'a self, path: &'a AttributePath) -> Attribute<'a>;
}

/// The value of one attribute of one record, borrowed: looking at it allocates nothing.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Attribute<'a> {
    /// Not there, or null.
    Absent,
    /// A text; also a date, when the record keeps dates as texts.
    Text(&'a str),
    /// A number.
    Number(f64),
    /// `true` or `false`.
    Bool(bool),
    /// A date, for records that have read it already.
    Instant(Timestamp),
    /// An object that is not empty: it is present, and no comparison with it holds.
    Object,
    /// A list: a comparison holds when it holds for one of the elements.
    Many(Many<'a>),
}

/// The elements of an attribute with several values.
#[derive(Clone, Debug)]
pub struct Many<'a>(Elements<'a>);

#[derive(Clone, Debug)]
enum Elements<'a> {
    Texts(slice::Iter<'a, String>),
    #[cfg(feature = "serde_json")]
    Json(json::Elements<'a>),
}

impl<'a> Iterator for Many<'a> {
    type Item = Attribute<'a>;

    fn next(&mut self) -> Option<Attribute<'a>> {
        match &mut self.0 {
            Elements::Texts(texts) => texts.next().map(|text| Attribute::Text(text)),
            #[cfg(feature = "serde_json")]
            Elements::Json(values) => values.next(),
        }
    }
}

impl<'a> From<&'a [String]> for Attribute<'a> {
    fn from(texts: &'a [String]) -> Self {
        Self::Many(Many(Elements::Texts(texts.iter())))
    }
}

impl<'a> From<&'a str> for Attribute<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl<'a, T: Into<Self>> From<Option<T>> for Attribute<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Absent, Into::into)
    }
}

impl From<Timestamp> for Attribute<'_> {
    fn from(instant: Timestamp) -> Self {
        Self::Instant(instant)
    }
}

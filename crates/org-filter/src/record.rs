//! What expressions are evaluated on.

use std::{slice, vec};

use crate::path::AttributePath;
use crate::timestamp::Timestamp;

#[cfg(feature = "serde_json")]
mod json;

/// Anything whose attributes can be asked for by name, such as a user or a group of Okta.
///
/// Answer by the names that expressions use, which are those of Okta's JSON, and say [`Attribute::Absent`] of everything
/// else: an absent attribute makes a comparison false and is no error. With the feature `serde_json`, JSON values are
/// records already.
///
/// `From` makes an attribute of a text, a number, a truth, an instant, a list of texts, and an `Option` of each;
/// [`Attribute::many`] makes one of any other list.
///
/// ```
/// use std::time::SystemTime;
/// use org_filter::{Attribute, AttributePath, Dialect, Record, SearchExpr};
///
/// struct Employee {
///     login: String,
///     department: Option<String>,
///     level: u8,
///     tags: Vec<String>,
///     hired: SystemTime,
///     phones: Vec<Phone>,
/// }
///
/// struct Phone {
///     number: String,
/// }
///
/// impl Record for Employee {
///     fn attribute<'a>(&'a self, path: &'a AttributePath) -> Attribute<'a> {
///         match path.as_str() {
///             "profile.login" => self.login.as_str().into(),
///             "profile.department" => self.department.as_deref().into(),
///             "profile.level" => self.level.into(),
///             "profile.tags" => self.tags.as_slice().into(),
///             "created" => self.hired.into(),
///             "profile.phones.number" => Attribute::many(self.phones.iter().map(|one| one.number.as_str())),
///             _ => Attribute::Absent,
///         }
///     }
/// }
///
/// let ada = Employee {
///     login: "ada@example.com".into(),
///     department: None,
///     level: 7,
///     tags: vec!["on-call".into(), "core".into()],
///     hired: SystemTime::UNIX_EPOCH,
///     phones: vec![Phone { number: "+44 1".into() }],
/// };
/// for holds in [
///     r#"profile.login sw "ADA@" and profile.level ge 7"#,
///     r#"profile.tags eq "Core" and not (profile.department pr)"#,
///     r#"created lt "2000-01-01T00:00:00.000Z""#,
///     r#"profile.phones.number sw "+44""#,
/// ] {
///     let expr: SearchExpr = holds.parse()?;
///     assert!(expr.compile(&Dialect::USER_SEARCH).matches(&ada), "{holds}");
/// }
/// # Ok::<(), org_filter::ParseErrors>(())
/// ```
pub trait Record {
    /// The value of the attribute `path`.
    fn attribute<'a>(&'a self, path: &'a AttributePath) -> Attribute<'a>;
}

/// So that a matcher takes what `Iterator::filter` hands out.
impl<R: Record + ?Sized> Record for &R {
    fn attribute<'a>(&'a self, path: &'a AttributePath) -> Attribute<'a> {
        (**self).attribute(path)
    }
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
    Collected(vec::IntoIter<Attribute<'a>>),
    #[cfg(feature = "serde_json")]
    Json(json::Elements<'a>),
}

impl<'a> Iterator for Many<'a> {
    type Item = Attribute<'a>;

    fn next(&mut self) -> Option<Attribute<'a>> {
        match &mut self.0 {
            Elements::Texts(texts) => texts.next().map(|text| Attribute::Text(text)),
            Elements::Collected(values) => values.next(),
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

impl<'a> From<&'a String> for Attribute<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(text)
    }
}

/// `From` for types that are one of the variants.
macro_rules! from {
    ($($variant:ident($($scalar:ty),+);)+) => {$($(
        impl From<$scalar> for Attribute<'_> {
            fn from(value: $scalar) -> Self {
                Self::$variant(value.into())
            }
        }
    )+)+};
}

// Whole numbers of 64 bits are not among them: a 64-bit floating point number, as JSON's are, does not hold them all.
from! {
    Number(f64, f32, i8, i16, i32, u8, u16, u32);
    Bool(bool);
    Instant(Timestamp, std::time::SystemTime);
}

#[cfg(feature = "jiff")]
from! {
    Instant(jiff::Timestamp);
}

impl<'a> Attribute<'a> {
    /// A list of any values that are attributes. The list is collected, which allocates; a slice of `String`s is an
    /// attribute by `From` and allocates nothing.
    ///
    /// ```
    /// use org_filter::Attribute;
    ///
    /// let Attribute::Many(levels) = Attribute::many([3, 7]) else { unreachable!() };
    /// assert_eq!(levels.count(), 2);
    /// ```
    pub fn many(values: impl IntoIterator<Item = impl Into<Self>>) -> Self {
        let values: Vec<Self> = values.into_iter().map(Into::into).collect();
        Self::Many(Many(Elements::Collected(values.into_iter())))
    }
}

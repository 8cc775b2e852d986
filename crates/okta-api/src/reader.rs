//! How records are read: what is built of them, and how much of it there may be.

mod shape;

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::fmt;

use serde::de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use serde_json::{Map, Number, Value};
use smol_str::SmolStr;

pub(crate) use self::shape::Shape;

/// A record with more attributes than this is malformed. Okta's own schemas have some 30, and an org adds a few dozen.
pub(crate) const MAX_ATTRIBUTES: usize = 1_000;

/// A record of more values than this is malformed: a value of one byte takes thirty times as much memory as text.
pub(crate) const MAX_VALUES: usize = 10_000;

/// Which of the things a record may have are built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Keep {
    /// Attributes of the profile; all of them where there is no list.
    profile: Option<BTreeSet<String>>,
    /// Fields that the types do not name.
    other: Option<BTreeSet<String>>,
}

/// The one of whoever wants everything.
static EVERYTHING: Keep = Keep {
    profile: None,
    other: None,
};

impl Keep {
    pub(crate) const EVERYTHING: Self = Self {
        profile: None,
        other: None,
    };

    /// Only what is named, as a search names it: `profile.title`, `type.id`. Of a path the first name counts.
    pub(crate) fn only<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let (mut profile, mut other) = (BTreeSet::new(), BTreeSet::new());
        for name in names {
            let (kept, name) = match name.strip_prefix("profile.") {
                Some(attribute) => (&mut profile, attribute),
                None => (&mut other, name),
            };
            kept.insert(name.split('.').next().unwrap_or(name).to_owned());
        }
        Self {
            profile: Some(profile),
            other: Some(other),
        }
    }

    /// With one more of the fields that the types do not name.
    pub(crate) fn with_field(mut self, name: &str) -> Self {
        if let Some(other) = &mut self.other {
            other.insert(name.to_owned());
        }
        self
    }

    #[inline]
    fn attribute(&self, name: &str) -> bool {
        self.profile.as_ref().is_none_or(|kept| kept.contains(name))
    }

    /// Whether a field that the types do not name is built.
    #[inline]
    pub(crate) fn field(&self, name: &str) -> bool {
        self.other.as_ref().is_none_or(|kept| kept.contains(name))
    }
}

/// Reads one record.
#[derive(Debug)]
pub struct Reader<'a> {
    keep: &'a Keep,
    /// How many values the record may still have.
    left: Cell<usize>,
    /// What the records before this one looked like.
    shape: Option<&'a RefCell<Shape>>,
}

impl Reader<'static> {
    /// One that builds everything.
    #[inline]
    pub(crate) fn of_everything() -> Self {
        Self::new(&EVERYTHING, None)
    }
}

impl<'a> Reader<'a> {
    /// One that builds what `keep` says of one of several records that look alike.
    #[inline]
    pub(crate) const fn new(keep: &'a Keep, shape: Option<&'a RefCell<Shape>>) -> Self {
        Self {
            keep,
            left: Cell::new(MAX_VALUES),
            shape,
        }
    }

    #[inline]
    pub(crate) const fn keep(&self) -> &'a Keep {
        self.keep
    }

    /// What reads a value, whatever it is.
    #[inline]
    pub(crate) const fn value(&self) -> AnyValue<'_> {
        AnyValue(&self.left)
    }

    /// What reads a list of texts; `null` is an empty one.
    #[inline]
    pub(crate) const fn texts(&self) -> Texts<'_> {
        Texts(&self.left)
    }

    /// What reads the name of an attribute.
    #[inline]
    pub(crate) const fn name(&self) -> Name<'_> {
        Name {
            keep: self.keep,
            shape: self.shape,
        }
    }

    /// Passes over the value of an attribute that is not built, and counts it where its place says so.
    pub(crate) fn skip<'de, A: MapAccess<'de>>(
        &self,
        place: Option<usize>,
        attributes: &mut A,
    ) -> Result<(), A::Error> {
        let (Some(shape), Some(place)) = (self.shape, place) else {
            attributes.next_value::<IgnoredAny>()?;
            return Ok(());
        };
        if has_value(attributes.next_value::<&RawValue>()?) {
            shape.borrow_mut().count(place);
        }
        Ok(())
    }
}

/// Reads a field that a record may have once: of two neither can be trusted.
#[inline]
pub(crate) fn once<'de, A: MapAccess<'de>, T: Deserialize<'de>>(
    seen: &mut u16,
    place: u16,
    name: &'static str,
    fields: &mut A,
) -> Result<T, A::Error> {
    first(seen, place, name)?;
    fields.next_value()
}

/// Notes that a field is there, which may be so once.
#[inline]
pub(crate) fn first<E: Error>(seen: &mut u16, place: u16, name: &'static str) -> Result<(), E> {
    let bit = 1 << place;
    if *seen & bit != 0 {
        return Err(E::duplicate_field(name));
    }
    *seen |= bit;
    Ok(())
}

/// The name of an attribute: whether it is kept, and where it is counted.
pub(crate) struct Name<'a> {
    keep: &'a Keep,
    shape: Option<&'a RefCell<Shape>>,
}

/// A name that was read.
pub(crate) enum Named {
    Kept(SmolStr),
    /// With its place in the shape, where its value counts.
    Skipped(Option<usize>),
}

impl<'de> DeserializeSeed<'de> for Name<'_> {
    type Value = Named;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Named, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Name<'_> {
    type Value = Named;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of an attribute")
    }

    fn visit_str<E>(self, name: &str) -> Result<Named, E> {
        if let Some(shape) = self.shape.filter(|_| self.keep.profile.is_some()) {
            let mut shape = shape.borrow_mut();
            let place = shape.place(name, self.keep);
            if let Some((place, known)) = place.and_then(|at| Some((at, shape.attribute(at)?))) {
                return Ok(if known.kept {
                    Named::Kept(known.name.clone())
                } else {
                    Named::Skipped(shape.is_counted().then_some(place))
                });
            }
        }
        Ok(if self.keep.attribute(name) {
            Named::Kept(name.into())
        } else {
            Named::Skipped(None)
        })
    }
}

/// Builds a value, of no more parts than are left.
#[derive(Clone, Copy)]
pub(crate) struct AnyValue<'a>(&'a Cell<usize>);

#[inline]
fn take<E: Error>(left: &Cell<usize>) -> Result<(), E> {
    let Some(rest) = left.get().checked_sub(1) else {
        return Err(E::custom(format_args!(
            "the record has more than {MAX_VALUES} values"
        )));
    };
    left.set(rest);
    Ok(())
}

impl<'de> DeserializeSeed<'de> for AnyValue<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        take(self.0)?;
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for AnyValue<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(element) = elements.next_element_seed(self)? {
            list.push(element);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(name) = fields.next_key::<String>()? {
            map.insert(name, fields.next_value_seed(self)?);
        }
        Ok(Value::Object(map))
    }
}

/// Builds a list of texts, of no more than are left.
pub(crate) struct Texts<'a>(&'a Cell<usize>);

impl<'de> DeserializeSeed<'de> for Texts<'_> {
    type Value = Vec<String>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Vec<String>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Texts<'_> {
    type Value = Vec<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of texts")
    }

    fn visit_unit<E>(self) -> Result<Vec<String>, E> {
        Ok(Vec::new())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Vec<String>, A::Error> {
        let mut texts = Vec::new();
        while let Some(text) = elements.next_element()? {
            take(self.0)?;
            texts.push(text);
        }
        Ok(texts)
    }
}

/// Whether there is a value: something, and not a blank text, an empty list or a map. Only its first letters are looked at: a
/// value that nobody keeps may be as deep and as large a number as it likes.
fn has_value(value: &RawValue) -> bool {
    match value.get() {
        "null" | "[]" => false,
        text if text.starts_with('"') => !text.trim_matches(['"', ' ']).is_empty(),
        other => !other.starts_with('{'),
    }
}

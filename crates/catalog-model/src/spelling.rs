//! Reading values that have one spelling each.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{self, Deserializer, Visitor};

/// A value that is written as one of a few texts.
pub(crate) trait Spelled: Sized {
    /// The texts, for people.
    const EXPECTED: &'static str;

    /// The value that is spelled so.
    fn spelled(text: &str) -> Option<Self>;
}

/// Reads a text and nothing else: what serde derives for an enum takes `{"User": null}` for `"User"`, too.
pub(crate) fn deserialize<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Spelled,
{
    deserializer.deserialize_str(Spelling(PhantomData))
}

struct Spelling<T>(PhantomData<T>);

impl<T: Spelled> Visitor<'_> for Spelling<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::EXPECTED)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        T::spelled(text).ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &self))
    }
}

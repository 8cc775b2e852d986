//! Okta's words: sets of names that are closed today and grow tomorrow.

use std::fmt;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer};

/// Declares an enum of words. A word that it does not know is kept as text, and `null` is the empty word: Okta adds values
/// now and then, and a new one is no reason not to read the rest.
macro_rules! words {
    (
        $(#[$docs:meta])*
        $name:ident {
            $($(#[$word_docs:meta])* $variant:ident = $word:literal,)+
        }
    ) => {
        $(#[$docs])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$word_docs])* $variant,)+
            /// A word newer than this crate; empty when Okta sent none. A later version may give the word a name of its
            /// own: whoever looks for one that has none yet compares with the text (`==`, `as_str`).
            Other(String),
        }

        impl $name {
            /// The word on the wire.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $word,)+
                    Self::Other(word) => word,
                }
            }

            /// Whether Okta sent no word at all.
            #[must_use]
            pub fn is_absent(&self) -> bool {
                self.as_str().is_empty()
            }
        }

        impl Default for $name {
            fn default() -> Self {
                Self::Other(String::new())
            }
        }

        impl From<&str> for $name {
            fn from(word: &str) -> Self {
                match word {
                    $($word => Self::$variant,)+
                    other => Self::Other(other.to_owned()),
                }
            }
        }

        impl PartialEq<str> for $name {
            fn eq(&self, word: &str) -> bool {
                self.as_str() == word
            }
        }

        impl PartialEq<&str> for $name {
            fn eq(&self, word: &&str) -> bool {
                self.as_str() == *word
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                crate::word::read(deserializer, |word| word.into())
            }
        }
    };
}
pub(crate) use words;

/// Hands the word to `known` without copying it first; `null` is the empty one.
pub(crate) fn read<'de, D: Deserializer<'de>, T>(
    deserializer: D,
    known: fn(&str) -> T,
) -> Result<T, D::Error> {
    struct Word<T>(fn(&str) -> T);

    impl<T> Visitor<'_> for Word<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a word")
        }

        fn visit_str<E>(self, word: &str) -> Result<T, E> {
            Ok((self.0)(word))
        }

        fn visit_unit<E>(self) -> Result<T, E> {
            Ok((self.0)(""))
        }
    }

    deserializer.deserialize_any(Word(known))
}

/// `null` as nothing, where a list or an object is expected.
pub(crate) fn or_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    Option::deserialize(deserializer)
        .map(Option::unwrap_or_default)
        .map_err(Error::custom)
}

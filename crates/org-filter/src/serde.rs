//! Expressions and rules as texts, and reports as objects with stable names.
//!
//! Written by hand: the derive macros would be most of the tree of this crate.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Range;
use std::str::FromStr;

use serde_core::de::{Deserialize, Deserializer, Error, Visitor};
use serde_core::ser::{Serialize, SerializeStruct as _, Serializer};

use crate::names::{InvalidRule, NameReport, NameRule, RuleKind};
use crate::{
    AttributeErrors, AttributePath, Clause, DialectErrors, Explanation, InvalidPath, Literal,
    Matcher, Operator, ParseErrors, Problem, SearchExpr, Split, Timestamp,
};

/// As it prints.
macro_rules! as_text {
    ($($printed:ty),+ $(,)?) => {$(
        impl Serialize for $printed {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
    )+};
}

as_text!(
    AttributePath,
    Matcher,
    NameRule,
    Operator,
    RuleKind,
    SearchExpr,
    Timestamp
);

/// An object with these members, absent values as null.
macro_rules! as_object {
    ($object:ty, $name:literal, |$it:ident| { $($member:literal: $value:expr),+ $(,)? }) => {
        impl Serialize for $object {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let $it = self;
                let length = [$($member),+].len();
                let mut object = serializer.serialize_struct($name, length)?;
                $(object.serialize_field($member, &$value)?;)+
                object.end()
            }
        }
    };
}

as_object!(Problem, "Problem", |it| {
    "message": it.message(),
    "span": Span(it.span()),
    "expected": it.expected(),
    "fix": it.fix(),
    "help": it.help(),
    "authority": it.authority(),
});
as_object!(ParseErrors, "ParseErrors", |it| { "text": it.text(), "problems": it.problems() });
as_object!(DialectErrors, "DialectErrors", |it| { "text": it.text(), "problems": it.problems() });
as_object!(AttributeErrors, "AttributeErrors", |it| { "text": it.text(), "problems": it.problems() });
as_object!(InvalidRule, "InvalidRule", |it| { "text": it.text(), "problems": it.problems() });
as_object!(Clause, "Clause", |it| {
    "comparison": it.comparison,
    "span": Span(it.span.clone()),
    "holds": it.holds,
    "seen": it.seen,
});
as_object!(Explanation, "Explanation", |it| { "matches": it.matches(), "clauses": it.clauses() });
as_object!(Split, "Split", |it| { "server": it.server, "local": it.local });
as_object!(NameReport<'_>, "NameReport", |it| {
    "unmatched": it.unmatched,
    "ambiguous": Ambiguous(&it.ambiguous),
});

/// Bytes of a text: `{"start": 0, "end": 3}`.
struct Span(Range<usize>);

as_object!(Span, "Span", |it| { "start": it.0.start, "end": it.0.end });

/// Names with the number of the groups that have them.
struct Ambiguous<'a>(&'a [(&'a str, usize)]);

impl Serialize for Ambiguous<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let named = self.0.iter().map(|(name, groups)| Named {
            name,
            groups: *groups,
        });
        serializer.collect_seq(named)
    }
}

struct Named<'a> {
    name: &'a str,
    groups: usize,
}

as_object!(Named<'_>, "Named", |it| { "name": it.name, "groups": it.groups });

/// The JSON value that it is; a whole number without a fraction where 64 bits hold it.
impl Serialize for Literal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => serializer.serialize_str(text),
            Self::Number(number) => match number.to_string().parse::<i64>() {
                Ok(whole) => serializer.serialize_i64(whole),
                Err(_) => serializer.serialize_f64(number.value()),
            },
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Null => serializer.serialize_unit(),
        }
    }
}

/// What is read from a text, and what is said when it cannot be.
trait Written: FromStr {
    /// What should stand there.
    const EXPECTED: &'static str;

    fn told(error: Self::Err) -> String;
}

impl Written for SearchExpr {
    const EXPECTED: &'static str = "an expression of Okta's search language, as a text";

    fn told(errors: ParseErrors) -> String {
        format!(
            "not an expression of Okta's search language\n{}",
            errors.render().trim_end()
        )
    }
}

impl Written for NameRule {
    const EXPECTED: &'static str = "a rule about names, as a text";

    fn told(error: InvalidRule) -> String {
        format!("not a rule about names\n{}", error.render().trim_end())
    }
}

impl Written for AttributePath {
    const EXPECTED: &'static str = "the name of an attribute";

    fn told(error: InvalidPath) -> String {
        error.to_string()
    }
}

struct Text<T>(PhantomData<T>);

impl<T: Written> Visitor<'_> for Text<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::EXPECTED)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(|error| E::custom(T::told(error)))
    }
}

macro_rules! from_text {
    ($($written:ty),+) => {$(
        impl<'de> Deserialize<'de> for $written {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_str(Text(PhantomData))
            }
        }
    )+};
}

from_text!(SearchExpr, NameRule, AttributePath);

//! The values an attribute is compared with, and how they are written.

use std::fmt;

/// A value of an expression. Dates are texts: whether a text is a date depends on the attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Literal {
    /// A JSON string; printed with the fewest escapes.
    Text(String),
    /// A JSON number.
    Number(Number),
    /// `true` or `false`.
    Bool(bool),
    /// `null`, which RFC 7644 has and Okta refuses. No comparison with it holds.
    Null,
}

/// A finite number that is printed with the digits it was written with.
#[derive(Clone, Debug)]
pub struct Number {
    value: f64,
    digits: Box<str>,
}

impl Number {
    /// Reads a JSON number; `None` for anything else, and for numbers beyond 64-bit floating point.
    pub(crate) fn read(text: &str) -> Option<Self> {
        if !is_json_number(text) {
            return None;
        }
        let value: f64 = text.parse().ok()?;
        value.is_finite().then(|| Self {
            value,
            digits: text.into(),
        })
    }

    /// The value, never infinite and never NaN.
    pub fn value(&self) -> f64 {
        self.value
    }
}

/// With the digits it was written with.
impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.digits)
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

/// The value is finite, so it equals itself.
impl Eq for Number {}

/// `-? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?` of RFC 8259, section 6.
pub(crate) fn is_json_number(text: &str) -> bool {
    let text = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent
            .is_none_or(|exponent| digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent)))
}

/// Writes `text` as a JSON string, with the escapes JSON demands and no others.
pub(crate) fn write_json_string(out: &mut impl fmt::Write, text: &str) -> fmt::Result {
    out.write_char('"')?;
    for character in text.chars() {
        match character {
            '"' => out.write_str("\\\"")?,
            '\\' => out.write_str("\\\\")?,
            '\u{8}' => out.write_str("\\b")?,
            '\u{c}' => out.write_str("\\f")?,
            '\n' => out.write_str("\\n")?,
            '\r' => out.write_str("\\r")?,
            '\t' => out.write_str("\\t")?,
            control if control < ' ' => write!(out, "\\u{:04x}", u32::from(control))?,
            other => out.write_char(other)?,
        }
    }
    out.write_char('"')
}

/// `text` as a JSON string.
pub(crate) fn json_string(text: &str) -> String {
    Literal::Text(text.to_owned()).to_string()
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write_json_string(f, text),
            Self::Number(number) => fmt::Display::fmt(number, f),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Null => f.write_str("null"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_json() {
        for good in ["0", "-0", "7", "3.25", "-12.5e3", "1E+2", "1e-7", "0.0"] {
            assert!(Number::read(good).is_some(), "{good}");
        }
        for bad in [
            "", "-", "01", ".5", "5.", "+1", "1e", "1e+", "0x10", "inf", "NaN", "1_000", "1e999",
        ] {
            assert!(Number::read(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn strings_are_printed_as_json() {
        assert_eq!(
            json_string("a\"b\\c\n\u{1}\u{8}é😀"),
            r#""a\"b\\c\n\u0001\bé😀""#
        );
    }
}

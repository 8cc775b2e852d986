//! Where a value ends in JSON that may be wrong inside.

/// Why the end of a value cannot be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// The text ends within the value.
    Ended,
    /// The value has not the shape of JSON: whatever follows may be part of it.
    Broken,
}

/// What may come next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    Value,
    /// After `[`.
    ValueOrEnd,
    Key,
    /// After `{`.
    KeyOrEnd,
    Colon,
    /// After a value: a comma or the end of what it is in.
    More,
}

/// Finds where the value ends with which the text begins, and shows `field` each of its own fields: name and value as they are
/// written, the name without its quotes.
///
/// Strings, brackets, commas and colons have to be in their places. What is between them need not be right: `tru`, `NaN`, `01`
/// and any escape or control character in a string pass, for these are the trouble of one record. A quote too few turns the
/// text inside out, so that a bare word follows a string: that is told, and nobody is lost in another's record. The depth
/// of nesting does not matter.
///
/// # Errors
///
/// When there is no such end.
pub(super) fn value<'t>(
    text: &'t [u8],
    mut field: impl FnMut(&'t [u8], &'t [u8]),
) -> Result<usize, Fault> {
    let mut within = Nesting::default();
    let (mut at, mut next) = (0, Next::Value);
    let (mut name, mut begin) = (&[][..], 0);
    loop {
        at += space(text.get(at..).unwrap_or_default());
        let rest = text.get(at..).unwrap_or_default();
        let own = within.is_outermost_object();
        let (length, then) = token(rest, next, &mut within)?;
        at += length;
        match then {
            Next::Colon if own => name = rest.get(1..length - 1).unwrap_or_default(),
            Next::Value if own && next == Next::Colon => {
                begin = at + space(text.get(at..).unwrap_or_default());
            }
            Next::More if within.depth == 0 => return Ok(at),
            Next::More if within.is_outermost_object() => {
                field(name, text.get(begin..at).unwrap_or_default());
            }
            _ => {}
        }
        next = then;
    }
}

/// The length of the token that the text begins with, where `next` may come, and what may come after it:
/// [`Next::More`] where it ends a value.
#[inline]
fn token(text: &[u8], next: Next, within: &mut Nesting) -> Result<(usize, Next), Fault> {
    let &byte = text.first().ok_or(Fault::Ended)?;
    Ok(match (next, byte) {
        (Next::Key | Next::KeyOrEnd, b'"') => (string(text)?, Next::Colon),
        (Next::Colon, b':') => (1, Next::Value),
        (Next::More, b',') if within.is_object() => (1, Next::Key),
        (Next::More, b',') => (1, Next::Value),
        (Next::Value | Next::ValueOrEnd, b'{') => {
            within.enter(true);
            (1, Next::KeyOrEnd)
        }
        (Next::Value | Next::ValueOrEnd, b'[') => {
            within.enter(false);
            (1, Next::ValueOrEnd)
        }
        (Next::More | Next::KeyOrEnd, b'}') if within.is_object() => {
            within.leave();
            (1, Next::More)
        }
        (Next::More | Next::ValueOrEnd, b']') if within.is_array() => {
            within.leave();
            (1, Next::More)
        }
        (Next::Value | Next::ValueOrEnd, b'"') => (string(text)?, Next::More),
        (Next::Value | Next::ValueOrEnd, _) => match bare(text) {
            0 => return Err(Fault::Broken),
            length => (length, Next::More),
        },
        _ => return Err(Fault::Broken),
    })
}

/// How many bytes of white space the text begins with.
pub(super) fn space(text: &[u8]) -> usize {
    let mut bytes = text.iter();
    let end = bytes.position(|byte| !matches!(byte, b' ' | b'\t' | b'\r' | b'\n'));
    end.unwrap_or(text.len())
}

/// The length of the string that the text begins with, quotes included.
fn string(text: &[u8]) -> Result<usize, Fault> {
    let mut at = 1;
    loop {
        let rest = text.get(at..).unwrap_or_default();
        let mut bytes = rest.iter();
        let found = bytes.position(|byte| matches!(byte, b'"' | b'\\'));
        at += found.ok_or(Fault::Ended)?;
        if text.get(at) == Some(&b'"') {
            return Ok(at + 1);
        }
        at += 2;
    }
}

/// The length of the word or number that the text begins with.
fn bare(text: &[u8]) -> usize {
    let ends = |byte: &u8| {
        matches!(
            byte,
            b'{' | b'}' | b'[' | b']' | b':' | b',' | b'"' | b' ' | b'\t' | b'\r' | b'\n'
        )
    };
    text.iter().position(ends).unwrap_or(text.len())
}

/// What the place is in, one bit a level: JSON of nothing but brackets takes an eighth of its size.
#[derive(Debug, Default)]
struct Nesting {
    /// Whether each level is an object, 64 a word.
    objects: Vec<u64>,
    depth: usize,
}

impl Nesting {
    fn enter(&mut self, object: bool) {
        let bit = self.depth % 64;
        if bit == 0 {
            self.objects.push(0);
        }
        if let Some(word) = self.objects.last_mut() {
            *word = *word & !(1 << bit) | u64::from(object) << bit;
        }
        self.depth += 1;
    }

    fn leave(&mut self) {
        self.depth = self.depth.saturating_sub(1);
        if self.depth % 64 == 0 {
            self.objects.pop();
        }
    }

    fn is_object(&self) -> bool {
        let bit = self.depth.wrapping_sub(1) % 64;
        let word = self.objects.last().copied().unwrap_or_default();
        self.depth > 0 && word >> bit & 1 == 1
    }

    /// Whether it is in the value itself, which is an object, and in none of its fields.
    fn is_outermost_object(&self) -> bool {
        self.depth == 1 && self.is_object()
    }

    fn is_array(&self) -> bool {
        self.depth > 0 && !self.is_object()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::{Fault, value};

    fn fields(text: &str) -> Result<(usize, Vec<(String, String)>), Fault> {
        let mut fields = Vec::new();
        let text_of = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let end = value(text.as_bytes(), |name, value| {
            fields.push((text_of(name), text_of(value)));
        })?;
        Ok((end, fields))
    }

    #[test]
    fn a_value_ends_where_its_brackets_and_quotes_do() {
        let deep = format!("{}{}", "[".repeat(1_000), "]".repeat(1_000));
        let mixed = format!("{}1{}", r#"[{"a":"#.repeat(300), "}]".repeat(300));
        for text in [
            "7",
            "tru",
            "NaN",
            "-",
            r#""a""#,
            r#""\"],""#,
            "[]",
            "{}",
            "[1,[2,{}],01]",
            r#"{"a":tru,"b":[NaN,"\ud8"],"c":{}}"#,
            "{\"a\":\"\t\n\x00\"}",
            r#"{"a":"\"}"}"#,
            &deep,
            &mixed,
        ] {
            for after in [",", "]", " ,7", "}"] {
                assert_eq!(
                    fields(&format!("{text}{after}")).map(|found| found.0),
                    Ok(text.len()),
                    "{text}{after}"
                );
            }
        }
    }

    #[test]
    fn what_has_no_end_is_told_from_what_ended() {
        let table = [
            ("", Fault::Ended),
            ("[", Fault::Ended),
            ("{", Fault::Ended),
            (r#"{"a"#, Fault::Ended),
            (r#"{"a":"b\""#, Fault::Ended),
            (r#"{"a":"b\"#, Fault::Ended),
            (r#"{"a":tru"#, Fault::Ended),
            (r#"{"a":1,"#, Fault::Ended),
            (",", Fault::Broken),
            ("]", Fault::Broken),
            (":1", Fault::Broken),
            ("[}", Fault::Broken),
            (r#"{"a":1]"#, Fault::Broken),
            (r#"{"a":[1}"#, Fault::Broken),
            ("{1:2}", Fault::Broken),
            (r#"{"a" "b"}"#, Fault::Broken),
            (r#"{"a":1 2}"#, Fault::Broken),
            (r#"{"a":1,}"#, Fault::Broken),
            ("[1,]", Fault::Broken),
            ("[1 2]", Fault::Broken),
            (r#"["a""b"]"#, Fault::Broken),
            // A quote, or a bracket, too few: the next record is not swallowed.
            (r#"{"a":"b},{"id":"c"}]"#, Fault::Broken),
            (r#"{"a":b","c":"d"},{"id":"c"}]"#, Fault::Broken),
            (r#"{"a":"},{"id":"b","c":"}]"#, Fault::Broken),
            (r#"{"a":{"b":1},{"id":"c"}]"#, Fault::Broken),
            (r#"{"a":[1,{"id":"c"}]"#, Fault::Ended),
        ];
        for (text, fault) in table {
            assert_eq!(fields(text), Err(fault), "{text}");
        }
    }

    #[test]
    fn the_fields_of_the_value_itself_are_shown() {
        let (_, shown) =
            fields(r#" { "a" : {"x":[1]} , "\u0062":"c", "d":tru, "e" : [ {"f":1} ] }"#).unwrap();
        let shown: Vec<_> = shown
            .iter()
            .map(|(a, b)| (a.as_str(), b.as_str()))
            .collect();
        assert_eq!(
            shown,
            [
                ("a", r#"{"x":[1]}"#),
                (r"\u0062", r#""c""#),
                ("d", "tru"),
                ("e", r#"[ {"f":1} ]"#)
            ]
        );
        assert_eq!(fields(r#"[{"a":1}]"#).unwrap().1, []);
    }

    fn json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 6, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                proptest::collection::vec((any::<String>(), inner), 0..6)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn any_json_ends_where_it_ends(given in json(), after in "[,\\]] ?.{0,20}") {
            let text = given.to_string();
            prop_assert_eq!(fields(&format!("{text}{after}")).map(|found| found.0), Ok(text.len()));
            if let Value::Object(object) = &given {
                let (_, shown) = fields(&text).unwrap();
                let shown: Vec<_> = shown.into_iter().map(|(_, value)| value).collect();
                let expected: Vec<_> = object.values().map(ToString::to_string).collect();
                prop_assert_eq!(shown, expected);
            }
        }

        #[test]
        fn any_bytes_have_an_end_inside_or_none(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            if let Ok(end) = value(&bytes, |_, _| ()) {
                prop_assert!(end <= bytes.len());
            }
        }

        /// Cut anywhere, a value that has brackets is known to be cut.
        #[test]
        fn what_is_cut_off_has_ended(given in json(), part in 0.0..1.0f64) {
            let text = Value::from(vec![given]).to_string();
            let cut = (text.len() as f64 * part) as usize;
            prop_assert_eq!(value(&text.as_bytes()[..cut], |_, _| ()), Err(Fault::Ended));
        }
    }
}

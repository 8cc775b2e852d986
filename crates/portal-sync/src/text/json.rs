//! JSON where a person may read it: what cannot be seen is written by its number.

use std::borrow::Cow;
use std::fmt::Write as _;

use okta_auth::visible::is_hidden;

/// The same JSON value, with `\u202e` for each character in its texts of which nothing is seen, or which a terminal acts on.
///
/// JSON has such characters in its texts only, so each of them can be written so.
pub(crate) fn nothing_hidden(json: &str) -> Cow<'_, str> {
    let is_layout = |character| matches!(character, '\n' | '\t' | '\r');
    let escapes = |character| !is_layout(character) && is_hidden(character);
    if json.is_ascii() && !json.contains(escapes) {
        return json.into();
    }
    let mut text = String::with_capacity(json.len());
    for character in json.chars() {
        if escapes(character) {
            for unit in character.encode_utf16(&mut [0; 2]) {
                let _ = write!(text, "\\u{unit:04x}");
            }
        } else {
            text.push(character);
        }
    }
    text.into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn a_text_is_the_same_and_shows_what_is_in_it() {
        for (value, text) in [
            (json!("Zoë 🚀"), r#""Zoë 🚀""#),
            (json!("a\u{202e}b\u{9b}"), r#""a\u202eb\u009b""#),
            (
                json!("\u{7f}\u{2028}\u{e0041}"),
                r#""\u007f\u2028\udb40\udc41""#,
            ),
            (json!("a\u{1b}\n\\"), r#""a\u001b\n\\""#),
            (json!({"a": [1, "\u{3164}"]}), r#"{"a":[1,"\u3164"]}"#),
        ] {
            let written = nothing_hidden(&value.to_string()).into_owned();
            assert_eq!(written, text);
            assert_eq!(serde_json::from_str::<Value>(&written).unwrap(), value);
        }
        let pretty = "{\n  \"a\": 1\n}\n";
        assert_eq!(nothing_hidden(pretty), pretty, "its layout stays");
    }

    proptest! {
        #[test]
        fn no_text_is_changed(text in any::<String>()) {
            let json = Value::from(text).to_string();
            let written = nothing_hidden(&json).into_owned();
            prop_assert!(!written.contains(is_hidden), "{written:?}");
            let (one, other): (Value, Value) =
                (serde_json::from_str(&json).unwrap(), serde_json::from_str(&written).unwrap());
            prop_assert_eq!(one, other);
        }
    }
}

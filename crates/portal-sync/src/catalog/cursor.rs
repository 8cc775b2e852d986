//! Cursors as texts: what a client sends back to read on.

use base64::Engine as _;
use base64::alphabet::STANDARD as ALPHABET;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};
use serde_json::{Value, json};

use super::query::Cursor;
use super::syntax;

/// Reads what JavaScript reads: padding or none, and leftover bits.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &ALPHABET,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// The cursor as a text.
pub(crate) fn encode(cursor: &Cursor) -> String {
    // A cursor has text keys, so there is nothing that could not be written.
    STANDARD.encode(serde_json::to_vec(cursor).unwrap_or_default())
}

/// The JSON of a text that stands for it.
///
/// # Errors
/// When it is none: why.
pub(crate) fn json_of(text: &str) -> Result<Value, String> {
    let mut plain: String = text
        .chars()
        .map(|c| match c {
            '-' => '+',
            '_' => '/',
            other => other,
        })
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '/'))
        .collect();
    if plain.len() % 4 == 1 {
        plain.pop();
    }
    let bytes = LENIENT.decode(plain).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    serde_json::from_str(&text).map_err(|_| syntax::error(&text))
}

/// The cursor that a text stands for.
///
/// # Errors
/// When it is none, in Backstage's words as far as these are its own.
pub(crate) fn decode(text: &str) -> Result<Cursor, String> {
    let value = json_of(text).map_err(|error| format!("Malformed cursor: SyntaxError: {error}"))?;
    let lacks = [
        ("orderFields", "array"),
        ("orderFieldValues", "array"),
        ("isPrevious", "boolean"),
    ];
    let lacks = lacks.into_iter().filter_map(|(key, expected)| {
        let given = value.get(key);
        let received = match given {
            None => "undefined",
            Some(Value::Null) => "null",
            Some(Value::Bool(_)) => "boolean",
            Some(Value::Number(_)) => "number",
            Some(Value::String(_)) => "string",
            Some(Value::Array(_)) => "array",
            Some(Value::Object(_)) => "object",
        };
        let message = match given {
            None => "Required".to_owned(),
            Some(_) => format!("Expected {expected}, received {received}"),
        };
        (received != expected).then(|| {
            json!({
                "code": "invalid_type",
                "expected": expected,
                "received": received,
                "path": [key],
                "message": message,
            })
        })
    });
    let lacks: Vec<Value> = lacks.collect();
    if !lacks.is_empty() {
        let lacks = serde_json::to_string_pretty(&lacks).unwrap_or_default();
        return Err(format!(
            "Malformed cursor: InputError: Malformed cursor: {lacks}"
        ));
    }
    serde_json::from_value(value)
        .map_err(|error| format!("Malformed cursor: InputError: Malformed cursor: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::query::{Direction, Order};

    #[test]
    fn a_cursor_is_read_back() {
        let cursor = Cursor {
            order_fields: vec![Order {
                field: "metadata.name".to_owned(),
                order: Some(Direction::Desc),
            }],
            is_previous: true,
            query: Some(json!({ "kind": "user" })),
            order_field_values: Some(vec![Some("ü".to_owned()), None]),
            total_items: Some(3.into()),
            ..Cursor::default()
        };
        let text = encode(&cursor);
        assert_eq!(decode(&text), Ok(cursor.clone()));
        let other_alphabet = text
            .trim_end_matches('=')
            .replace('+', "-")
            .replace('/', "_");
        assert_eq!(decode(&other_alphabet), Ok(cursor));
    }

    #[test]
    fn what_is_no_cursor_is_refused() {
        for (text, expected) in [
            ("", "Malformed cursor: SyntaxError: "),
            ("abc", "Malformed cursor: SyntaxError: "),
            (
                "e30=",
                "Malformed cursor: InputError: Malformed cursor: [\n  {\n    \"code\": \"invalid_type\",\n    \"expected\": \"array\",\n    \"received\": \"undefined\",",
            ),
        ] {
            let error = decode(text).unwrap_err();
            assert!(error.starts_with(expected), "{error}");
        }
    }
}

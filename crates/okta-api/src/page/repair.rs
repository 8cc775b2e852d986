//! Text that is nearly JSON.

use std::borrow::Cow;

/// The JSON without what no text can hold: halves of surrogate pairs and bytes that are no UTF-8 become U+FFFD, control
/// characters inside of strings their escapes.
///
/// Directories hold such texts, cut off in the middle of an emoji by whatever wrote them. Reading them with U+FFFD keeps the
/// record; refusing them would keep its entity as it was for ever because of one letter. Lengths change, meaning does not.
pub(super) fn repaired(json: &[u8]) -> Cow<'_, str> {
    let json = String::from_utf8_lossy(json);
    let mut repaired = String::new();
    // What is left of the text, from which `kept` bytes are taken over as they are.
    let (mut rest, mut kept, mut in_string) = (&*json, 0, false);
    while let Some(at) = rest.as_bytes().get(kept..).and_then(|rest| {
        rest.iter()
            .position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f))
    }) {
        kept += at;
        let (before, found) = rest.split_at(kept);
        let (replacement, length) = match found.as_bytes() {
            [b'"', ..] => {
                in_string = !in_string;
                kept += 1;
                continue;
            }
            [b'\\', b'u', ..] => match escapes(found) {
                Some(length) => {
                    kept += length;
                    continue;
                }
                None => ("\\ufffd".to_owned(), 6),
            },
            [b'\\', next, ..] if next.is_ascii() => {
                kept += 2;
                continue;
            }
            [control @ 0..=0x1f, ..] if in_string => (format!("\\u{control:04x}"), 1),
            _ => {
                kept += 1;
                continue;
            }
        };
        repaired.push_str(before);
        repaired.push_str(&replacement);
        rest = found.get(length..).unwrap_or_default();
        kept = 0;
    }
    if repaired.is_empty() {
        return json;
    }
    repaired.push_str(rest);
    Cow::Owned(repaired)
}

/// The length of the escape at the start of the text, a pair of surrogates being one, or `None` for half a pair. What is no
/// escape at all is left to the parser.
fn escapes(text: &str) -> Option<usize> {
    match unit(text) {
        Some(0xd800..=0xdbff) => {
            let low = text.get(6..).and_then(unit);
            matches!(low, Some(0xdc00..=0xdfff)).then_some(12)
        }
        Some(0xdc00..=0xdfff) => None,
        Some(_) => Some(6),
        None => Some(2),
    }
}

/// The UTF-16 unit of an escape such as `\ud83d` at the start of the text.
fn unit(text: &str) -> Option<u16> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    let are_digits = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    are_digits
        .then(|| u16::from_str_radix(digits, 16).ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::repaired;

    #[test]
    fn what_no_text_can_hold_is_replaced() {
        let table: [(&[u8], &str); 14] = [
            (br#"["a\ud83d"]"#, r#"["a\ufffd"]"#),
            (
                br#"["\uD83D\ud83d\ude00 b"]"#,
                r#"["\ufffd\ud83d\ude00 b"]"#,
            ),
            (br#"["\ude00\ud83d"]"#, r#"["\ufffd\ufffd"]"#),
            (br#"["\ud83d\n"]"#, r#"["\ufffd\n"]"#),
            (br#"["\ud83d\u0041"]"#, r#"["\ufffd\u0041"]"#),
            (br#"["\ud83d"#, r#"["\ufffd"#),
            (br#"{"\ud83d": 1}"#, r#"{"\ufffd": 1}"#),
            // An escaped backslash is followed by letters.
            (br#"["\\ud83d"]"#, r#"["\\ud83d"]"#),
            (br#"["\"\ud83d\""]"#, r#"["\"\ufffd\""]"#),
            (b"[\"a\tb\nc\x00\"]\n", "[\"a\\u0009b\\u000ac\\u0000\"]\n"),
            (b"[\"\xff\xe4\"]", "[\"\u{fffd}\u{fffd}\"]"),
            (b"[\"\\\xc3\xa4\"]", "[\"\\\u{e4}\"]"),
            (br#"["\u12"]"#, r#"["\u12"]"#),
            (br#"["\ud8"#, r#"["\ud8"#),
        ];
        for (given, expected) in table {
            assert_eq!(repaired(given), expected);
        }
    }

    proptest! {
        #[test]
        fn json_stays_as_it_is(texts in proptest::collection::vec(any::<String>(), 0..4)) {
            let json = Value::from(texts).to_string();
            prop_assert_eq!(repaired(json.as_bytes()), json.as_str());
        }

        #[test]
        fn any_escapes_and_bytes_become_text(inside in r#"(\\u[0-9a-fA-F]{4}|\\[nrt"\\/bf]|[ -!#-\[\]-~\x00-\x1f]){0,20}"#) {
            let json = format!(r#"["{inside}"]"#);
            prop_assert!(serde_json::from_str::<Vec<String>>(&repaired(json.as_bytes())).is_ok());
        }
    }
}

//! Texts that are still URL-encoded, such as `status+eq+%22ACTIVE%22`.

use crate::expr::Operator;
use crate::problem::{Place, Problem};

/// Whether a word, that is something outside quotes, shows that the text is encoded.
pub(super) fn is_encoded(word: &str) -> bool {
    let mut joined = word.split('+').skip(1);
    word.split('%')
        .skip(1)
        .any(|after| hex_byte(after).is_some())
        || joined.any(|part| Operator::named(part).is_some())
}

/// The one problem of an encoded text, with the text decoded as its fix.
pub(super) fn problem(text: &str) -> Problem {
    let mut decoded = decode(text);
    if is_encoded(&decoded) {
        // Encoded twice, as clients do that encode what their caller had encoded.
        decoded = decode(&decoded);
    }
    Problem::new(
        Place::new(0, text.len()),
        "the text is URL-encoded; it is encoded when it is sent",
    )
    .fixed_by(Some(decoded))
}

fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(found) = rest.find(['%', '+']) {
        let (plain, escape) = rest.split_at_checked(found).unwrap_or((rest, ""));
        bytes.extend_from_slice(plain.as_bytes());
        let after = escape.get(1..).unwrap_or_default();
        (rest, _) = match hex_byte(after) {
            Some(byte) if escape.starts_with('%') => {
                (after.get(2..).unwrap_or_default(), bytes.push(byte))
            }
            _ if escape.starts_with('+') => (after, bytes.push(b' ')),
            _ => (after, bytes.push(b'%')),
        };
    }
    bytes.extend_from_slice(rest.as_bytes());
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The byte two hexadecimal digits at the start of `text` stand for.
fn hex_byte(text: &str) -> Option<u8> {
    let digits = text.get(..2)?;
    let hexadecimal = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    hexadecimal.then(|| u8::from_str_radix(digits, 16).ok())?
}

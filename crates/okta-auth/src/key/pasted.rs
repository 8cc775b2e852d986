//! What a key picks up on its way through files, YAML and environment variables.

use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::DecodePaddingMode::Indifferent;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use secrecy::zeroize::Zeroizing;

/// What may stand around a key without being part of it.
const AROUND: &str = "\"'`\u{201c}\u{201d}\u{2018}\u{2019}\\,\u{feff}";

/// The text without space and quotes around it, however many.
pub(super) fn bare(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || AROUND.contains(c))
}

/// The same with line ends and quotes that were escaped, once or more often. Neither PEM nor the
/// numbers of a JWK hold a backslash.
pub(super) fn unescaped(text: &str) -> Zeroizing<String> {
    let mut plain = Zeroizing::new(text.to_owned());
    for escape in ["\\r", "\\n", "\\t"] {
        plain = Zeroizing::new(plain.replace(escape, "\n"));
    }
    plain.retain(|c| c != '\\');
    Zeroizing::new(bare(&plain).to_owned())
}

/// Whether it is JSON that was pasted.
pub(super) fn is_json(text: &str) -> bool {
    bare(text).starts_with('{')
}

/// A whole key, as stores of secrets that take one line each encode it.
pub(super) enum Encoded {
    /// PEM or JWK.
    Text(Zeroizing<String>),
    /// The bytes that PEM has between its lines.
    Der(Zeroizing<Vec<u8>>),
    /// Text in UTF-16.
    Utf16,
}

/// What is in a text that is base64 from end to end; `None` for any other.
pub(super) fn encoded(text: &str) -> Option<Encoded> {
    let mut dense = unescaped(text);
    dense.retain(|c| !c.is_whitespace());
    let bytes = [STANDARD, URL_SAFE].into_iter().find_map(|alphabet| {
        let config = GeneralPurposeConfig::new().with_decode_padding_mode(Indifferent);
        let engine = GeneralPurpose::new(&alphabet, config);
        engine.decode(dense.as_bytes()).ok()
    });
    let bytes = Zeroizing::new(bytes?);
    /// The tag of every structure that a key may be (X.690).
    const SEQUENCE: u8 = 0x30;
    match bytes.as_slice() {
        [] => None,
        [SEQUENCE, ..] => Some(Encoded::Der(bytes)),
        bytes if bytes.contains(&0) && has_letters_between_zeros(bytes) => Some(Encoded::Utf16),
        bytes => {
            let text = Zeroizing::new(std::str::from_utf8(bytes).ok()?.to_owned());
            (is_json(&text) || text.contains("-----BEGIN ")).then_some(Encoded::Text(text))
        }
    }
}

/// Whether it is text in UTF-16, which was read as if each of its bytes were a letter.
pub(super) fn is_utf16(text: &str) -> bool {
    has_letters_between_zeros(text.as_bytes())
}

/// Every second byte of ASCII in UTF-16 is zero.
fn has_letters_between_zeros(bytes: &[u8]) -> bool {
    let zeros = bytes.iter().filter(|&&byte| byte == 0).count();
    zeros > 8 && zeros * 5 > bytes.len() * 2
}

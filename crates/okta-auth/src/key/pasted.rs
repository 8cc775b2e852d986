//! What a key picks up on its way through files, YAML and environment variables.

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

//! Paths into an entity, as people read them: `metadata.labels["a b"]`, `spec.memberOf[0]`.

/// The path of a key of the object at `base`; the root is the empty path.
pub(crate) fn key(base: &str, key: &str) -> String {
    let is_word = key.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    match (is_word, base.is_empty()) {
        (true, true) => key.to_owned(),
        (true, false) => format!("{base}.{key}"),
        (false, _) => format!("{base}[{key:?}]"),
    }
}

/// The path of an element of the list at `base`.
pub(crate) fn index(base: &str, index: usize) -> String {
    format!("{base}[{index}]")
}

//! A pattern as SQL's `LIKE` has it.

use memchr::memmem::Finder;

/// A text that is looked for as a part of others; both are in lower case. `%` stands for any letters and `_` for any one, as
/// Backstage hands a search to its database.
#[derive(Debug)]
pub(super) struct Pattern {
    finder: Option<Finder<'static>>,
    /// What is between the signs `%`.
    parts: Vec<Vec<char>>,
}

impl Pattern {
    pub(super) fn new(term: &str) -> Self {
        let is_plain = !term.contains(['%', '_']);
        let parts = term.split('%').filter(|part| !part.is_empty());
        Self {
            finder: is_plain.then(|| Finder::new(term).into_owned()),
            parts: parts.map(|part| part.chars().collect()).collect(),
        }
    }

    /// A text in which no sign stands for others.
    pub(super) fn literal(text: &str) -> Self {
        Self {
            finder: Some(Finder::new(text).into_owned()),
            parts: Vec::new(),
        }
    }

    /// What finds it, when it has no signs.
    pub(super) const fn plain(&self) -> Option<&Finder<'static>> {
        self.finder.as_ref()
    }

    /// Whether it is a part of `text`.
    pub(super) fn is_in(&self, text: &str) -> bool {
        if let Some(finder) = &self.finder {
            return finder.find(text.as_bytes()).is_some();
        }
        let text: Vec<char> = text.chars().collect();
        let mut from = 0;
        self.parts.iter().all(|part| {
            let rest = text.get(from..).unwrap_or_default();
            let is_it = |window: &[char]| {
                let pairs = window.iter().zip(part);
                pairs.into_iter().all(|(a, b)| *b == '_' || a == b)
            };
            let found = rest.windows(part.len()).position(is_it);
            from += found.unwrap_or_default() + part.len();
            found.is_some()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_stand_for_letters() {
        for (term, text, expected) in [
            ("a", "bab", true),
            ("a", "b", false),
            ("", "b", true),
            ("", "", true),
            ("a%c", "xabcx", true),
            ("a%c", "ca", false),
            ("%", "", true),
            ("_", "", false),
            ("_", "é", true),
            ("a_c", "äabc", true),
            ("a_c", "ac", false),
            ("a%b%a", "ab", false),
            ("a%b%a", "aba", true),
            ("%%x%%", "x", true),
        ] {
            assert_eq!(Pattern::new(term).is_in(text), expected, "{term} in {text}");
        }
    }
}

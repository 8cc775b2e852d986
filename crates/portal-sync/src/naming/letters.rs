//! Letters that a library spells out, from tables that `xtask/naming/letters.mjs` writes.

use std::borrow::Cow;
use std::sync::LazyLock;

/// What `deburr` of lodash makes of accented Latin letters.
pub(super) static DEBURR: LazyLock<Letters> =
    LazyLock::new(|| Letters::read(include_str!("deburr.txt")));

/// What slugify makes of letters of other scripts, of currencies and of a few signs.
pub(super) static CHARMAP: LazyLock<Letters> =
    LazyLock::new(|| Letters::read(include_str!("charmap.txt")));

/// Letters with their replacements, sorted by letter.
#[derive(Debug)]
pub(super) struct Letters(Vec<(char, &'static str)>);

impl Letters {
    /// Each line is a replacement, a tab, and the letters that become it.
    fn read(table: &'static str) -> Self {
        let rows = table.lines().filter_map(|line| line.split_once('\t'));
        let mut letters: Vec<_> = rows
            .flat_map(|(replacement, letters)| letters.chars().map(move |c| (c, replacement)))
            .collect();
        letters.sort_unstable();
        Self(letters)
    }

    /// What the letter becomes, if it does.
    pub(super) fn get(&self, letter: char) -> Option<&'static str> {
        let found = self.0.binary_search_by_key(&letter, |(known, _)| *known);
        found
            .ok()
            .and_then(|at| self.0.get(at))
            .map(|(_, text)| *text)
    }
}

/// Replaces accented Latin letters and removes combining marks, as `deburr` of lodash does.
pub(super) fn deburr(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return text.into();
    }
    let mut plain = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\0'..='\u{bf}' => plain.push(character),
            '\u{300}'..='\u{36f}' | '\u{20d0}'..='\u{20ff}' | '\u{fe20}'..='\u{fe2f}' => {}
            _ => match DEBURR.get(character) {
                Some(replacement) => plain.push_str(replacement),
                None => plain.push(character),
            },
        }
    }
    plain.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_tables_are_read_whole() {
        assert_eq!((DEBURR.0.len(), CHARMAP.0.len()), (190, 641));
        assert_eq!(DEBURR.get('Æ'), Some("Ae"));
        assert_eq!(CHARMAP.get('Æ'), Some("AE"));
        assert_eq!(CHARMAP.get('ь'), Some(""));
        assert_eq!(CHARMAP.get('#'), None);
    }
}

//! Letters that a library spells out, from tables that `xtask/naming/letters.mjs` writes.

use std::borrow::Cow;
use std::sync::LazyLock;

use icu_normalizer::ComposingNormalizerBorrowed;

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

/// The text with letters and their accents in one character each, where there is one (NFC).
pub(crate) fn composed(text: &str) -> Cow<'_, str> {
    ComposingNormalizerBorrowed::new_nfc().normalize(text)
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
            _ if is_mark(character) => {}
            _ => match DEBURR.get(character) {
                Some(replacement) => plain.push_str(replacement),
                None => plain.push(character),
            },
        }
    }
    plain.into()
}

/// Letters of India with a dot below, which NFC leaves in two characters, and the one that says how they sound.
const DOTTED: [(char, char, char); 19] = [
    ('\u{915}', '\u{93c}', '\u{958}'),
    ('\u{916}', '\u{93c}', '\u{959}'),
    ('\u{917}', '\u{93c}', '\u{95a}'),
    ('\u{91c}', '\u{93c}', '\u{95b}'),
    ('\u{921}', '\u{93c}', '\u{95c}'),
    ('\u{922}', '\u{93c}', '\u{95d}'),
    ('\u{92b}', '\u{93c}', '\u{95e}'),
    ('\u{92f}', '\u{93c}', '\u{95f}'),
    ('\u{9a1}', '\u{9bc}', '\u{9dc}'),
    ('\u{9a2}', '\u{9bc}', '\u{9dd}'),
    ('\u{9af}', '\u{9bc}', '\u{9df}'),
    ('\u{a32}', '\u{a3c}', '\u{a33}'),
    ('\u{a38}', '\u{a3c}', '\u{a36}'),
    ('\u{a16}', '\u{a3c}', '\u{a59}'),
    ('\u{a17}', '\u{a3c}', '\u{a5a}'),
    ('\u{a1c}', '\u{a3c}', '\u{a5b}'),
    ('\u{a2b}', '\u{a3c}', '\u{a5e}'),
    ('\u{b21}', '\u{b3c}', '\u{b5c}'),
    ('\u{b22}', '\u{b3c}', '\u{b5d}'),
];

/// The text with these letters in one character.
pub(super) fn dotted(text: Cow<'_, str>) -> Cow<'_, str> {
    const DOTS: [char; 4] = ['\u{93c}', '\u{9bc}', '\u{a3c}', '\u{b3c}'];
    if !text.contains(DOTS) {
        return text;
    }
    let mut joined = String::with_capacity(text.len());
    for character in text.chars() {
        let before = joined.chars().next_back();
        let whole = DOTTED
            .iter()
            .find(|(letter, dot, _)| Some(*letter) == before && *dot == character);
        if whole.is_some() {
            joined.pop();
        }
        joined.push(whole.map_or(character, |(_, _, whole)| *whole));
    }
    joined.into()
}

/// Whether a character is what lodash takes for an accent of the one before it.
pub(super) const fn is_mark(character: char) -> bool {
    matches!(
        character,
        '\u{300}'..='\u{36f}' | '\u{20d0}'..='\u{20ff}' | '\u{fe20}'..='\u{fe2f}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dotted_letters_are_whole_again() {
        let nfc = ComposingNormalizerBorrowed::new_nfc();
        for (letter, dot, whole) in DOTTED {
            let apart = String::from_iter([letter, dot]);
            assert_eq!(nfc.normalize(&whole.to_string()), apart);
            assert_eq!(dotted(format!("a{apart}b").into()), format!("a{whole}b"));
        }
        assert_eq!(dotted("\u{93c}a\u{93c}".into()), "\u{93c}a\u{93c}");
    }

    #[test]
    fn both_tables_are_read_whole() {
        assert_eq!((DEBURR.0.len(), CHARMAP.0.len()), (190, 641));
        assert_eq!(DEBURR.get('Æ'), Some("Ae"));
        assert_eq!(CHARMAP.get('Æ'), Some("AE"));
        assert_eq!(CHARMAP.get('ь'), Some(""));
        assert_eq!(CHARMAP.get('#'), None);
    }
}

//! `kebabCase` of lodash 4: its words, found without its regular expression.

use super::letters::deburr;

/// Joins the words of a text with `-` in lower case: exactly what `kebabCase` of lodash 4 gives, for any text.
///
/// Apostrophes are dropped, accented Latin letters lose their accents, and a word ends where the case rises, between
/// letters and digits, and at everything that is neither. Ordinals (`3rd`) and emoji are words. Other scripts are kept,
/// so not every result is a name; [`kebab_case_name`](super::kebab_case_name) makes one.
#[must_use]
pub(crate) fn kebab_case(text: &str) -> String {
    let plain = deburr(text);
    let unquoted = if plain.contains(['\'', '\u{2019}']) {
        plain.replace(['\'', '\u{2019}'], "").into()
    } else {
        plain
    };
    let mut kebab = String::with_capacity(unquoted.len() + 8);
    let mut rest = &*unquoted;
    while let Some(first) = rest.chars().next() {
        let (word, after) = rest.split_at_checked(word(rest)).unwrap_or((rest, ""));
        if word.is_empty() {
            rest = rest.get(first.len_utf8()..).unwrap_or_default();
            continue;
        }
        if !kebab.is_empty() {
            kebab.push('-');
        }
        if word.is_ascii() {
            kebab.extend(word.chars().map(|letter| letter.to_ascii_lowercase()));
        } else {
            kebab.push_str(&word.to_lowercase());
        }
        rest = after;
    }
    kebab
}

/// The classes of characters that lodash tells apart once accents are gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    Upper,
    Lower,
    Digit,
    /// Ends words.
    Break,
    Dingbat,
    /// Beyond the Basic Multilingual Plane: two units in JavaScript.
    Astral,
    /// Everything else, such as letters of other scripts.
    Misc,
}

impl Class {
    const fn of(character: char) -> Self {
        match character {
            'A'..='Z' => Self::Upper,
            'a'..='z' => Self::Lower,
            '0'..='9' => Self::Digit,
            '\0'..='\u{bf}'
            | '\u{d7}'
            | '\u{f7}'
            | '\u{1680}'
            | '\u{180e}'
            | '\u{2000}'..='\u{206f}'
            | '\u{3000}'
            | '\u{feff}' => Self::Break,
            '\u{2700}'..='\u{27bf}' => Self::Dingbat,
            '\u{10000}'.. => Self::Astral,
            _ => Self::Misc,
        }
    }
}

/// The length in bytes of the word a text begins with; 0 when it begins with none.
///
/// lodash tries alternatives in this order, of which the first that fits decides.
fn word(text: &str) -> usize {
    let first = text.chars().next().map(Class::of);
    match first {
        Some(Class::Upper | Class::Lower | Class::Misc) => letters(text),
        Some(Class::Digit) => digits(text),
        Some(Class::Dingbat | Class::Astral) => emoji(text),
        Some(Class::Break) | None => 0,
    }
}

/// `Upper? Lower+` before an end, else `(Upper|Misc)+` before an end, else `Upper? (Lower|Misc)+`, else `Upper+`.
fn letters(text: &str) -> usize {
    let capital = run(text, 0, |class| class == Class::Upper).min(1);
    let small = run(text, capital, |class| class == Class::Lower);
    let next = class_at(text, capital + small);
    if small > 0 && matches!(next, None | Some(Class::Break | Class::Upper)) {
        return capital + small;
    }
    let capitals = capitals(text);
    if capitals > 0 {
        return capitals;
    }
    let small = run(text, capital, |class| {
        matches!(class, Class::Lower | Class::Misc)
    });
    if small > 0 {
        return capital + small;
    }
    run(text, 0, |class| class == Class::Upper)
}

/// The longest run of capitals and letters without case that ends at a break or before a capital with a small letter,
/// or one without case, behind it: `API` of `APITeam`.
fn capitals(text: &str) -> usize {
    let mut end = 0;
    let mut last_start = None;
    for (at, character) in text.char_indices() {
        let class = Class::of(character);
        if matches!(class, Class::Lower | Class::Misc)
            && let Some(start) = last_start
        {
            end = start;
        }
        match class {
            Class::Upper => last_start = Some(at),
            Class::Misc => last_start = None,
            Class::Break => return at,
            _ => return end,
        }
    }
    text.len()
}

/// A number, with the ending of an ordinal when it has one.
fn digits(text: &str) -> usize {
    let length = run(text, 0, |class| class == Class::Digit);
    length + ordinal(text, length)
}

/// The length of the `st`, `nd`, `rd` or `th` that belongs to a number of so many digits.
fn ordinal(text: &str, digits: usize) -> usize {
    let after = text.get(digits..).unwrap_or_default();
    let last = text.get(..digits).and_then(|number| number.chars().last());
    let (lower, upper) = match last {
        Some('1') => ("st", "ST"),
        Some('2') => ("nd", "ND"),
        Some('3') => ("rd", "RD"),
        _ => ("th", "TH"),
    };
    let next = after.chars().nth(2);
    let ends = !next.is_some_and(|next| next.is_ascii_alphanumeric());
    let fits = (after.starts_with(lower)
        && (ends || next.is_some_and(|next| next.is_ascii_uppercase())))
        || (after.starts_with(upper)
            && (ends || next.is_some_and(|next| next.is_ascii_lowercase())));
    if fits { 2 } else { 0 }
}

/// A symbol with its variation, its skin, and others that it is joined with.
fn emoji(text: &str) -> usize {
    let mut end = symbol(text);
    loop {
        end += text.get(end..).map_or(0, modifiers);
        let joined = text
            .get(end..)
            .and_then(|rest| rest.strip_prefix(JOINER))
            .map_or(0, symbol);
        if joined == 0 {
            return end;
        }
        end += JOINER.len_utf8() + joined;
    }
}

const JOINER: char = '\u{200d}';

/// One character, or the two of a flag; 0 when nothing is left.
fn symbol(text: &str) -> usize {
    let is_regional = |character: &char| matches!(character, '\u{1f1e6}'..='\u{1f1ff}');
    let mut characters = text.chars();
    let Some(first) = characters.next() else {
        return 0;
    };
    let second = characters
        .next()
        .filter(|second| is_regional(&first) && is_regional(second));
    first.len_utf8() + second.map_or(0, char::len_utf8)
}

fn modifiers(text: &str) -> usize {
    let varied = text.strip_prefix(['\u{fe0e}', '\u{fe0f}']).unwrap_or(text);
    let coloured = varied
        .strip_prefix(|character| matches!(character, '\u{1f3fb}'..='\u{1f3ff}'))
        .unwrap_or(varied);
    text.len() - coloured.len()
}

/// The length of the characters of a class from a place on.
fn run(text: &str, from: usize, is_meant: fn(Class) -> bool) -> usize {
    let rest = text.get(from..).unwrap_or_default();
    rest.find(|character| !is_meant(Class::of(character)))
        .unwrap_or(rest.len())
}

fn class_at(text: &str, at: usize) -> Option<Class> {
    text.get(at..)?.chars().next().map(Class::of)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_end_where_those_of_lodash_do() {
        for (text, kebab) in [
            ("TEAM_A", "team-a"),
            ("XMLHttpRequest", "xml-http-request"),
            ("11th floor", "11-th-floor"),
            ("5THfloor", "5th-floor"),
            ("5thfloor", "5-thfloor"),
            ("4x4", "4-x-4"),
            ("командаTeam", "команда-team"),
            ("ЖAЖa", "ж-aжa"),
            ("👩🏽‍💻 Devs", "👩🏽‍💻-devs"),
            ("🇩🇪🇫🇷", "🇩🇪-🇫🇷"),
            ("🚀\u{200d}", "🚀"),
            ("ŉ", "n"),
            ("   ", ""),
        ] {
            assert_eq!(kebab_case(text), kebab, "{text:?}");
        }
    }

    #[test]
    fn the_example_of_kebab_case() {
        use crate::text::naming::kebab_case;

        assert_eq!(kebab_case("Platform Team"), "platform-team");
        assert_eq!(kebab_case("iOS API2Team"), "i-os-api-2-team");
        assert_eq!(kebab_case("R&D"), "r-d");
        assert_eq!(kebab_case("3rdParty"), "3rd-party");
        assert_eq!(
            kebab_case("josé.o'brien@example.com"),
            "jose-obrien-example-com"
        );
        assert_eq!(kebab_case("平台 🚀"), "平台-🚀");
    }
}

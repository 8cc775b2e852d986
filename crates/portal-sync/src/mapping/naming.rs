//! From what people are called in Okta to names that Backstage accepts.
//!
//! A strategy proposes a text, [`valid`] makes a name of it, and [`assign`] makes the names of one kind unique. Both
//! depend only on the objects themselves, never on the order in which pages arrived.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};

/// The longest name Backstage accepts, in characters.
const MAX_NAME: usize = 63;

/// Hex digits of a hash that keeps shortened and colliding names apart.
const HASH_DIGITS: usize = 8;

/// Makes a valid entity name of any text, or nothing when no letter or digit is left.
///
/// Letters of other scripts are transliterated, quotes are dropped, every other run of characters that Backstage
/// refuses becomes one `-`, and what is longer than 63 characters is cut and ends in a hash of the whole text.
///
/// ```
/// use portal_sync::mapping::valid;
///
/// assert_eq!(valid("josé+dev").as_deref(), Some("jose-dev"));
/// assert_eq!(valid("o'brien").as_deref(), Some("obrien"));
/// assert_eq!(valid("John.Doe").as_deref(), Some("John.Doe"));
/// assert_eq!(valid("…"), None);
/// ```
#[must_use]
pub fn valid(text: &str) -> Option<String> {
    let mut name = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(character, '\'' | '\u{2019}' | '`' | '"') {
            continue;
        }
        if accepted(character) {
            name.push(character);
            continue;
        }
        let replacement = if character.is_alphanumeric() {
            deunicode::deunicode_char(character).unwrap_or("-")
        } else {
            "-"
        };
        for ascii in replacement.chars() {
            let ascii = if accepted(ascii) { ascii } else { '-' };
            if ascii != '-' || !name.ends_with('-') {
                name.push(ascii);
            }
        }
    }
    let name = name.trim_matches(['-', '_', '.']);
    if name.is_empty() {
        return None;
    }
    if name.len() <= MAX_NAME {
        return Some(name.to_owned());
    }
    Some(with_suffix(name, &hash(text)))
}

/// Gives every object of one kind a name of its own.
///
/// `wanted` holds the wish of each object by its Okta id, `held` the names that may not be given: those of objects that
/// stay as they were and of other providers, in lower case. Of several objects with one wish the one with the smallest
/// Okta id keeps it, and the others get a suffix made from their own Okta id.
#[must_use]
pub(super) fn assign(wanted: &BTreeMap<String, String>, held: &BTreeSet<String>) -> Assigned {
    let mut taken = held.clone();
    let mut assigned = Assigned::default();
    let mut waiting = Vec::new();
    for (id, wish) in wanted {
        if taken.insert(wish.to_lowercase()) {
            assigned.names.insert(id.clone(), wish.clone());
        } else {
            waiting.push((id, wish));
        }
    }
    // Only now: a suffixed name must not take the plain wish of an object that comes later.
    for (id, wish) in waiting {
        let mut name = with_suffix(wish, &hash(id));
        let mut salt = id.clone();
        while !taken.insert(name.to_lowercase()) {
            salt.push('+');
            name = with_suffix(wish, &hash(&salt));
        }
        assigned.collided.insert(id.clone(), wish.clone());
        assigned.names.insert(id.clone(), name);
    }
    assigned
}

/// The result of [`assign`], by Okta id.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Assigned {
    /// The name of every object.
    pub(super) names: BTreeMap<String, String>,
    /// The wish of every object that could not have it.
    pub(super) collided: BTreeMap<String, String>,
}

/// Joins the words of a text with `-` in lower case, as `kebabCase` of lodash does.
///
/// Words end where the case rises, between letters and digits, and at everything else; `3rd` and the like are one
/// word, quotes are dropped. Letters of other scripts are transliterated first.
///
/// ```
/// use portal_sync::mapping::kebab_case;
///
/// assert_eq!(kebab_case("Platform Team"), "platform-team");
/// assert_eq!(kebab_case("iOS API2Team"), "i-os-api-2-team");
/// assert_eq!(kebab_case("R&D"), "r-d");
/// assert_eq!(kebab_case("3rdParty"), "3rd-party");
/// ```
#[must_use]
pub fn kebab_case(text: &str) -> String {
    let ascii: Vec<char> = transliterate(text).chars().collect();
    let mut words: Vec<String> = Vec::new();
    let mut rest = ascii.as_slice();
    while let Some(first) = rest.first() {
        let length = word(rest);
        if length == 0 {
            debug_assert!(
                !first.is_ascii_alphanumeric(),
                "every letter and digit begins a word"
            );
            rest = rest.get(1..).unwrap_or_default();
            continue;
        }
        let (word, after) = rest.split_at_checked(length).unwrap_or((rest, &[]));
        words.push(word.iter().map(char::to_ascii_lowercase).collect());
        rest = after;
    }
    words.join("-")
}

/// The length of the word a text begins with; 0 when it begins with none.
fn word(text: &[char]) -> usize {
    let run = |from: usize, class: fn(&char) -> bool| {
        text.iter()
            .skip(from)
            .take_while(|character| class(character))
            .count()
    };
    let uppers = run(0, char::is_ascii_uppercase);
    if uppers > 0 {
        let lowers = run(uppers, char::is_ascii_lowercase);
        return match (uppers, lowers) {
            (_, 0) => uppers,
            (1, lowers) => 1 + lowers,
            // The last capital begins the next word: `APITeam` is `API`, `Team`.
            (uppers, _) => uppers - 1,
        };
    }
    let lowers = run(0, char::is_ascii_lowercase);
    if lowers > 0 {
        return lowers;
    }
    let digits = run(0, char::is_ascii_digit);
    if digits > 0 {
        digits + ordinal(text, digits)
    } else {
        0
    }
}

/// The length of the ordinal suffix (`st`, `nd`, `rd`, `th`) that belongs to a number of so many digits.
fn ordinal(text: &[char], digits: usize) -> usize {
    let suffix: String = text.iter().skip(digits).take(2).collect();
    let fits = match digits.checked_sub(1).and_then(|last| text.get(last)) {
        Some('1') => matches!(suffix.as_str(), "st" | "ST"),
        Some('2') => matches!(suffix.as_str(), "nd" | "ND"),
        Some('3') => matches!(suffix.as_str(), "rd" | "RD"),
        Some(_) => matches!(suffix.as_str(), "th" | "TH"),
        None => false,
    };
    let small = suffix.starts_with(|character: char| character.is_ascii_lowercase());
    let ends = match text.get(digits + 2) {
        None | Some('_') => true,
        Some(next) if next.is_ascii_uppercase() => small,
        Some(next) if next.is_ascii_lowercase() => !small,
        Some(next) => !next.is_ascii_alphanumeric(),
    };
    if fits && ends { 2 } else { 0 }
}

fn transliterate(text: &str) -> String {
    let mut ascii = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\'' | '\u{2019}' => {}
            _ if character.is_ascii() => ascii.push(character),
            _ if character.is_alphanumeric() => {
                ascii.push_str(deunicode::deunicode_char(character).unwrap_or(" "));
            }
            _ => ascii.push(' '),
        }
    }
    ascii
}

const fn accepted(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '.')
}

fn with_suffix(name: &str, suffix: &str) -> String {
    let room = MAX_NAME - 1 - HASH_DIGITS;
    let cut: String = name.chars().take(room).collect();
    format!("{}-{suffix}", cut.trim_end_matches(['-', '_', '.']))
}

fn hash(text: &str) -> String {
    Sha256::digest(text.as_bytes())
        .iter()
        .take(HASH_DIGITS / 2)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wishes(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs
            .iter()
            .map(|(id, wish)| ((*id).to_owned(), (*wish).to_owned()))
            .collect()
    }

    #[test]
    fn texts_become_valid_names() {
        for (text, name) in [
            ("jane", Some("jane")),
            ("John.Doe", Some("John.Doe")),
            ("john+dev", Some("john-dev")),
            ("o'brien", Some("obrien")),
            ("josé", Some("jose")),
            ("_svc", Some("svc")),
            ("john.", Some("john")),
            ("a  &  b", Some("a-b")),
            ("李雷", Some("Li-Lei")),
            ("Straße", Some("Strasse")),
            ("🚀", None),
            ("   ", None),
            ("", None),
            ("...", None),
        ] {
            assert_eq!(valid(text).as_deref(), name, "{text:?}");
        }
    }

    #[test]
    fn long_names_are_cut_and_stay_apart() {
        let one = valid(&"x".repeat(64)).unwrap();
        let other = valid(&"x".repeat(65)).unwrap();
        assert_eq!(one.len(), MAX_NAME);
        assert_ne!(one, other);
    }

    #[test]
    fn kebab_case_is_that_of_lodash() {
        for (text, kebab) in [
            ("Team A", "team-a"),
            ("team-a", "team-a"),
            ("TEAM_A", "team-a"),
            ("Team.A", "team-a"),
            ("team a!", "team-a"),
            ("R&D", "r-d"),
            ("C++", "c"),
            ("C#", "c"),
            ("iOS team", "i-os-team"),
            ("3rdParty", "3rd-party"),
            ("API2Team", "api-2-team"),
            ("john2doe", "john-2-doe"),
            ("o'brien@example.com", "obrien-example-com"),
            ("josé@example.com", "jose-example-com"),
            ("XMLHttpRequest", "xml-http-request"),
            ("11th floor", "11-th-floor"),
            ("4th", "4th"),
            ("21st", "21st"),
            ("4x4", "4-x-4"),
            ("   ", ""),
            ("🚀", ""),
        ] {
            assert_eq!(kebab_case(text), kebab, "{text:?}");
        }
    }

    #[test]
    fn the_smallest_id_keeps_the_name() {
        let assigned = assign(
            &wishes(&[("00u2", "john"), ("00u1", "John"), ("00u3", "jane")]),
            &BTreeSet::new(),
        );
        assert_eq!(assigned.names["00u1"], "John");
        assert_eq!(assigned.names["00u3"], "jane");
        assert!(assigned.names["00u2"].starts_with("john-"), "{assigned:?}");
        assert_eq!(assigned.collided.keys().collect::<Vec<_>>(), ["00u2"]);
    }

    #[test]
    fn names_that_are_held_are_not_given() {
        let held = BTreeSet::from(["john".to_owned()]);
        let assigned = assign(&wishes(&[("00u1", "john")]), &held);
        assert_ne!(assigned.names["00u1"], "john");
    }

    mod laws {
        use proptest::prelude::*;

        use super::*;

        proptest! {
            #[test]
            fn any_text_gives_a_valid_name_or_none(text in any::<String>()) {
                if let Some(name) = valid(&text) {
                    prop_assert!(name.parse::<catalog_model::EntityName>().is_ok(), "{name}");
                    prop_assert_eq!(valid(&name), Some(name.clone()));
                }
            }

            #[test]
            fn kebab_case_is_a_valid_name_or_empty(text in "\\PC{0,20}") {
                let kebab = kebab_case(&text);
                prop_assert!(kebab.is_empty() || valid(&kebab) == Some(kebab.clone()), "{kebab}");
                prop_assert_eq!(kebab_case(&kebab), kebab);
            }

            #[test]
            fn assigned_names_are_unique(
                wishes in proptest::collection::btree_map("[a-z0-9]{1,4}", "[a-cA-C]{1,2}", 0..30),
                held in proptest::collection::btree_set("[a-c]{1,2}", 0..4),
            ) {
                let assigned = assign(&wishes, &held);
                let mut seen = held;
                for name in assigned.names.values() {
                    prop_assert!(seen.insert(name.to_lowercase()), "{name} twice");
                }
                prop_assert_eq!(assigned.names.len(), wishes.len());
            }
        }
    }
}

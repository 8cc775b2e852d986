//! From what people and teams are called to names that Backstage accepts.
//!
//! [`kebab_case`] and [`slugify_email`] give what Roadie's Okta module gives, to the byte, so that
//! whoever comes from there keeps every name. Roadie also makes texts that Backstage refuses; the functions that end in
//! `_name` keep its names and repair the rest.
//!
//! | text | `kebab_case` | `kebab_case_name` |
//! |---|---|---|
//! | `Platform Team` | `platform-team` | `platform-team` |
//! | `平台 Team` | `平台-team`, refused | `ping-tai-team` |
//! | 64 letters `x` | the same, refused | 54 of them and a hash |
//! | `🚀` | `🚀`, refused | nothing: no letter or digit is left |
//!
//! A letter and its accent give the same name in one character (`ü`) and in two (`u` and U+0308).
//!
//! Names here need not be unique: several texts may give one. [`with_suffix`] tells those apart.

use catalog_model::Digest;
use icu_normalizer::DecomposingNormalizerBorrowed;
use sha2::{Digest as _, Sha256};

mod letters;

mod kebab;
mod slug;

#[cfg(test)]
mod tests;

pub(crate) use kebab::kebab_case;
pub(crate) use letters::composed;
pub(crate) use slug::{slugify, slugify_email};

use letters::{deburr, dotted, is_mark};

/// The longest name Backstage accepts, in characters.
const MAX_NAME: usize = 63;

/// Hex digits of a hash that keeps shortened and colliding names apart.
const HASH_DIGITS: usize = 8;

/// Makes a valid entity name of any text, or nothing when no letter or digit is left. A valid name stays as it is.
///
/// Letters of other scripts are transliterated, quotes and accents are dropped, every other run of characters that Backstage
/// refuses becomes one `-`, and what is longer than 63 characters is cut and ends in a hash of the whole text.
#[must_use]
pub(crate) fn valid(text: &str) -> Option<String> {
    // Most texts are: this is asked for every object of every run.
    if is_name(text) {
        return Some(text.to_owned());
    }
    let text = &*dotted(composed(text));
    let mut name = String::with_capacity(text.len());
    // Whether the name ends in a `-` that stands for something else: it gives way to a separator of the text's own.
    let mut is_gap = false;
    let is_dropped = |character: &char| is_quote(*character) || is_mark(*character);
    for character in text.chars().filter(|character| !is_dropped(character)) {
        if is_accepted(character) {
            if is_gap && SEPARATORS.contains(&character) {
                name.pop();
            }
            name.push(character);
            is_gap = false;
            continue;
        }
        for ascii in transliterated(character).unwrap_or("-").chars() {
            if is_accepted(ascii) && ascii != '-' {
                name.push(ascii);
                is_gap = false;
            } else if !name.ends_with(SEPARATORS) {
                name.push('-');
                is_gap = true;
            }
        }
    }
    let trimmed = name.trim_matches(SEPARATORS);
    if trimmed.is_empty() {
        None
    } else if trimmed.len() <= MAX_NAME {
        Some(trimmed.to_owned())
    } else {
        Some(with_suffix(trimmed, text))
    }
}

/// A name that the same text in another place does not get: the name, `-` and a hash of the salt.
///
/// A long name is cut to make room. Of a valid name the result is valid.
#[must_use]
pub(crate) fn with_suffix(name: &str, salt: &str) -> String {
    let room = MAX_NAME - 1 - HASH_DIGITS;
    let end = name
        .char_indices()
        .nth(room)
        .map_or(name.len(), |(at, _)| at);
    let cut = name.get(..end).unwrap_or(name).trim_end_matches(SEPARATORS);
    let hash = Digest::from_bytes(Sha256::digest(salt.as_bytes()).into());
    let hash = format!("{hash:.HASH_DIGITS$}");
    if cut.is_empty() {
        hash
    } else {
        format!("{cut}-{hash}")
    }
}

/// The text in [kebab case](kebab_case) as a valid name, or nothing when no letter or digit is left.
#[must_use]
pub(crate) fn kebab_case_name(text: &str) -> Option<String> {
    let kebab = kebab_case(text);
    if kebab.is_ascii() {
        return valid(&kebab);
    }
    // lodash knows few letters in one character and drops the accents of all in two: what it makes of those is taken, so
    // that the two have one name.
    let apart = kebab_case(&DecomposingNormalizerBorrowed::new_nfd().normalize(text));
    if apart.is_ascii() {
        return valid(&apart);
    }
    let mut ascii = String::with_capacity(text.len());
    for character in deburr(&dotted(composed(text))).chars() {
        if character.is_ascii() {
            ascii.push(character);
        } else if !is_quote(character) {
            ascii.push_str(transliterated(character).unwrap_or(" "));
        }
    }
    valid(&kebab_case(&ascii))
}

/// An e-mail address [as `slugify-email` writes it](slugify_email) as a valid name, or nothing when no letter or digit
/// is left. What has no `@` is taken for the part before it.
#[must_use]
pub(crate) fn slugify_email_name(email: &str) -> Option<String> {
    let mut name = valid(&slugify_email(email).unwrap_or_else(|| slugify(email)))?;
    // Letters that slugify does not know were transliterated, to capitals perhaps.
    name.make_ascii_lowercase();
    Some(name)
}

/// The part of an e-mail address before the first `@` as a valid name, or nothing when no letter or digit is left. What
/// has no `@` is that part itself.
#[must_use]
pub(crate) fn strip_domain_name(email: &str) -> Option<String> {
    valid(email.split('@').next().unwrap_or(email))
}

const SEPARATORS: [char; 3] = ['-', '_', '.'];

fn is_name(text: &str) -> bool {
    let is_end = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let bytes = text.as_bytes();
    bytes.len() <= MAX_NAME
        && is_end(bytes.first())
        && is_end(bytes.last())
        && bytes.iter().all(|byte| is_accepted(char::from(*byte)))
}

const fn is_accepted(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '.')
}

const fn is_quote(character: char) -> bool {
    matches!(character, '\'' | '\u{2019}' | '`' | '"')
}

/// A letter or digit in ASCII, if it is one and can be.
fn transliterated(character: char) -> Option<&'static str> {
    character
        .is_alphanumeric()
        .then(|| deunicode::deunicode_char(character))
        .flatten()
}

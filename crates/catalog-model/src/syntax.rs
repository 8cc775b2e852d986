//! The grammar that names, keys, label values and tags share, with what went wrong and where.
//!
//! Source of the rules: `@backstage/catalog-model` 1.10.1, `KubernetesValidatorFunctions`,
//! `CommonValidatorFunctions` and `makeValidator`.

/// The longest name, label value, tag or DNS label, in characters.
pub(crate) const MAX_NAME: usize = 63;
/// The longest prefix of a label or annotation key, in characters.
pub(crate) const MAX_PREFIX: usize = 253;

/// Why a text breaks a rule. Positions count characters from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Problem {
    #[error("it is empty")]
    Empty,
    #[error("it has {length} characters, at most {most} are allowed")]
    TooLong { length: usize, most: usize },
    #[error("character {at} is {character:?}, allowed are {rule}")]
    Character {
        character: char,
        at: usize,
        rule: &'static str,
    },
    #[error("character {at} is {character:?}, {rule}")]
    Edge {
        character: char,
        at: usize,
        rule: &'static str,
    },
    #[error("character {at} is a second '/', there is one prefix at most")]
    SecondSlash { at: usize },
    #[error("after '/', it is empty")]
    NothingAfterPrefix,
    #[error("it is spelled `{0}`")]
    Spelling(&'static str),
    #[error("in the prefix before '/', {0}")]
    Prefix(Box<Self>),
}

/// `^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$`, 1 to 63 characters.
pub(crate) fn check_name(text: &str) -> Result<(), Problem> {
    if is_name(text) {
        return Ok(());
    }
    const ALLOWED: &str = "ASCII letters, digits, '-', '_' and '.'";
    check_characters(text, ALLOWED, |c| {
        c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')
    })?;
    check_length(text, MAX_NAME)?;
    check_edges(
        text,
        "the first and the last must be a letter or a digit",
        |c| c.is_ascii_alphanumeric(),
    )
}

/// `^[a-z0-9]+(?:\-+[a-z0-9]+)*$`, 1 to 63 characters.
pub(crate) fn check_dns_label(text: &str) -> Result<(), Problem> {
    const ALLOWED: &str = "lower-case ASCII letters, digits and '-'";
    check_characters(text, ALLOWED, |c| is_lower_alphanumeric(c) || c == '-')?;
    check_length(text, MAX_NAME)?;
    check_edges(
        text,
        "the first and the last must be a lower-case letter or a digit",
        is_lower_alphanumeric,
    )
}

/// DNS labels joined by dots, 1 to 253 characters.
pub(crate) fn check_dns_subdomain(text: &str) -> Result<(), Problem> {
    if text.is_empty() {
        return Err(Problem::Empty);
    }
    check_length(text, MAX_PREFIX)?;
    let mut before = 0;
    for label in text.split('.') {
        check_dns_label(label).map_err(|problem| match problem {
            Problem::Empty => Problem::Edge {
                character: '.',
                at: before.max(1),
                rule: "'.' must stand between two labels",
            },
            problem => shifted(problem, before),
        })?;
        before += label.chars().count() + 1;
    }
    Ok(())
}

/// `^[a-z0-9:+#]+(\-[a-z0-9:+#]+)*$`, 1 to 63 characters: unlike a DNS label, no `--`.
pub(crate) fn check_tag(text: &str) -> Result<(), Problem> {
    const ALLOWED: &str = "lower-case ASCII letters, digits, ':', '+', '#' and '-'";
    let is_inner = |c: char| is_lower_alphanumeric(c) || matches!(c, ':' | '+' | '#');
    check_characters(text, ALLOWED, |c| is_inner(c) || c == '-')?;
    check_length(text, MAX_NAME)?;
    check_edges(
        text,
        "'-' must stand between two other characters",
        is_inner,
    )?;
    match text.find("--") {
        // The text is ASCII by now, so bytes are characters.
        Some(at) => Err(Problem::Edge {
            character: '-',
            at: at + 2,
            rule: "'-' must stand between two other characters",
        }),
        None => Ok(()),
    }
}

/// `[dns-subdomain/]name`: the key of a label or an annotation.
pub(crate) fn check_key(text: &str) -> Result<(), Problem> {
    match text.split_once('/') {
        Some((prefix, name)) if is_dns_subdomain(prefix) && is_name(name) => Ok(()),
        _ => check_prefixed(text, check_name),
    }
}

/// `[dns-subdomain/]version`, the version `^[a-z0-9A-Z]+$`, 1 to 63 characters.
pub(crate) fn check_api_version(text: &str) -> Result<(), Problem> {
    check_prefixed(text, check_alphanumeric)
}

/// `^[a-zA-Z][a-z0-9A-Z]*$`, 1 to 63 characters.
pub(crate) fn check_kind(text: &str) -> Result<(), Problem> {
    check_alphanumeric(text)?;
    match text.chars().next() {
        Some(character) if !character.is_ascii_alphabetic() => Err(Problem::Edge {
            character,
            at: 1,
            rule: "the first must be a letter",
        }),
        _ => Ok(()),
    }
}

fn check_alphanumeric(text: &str) -> Result<(), Problem> {
    let is_allowed = |c: char| c.is_ascii_alphanumeric();
    check_characters(text, "ASCII letters and digits", is_allowed)?;
    check_length(text, MAX_NAME)
}

/// A text of its own, or one after a prefix as DNS has it.
fn check_prefixed(text: &str, check: impl Fn(&str) -> Result<(), Problem>) -> Result<(), Problem> {
    let Some((prefix, rest)) = text.split_once('/') else {
        return check(text);
    };
    let before = prefix.chars().count() + 1;
    if let Some((inner, _)) = rest.split_once('/') {
        let at = before + inner.chars().count() + 1;
        return Err(Problem::SecondSlash { at });
    }
    check_dns_subdomain(prefix).map_err(|problem| Problem::Prefix(Box::new(problem)))?;
    check(rest).map_err(|problem| match problem {
        Problem::Empty => Problem::NothingAfterPrefix,
        problem => shifted(problem, before),
    })
}

/// True when JavaScript's `trim` leaves nothing.
pub(crate) fn is_blank(text: &str) -> bool {
    // JavaScript counts U+FEFF as white space and U+0085 not; Unicode has it the other way round.
    text.chars()
        .all(|c| c == '\u{feff}' || (c.is_whitespace() && c != '\u{85}'))
}

/// What [`check_name`] lets pass, found out in a fraction of the time: nearly every name is one.
fn is_name(text: &str) -> bool {
    let is_inner = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
    is_made_of(text, MAX_NAME, is_inner, u8::is_ascii_alphanumeric)
}

/// The same for [`check_dns_subdomain`].
fn is_dns_subdomain(text: &str) -> bool {
    let is_edge = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let is_inner = |byte: &u8| is_edge(byte) || *byte == b'-';
    let mut labels = text.split('.');
    text.len() <= MAX_PREFIX && labels.all(|label| is_made_of(label, MAX_NAME, is_inner, is_edge))
}

/// At least one byte, and an edge at both ends.
fn is_made_of(
    text: &str,
    most: usize,
    is_inner: impl Fn(&u8) -> bool,
    is_edge: impl Fn(&u8) -> bool,
) -> bool {
    let bytes = text.as_bytes();
    bytes.len() <= most
        && bytes.iter().all(is_inner)
        && bytes.first().is_some_and(&is_edge)
        && bytes.last().is_some_and(&is_edge)
}

fn is_lower_alphanumeric(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit()
}

fn check_characters(
    text: &str,
    rule: &'static str,
    allowed: impl Fn(char) -> bool,
) -> Result<(), Problem> {
    match text.chars().enumerate().find(|(_, c)| !allowed(*c)) {
        Some((index, character)) => Err(Problem::Character {
            character,
            at: index + 1,
            rule,
        }),
        None if text.is_empty() => Err(Problem::Empty),
        None => Ok(()),
    }
}

fn check_length(text: &str, most: usize) -> Result<(), Problem> {
    let length = text.chars().count();
    if length > most {
        Err(Problem::TooLong { length, most })
    } else {
        Ok(())
    }
}

fn check_edges(
    text: &str,
    rule: &'static str,
    allowed: impl Fn(char) -> bool,
) -> Result<(), Problem> {
    let first = text.chars().next().map(|c| (c, 1));
    let last = text.chars().next_back().map(|c| (c, text.chars().count()));
    match [first, last]
        .into_iter()
        .flatten()
        .find(|(c, _)| !allowed(*c))
    {
        Some((character, at)) => Err(Problem::Edge {
            character,
            at,
            rule,
        }),
        None => Ok(()),
    }
}

/// The same problem in a text that has `by` more characters in front.
fn shifted(problem: Problem, by: usize) -> Problem {
    match problem {
        Problem::Character {
            character,
            at,
            rule,
        } => Problem::Character {
            character,
            at: at + by,
            rule,
        },
        Problem::Edge {
            character,
            at,
            rule,
        } => Problem::Edge {
            character,
            at: at + by,
            rule,
        },
        problem => problem,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn problems_of_keys_and_tags_have_their_position() {
        type Check = fn(&str) -> Result<(), Problem>;
        let key: Check = check_key;
        let tag: Check = check_tag;
        let dot = "'.' must stand between two labels";
        let dash = "'-' must stand between two other characters";
        let lower = "allowed are lower-case ASCII letters, digits and '-'";
        let table = [
            (
                key,
                "a/b/c",
                "character 4 is a second '/', there is one prefix at most".to_owned(),
            ),
            (
                key,
                "Okta.com/id",
                format!("in the prefix before '/', character 1 is 'O', {lower}"),
            ),
            (
                key,
                "a.B/id",
                format!("in the prefix before '/', character 3 is 'B', {lower}"),
            ),
            (
                key,
                "a..b/id",
                format!("in the prefix before '/', character 2 is '.', {dot}"),
            ),
            (
                key,
                ".a/id",
                format!("in the prefix before '/', character 1 is '.', {dot}"),
            ),
            (
                key,
                "a./id",
                format!("in the prefix before '/', character 2 is '.', {dot}"),
            ),
            (
                key,
                "/id",
                "in the prefix before '/', it is empty".to_owned(),
            ),
            (
                key,
                "é/",
                "in the prefix before '/', ".to_owned() + "character 1 is 'é', " + lower,
            ),
            (key, "a.b/-c", {
                "character 5 is '-', the first and the last must be a letter or a digit".to_owned()
            }),
            (tag, "a--b", format!("character 3 is '-', {dash}")),
            (tag, "a-", format!("character 2 is '-', {dash}")),
        ];
        for (check, text, message) in table {
            assert_eq!(check(text).unwrap_err().to_string(), message, "{text}");
        }
    }

    #[test]
    fn the_quick_ways_agree_with_the_explaining_ones() {
        let alphabet = ["", "a", "B", "0", "-", "_", ".", "é", "/"];
        for a in alphabet {
            for b in alphabet {
                for c in alphabet {
                    for text in [format!("{a}{b}{c}"), format!("{a}{}{b}{c}", "x".repeat(61))] {
                        let explained = check_characters(&text, "", |c| {
                            c.is_ascii_alphanumeric() || "-_.".contains(c)
                        })
                        .and_then(|()| check_length(&text, MAX_NAME))
                        .and_then(|()| check_edges(&text, "", |c| c.is_ascii_alphanumeric()));
                        assert_eq!(is_name(&text), explained.is_ok(), "{text}");
                        let explained = check_dns_subdomain(&text);
                        assert_eq!(is_dns_subdomain(&text), explained.is_ok(), "{text}");
                    }
                }
            }
        }
    }

    #[test]
    fn blank_is_what_javascript_trims() {
        for (text, blank) in [
            ("", true),
            (" \t\u{feff}\u{a0}", true),
            ("\u{85}", false),
            (" a", false),
        ] {
            assert_eq!(is_blank(text), blank, "{text:?}");
        }
    }
}

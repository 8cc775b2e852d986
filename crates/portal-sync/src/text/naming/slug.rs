//! `slugify` 1.6, and what Roadie's Okta module makes of e-mail addresses with it.

use super::letters::{CHARMAP, composed};

/// Spells out signs and letters, drops what is left over and joins the rest with `-` in lower case: exactly what
/// `slugify` 1.6.6 gives with `lower` and `trim`, for any text.
#[must_use]
pub(crate) fn slugify(text: &str) -> String {
    slug(text, |character| {
        !(character.is_ascii_alphanumeric()
            || is_space(character)
            || "_$*+~.()'\"!-:@".contains(character))
    })
}

/// The name that Roadie's `slugify-email` gives: the part before the `@` and the one behind it, each as `slugify`
/// writes it, joined with `-`. Nothing when there is no `@`, where Roadie fails.
///
/// From the part before the `@` only `+` is removed, so not every result is a name;
/// [`slugify_email_name`](super::slugify_email_name) makes one.
#[must_use]
pub(crate) fn slugify_email(email: &str) -> Option<String> {
    let mut parts = email.split('@');
    let local = parts.next()?;
    let domain = parts.next()?;
    let local = slug(local, |character| character == '+');
    Some(format!("{local}-{}", slugify(domain)))
}

fn slug(text: &str, is_removed: impl Fn(char) -> bool) -> String {
    let composed = composed(text);
    let mut spelled = String::with_capacity(composed.len());
    for character in composed.chars() {
        match CHARMAP.get(character) {
            // Dashes join words, as white space does.
            Some("-") => spelled.push(' '),
            None if character == '-' => spelled.push(' '),
            Some(replacement) => spelled.extend(replacement.chars().filter(|c| !is_removed(*c))),
            None if is_removed(character) => {}
            None => spelled.push(character),
        }
    }
    let mut slug = String::with_capacity(spelled.len());
    for word in spelled.split(is_space).filter(|word| !word.is_empty()) {
        if !slug.is_empty() {
            slug.push('-');
        }
        slug.push_str(word);
    }
    // At once and not by word: whether a `Σ` is the last letter depends on what follows.
    slug.to_lowercase()
}

/// White space of JavaScript, which has U+FEFF and lacks U+0085.
const fn is_space(character: char) -> bool {
    matches!(
        character,
        '\t'..='\r'
            | ' '
            | '\u{a0}'
            | '\u{1680}'
            | '\u{2000}'..='\u{200a}'
            | '\u{2028}'
            | '\u{2029}'
            | '\u{202f}'
            | '\u{205f}'
            | '\u{3000}'
            | '\u{feff}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_of_an_address_has_its_own_rule() {
        for (email, slug) in [
            ("a#b@c#d", Some("a#b-cd")),
            ("a+b@c+d", Some("ab-c+d")),
            ("e\u{301}@e\u{301}", Some("e-e")),
            ("李@李", Some("李-")),
            ("a - b@ c ", Some("a-b-c")),
            ("a – b@–c", Some("a-b-c")),
            ("5%@€", Some("5percent-euro")),
            ("@", Some("-")),
            ("", None),
        ] {
            assert_eq!(slugify_email(email).as_deref(), slug, "{email:?}");
        }
    }

    #[test]
    fn the_example_of_slugify() {
        use crate::text::naming::slugify;

        assert_eq!(
            slugify("Research & Development"),
            "research-and-development"
        );
        assert_eq!(slugify("Žluťoučký kůň #1"), "zlutoucky-kun-1");
        assert_eq!(slugify("平台"), "");
    }

    #[test]
    fn the_example_of_slugify_email() {
        use crate::text::naming::slugify_email;

        assert_eq!(
            slugify_email("John+Dev@Example.com").as_deref(),
            Some("johndev-example.com")
        );
        assert_eq!(
            slugify_email("o'brien@example.com").as_deref(),
            Some("o'brien-example.com")
        );
        assert_eq!(slugify_email("user@a@b.com").as_deref(), Some("user-a"));
        assert_eq!(slugify_email("john"), None);
    }
}

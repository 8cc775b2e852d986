//! Texts of an org that say nothing, and the one character that no text can keep.
//!
//! Whoever fills in a form that wants a name types a blank; whoever copies one from a page copies invisible characters
//! along. A text of nothing else is no value: not a name, not an address, not a word on a page.
//!
//! | text | [`is_blank`] |
//! |---|---|
//! | `"Lee"`, `"-"`, `"🚀"` | no |
//! | `""`, `" "`, a tab, U+00A0, U+3000 | yes: white space |
//! | U+200B, U+FEFF, U+00AD, U+2060 | yes: they only say how their neighbours are written |
//! | U+0000, U+001B, U+0085 | yes: controls |
//! | U+3164, U+FE0F, U+034F | yes: nothing is drawn for them alone |

use std::borrow::Cow;

/// Whether nothing would be seen of a text: it is empty, or all white space, controls, format characters and others that
/// Unicode calls default ignorable.
#[must_use]
pub(crate) fn is_blank(text: &str) -> bool {
    text.chars().all(is_unseen)
}

/// The text without U+0000, which PostgreSQL and YAML take in no text.
#[must_use]
pub(crate) fn without_nul(text: &str) -> Cow<'_, str> {
    if text.contains('\0') {
        text.replace('\0', "").into()
    } else {
        text.into()
    }
}

fn is_unseen(character: char) -> bool {
    // Nearly every text begins with one of these.
    !character.is_ascii_graphic()
        && (character.is_whitespace()
            || character.is_control()
            || is_format(character)
            || is_default_ignorable(character))
}

/// The general category Cf of Unicode 16.
const fn is_format(character: char) -> bool {
    matches!(
        character,
        '\u{ad}'
            | '\u{600}'..='\u{605}'
            | '\u{61c}'
            | '\u{6dd}'
            | '\u{70f}'
            | '\u{890}'..='\u{891}'
            | '\u{8e2}'
            | '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{2064}'
            | '\u{2066}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{110bd}'
            | '\u{110cd}'
            | '\u{13430}'..='\u{1343f}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0001}'
            | '\u{e0020}'..='\u{e007f}'
    )
}

/// What has the property `Default_Ignorable_Code_Point` of Unicode 16 and is no format character: fillers of Hangul,
/// variation selectors and places that are kept for more of their kind.
const fn is_default_ignorable(character: char) -> bool {
    matches!(
        character,
        '\u{34f}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{2065}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fff8}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blank_is_what_nobody_sees() {
        for (text, blank) in [
            ("", true),
            (" ", true),
            ("\t\r\n", true),
            ("\0", true),
            ("\0\0 \0", true),
            ("\u{1}\u{1b}\u{7f}\u{85}", true),
            ("\u{a0}\u{1680}\u{2009}\u{202f}\u{205f}\u{3000}", true),
            ("\u{2028}\u{2029}", true),
            ("\u{200b}", true),
            ("\u{200c}\u{200d}\u{200e}\u{200f}", true),
            ("\u{202a}\u{202e}\u{2066}\u{2069}\u{61c}", true),
            ("\u{2060}\u{2065}\u{206f}", true),
            ("\u{feff}", true),
            ("\u{ad}", true),
            (" \u{ad} \u{200b} \0", true),
            ("\u{180e}\u{180b}\u{34f}\u{fe0f}\u{e0101}", true),
            ("\u{115f}\u{1160}\u{3164}\u{ffa0}", true),
            ("\u{e0001}\u{e0041}\u{1d173}", true),
            ("a", false),
            (" a ", false),
            ("\0a", false),
            ("\u{200b}a", false),
            ("0", false),
            ("-", false),
            (".", false),
            ("🚀", false),
            ("❤\u{fe0f}", false),
            ("平", false),
            ("\u{301}", false),
            ("\u{2800}", false),
            ("\u{fffd}", false),
            ("\u{e000}", false),
        ] {
            assert_eq!(is_blank(text), blank, "{text:?}");
        }
    }

    /// The table is what Unicode says, as the engine of regular expressions knows it.
    #[test]
    fn format_characters_are_those_of_unicode() {
        let parsed = regex_syntax::parse(r"\p{Cf}").unwrap();
        let regex_syntax::hir::HirKind::Class(regex_syntax::hir::Class::Unicode(class)) =
            parsed.kind()
        else {
            panic!("{parsed:?} is no class")
        };
        let known = |character| {
            let ranges = class.ranges().iter();
            ranges
                .clone()
                .any(|range| (range.start()..=range.end()).contains(&character))
        };
        for character in '\0'..=char::MAX {
            assert_eq!(is_format(character), known(character), "{character:?}");
        }
    }

    #[test]
    fn only_u_0000_is_left_out() {
        for (text, left) in [
            ("", ""),
            ("a", "a"),
            ("\0", ""),
            ("a\0b\0", "ab"),
            (
                "\u{1}\u{1b}[1m\u{7f}\u{feff}",
                "\u{1}\u{1b}[1m\u{7f}\u{feff}",
            ),
        ] {
            assert_eq!(without_nul(text), left, "{text:?}");
        }
    }

    #[test]
    fn the_example_of_is_blank() {
        use crate::text::is_blank;

        assert!(is_blank("") && is_blank(" \t\u{a0}") && is_blank("\u{200b}\u{feff}\u{0}"));
        assert!(!is_blank(" Lee ") && !is_blank("\u{200b}Lee"));
    }

    #[test]
    fn the_example_of_without_nul() {
        use crate::text::without_nul;

        assert_eq!(without_nul("Jane\u{0} Doe"), "Jane Doe");
    }
}

//! Tables of characters, and the laws.

use proptest::prelude::*;

use super::*;

/// The text that a visible one was made of.
fn original(mut shown: &str) -> String {
    let mut text = String::new();
    while let Some((before, rest)) = shown.split_once(r"\u{") {
        let (digits, rest) = rest.split_once('}').unwrap();
        text.push_str(before);
        text.push(char::from_u32(u32::from_str_radix(digits, 16).unwrap()).unwrap());
        shown = rest;
    }
    text + shown
}

#[test]
fn what_is_hidden_is_written_out_and_nothing_else() {
    for (text, shown) in [
        ("", ""),
        ("Jane Doe", "Jane Doe"),
        ("it's \"so\" `so`", "it's \"so\" `so`"),
        (r"ACME\Domain Users", r"ACME\Domain Users"),
        (r"\\", r"\\"),
        ("Zoë Ångström-Đỗ", "Zoë Ångström-Đỗ"),
        ("Zoe\u{308}", "Zoe\u{308}"),
        ("平 和子", "平 和子"),
        ("שלום עולם", "שלום עולם"),
        ("محمد", "محمد"),
        ("हिन्दी", "हिन्दी"),
        ("ไทย", "ไทย"),
        ("🚀 👩🏽", "🚀 👩🏽"),
        // Controls: of ASCII, U+007F, and those above it.
        ("\0\u{7}\u{8}", r"\u{0}\u{7}\u{8}"),
        ("\t\n\u{b}\u{c}\r", r"\u{9}\u{a}\u{b}\u{c}\u{d}"),
        ("\u{1b}[2J", r"\u{1b}[2J"),
        (
            "\u{1b}]8;;https://a\u{1b}\\b",
            r"\u{1b}]8;;https://a\u{1b}\b",
        ),
        (
            "\u{7f}\u{85}\u{90}\u{9b}\u{9d}",
            r"\u{7f}\u{85}\u{90}\u{9b}\u{9d}",
        ),
        // Directions.
        ("\u{61c}\u{200e}\u{200f}", r"\u{61c}\u{200e}\u{200f}"),
        ("\u{202a}\u{202e}\u{202c}", r"\u{202a}\u{202e}\u{202c}"),
        ("\u{2066}\u{2069}", r"\u{2066}\u{2069}"),
        // Separators and blanks.
        ("\u{2028}\u{2029}", r"\u{2028}\u{2029}"),
        ("a\u{a0}b\u{2003}c\u{3000}", r"a\u{a0}b\u{2003}c\u{3000}"),
        ("\u{2800}\u{1680}", r"\u{2800}\u{1680}"),
        // No width.
        (
            "a\u{200b}\u{200c}\u{200d}\u{2060}\u{feff}",
            r"a\u{200b}\u{200c}\u{200d}\u{2060}\u{feff}",
        ),
        ("a\u{ad}b\u{180e}", r"a\u{ad}b\u{180e}"),
        ("👩\u{200d}💻", r"👩\u{200d}💻"),
        ("❤\u{fe0f}", r"❤\u{fe0f}"),
        ("a\u{e0101}\u{34f}", r"a\u{e0101}\u{34f}"),
        // Fillers, tags, annotations, what is not assigned, and what is private.
        (
            "\u{115f}\u{1160}\u{3164}\u{ffa0}\u{17b4}",
            r"\u{115f}\u{1160}\u{3164}\u{ffa0}\u{17b4}",
        ),
        (
            "\u{e0001}\u{e0041}\u{e007f}",
            r"\u{e0001}\u{e0041}\u{e007f}",
        ),
        ("\u{fff9}\u{fffb}\u{206f}", r"\u{fff9}\u{fffb}\u{206f}"),
        ("\u{1d173}\u{1bca0}", r"\u{1d173}\u{1bca0}"),
        ("\u{378}\u{ffff}\u{e000}", r"\u{378}\u{ffff}\u{e000}"),
        // A mark has a letter to be drawn on, and its pile an end.
        ("\u{301}a", r"\u{301}a"),
        (
            "a\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}b\u{301}",
            "a\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\\u{301}\\u{301}b\u{301}",
        ),
        // What looks like ours.
        (r"\u{202e}", r"\u{5c}u{202e}"),
        (r"\\u{a}", r"\\u{5c}u{a}"),
        (r"\u202e \x1b", r"\u202e \x1b"),
    ] {
        assert_eq!(visible(text).to_string(), shown, "{text:?}");
        assert_eq!(original(shown), text, "{text:?}");
    }
}

#[test]
fn a_long_text_ends_between_characters() {
    for (text, characters, shown) in [
        ("abc", 3, "abc"),
        ("abc", 2, "ab…"),
        ("äöü", 3, "äöü"),
        ("äöü", 2, "äö…"),
        ("a\u{1b}b", 6, "a…"),
        ("a\u{1b}b", 7, r"a\u{1b}…"),
        ("abc", 0, "…"),
        ("", 0, ""),
    ] {
        let short = visible(text).at_most(characters);
        assert_eq!(short.to_string(), shown, "{text:?}");
    }
}

#[test]
fn lines_keep_their_ends_and_a_line_has_none() {
    for (text, as_line, as_lines) in [
        ("", "", ""),
        ("a\n\tb\n", r"a\u{a}\u{9}b\u{a}", "a\n\tb\n"),
        ("a\r\nb", r"a\u{d}\u{a}b", "a\\u{d}\nb"),
        ("a\u{2028}b", r"a\u{2028}b", r"a\u{2028}b"),
        ("é\n\u{301}b", r"é\u{a}\u{301}b", "é\n\\u{301}b"),
        ("é\u{1b}\u{301}b", r"é\u{1b}\u{301}b", r"é\u{1b}\u{301}b"),
        (r"\u{a}", r"\u{a}", r"\u{a}"),
    ] {
        assert_eq!(line(text), as_line, "{text:?}");
        assert_eq!(lines(text), as_lines, "{text:?}");
    }
}

#[test]
fn a_message_has_an_end() {
    for (text, length) in [
        (String::new(), 0),
        ("x".repeat(2_000), 2_000),
        ("x".repeat(2_001), 2_000),
        ("é".repeat(1_000), 2_000),
        ("é".repeat(1_001), 1_999),
        ("\u{1b}".repeat(1_000), 2_000),
        ("平".repeat(100_000), 1_998),
    ] {
        let shown = message(&text).into_owned();
        assert_eq!(shown.len(), length, "{text:.9}");
        assert_eq!(shown.ends_with('…'), line(&text).len() > 2_000);
        assert_eq!(message(&shown), shown.as_str());
    }
}

/// No character that a terminal acts on, or that turns text round, is missed, whatever version of Unicode the standard
/// library has.
#[test]
fn no_control_and_no_direction_is_missed() {
    let ranges = [
        '\0'..='\u{1f}',
        '\u{7f}'..='\u{9f}',
        '\u{200b}'..='\u{200f}',
        '\u{2028}'..='\u{202e}',
        '\u{2060}'..='\u{206f}',
        '\u{fe00}'..='\u{fe0f}',
        '\u{e0000}'..='\u{e0fff}',
    ];
    for character in ranges.into_iter().flatten().chain(['\u{61c}', '\u{feff}']) {
        assert!(is_hidden(character), "{character:?}");
    }
}

fn any_text() -> impl Strategy<Value = String> {
    let character = prop_oneof![
        any::<char>(),
        prop::char::range(' ', '~'),
        prop::char::range('\0', '\u{a0}'),
        prop::char::range('\u{300}', '\u{303}'),
        prop::char::range('\u{2000}', '\u{2070}'),
    ];
    let piece = prop_oneof![
        4 => character.prop_map(String::from),
        1 => prop::sample::select(vec!["\\", r"\u", r"\u{", r"\u{202e}", "}", "u{a}"])
            .prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn what_is_shown_has_nothing_hidden_and_can_be_turned_back(text in any_text()) {
        let shown = visible(&text).to_string();
        prop_assert!(!shown.contains(is_hidden), "{shown:?}");
        prop_assert_eq!(original(&shown), text);
    }

    #[test]
    fn a_line_is_sifted_once(text in any_text()) {
        let once = line(&text).into_owned();
        prop_assert!(!once.contains(is_hidden), "{once:?}");
        prop_assert_eq!(line(&once), once.as_str());
        let printed = lines(&text).into_owned();
        prop_assert_eq!(lines(&printed), printed.as_str());
        let shown = visible(&text).to_string();
        prop_assert_eq!(line(&shown), shown.as_str(), "no harm to what is visible");
    }

    #[test]
    fn what_is_shortened_is_not_longer(text in any_text(), longest in 0usize..40) {
        let shown = visible(&text).at_most(longest).to_string();
        prop_assert!(shown.chars().count() <= longest + 1, "{shown:?}");
    }
}

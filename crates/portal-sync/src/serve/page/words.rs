//! Texts of others, numbers and distances in time as people read them.

use jiff::Timestamp;
use maud::{Markup, html};

use crate::text::counted::noun;

/// So many characters of a name, an address or a value are shown.
pub(super) const SHOWN: usize = 200;

/// So many characters of a description or a message are shown.
pub(super) const SHOWN_OF_PROSE: usize = 500;

/// A text that others wrote, such as a name: isolated, so that its direction turns nothing around it, and shortened.
pub(super) fn foreign(text: &str) -> Markup {
    html! { bdi { (shortened(text, SHOWN)) } }
}

/// As [`foreign`], for descriptions and messages.
pub(super) fn prose(text: &str) -> Markup {
    html! { bdi { (shortened(text, SHOWN_OF_PROSE)) } }
}

/// The first `limit` characters, with an ellipsis where there are more. What would be invisible or would turn the
/// direction of its neighbours is written out: U+202E as `\u{202e}`.
pub(super) fn shortened(text: &str, limit: usize) -> String {
    let mut shown = String::with_capacity(text.len().min(limit));
    let mut characters = text.chars();
    for character in characters.by_ref().take(limit) {
        if is_hidden(character) {
            shown.extend(character.escape_unicode());
        } else {
            shown.push(character);
        }
    }
    if characters.next().is_some() {
        shown.push('…');
    }
    shown
}

/// Not among them are the joiners (U+200C, U+200D) and the marks of direction (U+200E, U+200F, U+061C): names are written
/// with them, and in an isolated text they change nothing outside.
fn is_hidden(character: char) -> bool {
    match character {
        '\t' | '\n' | '\r' => false,
        '\u{ad}'
        | '\u{180e}'
        | '\u{200b}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e007f}' => true,
        other => other.is_control(),
    }
}

/// `1234567` as `1,234,567`.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `grouped` for the length of a list.
pub(super) fn counted(number: usize) -> String {
    grouped(u64::try_from(number).unwrap_or(u64::MAX))
}

/// `1 group`, `300 groups`.
pub(super) fn count_of(number: usize, one: &str, many: &str) -> String {
    format!("{} {}", counted(number), noun(number, one, many))
}

/// How far `then` is from `now`: `3 minutes ago`, `in 2 hours`.
pub(super) fn distance(then: Timestamp, now: Timestamp) -> String {
    let seconds = now.duration_since(then).as_secs();
    let (amount, unit) = match seconds.unsigned_abs() {
        0..10 if seconds < 0 => return "in a moment".to_owned(),
        0..10 => return "just now".to_owned(),
        far @ 10..60 => (far, "second"),
        far @ 60..3_600 => (far / 60, "minute"),
        far @ 3_600..86_400 => (far / 3_600, "hour"),
        far => (far / 86_400, "day"),
    };
    let plural = if amount == 1 { "" } else { "s" };
    if seconds > 0 {
        format!("{} {unit}{plural} ago", grouped(amount))
    } else {
        format!("in {} {unit}{plural}", grouped(amount))
    }
}

/// An instant in words, with the exact one behind them.
pub(super) fn moment(then: Timestamp, now: Timestamp) -> Markup {
    html! {
        time datetime=(then) title=(then) { (distance(then, now)) }
    }
}

/// How long something took: `4 s`, `2 min 5 s`, `1 h 3 min`.
pub(super) fn duration(from: Timestamp, to: Timestamp) -> String {
    match to.duration_since(from).as_secs().max(0) {
        seconds @ 0..60 => format!("{seconds} s"),
        seconds @ 60..3_600 => format!("{} min {} s", seconds / 60, seconds % 60),
        seconds => format!("{} h {} min", seconds / 3_600, seconds % 3_600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_foreign_text_is_short_and_hides_nothing() {
        for (text, shown) in [
            ("", ""),
            ("Ada", "Ada"),
            ("12345", "12345"),
            ("123456", "12345…"),
            ("ÄÖÜ平🚀!", "ÄÖÜ平🚀…"),
            ("a\u{202e}b", "a\\u{202e}b"),
            ("\u{2066}\u{2069}", "\\u{2066}\\u{2069}"),
            ("\u{1b}[1m", "\\u{1b}[1m"),
            ("\u{9b}\u{7f}\0", "\\u{9b}\\u{7f}\\u{0}"),
            ("\u{2028}\u{2029}", "\\u{2028}\\u{2029}"),
            ("ad\u{200b}a\u{feff}", "ad\\u{200b}a\\u{feff}"),
            ("\u{e0041}", "\\u{e0041}"),
            ("a\nb\tc", "a\nb\tc"),
            ("نا\u{200c}م", "نا\u{200c}م"),
            ("\u{200f}א\u{200e}", "\u{200f}א\u{200e}"),
            ("👩\u{200d}💻", "👩\u{200d}💻"),
        ] {
            assert_eq!(shortened(text, 5), shown, "{text:?}");
        }
        assert_eq!(foreign("<b>").0, "<bdi>&lt;b&gt;</bdi>");
        let long = "x".repeat(1 << 20);
        assert_eq!(foreign(&long).0, format!("<bdi>{}…</bdi>", "x".repeat(200)));
        assert_eq!(prose(&long).0, format!("<bdi>{}…</bdi>", "x".repeat(500)));
    }

    #[test]
    fn numbers_are_grouped_by_three() {
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (20_000, "20,000"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(grouped(number), text);
        }
        assert_eq!(count_of(1, "group", "groups"), "1 group");
        assert_eq!(count_of(2_000, "person", "people"), "2,000 people");
    }

    #[test]
    fn distances_are_told_in_their_largest_unit() {
        let now = 10_000_000;
        for (then, text) in [
            (now, "just now"),
            (now - 9, "just now"),
            (now + 9, "in a moment"),
            (now - 45, "45 seconds ago"),
            (now - 60, "1 minute ago"),
            (now - 3_599, "59 minutes ago"),
            (now - 7_200, "2 hours ago"),
            (now - 86_400, "1 day ago"),
            (now + 90, "in 1 minute"),
            (now + 172_800, "in 2 days"),
        ] {
            assert_eq!(distance(at(then), at(now)), text);
        }
    }

    #[test]
    fn durations_name_two_units() {
        for (seconds, text) in [
            (4, "4 s"),
            (125, "2 min 5 s"),
            (3_780, "1 h 3 min"),
            (-5, "0 s"),
        ] {
            assert_eq!(duration(at(1_000), at(1_000 + seconds)), text);
        }
    }
}

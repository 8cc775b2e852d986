//! Texts of others as they are shown: the input is a name, a message or lines of a log.
#![no_main]

use libfuzzer_sys::fuzz_target;
use okta_auth::visible::{LONGEST_MESSAGE, is_hidden, line, lines, message, visible};

fuzz_target!(|text: &str| {
    let shown = visible(text).to_string();
    assert!(!shown.contains(is_hidden), "{shown:?}");
    assert_eq!(original(&shown).as_deref(), Some(text));
    let short = visible(text).at_most(200).to_string();
    assert!(short.chars().count() <= 201);

    let once = line(text);
    assert!(!once.contains(is_hidden), "{once:?}");
    assert_eq!(line(&once), once);
    assert_eq!(line(&shown), shown, "what is visible stays as it is");

    let printed = lines(text);
    let is_layout = |character| matches!(character, '\n' | '\t');
    assert!(!printed.contains(|c| is_hidden(c) && !is_layout(c)));
    assert_eq!(printed.matches('\n').count(), text.matches('\n').count());
    assert_eq!(lines(&printed), printed);

    let told = message(text);
    assert!(told.len() <= LONGEST_MESSAGE && !told.contains(is_hidden));
    assert_eq!(message(&told), told);
});

/// The text that a visible one was made of.
fn original(mut shown: &str) -> Option<String> {
    let mut text = String::new();
    while let Some((before, rest)) = shown.split_once("\\u{") {
        let (digits, rest) = rest.split_once('}')?;
        text.push_str(before);
        text.push(char::from_u32(u32::from_str_radix(digits, 16).ok()?)?);
        shown = rest;
    }
    Some(text + shown)
}

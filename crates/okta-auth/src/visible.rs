//! Foreign text where a person reads it: what cannot be seen is written out.
//!
//! A name can hold characters that move the cursor of a terminal, turn the direction of a line round, begin a line of a log,
//! or are not drawn at all. Written out as `\u{202e}` they do nothing, and two texts that differ look different.
//!
//! | for | use | `a`, U+202E, line feed, `b` |
//! |---|---|---|
//! | one foreign text in a message | [`visible`] | `a\u{202e}\u{a}b` |
//! | one line that is made of several texts | [`line()`] | `a\u{202e}\u{a}b` |
//! | one message that may be of any length | [`message`] | `a\u{202e}\u{a}b` |
//! | lines that are ready to be printed | [`lines`] | `a\u{202e}`, line feed, `b` |
//!
//! Letters and marks of all scripts, symbols and emoji stay as they are. So an emoji that is joined of several, and a
//! Persian name with a non-joiner in it, show their joints.

use std::borrow::Cow;
use std::fmt::{self, Write as _};

/// So many marks of one letter are drawn. A pile of them covers the lines above it; no script needs as many.
const HIGHEST_PILE: usize = 8;

/// The most bytes of a [`message`].
pub const LONGEST_MESSAGE: usize = 2_000;

/// Whether nothing is seen of a character, or something happens instead: controls, white space but the blank, format
/// characters, fillers, variation selectors, what Unicode has not assigned, and what is for private use.
///
/// ```
/// use okta_auth::visible::is_hidden;
///
/// assert!(['\u{1b}', '\u{9b}', '\u{202e}', '\u{2028}', '\u{200d}', '\u{a0}', '\u{3164}'].into_iter().all(is_hidden));
/// assert!(![' ', '\\', 'é', '平', 'ש', '🚀', '\u{301}'].into_iter().any(is_hidden));
/// ```
#[must_use]
pub fn is_hidden(character: char) -> bool {
    match character {
        ' '..='~' => false,
        // Letters, symbols and marks of which nothing is drawn, which are printable by their category.
        '\u{34f}'
        | '\u{115f}'..='\u{1160}'
        | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}'
        | '\u{2800}'
        | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{ffa0}'
        | '\u{1d159}'
        | '\u{e0000}'..='\u{e0fff}' => true,
        _ => !is_plain(character) && !is_mark(character),
    }
}

/// A foreign text as it is shown within a message.
///
/// It can be turned back: a backslash that would be read as one of ours is written out as well. So texts that differ look
/// different, unless they are [shortened](Visible::at_most).
///
/// ```
/// use okta_auth::visible::visible;
///
/// assert_eq!(visible("Zoë 🚀").to_string(), "Zoë 🚀");
/// assert_eq!(visible("a\n\u{202e}b").to_string(), r"a\u{a}\u{202e}b");
/// assert_eq!(visible(r"ACME\users, \u{a}").to_string(), r"ACME\users, \u{5c}u{a}");
/// assert_eq!(visible("sales and marketing").at_most(5).to_string(), "sales…");
/// ```
#[must_use]
pub const fn visible(text: &str) -> Visible<'_> {
    Visible {
        text,
        characters: usize::MAX,
    }
}

/// What [`visible`] makes of a text.
#[derive(Debug, Clone, Copy)]
pub struct Visible<'a> {
    text: &'a str,
    characters: usize,
}

impl Visible<'_> {
    /// At most so many characters of what is written, and then `…`.
    #[must_use]
    pub const fn at_most(mut self, characters: usize) -> Self {
        self.characters = characters;
        self
    }
}

impl fmt::Display for Visible<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut characters = 0usize;
        let mut pile = Pile::default();
        for (at, character) in self.text.char_indices() {
            let is_ambiguous = character == '\\'
                && self
                    .text
                    .get(at..)
                    .is_some_and(|rest| rest.starts_with(r"\u{"));
            let escaped = pile.hides(character) || is_ambiguous;
            characters += if escaped {
                character.escape_unicode().len()
            } else {
                1
            };
            if characters > self.characters {
                return f.write_char('…');
            }
            if escaped {
                write!(f, "{}", character.escape_unicode())?;
            } else {
                f.write_char(character)?;
            }
        }
        Ok(())
    }
}

/// A text of one line that may have foreign parts: everything hidden in it is written out, line ends among it.
///
/// Applied again it changes nothing, so it does no harm to parts that are [`visible`] already.
///
/// ```
/// use okta_auth::visible::line;
///
/// assert_eq!(line("group `a\u{1b}[2J`"), r"group `a\u{1b}[2J`");
/// assert_eq!(line("added\n+ user:default/forged"), r"added\u{a}+ user:default/forged");
/// ```
#[must_use]
pub fn line(text: &str) -> Cow<'_, str> {
    sifted(text, |_| false)
}

/// A [`line()`] of at most [`LONGEST_MESSAGE`] bytes, of which the last say `…` where it was longer. What an error says may hold
/// as much of an answer as whoever answers likes.
///
/// ```
/// use okta_auth::visible::message;
///
/// assert_eq!(message("unknown variant `x`"), "unknown variant `x`");
/// let long = message(&"x".repeat(1_000_000)).into_owned();
/// assert!(long.len() == 2_000 && long.ends_with("x…"));
/// ```
#[must_use]
pub fn message(text: &str) -> Cow<'_, str> {
    const END: &str = "…";
    // What is far behind the end need not be read.
    let start = within(text, LONGEST_MESSAGE);
    let sifted = line(start);
    if start.len() == text.len() && sifted.len() <= LONGEST_MESSAGE {
        return sifted;
    }
    let mut shortened = within(&sifted, LONGEST_MESSAGE - END.len()).to_owned();
    shortened.push_str(END);
    shortened.into()
}

/// As much of the text as so many bytes hold.
fn within(text: &str, bytes: usize) -> &str {
    // A character has four bytes at most.
    let mut ends = (bytes.saturating_sub(3)..=bytes).rev();
    let start = ends.find_map(|end| text.get(..end));
    start.unwrap_or(text)
}

/// Lines as they are printed: as [`line()`], with the line ends and tabs that are between and in them.
///
/// What is foreign has to be [`visible`] before it is joined to lines.
///
/// ```
/// use okta_auth::visible::lines;
///
/// assert_eq!(lines("+ a\n+ b\u{9b}1m\n"), "+ a\n+ b\\u{9b}1m\n");
/// ```
#[must_use]
pub fn lines(text: &str) -> Cow<'_, str> {
    sifted(text, |character| matches!(character, '\n' | '\t'))
}

fn sifted(text: &str, stays: impl Fn(char) -> bool) -> Cow<'_, str> {
    if text
        .bytes()
        .all(|byte| matches!(byte, b' '..=b'~') || stays(char::from(byte)))
    {
        return text.into();
    }
    let mut sifted = String::with_capacity(text.len());
    let mut pile = Pile::default();
    for character in text.chars() {
        if stays(character) {
            pile = Pile::default();
            sifted.push(character);
        } else if pile.hides(character) {
            sifted.extend(character.escape_unicode());
        } else {
            sifted.push(character);
        }
    }
    sifted.into()
}

/// The marks on the letter that was written last.
struct Pile {
    marks: usize,
}

/// Where there is no letter, a mark would be drawn on what is not its own.
impl Default for Pile {
    fn default() -> Self {
        Self {
            marks: HIGHEST_PILE,
        }
    }
}

impl Pile {
    /// Whether the next character is to be written out.
    fn hides(&mut self, character: char) -> bool {
        if is_hidden(character) {
            *self = Self::default();
            return true;
        }
        if is_mark(character) {
            self.marks = self.marks.saturating_add(1);
            return self.marks > HIGHEST_PILE;
        }
        self.marks = 0;
        false
    }
}

/// Whether it is drawn by itself. This is what the standard library knows of Unicode: `Debug` writes everything else out.
fn is_plain(character: char) -> bool {
    character.is_ascii_graphic() || character == ' ' || character.escape_debug().len() == 1
}

/// Whether it is drawn on the letter before it: `Debug` writes it out only where there is none.
fn is_mark(character: char) -> bool {
    !is_plain(character) && {
        let on_a_letter = String::from_iter(['a', character]);
        on_a_letter.escape_debug().nth(2).is_none()
    }
}

#[cfg(test)]
mod tests;

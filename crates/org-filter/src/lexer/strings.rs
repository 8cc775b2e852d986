//! Strings: JSON's, and what people write or paste in their place.

use crate::literal::json_string;
use crate::problem::{Place, Problem, quoted};

/// A string that was read, with what was wrong with it.
pub(super) struct Found {
    /// The bytes it takes, quotes included.
    pub(super) length: usize,
    pub(super) text: String,
    pub(super) problems: Vec<Problem>,
}

/// Reads the JSON string that `rest` begins with (RFC 8259, section 7); `at` is where that is.
pub(super) fn json(rest: &str, at: usize) -> Found {
    let mut found = Found {
        length: 1,
        text: String::new(),
        problems: Vec::new(),
    };
    let mut raw_control = false;
    loop {
        let left = rest.get(found.length..).unwrap_or_default();
        let special = |byte: u8| matches!(byte, b'"' | b'\\' | 0..b' ');
        let plain = left.bytes().position(special).unwrap_or(left.len());
        let (plain, left) = left.split_at_checked(plain).unwrap_or((left, ""));
        found.text.push_str(plain);
        found.length += plain.len();
        let Some(next) = left.chars().next() else {
            return unterminated(rest, at, found.text);
        };
        match next {
            '"' => {
                found.length += 1;
                break;
            }
            '\\' => match escape(left) {
                Ok((character, length)) => {
                    found.text.push(character);
                    found.length += length;
                }
                Err((message, length, fix)) => {
                    let start = at + found.length;
                    let place = Place::new(start, start + length);
                    found
                        .problems
                        .push(Problem::new(place, message).fixed_by(fix));
                    found.length += length;
                }
            },
            _ => {
                raw_control = true;
                found.text.push(next);
                found.length += next.len_utf8();
            }
        }
    }
    if raw_control {
        let place = Place::new(at, at + found.length);
        let problem = Problem::new(
            place,
            "line breaks and control characters must be escaped in a string",
        );
        found
            .problems
            .push(problem.fixed_by(Some(json_string(&found.text))));
    }
    found
}

/// A string whose closing quote is missing: it takes the rest of the text, and its only problem is that.
fn unterminated(rest: &str, at: usize, text: String) -> Found {
    let length = rest.trim_end().len();
    let fix = json_string(text.trim_end());
    let problem = Problem::new(Place::new(at, at + length), "the closing quote is missing");
    Found {
        length: rest.len(),
        text,
        problems: vec![problem.fixed_by(Some(fix))],
    }
}

/// The character an escape stands for and the bytes it takes; or a message, the bytes and a fix.
type Escape = Result<(char, usize), (String, usize, Option<String>)>;

fn escape(text: &str) -> Escape {
    let character = match text.chars().nth(1) {
        Some('"') => '"',
        Some('\\') => '\\',
        Some('/') => '/',
        Some('b') => '\u{8}',
        Some('f') => '\u{c}',
        Some('n') => '\n',
        Some('r') => '\r',
        Some('t') => '\t',
        Some('u') => return unicode_escape(text),
        Some(other) => {
            let length = 1 + other.len_utf8();
            let written = text.get(..length).unwrap_or(text);
            let fix = (other >= ' ').then(|| format!("\\{written}"));
            return Err((
                format!("{} is not an escape of JSON", quoted(written)),
                length,
                fix,
            ));
        }
        None => return Err(("nothing follows the `\\`".to_owned(), 1, None)),
    };
    Ok((character, 2))
}

/// `\uXXXX`, or two of them for a character beyond the first 65,536.
fn unicode_escape(text: &str) -> Escape {
    let unit = |from: usize| {
        let digits = text.get(from..from + 6)?.strip_prefix("\\u")?;
        let hexadecimal = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        hexadecimal.then(|| u16::from_str_radix(digits, 16).ok())?
    };
    let Some(first) = unit(0) else {
        return Err(("`\\u` takes four hexadecimal digits".to_owned(), 2, None));
    };
    if let Some(character) = char::from_u32(first.into()) {
        return Ok((character, 6));
    }
    match unit(6).map(|second| char::decode_utf16([first, second]).next()) {
        Some(Some(Ok(character))) => Ok((character, 12)),
        _ => Err((format!("`\\u{first:04x}` is half a character"), 6, None)),
    }
}

/// Reads a string in quotes that are not JSON's: single, curly, backticks, or escaped for a shell.
pub(super) fn foreign(rest: &str, at: usize) -> Option<Found> {
    let first = rest.chars().next()?;
    let (opening, closing, message): (usize, &[&str], _) = match first {
        '“' | '”' | '„' | '«' | '»' => (
            first.len_utf8(),
            &["”", "“", "»", "«", "\""],
            "strings stand in straight quotes, not in curly ones",
        ),
        '‘' | '’' | '‚' => (
            first.len_utf8(),
            &["’", "‘"],
            "strings stand in straight double quotes, not in curly ones",
        ),
        '\'' => (
            1,
            &["'"],
            "strings stand in double quotes, not in single ones",
        ),
        '`' => (
            1,
            &["`"],
            "strings stand in double quotes, not in backticks",
        ),
        '\\' if rest.starts_with("\\\"") => (
            2,
            &["\\\""],
            "the backslashes belong to a shell, not to the expression",
        ),
        _ => return None,
    };
    let inside = rest.get(opening..)?;
    let end = closing
        .iter()
        .filter_map(|quote| Some((inside.find(quote)?, quote.len())))
        .min();
    let (text, length) = match end {
        Some((end, quote)) => (inside.get(..end)?, opening + end + quote),
        // Nobody knows where it should have ended: at the next space is the least.
        None => {
            let end = inside
                .find(|c: char| c.is_whitespace() || c == ')')
                .unwrap_or(inside.len());
            (inside.get(..end)?, opening + end)
        }
    };
    let problem =
        Problem::new(Place::new(at, at + length), message).fixed_by(Some(json_string(text)));
    Some(Found {
        length,
        text: text.to_owned(),
        problems: vec![problem],
    })
}

/// Whether `character` is a quote that word processors put in place of a straight one and that no name contains.
pub(super) fn is_curly(character: char) -> bool {
    matches!(character, '“' | '”' | '„' | '«' | '»')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_decoded_as_json() {
        let table = [
            (r#""plain""#, "plain", 7),
            (r#""bob\"smith" x"#, "bob\"smith", 12),
            (r#""\\\/\b\f\n\r\t""#, "\\/\u{8}\u{c}\n\r\t", 16),
            (r#""\u00e9\ud83d\uDE00""#, "é😀", 20),
            ("\"\u{7f}é'\"", "\u{7f}é'", 6),
        ];
        for (written, text, length) in table {
            let found = json(written, 0);
            assert_eq!(
                (found.text.as_str(), found.length),
                (text, length),
                "{written}"
            );
            assert!(found.problems.is_empty(), "{written}");
        }
    }

    #[test]
    fn faults_of_strings_have_places() {
        let table = [
            (r#""a\qb""#, 2..4, Some(r"\\q")),
            (r#""\u00g0""#, 1..3, None),
            (r#""\ud83d""#, 1..7, None),
            (r#""\ude00\ud83d""#, 1..7, None),
            ("\"open  ", 0..5, Some("\"open\"")),
            ("\"a\tb\"", 0..5, Some("\"a\\tb\"")),
        ];
        for (written, span, fix) in table {
            let found = json(written, 0);
            let problem = found.problems.first().expect(written);
            assert_eq!((problem.span(), problem.fix()), (span, fix), "{written}");
        }
    }
}

//! Text into tokens. What is not of the language becomes a problem and, where its meaning is plain, the token that
//! was meant, so that the parser can go on and find the rest.

use crate::expr::Operator;
use crate::problem::{Place, Problem, quoted};

mod encoded;
mod strings;

/// The smallest part of an expression.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Token<'t> {
    pub(crate) kind: Kind<'t>,
    pub(crate) place: Place,
    /// Whether white space, or nothing, stands before it.
    pub(crate) spaced: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Kind<'t> {
    Open,
    Close,
    And,
    Or,
    Not,
    /// A string, decoded.
    Text(String),
    /// Anything else that is written in one piece: a name, an operator, a number.
    Word(&'t str),
    /// An operator of other languages, such as `==`, already reported.
    Symbol(Operator),
    /// A character that means nothing here, already reported.
    Stray,
}

/// The most problems that are listed for one text.
pub(crate) const MAX_PROBLEMS: usize = 64;

/// Cuts `text` into tokens, as far as problems can be listed. The problem of a text that is still URL-encoded comes
/// alone.
pub(crate) fn tokens(text: &str) -> (Vec<Token<'_>>, Vec<Problem>) {
    let mut lexer = Lexer {
        text,
        at: 0,
        spaced: true,
        tokens: Vec::new(),
        problems: Vec::new(),
    };
    while let Some(first) = lexer.rest().chars().next() {
        if lexer.problems.len() >= MAX_PROBLEMS {
            break;
        }
        if let Err(problem) = lexer.step(first) {
            return (Vec::new(), vec![problem]);
        }
    }
    (lexer.tokens, lexer.problems)
}

struct Lexer<'t> {
    text: &'t str,
    at: usize,
    spaced: bool,
    tokens: Vec<Token<'t>>,
    problems: Vec<Problem>,
}

impl<'t> Lexer<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn push(&mut self, kind: Kind<'t>, length: usize) {
        let place = Place::new(self.at, self.at + length);
        self.tokens.push(Token {
            kind,
            place,
            spaced: self.spaced,
        });
        self.spaced = false;
        self.at += length;
    }

    /// Reads what begins with `first`: a token, a symbol, or white space. The error ends the reading.
    fn step(&mut self, first: char) -> Result<(), Problem> {
        let rest = self.rest();
        match first {
            ' ' | '\t' | '\r' | '\n' => self.skip(1),
            // Nothing else begins like that, and nearly everything does.
            _ if is_plain(first) => return self.word(),
            _ if first.is_whitespace() => {
                self.report(
                    first.len_utf8(),
                    "this space is not a plain one",
                    Some(" ".to_owned()),
                );
                self.skip(first.len_utf8());
            }
            _ if is_invisible(first) => {
                let message = format!("an invisible character, U+{:04X}", u32::from(first));
                self.report(first.len_utf8(), message, Some(String::new()));
                self.at += first.len_utf8();
            }
            '(' => self.push(Kind::Open, 1),
            ')' => self.push(Kind::Close, 1),
            '"' => self.string(strings::json(rest, self.at)),
            _ => {
                if let Some(found) = strings::foreign(rest, self.at) {
                    self.string(found);
                } else if let Some((symbol, meant)) = symbol(rest) {
                    self.symbol(symbol, meant);
                } else if is_stray(first) {
                    let (length, message) = stray(rest, first, self.spaced);
                    self.report(length, message, None);
                    self.push(Kind::Stray, length);
                } else {
                    return self.word();
                }
            }
        }
        Ok(())
    }

    fn skip(&mut self, length: usize) {
        self.at += length;
        self.spaced = true;
    }

    fn report(&mut self, length: usize, message: impl Into<String>, fix: Option<String>) {
        let place = Place::new(self.at, self.at + length);
        self.problems
            .push(Problem::new(place, message).fixed_by(fix));
    }

    fn string(&mut self, found: strings::Found) {
        self.problems.extend(found.problems);
        self.push(Kind::Text(found.text), found.length);
    }

    fn symbol(&mut self, symbol: &str, meant: Meant) {
        let (word, kind) = match meant {
            Meant::Operator(operator) => (operator.as_str(), Kind::Symbol(operator)),
            Meant::And => ("and", Kind::And),
            Meant::Or => ("or", Kind::Or),
            Meant::Not => ("not", Kind::Not),
        };
        let before = if self.spaced { "" } else { " " };
        let end = self.at + symbol.len();
        let followed = self
            .text
            .get(end..)
            .is_some_and(|rest| rest.starts_with(char::is_whitespace));
        let after = if followed { "" } else { " " };
        let fix = format!("{before}{word}{after}");
        self.report(
            symbol.len(),
            format!("`{symbol}` is not of this language"),
            Some(fix),
        );
        // The fix brings its own spaces, so nothing more is to be said about them.
        self.spaced = true;
        self.push(kind, symbol.len());
        self.spaced = true;
    }

    fn word(&mut self) -> Result<(), Problem> {
        let rest = self.rest();
        let length = rest.find(ends_word).unwrap_or(rest.len());
        let word = rest.get(..length).unwrap_or(rest);
        if encoded::is_encoded(word) {
            return Err(encoded::problem(self.text));
        }
        let kind = match word {
            _ if word.eq_ignore_ascii_case("and") => Kind::And,
            _ if word.eq_ignore_ascii_case("or") => Kind::Or,
            _ if word.eq_ignore_ascii_case("not") => Kind::Not,
            _ => Kind::Word(word),
        };
        self.push(kind, length);
        Ok(())
    }
}

enum Meant {
    Operator(Operator),
    And,
    Or,
    Not,
}

/// The symbol `rest` begins with, and what it means elsewhere.
fn symbol(rest: &str) -> Option<(&'static str, Meant)> {
    let table = [
        ("===", Meant::Operator(Operator::Eq)),
        ("==", Meant::Operator(Operator::Eq)),
        ("=", Meant::Operator(Operator::Eq)),
        ("!=", Meant::Operator(Operator::Ne)),
        ("<>", Meant::Operator(Operator::Ne)),
        (">=", Meant::Operator(Operator::Ge)),
        (">", Meant::Operator(Operator::Gt)),
        ("<=", Meant::Operator(Operator::Le)),
        ("<", Meant::Operator(Operator::Lt)),
        ("&&", Meant::And),
        ("&", Meant::And),
        ("||", Meant::Or),
        ("|", Meant::Or),
        ("!", Meant::Not),
    ];
    table
        .into_iter()
        .find(|(symbol, _)| rest.starts_with(symbol))
}

fn is_stray(character: char) -> bool {
    matches!(character, ',' | ';' | '[' | ']' | '{' | '}') || character.is_control()
}

/// Characters without a shape that come along when text is copied from a page or a document.
fn is_invisible(character: char) -> bool {
    matches!(character, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}' | '\u{feff}')
}

/// The bytes that mean nothing, and what to say of them. A bracket that is joined to a name begins a value path of SCIM.
fn stray(rest: &str, first: char, spaced: bool) -> (usize, String) {
    let closing = rest.find(']').filter(|_| first == '[' && !spaced);
    if let Some(closing) = closing {
        return (
            closing + 1,
            "value paths in brackets are not of this language".to_owned(),
        );
    }
    let length = first.len_utf8();
    (
        length,
        format!(
            "unexpected {}",
            quoted(rest.get(..length).unwrap_or_default())
        ),
    )
}

/// Whether `character` cannot be part of a word. An apostrophe can: `O'Brien` without quotes is one mistake, not two.
fn ends_word(character: char) -> bool {
    !is_plain(character)
        && (character.is_whitespace()
            || is_stray(character)
            || is_invisible(character)
            || matches!(
                character,
                '(' | ')' | '"' | '=' | '!' | '<' | '>' | '&' | '|'
            )
            || strings::is_curly(character))
}

/// Whether `character` is of a word and of nothing else, wherever it stands.
fn is_plain(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '_' | '.' | '-')
}

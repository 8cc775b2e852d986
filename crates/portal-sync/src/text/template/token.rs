//! What placeholders are made of.

use std::ops::Range;

use org_filter::Problem;

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Token<'t> {
    /// `{`, which began the placeholder.
    Open,
    /// The name of an attribute or of a filter, or what stands in the place of one.
    Word(&'t str),
    /// A text in quotes, without them.
    Text(String),
    /// `??`
    Or,
    /// `|`
    Pipe,
    /// `}`
    Close,
    /// Another `{` or the end of the text: the placeholder is not closed.
    End,
}

/// The tokens of one placeholder, one at a time.
#[derive(Debug)]
pub(super) struct Tokens<'t> {
    text: &'t str,
    /// Where the next token is looked for.
    at: usize,
    /// The token that was read last.
    pub(super) token: Token<'t>,
    /// Its place in the text.
    pub(super) span: Range<usize>,
}

impl<'t> Tokens<'t> {
    /// Begins with the `{` at `open`.
    pub(super) const fn new(text: &'t str, open: usize) -> Self {
        Self {
            text,
            at: open + 1,
            token: Token::Open,
            span: open..open + 1,
        }
    }

    /// Where the placeholder ends, once its last token was read.
    pub(super) const fn end(&self) -> usize {
        self.at
    }

    /// Reads the next token. After an error the last one stays, and what was wrong lies behind.
    pub(super) fn advance(&mut self) -> Result<(), Problem> {
        self.at = self.text.len() - self.rest().trim_start().len();
        let start = self.at;
        self.token = match self.rest().chars().next() {
            None | Some('{') => Token::End,
            Some('"') => self.quoted()?,
            Some('}') => self.sign("}", Token::Close),
            Some('|') => self.sign("|", Token::Pipe),
            Some('?') if self.rest().starts_with("??") => self.sign("??", Token::Or),
            Some('?') => {
                self.at += 1;
                let problem = Problem::new(start..self.at, "a single `?` means nothing");
                return Err(problem.with_help("write `??`"));
            }
            Some(_) => {
                let ends = |c: char| c.is_whitespace() || "{}|?\"".contains(c);
                let rest = self.rest();
                let word = rest.split(ends).next().unwrap_or(rest);
                self.at += word.len();
                Token::Word(word)
            }
        };
        self.span = start..self.at;
        Ok(())
    }

    /// Goes on to the end of a placeholder in which something is wrong; what else is wrong there may well follow from it.
    pub(super) fn recover(&mut self) {
        while !matches!(self.token, Token::Close | Token::End) {
            // An error lies behind as well.
            let _ = self.advance();
        }
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    const fn sign(&mut self, sign: &str, token: Token<'t>) -> Token<'t> {
        self.at += sign.len();
        token
    }

    /// Reads a text in quotes to behind the closing one.
    fn quoted(&mut self) -> Result<Token<'t>, Problem> {
        let start = self.at;
        let mut text = String::new();
        let mut wrong = None;
        let mut characters = self.rest().char_indices().skip(1).peekable();
        while let Some((offset, character)) = characters.next() {
            match (character, characters.peek()) {
                ('"', _) => {
                    self.at = start + offset + 1;
                    return wrong.map_or(Ok(Token::Text(text)), Err);
                }
                ('\\', Some(&(_, escaped @ ('"' | '\\')))) => {
                    text.push(escaped);
                    characters.next();
                }
                ('\\', _) => {
                    let at = start + offset;
                    let problem = Problem::new(at..at + 1, "this backslash escapes nothing");
                    wrong.get_or_insert(
                        problem.with_help(
                            "write `\\\\` for a backslash: only it and `\"` are escaped",
                        ),
                    );
                }
                _ => text.push(character),
            }
        }
        self.at = self.text.len();
        let problem = Problem::new(start..start + 1, "this quote is not closed");
        Err(problem.with_help("close it with `\"`"))
    }
}

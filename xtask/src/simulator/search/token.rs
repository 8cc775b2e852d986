//! Cuts an expression into tokens.

/// A token of an expression.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Token {
    Open,
    Close,
    /// An attribute, an operator, a keyword, `true`, `false` or `null`.
    Word(String),
    /// A JSON string.
    Text(String),
    /// A JSON number.
    Number(f64),
}

/// The tokens of `text`, or nothing when it does not consist of tokens, each a space apart from the next.
pub(crate) fn tokens(text: &str) -> Option<Vec<Token>> {
    let mut tokens: Vec<Token> = Vec::new();
    let mut rest = text;
    let mut apart = true;
    while let Some(first) = rest.chars().next() {
        if matches!(first, ' ' | '\t') {
            apart = true;
            rest = rest.get(1..)?;
            continue;
        }
        let (token, after) = match first {
            '(' => (Token::Open, rest.get(1..)?),
            ')' => (Token::Close, rest.get(1..)?),
            '"' => string(rest)?,
            '-' | '0'..='9' => number(rest)?,
            first if first.is_ascii_alphabetic() || first == '_' => word(rest),
            _ => return None,
        };
        let needs_space = !matches!(tokens.last(), Some(Token::Open)) && token != Token::Close;
        if needs_space && !apart {
            return None;
        }
        tokens.push(token);
        apart = false;
        rest = after;
    }
    Some(tokens)
}

fn string(rest: &str) -> Option<(Token, &str)> {
    let mut escaped = false;
    let end = rest
        .char_indices()
        .skip(1)
        .find_map(|(at, character)| match character {
            _ if escaped => {
                escaped = false;
                None
            }
            '\\' => {
                escaped = true;
                None
            }
            '"' => Some(at + 1),
            _ => None,
        })?;
    let text = serde_json::from_str(rest.get(..end)?).ok()?;
    Some((Token::Text(text), rest.get(end..)?))
}

fn number(rest: &str) -> Option<(Token, &str)> {
    let end = rest.find([' ', '\t', '(', ')']).unwrap_or(rest.len());
    let number: serde_json::Number = serde_json::from_str(rest.get(..end)?).ok()?;
    Some((Token::Number(number.as_f64()?), rest.get(end..)?))
}

fn word(rest: &str) -> (Token, &str) {
    let in_word = |character: char| character.is_ascii_alphanumeric() || "_-$.".contains(character);
    let end = rest
        .find(|character| !in_word(character))
        .unwrap_or(rest.len());
    let (word, after) = rest.split_at(end);
    (Token::Word(word.to_owned()), after)
}

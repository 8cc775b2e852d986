//! What is wrong with a text that is to be JSON, in the words of Backstage's own parser.

/// Why `text` is no JSON, as V8 of Node 20 says it. Of a text that is JSON, nothing is said.
///
/// Only who reads these words depends on them: what is JSON is decided elsewhere.
pub(crate) fn error(text: &str) -> String {
    let mut scanner = Scanner {
        text,
        rest: text,
        depth: 0,
    };
    match scanner.value().and_then(|()| scanner.end()) {
        Ok(()) => String::new(),
        Err(error) => error,
    }
}

/// So deep is looked into a text.
const DEPTH: usize = 128;

/// So much of a text is repeated on each side of what is wrong.
const AROUND: usize = 10;

struct Scanner<'a> {
    text: &'a str,
    rest: &'a str,
    depth: usize,
}

impl Scanner<'_> {
    fn position(&self) -> usize {
        let before = self.text.len() - self.rest.len();
        let before = self.text.get(..before).unwrap_or_default();
        before.encode_utf16().count()
    }

    fn at(&self, what: &str) -> String {
        format!("{what} in JSON at position {}", self.position())
    }

    /// The next character is none that can be here.
    fn unexpected(&self) -> String {
        let Some(found) = self.rest.chars().next() else {
            return "Unexpected end of JSON input".to_owned();
        };
        let letters: Vec<char> = self.text.chars().collect();
        let before = self.text.len() - self.rest.len();
        let place = self.text.get(..before).unwrap_or_default().chars().count();
        let (start, end) = (place.saturating_sub(AROUND), place + AROUND);
        let shown = |from: usize, to: usize| -> String {
            letters.get(from..to).unwrap_or_default().iter().collect()
        };
        let length = letters.len();
        let quoted = if length <= 4 * AROUND {
            format!("\"{}\"", shown(0, length))
        } else {
            let (start, end) = (start, end.min(length));
            let left = if start > 0 { "..." } else { "" };
            let right = if end < length { "..." } else { "" };
            format!("{left}\"{}\"{right}", shown(start, end))
        };
        format!("Unexpected token '{found}', {quoted} is not valid JSON")
    }

    fn skip(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r']);
    }

    fn take(&mut self, text: &str) -> bool {
        match self.rest.strip_prefix(text) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn value(&mut self) -> Result<(), String> {
        self.skip();
        match self.rest.chars().next() {
            Some('{') => self.nested(Self::object),
            Some('[') => self.nested(Self::list),
            Some('"') => self.string(),
            Some('-' | '0'..='9') => self.number(),
            Some('t') => self.word("true"),
            Some('f') => self.word("false"),
            Some('n') => self.word("null"),
            _ => Err(self.unexpected()),
        }
    }

    fn nested(&mut self, of: fn(&mut Self) -> Result<(), String>) -> Result<(), String> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(format!("it is nested deeper than {DEPTH} levels"));
        }
        let read = of(self);
        self.depth -= 1;
        read
    }

    fn word(&mut self, word: &str) -> Result<(), String> {
        for letter in word.chars() {
            match self.rest.strip_prefix(letter) {
                Some(rest) => self.rest = rest,
                None => return Err(self.unexpected()),
            }
        }
        Ok(())
    }

    fn object(&mut self) -> Result<(), String> {
        self.take("{");
        self.skip();
        if self.take("}") {
            return Ok(());
        }
        let mut wanted = "Expected property name or '}'";
        loop {
            self.skip();
            if !self.rest.starts_with('"') {
                return Err(self.at(wanted));
            }
            self.string()?;
            self.skip();
            if !self.take(":") {
                return Err(self.at("Expected ':' after property name"));
            }
            self.value()?;
            self.skip();
            if self.take("}") {
                return Ok(());
            }
            if !self.take(",") {
                return Err(self.at("Expected ',' or '}' after property value"));
            }
            wanted = "Expected double-quoted property name";
        }
    }

    fn list(&mut self) -> Result<(), String> {
        self.take("[");
        self.skip();
        if self.take("]") {
            return Ok(());
        }
        loop {
            self.value()?;
            self.skip();
            if self.take("]") {
                return Ok(());
            }
            if !self.take(",") {
                return Err(self.at("Expected ',' or ']' after array element"));
            }
        }
    }

    fn string(&mut self) -> Result<(), String> {
        self.take("\"");
        loop {
            let Some(letter) = self.rest.chars().next() else {
                return Err(self.at("Unterminated string"));
            };
            if letter < ' ' {
                return Err(self.at("Bad control character in string literal"));
            }
            self.rest = self.rest.get(letter.len_utf8()..).unwrap_or_default();
            match letter {
                '"' => return Ok(()),
                '\\' => self.escape()?,
                _ => {}
            }
        }
    }

    fn escape(&mut self) -> Result<(), String> {
        let Some(letter) = self.rest.chars().next() else {
            return Err(self.at("Unterminated string"));
        };
        if !"\"\\/bfnrtu".contains(letter) {
            return Err(self.at("Bad escaped character"));
        }
        self.rest = self.rest.get(1..).unwrap_or_default();
        if letter == 'u' {
            for _ in 0..4 {
                if !self.rest.starts_with(|c: char| c.is_ascii_hexdigit()) {
                    return Err(self.at("Bad Unicode escape"));
                }
                self.rest = self.rest.get(1..).unwrap_or_default();
            }
        }
        Ok(())
    }

    fn digits(&mut self) -> bool {
        let before = self.rest.len();
        self.rest = self.rest.trim_start_matches(|c: char| c.is_ascii_digit());
        self.rest.len() < before
    }

    fn number(&mut self) -> Result<(), String> {
        let is_negative = self.take("-");
        if is_negative && !self.rest.starts_with(|c: char| c.is_ascii_digit()) {
            return Err(self.at("No number after minus sign"));
        }
        if self.take("0") {
            if self.rest.starts_with(|c: char| c.is_ascii_digit()) {
                return Err(self.at("Unexpected number"));
            }
        } else {
            self.digits();
        }
        if self.take(".") && !self.digits() {
            return Err(self.at("Unterminated fractional number"));
        }
        if self.take("e") || self.take("E") {
            let _ = self.take("+") || self.take("-");
            if !self.digits() {
                return Err(self.at("Exponent part is missing a number"));
            }
        }
        Ok(())
    }

    fn end(&mut self) -> Result<(), String> {
        self.skip();
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(self
                .at("Unexpected non-whitespace character after JSON")
                .replace(" in JSON", ""))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_told_as_the_other_parser_tells_it() {
        for (text, expected) in [
            ("", "Unexpected end of JSON input"),
            ("{", "Expected property name or '}' in JSON at position 1"),
            (
                "{a:1}",
                "Expected property name or '}' in JSON at position 1",
            ),
            (
                "{\"a\":1,}",
                "Expected double-quoted property name in JSON at position 7",
            ),
            (
                "{\"a\" 1}",
                "Expected ':' after property name in JSON at position 5",
            ),
            (
                "{\"a\":1",
                "Expected ',' or '}' after property value in JSON at position 6",
            ),
            (
                "[1 2]",
                "Expected ',' or ']' after array element in JSON at position 3",
            ),
            ("[1,]", "Unexpected token ']', \"[1,]\" is not valid JSON"),
            ("{\"a\":", "Unexpected end of JSON input"),
            ("\"abc", "Unterminated string in JSON at position 4"),
            ("\"\\x\"", "Bad escaped character in JSON at position 2"),
            (
                "i\u{fffd}",
                "Unexpected token 'i', \"i\u{fffd}\" is not valid JSON",
            ),
            (
                "{} x",
                "Unexpected non-whitespace character after JSON at position 3",
            ),
            ("-", "No number after minus sign in JSON at position 1"),
            ("1.", "Unterminated fractional number in JSON at position 2"),
            ("[true, {\"a\": [null, 0.5e-1, \"\\u00e4\"]}]", ""),
        ] {
            assert_eq!(error(text), expected, "{text}");
        }
    }

    #[test]
    fn a_text_without_end_ends() {
        assert!(error(&"[".repeat(100_000)).contains("deeper than 128"));
    }
}

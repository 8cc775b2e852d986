//! What a value is read as: a text, a secret, a flag, a number, a word, a list.

use std::ops::RangeInclusive;

use figment::value::Value;

use super::super::errors::{ConfigError, is_key, quoted};
use super::super::place::{Node, Origin};
use super::Entry;
use crate::decide::guard::Percent;
use crate::text::is_blank;
use crate::text::nearest::{listed, nearest};

impl<'a> Entry<'a> {
    /// Says what YAML, or the replacing of variables, made of a text that may have been meant otherwise.
    fn notice_misread(&self, text: &str) {
        let comment = self
            .written()
            .and_then(|written| written.comment.as_deref());
        // People put a space between `#` and what they remark.
        if comment
            .is_some_and(|comment| !comment.trim_start().starts_with("# ") && comment.trim() != "#")
        {
            self.notice(format!(
                "YAML ended this value at ` #`: it is {}; if what follows belongs to it, put single quotes around the whole",
                quoted(text)
            ));
        }
        if let Some(name) = bare_variable(text) {
            self.notice(format!(
                "`{name}` is text here and no variable, which is written `${{{}}}`",
                name.trim_start_matches(['$', '{'])
            ));
        }
    }

    /// A text that is not blank, and not a key that was pasted at the wrong place: that would be shown to everybody.
    pub(in super::super) fn text(&self, expected: &str) -> Option<&'a str> {
        match self.value {
            Value::String(_, text) => self
                .no_key(text, expected)
                .inspect(|_| self.notice_misread(text)),
            _ => {
                self.refuse_value(expected);
                None
            }
        }
    }

    fn no_key(&self, text: &'a str, expected: &str) -> Option<&'a str> {
        if is_key(text) {
            self.refuse(
                ConfigError::new(format!("expected {expected}, found a key"))
                    .fix("`privateKey` is the place for it"),
            );
            return None;
        }
        self.not_blank(text)
    }

    /// Like [`text`](Self::text) for an address, which may hold a password and is not quoted then.
    pub(in super::super) fn address(&self, expected: &str) -> Option<&'a str> {
        let Some(text) = self.plain() else {
            self.refuse_value(expected);
            return None;
        };
        let address = self.no_key(text, expected)?;
        if !text.contains("://") {
            self.notice_misread(text);
        }
        Some(address)
    }

    /// Like [`text`](Self::text) for a name, which may look like something else to YAML.
    pub(in super::super) fn name(&self, expected: &str) -> Option<&'a str> {
        let (Value::Num(..) | Value::Bool(..), Some(written)) = (self.value, self.written()) else {
            return self.text(expected);
        };
        let error = ConfigError::new(format!("expected {expected}, found {}", self.found()));
        self.refuse(error.fix(format!(
            "YAML reads {} there; for a text write `'{}'`",
            kind(self.value),
            written.text
        )));
        None
    }

    /// Like [`text`](Self::text) for a secret: messages tell its kind and nothing else.
    pub(in super::super) fn secret(&self, expected: &str) -> Option<&'a str> {
        if let Some(text) = self.plain() {
            // A whole text of that form is the name of a variable, which no secret looks like.
            if bare_variable(text)
                .is_some_and(|name| name.len() == text.trim_end_matches('}').len())
            {
                self.refuse(
                    ConfigError::new(format!("expected {expected}, found the name of a variable"))
                        .fix("variables are written `${NAME}`, with both braces"),
                );
                return None;
            }
            return self.not_blank(text);
        }
        self.refuse_kind(expected);
        None
    }

    fn not_blank(&self, text: &'a str) -> Option<&'a str> {
        if is_blank(text) {
            let error = ConfigError::new("it is empty");
            self.refuse(match self.origin() {
                Some(Origin::Variable(name)) => {
                    error.fix(format!("set the variable `{name}`, whose value it is"))
                }
                Some(Origin::File(name)) => error.fix(format!(
                    "put the value into the file {}, from which it is read",
                    quoted(name)
                )),
                None => error,
            });
            return None;
        }
        if text.contains('\0') {
            self.refuse(
                ConfigError::new("it has the character U+0000 in it")
                    .fix("remove it: no text of a catalog can have it"),
            );
            return None;
        }
        Some(text)
    }

    /// `true` or `false`; substituted values are texts, so the words that Backstage takes for these
    /// are taken.
    pub(in super::super) fn flag(&self) -> Option<bool> {
        let word = match self.value {
            Value::Bool(_, flag) => return Some(*flag),
            Value::String(_, text) => text.trim().to_lowercase(),
            _ => String::new(),
        };
        match word.as_str() {
            "true" | "yes" | "y" | "on" | "1" => Some(true),
            "false" | "no" | "n" | "off" | "0" => Some(false),
            _ => {
                self.refuse_value("`true` or `false`");
                None
            }
        }
    }

    /// A whole number in `range`, which may be written as a text.
    pub(in super::super) fn whole(&self, range: RangeInclusive<u32>) -> Option<u32> {
        let number = match self.value {
            Value::String(_, text) => text.trim().parse().ok(),
            other => other
                .to_i128()
                .and_then(|number| u32::try_from(number).ok()),
        };
        let number = number.filter(|number| range.contains(number));
        if number.is_none() {
            self.refuse_value(&format!(
                "a whole number from {} to {}",
                range.start(),
                range.end()
            ));
        }
        number
    }

    /// A percentage, written with its sign, of at least `least`.
    pub(in super::super) fn percent(&self, least: u8) -> Option<Percent> {
        let expected = format!("a percentage from `{least}%` to `100%`");
        let number = match self.value {
            Value::String(_, text) => text.trim().strip_suffix('%').map(str::trim_end),
            _ => None,
        };
        let percent = number
            .and_then(|number| number.parse().ok())
            .filter(|number| *number >= least)
            .and_then(Percent::new);
        if percent.is_some() {
            return percent;
        }
        match self.value {
            Value::Num(_, number)
                if number
                    .to_i128()
                    .is_some_and(|whole| (least.into()..=100).contains(&whole)) =>
            {
                let number = number.to_i128().unwrap_or_default();
                self.refuse(
                    ConfigError::new(format!("`{number}` has no percent sign"))
                        .fix(format!("write `{number}%`")),
                );
            }
            _ => self.refuse_value(&expected),
        }
        None
    }

    /// One of the words in `choices`.
    pub(in super::super) fn choice<T: Copy>(&self, choices: &[(&str, T)]) -> Option<T> {
        self.choice_or(choices, &[])
    }

    /// One of the words in `choices`, where something else could have been written too.
    pub(in super::super) fn choice_or<T: Copy>(
        &self,
        choices: &[(&str, T)],
        other: &[&str],
    ) -> Option<T> {
        let words = || choices.iter().map(|(word, _)| *word);
        let all = || listed(words().chain(other.iter().copied()));
        let Value::String(_, text) = self.value else {
            self.refuse_value(&format!("one of {}", all()));
            return None;
        };
        let chosen = choices
            .iter()
            .find(|(word, _)| *word == text.trim())
            .map(|(_, choice)| *choice);
        if chosen.is_none() {
            let fix = match nearest(text, words()) {
                Some(word) => format!("did you mean `{word}`?"),
                None => format!("use one of {}", all()),
            };
            self.refuse(ConfigError::new(format!("{} is not known here", quoted(text))).fix(fix));
        }
        chosen
    }

    /// A list, its empty places left out.
    pub(in super::super) fn list(&self, expected: &str) -> Option<Vec<Self>> {
        self.list_with(expected, |_| None)
    }

    /// A list of names, which may look like nothing to YAML.
    pub(in super::super) fn list_of_names(&self, expected: &str) -> Option<Vec<Self>> {
        self.list_with(expected, |node| {
            let written = node.written.as_deref()?;
            let fix = format!(
                "YAML reads nothing there; for a text write `'{}'`",
                written.text
            );
            (!written.text.is_empty()).then_some(fix)
        })
    }

    fn list_with(
        &self,
        expected: &str,
        fix: impl Fn(&Node) -> Option<String>,
    ) -> Option<Vec<Self>> {
        let Value::Array(_, items) = self.value else {
            self.refuse_kind(expected);
            return None;
        };
        let mut entries = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let path = self.path.index(index);
            match Entry::present(self.reading, item, path.clone()) {
                Some(entry) => entries.push(entry),
                None if self.reading.is_unresolved(&path) => {}
                None => {
                    let error = ConfigError::new(format!("element {} is empty", index + 1));
                    let node = self.reading.layers.node(&path);
                    self.refuse(match node.and_then(&fix) {
                        Some(fix) => error.fix(fix),
                        None => error,
                    });
                }
            }
        }
        Some(entries)
    }

    /// The elements of a list; anything else is the only element of one.
    pub(in super::super) fn items(&self) -> Vec<Self> {
        match self.value {
            Value::Array(..) => self.list("a list").unwrap_or_default(),
            _ => vec![self.clone()],
        }
    }
}

/// The variable that a text names as a shell does, or whose brace is not closed: `$NAME` or `${NAME`.
pub(in super::super) fn bare_variable(text: &str) -> Option<&str> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut from = 0;
    while let Some(at) = text.get(from..)?.find('$').map(|at| from + at) {
        let after = text.get(at + 1..)?;
        let name = after.strip_prefix('{').unwrap_or(after);
        let length = name.find(|c| !is_name(c)).unwrap_or(name.len());
        let begins = name.starts_with(|c: char| c.is_ascii_uppercase() || c == '_');
        let is_closed =
            after.starts_with('{') && name.get(length..).is_some_and(|rest| rest.contains('}'));
        let escaped = text.get(..at).is_some_and(|before| before.ends_with('$'));
        if begins && length > 1 && !is_closed && !escaped {
            let skipped = after.len() - name.len();
            return text.get(at..at + 1 + skipped + length);
        }
        from = at + 1;
    }
    None
}

/// The kind of a value, without the value.
pub(super) fn kind(value: &Value) -> &'static str {
    match value {
        Value::String(..) | Value::Char(..) => "a text",
        Value::Bool(..) => "`true` or `false`",
        Value::Num(..) => "a number",
        Value::Empty(..) => "nothing",
        Value::Dict(..) => "a map",
        Value::Array(..) => "a list",
    }
}

//! Reading typed values out of the merged layers, collecting every error on the way.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashSet};
use std::ops::RangeInclusive;

use figment::value::{Dict, Value};

use super::elsewhere::{self, Elsewhere};
use super::errors::{ConfigError, ConfigErrors, Notice, is_key, quoted};
use super::layers::Layers;
use super::place::{KeyPath, Node, Origin, Place, Written};
use super::suggest::{listed, nearest};
use crate::text::is_blank;

/// One pass over a configuration: the merged layers, and what was found wrong or notable so far.
pub(super) struct Reading<'a> {
    layers: &'a Layers,
    errors: RefCell<Vec<ConfigError>>,
    notices: RefCell<Vec<Notice>>,
}

impl<'a> Reading<'a> {
    pub(super) fn new(layers: &'a Layers) -> Self {
        let errors = layers
            .unresolved()
            .iter()
            .map(|lost| lost.error.clone())
            .collect();
        Self {
            layers,
            errors: RefCell::new(errors),
            notices: RefCell::default(),
        }
    }

    /// The value under these keys.
    pub(super) fn at(&self, keys: &[&str]) -> Option<Entry<'_>> {
        Entry::present(
            self,
            self.layers.value(&KeyPath::of(keys))?,
            KeyPath::of(keys),
        )
    }

    /// Whether a reference at `path` or above led nowhere: an error already, and no reason for
    /// another.
    pub(super) fn is_unresolved(&self, path: &KeyPath) -> bool {
        self.layers
            .unresolved()
            .iter()
            .any(|lost| path.steps().starts_with(lost.path.steps()))
    }

    /// The files and variables that are read.
    pub(super) fn sources(&self) -> impl Iterator<Item = &str> {
        self.layers.sources()
    }

    /// Notes an error.
    pub(super) fn error(&self, error: ConfigError) {
        self.errors.borrow_mut().push(error);
    }

    /// What was noticed, when nothing was wrong. What is read for several tenants is told once.
    pub(super) fn finish(self) -> Result<Vec<Notice>, ConfigErrors> {
        let mut told = HashSet::new();
        let mut errors = self.errors.into_inner();
        if errors.is_empty() {
            let mut notices = self.notices.into_inner();
            notices.retain(|notice| told.insert(notice.to_string()));
            return Ok(notices);
        }
        let order = |place: &Place| {
            let file = self
                .layers
                .sources()
                .position(|source| source == place.source())
                .unwrap_or(usize::MAX);
            (file, place.line(), place.column())
        };
        errors.retain(|error| told.insert(error.to_string()));
        errors.sort_by_cached_key(|error| error.place().map_or((usize::MAX, None, None), order));
        Err(ConfigErrors::new(errors))
    }
}

/// A value that is there, and its path.
#[derive(Clone)]
pub(super) struct Entry<'a> {
    reading: &'a Reading<'a>,
    value: &'a Value,
    path: KeyPath,
    /// The map that has the keys that this one does not have.
    base: Option<Box<Self>>,
}

impl<'a> Entry<'a> {
    /// Null stands for an absent value.
    fn present(reading: &'a Reading<'a>, value: &'a Value, path: KeyPath) -> Option<Self> {
        (!matches!(value, Value::Empty(..))).then_some(Self {
            reading,
            value,
            path,
            base: None,
        })
    }

    /// The same value for one tenant alone, without what all tenants have: for maps that say one thing and are not merged.
    pub(super) fn alone(&self) -> Self {
        Self {
            base: None,
            ..self.clone()
        }
    }

    /// What a map has under `key`, or else its base.
    fn child(&self, key: &str) -> Option<Self> {
        let Value::Dict(_, entries) = self.value else {
            return None;
        };
        let base = self.base.as_deref().and_then(|base| base.child(key));
        let Some(value) = entries.get(key) else {
            return base;
        };
        let own = Self::present(self.reading, value, self.path.key(key))?;
        Some(Self {
            base: base.map(Box::new),
            ..own
        })
    }

    pub(super) fn value(&self) -> &'a Value {
        self.value
    }

    /// Where the value begins.
    pub(super) fn place(&self) -> Place {
        self.reading
            .layers
            .places(&self.path)
            .map_or_else(|| Place::whole("configuration"), |(_, value)| value)
    }

    /// Where the key begins.
    fn key_place(&self) -> Place {
        self.reading
            .layers
            .places(&self.path)
            .map_or_else(|| Place::whole("configuration"), |(key, _)| key)
    }

    /// Notes an error about this value.
    pub(super) fn refuse(&self, error: ConfigError) {
        self.reading.error(error.at(self.place()).about(&self.path));
    }

    /// Notes something that should be known about this value.
    pub(super) fn notice(&self, message: impl Into<String>) {
        let notice = Notice::new(self.place(), &self.path, message);
        self.reading.notices.borrow_mut().push(notice);
    }

    /// Notes that the value is of another kind than `expected`, without quoting it.
    pub(super) fn refuse_kind(&self, expected: &str) {
        self.refuse(ConfigError::new(format!(
            "expected {expected}, found {}",
            kind(self.value)
        )));
    }

    /// Notes that the value is not what was `expected`. Not for secrets: the value is quoted.
    pub(super) fn refuse_value(&self, expected: &str) {
        self.refuse(ConfigError::new(format!(
            "expected {expected}, found {}",
            self.found()
        )));
    }

    /// The value as messages name it, as it was written.
    fn found(&self) -> String {
        match (self.value, self.written()) {
            (Value::String(_, text), _) => quoted(text),
            (Value::Num(..), Some(written)) => quoted(&written.text),
            (Value::Num(_, number), None) => match number.to_i128() {
                Some(whole) => format!("`{whole}`"),
                None => format!("`{}`", self.value.to_f64().unwrap_or(f64::NAN)),
            },
            (other, _) => kind(other).to_owned(),
        }
    }

    fn node(&self) -> Option<&'a Node> {
        self.reading.layers.node(&self.path)
    }

    /// How the value was written, where YAML made something else of it.
    pub(super) fn written(&self) -> Option<&'a Written> {
        self.node()?.written.as_deref()
    }

    /// What the value was taken from, if it does not stand in the file itself.
    pub(super) fn origin(&self) -> Option<&'a Origin> {
        self.node()?.origin.as_ref()
    }

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
    pub(super) fn text(&self, expected: &str) -> Option<&'a str> {
        match self.value {
            Value::String(_, text) if is_key(text) => {
                self.refuse(
                    ConfigError::new(format!("expected {expected}, found a key"))
                        .fix("`privateKey` is the place for it"),
                );
                None
            }
            Value::String(_, text) => {
                self.notice_misread(text);
                self.not_blank(text)
            }
            _ => {
                self.refuse_value(expected);
                None
            }
        }
    }

    /// Like [`text`](Self::text) for a name, which may look like something else to YAML.
    pub(super) fn name(&self, expected: &str) -> Option<&'a str> {
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
    pub(super) fn secret(&self, expected: &str) -> Option<&'a str> {
        if let Value::String(_, text) = self.value {
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
    pub(super) fn flag(&self) -> Option<bool> {
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
    pub(super) fn whole(&self, range: RangeInclusive<u32>) -> Option<u32> {
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

    /// One of the words in `choices`.
    pub(super) fn choice<T: Copy>(&self, choices: &[(&str, T)]) -> Option<T> {
        self.choice_or(choices, &[])
    }

    /// One of the words in `choices`, where something else could have been written too.
    pub(super) fn choice_or<T: Copy>(&self, choices: &[(&str, T)], other: &[&str]) -> Option<T> {
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
    pub(super) fn list(&self, expected: &str) -> Option<Vec<Self>> {
        self.list_with(expected, |_| None)
    }

    /// A list of names, which may look like nothing to YAML.
    pub(super) fn list_of_names(&self, expected: &str) -> Option<Vec<Self>> {
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
    pub(super) fn items(&self) -> Vec<Self> {
        match self.value {
            Value::Array(..) => self.list("a list").unwrap_or_default(),
            _ => vec![self.clone()],
        }
    }

    /// A map with known keys.
    pub(super) fn section(&self, expected: &str) -> Option<Section<'a>> {
        let Value::Dict(_, entries) = self.value else {
            self.refuse_kind(expected);
            return None;
        };
        Some(Section {
            entry: self.clone(),
            entries,
            asked: RefCell::default(),
            tolerated: RefCell::default(),
        })
    }
}

/// The variable that a text names as a shell does, or whose brace is not closed: `$NAME` or `${NAME`.
pub(super) fn bare_variable(text: &str) -> Option<&str> {
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
fn kind(value: &Value) -> &'static str {
    match value {
        Value::String(..) | Value::Char(..) => "a text",
        Value::Bool(..) => "`true` or `false`",
        Value::Num(..) => "a number",
        Value::Empty(..) => "nothing",
        Value::Dict(..) => "a map",
        Value::Array(..) => "a list",
    }
}

/// A map whose keys are known: every key that was never asked for is an error when it is closed.
pub(super) struct Section<'a> {
    entry: Entry<'a>,
    entries: &'a Dict,
    asked: RefCell<Vec<&'static str>>,
    tolerated: RefCell<Vec<&'static str>>,
}

impl<'a> Section<'a> {
    /// The value under `key`, when there is one.
    pub(super) fn get(&self, key: &'static str) -> Option<Entry<'a>> {
        self.asked.borrow_mut().push(key);
        self.entry(key)
    }

    /// The value under a `key` that is known and needs no mention where the keys are listed.
    pub(super) fn tolerated(&self, key: &'static str) -> Option<Entry<'a>> {
        self.tolerated.borrow_mut().push(key);
        self.entry(key)
    }

    /// The value under `key` laid over `base`, as a later file is laid over an earlier one: maps are merged, everything
    /// else is replaced, and null stands for an absent value.
    pub(super) fn get_over(&self, key: &'static str, base: Option<Entry<'a>>) -> Option<Entry<'a>> {
        if !self.entries.contains_key(key) {
            self.asked.borrow_mut().push(key);
            return base;
        }
        let own = self.get(key)?;
        Some(Entry {
            base: base.map(Box::new),
            ..own
        })
    }

    /// The value under `key`, when there is one; without one it is missed.
    pub(super) fn required(&self, key: &'static str) -> Option<Entry<'a>> {
        let entry = self.get(key);
        if entry.is_none() && !self.is_unresolved(key) {
            let error = ConfigError::new(format!("`{key}` is missing"));
            self.refuse(error.fix(format!("add `{key}: …`")));
        }
        entry
    }

    /// The values under two keys of which exactly one is to be given. Neither is returned when both are there; `choose`
    /// says which one to keep.
    pub(super) fn one_of(&self, keys: [&'static str; 2], choose: &str) -> [Option<Entry<'a>>; 2] {
        let values = keys.map(|key| self.get(key));
        let [one, other] = keys;
        match &values {
            [Some(_), Some(_)] => {
                let error = ConfigError::new(format!("`{one}` and `{other}` cannot be combined"));
                self.refuse(error.fix(choose));
                return [None, None];
            }
            [None, None] if !keys.iter().any(|key| self.is_unresolved(key)) => {
                let error = ConfigError::new(format!("neither `{one}` nor `{other}` is given"));
                self.refuse(error.fix(format!("add `{one}: …` or `{other}: …`")));
            }
            _ => {}
        }
        values
    }

    /// The value under `key`, whichever key it is.
    pub(super) fn entry(&self, key: &str) -> Option<Entry<'a>> {
        self.entry.child(key)
    }

    /// All keys, also those without a value.
    pub(super) fn keys(&self) -> impl Iterator<Item = &'a str> {
        let base = self.entry.base.as_deref().map(|base| base.value);
        let of_base = match base {
            Some(Value::Dict(_, entries)) => Some(entries.keys()),
            _ => None,
        };
        let all: BTreeSet<&'a str> = self
            .entries
            .keys()
            .chain(of_base.into_iter().flatten())
            .map(String::as_str)
            .collect();
        all.into_iter()
    }

    /// All keys in the order in which the configuration names them; not those of a base.
    pub(super) fn keys_in_order(&self) -> Vec<&'a str> {
        self.entry.reading.layers.keys_in_order(&self.entry.path)
    }

    /// The section as a value.
    pub(super) fn as_entry(&self) -> &Entry<'a> {
        &self.entry
    }

    /// The variable that a value under `key` is to come from and that has none.
    pub(super) fn empty_variable(&self, key: &str) -> Option<&'a str> {
        match self
            .entry
            .reading
            .layers
            .node(&self.entry.path.key(key))?
            .origin
            .as_ref()?
        {
            Origin::Variable(name) => Some(name),
            Origin::File(_) => None,
        }
    }

    /// Whether there was something under `key` that led nowhere.
    pub(super) fn is_unresolved(&self, key: &str) -> bool {
        let maps = [Some(&self.entry), self.entry.base.as_deref()];
        maps.into_iter()
            .flatten()
            .any(|map| map.reading.is_unresolved(&map.path.key(key)))
    }

    /// Notes an error about the section as a whole, at its key.
    pub(super) fn refuse(&self, error: ConfigError) {
        self.entry
            .reading
            .error(error.at(self.entry.key_place()).about(&self.entry.path));
    }

    /// Whether what others call `key` is there instead of it.
    pub(super) fn has_elsewhere(&self, rows: &[Elsewhere], key: &str) -> bool {
        self.keys()
            .any(|written| elsewhere::stands_for(rows, written, key))
    }

    /// Notes every key that was not asked for.
    pub(super) fn close(self) {
        self.close_beside(&[]);
    }

    /// Notes every key that was not asked for; `rows` tell of some of them what to write instead.
    pub(super) fn close_beside(self, rows: &[Elsewhere]) {
        let asked = self.asked.into_inner();
        let tolerated = self.tolerated.into_inner();
        for key in self
            .entries
            .keys()
            .filter(|key| !asked.contains(&key.as_str()) && !tolerated.contains(&key.as_str()))
        {
            let fix = match (
                elsewhere::fix(rows, key),
                nearest(key, asked.iter().copied()),
            ) {
                (Some(fix), _) => fix.to_owned(),
                (None, Some(known)) => format!("did you mean `{known}`?"),
                (None, None) => format!("the keys here are {}", listed(asked.iter().copied())),
            };
            let path = self.entry.path.key(key);
            let place = self
                .entry
                .reading
                .layers
                .places(&path)
                .map_or_else(|| self.entry.key_place(), |(key, _)| key);
            let error = ConfigError::new("unknown key").fix(fix);
            self.entry.reading.error(error.at(place).about(&path));
        }
    }
}

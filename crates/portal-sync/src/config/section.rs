//! Reading typed values out of the merged layers, collecting every error on the way.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashSet};

use figment::value::{Dict, Value};

use super::elsewhere::{self, Elsewhere};
use super::errors::{ConfigError, ConfigErrors, Notice, quoted};
use super::keys::{Form, Table};
use super::layers::Layers;
use super::place::{Content, KeyPath, Node, Origin, Place, Written};
use super::secrecy::Secrecy;
use crate::decide::guard::Percent;
use crate::text::nearest::{listed, nearest};

mod reading;

pub(super) use reading::bare_variable;

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

    /// The value laid over `base`, as a later file is laid over an earlier one: maps are merged, everything else is replaced.
    pub(super) fn over(self, base: Option<Self>) -> Self {
        Self {
            base: base.map(Box::new),
            ..self
        }
    }

    /// Whether a map has something under `key`, be it null.
    pub(super) fn has(&self, key: &str) -> bool {
        matches!(self.value, Value::Dict(_, entries) if entries.contains_key(key))
    }

    /// What is in a map, in the order in which the configuration names it, or in a list.
    pub(super) fn children(&self) -> Vec<(String, Self)> {
        if let Value::Array(_, items) = self.value {
            let element = |(index, item)| {
                let entry = Self::present(self.reading, item, self.path.index(index))?;
                Some((index.to_string(), entry))
            };
            return items.iter().enumerate().filter_map(element).collect();
        }
        let mut keys = Vec::new();
        for map in [Some(self), self.base.as_deref()].into_iter().flatten() {
            for key in self.reading.layers.keys_in_order(&map.path) {
                if !keys.contains(&key) {
                    keys.push(key);
                }
            }
        }
        let child = |key: &str| Some((key.to_owned(), self.child(key)?));
        keys.into_iter().filter_map(child).collect()
    }

    /// Whether the value is a secret, or has some in it.
    pub(super) fn secrecy(&self) -> Secrecy {
        Secrecy::at(&self.path)
    }

    /// What a map has under `key`, or else its base.
    pub(super) fn child(&self, key: &str) -> Option<Self> {
        let Value::Dict(_, entries) = self.value else {
            return None;
        };
        let base = self.base.as_deref().and_then(|base| base.child(key));
        let Some(value) = entries.get(key) else {
            return base;
        };
        let own = Self::present(self.reading, value, self.path.key(key))?;
        Some(own.over(base))
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

    /// A text, of a secret too, which the merged value does not have.
    pub(super) fn plain(&self) -> Option<&'a str> {
        match (self.value, self.node().map(|node| &node.content)) {
            (Value::String(..), Some(Content::Text(text))) if self.secrecy().hides() => Some(text),
            (Value::String(_, text), _) => Some(text),
            _ => None,
        }
    }

    /// The value as JSON, secrets and all. Whoever takes it wipes it.
    pub(super) fn as_json(&self) -> serde_json::Value {
        let below = |value: &'a Value, path| {
            let entry = Self::present(self.reading, value, path);
            entry.map_or(serde_json::Value::Null, |entry| entry.as_json())
        };
        match self.value {
            Value::Dict(_, members) => members
                .iter()
                .map(|(name, value)| (name.clone(), below(value, self.path.key(name))))
                .collect(),
            Value::Array(_, items) => items
                .iter()
                .enumerate()
                .map(|(index, item)| below(item, self.path.index(index)))
                .collect(),
            Value::Bool(_, flag) => (*flag).into(),
            Value::Num(_, number) => number
                .to_i128()
                .and_then(|whole| i64::try_from(whole).ok())
                .map(Into::into)
                .or_else(|| self.value.to_f64().map(Into::into))
                .unwrap_or_default(),
            Value::String(..) => self.plain().into(),
            Value::Char(_, character) => character.to_string().into(),
            Value::Empty(..) => serde_json::Value::Null,
        }
    }

    /// How the value was written, where YAML made something else of it.
    pub(super) fn written(&self) -> Option<&'a Written> {
        self.node()?.written.as_deref()
    }

    /// What the value was taken from, if it does not stand in the file itself.
    pub(super) fn origin(&self) -> Option<&'a Origin> {
        self.node()?.origin.as_ref()
    }

    /// A map with the keys of `table`. One that says one thing is read without what all tenants have.
    pub(super) fn section(&self, table: &'static Table, expected: &str) -> Option<Section<'a>> {
        let Value::Dict(_, entries) = self.value else {
            self.refuse_kind(expected);
            return None;
        };
        Some(Section {
            entry: self.as_map_of(table),
            entries,
            table,
            unlisted: None,
        })
    }

    /// The same map without what all tenants have, where it says one thing.
    pub(super) fn as_map_of(&self, table: &Table) -> Self {
        let base = self.base.clone().filter(|_| !table.is_one_thing);
        Self {
            base,
            ..self.clone()
        }
    }

    /// A map whose keys are chosen by whoever writes it.
    pub(super) fn map(&self, expected: &str) -> Option<Section<'a>> {
        static ANY: Table = Table::new("", &[]);
        self.section(&ANY, expected)
    }
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

/// A map whose keys are known: every other one is an error when it is closed.
pub(super) struct Section<'a> {
    entry: Entry<'a>,
    entries: &'a Dict,
    table: &'static Table,
    /// A key that is known and needs no mention where the keys are listed.
    unlisted: Option<&'static str>,
}

impl<'a> Section<'a> {
    /// The same map, where `key` is not mentioned when its keys are listed.
    pub(super) fn not_listing(self, key: &'static str) -> Self {
        Self {
            unlisted: Some(key),
            ..self
        }
    }

    /// The value under a `key` of the table, when there is one.
    pub(super) fn get(&self, key: &str) -> Option<Entry<'a>> {
        debug_assert!(self.table.key(key).is_some(), "`{key}` of {:?}", self.table);
        self.entry(key)
    }

    /// What the table says a value under `key` looks like.
    fn form(&self, key: &str) -> Option<Form> {
        self.table.key(key).map(|key| key.form)
    }

    /// `true` or `false` under `key`.
    pub(super) fn flag(&self, key: &str) -> Option<bool> {
        self.get(key)?.flag()
    }

    /// The whole number under `key`, in the range of the table.
    pub(super) fn whole(&self, key: &str) -> Option<u32> {
        let entry = self.get(key)?;
        match self.form(key) {
            Some(Form::Whole(least, most)) => entry.whole(least..=most),
            _ => None,
        }
    }

    /// The percentage under `key`, of at least what the table says.
    pub(super) fn percent(&self, key: &str) -> Option<Percent> {
        let entry = self.get(key)?;
        match self.form(key) {
            Some(Form::Percent(least)) => entry.percent(least),
            _ => None,
        }
    }

    /// The value under `key` laid over `base`, as a later file is laid over an earlier one: maps are merged, everything
    /// else is replaced, and null stands for an absent value.
    pub(super) fn get_over(&self, key: &str, base: Option<Entry<'a>>) -> Option<Entry<'a>> {
        if !self.entries.contains_key(key) {
            return base;
        }
        Some(self.get(key)?.over(base))
    }

    /// The value under `key`, when there is one; without one it is missed.
    pub(super) fn required(&self, key: &str) -> Option<Entry<'a>> {
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

    /// Notes every key that the table does not have.
    pub(super) fn close(self) {
        self.close_beside(&[]);
    }

    /// Notes every key that the table does not have; `rows` tell of some of them what to write instead.
    pub(super) fn close_beside(self, rows: &[Elsewhere]) {
        let names = || self.table.keys.iter().map(|key| key.name);
        let listed_names = || names().filter(|name| self.unlisted != Some(*name));
        let unknown = self.entries.keys();
        for key in unknown.filter(|key| self.table.key(key).is_none()) {
            let fix = match (elsewhere::fix(rows, key), nearest(key, listed_names())) {
                (Some(fix), _) => fix.to_owned(),
                (None, Some(known)) => format!("did you mean `{known}`?"),
                (None, None) => format!("the keys here are {}", listed(listed_names())),
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

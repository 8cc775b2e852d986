//! Reading typed values out of the merged layers, collecting every error on the way.

use std::cell::RefCell;
use std::collections::HashSet;

use figment::value::Value;

use super::errors::{ConfigError, ConfigErrors, Notice, quoted};
use super::keys::Table;
use super::layers::Layers;
use super::place::{Content, KeyPath, Node, Origin, Place, Written};
use super::secrecy::Secrecy;

mod map;
mod reading;

pub(super) use map::Section;
pub(super) use reading::bare_variable;
use reading::kind;

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

    /// The null under `key` of a map, where it takes away what all tenants have there.
    pub(super) fn taking_away(&self, key: &str) -> Option<Self> {
        let Value::Dict(_, entries) = self.value else {
            return None;
        };
        let value = entries
            .get(key)
            .filter(|value| matches!(value, Value::Empty(..)))?;
        self.base.as_deref()?.child(key)?;
        Some(Self {
            value,
            path: self.path.key(key),
            base: None,
            ..self.clone()
        })
    }

    /// The keys of a map itself, those of nulls included, in the order in which the configuration names them.
    pub(super) fn own_keys(&self) -> Vec<&'a str> {
        self.reading.layers.keys_in_order(&self.path)
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
            for key in map.own_keys() {
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
        Some(Section::new(self.as_map_of(table), entries, table))
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

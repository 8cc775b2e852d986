//! A map whose keys are known.

use std::collections::BTreeSet;

use figment::value::{Dict, Value};

use super::super::elsewhere::{self, Elsewhere};
use super::super::errors::ConfigError;
use super::super::keys::{Form, Table};
use super::super::place::Origin;
use super::Entry;
use crate::decide::guard::Percent;
use crate::text::nearest::{listed, nearest};

/// A map whose keys are known: every other one is an error when it is closed.
pub(in super::super) struct Section<'a> {
    entry: Entry<'a>,
    entries: &'a Dict,
    table: &'static Table,
    /// A key that is known and needs no mention where the keys are listed.
    unlisted: Option<&'static str>,
}

impl<'a> Section<'a> {
    pub(super) fn new(entry: Entry<'a>, entries: &'a Dict, table: &'static Table) -> Self {
        Self {
            entry,
            entries,
            table,
            unlisted: None,
        }
    }

    /// The same map, where `key` is not mentioned when its keys are listed.
    pub(in super::super) fn not_listing(self, key: &'static str) -> Self {
        Self {
            unlisted: Some(key),
            ..self
        }
    }

    /// The value under a `key` of the table, when there is one.
    pub(in super::super) fn get(&self, key: &str) -> Option<Entry<'a>> {
        debug_assert!(self.table.key(key).is_some(), "`{key}` of {:?}", self.table);
        self.entry(key)
    }

    /// What the table says a value under `key` looks like.
    fn form(&self, key: &str) -> Option<Form> {
        self.table.key(key).map(|key| key.form)
    }

    /// `true` or `false` under `key`.
    pub(in super::super) fn flag(&self, key: &str) -> Option<bool> {
        self.get(key)?.flag()
    }

    /// The whole number under `key`, in the range of the table.
    pub(in super::super) fn whole(&self, key: &str) -> Option<u32> {
        let entry = self.get(key)?;
        match self.form(key) {
            Some(Form::Whole(least, most)) => entry.whole(least..=most),
            _ => None,
        }
    }

    /// The percentage under `key`, of at least what the table says.
    pub(in super::super) fn percent(&self, key: &str) -> Option<Percent> {
        let entry = self.get(key)?;
        match self.form(key) {
            Some(Form::Percent(least)) => entry.percent(least),
            _ => None,
        }
    }

    /// The value under `key` laid over `base`, as a later file is laid over an earlier one: maps are merged, everything
    /// else is replaced, and null stands for an absent value.
    pub(in super::super) fn get_over(
        &self,
        key: &str,
        base: Option<Entry<'a>>,
    ) -> Option<Entry<'a>> {
        if !self.entries.contains_key(key) {
            return base;
        }
        Some(self.get(key)?.over(base))
    }

    /// The value under `key`, when there is one; without one it is missed.
    pub(in super::super) fn required(&self, key: &str) -> Option<Entry<'a>> {
        let entry = self.get(key);
        if entry.is_none() && !self.is_unresolved(key) {
            let error = ConfigError::new(format!("`{key}` is missing"));
            self.refuse(error.fix(format!("add `{key}: …`")));
        }
        entry
    }

    /// The values under two keys of which exactly one is to be given. Neither is returned when both are there; `choose`
    /// says which one to keep.
    pub(in super::super) fn one_of(
        &self,
        keys: [&'static str; 2],
        choose: &str,
    ) -> [Option<Entry<'a>>; 2] {
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
    pub(in super::super) fn entry(&self, key: &str) -> Option<Entry<'a>> {
        self.entry.child(key)
    }

    /// All keys, also those without a value.
    pub(in super::super) fn keys(&self) -> impl Iterator<Item = &'a str> {
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
    pub(in super::super) fn keys_in_order(&self) -> Vec<&'a str> {
        self.entry.own_keys()
    }

    /// The section as a value.
    pub(in super::super) fn as_entry(&self) -> &Entry<'a> {
        &self.entry
    }

    /// The variable that a value under `key` is to come from and that has none.
    pub(in super::super) fn empty_variable(&self, key: &str) -> Option<&'a str> {
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
    pub(in super::super) fn is_unresolved(&self, key: &str) -> bool {
        let maps = [Some(&self.entry), self.entry.base.as_deref()];
        maps.into_iter()
            .flatten()
            .any(|map| map.reading.is_unresolved(&map.path.key(key)))
    }

    /// Notes an error about the section as a whole, at its key.
    pub(in super::super) fn refuse(&self, error: ConfigError) {
        self.entry
            .reading
            .error(error.at(self.entry.key_place()).about(&self.entry.path));
    }

    /// Whether what others call `key` is there instead of it.
    pub(in super::super) fn has_elsewhere(&self, rows: &[Elsewhere], key: &str) -> bool {
        self.keys()
            .any(|written| elsewhere::stands_for(rows, written, key))
    }

    /// Notes every key that the table does not have.
    pub(in super::super) fn close(self) {
        self.close_beside(&[]);
    }

    /// Notes every key that the table does not have; `rows` tell of some of them what to write instead.
    pub(in super::super) fn close_beside(self, rows: &[Elsewhere]) {
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

//! Where things stand: a configuration file as a tree in which every key and value knows its line
//! and column.

use std::fmt;
use std::sync::Arc;

use zeroize::{Zeroize as _, Zeroizing};

/// Where a key or a value was written: a file with its line and column, or an environment variable.
///
/// Prints as an editor or a terminal understands it: `app-config.yaml:12:9`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    source: Arc<str>,
    /// Line and column, both from 1; absent for an environment variable and for a whole file.
    at: Option<(u64, u64)>,
}

impl Place {
    /// A file as a whole, or an environment variable.
    pub(super) fn whole(source: &str) -> Self {
        Self {
            source: source.into(),
            at: None,
        }
    }

    /// A character of the same file.
    pub(super) fn at(&self, line: u64, column: u64) -> Self {
        Self {
            source: Arc::clone(&self.source),
            at: (line > 0).then_some((line, column)),
        }
    }

    /// The file as it was named, or the environment variable.
    pub(crate) fn source(&self) -> &str {
        &self.source
    }

    /// The line, from 1.
    pub(crate) fn line(&self) -> Option<u64> {
        self.at.map(|(line, _)| line)
    }

    /// The column in characters, from 1.
    pub(crate) fn column(&self) -> Option<u64> {
        self.at.map(|(_, column)| column)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.at {
            Some((line, column)) => write!(f, "{}:{line}:{column}", self.source),
            None => f.write_str(&self.source),
        }
    }
}

/// One step into a tree.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Step {
    Key(String),
    Index(usize),
}

/// The way from the root of the configuration to one value. Prints as
/// `catalog.providers.okta[0].token`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct KeyPath(Vec<Step>);

impl KeyPath {
    pub(super) fn of(keys: &[&str]) -> Self {
        Self(
            keys.iter()
                .map(|key| Step::Key((*key).to_owned()))
                .collect(),
        )
    }

    pub(super) fn key(&self, key: &str) -> Self {
        self.with(Step::Key(key.to_owned()))
    }

    pub(super) fn index(&self, index: usize) -> Self {
        self.with(Step::Index(index))
    }

    pub(super) fn steps(&self) -> &[Step] {
        &self.0
    }

    /// Whether one of the two leads through the other.
    pub(super) fn touches(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).all(|(one, two)| one == two)
    }

    fn with(&self, step: Step) -> Self {
        let mut steps = self.0.clone();
        steps.push(step);
        Self(steps)
    }
}

impl fmt::Display for KeyPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, step) in self.0.iter().enumerate() {
            match step {
                Step::Key(key) if position == 0 => f.write_str(key)?,
                Step::Key(key) => write!(f, ".{key}")?,
                Step::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

/// A value, where it was written, and what else is known of that.
#[derive(Clone)]
pub(super) struct Node {
    pub(super) place: Place,
    pub(super) content: Content,
    /// How it was written, where YAML made something else of it.
    pub(super) written: Option<Arc<Written>>,
    /// What it was taken from, if it does not stand in the file itself.
    pub(super) origin: Option<Origin>,
}

/// A value without quotes as its line has it.
pub(super) struct Written {
    /// The value: `1.10` of a number.
    pub(super) text: String,
    /// What follows from ` #` on, which YAML takes for a comment.
    pub(super) comment: Option<String>,
    /// `&` or `!` at its start, which YAML takes for an anchor or a tag.
    pub(super) mark: Option<char>,
}

/// What was written may be a secret.
impl Drop for Written {
    fn drop(&mut self) {
        self.text.zeroize();
        self.comment.zeroize();
    }
}

/// What a value was taken from.
#[derive(Clone)]
pub(super) enum Origin {
    /// The environment variable of this name.
    Variable(String),
    /// The file of this name.
    File(String),
}

/// What YAML knows.
#[derive(Clone)]
pub(super) enum Content {
    Null,
    Bool(bool),
    Integer(i128),
    Float(f64),
    /// Wiped when it is dropped: it may be a secret.
    Text(Zeroizing<String>),
    List(Vec<Node>),
    Map(Vec<(Key, Node)>),
}

/// The key of a map and where it was written.
#[derive(Clone)]
pub(super) struct Key {
    pub(super) text: String,
    pub(super) place: Place,
}

impl Node {
    pub(super) fn new(place: Place, content: Content) -> Self {
        Self {
            place,
            content,
            written: None,
            origin: None,
        }
    }

    /// One map with the entries of both; they have no key in common.
    pub(super) fn beside(self, other: Self) -> Self {
        match (self.content, other.content) {
            (Content::Map(mut entries), Content::Map(more)) => {
                entries.extend(more);
                Self::new(self.place, Content::Map(entries))
            }
            (content, _) => Self::new(self.place, content),
        }
    }

    /// The value under `key`, when this is a map that has it.
    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        self.entry(key).map(|(_, value)| value)
    }

    /// The key and the value under `key`, when this is a map that has it.
    pub(super) fn entry(&self, key: &str) -> Option<(&Key, &Self)> {
        let Content::Map(entries) = &self.content else {
            return None;
        };
        entries
            .iter()
            .find(|(name, _)| name.text == key)
            .map(|(name, value)| (name, value))
    }

    /// The value at `path`.
    pub(super) fn find(&self, path: &KeyPath) -> Option<&Self> {
        path.steps()
            .iter()
            .try_fold(self, |node, step| match (step, &node.content) {
                (Step::Key(key), _) => node.get(key),
                (Step::Index(index), Content::List(items)) => items.get(*index),
                (Step::Index(_), _) => None,
            })
    }

    /// Where the key (or the list element) at `path` begins, and where its value does.
    pub(super) fn locate(&self, path: &KeyPath) -> Option<(Place, Place)> {
        let mut found = (self.place.clone(), self);
        for step in path.steps() {
            found = match step {
                Step::Key(key) => found
                    .1
                    .entry(key)
                    .map(|(key, value)| (key.place.clone(), value))?,
                Step::Index(index) => match &found.1.content {
                    Content::List(items) => {
                        items.get(*index).map(|item| (item.place.clone(), item))?
                    }
                    _ => return None,
                },
            };
        }
        Some((found.0, found.1.place.clone()))
    }
}

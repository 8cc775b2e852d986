//! `${VAR}`, `{$env}`, `{$file}` and `{$include}`, as Backstage's configuration loader reads them.

use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::environment::Environment;
use super::errors::{ConfigError, Notice, quoted};
use super::place::{Content, KeyPath, Node, Origin, Place, Step};
use super::secrecy::Secrecy;
use super::yaml;
use crate::config::permissions::Exposed;
use crate::text::nearest::nearest;

mod file;

use file::read_text;
pub(super) use file::unreadable;

/// How deep inclusions may be nested, so that files that include each other end in an error.
const MAX_DEPTH: usize = 8;

/// The folder that relative paths start at: the real one, and as messages name it.
#[derive(Clone, Debug)]
pub(super) struct Folder {
    path: PathBuf,
    shown: PathBuf,
}

impl Folder {
    /// The folder of the file at `path`, which messages call `shown`.
    pub(super) fn of(path: &Path, shown: &Path) -> Self {
        let parent = |path: &Path| path.parent().map(Path::to_path_buf).unwrap_or_default();
        Self {
            path: parent(path),
            shown: parent(shown),
        }
    }

    /// A file seen from here: its real path, and its name in messages.
    fn file(&self, name: &str) -> (PathBuf, PathBuf) {
        (self.path.join(name), self.shown.join(name))
    }
}

/// A reference that led nowhere.
pub(super) struct Lost {
    /// Where the value would stand.
    pub(super) path: KeyPath,
    pub(super) error: ConfigError,
    /// Whether it could have been a map, which a later file's map is merged with instead of replacing it.
    pub(super) may_be_map: bool,
}

/// Replaces references by what they refer to. A reference that leads nowhere becomes null and is
/// noted in `unresolved` with its path, so that it is an error only when no later file overrides
/// it.
pub(super) struct Substitution<'a> {
    environment: &'a Environment,
    unresolved: Vec<Lost>,
    exposed: Vec<Notice>,
}

impl<'a> Substitution<'a> {
    pub(super) fn new(environment: &'a Environment) -> Self {
        Self {
            environment,
            unresolved: Vec::new(),
            exposed: Vec::new(),
        }
    }

    /// The references that led nowhere, and the files of secrets that others can open.
    pub(super) fn finish(self) -> (Vec<Lost>, Vec<Notice>) {
        (self.unresolved, self.exposed)
    }

    /// Notes that others can open a `file` in which secrets stand, at `path` and below.
    pub(super) fn notice_exposed(&mut self, node: &Node, path: &KeyPath, at: &Place, file: &Path) {
        if Secrecy::at(path).is_written_in(node) {
            self.notice_mode(path, at, file);
        }
    }

    fn notice_mode(&mut self, path: &KeyPath, at: &Place, file: &Path) {
        if let Some(exposed) = Exposed::at(file) {
            let message = format!("a secret is in it, and {exposed}");
            self.exposed.push(Notice::new(at.clone(), path, message));
        }
    }

    /// Replaces the references in `node` and below.
    pub(super) fn resolve(&mut self, node: Node, path: &KeyPath, folder: &Folder) -> Node {
        self.resolve_at(node, path, folder, 0)
    }

    /// Follows `{$include}` at `node` itself, and nothing else.
    pub(super) fn follow(
        &mut self,
        node: &Node,
        path: &KeyPath,
        folder: &Folder,
    ) -> Option<(Node, Folder)> {
        let reference = Reference::of(node)?;
        (reference.kind == "$include")
            .then(|| self.included(&reference, path, folder, 0))
            .flatten()
    }

    fn resolve_at(&mut self, node: Node, path: &KeyPath, folder: &Folder, depth: usize) -> Node {
        if let Some(reference) = Reference::of(&node) {
            let found = self.reference(&reference, path, folder, depth);
            return found.unwrap_or_else(|| Node::new(node.place.clone(), Content::Null));
        }
        let origin = match &node.content {
            Content::Text(text) => only_variable(text).map(Origin::Variable),
            Content::Null => {
                self.nothing_but_a_mark(&node, path);
                None
            }
            _ => None,
        };
        let content = match node.content {
            Content::Text(text) => match self.text(&text, &node.place, path) {
                Some(text) => Content::Text(text),
                None => Content::Null,
            },
            Content::List(items) => Content::List(
                items
                    .into_iter()
                    .enumerate()
                    .map(|(index, item)| self.resolve_at(item, &path.index(index), folder, depth))
                    .collect(),
            ),
            Content::Map(entries) => Content::Map(
                entries
                    .into_iter()
                    .map(|(key, value)| {
                        let value = self.resolve_at(value, &path.key(&key.text), folder, depth);
                        (key, value)
                    })
                    .collect(),
            ),
            scalar => scalar,
        };
        Node {
            content,
            origin,
            ..node
        }
    }

    /// Notes a value of which YAML took everything for an anchor or a tag: what is absent without a word may be a filter.
    fn nothing_but_a_mark(&mut self, node: &Node, path: &KeyPath) {
        let mark = node.written.as_ref().and_then(|written| written.mark);
        let what = match mark {
            Some('&') => "an anchor",
            Some('!') => "a tag",
            _ => return,
        };
        let mark = mark.unwrap_or_default();
        let error = ConfigError::new(format!(
            "YAML takes what begins with `{mark}` for {what}, and there is no value"
        ));
        let error = error.fix("put single quotes around the whole value");
        let _: Option<()> = self.lost(path, &node.place, error);
    }

    /// What `{$env}`, `{$file}` or `{$include}` refers to.
    fn reference(
        &mut self,
        reference: &Reference<'_>,
        path: &KeyPath,
        folder: &Folder,
        depth: usize,
    ) -> Option<Node> {
        if reference.adjacent {
            let message = format!("`{}` stands beside other keys", reference.kind);
            let error = ConfigError::new(message)
                .fix(format!("leave only `{}` in this map", reference.kind));
            return self.lost(path, &reference.key, error);
        }
        if reference.kind == "$include" {
            let (node, folder) = self.included(reference, path, folder, depth)?;
            return Some(self.resolve_at(node, path, &folder, depth + 1));
        }
        let target = self.target(reference, path)?;
        let (text, origin) = if reference.kind == "$env" {
            let text = self.variable(&target, &reference.value.place, path)?;
            let text = Zeroizing::new(text.to_owned());
            (text, Origin::Variable(target.to_string()))
        } else {
            let (file, shown) = folder.file(&target);
            let name = reference.name(&shown);
            match read_text(&file, &name) {
                Ok(text) => {
                    if !Secrecy::at(path).secrets_of(&text).is_empty() {
                        self.notice_mode(path, &reference.value.place, &file);
                    }
                    (
                        Zeroizing::new(text.trim_end().to_owned()),
                        Origin::File(name),
                    )
                }
                Err(error) => return self.lost(path, &reference.value.place, error),
            }
        };
        let node = Node::new(reference.value.place.clone(), Content::Text(text));
        Some(Node {
            origin: Some(origin),
            ..node
        })
    }

    /// What `{$include: …}` refers to; what is not found may have been a map.
    fn included(
        &mut self,
        reference: &Reference<'_>,
        path: &KeyPath,
        folder: &Folder,
        depth: usize,
    ) -> Option<(Node, Folder)> {
        let before = self.unresolved.len();
        let found = self.include(reference, path, folder, depth);
        for lost in self.unresolved.iter_mut().skip(before) {
            lost.may_be_map = true;
        }
        found
    }

    /// What `{$include: file#path.in.it}` refers to, and the folder its own references start at.
    fn include(
        &mut self,
        reference: &Reference<'_>,
        path: &KeyPath,
        folder: &Folder,
        depth: usize,
    ) -> Option<(Node, Folder)> {
        let place = &reference.value.place;
        let target = self.target(reference, path)?;
        if depth >= MAX_DEPTH {
            let error = ConfigError::new(format!("files are included more than {MAX_DEPTH} deep"))
                .fix("look for a file that includes itself");
            return self.lost(path, place, error);
        }
        let (name, inner) = target.split_once('#').unwrap_or((&target, ""));
        let extension = Path::new(name)
            .extension()
            .and_then(|extension| extension.to_str());
        if !matches!(extension, Some("json" | "yaml" | "yml")) {
            let name = quoted(&reference.name(Path::new(name)));
            let error = ConfigError::new(format!(
                "{name} cannot be included: it is not a YAML or JSON file"
            ))
            .fix("`$include` takes `.yaml`, `.yml` and `.json` files; `$file` takes any text");
            return self.lost(path, place, error);
        }
        let (file, shown) = folder.file(name);
        let text = match std::fs::read_to_string(&file) {
            Ok(text) => Zeroizing::new(text),
            Err(error) => {
                return self.lost(path, place, unreadable(&reference.name(&shown), &error));
            }
        };
        let whole = Place::whole(&shown.display().to_string());
        let root = match yaml::parse(&whole, &text) {
            Ok(root) => root,
            Err(error) => {
                self.unresolved.push(Lost {
                    path: path.clone(),
                    error: error.about(path),
                    may_be_map: false,
                });
                return None;
            }
        };
        let mut found = &root;
        for key in inner.split('.').filter(|key| !key.is_empty()) {
            let Some(next) = found.get(key) else {
                let file = quoted(&shown.display().to_string());
                let error = ConfigError::new(format!("{file} has no key {}", quoted(key)));
                return self.lost(path, place, error);
            };
            found = next;
        }
        self.notice_exposed(found, path, place, &file);
        Some((found.clone(), Folder::of(&file, &shown)))
    }

    /// The text behind `$env:`, `$file:` or `$include:`, its own variables replaced.
    fn target(&mut self, reference: &Reference<'_>, path: &KeyPath) -> Option<Zeroizing<String>> {
        let place = &reference.value.place;
        match &reference.value.content {
            Content::Text(text) => self.text(text, place, path),
            _ => {
                let error =
                    ConfigError::new(format!("`{}` needs a text behind it", reference.kind));
                self.lost(path, place, error)
            }
        }
    }

    /// Replaces `${VAR}` and `${VAR:-default}` in a text; `$${` stands for `${`. As in Backstage,
    /// an empty default makes the whole value absent.
    fn text(&mut self, text: &str, place: &Place, path: &KeyPath) -> Option<Zeroizing<String>> {
        // Put together at once: a text that grows leaves copies behind.
        let mut parts: Vec<&str> = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            let reference = after
                .split_once('}')
                .filter(|(inner, _)| !inner.contains('{'));
            let Some((inner, tail)) = reference else {
                parts.extend([before, "${"]);
                rest = after;
                continue;
            };
            rest = tail;
            if let Some(before) = before.strip_suffix('$') {
                parts.extend([before, "${", inner, "}"]);
                continue;
            }
            parts.push(before);
            match inner.split_once(":-") {
                None => parts.push(self.variable(inner.trim(), place, path)?),
                Some((name, default)) => {
                    let set = self
                        .environment
                        .get(name.trim())
                        .filter(|value| !value.is_empty());
                    let value = set.unwrap_or(default.trim());
                    if value.is_empty() {
                        return None;
                    }
                    parts.push(value);
                }
            }
        }
        parts.push(rest);
        Some(Zeroizing::new(parts.concat()))
    }

    fn variable(&mut self, name: &str, place: &Place, path: &KeyPath) -> Option<&'a str> {
        if let Some(value) = self.environment.get(name) {
            return Some(value);
        }
        if name.is_empty() {
            return self.lost(path, place, ConfigError::new("`${}` names no variable"));
        }
        let error = ConfigError::new(format!("the variable {} is not set", quoted(name)));
        let error = match nearest(name, self.environment.names()) {
            Some(known) => error.fix(format!("did you mean `{known}`, which is set?")),
            None if is_filter(path) => error.fix(format!(
                "set it, or write `${{{name}:-}}` if there may be none"
            )),
            None => error.fix("set it, or give a default: `${NAME:-default}`"),
        };
        self.lost(path, place, error)
    }

    fn lost<T>(&mut self, path: &KeyPath, place: &Place, error: ConfigError) -> Option<T> {
        self.unresolved.push(Lost {
            path: path.clone(),
            error: error.at(place.clone()).about(path),
            may_be_map: false,
        });
        None
    }
}

/// Whether the value at `path` is a filter, which may be left out. One that is gone without a word selects everybody, so
/// that has to be asked for.
fn is_filter(path: &KeyPath) -> bool {
    matches!(path.steps().last(), Some(Step::Key(key)) if key == "userFilter" || key == "groupFilter")
}

/// The variable that a text consists of: `${NAME}` or `${NAME:-default}`.
fn only_variable(text: &str) -> Option<String> {
    let inner = text.trim().strip_prefix("${")?.strip_suffix('}')?;
    let name = inner.split(":-").next().unwrap_or(inner).trim();
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    (!name.is_empty() && name.chars().all(is_name)).then(|| name.to_owned())
}

/// A map such as `{$file: key.pem}`.
struct Reference<'a> {
    kind: &'static str,
    key: Place,
    value: &'a Node,
    /// Whether other keys stand beside it.
    adjacent: bool,
}

impl<'a> Reference<'a> {
    /// The file as messages name it. A variable in the name is left as it was written: it may hold
    /// a secret that was taken for a file.
    fn name(&self, shown: &Path) -> String {
        match &self.value.content {
            Content::Text(text) if text.contains("${") => text.to_string(),
            _ => shown.display().to_string(),
        }
    }

    fn of(node: &'a Node) -> Option<Self> {
        let Content::Map(entries) = &node.content else {
            return None;
        };
        ["$env", "$file", "$include"].into_iter().find_map(|kind| {
            let (key, value) = node.entry(kind)?;
            Some(Self {
                kind,
                key: key.place.clone(),
                value,
                adjacent: entries.len() > 1,
            })
        })
    }
}

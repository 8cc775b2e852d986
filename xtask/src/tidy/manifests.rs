//! Manifests: everything shared is said once, in the workspace's manifest, and with its reason.

use std::ops::Range;

use toml_edit::{Document, Item, Key, TableLike};

use super::finding::Finding;
use super::graph::Member;
use super::tree::Tree;

const INHERITED: &[&str] = &["edition", "license"];
/// What members that are not published have in common besides.
const TOGETHER: &[&str] = &["version", "rust-version", "publish"];
/// What a registry shows of a library, and what its package is made of. Versions are each library's own.
const PUBLISHED: &[&str] = &[
    "version",
    "rust-version",
    "description",
    "readme",
    "repository",
    "documentation",
    "keywords",
    "categories",
    "include",
];
/// What each package has to hold, and the file of the workspace that it is a copy of.
const PACKAGED: &[(&str, Option<&str>)] = &[
    ("CHANGELOG.md", None),
    ("LICENSE-APACHE", Some("LICENSE-APACHE")),
    ("LICENSE-MIT", Some("LICENSE-MIT")),
];
const DEPENDENCIES: &[&str] = &["dependencies", "dev-dependencies", "build-dependencies"];

pub(super) fn check(tree: &Tree, members: &[Member]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for member in members {
        let path = format!("{}/Cargo.toml", member.folder);
        let manifest = read(tree, &path, &mut findings);
        check_member(&manifest, &mut findings);
        if is_published(&manifest) {
            check_package(tree, member, &mut findings);
        }
    }
    let workspace = read(tree, "Cargo.toml", &mut findings);
    let toolchain = read(tree, "rust-toolchain.toml", &mut findings);
    check_workspace(&workspace, members, &mut findings);
    check_toolchain(&workspace, &toolchain, &mut findings);
    findings
}

/// A file of TOML, with the places of what is in it.
pub(super) struct Toml<'a> {
    path: String,
    document: Document<&'a str>,
}

/// Reads a file. One that is broken is found, and is empty, as is one that is missing.
pub(super) fn read<'a>(tree: &'a Tree, path: &str, findings: &mut Vec<Finding>) -> Toml<'a> {
    let text = tree.text(path).unwrap_or_default();
    let document = Document::parse(text).unwrap_or_else(|error| {
        let line = error.span().and_then(|place| line(text, &place));
        findings.push(Finding::new(path, error.message(), "write what cargo can read").at(line));
        Document::default()
    });
    let path = path.to_owned();
    Toml { path, document }
}

fn line(text: &str, place: &Range<usize>) -> Option<usize> {
    Some(text.get(..place.start)?.matches('\n').count() + 1)
}

impl Toml<'_> {
    pub(super) fn get(&self, names: &[&str]) -> Option<&Item> {
        let item = self.document.as_item();
        names.iter().try_fold(item, |item, name| item.get(name))
    }

    fn table(&self, names: &[&str]) -> Option<&dyn TableLike> {
        self.get(names)?.as_table_like()
    }

    /// An error in the line of a key, where there is one.
    fn finding(&self, key: Option<&Key>, problem: String, fix: &str) -> Finding {
        let place = key.and_then(Key::span);
        let line = place.and_then(|place| line(self.document.raw(), &place));
        Finding::new(&self.path, problem, fix).at(line)
    }

    /// The comment behind a value, on its line.
    fn comment(&self, item: &Item) -> Option<&str> {
        let after = self.document.raw().get(item.span()?.end..)?;
        Some(after.lines().next()?.trim_matches([' ', '#']))
    }
}

fn is_inherited(item: &Item) -> bool {
    item.get("workspace").and_then(Item::as_bool) == Some(true)
}

fn check_member(manifest: &Toml<'_>, findings: &mut Vec<Finding>) {
    if !manifest.get(&["lints"]).is_some_and(is_inherited) {
        let problem = "the workspace's lints are not used".to_owned();
        let fix = "add `[lints]` with `workspace = true`";
        findings.push(manifest.finding(None, problem, fix));
    }
    let place = |key: &str| manifest.table(&["package"])?.key(key);
    let (together, own) = if is_published(manifest) {
        (&[][..], PUBLISHED)
    } else {
        (TOGETHER, &[][..])
    };
    for key in INHERITED.iter().chain(together) {
        if !manifest.get(&["package", key]).is_some_and(is_inherited) {
            let problem = format!("`{key}` is not the workspace's");
            let fix = format!("write `{key}.workspace = true`");
            findings.push(manifest.finding(place(key), problem, &fix));
        }
    }
    for key in own {
        let is_own = |item: &Item| *key == "repository" || !is_inherited(item);
        if !manifest.get(&["package", key]).is_some_and(is_own) {
            let problem = format!("a published library has no `{key}` of its own");
            let fix = "write it, or `publish.workspace = true` for a member that nobody adds";
            findings.push(manifest.finding(place(key), problem, fix));
        }
    }
    let targets = manifest
        .table(&["target"])
        .into_iter()
        .flat_map(TableLike::iter);
    let everywhere = [manifest.document.as_item()];
    for item in everywhere
        .into_iter()
        .chain(targets.map(|(_, target)| target))
    {
        let tables = DEPENDENCIES
            .iter()
            .filter_map(|kind| item.get(kind)?.as_table_like());
        tables.for_each(|table| check_dependencies(manifest, table, findings));
    }
}

/// Only members that others may add say nothing of `publish`.
fn is_published(manifest: &Toml<'_>) -> bool {
    manifest.get(&["package"]).is_some() && manifest.get(&["package", "publish"]).is_none()
}

fn check_package(tree: &Tree, member: &Member, findings: &mut Vec<Finding>) {
    for (name, copied) in PACKAGED {
        let path = format!("{}/{name}", member.folder);
        let text = tree.text(&path);
        let (problem, fix) = match (text, copied) {
            (None, _) => (
                "the package has no such file",
                "write it: whoever adds the library gets nothing but its package",
            ),
            (Some(_), Some(copied)) if text != tree.text(copied) => {
                ("not what the file at the top says", "copy that one")
            }
            _ => continue,
        };
        findings.push(Finding::new(&path, problem, fix));
    }
}

fn check_dependencies(manifest: &Toml<'_>, table: &dyn TableLike, findings: &mut Vec<Finding>) {
    for (name, item) in table.iter() {
        let (problem, fix) = if item.as_table().is_some_and(|table| !table.is_dotted()) {
            (
                "is a table of its own",
                "write the dependency in one line of `[dependencies]`",
            )
        } else if !is_inherited(item) {
            (
                "is not inherited",
                "name it in `[workspace.dependencies]` and write `.workspace = true` here",
            )
        } else {
            continue;
        };
        findings.push(manifest.finding(table.key(name), format!("`{name}` {problem}"), fix));
    }
}

fn check_workspace(workspace: &Toml<'_>, members: &[Member], findings: &mut Vec<Finding>) {
    let Some(table) = workspace.table(&["workspace", "dependencies"]) else {
        return;
    };
    for (key, item) in table.iter() {
        let name = item.get("package").and_then(Item::as_str).unwrap_or(key);
        let mut find =
            |problem: String, fix| findings.push(workspace.finding(table.key(key), problem, fix));
        if workspace.comment(item).is_none_or(str::is_empty) {
            find(
                format!("`{key}` does not say what it is for"),
                "add a comment at the end of the line",
            );
        }
        if !members
            .iter()
            .any(|member| member.dependencies.contains_key(name))
        {
            find(format!("no member uses `{key}`"), "delete the line");
        }
    }
}

/// The oldest Rust we promise is the one we test with.
fn check_toolchain(workspace: &Toml<'_>, toolchain: &Toml<'_>, findings: &mut Vec<Finding>) {
    let promised = workspace
        .get(&["workspace", "package", "rust-version"])
        .and_then(Item::as_str);
    let tested = toolchain
        .get(&["toolchain", "channel"])
        .and_then(Item::as_str);
    let minor = |version: Option<&str>| {
        let mut numbers = version?.splitn(3, '.').map(str::to_owned);
        Some((numbers.next()?, numbers.next()?))
    };
    if minor(promised).is_none() || minor(promised) != minor(tested) {
        let [promised, tested] = [promised, tested].map(|version| version.unwrap_or("missing"));
        let problem =
            format!("the channel is {tested}, the workspace's `rust-version` is {promised}");
        findings.push(toolchain.finding(None, problem, "make them the same version"));
    }
}

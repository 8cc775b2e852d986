//! Manifests: everything shared is said once, in the workspace's manifest, and with its reason.

use std::ops::Range;

use toml_edit::{Document, Item, TableLike};

use super::finding::Finding;
use super::graph::Member;
use super::tree::Tree;

const INHERITED: &[&str] = &["version", "edition", "rust-version", "license"];
const DEPENDENCIES: &[&str] = &["dependencies", "dev-dependencies", "build-dependencies"];

pub(super) fn check(tree: &Tree, members: &[Member]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for member in members {
        let path = format!("{}/Cargo.toml", member.folder);
        check_member(&read(tree, &path, &mut findings), &mut findings);
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

/// Reads a file. One that is missing or broken is found, and is empty.
pub(super) fn read<'a>(tree: &'a Tree, path: &str, findings: &mut Vec<Finding>) -> Toml<'a> {
    let text = tree.text(path).unwrap_or_default();
    let document = Document::parse(text).unwrap_or_else(|error| {
        let before = error.span().and_then(|place| text.get(..place.start));
        let line = before.map_or(1, |before| before.matches('\n').count() + 1);
        findings.push(Finding::line(
            path,
            line,
            error.message(),
            "write what cargo can read",
        ));
        Document::default()
    });
    let path = path.to_owned();
    Toml { path, document }
}

impl<'a> Toml<'a> {
    pub(super) fn get(&self, names: &[&str]) -> Option<&Item> {
        let mut names = names.iter();
        let first = self.document.get(names.next()?)?;
        names.try_fold(first, |item, name| item.get(name))
    }

    fn finding(
        &self,
        place: Option<Range<usize>>,
        problem: String,
        fix: impl Into<String>,
    ) -> Finding {
        let before = place.and_then(|place| self.document.raw().get(..place.start));
        Finding {
            line: before.map(|before| before.matches('\n').count() + 1),
            ..Finding::file(&self.path, problem, fix)
        }
    }

    /// The comment behind a value, on its line.
    fn comment(&self, item: &Item) -> &str {
        let after = item
            .span()
            .and_then(|place| self.document.raw().get(place.end..));
        let line = after
            .and_then(|after| after.lines().next())
            .unwrap_or_default();
        line.trim_matches([' ', '#'])
    }
}

fn is_inherited(item: &Item) -> bool {
    item.get("workspace").and_then(Item::as_bool) == Some(true)
}

fn place(table: &dyn TableLike, key: &str) -> Option<Range<usize>> {
    table.key(key)?.span()
}

fn check_member(manifest: &Toml<'_>, findings: &mut Vec<Finding>) {
    if !manifest.get(&["lints"]).is_some_and(is_inherited) {
        findings.push(Finding::file(
            &manifest.path,
            "the workspace's lints are not used",
            "add `[lints]` with `workspace = true`",
        ));
    }
    let package = manifest.get(&["package"]).and_then(Item::as_table_like);
    for key in INHERITED {
        if !manifest.get(&["package", key]).is_some_and(is_inherited) {
            findings.push(manifest.finding(
                package.and_then(|package| place(package, key)),
                format!("`{key}` is not the workspace's"),
                format!("write `{key}.workspace = true`"),
            ));
        }
    }
    let targets = manifest.get(&["target"]).and_then(Item::as_table_like);
    let of_targets = targets
        .into_iter()
        .flat_map(|targets| targets.iter().map(|(_, item)| item));
    for item in of_targets.chain([manifest.document.as_item()]) {
        for table in DEPENDENCIES
            .iter()
            .filter_map(|kind| item.get(kind)?.as_table_like())
        {
            check_dependencies(manifest, table, findings);
        }
    }
}

fn check_dependencies(manifest: &Toml<'_>, table: &dyn TableLike, findings: &mut Vec<Finding>) {
    for (name, item) in table.iter() {
        if item.as_table().is_some_and(|table| !table.is_dotted()) {
            findings.push(manifest.finding(
                place(table, name),
                format!("`{name}` is a table of its own"),
                "write the dependency in one line of `[dependencies]`",
            ));
        } else if !is_inherited(item) {
            findings.push(manifest.finding(
                place(table, name),
                format!("`{name}` is not inherited"),
                "name it in `[workspace.dependencies]` and write `.workspace = true` here",
            ));
        }
    }
}

fn check_workspace(workspace: &Toml<'_>, members: &[Member], findings: &mut Vec<Finding>) {
    let table = workspace
        .get(&["workspace", "dependencies"])
        .and_then(Item::as_table_like);
    let Some(table) = table else { return };
    for (key, item) in table.iter() {
        if workspace.comment(item).is_empty() {
            findings.push(workspace.finding(
                place(table, key),
                format!("`{key}` does not say what it is for"),
                "add a comment at the end of the line",
            ));
        }
        let name = item.get("package").and_then(Item::as_str).unwrap_or(key);
        if !members.iter().any(|member| member.depends_on(name)) {
            let problem = format!("no member uses `{key}`");
            findings.push(workspace.finding(place(table, key), problem, "delete the line"));
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
        findings.push(Finding::file(
            &toolchain.path,
            format!(
                "the channel is {}, the workspace's `rust-version` is {}",
                tested.unwrap_or("missing"),
                promised.unwrap_or("missing")
            ),
            "make them the same version",
        ));
    }
}

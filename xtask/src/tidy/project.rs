//! The project as a stranger finds it: what lies at the top, what each crate says of itself, and no traces of the
//! machine it was written on.

use std::collections::BTreeSet;

use super::finding::Finding;
use super::graph::Member;
use super::tree::Tree;

const TOP_LEVEL: &[&str] = &[
    ".cargo",
    ".ci",
    ".editorconfig",
    ".gitattributes",
    ".github",
    ".gitignore",
    "CHANGELOG.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "clippy.toml",
    "crates",
    "deny.toml",
    "fixtures",
    "rust-toolchain.toml",
    "rustfmt.toml",
    "xtask",
];

/// How absolute paths of a developer's machine begin. In pieces, because this file is looked at too.
const MACHINE: &[&str] = &[
    concat!("/ho", "me/"),
    concat!("/ro", "ot/"),
    concat!("/wo", "rk/"),
];

/// The folder of recorded answers, and the one file that may know where it can lie.
const RECORDED: &str = concat!("../sha", "red");
const KNOWS_RECORDED: &str = ".ci/run";

pub(super) fn check(tree: &Tree, members: &[Member]) -> Vec<Finding> {
    let mut findings = check_top_level(tree);
    findings.extend(check_readmes(tree, members));
    findings.extend(
        tree.files()
            .flat_map(|(path, text)| check_paths(path, text)),
    );
    findings
}

fn check_top_level(tree: &Tree) -> Vec<Finding> {
    let entries: BTreeSet<&str> = tree
        .files()
        .filter_map(|(path, _)| path.split('/').next())
        .collect();
    entries
        .into_iter()
        .filter(|entry| !TOP_LEVEL.contains(entry))
        .map(|entry| {
            let fix = "move it to the folder it belongs to, or delete it";
            Finding::new(entry, "unexpected at the top level", fix)
        })
        .collect()
}

fn check_readmes(tree: &Tree, members: &[Member]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let root = tree.text("README.md").unwrap_or_default();
    for Member { name, folder, .. } in members {
        let path = format!("{folder}/README.md");
        if tree.text(&path).is_none_or(|text| text.trim().is_empty()) {
            let fix = "write it for a stranger; it is the crate's documentation";
            findings.push(Finding::new(
                &path,
                "the crate does not say what it is",
                fix,
            ));
        }
        if !names(root, name) {
            let fix = "give it a line in the map of crates";
            findings.push(Finding::new(
                "README.md",
                format!("`{name}` is not named"),
                fix,
            ));
        }
    }
    findings
}

/// Whether a text has `name` as a word: `okta-api` is not in `okta-api-client`.
fn names(text: &str, name: &str) -> bool {
    text.split(|c: char| !c.is_alphanumeric() && c != '-' && c != '_')
        .any(|word| word == name)
}

fn check_paths(path: &str, text: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let mut find =
            |problem: String, fix| findings.push(Finding::new(path, problem, fix).at(index + 1));
        for start in MACHINE.iter().filter(|start| begins_path(line, start)) {
            let fix = "take the path as a parameter, or make one up elsewhere";
            find(format!("`{start}…` is a path of somebody's machine"), fix);
        }
        if path != KNOWS_RECORDED && line.contains(RECORDED) {
            let fix = "read the folder that `OKTA_RECORDED_DIR` names";
            find(format!("`{RECORDED}` is outside the project"), fix);
        }
    }
    findings
}

/// Whether an absolute path that starts so is in the line, rather than the middle of another path or of a URL.
fn begins_path(line: &str, start: &str) -> bool {
    let inside = |c: char| c.is_alphanumeric() || "._-~/}>*".contains(c);
    line.match_indices(start).any(|(at, _)| {
        line.get(..at)
            .is_some_and(|before| !before.ends_with(inside))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_path_of_a_machine_is_left() {
        for start in MACHINE {
            for line in [
                format!("x = \"{start}a\""),
                format!("see {start}a"),
                format!("{start}a"),
            ] {
                let found = check_paths("a.md", &format!("one\n{line}\n"));
                assert_eq!(
                    found.iter().map(|found| found.line).collect::<Vec<_>>(),
                    [Some(2)],
                    "{line}"
                );
            }
            for line in [
                format!("https://a.b{start}c"),
                format!("${{x}}{start}"),
                format!("a/b{start}"),
            ] {
                assert_eq!(check_paths("a.md", &line), [], "{line}");
            }
        }
    }

    #[test]
    fn one_file_knows_where_recordings_can_lie() {
        let line = format!("dir={RECORDED}/recorded");
        assert_eq!(check_paths(".ci/run", &line), []);
        assert_eq!(check_paths("crates/a/tests/x.rs", &line).len(), 1);
    }
}

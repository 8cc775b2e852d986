//! Manifests: everything shared is said once, in the workspace's manifest, and with its reason.

use super::finding::Finding;
use super::graph::Member;
use super::manifest::{Entry, entries, entry};
use super::tree::Tree;

const INHERITED: &[&str] = &["version", "edition", "rust-version", "license"];

pub(super) fn check(tree: &Tree, members: &[Member]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut used = Vec::new();
    for member in members {
        let path = format!("{}/Cargo.toml", member.folder);
        let entries = entries(tree.text(&path).unwrap_or_default());
        findings.extend(check_member(&path, &entries));
        used.extend(entries.into_iter().filter(Entry::is_dependency));
    }
    let workspace = entries(tree.text("Cargo.toml").unwrap_or_default());
    let toolchain = entries(tree.text("rust-toolchain.toml").unwrap_or_default());
    findings.extend(check_workspace(&workspace, &used));
    findings.extend(check_toolchain(&workspace, &toolchain));
    findings
}

fn check_member(path: &str, entries: &[Entry]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let shares_lints =
        entry(entries, "lints", "workspace").is_some_and(|entry| entry.value == "true");
    if !shares_lints {
        findings.push(Finding::file(
            path,
            "the workspace's lints are not used",
            "add `[lints]` with `workspace = true`",
        ));
    }
    for key in INHERITED {
        let entry = entry(entries, "package", key);
        if !entry.is_some_and(Entry::is_inherited) {
            let fix = format!("write `{key}.workspace = true`");
            let problem = format!("`{key}` is not the workspace's");
            findings.push(match entry {
                Some(entry) => Finding::line(path, entry.line, problem, fix),
                None => Finding::file(path, problem, fix),
            });
        }
    }
    for entry in entries
        .iter()
        .filter(|entry| entry.is_dependency() && !entry.is_inherited())
    {
        findings.push(Finding::line(
            path,
            entry.line,
            format!("`{}` is not inherited", entry.name()),
            "name it in `[workspace.dependencies]` and write `.workspace = true` here",
        ));
    }
    // `[dependencies.name]` hides from the rule above.
    let mut tables: Vec<&Entry> = entries
        .iter()
        .filter(|entry| entry.section.contains("dependencies."))
        .collect();
    tables.dedup_by_key(|entry| entry.section.as_str());
    for entry in tables {
        findings.push(Finding::line(
            path,
            entry.line,
            format!("`[{}]` is a table of its own", entry.section),
            "write the dependency in one line of `[dependencies]`",
        ));
    }
    findings
}

fn check_workspace(workspace: &[Entry], used: &[Entry]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for entry in workspace
        .iter()
        .filter(|entry| entry.section == "workspace.dependencies")
    {
        if entry.comment.is_empty() {
            findings.push(Finding::line(
                "Cargo.toml",
                entry.line,
                format!("`{}` does not say what it is for", entry.key),
                "add a comment at the end of the line",
            ));
        }
        if !used.iter().any(|used| used.name() == entry.key) {
            findings.push(Finding::line(
                "Cargo.toml",
                entry.line,
                format!("no member uses `{}`", entry.key),
                "delete the line",
            ));
        }
    }
    findings
}

/// The oldest Rust we promise is the one we test with.
fn check_toolchain(workspace: &[Entry], toolchain: &[Entry]) -> Vec<Finding> {
    let promised = entry(workspace, "workspace.package", "rust-version");
    let tested = entry(toolchain, "toolchain", "channel");
    let minor = |entry: Option<&Entry>| -> Option<Vec<String>> {
        let version = entry?.value.trim_matches('"');
        let numbers: Vec<String> = version.split('.').take(2).map(str::to_owned).collect();
        (numbers.len() == 2).then_some(numbers)
    };
    if minor(promised).is_some() && minor(promised) == minor(tested) {
        return Vec::new();
    }
    let shown =
        |entry: Option<&Entry>| entry.map_or("missing".to_owned(), |entry| entry.value.clone());
    vec![Finding::file(
        "rust-toolchain.toml",
        format!(
            "the channel is {}, the workspace's `rust-version` is {}",
            shown(tested),
            shown(promised)
        ),
        "make them the same version",
    )]
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "[package]\nname = \"a\"\nversion.workspace = true\nedition.workspace = true\nrust-version.workspace = true\nlicense.workspace = true\n[lints]\nworkspace = true\n[dependencies]\nserde.workspace = true\n";

    fn of_member(text: &str) -> Vec<(Option<usize>, String)> {
        let findings = check_member("crates/a/Cargo.toml", &entries(text));
        findings
            .into_iter()
            .map(|finding| (finding.line, finding.problem))
            .collect()
    }

    #[test]
    fn a_member_inherits_what_is_shared() {
        assert_eq!(of_member(GOOD), []);
        for (part, instead, line, problem) in [
            (
                "[lints]\nworkspace = true\n",
                "",
                None,
                "the workspace's lints are not used",
            ),
            (
                "workspace = true\n[dep",
                "workspace = false\n[dep",
                None,
                "the workspace's lints are not used",
            ),
            (
                "edition.workspace = true\n",
                "",
                None,
                "`edition` is not the workspace's",
            ),
            (
                "version.workspace = true",
                "version = \"2.0.0\"",
                Some(3),
                "`version` is not the workspace's",
            ),
            (
                "serde.workspace = true",
                "serde = \"1\"",
                Some(10),
                "`serde` is not inherited",
            ),
            (
                "serde.workspace = true",
                "[dev-dependencies]\nx = { path = \"y\" }",
                Some(11),
                "`x` is not inherited",
            ),
            (
                "serde.workspace = true",
                "[dependencies.x]\nversion = \"1\"\npath = \"y\"",
                Some(11),
                "`[dependencies.x]` is a table of its own",
            ),
        ] {
            let text = GOOD.replacen(part, instead, 1);
            assert_eq!(of_member(&text), [(line, problem.to_owned())], "{text}");
        }
    }

    #[test]
    fn a_shared_dependency_has_a_reason_and_a_user() {
        let used = entries(
            "[dependencies]\na.workspace = true\n[dev-dependencies]\nb = { workspace = true }\n",
        );
        let workspace = |text: &str| {
            let findings = check_workspace(
                &entries(&format!("[workspace.dependencies]\n{text}")),
                &used,
            );
            findings
                .into_iter()
                .map(|finding| (finding.line, finding.problem))
                .collect::<Vec<_>>()
        };
        assert_eq!(
            workspace("a = \"1\" # letters\nb = { version = \"1\" } # more letters\n"),
            []
        );
        assert_eq!(
            workspace("# a group\na = \"1\"\n"),
            [(Some(3), "`a` does not say what it is for".to_owned())]
        );
        assert_eq!(
            workspace("c = \"1\" # why\n"),
            [(Some(2), "no member uses `c`".to_owned())]
        );
    }

    #[test]
    fn the_promised_rust_is_the_tested_one() {
        for (promised, tested, broken) in [
            ("rust-version = \"1.95\"", "channel = \"1.95.0\"", false),
            ("rust-version = \"1.94\"", "channel = \"1.95.0\"", true),
            ("rust-version = \"1.9\"", "channel = \"1.95.0\"", true),
            ("rust-version = \"1.95\"", "channel = \"stable\"", true),
            ("", "", true),
        ] {
            let workspace = entries(&format!("[workspace.package]\n{promised}"));
            let toolchain = entries(&format!("[toolchain]\n{tested}"));
            assert_eq!(
                !check_toolchain(&workspace, &toolchain).is_empty(),
                broken,
                "{promised} {tested}"
            );
        }
    }

    #[test]
    fn all_manifests_are_looked_at() {
        let tree = Tree::from([
            ("Cargo.toml", "[workspace.dependencies]\nserde = \"1\"\n"),
            ("crates/a/Cargo.toml", GOOD),
        ]);
        let findings = check(&tree, &[Member::named("a"), Member::named("b")]);
        let paths: Vec<_> = findings
            .iter()
            .map(|finding| finding.path.as_str())
            .collect();
        // `b` has no manifest: no lints and nothing inherited.
        assert_eq!(
            paths
                .iter()
                .filter(|path| **path == "crates/b/Cargo.toml")
                .count(),
            5
        );
        assert_eq!(
            paths.iter().filter(|path| **path == "Cargo.toml").count(),
            1
        );
        assert_eq!(
            paths
                .iter()
                .filter(|path| **path == "rust-toolchain.toml")
                .count(),
            1
        );
        assert_eq!(paths.len(), 7);
    }
}

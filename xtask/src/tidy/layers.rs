//! Who may depend on whom, and what may come in from outside.

use super::code::{code_only, lines_naming};
use super::finding::Finding;
use super::graph::{Graph, Member};
use super::tree::Tree;

/// Every member, lowest first, with the members it may name. A new edge is a change of design, made here first.
const LAYERS: &[(&str, &[&str])] = &[
    ("okta-auth", &[]),
    ("okta-api", &["okta-auth"]),
    ("org-filter", &[]),
    ("catalog-model", &[]),
    (
        "portal-sync",
        &["okta-auth", "okta-api", "org-filter", "catalog-model"],
    ),
    ("xtask", &["portal-sync"]),
    (
        "fuzz",
        &[
            "okta-auth",
            "okta-api",
            "org-filter",
            "catalog-model",
            "portal-sync",
        ],
    ),
];

/// Who may name whom besides, in tests only. The simulator is not built from the client, its tests drive the client
/// against it.
const TESTS: &[(&str, &[&str])] = &[("xtask", &["okta-auth", "okta-api"])];

/// Members without an async runtime and without HTTP.
const PURE: &[&str] = &["org-filter", "catalog-model"];
const RUNTIMES_AND_HTTP: &[&str] = &["tokio", "reqwest", "hyper", "axum"];

/// How many crates a member's tree may have, itself included.
const LARGEST_TREES: &[(&str, usize)] = &[("org-filter", 25)];

/// What never comes in, by whatever way, with the reason.
const BANNED: &[(&str, &str)] = &[
    ("native-tls", "one TLS stack: rustls with aws-lc-rs"),
    ("openssl-sys", "one TLS stack: rustls with aws-lc-rs"),
    ("ring", "one crypto stack: aws-lc-rs"),
    ("rsa", "one crypto stack: aws-lc-rs"),
    ("serde_yaml", "it is archived: use serde-saphyr"),
];

/// Crates that only one member may use, and only in one file: `(crate, member, file)`.
const CONFINED: &[(&str, &str, &str)] =
    &[("backoff", "okta-api", "crates/okta-api/src/backoff.rs")];

pub(super) fn check(graph: &Graph) -> Vec<Finding> {
    let mut findings = Vec::new();
    for member in &graph.members {
        check_edges(member, &mut findings);
        check_trees(graph, member, &mut findings);
    }
    findings
}

fn check_edges(member: &Member, findings: &mut Vec<Finding>) {
    let manifest = format!("{}/Cargo.toml", member.folder);
    let Some((_, allowed)) = LAYERS.iter().find(|(name, _)| *name == member.name) else {
        findings.push(Finding::file(
            &manifest,
            format!("`{}` is not one of the workspace's layers", member.name),
            "give it a place in xtask/src/tidy/layers.rs, or make it a module of the crate that needs it",
        ));
        return;
    };
    let in_tests = TESTS.iter().find(|(name, _)| *name == member.name);
    let in_tests = in_tests.map_or(&[] as &[&str], |(_, members)| members);
    let built_from = member
        .uses
        .iter()
        .filter(|used| !allowed.contains(&used.as_str()));
    let tested_with = member
        .tests_use
        .iter()
        .filter(|used| !allowed.contains(&used.as_str()) && !in_tests.contains(&used.as_str()));
    for used in built_from.chain(tested_with) {
        findings.push(Finding::file(
            &manifest,
            format!(
                "`{}` depends on `{used}`, against the direction of the layers",
                member.name
            ),
            match *allowed {
                [] => "it may depend on no other member".to_owned(),
                allowed => format!("it may depend on {} only", allowed.join(", ")),
            },
        ));
    }
}

fn check_trees(graph: &Graph, member: &Member, findings: &mut Vec<Finding>) {
    let manifest = format!("{}/Cargo.toml", member.folder);
    let tree = graph.tree(member);
    if PURE.contains(&member.name.as_str()) {
        for way in RUNTIMES_AND_HTTP.iter().filter_map(|&name| tree.get(name)) {
            findings.push(Finding::file(
                &manifest,
                format!("a pure crate has a runtime or HTTP in its tree: {way}"),
                "leave the dependency out, or switch the feature off that brings it",
            ));
        }
    }
    for (_, most) in LARGEST_TREES
        .iter()
        .filter(|(name, _)| *name == member.name)
    {
        if tree.len() > *most {
            findings.push(Finding::file(
                &manifest,
                format!("its tree has {} crates, more than {most}", tree.len()),
                "leave a dependency out, or switch features off: `cargo tree -e normal` shows them",
            ));
        }
    }
    let whole = graph.whole_tree(member);
    for (name, reason) in BANNED {
        if let Some(way) = whole.get(name) {
            findings.push(Finding::file(
                &manifest,
                format!("`{name}` is in the tree: {way}"),
                format!("switch the feature off that brings it ({reason})"),
            ));
        }
    }
}

/// Finds code that names a confined crate outside its file. That only one member depends on it is the manifests' part.
pub(super) fn check_confined(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, member, home) in CONFINED {
        for (path, text) in tree.rust("").filter(|(path, _)| path != home) {
            let code = code_only(text);
            let path_of = format!("{name}::");
            // A module of that name is something else, where it is imported.
            let module = ["crate::", "super::"]
                .iter()
                .any(|root| code.contains(&format!("use {root}{name};")));
            if !module {
                findings.extend(lines_naming(&code, &path_of).map(|line| {
                    Finding::line(
                        path,
                        line,
                        format!("`{name}` is named outside {home}"),
                        format!(
                            "use what {home} offers, or import its module with `use crate::{name};`"
                        ),
                    )
                }));
            }
        }
        for (path, text) in tree
            .files()
            .filter(|(path, _)| path.ends_with("/Cargo.toml"))
        {
            if !path.ends_with(&format!("/{member}/Cargo.toml")) {
                findings.extend(
                    super::manifest::entries(text)
                        .into_iter()
                        .filter_map(|entry| {
                            (entry.is_dependency() && entry.name() == *name).then(|| {
                                Finding::line(
                                    path,
                                    entry.line,
                                    format!("only `{member}` may depend on `{name}`"),
                                    format!("use what `{member}` offers"),
                                )
                            })
                        }),
                );
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(findings: &[Finding]) -> Vec<&str> {
        findings
            .iter()
            .map(|finding| finding.problem.as_str())
            .collect()
    }

    #[test]
    fn the_edges_of_the_design_pass() {
        assert_eq!(
            check(&Graph::made_of(LAYERS, &[("org-filter", "jiff", true)])),
            []
        );
    }

    #[test]
    fn other_edges_do_not() {
        for (from, to) in [
            ("okta-auth", "okta-api"),
            ("okta-api", "org-filter"),
            ("catalog-model", "okta-auth"),
            ("org-filter", "xtask"),
            ("portal-sync", "xtask"),
            ("xtask", "okta-api"),
        ] {
            let findings = check(&Graph::made_of(&[(from, &[to])], &[]));
            let wanted = format!("`{from}` depends on `{to}`, against the direction of the layers");
            assert_eq!(problems(&findings), [wanted.as_str()]);
        }
        let tests_use = |from: &str, to: &str| {
            let mut graph = Graph::made_of(&[(from, &[])], &[]);
            graph.members[0].tests_use = vec![to.to_owned()];
            check(&graph).len()
        };
        assert_eq!(tests_use("xtask", "okta-api"), 0);
        assert_eq!(tests_use("okta-api", "xtask"), 1);
        let unknown = check(&Graph::made_of(&[("extra", &[])], &[]));
        assert_eq!(
            problems(&unknown),
            ["`extra` is not one of the workspace's layers"]
        );
    }

    #[test]
    fn pure_crates_stay_pure() {
        for outside in RUNTIMES_AND_HTTP {
            let edges = [("catalog-model", "url", true), ("url", *outside, true)];
            let findings = check(&Graph::made_of(&[("catalog-model", &[])], &edges));
            let wanted = format!(
                "a pure crate has a runtime or HTTP in its tree: catalog-model → url → {outside}"
            );
            assert_eq!(problems(&findings), [wanted.as_str()]);
        }
        let tests_only = [("catalog-model", "tokio", false)];
        assert_eq!(
            check(&Graph::made_of(&[("catalog-model", &[])], &tests_only)),
            []
        );
        let elsewhere = [("okta-api", "tokio", true)];
        assert_eq!(check(&Graph::made_of(&[("okta-api", &[])], &elsewhere)), []);
    }

    #[test]
    fn a_small_tree_stays_small() {
        let names: Vec<String> = (0..25).map(|n| format!("crate-{n}")).collect();
        let edges: Vec<_> = names
            .iter()
            .map(|name| ("org-filter", name.as_str(), true))
            .collect();
        let findings = check(&Graph::made_of(&[("org-filter", &[])], &edges));
        assert_eq!(
            problems(&findings),
            ["its tree has 26 crates, more than 25"]
        );
        let (_, fewer) = edges.split_last().unwrap();
        assert_eq!(check(&Graph::made_of(&[("org-filter", &[])], fewer)), []);
    }

    #[test]
    fn banned_crates_do_not_come_in_even_for_tests() {
        for (name, _) in BANNED {
            let edges = [("xtask", "b", false), ("b", *name, true)];
            let findings = check(&Graph::made_of(&[("xtask", &[])], &edges));
            let wanted = format!("`{name}` is in the tree: xtask → b → {name}");
            assert_eq!(problems(&findings), [wanted.as_str()]);
        }
    }

    #[test]
    fn confined_crates_stay_in_their_file() {
        let tree = Tree::from([
            (
                "crates/okta-api/Cargo.toml",
                "[dependencies]\nbackoff.workspace = true\n",
            ),
            (
                "crates/okta-api/src/backoff.rs",
                "use backoff::exponential;",
            ),
            (
                "crates/okta-api/src/clock.rs",
                "// backoff::\nimpl backoff::Clock for X {}",
            ),
            (
                "crates/okta-api/src/retry.rs",
                "use crate::backoff;\nfn f() { backoff::delay() }",
            ),
            (
                "crates/okta-auth/Cargo.toml",
                "[dev-dependencies]\nbackoff.workspace = true\n",
            ),
        ]);
        let places: Vec<_> = check_confined(&tree)
            .into_iter()
            .map(|finding| (finding.path, finding.line))
            .collect();
        assert_eq!(
            places,
            [
                ("crates/okta-api/src/clock.rs".to_owned(), Some(2)),
                ("crates/okta-auth/Cargo.toml".to_owned(), Some(2)),
            ]
        );
    }
}

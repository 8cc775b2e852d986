//! `cargo xtask tidy`: the workspace's own rules, which no compiler checks.
//!
//! Every rule is a function from what was read (the files of the tree, the dependency graph) to findings, and all
//! findings are shown at once, each with its place and the fix.

use anyhow::ensure;

use crate::say;

mod code;

mod finding;

mod graph;

mod layers;

mod manifest;

mod manifests;

mod modules;

mod sources;

mod tree;

mod project;

mod workspace;

pub(crate) use workspace::{cargo, root};

use finding::{Finding, Severity};
use graph::Graph;
use tree::Tree;

/// Checks every rule and prints what is broken.
///
/// # Errors
///
/// When a rule is broken, or the tree or its dependency graph cannot be read. Warnings are no error.
pub fn run() -> anyhow::Result<()> {
    let tree = Tree::read(&root()?)?;
    let graph = Graph::read()?;
    let mut findings = check(&tree, &graph);
    findings.sort();
    for finding in &findings {
        say(finding);
    }
    let errors = findings
        .iter()
        .filter(|finding| finding.severity == Severity::Error)
        .count();
    ensure!(errors == 0, "{errors} of the workspace's rules are broken");
    say(format_args!(
        "tidy: {} files of {} crates",
        tree.len(),
        graph.members.len()
    ));
    Ok(())
}

fn check(tree: &Tree, graph: &Graph) -> Vec<Finding> {
    let mut findings = layers::check(graph);
    findings.extend(layers::check_confined(tree));
    findings.extend(manifests::check(tree, &graph.members));
    findings.extend(modules::check(tree, &graph.members));
    findings.extend(sources::check(tree));
    findings.extend(project::check(tree, &graph.members));
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_is_asked() {
        let tree = Tree::from([
            ("notes.md", ""),
            ("crates/extra/Cargo.toml", "[dependencies]\n"),
            ("crates/extra/src/lib.rs", "//! x\nmod a;\nmod b;\n"),
            (
                "crates/extra/src/a.rs",
                "use crate::b;\nfn f() { backoff::delay() }\n",
            ),
        ]);
        let findings = check(&tree, &Graph::made_of(&[("extra", &[])], &[]));
        for problem in [
            "`extra` is not one of the workspace's layers",
            "`backoff` is named outside crates/okta-api/src/backoff.rs",
            "the workspace's lints are not used",
            "modules are listed before what they use: `a` before b",
            "the file does not say what it is",
            "unexpected at the top level",
        ] {
            let count = findings
                .iter()
                .filter(|finding| finding.problem == problem)
                .count();
            assert_eq!(count, 1, "{problem}");
        }
    }
}

//! `cargo xtask tidy`: the workspace's own rules, which no compiler checks.
//!
//! Every rule is a function from what was read (the files of the tree, the dependency graph) to findings, and all
//! findings are shown at once, each with its place and the fix.

use anyhow::ensure;

use crate::say;

mod workspace;

mod finding;

mod tree;

mod graph;

mod code;

mod paths;

mod manifests;

mod layers;

mod confined;

mod modules;

mod rooms;

mod sources;

mod project;

#[cfg(test)]
mod tests;

pub(crate) use workspace::{cargo, is_installed, root};

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
    let findings = check(&tree, &graph);
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
    let (crates, mut findings) = code::read(tree, &graph.members);
    findings.extend(manifests::check(tree, &graph.members));
    findings.extend(layers::check(tree, graph));
    findings.extend(confined::check(&graph.members, &crates));
    findings.extend(modules::check(&crates));
    findings.extend(rooms::check(&crates));
    findings.extend(sources::check(tree, &crates));
    findings.extend(project::check(tree, &graph.members));
    findings.sort();
    findings.dedup();
    findings
}

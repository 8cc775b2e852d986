//! Who may depend on whom, and what may come in from outside.

use toml_edit::Item;

use super::finding::Finding;
use super::graph::{Graph, Member};
use super::manifests;
use super::tree::Tree;

/// Every member, lowest first, with the members it may name. A new edge is a change of design, made here first.
pub(super) const LAYERS: &[(&str, &str)] = &[
    ("okta-auth", ""),
    ("org-filter", ""),
    // The filter only by a feature: records of the one as the other evaluates them, which nobody else may write.
    ("okta-api", "okta-auth org-filter"),
    ("catalog-model", ""),
    ("portal-sync", "okta-auth okta-api org-filter catalog-model"),
    ("xtask", "portal-sync"),
    (
        "fuzz",
        "okta-auth okta-api org-filter catalog-model portal-sync",
    ),
];

/// Who may name whom besides, in tests only. The simulator is not built from the client, its tests drive the client
/// against it.
const TESTS: &[(&str, &str)] = &[("xtask", "okta-auth okta-api")];

/// Members without an async runtime and without HTTP.
const PURE: &[&str] = &["org-filter", "catalog-model"];
const RUNTIMES_AND_HTTP: &[&str] = &["tokio", "reqwest", "hyper", "axum"];

pub(super) fn check(tree: &Tree, graph: &Graph) -> Vec<Finding> {
    let mut findings = Vec::new();
    let deny = manifests::read(tree, "deny.toml", &mut findings);
    let bans = deny.get(&["bans", "deny"]).and_then(Item::as_array);
    let bans: Vec<_> = bans.into_iter().flatten().collect();
    let banned = bans.iter().filter_map(|ban| {
        let text = |key: &str| ban.as_inline_table()?.get(key)?.as_str();
        Some((text("crate")?, text("reason")?))
    });
    let banned: Vec<(&str, &str)> = banned.collect();
    if banned.is_empty() || banned.len() < bans.len() {
        let problem = "`[bans]` does not deny crates by their names, with reasons";
        let fix = "write `deny = [{ crate = \"…\", reason = \"…\" }]` under `[bans]`";
        findings.push(Finding::new("deny.toml", problem, fix));
    }
    for member in &graph.members {
        check_edges(graph, member, &mut findings);
        check_tree(graph, member, &mut findings);
        check_bans(graph, member, &banned, &mut findings);
    }
    findings
}

fn check_edges(graph: &Graph, member: &Member, findings: &mut Vec<Finding>) {
    let Member {
        name, dependencies, ..
    } = member;
    let row = |table: &'static [(&str, &str)]| table.iter().find(|(row, _)| row == name);
    let Some((_, allowed)) = row(LAYERS) else {
        let problem = format!("`{name}` is not one of the workspace's layers");
        let fix = "give it a place in xtask/src/tidy/layers.rs, or make it a module of the crate that needs it";
        return findings.push(Finding::new(&member.manifest(), problem, fix));
    };
    let in_tests = row(TESTS).map_or("", |(_, members)| members);
    for (used, by_tests) in dependencies {
        let mut may_be = allowed
            .split(' ')
            .chain(in_tests.split(' ').filter(|_| *by_tests));
        if !may_be.any(|other| other == used)
            && graph.members.iter().any(|other| other.name == *used)
        {
            let problem =
                format!("`{name}` depends on `{used}`, against the direction of the layers");
            let fix = match *allowed {
                "" => "it may depend on no other member".to_owned(),
                allowed => format!("it may depend on {} only", allowed.replace(' ', ", ")),
            };
            findings.push(Finding::new(&member.manifest(), problem, fix));
        }
    }
}

fn check_tree(graph: &Graph, member: &Member, findings: &mut Vec<Finding>) {
    let tree = graph.tree(member, false);
    if PURE.contains(&member.name.as_str()) {
        for way in RUNTIMES_AND_HTTP.iter().filter_map(|&name| tree.get(name)) {
            findings.push(Finding::new(
                &member.manifest(),
                format!("a pure crate has a runtime or HTTP in its tree: {way}"),
                "leave the dependency out, or switch the feature off that brings it",
            ));
        }
    }
}

/// What `cargo deny` refuses is refused on every machine, with the way it comes in.
fn check_bans(
    graph: &Graph,
    member: &Member,
    banned: &[(&str, &str)],
    findings: &mut Vec<Finding>,
) {
    let tree = graph.tree(member, true);
    for (name, reason) in banned {
        if let Some(way) = tree.get(name) {
            findings.push(Finding::new(
                &member.manifest(),
                format!("`{name}` is in the tree: {way}"),
                format!("switch the feature off that brings it ({reason})"),
            ));
        }
    }
}

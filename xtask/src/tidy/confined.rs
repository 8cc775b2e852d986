//! Crates from outside that stay behind one part of ours, so that the rest is pure and the part can be replaced.

use std::collections::BTreeMap;

use super::code::Crate;
use super::finding::Finding;
use super::graph::Member;
use super::paths::End;

/// Crates, a member that may depend on them, and the modules of it that may name them; a module is its file and its
/// folder, `/` is the whole member. `*` stands for any end of a name. Tests and benchmarks may name everything.
const CONFINED: &[(&str, &str, &str)] = &[
    ("backoff", "okta-api", "backoff"),
    ("hyper*", "okta-auth", "transport"),
    ("axum maud hyper* tower-http", "portal-sync", "serve"),
    ("figment", "portal-sync", "config"),
    ("serde-saphyr", "portal-sync", "config cli/export/format"),
    // For an example; what is in `src` cannot name what only examples and tests depend on.
    ("serde-saphyr", "catalog-model", "/"),
    ("rusqlite", "portal-sync", "store/sqlite"),
    (
        "deadpool* rustls* tokio-postgres*",
        "portal-sync",
        "store/postgres",
    ),
    ("rustls*", "okta-auth", "transport"),
    ("clap* indicatif", "portal-sync", "cli"),
    ("opentelemetry* prometheus", "portal-sync", "telemetry"),
    (
        "tracing-opentelemetry tracing-subscriber",
        "portal-sync",
        "telemetry",
    ),
    ("axum clap* serde-saphyr", "xtask", "/"),
    ("axum opentelemetry* prometheus", "fuzz", "/"),
];

pub(super) fn check(members: &[Member], crates: &[Crate]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for member in members {
        for name in member.dependencies.keys() {
            let owners: Vec<&str> = rows(name).map(|(_, owner, _)| *owner).collect();
            if !owners.is_empty() && !owners.contains(&member.name.as_str()) {
                let problem = format!("only {} may depend on `{name}`", owners.join(", "));
                let fix =
                    "use what it offers, or give the crate a place in xtask/src/tidy/confined.rs";
                findings.push(Finding::new(&member.manifest(), problem, fix));
            }
        }
    }
    findings.extend(crates.iter().flat_map(check_crate));
    findings
}

fn check_crate(of: &Crate) -> Vec<Finding> {
    let mut findings = BTreeMap::new();
    for (from, module, line, ends) in of.named() {
        let is_own = |end: &End| matches!(end, End::Module(at) if at == from);
        let name = match ends.as_slice() {
            // What another module offers under a name of its own is named there.
            [own @ .., End::Outside(name)] if own.iter().all(is_own) => name,
            _ => continue,
        };
        for (_, _, homes) in rows(name).filter(|(_, member, _)| *member == of.member) {
            if !homes.split(' ').any(|home| of.is_within(module, home)) {
                let problem = format!("`{name}` is named outside {}", homes.replace(' ', " and "));
                let fix = "use what the modules there offer, or move this into them";
                let finding = Finding::new(&module.file, problem, fix).at(line);
                findings
                    .entry((&module.file, name.clone()))
                    .or_insert(finding);
            }
        }
    }
    findings.into_values().collect()
}

/// Where a crate may be, by the name that manifests or that code have for it.
fn rows(name: &str) -> impl Iterator<Item = &'static (&'static str, &'static str, &'static str)> {
    let name = name.replace('_', "-");
    CONFINED.iter().filter(move |(names, ..)| {
        names.split(' ').any(|known| match known.strip_suffix('*') {
            Some(start) => name.starts_with(start),
            None => name == known,
        })
    })
}

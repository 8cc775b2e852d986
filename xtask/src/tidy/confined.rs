//! Crates from outside that stay behind one part of ours, so that the rest is pure and the part can be replaced.

use std::collections::BTreeSet;

use super::code::Crate;
use super::finding::Finding;
use super::graph::Member;
use super::paths::End;

/// Crates, a member that may depend on them, and the modules of it that may name them; a module is its file and its
/// folder, `""` is the whole member. `*` stands for any end of a name. Tests and benchmarks may name everything.
const CONFINED: &[(&[&str], &str, &[&str])] = &[
    (&["backoff"], "okta-api", &["backoff"]),
    (&["hyper*"], "okta-auth", &["transport"]),
    (
        &["axum", "maud", "hyper*", "tower-http"],
        "portal-sync",
        &["serve"],
    ),
    (&["figment", "serde-saphyr"], "portal-sync", &["config"]),
    (
        &["rusqlite"],
        "portal-sync",
        &["store/sqlite", "store/migrate"],
    ),
    (&["clap*", "indicatif"], "portal-sync", &["cli"]),
    (
        &[
            "opentelemetry*",
            "prometheus",
            "tracing-opentelemetry",
            "tracing-subscriber",
        ],
        "portal-sync",
        &["telemetry"],
    ),
    (&["axum", "clap*", "serde-saphyr"], "xtask", &[""]),
    (&["axum", "opentelemetry*", "prometheus"], "fuzz", &[""]),
];

pub(super) fn check(members: &[Member], crates: &[Crate]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for member in members {
        let mut names: Vec<&str> = member
            .dependencies
            .iter()
            .map(|(name, _)| name.as_str())
            .collect();
        names.sort_unstable();
        names.dedup();
        for name in names {
            let mut owners = CONFINED
                .iter()
                .filter(|(names, ..)| covers(names, name))
                .peekable();
            if owners.peek().is_some() && owners.clone().all(|(_, owner, _)| *owner != member.name)
            {
                let owners: Vec<String> =
                    owners.map(|(_, owner, _)| format!("`{owner}`")).collect();
                findings.push(Finding::file(
                    &member.manifest(),
                    format!("only {} may depend on `{name}`", owners.join(", ")),
                    "use what they offer, or give the crate a place in xtask/src/tidy/confined.rs",
                ));
            }
        }
    }
    findings.extend(crates.iter().flat_map(check_crate));
    findings
}

fn check_crate(of: &Crate) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut seen = BTreeSet::new();
    for (from, module) in &of.modules {
        for (line, path) in &module.paths {
            let ends = of.ends(from, path);
            // What another module offers under a name of its own is named there.
            let [own @ .., End::Outside(name)] = ends.as_slice() else {
                continue;
            };
            if !own
                .iter()
                .all(|end| matches!(end, End::Module(at) if at == from))
            {
                continue;
            }
            for (_, _, homes) in CONFINED
                .iter()
                .filter(|(names, member, _)| *member == of.member && covers(names, name))
            {
                if !homes.iter().any(|home| of.is_within(module, home))
                    && seen.insert((&module.file, name.clone()))
                {
                    findings.push(Finding::line(
                        &module.file,
                        *line,
                        format!("`{name}` is named outside {}", homes.join(", ")),
                        "use what the modules there offer, or move this into them",
                    ));
                }
            }
        }
    }
    findings
}

/// Whether one of the names is a crate's, as manifests or as code have it.
fn covers(names: &[&str], name: &str) -> bool {
    let name = name.replace('_', "-");
    names.iter().any(|known| match known.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => name == *known,
    })
}

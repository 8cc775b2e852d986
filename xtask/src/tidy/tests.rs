//! Each rule broken on purpose, in a made-up workspace that is otherwise in order.

use std::collections::BTreeMap;

use super::graph::Graph;
use super::tree::Tree;
use super::{check, code, layers, rooms};

type Files<'a> = &'a [(&'a str, &'a str)];
type Edges<'a> = &'a [(&'a str, &'a str, bool)];

const MANIFEST: &str = "[package]
name = \"a\"
version.workspace = true
edition = { workspace = true }
rust-version.workspace = true
license.workspace = true
[lints]
workspace = true
[dependencies]
serde.workspace = true
";

/// Every member of the design, and what else has a manifest under `crates/`.
fn workspace(files: Files<'_>, edges: Edges<'_>) -> (Tree, Graph) {
    let mut all: BTreeMap<String, String> = BTreeMap::new();
    let mut add = |path: String, text: &str| drop(all.insert(path, text.to_owned()));
    for (name, _) in layers::LAYERS {
        add(format!("crates/{name}/Cargo.toml"), MANIFEST);
        add(format!("crates/{name}/README.md"), "# x");
        add(format!("crates/{name}/src/lib.rs"), "//! x\n");
    }
    let shared = "[workspace.package]\nrust-version = \"1.95\"\n[workspace.dependencies]\nserde = { version = \"1\" } # formats\n";
    let names: Vec<&str> = layers::LAYERS.iter().map(|(name, _)| *name).collect();
    add("Cargo.toml".to_owned(), shared);
    add(
        "README.md".to_owned(),
        &format!("[`{}`](crates), extra.", names.join("`, `")),
    );
    add(
        "rust-toolchain.toml".to_owned(),
        "[toolchain]\nchannel = \"1.95.0\"\n",
    );
    add(
        "deny.toml".to_owned(),
        "[bans]\ndeny = [\n  { crate = \"ring\", reason = \"one stack\" },\n]\n",
    );
    for (path, text) in files {
        add((*path).to_owned(), text);
    }
    let members: Vec<String> = all
        .keys()
        .filter_map(|path| path.strip_prefix("crates/")?.strip_suffix("/Cargo.toml"))
        .map(str::to_owned)
        .collect();
    let members: Vec<&str> = members.iter().map(String::as_str).collect();
    let edges = [edges, &[("portal-sync", "serde", true)]].concat();
    (all.into_iter().collect(), Graph::made_of(&members, &edges))
}

/// Places with problems, and fixes.
fn found(files: Files<'_>, edges: Edges<'_>) -> Vec<(String, String)> {
    let (tree, graph) = workspace(files, edges);
    let findings = check(&tree, &graph);
    let shown = findings.iter().map(ToString::to_string);
    let shown = shown.map(|text| {
        text.split_once("\n  fix: ")
            .map(|(place, fix)| (place.to_owned(), fix.to_owned()))
    });
    shown.map(Option::unwrap).collect()
}

#[track_caller]
fn assert_found(files: Files<'_>, edges: Edges<'_>, place: &str, fix: &str) {
    let found = found(files, edges);
    let [(found_place, found_fix)] = found.as_slice() else {
        panic!("{files:?} {edges:?}: {found:#?}")
    };
    assert_eq!(found_place, place, "{files:?} {edges:?}");
    assert!(found_fix.contains(fix), "{found_fix}");
}

#[test]
fn each_broken_rule_is_found_with_what_to_do() {
    let auth = "crates/okta-auth/Cargo.toml";
    let without_lints = MANIFEST.replace("[lints]\nworkspace = true\n", "");
    let other_lints = MANIFEST.replace("[lints]\nworkspace = true", "[lints]\nworkspace = false");
    let without_edition = MANIFEST.replace("edition = { workspace = true }\n", "");
    let own_version = MANIFEST.replace(
        "version.workspace = true\nedition",
        "version = \"2.0.0\"\nedition",
    );
    let own_serde = MANIFEST.replace(
        "serde.workspace = true",
        "# why\nserde = { features = [\n] }",
    );
    let of_unix = format!("{MANIFEST}[target.'cfg(unix)'.dev-dependencies]\nx = \"1\"\n");
    let table = format!("{MANIFEST}[dependencies.x]\nworkspace = true\n");
    let shared = |line: &str| {
        format!("[workspace.package]\nrust-version = \"1.95\"\n[workspace.dependencies]\n{line}\n")
    };
    let (no_reason, no_user, no_toolchain) = (
        shared("# a group\nserde = \"1#1\""),
        shared("x = \"1\" # why"),
        "[toolchain]\nchannel = \"stable\"\n",
    );
    let lines = |count: usize| format!("//! x\n{}", "// y\n".repeat(count - 1));
    let (asked, refused) = (lines(401), lines(451));
    let (long, inner) = ("    g();\n".repeat(59), "        g();\n".repeat(59));
    let long = format!("//! x\n\n/// Docs.\nfn f() {{\n{long}}}\n");
    let inner = format!("//! x\nimpl A {{\n    fn f() {{\n{inner}    }}\n}}\n");
    let cases: &[(Files<'_>, Edges<'_>, &str, &str)] = &[
        // Manifests.
        (
            &[(auth, &without_lints)],
            &[],
            "error: crates/okta-auth/Cargo.toml: the workspace's lints are not used",
            "add `[lints]`",
        ),
        (
            &[(auth, &other_lints)],
            &[],
            "error: crates/okta-auth/Cargo.toml: the workspace's lints are not used",
            "add `[lints]`",
        ),
        (
            &[(auth, &without_edition)],
            &[],
            "error: crates/okta-auth/Cargo.toml: `edition` is not the workspace's",
            "write `edition.workspace = true`",
        ),
        (
            &[(auth, &own_version)],
            &[],
            "error: crates/okta-auth/Cargo.toml:3: `version` is not the workspace's",
            "write `version.workspace = true`",
        ),
        (
            &[(auth, &own_serde)],
            &[],
            "error: crates/okta-auth/Cargo.toml:11: `serde` is not inherited",
            "write `.workspace = true` here",
        ),
        (
            &[(auth, &of_unix)],
            &[],
            "error: crates/okta-auth/Cargo.toml:12: `x` is not inherited",
            "write `.workspace = true` here",
        ),
        (
            &[(auth, &table)],
            &[],
            "error: crates/okta-auth/Cargo.toml:11: `x` is a table of its own",
            "in one line",
        ),
        (
            &[("Cargo.toml", &no_reason)],
            &[],
            "error: Cargo.toml:5: `serde` does not say what it is for",
            "add a comment",
        ),
        (
            &[("Cargo.toml", &no_user)],
            &[],
            "error: Cargo.toml:4: no member uses `x`",
            "delete the line",
        ),
        (
            &[("rust-toolchain.toml", no_toolchain)],
            &[],
            "error: rust-toolchain.toml: the channel is stable, the workspace's `rust-version` is 1.95",
            "the same version",
        ),
        (
            &[("rust-toolchain.toml", "[toolchain]\nchannel = \"1.9.5\"")],
            &[],
            "error: rust-toolchain.toml: the channel is 1.9.5, the workspace's `rust-version` is 1.95",
            "the same version",
        ),
        // Layers.
        (
            &[
                ("crates/extra/Cargo.toml", MANIFEST),
                ("crates/extra/README.md", "# x"),
                ("crates/extra/src/lib.rs", "//! x"),
            ],
            &[],
            "error: crates/extra/Cargo.toml: `extra` is not one of the workspace's layers",
            "layers.rs",
        ),
        (
            &[],
            &[("okta-auth", "okta-api", true)],
            "error: crates/okta-auth/Cargo.toml: `okta-auth` depends on `okta-api`, against the direction of the layers",
            "it may depend on no other member",
        ),
        (
            &[],
            &[("xtask", "okta-api", true)],
            "error: crates/xtask/Cargo.toml: `xtask` depends on `okta-api`, against the direction of the layers",
            "it may depend on portal-sync only",
        ),
        (
            &[],
            &[("okta-api", "xtask", false)],
            "error: crates/okta-api/Cargo.toml: `okta-api` depends on `xtask`, against the direction of the layers",
            "okta-auth only",
        ),
        (
            &[],
            &[("catalog-model", "url", true), ("url", "tokio", true)],
            "error: crates/catalog-model/Cargo.toml: a pure crate has a runtime or HTTP in its tree: catalog-model → url → tokio",
            "leave the dependency out",
        ),
        (
            &[],
            &[("xtask", "b", false), ("b", "ring", true)],
            "error: crates/xtask/Cargo.toml: `ring` is in the tree: xtask → b → ring",
            "(one stack)",
        ),
        (
            &[("deny.toml", "[bans]\ndeny = []\n")],
            &[],
            "error: deny.toml: no crate is banned",
            "under `[bans]`",
        ),
        // Confined crates.
        (
            &[],
            &[("okta-auth", "backoff", false)],
            "error: crates/okta-auth/Cargo.toml: only `okta-api` may depend on `backoff`",
            "use what they offer",
        ),
        (
            &[],
            &[("okta-api", "opentelemetry_sdk", true)],
            "error: crates/okta-api/Cargo.toml: only `portal-sync`, `fuzz` may depend on `opentelemetry_sdk`",
            "use what they offer",
        ),
        (
            &[(
                "crates/okta-api/src/lib.rs",
                "//! x\n// backoff::A\nimpl backoff::Clock for X {}\n",
            )],
            &[],
            "error: crates/okta-api/src/lib.rs:3: `backoff` is named outside backoff",
            "move this into them",
        ),
        (
            &[(
                "crates/portal-sync/src/lib.rs",
                "//! x\nfn f() { g!(a, { tower_http::b() }) }\n",
            )],
            &[],
            "error: crates/portal-sync/src/lib.rs:2: `tower_http` is named outside serve",
            "move this into them",
        ),
        (
            &[(
                "crates/portal-sync/src/lib.rs",
                "//! x\nuse ::clap_complete as c;\n",
            )],
            &[],
            "error: crates/portal-sync/src/lib.rs:2: `clap_complete` is named outside cli",
            "move this into them",
        ),
        (
            &[
                ("crates/portal-sync/src/lib.rs", "//! x\nmod store;\n"),
                (
                    "crates/portal-sync/src/store.rs",
                    "//! x\n#[derive(rusqlite::A)]\nstruct B;\n",
                ),
            ],
            &[],
            "error: crates/portal-sync/src/store.rs:2: `rusqlite` is named outside store/sqlite, store/migrate",
            "move this into them",
        ),
        // Sources.
        (
            &[("crates/xtask/tests/a.rs", "use a;\n//! late")],
            &[],
            "error: crates/xtask/tests/a.rs:1: the file does not say what it is",
            "`//!`",
        ),
        (
            &[("crates/xtask/src/lib.rs", "//! x\nfn f() {\n")],
            &[],
            "error: crates/xtask/src/lib.rs:2: cannot parse string into token stream",
            "let it compile",
        ),
        (
            &[("crates/xtask/tests/common/x.rs", "//! x")],
            &[],
            "error: crates/xtask/tests/common/x.rs: `common` is no name for a module",
            "in the field's words",
        ),
        (
            &[("crates/xtask/tests/a.rs", "//! x\n    pub mod utils {\n}")],
            &[],
            "error: crates/xtask/tests/a.rs:2: `utils` is no name for a module",
            "in the field's words",
        ),
        (
            &[("crates/xtask/tests/a/mod.rs", "//! x")],
            &[],
            "error: crates/xtask/tests/a/mod.rs: `mod.rs` says nothing in a list of files",
            "`name.rs` next to `name/`",
        ),
        (
            &[("crates/xtask/src/lib.rs", &asked)],
            &[],
            "warning: crates/xtask/src/lib.rs: 401 lines without the tests",
            "400 are enough",
        ),
        (
            &[("crates/xtask/src/lib.rs", &refused)],
            &[],
            "error: crates/xtask/src/lib.rs: 451 lines without the tests",
            "450 are the limit",
        ),
        (
            &[("crates/xtask/src/lib.rs", &long)],
            &[],
            "error: crates/xtask/src/lib.rs:4: `f` has 61 lines",
            "60 are the limit",
        ),
        (
            &[("crates/xtask/src/lib.rs", &inner)],
            &[],
            "error: crates/xtask/src/lib.rs:3: `f` has 61 lines",
            "60 are the limit",
        ),
        // The project.
        (
            &[("notes/a.md", "")],
            &[],
            "error: notes: unexpected at the top level",
            "move it",
        ),
        (
            &[("crates/xtask/README.md", " ")],
            &[],
            "error: crates/xtask/README.md: the crate does not say what it is",
            "for a stranger",
        ),
        (
            &[(
                "README.md",
                "okta-auth, okta-api, org-filter-cli, catalog-model, portal-sync, xtask, fuzz",
            )],
            &[],
            "error: README.md: `org-filter` is not named",
            "the map of crates",
        ),
    ];
    for (files, edges, place, fix) in cases {
        assert_found(files, edges, place, fix);
    }
}

#[test]
fn a_broken_manifest_is_found_with_its_line() {
    let found = found(&[("deny.toml", "\n[bans\n")], &[]);
    let places: Vec<_> = found.iter().map(|(place, _)| place.as_str()).collect();
    let broken = "error: deny.toml:2: unclosed table, expected `]`";
    assert_eq!(places, ["error: deny.toml: no crate is banned", broken]);
}

#[test]
fn a_small_tree_stays_small() {
    let names: Vec<String> = (0..25).map(|n| format!("crate-{n}")).collect();
    let edges: Vec<_> = names
        .iter()
        .map(|name| ("org-filter", name.as_str(), true))
        .collect();
    let (_, fewer) = edges.split_last().unwrap();
    assert_eq!(found(&[], fewer), []);
    let place = "error: crates/org-filter/Cargo.toml: its tree has 26 crates, more than 25";
    assert_found(&[], &edges, place, "leave a dependency out");
}

/// Files of a library, by their paths in `src`.
fn library<'a>(member: &str, files: &[(&str, &'a str)]) -> Vec<(String, String)> {
    let file = |(path, text): &(&str, &'a str)| {
        (
            format!("crates/{member}/src/{path}.rs"),
            format!("//! x\n{text}\n"),
        )
    };
    files.iter().map(file).collect()
}

fn found_in(member: &str, files: &[(&str, &str)]) -> Vec<(String, String)> {
    let files = library(member, files);
    let files: Vec<_> = files
        .iter()
        .map(|(path, text)| (path.as_str(), text.as_str()))
        .collect();
    found(&files, &[])
}

const ROOT: &str = "mod lower;\n\npub mod upper;\npub use crate::lower::Low;\npub use upper::{High, Higher as Top};";

#[test]
fn what_the_rules_allow_is_not_found() {
    let lines = format!(
        "{}#[cfg(all(test, unix))]\nmod tests {{\n{}}}",
        "fn f() {}\n".repeat(399),
        "\n".repeat(99)
    );
    let function = format!(
        "#[cfg(test)]\nmod tests;\n#[cfg(test)]\nfn f() {{\n{}}}",
        "g();\n".repeat(60)
    );
    let cases: &[(&str, &[(&str, &str)])] = &[
        (
            "okta-api",
            &[
                ("lib", "mod backoff;\n\nmod retry;"),
                ("backoff", "use backoff::A;"),
                ("retry", "use crate::backoff;\nfn f() { backoff::delay() }"),
            ],
        ),
        (
            "portal-sync",
            &[
                ("lib", "mod serve;\n\nmod cli;"),
                ("serve", "mod page;\npub use axum::Html;"),
                ("serve/page", "use maud::A;"),
                ("cli", "use crate::serve::Html;\n#[cfg(test)]\nuse axum::B;"),
            ],
        ),
        (
            "portal-sync",
            &[
                ("lib", "mod store;"),
                ("store", "mod sqlite;"),
                ("store/sqlite", "mod rows;"),
                ("store/sqlite/rows", "use rusqlite::A;"),
            ],
        ),
        (
            "okta-auth",
            &[
                ("lib", ROOT),
                (
                    "lower",
                    "use crate::lower::part;\n#[cfg(test)]\nmod tests { use crate::upper; }",
                ),
                ("upper", "use crate::lower::Low;\nuse crate::Low as L;"),
            ],
        ),
        (
            "okta-auth",
            &[
                ("lib", ROOT),
                (
                    "lower",
                    "#[cfg(test)]\nmod tests;\npub(in crate::upper) struct A;",
                ),
                ("lower/tests", "use crate::upper;"),
                (
                    "upper",
                    "impl A {\n    #[cfg(test)]\n    fn f() { crate::upper::g() }\n}",
                ),
            ],
        ),
        (
            "okta-auth",
            &[
                ("lib", "mod a;\npub struct A;\nfn f() {}\n"),
                ("a", "use super::{A, f};"),
            ],
        ),
        (
            "okta-auth",
            &[
                ("lib", "mod a;\nuse a::B;\npub struct A;\n"),
                ("a", "use super::A;"),
            ],
        ),
        ("okta-auth", &[("lib", &lines)]),
        ("okta-auth", &[("lib", &function), ("tests", &function)]),
    ];
    for (member, files) in cases {
        assert_eq!(found_in(member, files), [], "{files:?}");
    }
    assert_eq!(
        found(
            &[],
            &[
                ("xtask", "okta-api", false),
                ("catalog-model", "tokio", false),
                ("okta-api", "backoff", true),
                ("fuzz", "axum", true)
            ]
        ),
        []
    );
}

#[test]
fn a_module_uses_only_what_is_listed_above_it() {
    let order = (
        "error: crates/okta-auth/src/lib.rs: modules are listed before what they use: `lower` before upper",
        "leaf first is upper, lower (",
    );
    for (path, text) in [
        ("lower", "use crate::upper::High;"),
        ("lower", "use {crate::Low, crate::{Top}};"),
        ("lower", "use super::upper::{self as u};"),
        ("lower", "use super::upper::*;"),
        ("lower", "fn f() -> crate::High { g() }"),
        ("lower", "fn f(a: impl Fn(<u8 as crate::upper::T>::U)) {}"),
        ("lower", "fn f() { g!(a, [crate::upper::b()]) }"),
        ("lower", "#[derive(Debug, crate::upper::D)]\nstruct A;"),
        ("lower", "mod part { use super::super::upper; }"),
        ("lower/part", "use super::super::upper;"),
        ("lower/part", "use crate as c;\nfn f() { c::upper::g() }"),
    ] {
        let lower = if path == "lower" { text } else { "mod part;" };
        let found = found_in(
            "okta-auth",
            &[("lib", ROOT), ("lower", lower), (path, text), ("upper", "")],
        );
        let [(place, fix)] = found.as_slice() else {
            panic!("{text}: {found:#?}")
        };
        assert_eq!(place, order.0, "{text}");
        assert!(fix.starts_with(order.1), "{text}: {fix}");
    }
    for (files, place, fix) in [
        (
            [
                ("lib", "mod top;"),
                ("top", "mod a;\nmod b;\nmod c;\nmod d;"),
                ("top/b", "use super::d;"),
            ]
            .as_slice(),
            "error: crates/okta-auth/src/top.rs: modules are listed before what they use: `b` before d",
            "leaf first is a, c, d, b (",
        ),
        (
            &[
                ("lib", "mod a;\nmod b;\nmod c;\nmod d;"),
                ("a", "use crate::c;"),
                ("c", "use crate::d;"),
            ],
            "error: crates/okta-auth/src/lib.rs: modules are listed before what they use: `a` before c; `c` before d",
            "leaf first is b, d, c, a (",
        ),
        (
            &[
                ("lib", ROOT),
                ("lower", "use crate::upper::High;\nuse crate::upper::Top;"),
                ("upper", "use crate::lower;"),
            ],
            "error: crates/okta-auth/src/lower.rs:2: `lower` uses `upper`, which uses `lower`: a cycle",
            "move what both need into a module of its own",
        ),
        (
            &[
                ("lib", "mod a;"),
                ("a", "mod b;\nuse b::B;\nfn f() {}\nfn g() {}"),
                ("a/b", "use super::{f, g};"),
            ],
            "warning: crates/okta-auth/src/a/b.rs:2: `b` calls `f`, `g` of `a`, which uses `b`: a cycle",
            "move `f`, `g` into a module of `a` that is listed above `b`",
        ),
    ] {
        let found = found_in("okta-auth", files);
        let [(found_place, found_fix)] = found.as_slice() else {
            panic!("{files:?}: {found:#?}")
        };
        assert_eq!(found_place, place);
        assert!(found_fix.starts_with(fix), "{found_fix}");
    }
}

#[test]
fn a_crate_has_its_rooms_and_nothing_beside_them() {
    let found = |root: &str| {
        let files = library(
            "portal-sync",
            &[
                ("lib", root),
                ("extra", "mod part {}"),
                ("store", "mod part {}"),
                ("exit", ""),
            ],
        );
        let files: Vec<_> = files
            .iter()
            .map(|(path, text)| (path.as_str(), text.as_str()))
            .collect();
        let (tree, graph) = workspace(&files, &[]);
        let findings = rooms::check(&code::read(&tree, &graph.members).0);
        findings.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let start = "error: crates/portal-sync/src/lib.rs: ";
    let order = "text, held, telemetry, read, decide, store, catalog, run, serve, config, cli";
    for (root, problem) in [
        (
            "mod exit; mod text; mod store; mod cli; #[cfg(test)] mod extra;",
            String::new(),
        ),
        (
            "mod store; mod text;",
            format!(
                "{start}`text` is a room in the wrong place\n  fix: list the rooms in this order: {order}"
            ),
        ),
        (
            "mod text; mod exit;",
            format!(
                "{start}`exit` is listed below a room\n  fix: list it above the rooms, or move it into the one that it serves"
            ),
        ),
        (
            "mod extra; mod text;",
            format!(
                "{start}`extra` is none of the rooms\n  fix: move it into the one that it serves ({order}), or give it a place in xtask/src/tidy/rooms.rs"
            ),
        ),
    ] {
        assert_eq!(found(root).concat(), problem, "{root}");
    }
}

//! Each rule broken on purpose, in a made-up workspace that is otherwise in order.

use std::collections::BTreeMap;

use super::graph::Graph;
use super::tree::Tree;
use super::{check, code, layers, rooms};

/// A workspace with every member of the design, in order until it is changed.
struct Workspace {
    files: BTreeMap<String, String>,
    edges: Vec<(String, String, bool)>,
}

impl Workspace {
    fn in_order() -> Self {
        let names: Vec<&str> = layers::LAYERS.iter().map(|(name, _)| *name).collect();
        let readme = format!("`{}`, extra", names.join("`, `"));
        let mut files = BTreeMap::from(
            [
                (
                    "Cargo.toml",
                    "[workspace.package]\nrust-version = \"1.95\"\n[workspace.dependencies]\nserde = { version = \"1\" } # formats\n",
                ),
                ("README.md", &readme),
                ("rust-toolchain.toml", "[toolchain]\nchannel = \"1.95.0\"\n"),
                (
                    "deny.toml",
                    "[bans]\ndeny = [\n  { crate = \"ring\", reason = \"one stack\" },\n]\n",
                ),
            ]
            .map(|(path, text)| (path.to_owned(), text.to_owned())),
        );
        let manifest = "[package]\nname = \"a\"\nversion.workspace = true\nedition = { workspace = true }\nrust-version.workspace = true\nlicense.workspace = true\n[lints]\nworkspace = true\n[dependencies]\nserde.workspace = true\n";
        for name in names {
            files.insert(format!("crates/{name}/Cargo.toml"), manifest.to_owned());
            files.insert(format!("crates/{name}/README.md"), "# x".to_owned());
            files.insert(format!("crates/{name}/src/lib.rs"), "//! x\n".to_owned());
        }
        let edges = vec![("portal-sync".to_owned(), "serde".to_owned(), true)];
        Self { files, edges }
    }

    /// Writes a module's file, behind a first line that says what it is.
    fn with(mut self, member: &str, module: &str, text: &str) -> Self {
        let path = format!("crates/{member}/src/{module}.rs");
        self.files.insert(path, format!("//! x\n{text}\n"));
        self
    }

    /// Follows one line of `broken.txt`.
    fn change(mut self, line: &str) -> Self {
        let (kind, rest) = line.split_once(' ').unwrap();
        if let ">" | "~" = kind {
            let (from, to) = rest.split_once(' ').unwrap();
            self.edges
                .push((from.to_owned(), to.to_owned(), kind == ">"));
            return self;
        }
        let (path, text) = rest.split_once(':').unwrap();
        let text = text.trim().replace("\\n", "\n");
        match (kind, path.contains('.'), path.split_once('/')) {
            ("+", false, Some((member, module))) => return self.with(member, module, &text),
            ("+", ..) => drop(self.files.insert(path.to_owned(), text)),
            _ => {
                let (old, new) = text.split_once("=>").unwrap();
                let file = self.files.get_mut(path).unwrap();
                assert!(file.contains(old.trim()), "{line}");
                *file = file.replacen(old.trim(), new.trim(), 1);
            }
        }
        self
    }

    fn read(self) -> (Tree, Graph) {
        let name = |path: &String| {
            Some(
                path.strip_prefix("crates/")?
                    .strip_suffix("/Cargo.toml")?
                    .to_owned(),
            )
        };
        let members: Vec<String> = self.files.keys().filter_map(name).collect();
        let graph = Graph::made_of(&members, &self.edges);
        (self.files.into_iter().collect(), graph)
    }

    /// What is found, as it is shown.
    fn found(self) -> Vec<String> {
        let (tree, graph) = self.read();
        check(&tree, &graph)
            .iter()
            .map(ToString::to_string)
            .collect()
    }
}

#[test]
fn each_broken_rule_is_found_with_what_to_do() {
    let (_, cases) = include_str!("tests/broken.txt").split_once("\n# ").unwrap();
    for case in cases
        .split("\n\n")
        .filter(|case| !case.starts_with('#'))
        .skip(1)
    {
        let is_found = |line: &&str| line.starts_with(['!', '?']);
        let (wanted, changes): (Vec<_>, Vec<_>) = case.lines().partition(is_found);
        let found = changes
            .into_iter()
            .fold(Workspace::in_order(), Workspace::change)
            .found();
        assert_eq!(found.len() * 2, wanted.len(), "{case}\n{found:#?}");
        for (found, wanted) in found.iter().zip(wanted.chunks(2)) {
            let (place, fix) = found.split_once("\n  fix: ").unwrap();
            assert_eq!(place, &wanted[0][2..], "{case}");
            assert!(fix.starts_with(&wanted[1][2..]), "{case}\n{fix}");
        }
    }
}

#[test]
fn every_path_that_code_can_name_is_seen() {
    let root = "mod lower;\n\npub mod upper;\npub use crate::lower::Low;\npub use upper::{High, Higher as Top};";
    for (module, text) in [
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
        let workspace = Workspace::in_order().with("okta-auth", "lib", root);
        let workspace = workspace.with("okta-auth", "lower", "mod part;");
        let found = workspace.with("okta-auth", module, text).found();
        let start = "error: crates/okta-auth/src/lib.rs: modules are listed before what they use: `lower` before upper\n  fix: leaf first is upper, lower (";
        assert!(
            matches!(found.as_slice(), [found] if found.starts_with(start)),
            "{text}: {found:#?}"
        );
    }
}

#[test]
fn files_functions_and_trees_have_limits() {
    let lines = |count: usize| "// y\n".repeat(count - 1);
    let function = |count: usize| {
        format!(
            "mod a {{\n    fn f() {{\n{}    }}\n}}",
            "g();\n".repeat(count - 2)
        )
    };
    let tests = |text: String| format!("#[cfg(all(test, unix))]\nmod tests {{\n{text}}}");
    for (text, found) in [
        (lines(400), ""),
        (
            lines(401),
            "warning: crates/xtask/src/lib.rs: 401 lines without the tests\n  fix: consider what could leave: 400 are enough for one idea",
        ),
        (
            lines(451),
            "error: crates/xtask/src/lib.rs: 451 lines without the tests\n  fix: split it: 450 are the limit",
        ),
        (lines(400) + &tests(lines(99)), ""),
        (function(60), ""),
        (
            function(61),
            "error: crates/xtask/src/lib.rs:3: `f` has 61 lines\n  fix: split it: 60 are the limit, a function has one job",
        ),
        (tests(function(61)), ""),
    ] {
        let workspace = Workspace::in_order().with("xtask", "lib", text.trim_end());
        assert_eq!(workspace.found().concat(), found);
    }
    for (count, found) in [
        (24, ""),
        (
            25,
            "error: crates/org-filter/Cargo.toml: its tree has 26 crates, more than 25\n  fix: leave a dependency out, or switch features off: `cargo tree -e normal` shows them",
        ),
    ] {
        let edges = (0..count).map(|n| format!("> org-filter crate-{n}"));
        let workspace = edges.fold(Workspace::in_order(), |workspace, edge| {
            workspace.change(&edge)
        });
        assert_eq!(workspace.found().concat(), found);
    }
}

#[test]
fn a_crate_has_its_rooms_and_nothing_beside_them() {
    let order = "text, held, telemetry, read, decide, store, catalog, run, serve, config, cli";
    for (root, problem) in [
        ("mod exit; mod text; mod store; mod cli; #[cfg(test)] mod extra;", String::new()),
        ("mod store; mod text;", format!("`text` is a room in the wrong place\n  fix: list the rooms in this order: {order}")),
        ("mod text; mod exit;", "`exit` is listed below a room\n  fix: list it above the rooms, or move it into the one that it serves".to_owned()),
        ("mod extra; mod text;", format!("`extra` is none of the rooms\n  fix: move it into the one that it serves ({order}), or give it a place in xtask/src/tidy/rooms.rs")),
    ] {
        let workspace = Workspace::in_order().with("portal-sync", "lib", root);
        let workspace = workspace.with("portal-sync", "extra", "mod part {}").with("portal-sync", "store", "mod part {}");
        let (tree, graph) = workspace.read();
        let found = rooms::check(&code::read(&tree, &graph.members).0);
        let found: Vec<_> = found.iter().map(ToString::to_string).collect();
        assert_eq!(found.concat().trim_start_matches("error: crates/portal-sync/src/lib.rs: "), problem);
    }
}

//! Each rule broken on purpose, in a made-up workspace that is otherwise in order.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::graph::Graph;
use super::tree::Tree;
use super::{check, code, layers, rooms};

/// A workspace with every member of the design, in order until it is changed.
#[derive(Default)]
struct Workspace {
    files: BTreeMap<String, String>,
    /// What `cargo metadata` says of each crate: what it names, the entries of its feature, and what that resolves to.
    crates: BTreeMap<String, [Vec<Value>; 3]>,
}

const WORKSPACE: &str = "[workspace.package]\nrust-version = \"1.95\"\n[workspace.dependencies]\nserde = { version = \"1\" } # formats\n";
const MEMBER: &str = "[package]\nname = \"a\"\nversion.workspace = true\nedition = { workspace = true }\nrust-version.workspace = true\nlicense.workspace = true\npublish.workspace = true\n[lints]\nworkspace = true\n[dependencies]\nserde.workspace = true\n";
const DENY: &str = "[bans]\ndeny = [\n  { crate = \"ring\", reason = \"one stack\" },\n]\n";

impl Workspace {
    fn in_order() -> Self {
        let mut workspace = Self::default();
        let mut write =
            |path: &str, text: &str| workspace.files.insert(path.to_owned(), text.to_owned());
        for (name, _) in layers::LAYERS {
            write(&format!("crates/{name}/Cargo.toml"), MEMBER);
            write(&format!("crates/{name}/README.md"), "# x");
            write(&format!("crates/{name}/src/lib.rs"), "//! x\n");
        }
        let names: Vec<&str> = layers::LAYERS.iter().map(|(name, _)| *name).collect();
        write("README.md", &format!("`{}`, extra", names.join("`, `")));
        write("Cargo.toml", WORKSPACE);
        write("deny.toml", DENY);
        write("rust-toolchain.toml", "[toolchain]\nchannel = \"1.95.0\"\n");
        workspace.change("> portal-sync serde")
    }

    fn depend(&mut self, sign: &str, from: &str, to: &str) {
        let kind = (sign == "~").then_some("dev");
        let optional = ["&", "%"].contains(&sign);
        let [named, feature, resolved] = self.crates.entry(from.to_owned()).or_default();
        named.push(json!({ "name": to, "req": "*", "kind": kind, "optional": optional, "features": [], "uses_default_features": true }));
        let entry = if sign == "&" {
            format!("dep:{to}")
        } else {
            format!("{to}?/std")
        };
        feature.push(json!(entry));
        resolved.push(json!({ "name": to, "pkg": to, "dep_kinds": [{ "kind": kind }] }));
        self.crates.entry(to.to_owned()).or_default();
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
        if let ">" | "~" | "&" | "%" = kind {
            let (from, to) = rest.split_once(' ').unwrap();
            self.depend(kind, from, to);
            return self;
        }
        let (path, text) = rest.split_once(':').unwrap();
        let text = text.trim().replace("\\n", "\n");
        match (kind, path.contains('.'), path.split_once('/')) {
            ("+", false, Some((member, module))) if member != "crates" => {
                return self.with(member, module, &text);
            }
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

    fn read(mut self) -> (Tree, Graph) {
        let manifests = self
            .files
            .keys()
            .filter_map(|path| path.strip_prefix("crates/"));
        let members = manifests.filter_map(|path| path.strip_suffix("/Cargo.toml"));
        let members: Vec<String> = members.map(str::to_owned).collect();
        for name in &members {
            self.crates.entry(name.clone()).or_default();
        }
        let (mut packages, mut nodes) = (Vec::new(), Vec::new());
        for (name, [named, feature, resolved]) in self.crates {
            let file = |file: &str| format!("/x/crates/{name}/{file}");
            let target = json!({ "name": name, "kind": ["lib"], "src_path": file("src/lib.rs") });
            packages.push(json!({
                "id": name, "name": name, "version": "1.0.0", "manifest_path": file("Cargo.toml"),
                "dependencies": named, "targets": [target], "features": { "std": feature },
            }));
            nodes.push(
                json!({ "id": name, "deps": resolved, "dependencies": [], "features": ["std"] }),
            );
        }
        let metadata = json!({
            "packages": packages, "resolve": { "nodes": nodes }, "workspace_members": members,
            "workspace_root": "/x", "target_directory": "/x/target", "version": 1,
        });
        let graph = Graph::of(&serde_json::from_value(metadata).unwrap()).unwrap();
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
            assert_eq!(format!("! {place}"), wanted[0], "{case}");
            assert!(format!("? {fix}").starts_with(wanted[1]), "{case}\n{fix}");
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
fn files_and_functions_have_limits() {
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
}

#[test]
fn a_crate_has_its_rooms_and_nothing_beside_them() {
    let folder = "mod part {}";
    for (root, problem) in [
        (
            "mod exit; mod text; mod store; mod cli; #[cfg(test)] mod extra;",
            "",
        ),
        (
            "mod store; mod text;",
            "`text` is a room in the wrong place\n  fix: the order is text held telemetry",
        ),
        (
            "mod text; mod exit;",
            "`exit` is listed below a room\n  fix: list it above the rooms, or move it into one",
        ),
        (
            "mod extra; mod text;",
            "`extra` is none of the rooms\n  fix: move it into one of text held telemetry",
        ),
    ] {
        let workspace = Workspace::in_order().with("portal-sync", "lib", root);
        let workspace =
            workspace
                .with("portal-sync", "extra", folder)
                .with("portal-sync", "store", folder);
        let (tree, graph) = workspace.read();
        let found = rooms::check(&code::read(&tree, &graph.members).0);
        assert_eq!(
            found.len(),
            usize::from(!problem.is_empty()),
            "{root}: {found:#?}"
        );
        let found = found.first().map(ToString::to_string).unwrap_or_default();
        let found = found.trim_start_matches("error: crates/portal-sync/src/lib.rs: ");
        assert!(found.starts_with(problem), "{root}: {found}");
    }
}

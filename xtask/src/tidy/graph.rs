//! The dependency graph, as `cargo metadata` resolves it for this machine.

use std::collections::{BTreeMap, VecDeque};

use anyhow::{Context as _, ensure};
use serde::Deserialize;

use super::cargo;

/// The workspace's members and everything they depend on.
#[derive(Debug, Default)]
pub(super) struct Graph {
    pub(super) members: Vec<Member>,
    crates: BTreeMap<String, Crate>,
}

/// One crate of the workspace.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Member {
    pub(super) name: String,
    /// Relative to the workspace's root, with `/`.
    pub(super) folder: String,
    /// The members it is built from.
    pub(super) uses: Vec<String>,
    /// The members that its tests name.
    pub(super) tests_use: Vec<String>,
    id: String,
}

#[derive(Debug)]
struct Crate {
    name: String,
    /// What it depends on, and whether that is a normal dependency rather than one of builds or tests.
    edges: Vec<(String, bool)>,
}

impl Graph {
    /// Asks cargo. Only what this machine needs is resolved, so nothing is downloaded that a build would not need.
    pub(super) fn read() -> anyhow::Result<Self> {
        let output = cargo()?
            .args([
                "metadata",
                "--format-version=1",
                "--locked",
                "--filter-platform=host-tuple",
            ])
            .stderr(std::process::Stdio::inherit())
            .output()
            .context("`cargo metadata` cannot be started")?;
        ensure!(output.status.success(), "`cargo metadata` failed");
        Self::parse(&output.stdout)
    }

    fn parse(json: &[u8]) -> anyhow::Result<Self> {
        let metadata: Metadata =
            serde_json::from_slice(json).context("`cargo metadata` answered in another format")?;
        let packages: BTreeMap<&str, &Package> = metadata
            .packages
            .iter()
            .map(|package| (package.id.as_str(), package))
            .collect();
        let member = |id: &String| {
            packages
                .get(id.as_str())
                .map(|package| package.member(&metadata))
        };
        let crates = metadata.resolve.nodes.iter().filter_map(|node| {
            let package = packages.get(node.id.as_str())?;
            let edges = node.deps.iter().flat_map(|edge| {
                let target = packages
                    .get(edge.pkg.as_str())
                    .map_or("", |package| &package.name);
                edge.dep_kinds
                    .iter()
                    .filter(|kind| package.switches_on(target, kind, &node.features))
                    .map(|kind| (edge.pkg.clone(), kind.kind.is_none()))
            });
            Some((
                node.id.clone(),
                Crate {
                    name: package.name.clone(),
                    edges: edges.collect(),
                },
            ))
        });
        Ok(Self {
            members: metadata
                .workspace_members
                .iter()
                .filter_map(member)
                .collect(),
            crates: crates.collect(),
        })
    }

    /// The crates a member is built from, itself included, each with the way it comes in: `a → b → c`.
    pub(super) fn tree(&self, member: &Member) -> BTreeMap<&str, String> {
        self.reach(member, true)
    }

    /// The same, with what its builds and tests need.
    pub(super) fn whole_tree(&self, member: &Member) -> BTreeMap<&str, String> {
        self.reach(member, false)
    }

    fn reach(&self, member: &Member, normal_only: bool) -> BTreeMap<&str, String> {
        let mut ways: BTreeMap<&str, String> = BTreeMap::new();
        let mut seen = BTreeMap::from([(member.id.as_str(), member.name.clone())]);
        let mut queue = VecDeque::from([member.id.as_str()]);
        while let Some(id) = queue.pop_front() {
            let (Some(node), Some(way)) = (self.crates.get(id), seen.get(id).cloned()) else {
                continue;
            };
            for (next, normal) in &node.edges {
                if (*normal || !normal_only)
                    && !seen.contains_key(next.as_str())
                    && let Some(target) = self.crates.get(next)
                {
                    seen.insert(next, format!("{way} → {}", target.name));
                    queue.push_back(next);
                }
            }
            ways.entry(&node.name).or_insert(way);
        }
        ways
    }
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    workspace_members: Vec<String>,
    workspace_root: String,
    resolve: Resolve,
}

#[derive(Deserialize)]
struct Package {
    id: String,
    name: String,
    manifest_path: String,
    dependencies: Vec<Dependency>,
    features: BTreeMap<String, Vec<String>>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    rename: Option<String>,
    kind: Option<String>,
    optional: bool,
    path: Option<String>,
}

#[derive(Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    deps: Vec<Edge>,
    features: Vec<String>,
}

#[derive(Deserialize)]
struct Edge {
    pkg: String,
    dep_kinds: Vec<EdgeKind>,
}

#[derive(Deserialize)]
struct EdgeKind {
    kind: Option<String>,
}

impl Package {
    fn member(&self, metadata: &Metadata) -> Member {
        let manifest = self.manifest_path.replace('\\', "/");
        let root = metadata.workspace_root.replace('\\', "/");
        let folder = manifest
            .strip_prefix(&root)
            .and_then(|path| path.strip_prefix('/'))
            .and_then(|path| path.strip_suffix("/Cargo.toml"));
        let used = |by_tests: bool| {
            let mut names: Vec<String> = self
                .dependencies
                .iter()
                .filter(|dependency| dependency.path.is_some())
                .filter(|dependency| (dependency.kind.as_deref() == Some("dev")) == by_tests)
                .map(|dependency| dependency.name.clone())
                .collect();
            names.sort();
            names.dedup();
            names
        };
        Member {
            name: self.name.clone(),
            folder: folder.unwrap_or_default().to_owned(),
            uses: used(false),
            tests_use: used(true),
            id: self.id.clone(),
        }
    }

    /// Whether a dependency is really built. The lock file, and with it the resolved graph, also has optional
    /// dependencies that are only named weakly (`ring?/alloc`) and that no feature switches on.
    fn switches_on(&self, target: &str, edge: &EdgeKind, features: &[String]) -> bool {
        self.dependencies
            .iter()
            .filter(|dependency| dependency.name == target && dependency.kind == edge.kind)
            .any(|dependency| {
                let key = dependency.rename.as_ref().unwrap_or(&dependency.name);
                let enables = |entry: &String| {
                    entry.strip_prefix("dep:") == Some(key)
                        || entry.split_once('/').is_some_and(|(name, _)| name == key)
                };
                !dependency.optional
                    || features
                        .iter()
                        .filter_map(|feature| self.features.get(feature))
                        .any(|entries| entries.iter().any(enables))
            })
    }
}

#[cfg(test)]
impl Graph {
    /// Members that use members, and edges between crates: `(from, to, normal)`.
    pub(super) fn made_of(members: &[(&str, &[&str])], edges: &[(&str, &str, bool)]) -> Self {
        let mut crates = BTreeMap::new();
        let mut add = |name: &str| {
            crates.entry(name.to_owned()).or_insert_with(|| Crate {
                name: name.to_owned(),
                edges: Vec::new(),
            });
        };
        for (from, to, _) in edges {
            add(from);
            add(to);
        }
        for (name, _) in members {
            add(name);
        }
        for (from, to, normal) in edges {
            crates
                .get_mut(*from)
                .unwrap()
                .edges
                .push(((*to).to_owned(), *normal));
        }
        let members = members.iter().map(|(name, uses)| Member {
            name: (*name).to_owned(),
            folder: format!("crates/{name}"),
            uses: uses.iter().map(|&name| name.to_owned()).collect(),
            tests_use: Vec::new(),
            id: (*name).to_owned(),
        });
        Self {
            members: members.collect(),
            crates,
        }
    }
}

#[cfg(test)]
impl Member {
    pub(super) fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            folder: format!("crates/{name}"),
            ..Self::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trees_follow_normal_dependencies_only() {
        let graph = Graph::made_of(
            &[("a", &[])],
            &[
                ("a", "b", true),
                ("b", "c", true),
                ("a", "d", false),
                ("d", "e", true),
            ],
        );
        let a = graph.members.first().unwrap();
        assert_eq!(
            graph.tree(a).into_keys().collect::<Vec<_>>(),
            ["a", "b", "c"]
        );
        assert_eq!(graph.tree(a)["c"], "a → b → c");
        assert_eq!(graph.whole_tree(a)["e"], "a → d → e");
    }

    /// `weak` is in the lock file because `std` names it, but nothing switches it on; `strong` is switched on.
    #[test]
    fn what_no_feature_switches_on_is_not_in_the_graph() {
        let package = |id: &str, dependencies: serde_json::Value| {
            serde_json::json!({
                "id": id, "name": id, "manifest_path": format!("/ws/crates/{id}/Cargo.toml"),
                "dependencies": dependencies,
                "features": { "std": ["weak?/std", "dep:strong"] },
            })
        };
        let optional = |name: &str, path: Option<&str>| serde_json::json!({ "name": name, "rename": null, "kind": null, "optional": true, "path": path });
        let edge = |id: &str| serde_json::json!({ "pkg": id, "dep_kinds": [{ "kind": null }] });
        let node = |id: &str| serde_json::json!({ "id": id, "deps": [], "features": [] });
        let metadata = serde_json::json!({
            "packages": [
                package("a", serde_json::json!([optional("weak", None), optional("strong", Some("/ws/crates/strong"))])),
                package("weak", serde_json::json!([])),
                package("strong", serde_json::json!([])),
            ],
            "workspace_members": ["a"],
            "workspace_root": "/ws",
            "resolve": { "nodes": [
                { "id": "a", "deps": [edge("weak"), edge("strong")], "features": ["std"] },
                node("weak"),
                node("strong"),
            ] },
        });
        let graph = Graph::parse(metadata.to_string().as_bytes()).unwrap();
        let a = graph.members.first().unwrap();
        assert_eq!(
            (a.folder.as_str(), a.uses.as_slice()),
            ("crates/a", ["strong".to_owned()].as_slice())
        );
        assert_eq!(
            graph.tree(a).into_keys().collect::<Vec<_>>(),
            ["a", "strong"]
        );
    }
}

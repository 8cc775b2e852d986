//! The dependency graph, as `cargo metadata` resolves it for this machine.

use std::collections::{BTreeMap, VecDeque};

use anyhow::Context as _;
use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Node, Package, TargetKind};

use super::root;

/// The workspace's members and everything they depend on.
#[derive(Debug, Default)]
pub(super) struct Graph {
    pub(super) members: Vec<Member>,
    /// By id: the name, and what it depends on, normally or else for builds and tests only.
    crates: BTreeMap<String, (String, Vec<(String, bool)>)>,
}

/// One crate of the workspace.
#[derive(Clone, Debug, Default)]
pub(super) struct Member {
    pub(super) name: String,
    /// Relative to the workspace's root, with `/`.
    pub(super) folder: String,
    /// The files that its library and its programs are built from.
    pub(super) roots: Vec<String>,
    /// What its manifest names, and whether that is for tests only.
    pub(super) dependencies: Vec<(String, bool)>,
    id: String,
}

impl Graph {
    /// Asks cargo. Only what this machine needs is resolved, so nothing is downloaded that a build would not need.
    pub(super) fn read() -> anyhow::Result<Self> {
        let options = ["--locked", "--filter-platform=host-tuple"].map(str::to_owned);
        let metadata = MetadataCommand::new()
            .current_dir(root()?)
            .other_options(options)
            .exec()?;
        Self::of(&metadata).context("`cargo metadata` resolved nothing")
    }

    fn of(metadata: &Metadata) -> Option<Self> {
        let packages: BTreeMap<_, _> = metadata
            .packages
            .iter()
            .map(|package| (&package.id, package))
            .collect();
        let mut crates = BTreeMap::new();
        for node in &metadata.resolve.as_ref()?.nodes {
            let package = packages.get(&node.id)?;
            let mut edges = Vec::new();
            for edge in &node.deps {
                let target = packages.get(&edge.pkg)?;
                for kind in edge.dep_kinds.iter().map(|kind| kind.kind) {
                    if switches_on(package, node, target, kind) {
                        edges.push((edge.pkg.repr.clone(), kind == DependencyKind::Normal));
                    }
                }
            }
            crates.insert(node.id.repr.clone(), (package.name.to_string(), edges));
        }
        let member = |package: &&Package| Member::of(package, metadata);
        let members = metadata.workspace_packages().iter().map(member).collect();
        Some(Self { members, crates })
    }

    /// The crates a member is built from, itself included, each with the way it comes in: `a → b → c`. Or also those
    /// that its builds and tests need.
    pub(super) fn tree(&self, member: &Member, with_tests: bool) -> BTreeMap<&str, String> {
        let mut ways: BTreeMap<&str, String> = BTreeMap::new();
        let mut seen = BTreeMap::from([(member.id.as_str(), member.name.clone())]);
        let mut queue = VecDeque::from([member.id.as_str()]);
        while let Some(id) = queue.pop_front() {
            let (Some((name, edges)), Some(way)) = (self.crates.get(id), seen.get(id).cloned())
            else {
                continue;
            };
            for (next, normal) in edges {
                if (*normal || with_tests)
                    && !seen.contains_key(next.as_str())
                    && let Some((target, _)) = self.crates.get(next)
                {
                    seen.insert(next, format!("{way} → {target}"));
                    queue.push_back(next);
                }
            }
            ways.entry(name).or_insert(way);
        }
        ways
    }
}

impl Member {
    pub(super) fn manifest(&self) -> String {
        format!("{}/Cargo.toml", self.folder)
    }

    pub(super) fn depends_on(&self, name: &str) -> bool {
        self.dependencies.iter().any(|(used, _)| used == name)
    }

    fn of(package: &Package, metadata: &Metadata) -> Self {
        let relative = |path: &cargo_metadata::camino::Utf8Path| {
            let path = path.strip_prefix(&metadata.workspace_root).unwrap_or(path);
            path.as_str().replace('\\', "/")
        };
        let shipped = |target: &&cargo_metadata::Target| {
            target
                .kind
                .iter()
                .all(|kind| matches!(kind, TargetKind::Lib | TargetKind::Bin))
        };
        let dependency = |used: &cargo_metadata::Dependency| {
            (used.name.clone(), used.kind == DependencyKind::Development)
        };
        let targets = package.targets.iter().filter(shipped);
        Self {
            name: package.name.to_string(),
            folder: package
                .manifest_path
                .parent()
                .map(relative)
                .unwrap_or_default(),
            roots: targets.map(|target| relative(&target.src_path)).collect(),
            dependencies: package.dependencies.iter().map(dependency).collect(),
            id: package.id.repr.clone(),
        }
    }
}

/// Whether a dependency is really built. The lock file, and with it the resolved graph, also has optional dependencies
/// that are only named weakly (`ring?/alloc`) and that no feature switches on.
fn switches_on(package: &Package, node: &Node, target: &Package, kind: DependencyKind) -> bool {
    package
        .dependencies
        .iter()
        .filter(|dependency| *dependency.name == **target.name && dependency.kind == kind)
        .any(|dependency| {
            let key = dependency.rename.as_ref().unwrap_or(&dependency.name);
            let enables = |entry: &String| {
                entry.strip_prefix("dep:") == Some(key)
                    || entry.split_once('/').is_some_and(|(name, _)| name == key)
            };
            let mut features = node
                .features
                .iter()
                .filter_map(|feature| package.features.get(feature.as_str()));
            !dependency.optional || features.any(|entries| entries.iter().any(enables))
        })
}

#[cfg(test)]
impl Graph {
    /// Members, and edges between crates: `(from, to, normal)`.
    pub(super) fn made_of(members: &[String], edges: &[(String, String, bool)]) -> Self {
        let mut graph = Self::default();
        for (from, to, normal) in edges {
            graph
                .crates
                .entry(to.clone())
                .or_insert_with(|| (to.clone(), Vec::new()));
            let from = graph
                .crates
                .entry(from.clone())
                .or_insert_with(|| (from.clone(), Vec::new()));
            from.1.push((to.clone(), *normal));
        }
        for name in members {
            let edges = graph
                .crates
                .get(name)
                .map_or(&[] as &[_], |(_, edges)| edges);
            graph.members.push(Member {
                name: name.clone(),
                folder: format!("crates/{name}"),
                roots: vec![format!("crates/{name}/src/lib.rs")],
                dependencies: edges
                    .iter()
                    .map(|(to, normal)| (to.clone(), !normal))
                    .collect(),
                id: name.clone(),
            });
        }
        graph
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// `weak` is in the lock file because `std` names it, but nothing switches it on; `strong` is switched on.
    #[test]
    fn what_no_feature_switches_on_is_not_in_the_graph() {
        let package = |name: &str, used: &[&str]| {
            let used = used.iter().map(|name| {
                json!({ "name": name, "req": "*", "kind": null, "optional": true, "features": [], "uses_default_features": true })
            });
            json!({
                "id": name,
                "name": name,
                "version": "1.0.0",
                "manifest_path": format!("/ws/crates/{name}/Cargo.toml"),
                "dependencies": used.collect::<Vec<_>>(),
                "targets": [{ "name": name, "kind": ["lib"], "src_path": format!("/ws/crates/{name}/src/lib.rs") }],
                "features": { "std": ["weak?/std", "dep:strong"] },
            })
        };
        let node = |id: &str, used: &[&str]| {
            let edges = used
                .iter()
                .map(|id| json!({ "name": id, "pkg": id, "dep_kinds": [{ "kind": null }] }));
            json!({ "id": id, "deps": edges.collect::<Vec<_>>(), "dependencies": used, "features": ["std"] })
        };
        let used = ["weak", "strong"];
        let metadata = json!({
            "packages": [package("a", &used), package("weak", &[]), package("strong", &[])],
            "workspace_members": ["a"],
            "workspace_root": "/ws",
            "target_directory": "/ws/target",
            "version": 1,
            "resolve": { "nodes": [node("a", &used), node("weak", &[]), node("strong", &[])] },
        });
        let graph = Graph::of(&serde_json::from_value(metadata).unwrap()).unwrap();
        let [a] = graph.members.as_slice() else {
            panic!()
        };
        assert_eq!(
            (a.folder.as_str(), a.roots.concat().as_str()),
            ("crates/a", "crates/a/src/lib.rs")
        );
        let tree = graph.tree(a, false);
        assert_eq!(
            tree.into_iter().collect::<Vec<_>>(),
            [("a", "a".to_owned()), ("strong", "a → strong".to_owned())]
        );
    }
}

//! The dependency graph, as `cargo metadata` resolves it for this machine.

use std::collections::{BTreeMap, VecDeque};

use anyhow::Context as _;
use cargo_metadata::camino::Utf8Path;
use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Node, Package};

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
    pub(super) dependencies: BTreeMap<String, bool>,
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

    pub(super) fn of(metadata: &Metadata) -> Option<Self> {
        let packages = metadata
            .packages
            .iter()
            .map(|package| (&package.id, package));
        let packages: BTreeMap<_, _> = packages.collect();
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
        let members = metadata.workspace_packages();
        let members = members
            .iter()
            .map(|package| Member::of(package, metadata))
            .collect();
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
    fn of(package: &Package, metadata: &Metadata) -> Self {
        let relative = |path: &Utf8Path| {
            let path = path.strip_prefix(&metadata.workspace_root).unwrap_or(path);
            path.as_str().replace('\\', "/")
        };
        let mut dependencies = BTreeMap::new();
        for used in &package.dependencies {
            *dependencies.entry(used.name.clone()).or_insert(true) &=
                used.kind == DependencyKind::Development;
        }
        let targets = package
            .targets
            .iter()
            .filter(|target| target.is_lib() || target.is_bin());
        Self {
            name: package.name.to_string(),
            folder: package
                .manifest_path
                .parent()
                .map(relative)
                .unwrap_or_default(),
            roots: targets.map(|target| relative(&target.src_path)).collect(),
            dependencies,
            id: package.id.repr.clone(),
        }
    }

    pub(super) fn manifest(&self) -> String {
        format!("{}/Cargo.toml", self.folder)
    }
}

/// Whether a dependency is really built. The lock file, and with it the resolved graph, also has optional dependencies
/// that are only named weakly (`ring?/alloc`) and that no feature switches on.
fn switches_on(package: &Package, node: &Node, target: &Package, kind: DependencyKind) -> bool {
    let features = node.features.iter();
    let entries: Vec<&String> = features
        .filter_map(|name| package.features.get(&**name))
        .flatten()
        .collect();
    package.dependencies.iter().any(|used| {
        let key = used.rename.as_ref().unwrap_or(&used.name);
        let enables = |entry: &&String| {
            let of = entry
                .strip_prefix("dep:")
                .or(entry.split_once('/').map(|(name, _)| name));
            of == Some(key)
        };
        let is_meant = *used.name == **target.name && used.kind == kind;
        is_meant && (!used.optional || entries.iter().any(enables))
    })
}

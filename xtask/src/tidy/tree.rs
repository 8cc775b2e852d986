//! The files of the tree: what git tracks or would track.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use anyhow::Context as _;

/// Paths relative to the workspace's root, with `/`, and their texts.
#[derive(Debug, Default)]
pub(super) struct Tree {
    files: BTreeMap<String, String>,
}

impl Tree {
    /// Reads what git tracks and what it would add, or every file outside `target` where there is no git.
    pub(super) fn read(root: &Path) -> anyhow::Result<Self> {
        let paths = match listed_by_git(root) {
            Some(paths) => paths,
            None => walked(root)?,
        };
        let mut files = BTreeMap::new();
        for path in paths {
            let file = root.join(&path);
            // Git also lists what was deleted and not yet committed.
            if file.is_file() {
                let bytes =
                    std::fs::read(&file).with_context(|| format!("`{path}` cannot be read"))?;
                files.insert(path, String::from_utf8_lossy(&bytes).into_owned());
            }
        }
        Ok(Self { files })
    }

    pub(super) fn len(&self) -> usize {
        self.files.len()
    }

    pub(super) fn text(&self, path: &str) -> Option<&str> {
        self.files.get(path).map(String::as_str)
    }

    /// Every file with its text, by path.
    pub(super) fn files(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files
            .iter()
            .map(|(path, text)| (path.as_str(), text.as_str()))
    }
}

fn listed_by_git(root: &Path) -> Option<Vec<String>> {
    let output = Command::new("git")
        .args([
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ])
        .current_dir(root)
        .output()
        .ok()?;
    let listed = String::from_utf8(output.stdout).ok()?;
    (output.status.success() && !listed.is_empty())
        .then(|| listed.split_terminator('\0').map(str::to_owned).collect())
}

fn walked(root: &Path) -> anyhow::Result<Vec<String>> {
    let mut paths = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = std::fs::read_dir(&folder)
            .with_context(|| format!("`{}` cannot be listed", folder.display()))?;
        for entry in entries {
            let entry = entry?.path();
            let path = entry
                .strip_prefix(root)?
                .to_string_lossy()
                .replace('\\', "/");
            if entry.is_file() {
                paths.push(path);
            } else if entry.is_dir() && !matches!(path.as_str(), ".git" | "target") {
                folders.push(entry);
            }
        }
    }
    Ok(paths)
}

#[cfg(test)]
impl FromIterator<(String, String)> for Tree {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(files: I) -> Self {
        let files = files.into_iter().collect();
        Self { files }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_git_the_folders_are_walked() {
        let folder = tempfile::tempdir().unwrap();
        for path in [
            "a.rs",
            "b/c/d.rs",
            ".git/config",
            "target/e.rs",
            "b/target/f.rs",
        ] {
            let file = folder.path().join(path);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, path).unwrap();
        }
        let mut paths = walked(folder.path()).unwrap();
        paths.sort();
        assert_eq!(paths, ["a.rs", "b/c/d.rs", "b/target/f.rs"]);
    }

    #[test]
    fn the_real_tree_is_read() {
        let tree = Tree::read(&super::super::root().unwrap()).unwrap();
        assert!(
            tree.text("xtask/src/tidy.rs")
                .is_some_and(|text| text.starts_with("//!"))
        );
        assert_eq!(
            tree.files().find(|(path, _)| path.starts_with("target/")),
            None
        );
    }
}

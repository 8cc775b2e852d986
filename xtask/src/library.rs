//! The libraries of the workspace: what others add to their programs.

use std::fmt;

use anyhow::{Context as _, ensure};
use cargo_metadata::{MetadataCommand, Package};

use crate::tidy::root;

/// A member that is published.
#[derive(Clone, Debug)]
pub struct Library {
    pub(crate) package: Package,
}

impl Library {
    /// Every member that is published, those first that others depend on: the order of a release.
    ///
    /// # Errors
    ///
    /// When cargo cannot be asked, or libraries depend on each other in a circle.
    pub fn all() -> anyhow::Result<Vec<Self>> {
        let metadata = MetadataCommand::new()
            .current_dir(root()?)
            .no_deps()
            .other_options(["--locked".to_owned()])
            .exec()?;
        let members = metadata.workspace_packages().into_iter();
        let is_published = |package: &&Package| package.publish.is_none();
        let mut rest: Vec<Package> = members.filter(is_published).cloned().collect();
        let mut ordered: Vec<Self> = Vec::new();
        while !rest.is_empty() {
            let needs = |package: &Package, other: &Package| {
                (package.dependencies.iter()).any(|used| used.name == *other.name)
            };
            let is_free = |package: &Package| !rest.iter().any(|other| needs(package, other));
            let free = rest.iter().position(is_free);
            let free = free.context("the libraries depend on each other in a circle")?;
            let package = rest.remove(free);
            ordered.push(Self { package });
        }
        ensure!(!ordered.is_empty(), "no member is published");
        Ok(ordered)
    }

    /// Its name, as in `cargo add`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.package.name
    }

    /// Its name and version, as its package is called.
    pub(crate) fn full_name(&self) -> String {
        format!("{}-{}", self.name(), self.package.version)
    }

    /// Its features without `default`, in the order of their names.
    pub(crate) fn features(&self) -> Vec<&str> {
        let names = self.package.features.keys().map(String::as_str);
        names.filter(|name| *name != "default").collect()
    }
}

impl fmt::Display for Library {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name(), self.package.version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_library_comes_behind_those_that_it_needs() {
        let names: Vec<String> = (Library::all().unwrap().iter())
            .map(|library| library.name().to_owned())
            .collect();
        let place = |name: &str| names.iter().position(|it| it == name).unwrap();
        assert_eq!(names.len(), 4, "{names:?}");
        assert!(place("okta-auth") < place("okta-api"), "{names:?}");
    }
}

//! Where the paths in a crate's modules lead: through modules and imports to what they name. What a module has by `*`
//! only is not looked for.

use std::collections::VecDeque;

use super::code::{Crate, Module, Path};

/// A place that a path leads to, or comes through.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum End {
    /// A module, itself or for a name that it imports.
    Module(Path),
    /// A name that a module defines, or that comes in a way that is not seen.
    Item(Path, String),
    /// Another crate.
    Outside(String),
}

/// Imports of imports end somewhere, unless two modules import from each other all that they have.
const MOST_IMPORTS: usize = 9;

impl Crate {
    /// What every module names: with the line, and where that leads.
    pub(super) fn named(&self) -> impl Iterator<Item = (&Path, &Module, usize, Vec<End>)> {
        self.modules.iter().flat_map(move |(from, module)| {
            let paths = module.paths.iter();
            paths.map(move |(line, path)| (from, module, *line, self.ends(from, path)))
        })
    }

    /// Follows a path that is written in a module, also through what the modules on its way only import.
    fn ends(&self, from: &[String], path: &[String]) -> Vec<End> {
        let mut ends = Vec::new();
        self.follow(from, path, &mut ends);
        ends
    }

    fn follow(&self, from: &[String], path: &[String], ends: &mut Vec<End>) {
        let mut at = from.to_vec();
        let mut names: VecDeque<&String> = path.iter().collect();
        while let Some(name) = names.front() {
            match name.as_str() {
                "crate" => at.clear(),
                "super" => drop(at.pop()),
                "self" => {}
                "" => return ends.extend(names.get(1).map(|&name| End::Outside(name.clone()))),
                name if names.len() == path.len() && !self.knows(from, name) => {
                    return ends.push(End::Outside(name.to_owned()));
                }
                _ => break,
            }
            names.pop_front();
        }
        while let Some(name) = names.pop_front() {
            let Some(module) = self.modules.get(&at) else {
                break;
            };
            if module.children.contains(name) {
                at.push(name.clone());
                continue;
            }
            let Some(import) = module.imports.get(name) else {
                return ends.push(End::Item(at, name.clone()));
            };
            ends.push(End::Module(at.clone()));
            if import.first() == Some(name) {
                ends.push(End::Outside(name.clone()));
            } else if ends.len() < MOST_IMPORTS {
                let path: Path = import.iter().chain(names).cloned().collect();
                self.follow(&at, &path, ends);
            }
            return;
        }
        ends.push(End::Module(at));
    }

    /// Whether a path may begin with this name in a module, and is not of another crate.
    fn knows(&self, module: &[String], name: &str) -> bool {
        self.modules.get(module).is_some_and(|module| {
            module.imports.contains_key(name) || module.children.iter().any(|child| child == name)
        })
    }
}

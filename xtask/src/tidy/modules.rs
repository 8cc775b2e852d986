//! The order of modules: `lib.rs` lists them leaf first, and a module uses only modules listed above it.

use std::collections::{BTreeMap, BTreeSet};

use super::code::{code_only, identifier, lines_before_tests, names_from_root};
use super::finding::Finding;
use super::graph::Member;
use super::tree::Tree;

pub(super) fn check(tree: &Tree, members: &[Member]) -> Vec<Finding> {
    members
        .iter()
        .flat_map(|member| check_crate(tree, &member.folder))
        .collect()
}

fn check_crate(tree: &Tree, folder: &str) -> Vec<Finding> {
    let sources = format!("{folder}/src");
    let lib = format!("{sources}/lib.rs");
    let outline = Outline::of(tree.text(&lib).unwrap_or_default());
    let uses: Vec<Use<'_>> = tree
        .rust(&sources)
        .flat_map(|(path, text)| outline.uses(&sources, path, text))
        .collect();
    let mut edges = Edges::new();
    for used in &uses {
        edges.entry(&used.from).or_default().insert(&used.to);
    }
    let mut findings = Vec::new();
    let mut seen = BTreeSet::new();
    let mut too_early: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let upward = |used: &&Use<'_>| outline.position(&used.to) > outline.position(&used.from);
    for Use {
        path,
        line,
        from,
        to,
    } in uses.iter().filter(upward)
    {
        if !reaches(&edges, to, from) {
            too_early.entry(from).or_default().insert(to);
        } else if seen.insert((path, to)) {
            findings.push(Finding::line(
                path,
                *line,
                format!("`{from}` uses `{to}`, which uses `{from}`: a cycle"),
                "move what both need into a module of its own",
            ));
        }
    }
    if !too_early.is_empty() {
        let list = |names: BTreeSet<&str>| names.into_iter().collect::<Vec<_>>().join(", ");
        let listed: Vec<String> = too_early
            .into_iter()
            .map(|(module, used)| format!("`{module}` before {}", list(used)))
            .collect();
        findings.push(Finding::file(
            &lib,
            format!(
                "modules are listed before what they use: {}",
                listed.join("; ")
            ),
            format!(
                "leaf first is {} (blank lines between them keep rustfmt from sorting)",
                leaf_first(&outline.modules, &edges).join(", ")
            ),
        ));
    }
    findings
}

/// Which module names which.
type Edges<'a> = BTreeMap<&'a str, BTreeSet<&'a str>>;

/// The modules in an order in which each comes after what it uses, and otherwise as they were. Of a cycle, the one
/// listed first comes first.
fn leaf_first<'a>(modules: &'a [String], edges: &Edges<'_>) -> Vec<&'a str> {
    let mut waiting: Vec<&str> = modules.iter().map(String::as_str).collect();
    let mut placed = Vec::new();
    while !waiting.is_empty() {
        let is_ready = |module: &&str| {
            edges
                .get(module)
                .is_none_or(|used| used.iter().all(|name| placed.contains(name)))
        };
        let next = waiting.iter().position(is_ready).unwrap_or(0);
        placed.push(waiting.remove(next));
    }
    placed
}

fn reaches(edges: &Edges<'_>, from: &str, to: &str) -> bool {
    let mut seen = BTreeSet::from([from]);
    let mut open = vec![from];
    while let Some(module) = open.pop() {
        if module == to {
            return true;
        }
        open.extend(
            edges
                .get(module)
                .into_iter()
                .flatten()
                .filter(|&&next| seen.insert(next)),
        );
    }
    false
}

/// One module naming another.
struct Use<'a> {
    path: &'a str,
    line: usize,
    from: String,
    to: String,
}

/// The modules of a crate in their order, without those of tests, and where the root's other names come from.
struct Outline {
    modules: Vec<String>,
    exports: BTreeMap<String, String>,
}

impl Outline {
    fn of(lib: &str) -> Self {
        let code = code_only(lib);
        let mut modules = Vec::new();
        let mut of_tests = false;
        for line in code.lines().map(str::trim) {
            if let Some(name) = declared(line)
                && !of_tests
            {
                modules.push(name.to_owned());
            }
            of_tests = line.starts_with("#[cfg(test)]");
        }
        let mut exports = BTreeMap::new();
        for statement in code.split(';').filter_map(|text| text.split_once("use ")) {
            let names = statement.1.trim();
            let names = names
                .strip_prefix("crate::")
                .or_else(|| names.strip_prefix("self::"))
                .unwrap_or(names);
            let module = identifier(names);
            if modules.iter().any(|known| known == module) {
                let words = names
                    .split(|c: char| !c.is_alphanumeric() && c != '_')
                    .skip(1);
                exports.extend(words.map(|name| (name.to_owned(), module.to_owned())));
            }
        }
        Self { modules, exports }
    }

    fn position(&self, module: &str) -> Option<usize> {
        self.modules.iter().position(|known| known == module)
    }

    /// What a file uses from outside its own module of the first level, tests left out.
    fn uses<'a>(&self, sources: &str, path: &'a str, text: &str) -> Vec<Use<'a>> {
        let inner = path
            .strip_prefix(sources)
            .unwrap_or_default()
            .trim_start_matches('/');
        let inner = inner.strip_suffix(".rs").unwrap_or(inner);
        let parts: Vec<&str> = inner.split('/').collect();
        let Some(from) = parts
            .first()
            .filter(|module| self.position(module).is_some())
        else {
            return Vec::new();
        };
        if parts.contains(&"tests") {
            return Vec::new();
        }
        let code = code_only(text);
        let shipped = lines_before_tests(&code);
        names_from_root(&code, parts.len())
            .into_iter()
            .filter(|(line, _)| *line <= shipped)
            .filter_map(|(line, name)| {
                let to = match self.position(&name) {
                    Some(_) => name,
                    None => self.exports.get(&name)?.clone(),
                };
                (to != **from).then(|| Use {
                    path,
                    line,
                    from: (*from).to_owned(),
                    to,
                })
            })
            .collect()
    }
}

/// The name in `mod name;`, `pub mod name;` or `pub(crate) mod name;`.
fn declared(line: &str) -> Option<&str> {
    let line = line.strip_suffix(';')?;
    let (visibility, name) = line.rsplit_once("mod ")?;
    let visibility = visibility.trim();
    (visibility.is_empty() || visibility.starts_with("pub")).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(files: [(&str, &str); 3]) -> Vec<(String, Option<usize>, String)> {
        let findings = check(&Tree::from(files), &[Member::named("x")]);
        findings
            .into_iter()
            .map(|found| (found.path, found.line, found.fix))
            .collect()
    }

    const LIB: &str = "//! use lower::Not;\nmod lower;\n\npub mod upper;\n#[cfg(test)]\nmod tests;\npub use crate::lower::Low;\npub use upper::{High, Higher as Top};\n";

    #[test]
    fn the_upper_uses_the_lower() {
        let found = findings([
            ("crates/x/src/lib.rs", LIB),
            (
                "crates/x/src/lower.rs",
                "//! crate::upper\nuse crate::lower::part;\n#[cfg(test)]\nmod tests { use crate::upper; }",
            ),
            (
                "crates/x/src/upper.rs",
                "use crate::lower::Low;\nuse crate::Low as L;",
            ),
        ]);
        assert_eq!(found, []);
    }

    #[test]
    fn the_lower_does_not_use_the_upper() {
        for (path, text) in [
            ("crates/x/src/lower.rs", "use crate::upper::High;"),
            ("crates/x/src/lower.rs", "\nuse crate::{Low, Top};"),
            ("crates/x/src/lower.rs", "\n\nuse super::upper;"),
            ("crates/x/src/lower/part.rs", "fn f() -> crate::High {}"),
            ("crates/x/src/lower/part.rs", "use super::super::upper;"),
        ] {
            let tree = Tree::from([
                ("crates/x/src/lib.rs", LIB),
                (path, text),
                ("crates/x/src/upper.rs", ""),
            ]);
            let found = check(&tree, &[Member::named("x")]);
            let [finding] = found.as_slice() else {
                panic!("{text}: {found:?}")
            };
            assert_eq!(finding.path, "crates/x/src/lib.rs", "{text}");
            assert!(
                finding.problem.ends_with(": `lower` before upper"),
                "{finding}"
            );
            assert!(
                finding.fix.starts_with("leaf first is upper, lower "),
                "{finding}"
            );
        }
    }

    #[test]
    fn leaf_first_changes_no_more_than_it_must() {
        let modules = ["a", "b", "c", "d"].map(str::to_owned);
        let edges = |edges: &[(&'static str, &'static str)]| {
            let mut all = Edges::new();
            for (from, to) in edges {
                all.entry(from).or_default().insert(to);
            }
            all
        };
        for (uses, order) in [
            (vec![], "abcd"),
            (vec![("b", "d")], "acdb"),
            (vec![("a", "c"), ("c", "d")], "bdca"),
            (vec![("a", "b"), ("b", "a")], "cdab"),
        ] {
            assert_eq!(
                leaf_first(&modules, &edges(&uses)).concat(),
                order,
                "{uses:?}"
            );
        }
    }

    #[test]
    fn a_cycle_is_called_one() {
        let found = findings([
            ("crates/x/src/lib.rs", LIB),
            (
                "crates/x/src/lower.rs",
                "use crate::upper::High;\nuse crate::upper::Top;",
            ),
            ("crates/x/src/upper.rs", "use crate::lower;"),
        ]);
        let fix = "move what both need into a module of its own".to_owned();
        assert_eq!(found, [("crates/x/src/lower.rs".to_owned(), Some(1), fix)]);
    }

    #[test]
    fn tests_may_use_everything() {
        let found = findings([
            ("crates/x/src/lib.rs", LIB),
            ("crates/x/src/tests.rs", "use crate::upper;"),
            ("crates/x/src/lower/tests.rs", "use crate::upper;"),
        ]);
        assert_eq!(found, []);
    }
}

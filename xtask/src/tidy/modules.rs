//! The order of modules: each lists its children leaf first, and a child uses only siblings that are listed above it.

use std::collections::{BTreeMap, BTreeSet};

use super::code::{Crate, Path};
use super::finding::Finding;
use super::paths::End;

pub(super) fn check(crates: &[Crate]) -> Vec<Finding> {
    crates.iter().flat_map(check_crate).collect()
}

/// One module naming another, or a name of another, the first time.
struct Arrow<'a> {
    file: &'a str,
    line: usize,
    from: &'a [String],
    to: Path,
    /// The free function of `to` that is named.
    function: Option<String>,
}

fn check_crate(of: &Crate) -> Vec<Finding> {
    let mut siblings: BTreeMap<_, Vec<_>> = BTreeMap::new();
    let mut upward: BTreeMap<_, Vec<_>> = BTreeMap::new();
    let mut downward = BTreeSet::new();
    let arrows = arrows(of);
    for arrow in &arrows {
        match (split(arrow), &arrow.function) {
            ((above, Some(from), Some(to)), _) => {
                siblings.entry(above).or_default().push((arrow, from, to));
            }
            ((above, None, Some(child)), _) => drop(downward.insert((above, child))),
            ((above, Some(child), None), Some(function)) => {
                let key = (above, child, arrow.file, arrow.line);
                upward.entry(key).or_default().push(format!("`{function}`"));
            }
            _ => {}
        }
    }
    let mut findings = Vec::new();
    for (parent, arrows) in siblings {
        if let Some(module) = of.modules.get(parent) {
            check_order(&module.file, &module.children, &arrows, &mut findings);
        }
    }
    // What is defined above (types, constants) may be used: a module and the file of its children are one idea.
    for ((above, child, file, line), functions) in upward {
        if downward.contains(&(above, child)) {
            let above = above.last().map_or("the crate's root", String::as_str);
            let names = functions.join(", ");
            let problem =
                format!("`{child}` calls {names} of `{above}`, which uses `{child}`: a cycle");
            let fix =
                format!("move {names} into a module of `{above}` that is listed above `{child}`");
            findings.push(Finding::line(file, line, problem, fix).into_warning());
        }
    }
    findings
}

fn arrows(of: &Crate) -> Vec<Arrow<'_>> {
    let mut arrows = Vec::new();
    let mut seen = BTreeSet::new();
    for (from, module) in &of.modules {
        for (line, path) in &module.paths {
            for end in of.ends(from, path) {
                let (to, name) = match end {
                    End::Module(to) => (to, None),
                    End::Item(to, name) => (to, Some(name)),
                    End::Outside(_) => continue,
                };
                let is_function = |name: &String| {
                    of.modules
                        .get(&to)
                        .is_some_and(|module| module.defines(name))
                };
                let function = name.filter(is_function);
                if seen.insert((from, to.clone(), function.clone())) {
                    arrows.push(Arrow {
                        file: &module.file,
                        line: *line,
                        from,
                        to,
                        function,
                    });
                }
            }
        }
    }
    arrows
}

/// The module that both ends are in, and its children that each end is in; none where an end is that module.
fn split<'a>(arrow: &'a Arrow<'_>) -> (&'a [String], Option<&'a str>, Option<&'a str>) {
    let common = arrow
        .from
        .iter()
        .zip(&arrow.to)
        .take_while(|(from, to)| from == to)
        .count();
    let child = |path: &'a [String]| path.get(common).map(String::as_str);
    (
        arrow.from.get(..common).unwrap_or_default(),
        child(arrow.from),
        child(&arrow.to),
    )
}

/// Which module names which.
type Edges<'a> = BTreeMap<&'a str, BTreeSet<&'a str>>;

fn check_order(
    file: &str,
    children: &[String],
    arrows: &[(&Arrow<'_>, &str, &str)],
    findings: &mut Vec<Finding>,
) {
    let mut edges = Edges::new();
    for (_, from, to) in arrows {
        edges.entry(from).or_default().insert(to);
    }
    let position = |name: &str| children.iter().position(|child| child == name);
    let mut seen = BTreeSet::new();
    let mut too_early: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let upward = arrows
        .iter()
        .filter(|(_, from, to)| position(to) > position(from));
    for (arrow, from, to) in upward {
        if !reaches(&edges, to, from) {
            too_early.entry(from).or_default().insert(to);
        } else if seen.insert((arrow.file, to)) {
            findings.push(Finding::line(
                arrow.file,
                arrow.line,
                format!("`{from}` uses `{to}`, which uses `{from}`: a cycle"),
                "move what both need into a module of its own",
            ));
        }
    }
    if !too_early.is_empty() {
        let list = |names: BTreeSet<&str>| names.into_iter().collect::<Vec<_>>().join(", ");
        let listed = too_early
            .into_iter()
            .map(|(module, used)| format!("`{module}` before {}", list(used)));
        let order = leaf_first(children, &edges).join(", ");
        findings.push(Finding::file(
            file,
            format!(
                "modules are listed before what they use: {}",
                listed.collect::<Vec<_>>().join("; ")
            ),
            format!("leaf first is {order} (blank lines between them keep rustfmt from sorting)"),
        ));
    }
}

/// The modules in an order in which each comes after what it uses, and otherwise as they were. Of a cycle, the one
/// listed first comes first.
fn leaf_first<'a>(modules: &'a [String], edges: &Edges<'_>) -> Vec<&'a str> {
    let mut waiting: Vec<&str> = modules.iter().map(String::as_str).collect();
    let mut placed = Vec::new();
    while !waiting.is_empty() {
        let is_ready = |module: &&str| {
            let used = edges.get(module);
            used.is_none_or(|used| used.iter().all(|name| placed.contains(name)))
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
        let next = edges.get(module).into_iter().flatten();
        open.extend(next.filter(|&&next| seen.insert(next)));
    }
    false
}

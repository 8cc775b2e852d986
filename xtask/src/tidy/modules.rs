//! The order of modules: each lists its children leaf first, and a child uses only siblings that are listed above it.

use std::collections::{BTreeMap, BTreeSet};

use super::code::Crate;
use super::finding::Finding;
use super::paths::End;

pub(super) fn check(crates: &[Crate]) -> Vec<Finding> {
    crates.iter().flat_map(check_crate).collect()
}

/// A child of a module naming another child, or a function of that module.
struct Arrow<'a> {
    file: &'a str,
    line: usize,
    from: &'a str,
    to: String,
}

fn check_crate(of: &Crate) -> Vec<Finding> {
    let mut siblings: BTreeMap<&[String], Vec<Arrow<'_>>> = BTreeMap::new();
    let mut upward: BTreeMap<_, Vec<_>> = BTreeMap::new();
    let mut downward = BTreeSet::new();
    for (from, module, line, ends) in of.named() {
        let file = module.file.as_str();
        for end in ends {
            let (to, name) = match end {
                End::Module(to) => (to, None),
                End::Item(to, name) => (to, Some(name)),
                End::Outside(_) => continue,
            };
            let common = from
                .iter()
                .zip(&to)
                .take_while(|(from, to)| from == to)
                .count();
            let above = from.get(..common).unwrap_or_default();
            match (from.get(common), to.get(common), name) {
                (Some(from), Some(to), _) => {
                    let to = to.clone();
                    siblings.entry(above).or_default().push(Arrow {
                        file,
                        line,
                        from,
                        to,
                    });
                }
                (None, Some(to), _) => drop(downward.insert((above, to.clone()))),
                (Some(from), None, Some(name)) if of.defines(above, &name) => {
                    upward
                        .entry((above, from, file))
                        .or_default()
                        .push((line, name));
                }
                _ => {}
            }
        }
    }
    let mut findings = Vec::new();
    for (parent, arrows) in siblings {
        if let Some(module) = of.modules.get(parent) {
            check_order(&module.file, &module.children, &arrows, &mut findings);
        }
    }
    // What is defined above (types, constants) may be used: a module and the file of its children are one idea.
    for ((above, child, file), functions) in upward {
        if downward.contains(&(above, child.clone())) {
            findings.push(circle(above, child, file, &functions));
        }
    }
    findings
}

fn circle(above: &[String], child: &str, file: &str, functions: &[(usize, String)]) -> Finding {
    let above = above.last().map_or("the crate's root", String::as_str);
    let names: BTreeSet<String> = functions
        .iter()
        .map(|(_, name)| format!("`{name}`"))
        .collect();
    let names = names.into_iter().collect::<Vec<_>>().join(", ");
    let problem = format!("`{child}` calls {names} of `{above}`, which uses `{child}`: a cycle");
    let fix = format!("move {names} into a module of `{above}` that is listed above `{child}`");
    let line = functions.first().map(|(line, _)| *line);
    Finding::new(file, problem, fix).at(line).into_warning()
}

/// Which module names which.
type Edges<'a> = BTreeMap<&'a str, BTreeSet<&'a str>>;

fn check_order(file: &str, children: &[String], arrows: &[Arrow<'_>], findings: &mut Vec<Finding>) {
    let mut edges = Edges::new();
    for Arrow { from, to, .. } in arrows {
        edges.entry(from).or_default().insert(to);
    }
    let position = |name: &str| children.iter().position(|child| child == name);
    let mut seen = BTreeSet::new();
    let mut too_early = Edges::new();
    for Arrow {
        file,
        line,
        from,
        to,
    } in arrows
    {
        if position(to) <= position(from) {
            continue;
        }
        if !reaches(&edges, to, from) {
            too_early.entry(from).or_default().insert(to);
        } else if seen.insert((file, to)) {
            let problem = format!("`{from}` uses `{to}`, which uses `{from}`: a cycle");
            let fix = "move what both need into a module of its own";
            findings.push(Finding::new(file, problem, fix).at(*line));
        }
    }
    if !too_early.is_empty() {
        let list = |names: BTreeSet<&str>| names.into_iter().collect::<Vec<_>>().join(", ");
        let early = too_early
            .into_iter()
            .map(|(name, used)| format!("`{name}` before {}", list(used)));
        let early = early.collect::<Vec<_>>().join("; ");
        let order = leaf_first(children, &edges).join(", ");
        findings.push(Finding::new(
            file,
            format!("modules are listed before what they use: {early}"),
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

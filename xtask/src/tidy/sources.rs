//! Source files: they say what they are, are small, and have names that mean something.

use super::code::{Crate, Function};
use super::finding::Finding;
use super::tree::Tree;

/// Lines without tests above which a file is asked why, and above which it is split.
const LONG: usize = 400;
const TOO_LONG: usize = 450;

/// Lines of a function, from `fn` to its closing brace, above which it is split.
const LONGEST_FUNCTION: usize = 60;

/// Names that say where something was put, not what it is.
const EMPTY_NAMES: &[&str] = &[
    "common", "helper", "helpers", "manager", "misc", "util", "utils",
];

pub(super) fn check(tree: &Tree, crates: &[Crate]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in tree.files().filter(|(path, _)| path.ends_with(".rs")) {
        let says = ["//!", "#![doc = include_str!"];
        if !says.iter().any(|start| text.starts_with(start)) {
            let problem = "the file does not say what it is";
            findings.push(Finding::new(path, problem, "begin with a `//!` sentence").at(1));
        }
        check_names(path, text, &mut findings);
    }
    for module in crates.iter().flat_map(|of| of.modules.values()) {
        check_size(&module.file, module.lines, &mut findings);
        for Function {
            name, line, lines, ..
        } in &module.functions
        {
            if *lines > LONGEST_FUNCTION {
                let problem = format!("`{name}` has {lines} lines");
                let fix =
                    format!("split it: {LONGEST_FUNCTION} are the limit, a function has one job");
                findings.push(Finding::new(&module.file, problem, fix).at(*line));
            }
        }
    }
    findings
}

fn check_names(path: &str, text: &str, findings: &mut Vec<Finding>) {
    const FIX: &str = "name it after what is in it, in the field's words";
    let problem = |name: &str| format!("`{name}` is no name for a module");
    for part in path.split('/') {
        let name = part.strip_suffix(".rs").unwrap_or(part);
        if EMPTY_NAMES.contains(&name) {
            findings.push(Finding::new(path, problem(name), FIX));
        }
    }
    if path.ends_with("/mod.rs") {
        let fix = "name the file after its folder: `name.rs` next to `name/`";
        findings.push(Finding::new(
            path,
            "`mod.rs` says nothing in a list of files",
            fix,
        ));
    }
    for (index, line) in text.lines().enumerate() {
        let words: Vec<&str> = line.split_whitespace().collect();
        if let [.., "mod", name, "{"] = words.as_slice()
            && EMPTY_NAMES.contains(name)
        {
            findings.push(Finding::new(path, problem(name), FIX).at(index + 1));
        }
    }
}

fn check_size(path: &str, lines: usize, findings: &mut Vec<Finding>) {
    let problem = format!("{lines} lines without the tests");
    if lines > TOO_LONG {
        let fix = format!("split it: {TOO_LONG} are the limit");
        findings.push(Finding::new(path, problem, fix));
    } else if lines > LONG {
        let fix = format!("consider what could leave: {LONG} are enough for one idea");
        findings.push(Finding::new(path, problem, fix).into_warning());
    }
}

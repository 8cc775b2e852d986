//! Source files: they say what they are, are small, have names that mean something, and nothing unfinished.

use super::code::{code_only, lines_before_tests, lines_naming};
use super::finding::Finding;
use super::tree::Tree;

/// Lines without tests above which a file is asked why, and above which it is split.
const LONG: usize = 400;
const TOO_LONG: usize = 600;

/// Names that say where something was put, not what it is.
const EMPTY_NAMES: &[&str] = &[
    "common", "helper", "helpers", "manager", "misc", "util", "utils",
];

/// What has no place in finished code, and what to write instead.
const UNFINISHED: &[(&str, &str)] = &[
    (
        "#[allow(",
        "repair it, or write `#[expect(…, reason = \"…\")]`",
    ),
    (
        "#![allow(",
        "repair it, or write `#![expect(…, reason = \"…\")]`",
    ),
    ("todo!", "write what is missing"),
    ("unimplemented!", "write what is missing"),
    ("dbg!", "delete it"),
];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    tree.rust("")
        .flat_map(|(path, text)| check_file(path, text))
        .collect()
}

fn check_file(path: &str, text: &str) -> Vec<Finding> {
    let code = code_only(text);
    let mut findings = Vec::new();
    if !["//!", "#![doc = include_str!"]
        .iter()
        .any(|start| text.starts_with(start))
    {
        findings.push(Finding::line(
            path,
            1,
            "the file does not say what it is",
            "begin with a `//!` sentence",
        ));
    }
    check_names(path, &code, &mut findings);
    check_size(path, &code, &mut findings);
    for (unwanted, fix) in UNFINISHED {
        for line in lines_naming(&code, unwanted) {
            let name = unwanted
                .trim_start_matches(['#', '!', '['])
                .trim_end_matches('(');
            findings.push(Finding::line(
                path,
                line,
                format!("`{name}` in the code"),
                *fix,
            ));
        }
    }
    findings
}

fn check_names(path: &str, code: &str, findings: &mut Vec<Finding>) {
    const FIX: &str = "name it after what is in it, in the field's words";
    let parts: Vec<&str> = path.split('/').collect();
    for part in &parts {
        let name = part.strip_suffix(".rs").unwrap_or(part);
        if EMPTY_NAMES.contains(&name) {
            findings.push(Finding::file(
                path,
                format!("`{name}` is no name for a module"),
                FIX,
            ));
        }
    }
    if parts.last() == Some(&"mod.rs") {
        let fix = "name the file after its folder: `name.rs` next to `name/`";
        findings.push(Finding::file(
            path,
            "`mod.rs` says nothing in a list of files",
            fix,
        ));
    }
    for name in EMPTY_NAMES {
        for line in lines_naming(code, &format!("mod {name} {{")) {
            findings.push(Finding::line(
                path,
                line,
                format!("`{name}` is no name for a module"),
                FIX,
            ));
        }
    }
}

/// Files that hold tests only are as long as their tables.
fn check_size(path: &str, code: &str, findings: &mut Vec<Finding>) {
    if path
        .split('/')
        .any(|part| part == "tests" || part == "tests.rs")
    {
        return;
    }
    let lines = lines_before_tests(code);
    let problem = format!("{lines} lines without the tests");
    if lines > TOO_LONG {
        findings.push(Finding::file(
            path,
            problem,
            format!("split it: {TOO_LONG} are the limit"),
        ));
    } else if lines > LONG {
        let fix = format!("consider what could leave: {LONG} are enough for one idea");
        findings.push(Finding::file(path, problem, fix).into_warning());
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::Severity;
    use super::*;

    fn problems(path: &str, text: &str) -> Vec<(Option<usize>, String)> {
        let findings = check_file(path, text);
        findings
            .into_iter()
            .map(|finding| (finding.line, finding.problem))
            .collect()
    }

    #[test]
    fn a_file_says_what_it_is() {
        assert_eq!(problems("a/src/x.rs", "//! Things.\n"), []);
        assert_eq!(
            problems("a/src/lib.rs", "#![doc = include_str!(\"../README.md\")]\n"),
            []
        );
        for text in ["", "use a;\n//! late", "// not docs"] {
            let wanted = (Some(1), "the file does not say what it is".to_owned());
            assert_eq!(problems("a/src/x.rs", text), [wanted], "{text}");
        }
    }

    #[test]
    fn names_mean_something() {
        for path in [
            "a/src/utils.rs",
            "a/src/helpers/x.rs",
            "a/tests/common/x.rs",
            "a/src/misc.rs",
        ] {
            assert_eq!(problems(path, "//! x").len(), 1, "{path}");
        }
        assert_eq!(problems("a/src/x/mod.rs", "//! x").len(), 1);
        assert_eq!(
            problems("a/src/x.rs", "//! x\npub mod utils {}\n")[0].0,
            Some(2)
        );
        assert_eq!(problems("a/src/commons.rs", "//! x\nmod utilities {}"), []);
    }

    #[test]
    fn nothing_unfinished_is_left() {
        for (text, line) in [
            ("//! x\n#[allow(dead_code)]\nfn f() {}", 2),
            ("//! x\n#![allow(dead_code)]", 2),
            ("//! x\nfn f() {\n    todo!()\n}", 3),
            ("//! x\nfn f() { unimplemented!(\"y\") }", 2),
            ("//! x\nfn f() { dbg!(1); }", 2),
            ("//! x\n#[cfg(test)]\nmod tests { fn f() { todo!() } }", 3),
        ] {
            let found = problems("a/src/x.rs", text);
            assert_eq!(
                found.iter().map(|(line, _)| *line).collect::<Vec<_>>(),
                [Some(line)],
                "{text}"
            );
        }
        assert_eq!(
            problems("a/src/x.rs", "//! todo!\nfn f() { g(\"dbg!\") } // todo!"),
            []
        );
    }

    #[test]
    fn long_files_are_asked_and_longer_ones_refused() {
        let text = |lines: usize| format!("//! x\n{}", "fn f() {}\n".repeat(lines - 1));
        let severities = |path: &str, text: &str| {
            check_file(path, text)
                .iter()
                .map(|finding| finding.severity)
                .collect::<Vec<_>>()
        };
        assert_eq!(severities("a/src/x.rs", &text(400)), []);
        assert_eq!(severities("a/src/x.rs", &text(401)), [Severity::Warning]);
        assert_eq!(severities("a/src/x.rs", &text(600)), [Severity::Warning]);
        assert_eq!(severities("a/src/x.rs", &text(601)), [Severity::Error]);
        assert_eq!(severities("a/src/x/tests.rs", &text(601)), []);
        assert_eq!(severities("a/tests/x.rs", &text(601)), []);
        let tests = format!(
            "{}#[cfg(test)]\nmod tests {{\n{}}}",
            text(400),
            "\n".repeat(900)
        );
        assert_eq!(severities("a/src/x.rs", &tests), []);
    }
}

//! Rust text as far as the rules need it: what is code and what is not, where the tests begin, which paths are named.

/// The text with comments and literals blanked out. Lines stay where they are.
pub(super) fn code_only(text: &str) -> String {
    let mut scanner = Scanner {
        rest: text,
        code: String::with_capacity(text.len()),
    };
    while !scanner.rest.is_empty() {
        scanner.step();
    }
    scanner.code
}

/// How many lines come before the module of tests, or all of them when there is none.
pub(super) fn lines_before_tests(code: &str) -> usize {
    const MARK: &str = "#[cfg(test)]";
    code.match_indices(MARK)
        .find(|(at, _)| code.get(at + MARK.len()..).is_some_and(opens_module))
        .and_then(|(at, _)| code.get(..at))
        .map_or_else(|| code.lines().count(), newlines)
}

/// The lines, counted from 1, where `needle` stands and is not the end of a longer word or path.
pub(super) fn lines_naming<'a>(
    code: &'a str,
    needle: &'a str,
) -> impl Iterator<Item = usize> + use<'a> {
    occurrences(code, needle).map(|(before, _)| newlines(before) + 1)
}

/// The first names of paths from the crate's root in a file `depth` modules below it, with their lines.
///
/// These are `crate::name`, `crate::{name, other::thing}`, and the same after `super::` as often as `depth` says.
pub(super) fn names_from_root(code: &str, depth: usize) -> Vec<(usize, String)> {
    let supers = "super::".repeat(depth);
    ["crate::", supers.as_str()]
        .into_iter()
        .filter(|prefix| !prefix.is_empty())
        .flat_map(|prefix| {
            occurrences(code, prefix).flat_map(|(before, after)| {
                let line = newlines(before) + 1;
                first_names(after).into_iter().map(move |name| (line, name))
            })
        })
        .filter(|(_, name)| name != "super")
        .collect()
}

/// The identifier a text begins with; empty when it begins with something else.
pub(super) fn identifier(text: &str) -> &str {
    let end = text.find(|c| !is_word(c)).unwrap_or(text.len());
    text.get(..end).unwrap_or_default()
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn newlines(text: &str) -> usize {
    text.matches('\n').count()
}

/// What stands before and after each occurrence of `needle` that starts a path.
fn occurrences<'a>(
    code: &'a str,
    needle: &'a str,
) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
    code.match_indices(needle)
        .filter_map(|(at, found)| Some((code.get(..at)?, code.get(at + found.len()..)?)))
        .filter(|(before, _)| !before.ends_with(|c| is_word(c) || c == ':'))
}

/// The names a path continues with: one, or the first of each branch of `{…}`.
fn first_names(after: &str) -> Vec<String> {
    let Some(group) = after.strip_prefix('{') else {
        return Some(identifier(after))
            .filter(|name| !name.is_empty())
            .map(str::to_owned)
            .into_iter()
            .collect();
    };
    let mut depth = 0_usize;
    let mut top_level = String::new();
    for c in group.chars() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            _ if depth == 0 => top_level.push(c),
            _ => {}
        }
    }
    top_level
        .split(',')
        .map(|branch| identifier(branch.trim_start()))
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Whether an item follows, after more attributes, that is a module with a body.
fn opens_module(after: &str) -> bool {
    let mut rest = after.trim_start();
    while rest.starts_with("#[") {
        let mut depth = 0_usize;
        let end = rest.find(|c| {
            match c {
                '[' => depth += 1,
                ']' => depth = depth.saturating_sub(1),
                _ => {}
            }
            c == ']' && depth == 0
        });
        rest = end
            .and_then(|end| rest.get(end + 1..))
            .unwrap_or_default()
            .trim_start();
    }
    rest.starts_with("mod ")
        && rest
            .find(['{', ';'])
            .is_some_and(|at| rest.get(at..).is_some_and(|s| s.starts_with('{')))
}

struct Scanner<'a> {
    rest: &'a str,
    code: String,
}

impl Scanner<'_> {
    fn step(&mut self) {
        if self.rest.starts_with("//") {
            self.blank_while(|c| c != '\n');
        } else if self.rest.starts_with("/*") {
            self.block_comment();
        } else if let Some(hashes) = self.raw_string() {
            self.blank_while(|c| c != '"');
            self.blank();
            self.blank_past(&format!("\"{}", "#".repeat(hashes)));
        } else if self.rest.starts_with('"') {
            self.blank();
            self.escaped_until('"');
        } else if self.at_character() {
            self.blank();
            self.escaped_until('\'');
        } else if let Some(c) = self.next() {
            self.code.push(c);
        }
    }

    fn next(&mut self) -> Option<char> {
        let mut chars = self.rest.chars();
        let next = chars.next();
        self.rest = chars.as_str();
        next
    }

    fn blank(&mut self) {
        if let Some(c) = self.next() {
            self.code.push(if c == '\n' { '\n' } else { ' ' });
        }
    }

    fn blank_while(&mut self, keep_going: impl Fn(char) -> bool) {
        while self.rest.starts_with(&keep_going) {
            self.blank();
        }
    }

    fn blank_past(&mut self, end: &str) {
        while !self.rest.is_empty() && !self.rest.starts_with(end) {
            self.blank();
        }
        for _ in end.chars() {
            self.blank();
        }
    }

    fn escaped_until(&mut self, quote: char) {
        while !self.rest.is_empty() && !self.rest.starts_with(quote) {
            if self.rest.starts_with('\\') {
                self.blank();
            }
            self.blank();
        }
        self.blank();
    }

    /// Block comments nest.
    fn block_comment(&mut self) {
        let mut depth = 0_usize;
        while !self.rest.is_empty() {
            if self.rest.starts_with("/*") {
                depth += 1;
                self.blank();
            } else if self.rest.starts_with("*/") {
                depth = depth.saturating_sub(1);
                self.blank();
            }
            self.blank();
            if depth == 0 {
                return;
            }
        }
    }

    /// How many hashes the raw string here has, when there is one.
    fn raw_string(&self) -> Option<usize> {
        let text = self
            .rest
            .strip_prefix(['b', 'c'])
            .unwrap_or(self.rest)
            .strip_prefix('r')?;
        let unhashed = text.trim_start_matches('#');
        unhashed
            .starts_with('"')
            .then(|| text.len() - unhashed.len())
    }

    /// A quote opens a character, or else a lifetime.
    fn at_character(&self) -> bool {
        let mut chars = self.rest.chars();
        chars.next() == Some('\'') && (chars.next() == Some('\\') || chars.next() == Some('\''))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_literals_are_no_code() {
        for (text, code) in [
            ("a // dbg!\nb", "a|b"),
            ("a /* x /* y */ z */ b", "a b"),
            ("f(\"x\\\"y\", 1)", "f( , 1)"),
            ("f(r#\"a\"b\"#)", "f( )"),
            ("f(br\"a\\\") + c\"d\"", "f( ) + c"),
            ("'\"' + '\\'' + 'a", "+ + 'a"),
            ("fn f<'a>(x: &'a str) {}", "fn f<'a>(x: &'a str) {}"),
            ("x \"two\nlines\" y", "x| y"),
            ("for r in 0..1 {}", "for r in 0..1 {}"),
        ] {
            let found = code_only(text);
            assert_eq!(found.len(), text.len(), "{text}");
            let words = found
                .split(' ')
                .filter(|word| !word.is_empty())
                .collect::<Vec<_>>()
                .join(" ");
            assert_eq!(
                words.replace(" \n", "\n").replace('\n', "|"),
                code,
                "{text}"
            );
        }
    }

    #[test]
    fn unfinished_literals_end_with_the_text() {
        for text in ["\"a", "'\\", "/* a", "r##\"a\"#", "\"a\\"] {
            assert_eq!(code_only(text).len(), text.len(), "{text}");
        }
    }

    #[test]
    fn tests_begin_at_the_module_of_tests() {
        for (code, lines) in [
            ("a\nb\n#[cfg(test)]\nmod tests {\n}\n", 2),
            (
                "a\n#[cfg(test)]\n#[expect(\n    x[1],\n)]\nmod tests {\n}\n",
                1,
            ),
            ("a\n#[cfg(test)]\nmod tests;\nb\n", 4),
            (
                "a\n#[cfg(test)]\nuse b;\nc\n#[cfg(test)]\nmod tests {}\n",
                4,
            ),
            ("a\nb", 2),
        ] {
            assert_eq!(lines_before_tests(code), lines, "{code}");
        }
    }

    #[test]
    fn names_are_whole_words() {
        let code = "todo!()\nmy_todo!()\nx::todo!()\n(todo!())";
        assert_eq!(lines_naming(code, "todo!").collect::<Vec<_>>(), [1, 4]);
    }

    #[test]
    fn paths_from_the_root_are_seen_in_every_form() {
        for (code, depth, names) in [
            ("use crate::link::Link;", 1, vec![(1, "link")]),
            ("\nfn f() { crate::page::read() }", 1, vec![(2, "page")]),
            (
                "use crate::{a::{b, c}, d, e as f};",
                1,
                vec![(1, "a"), (1, "d"), (1, "e")],
            ),
            ("use super::page;", 1, vec![(1, "page")]),
            ("use super::page;", 2, vec![]),
            ("use super::super::page;", 2, vec![(1, "page")]),
            ("use super::super::page;", 1, vec![]),
            ("use my_crate::page;", 1, vec![]),
            ("use crate::*;", 1, vec![]),
        ] {
            let found = names_from_root(code, depth);
            let found: Vec<_> = found
                .iter()
                .map(|(line, name)| (*line, name.as_str()))
                .collect();
            assert_eq!(found, names, "{code}");
        }
    }
}

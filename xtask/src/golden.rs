//! Goldens: files that say what came out when it was last looked at.

use std::fmt::Write as _;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use anyhow::Context as _;

/// Unchanged lines that are shown around a change.
const CONTEXT: usize = 3;

/// The longest difference that is shown, in lines.
const LONGEST: usize = 120;

/// The most pairs of lines that are compared: beyond it all old lines are shown as gone and all new ones as come.
const MOST_PAIRS: usize = 16_000_000;

/// What is done with what came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// It is compared with the golden.
    Compare,
    /// It becomes the golden.
    Bless,
}

/// Compares `actual` with the file at `path`, or writes it there. Returns what differs, if something does.
///
/// # Errors
///
/// When the file cannot be read or written.
pub fn check(path: &Path, actual: &str, mode: Mode) -> anyhow::Result<Option<String>> {
    let doing = || format!("the golden `{}`", path.display());
    if mode == Mode::Bless {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).with_context(doing)?;
        }
        fs::write(path, actual).with_context(doing)?;
        return Ok(None);
    }
    let expected = match fs::read_to_string(path) {
        Ok(text) => text.replace("\r\n", "\n"),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Ok(Some(format!("{} is missing\n", doing())));
        }
        Err(error) => return Err(error).with_context(doing),
    };
    Ok((expected != actual).then(|| diff(&expected, actual)))
}

/// The difference of two texts, line by line.
///
/// ```
/// use xtask::golden::diff;
///
/// assert_eq!(diff("a\nb\nc\n", "a\nB\nc\n"), "  a\n- b\n+ B\n  c\n");
/// ```
#[must_use]
pub fn diff(expected: &str, actual: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (lines(expected), lines(actual));
    let script = script(&old, &new);
    let near = |at: usize| {
        let from = at.saturating_sub(CONTEXT);
        let around = script.iter().skip(from).take(at - from + CONTEXT + 1);
        around.into_iter().any(|(sign, _)| *sign != ' ')
    };
    let shown: Vec<usize> = (0..script.len()).filter(|at| near(*at)).collect();
    let mut text = String::new();
    let mut last = None;
    for at in shown.iter().take(LONGEST) {
        if last.is_some_and(|last| last + 1 < *at) {
            text.push_str("  …\n");
        }
        if let Some((sign, line)) = script.get(*at) {
            let _ = writeln!(text, "{sign} {line}");
        }
        last = Some(*at);
    }
    if shown.len() > LONGEST {
        let _ = writeln!(text, "  … and {} lines more", shown.len() - LONGEST);
    }
    text
}

/// The lines with their ends, so that a missing last newline is a difference.
fn lines(text: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = text.split('\n').collect();
    if lines.last().is_some_and(|last| last.is_empty()) {
        lines.pop();
    } else {
        lines.push("(no newline at the end)");
    }
    lines
}

/// Every line with what becomes of it: `-` goes, `+` comes, ` ` stays.
fn script<'t>(old: &[&'t str], new: &[&'t str]) -> Vec<(char, &'t str)> {
    let head = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let (old, new, same) = split(old, new, head);
    let tail = (old.iter().rev())
        .zip(new.iter().rev())
        .take_while(|(a, b)| a == b)
        .count();
    let end = old.get(old.len() - tail..).unwrap_or_default();
    let old = old.get(..old.len() - tail).unwrap_or_default();
    let new = new.get(..new.len() - tail).unwrap_or_default();

    let mut script: Vec<(char, &str)> = same.iter().map(|line| (' ', *line)).collect();
    let kept = common(old, new);
    let (mut old, mut new) = (old.iter(), new.iter());
    for line in kept {
        script.extend(
            old.by_ref()
                .take_while(|it| **it != line)
                .map(|it| ('-', *it)),
        );
        script.extend(
            new.by_ref()
                .take_while(|it| **it != line)
                .map(|it| ('+', *it)),
        );
        script.push((' ', line));
    }
    script.extend(old.map(|line| ('-', *line)));
    script.extend(new.map(|line| ('+', *line)));
    script.extend(end.iter().map(|line| (' ', *line)));
    script
}

type Split<'a, 't> = (&'a [&'t str], &'a [&'t str], &'a [&'t str]);

/// Both texts after their first `head` lines, and those lines.
fn split<'a, 't>(old: &'a [&'t str], new: &'a [&'t str], head: usize) -> Split<'a, 't> {
    let (same, old) = old.split_at_checked(head).unwrap_or_default();
    let (_, new) = new.split_at_checked(head).unwrap_or_default();
    (old, new, same)
}

/// A longest common subsequence.
fn common<'t>(old: &[&'t str], new: &[&'t str]) -> Vec<&'t str> {
    if old.len().saturating_mul(new.len()) > MOST_PAIRS {
        return Vec::new();
    }
    // `lengths[i][j]` is the length of the longest one of `old[i..]` and `new[j..]`.
    let mut lengths = vec![vec![0_u32; new.len() + 1]; old.len() + 1];
    let at = |lengths: &[Vec<u32>], i: usize, j: usize| {
        lengths
            .get(i)
            .and_then(|row| row.get(j))
            .copied()
            .unwrap_or_default()
    };
    for (i, a) in old.iter().enumerate().rev() {
        for (j, b) in new.iter().enumerate().rev() {
            let length = if a == b {
                at(&lengths, i + 1, j + 1) + 1
            } else {
                at(&lengths, i + 1, j).max(at(&lengths, i, j + 1))
            };
            if let Some(cell) = lengths.get_mut(i).and_then(|row| row.get_mut(j)) {
                *cell = length;
            }
        }
    }
    let (mut i, mut j, mut kept) = (0, 0, Vec::new());
    while let (Some(a), Some(b)) = (old.get(i), new.get(j)) {
        if a == b {
            kept.push(*a);
            (i, j) = (i + 1, j + 1);
        } else if at(&lengths, i + 1, j) >= at(&lengths, i, j + 1) {
            i += 1;
        } else {
            j += 1;
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_shows_what_changed_and_what_is_around() {
        let old: String = (0..20).map(|n| format!("{n}\n")).collect();
        let new = old.replace("10\n", "ten\n").replace("19\n", "");
        assert_eq!(
            diff(&old, &new),
            "  7\n  8\n  9\n- 10\n+ ten\n  11\n  12\n  13\n  …\n  16\n  17\n  18\n- 19\n"
        );
        assert_eq!(diff("a\n", "a"), "  a\n+ (no newline at the end)\n");
        assert_eq!(diff("a\nx\nb\n", "a\nb\ny\n"), "  a\n- x\n  b\n+ y\n");
        assert_eq!(diff("", "a\n"), "+ a\n");
    }

    #[test]
    fn what_came_out_is_compared_until_it_is_blessed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/golden.txt");
        assert!(
            check(&path, "a\n", Mode::Compare)
                .unwrap()
                .unwrap()
                .contains("missing")
        );
        assert_eq!(check(&path, "a\n", Mode::Bless).unwrap(), None);
        assert_eq!(check(&path, "a\n", Mode::Compare).unwrap(), None);
        assert_eq!(
            check(&path, "b\n", Mode::Compare).unwrap().unwrap(),
            "- a\n+ b\n"
        );
    }
}

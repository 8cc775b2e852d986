//! "Did you mean": the nearest of a few known words.

/// The word of `known` that differs from `written` by the fewest edits, case aside; `None` when all are far.
///
/// One edit is allowed for every three letters, at least one.
pub(crate) fn nearest<'a>(
    written: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let written: Vec<char> = written
        .chars()
        .take(LONGEST)
        .flat_map(char::to_lowercase)
        .collect();
    known
        .into_iter()
        .map(|word| (distance(&written, &word.to_lowercase()), word))
        .filter(|(edits, word)| *edits <= (word.len() / 3).max(1))
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, word)| word)
}

/// No known word is as long, so nothing is lost by looking no further.
const LONGEST: usize = 64;

/// Levenshtein's distance, two letters that changed places counting as one edit; one row at a time.
fn distance(from: &[char], to: &str) -> usize {
    let mut above: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=from.len()).collect();
    let mut before = None;
    for (line, target) in to.chars().enumerate() {
        let mut next = vec![line + 1];
        let mut left = line + 1;
        for (column, source) in from.iter().enumerate() {
            let cell =
                |row: &[usize], column: usize| row.get(column).copied().unwrap_or(line + column);
            let replaced = cell(&row, column) + usize::from(*source != target);
            left = replaced.min(cell(&row, column + 1) + 1).min(left + 1);
            // A word of two letters that change places is another word.
            if let Some(earlier) = column.checked_sub(1)
                && from.len() > 2
                && from.get(earlier) == Some(&target)
                && before == Some(*source)
            {
                left = left.min(cell(&above, earlier) + 1);
            }
            next.push(left);
        }
        above = std::mem::replace(&mut row, next);
        before = Some(target);
    }
    row.last().copied().unwrap_or_default()
}

/// `a`, `b` or `c`, in backticks.
pub(crate) fn alternatives(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_wins() {
        let words = ["eq", "sw", "co", "status", "lastUpdated"];
        let table = [
            ("eqq", Some("eq")),
            ("ws", None),
            ("s", Some("sw")),
            ("Status", Some("status")),
            ("statsu", Some("status")),
            ("sttaus", Some("status")),
            ("last_updated", Some("lastUpdated")),
            ("department", None),
            ("", None),
        ];
        for (written, expected) in table {
            assert_eq!(nearest(written, words), expected, "{written}");
        }
    }
}

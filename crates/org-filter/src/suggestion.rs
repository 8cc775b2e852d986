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

/// Levenshtein's distance, one row at a time.
fn distance(from: &[char], to: &str) -> usize {
    let mut row: Vec<usize> = (0..=from.len()).collect();
    for (line, target) in to.chars().enumerate() {
        let mut diagonal = line;
        let mut left = line + 1;
        for (cell, source) in row.iter_mut().skip(1).zip(from) {
            let replaced = diagonal + usize::from(*source != target);
            diagonal = *cell;
            left = replaced.min(*cell + 1).min(left + 1);
            *cell = left;
        }
        if let Some(first) = row.first_mut() {
            *first = line + 1;
        }
    }
    row.last().copied().unwrap_or_default()
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
            ("last_updated", Some("lastUpdated")),
            ("department", None),
            ("", None),
        ];
        for (written, expected) in table {
            assert_eq!(nearest(written, words), expected, "{written}");
        }
    }
}

//! "Did you mean": the known word that a misspelt one is nearest to.

/// The nearest of the known words, case aside, when few letters differ: one in three, and at least one.
pub(super) fn nearest<'a>(
    written: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let most = (written.chars().count() / 3).max(1);
    known
        .into_iter()
        .map(|word| (distance(written, word), word))
        .filter(|(edits, _)| *edits <= most)
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, word)| word)
}

/// Letters that have to be added, dropped or replaced, by one row of Levenshtein's table at a time.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.to_lowercase().chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (line, source) in from.to_lowercase().chars().enumerate() {
        let mut diagonal = line;
        let mut left = line + 1;
        if let Some(first) = row.first_mut() {
            *first = left;
        }
        for (cell, target) in row.iter_mut().skip(1).zip(&to) {
            let replaced = diagonal + usize::from(source != *target);
            diagonal = *cell;
            left = replaced.min(*cell + 1).min(left + 1);
            *cell = left;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_words_are_found_and_far_ones_are_not() {
        let words = ["lower", "kebab", "profile"];
        for (written, word) in [
            ("lowr", Some("lower")),
            ("LOWER", Some("lower")),
            ("profil", Some("profile")),
            ("kebap", Some("kebab")),
            ("snake", None),
            ("", None),
        ] {
            assert_eq!(nearest(written, words), word, "{written}");
        }
    }
}

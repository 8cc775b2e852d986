//! "Did you mean": the nearest of a few known words.

/// The word of `known` that differs from `written` by the fewest edits, case aside; `None` when all are far.
///
/// One edit is allowed for every three letters, at least one.
pub(crate) fn nearest<'a>(
    written: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let written: String = written
        .chars()
        .take(LONGEST)
        .flat_map(char::to_lowercase)
        .collect();
    // Two letters that changed places are one edit; a word of two letters is another word then.
    let distance = if written.chars().nth(2).is_some() {
        strsim::osa_distance
    } else {
        strsim::levenshtein
    };
    known
        .into_iter()
        .map(|word| (distance(&written, &word.to_lowercase()), word))
        .filter(|(edits, word)| *edits <= (word.len() / 3).max(1))
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, word)| word)
}

/// No known word is as long, so nothing is lost by looking no further.
const LONGEST: usize = 64;

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

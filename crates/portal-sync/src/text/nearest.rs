//! "Did you mean": the known word nearest to a misspelt one.

/// The candidate nearest to `word`, when one is near enough to be what was meant: one letter in three, and three at most,
/// added, dropped, replaced or swapped with its neighbour. Case does not count.
pub(crate) fn nearest<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let limit = (word.chars().count() / 3).clamp(1, 3);
    let word = word.to_lowercase();
    candidates
        .into_iter()
        .map(|candidate| {
            (
                strsim::osa_distance(&word, &candidate.to_lowercase()),
                candidate,
            )
        })
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// The words as a person lists them: `a`, `b` and `c`.
pub(crate) fn listed<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let quoted: Vec<String> = words.into_iter().map(|word| format!("`{word}`")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_is_found_or_none() {
        let keys = ["userFilter", "groupFilter", "clientId", "keyId"];
        for (word, expected) in [
            ("usrFilter", Some("userFilter")),
            ("groupfilter", Some("groupFilter")),
            ("clientID", Some("clientId")),
            ("kyeId", Some("keyId")),
            ("groupsFilters", Some("groupFilter")),
            ("hierarchy", None),
            ("x", None),
            ("", None),
        ] {
            assert_eq!(nearest(word, keys), expected, "{word}");
        }
    }
}

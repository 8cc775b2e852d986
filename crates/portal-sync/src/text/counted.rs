//! Numbers with the noun that fits them.

/// `1 group`, `300 groups`.
pub(crate) fn counted(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", noun(number, one, many))
}

/// The noun for so many: one for 1 only.
pub(crate) const fn noun<'a>(number: usize, one: &'a str, many: &'a str) -> &'a str {
    if number == 1 { one } else { many }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_is_one() {
        for (number, text) in [
            (0, "0 groups"),
            (1, "1 group"),
            (2, "2 groups"),
            (11, "11 groups"),
        ] {
            assert_eq!(counted(number, "group", "groups"), text);
        }
    }
}

//! Whether a secret can be guessed by whoever tries the obvious.

use std::collections::BTreeSet;

/// How many different characters must be left of a secret once everything predictable is left out.
pub(super) const MIN_DIFFERENT: usize = 5;

/// How long a piece must be to count as a sequence or as one that was there before. Shorter ones are in random texts, too.
const PIECE: usize = 4;

/// The orders in which people type what is to look random; each also backwards.
const ORDERS: [&str; 2] = ["012345678901", "qwertyuiopasdfghjklzxcvbnm"];

/// What stands in templates and in lists of the most used passwords.
const WORDS: [&str; 11] = [
    "password",
    "passw0rd",
    "changeme",
    "change-me",
    "change_me",
    "placeholder",
    "replaceme",
    "replace-me",
    "letmein",
    "please",
    "secret",
];

/// Whether a secret can be guessed: when fewer than [`MIN_DIFFERENT`] different characters are left of it without words
/// such as `password`, sequences such as `1234` or `qwerty`, and pieces that were there before. Case does not count.
///
/// It finds what people type, and says nothing of what a program made that is badly seeded.
pub(super) fn is_guessable(secret: &str) -> bool {
    let mut rest = secret.to_lowercase();
    for word in WORDS {
        rest = rest.replace(word, "");
    }
    let rest: Vec<char> = rest.chars().collect();
    let in_order = |pair: &[char]| matches!(pair, [one, next] if follows(*one, *next));
    let against_order = |pair: &[char]| matches!(pair, [one, next] if follows(*next, *one));

    let mut left_out = vec![false; rest.len()];
    let mut seen = BTreeSet::new();
    for (at, piece) in rest.windows(PIECE).enumerate() {
        let is_sequence = piece.windows(2).all(in_order) || piece.windows(2).all(against_order);
        if !seen.insert(piece) || is_sequence {
            left_out
                .iter_mut()
                .skip(at)
                .take(PIECE)
                .for_each(|out| *out = true);
        }
    }
    let different: BTreeSet<char> = rest
        .iter()
        .zip(&left_out)
        .filter(|(_, out)| !**out)
        .map(|(c, _)| *c)
        .collect();
    different.len() < MIN_DIFFERENT
}

/// Whether `next` comes after `one` in one of the orders.
fn follows(one: char, next: char) -> bool {
    ORDERS.iter().any(|order| {
        order
            .chars()
            .zip(order.chars().skip(1))
            .any(|pair| pair == (one, next))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_people_type_can_be_guessed() {
        for secret in [
            "aaaaaaaaaaaaaaaaaaaaaaaa",
            "abababababababab",
            "changemechangeme",
            "ChangeMe-ChangeMe",
            "change-me-please",
            "passwordpassword",
            "passwordpassword1",
            "PasswordPassword123!",
            "Passw0rd12345678",
            "1234567890123456",
            "6543210987654321",
            "qwertyuiopasdfgh",
            "qwertzqwertzqwertz",
            "letmeinletmeinletmein",
            "secretsecretsecret",
            "0000000000000000000000000000000000",
            "----------------",
            "placeholder-placeholder",
        ] {
            assert!(is_guessable(secret), "{secret}");
        }
    }

    #[test]
    fn what_was_drawn_cannot() {
        for secret in [
            "kP3v9QxLw2ZrTn8s",
            "8f14e45fceea167a5a36dedd4bea2543",
            "Zm9vYmFyMTIzNDU2Nzg5MGFiY2RlZg==",
            "correct-horse-battery-staple",
            "6f1c0e52-8a0b-4f7e-9d35-2b1c7e80a9d4",
            "page-token-c2VjcmV0",
            // Not drawn, but of enough characters to be told apart from what is typed to have it over with.
            "test-token-0123456789",
            "0123456789abcdef0123456789abcdef",
            "a-token-of-the-test",
            "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl",
        ] {
            assert!(!is_guessable(secret), "{secret}");
        }
    }

    proptest! {
        /// What the fix of the message makes is taken: 32 characters of base64 from 24 random bytes.
        #[test]
        fn random_ones_are_taken(bytes in proptest::array::uniform24(any::<u8>())) {
            use base64::Engine as _;
            let different: BTreeSet<u8> = bytes.iter().copied().collect();
            // Shrunk cases are not random any more.
            prop_assume!(different.len() > 16);
            let token = base64::engine::general_purpose::STANDARD.encode(bytes);
            prop_assert!(!is_guessable(&token), "{token}");
        }

        /// Writing it twice makes no good one of a bad one.
        #[test]
        fn a_second_time_adds_nothing(text in "[ -~]{4,64}") {
            prop_assert!(!is_guessable(&text) || is_guessable(&text.repeat(2)), "{text}");
        }
    }
}

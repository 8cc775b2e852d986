//! The names against Roadie's, which `xtask/naming/roadie.mjs` has recorded, and the laws of ours.

use catalog_model::EntityName;

use super::*;

const TABLE: &str = include_str!("../../../../../fixtures/naming/roadie.tsv");

/// What Roadie makes of one text by one strategy, and whether Backstage takes it.
struct Recorded {
    text: Option<String>,
    is_name: bool,
}

fn recorded() -> impl Iterator<Item = (String, [Recorded; 4])> {
    let text = |cell: &str| -> String { serde_json::from_str(cell).unwrap() };
    TABLE.lines().skip(1).map(move |line| {
        let cells: Vec<&str> = line.split('\t').collect();
        let recorded = |at: usize| Recorded {
            text: (cells[at] != "throws").then(|| text(cells[at])),
            is_name: cells[at + 1] == "valid",
        };
        (text(cells[0]), [1, 3, 5, 7].map(recorded))
    })
}

/// What Roadie's `strip-domain-email` gives.
fn strip_domain(email: &str) -> &str {
    email.split_once('@').map_or("", |(local, _)| local)
}

fn is_valid(name: &str) -> bool {
    EntityName::parse(name).is_ok()
}

#[test]
fn texts_are_those_of_roadie_to_the_byte() {
    let mut rows = 0;
    for (input, [local, kebab, email, slug]) in recorded() {
        assert_eq!(
            Some(strip_domain(&input)),
            local.text.as_deref(),
            "{input:?}"
        );
        assert_eq!(Some(kebab_case(&input)), kebab.text, "{input:?}");
        assert_eq!(slugify_email(&input), email.text, "{input:?}");
        assert_eq!(Some(slugify(&input)), slug.text, "{input:?}");
        rows += 1;
    }
    assert!(rows >= 600, "{rows} rows");
}

#[test]
fn valid_names_are_kept_and_others_repaired() {
    for (input, [local, kebab, email, _]) in recorded() {
        for (recorded, ours) in [
            (local, strip_domain_name(&input)),
            (kebab, kebab_case_name(&input)),
            (email, slugify_email_name(&input)),
        ] {
            let text = recorded.text.unwrap_or_default();
            assert_eq!(is_valid(&text), recorded.is_name, "{text:?}");
            match ours {
                Some(name) if recorded.is_name => assert_eq!(name, text, "{input:?}"),
                Some(name) => assert!(is_valid(&name), "{input:?}: {name:?}"),
                None => assert!(!has_letters(&text), "{input:?} lost {text:?}"),
            }
        }
    }
}

/// Whether a name could be made: there is a letter or digit that has a counterpart in ASCII.
fn has_letters(text: &str) -> bool {
    text.chars().any(|character| {
        let ascii = transliterated(character).unwrap_or_default();
        ascii.contains(|ascii: char| ascii.is_ascii_alphanumeric())
    })
}

#[test]
fn texts_become_valid_names() {
    for (text, name) in [
        ("jane", Some("jane")),
        ("John.Doe", Some("John.Doe")),
        ("john+dev", Some("john-dev")),
        ("o'brien", Some("obrien")),
        ("josé", Some("jose")),
        ("_svc", Some("svc")),
        ("john.", Some("john")),
        ("a  &  b", Some("a-b")),
        ("a. b", Some("a.b")),
        ("a - b_ c", Some("a-b_c")),
        ("雪.田中", Some("Xue.Tian-Zhong")),
        ("李雷", Some("Li-Lei")),
        ("Straße", Some("Strasse")),
        ("🚀", None),
        ("   ", None),
        ("", None),
        ("...", None),
    ] {
        assert_eq!(valid(text).as_deref(), name, "{text:?}");
    }
}

#[test]
fn what_roadie_makes_invalid_is_repaired() {
    for (input, local, kebab, slug) in [
        ("李雷@x.cn", "Li-Lei", "li-lei-x-cn", "li-lei-x.cn"),
        ("_svc@x.com", "svc", "svc-x-com", "svc-x.com"),
        ("o'brien@x.com", "obrien", "obrien-x-com", "obrien-x.com"),
        ("иван@пример.рф", "ivan", "ivan-primer-rf", "ivan-primer.rf"),
        ("@x.com", "", "x-com", "x.com"),
        ("jane@", "jane", "jane", "jane"),
        ("Jane", "Jane", "jane", "jane"),
    ] {
        let name = |name: Option<String>| name.unwrap_or_default();
        assert_eq!(name(strip_domain_name(input)), local, "{input}");
        assert_eq!(name(kebab_case_name(input)), kebab, "{input}");
        assert_eq!(name(slugify_email_name(input)), slug, "{input}");
    }
}

#[test]
fn a_letter_and_its_accent_are_one_however_they_are_written() {
    for (composed, decomposed, name) in [
        ("müller", "mu\u{308}ller", "muller"),
        ("Ångström", "A\u{30a}ngstro\u{308}m", "Angstrom"),
        ("nguyễn", "nguye\u{302}\u{303}n", "nguyen"),
        ("ǎ", "a\u{30c}", "a"),
        ("Ǽon", "Æ\u{301}on", "AEon"),
        ("νέα", "νε\u{301}α", "nea"),
        (
            "한글",
            "\u{1112}\u{1161}\u{11ab}\u{1100}\u{1173}\u{11af}",
            "hangeul",
        ),
        ("फ़ल", "फ\u{93c}ल", "fl"),
        ("ガ", "カ\u{3099}", "ga"),
        // Nothing is the two in one.
        ("x\u{308}y", "x\u{308}y", "xy"),
        ("\u{212b}s", "A\u{30a}s", "As"),
    ] {
        for form in [composed, decomposed] {
            assert_eq!(valid(form).as_deref(), Some(name), "{form:?}");
            assert_eq!(strip_domain_name(form).as_deref(), Some(name), "{form:?}");
            let lower = name.to_lowercase();
            let kebab = kebab_case_name(form);
            assert_eq!(kebab.as_deref(), Some(&*lower), "{form:?}");
            let slug = slugify_email_name(&format!("{form}@x.io"));
            assert_eq!(slug, Some(format!("{lower}-x.io")), "{form:?}");
        }
    }
}

#[test]
fn long_names_are_cut_and_stay_apart() {
    let one = valid(&"x".repeat(64)).unwrap();
    let other = valid(&"x".repeat(65)).unwrap();
    assert_eq!((one.len(), other.len()), (MAX_NAME, MAX_NAME));
    assert_ne!(one, other);
}

#[test]
fn a_suffix_follows_a_letter_or_digit() {
    let name = with_suffix(&format!("{}..{}", "x".repeat(52), "y".repeat(9)), "salt");
    assert_eq!(name.len(), 52 + 1 + HASH_DIGITS);
    assert_eq!(with_suffix("", "salt").len(), HASH_DIGITS);
    assert!(is_valid(&with_suffix("--", "salt")));
}

mod laws {
    use proptest::prelude::*;

    use super::*;

    /// Texts of the characters that the rules tell apart, which chance would seldom bring together.
    fn texts() -> impl Strategy<Value = String> {
        let character = prop_oneof![
            any::<char>(),
            proptest::char::range(' ', '~'),
            proptest::char::range('\u{a0}', '\u{17f}'),
            proptest::sample::select(
                "a1A-_.@'’`+ ЖжΣ平\u{301}🚀\u{200d}"
                    .chars()
                    .collect::<Vec<_>>()
            ),
        ];
        proptest::collection::vec(character, 0..80).prop_map(String::from_iter)
    }

    proptest! {
        #[test]
        fn any_text_gives_a_valid_name_or_none(text in texts()) {
            for name in [
                valid(&text),
                kebab_case_name(&text),
                slugify_email_name(&text),
                strip_domain_name(&text),
            ]
            .into_iter()
            .flatten()
            {
                prop_assert!(is_valid(&name), "{name}");
                prop_assert_eq!(valid(&name), Some(name.clone()));
            }
        }

        #[test]
        fn forms_of_one_text_have_one_name(text in texts()) {
            let nfc = icu_normalizer::ComposingNormalizerBorrowed::new_nfc().normalize(&text);
            let nfd = DecomposingNormalizerBorrowed::new_nfd().normalize(&text);
            for by in [valid, kebab_case_name, slugify_email_name, strip_domain_name] {
                prop_assert_eq!(by(&nfc), by(&text));
                prop_assert_eq!(by(&nfd), by(&text));
            }
        }

        #[test]
        fn what_is_a_name_already_is_what_backstage_takes(text in texts()) {
            prop_assert_eq!(is_name(&text), is_valid(&text));
        }

        #[test]
        fn a_suffix_keeps_a_name_valid(name in "[a-zA-Z0-9]([-_.a-zA-Z0-9]{0,61}[a-zA-Z0-9])?", salt in ".*") {
            let suffixed = with_suffix(&name, &salt);
            prop_assert!(is_valid(&suffixed), "{suffixed}");
            prop_assert_eq!(with_suffix(&name, &salt), suffixed);
        }

        #[test]
        fn a_valid_text_of_roadie_is_the_name(text in texts()) {
            let kebab = kebab_case(&text);
            if is_valid(&kebab) {
                prop_assert_eq!(kebab_case_name(&text), Some(kebab));
            }
            if let Some(slug) = slugify_email(&text).filter(|slug| is_valid(slug)) {
                prop_assert_eq!(slugify_email_name(&text), Some(slug));
            }
            let local = strip_domain(&text);
            if is_valid(local) {
                prop_assert_eq!(strip_domain_name(&text), Some(local.to_owned()));
            }
        }
    }
}

#[test]
fn the_example_of_valid() {
    use crate::text::naming::valid;

    assert_eq!(valid("josé+dev").as_deref(), Some("jose-dev"));
    assert_eq!(valid("mu\u{308}ller"), valid("müller"));
    assert_eq!(valid("o'brien").as_deref(), Some("obrien"));
    assert_eq!(valid("John.Doe").as_deref(), Some("John.Doe"));
    assert_eq!(valid("…"), None);
}

#[test]
fn the_example_of_with_suffix() {
    use crate::text::naming::with_suffix;

    assert_eq!(with_suffix("platform", "00g1"), "platform-ee2cc691");
    assert_ne!(
        with_suffix("platform", "00g2"),
        with_suffix("platform", "00g1")
    );
    assert_eq!(with_suffix(&"x".repeat(63), "00g1").len(), 63);
}

#[test]
fn the_example_of_kebab_case_name() {
    use crate::text::naming::kebab_case_name;

    assert_eq!(
        kebab_case_name("Platform Team").as_deref(),
        Some("platform-team")
    );
    assert_eq!(
        kebab_case_name("平台 🚀 Team").as_deref(),
        Some("ping-tai-team")
    );
    assert_eq!(kebab_case_name("🚀"), None);
}

#[test]
fn the_example_of_slugify_email_name() {
    use crate::text::naming::slugify_email_name;

    assert_eq!(
        slugify_email_name("Jane.Doe@Example.com").as_deref(),
        Some("jane.doe-example.com")
    );
    assert_eq!(
        slugify_email_name("o'brien@example.com").as_deref(),
        Some("obrien-example.com")
    );
    assert_eq!(slugify_email_name("Jane").as_deref(), Some("jane"));
    assert_eq!(slugify_email_name("@"), None);
}

#[test]
fn the_example_of_strip_domain_name() {
    use crate::text::naming::strip_domain_name;

    assert_eq!(
        strip_domain_name("John.Doe@example.com").as_deref(),
        Some("John.Doe")
    );
    assert_eq!(
        strip_domain_name("john+dev@example.com").as_deref(),
        Some("john-dev")
    );
    assert_eq!(strip_domain_name("john").as_deref(), Some("john"));
    assert_eq!(strip_domain_name("@example.com"), None);
}

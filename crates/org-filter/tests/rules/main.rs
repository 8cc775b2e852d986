//! Laws of rules about the names of groups, tried on random rules and names.

#![expect(clippy::indexing_slicing, reason = "a panic is how a test fails")]

mod naive;
mod sample;

use org_filter::names::{NameRule, RuleKind};
use proptest::collection::vec;
use proptest::prelude::*;

fn look_at(text: &str) -> Result<(), TestCaseError> {
    match text.parse::<NameRule>() {
        Ok(rule) => {
            let printed = rule.to_string();
            let _ = rule.admits(text);
            prop_assert_eq!(printed.parse::<NameRule>(), Ok(rule));
        }
        Err(error) => {
            prop_assert!(!error.problems().is_empty() && !error.render().is_empty());
            prop_assert_eq!(error.text(), text);
            for problem in error.problems() {
                let faulty = text.get(problem.span());
                prop_assert!(faulty.is_some(), "{} in {:?}", problem, text);
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases * 8, ..ProptestConfig::default() })]

    #[test]
    fn no_text_panics(text in any::<String>(), kind in sample::kind()) {
        look_at(&text)?;
        look_at(&format!("{kind}:{text}"))?;
    }

    #[test]
    fn no_mixture_panics(text in sample::mixture(), kind in sample::kind()) {
        look_at(&format!("{kind}:{text}"))?;
        look_at(&text)?;
    }

    #[test]
    fn what_is_made_prints_and_reads_back(text in sample::mixture(), kind in sample::kind()) {
        if let Ok(rule) = NameRule::new(kind, &text) {
            let read: NameRule = rule.to_string().parse().unwrap();
            prop_assert_eq!((read.kind(), read.pattern()), (rule.kind(), rule.pattern()));
        }
    }

    #[test]
    fn every_fix_of_one_fault_mends_it(text in sample::mixture()) {
        let Err(error) = NameRule::glob(&text) else { return Ok(()) };
        let only = match error.problems() {
            [problem] => problem.fix().map(|fix| (problem, fix)),
            _ => None,
        };
        if let Some((problem, fix)) = only {
            let mut fixed = text.clone();
            fixed.replace_range(problem.span(), fix);
            let left = NameRule::glob(&fixed).err().map(|error| error.to_string());
            prop_assert!(!left.is_some_and(|left| left.contains(problem.message())
                && left.contains(&format!(" {}..", problem.span().start))), "{}", fixed);
        }
    }

    #[test]
    fn an_escaped_text_matches_itself_only(text in sample::mixture(), other in sample::mixture()) {
        let escaped: String = text.chars().flat_map(|c| ['\\', c]).collect();
        if let Ok(rule) = NameRule::glob(&escaped) {
            prop_assert!(rule.admits(&text));
            prop_assert_eq!(rule.admits(&other), other == text);
        }
    }

    #[test]
    fn globs_agree_with_the_naive_ones(glob in sample::glob(), names in vec(sample::name(), 1..8)) {
        let Ok(rule) = NameRule::glob(&glob) else { return Ok(()) };
        for name in names {
            prop_assert_eq!(rule.admits(&name), naive::matches(&glob, &name), "{} on {}", glob, name);
        }
    }
}

#[test]
fn kinds_have_names() {
    for kind in [
        RuleKind::Exact,
        RuleKind::Prefix,
        RuleKind::Glob,
        RuleKind::Regex,
    ] {
        assert_eq!(RuleKind::named(kind.as_str()), Some(kind));
    }
    assert_eq!(RuleKind::named("Glob"), None);
}

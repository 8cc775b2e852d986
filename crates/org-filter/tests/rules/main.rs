//! Laws of rules about the names of groups, tried on random rules and names.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a panic is how a test fails"
)]

mod naive;
mod sample;

use org_filter::{Dialect, GroupRules, Listing, NameRule, RuleKind, SearchExpr};
use proptest::collection::vec;
use proptest::prelude::*;

fn finds(search: &SearchExpr, name: &str) -> bool {
    let group = Named(name.to_owned());
    search.compile(&Dialect::GROUP_SEARCH).matches(&group)
}

/// A group of which only the name is known.
struct Named(String);

impl org_filter::Record for Named {
    fn attribute<'a>(&'a self, path: &'a org_filter::AttributePath) -> org_filter::Attribute<'a> {
        match path.as_str() {
            "profile.name" => self.0.as_str().into(),
            _ => org_filter::Attribute::Absent,
        }
    }
}

fn look_at(text: &str) -> Result<(), TestCaseError> {
    match text.parse::<NameRule>() {
        Ok(rule) => {
            let printed = rule.to_string();
            prop_assert_eq!(printed.parse::<NameRule>(), Ok(rule.clone()));
            let _ = rule.admits(text);
            let rules = GroupRules::new([rule], []).unwrap();
            let _ = (rules.searches(), rules.explain(text).to_string());
            let _ = rules.report([text]).to_string();
            let _ = rules.report([""; 0]).to_string();
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
        if let [problem] = error.problems() && let Some(fix) = problem.fix() {
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

    #[test]
    fn searches_find_every_selected_group(
        include in vec(sample::rule(), 1..6),
        exclude in vec(sample::rule(), 0..3),
        names in vec(sample::name(), 1..16),
    ) {
        let Ok(rules) = GroupRules::new(include, exclude) else { return Ok(()) };
        let Listing::Searches(searches) = rules.searches() else { return Ok(()) };
        for search in &searches {
            prop_assert!(search.check(&Dialect::GROUP_SEARCH).is_ok(), "{}", search);
            prop_assert!(search.comparisons().len() <= 20 && encoded_length(search) <= 2048);
        }
        let terms: Vec<SearchExpr> = searches
            .iter()
            .flat_map(SearchExpr::comparisons)
            .map(|term| term.to_string().parse().unwrap())
            .collect();
        for name in names.iter().filter(|name| !name.is_empty()) {
            let found = searches.iter().any(|search| finds(search, name));
            prop_assert!(found || !rules.admits(name), "{} of {:?} by {:?}", name, rules, searches);
            let by = terms.iter().filter(|term| finds(term, name)).count();
            prop_assert_eq!(by, usize::from(found), "{} by {:?}", name, terms);
        }
    }

    #[test]
    fn a_beginning_finds_the_whole(
        start in vec(sample::letter(), 1..4),
        tail in vec(sample::letter(), 0..4),
        kind in sample::kind(),
    ) {
        let name = [start.concat(), tail.concat()].concat();
        let any_case = |letter: &String| match letter.as_str() {
            "😀" | "." => format!("[{letter}]"),
            letter => format!("[{letter}{}]", letter.to_lowercase()),
        };
        let pattern = match kind {
            RuleKind::Exact => name.clone(),
            RuleKind::Prefix => start.concat(),
            RuleKind::Glob => start.iter().map(any_case).collect::<String>() + "*",
            RuleKind::Regex => format!("(?i){}.*", start.concat().replace('.', "[.]")),
        };
        let Ok(rule) = NameRule::new(kind, &pattern) else { return Ok(()) };
        prop_assert!(rule.admits(&name), "{} on {}", rule, name);
        let rules = GroupRules::new([rule], []).unwrap();
        if let Listing::Searches(searches) = rules.searches() {
            prop_assert!(searches.iter().any(|search| finds(search, &name)), "{} by {:?}", name, searches);
        }
    }

    #[test]
    fn explanations_agree_with_decisions(
        include in vec(sample::rule(), 0..4),
        exclude in vec(sample::rule(), 0..4),
        names in vec(sample::name(), 1..16),
    ) {
        let rules = GroupRules::new(include, exclude).unwrap();
        for name in &names {
            let explained = rules.explain(name);
            let included = rules.include().is_empty() || rules.include().iter().any(|rule| rule.admits(name));
            let excluded = rules.exclude().iter().any(|rule| rule.admits(name));
            prop_assert_eq!(rules.admits(name), included && !excluded);
            prop_assert_eq!(explained.is_selected(), rules.admits(name));
            prop_assert_eq!(explained.excluded_by().is_some(), excluded);
            let word = if explained.is_selected() { "` is in: " } else { "` is out: " };
            prop_assert!(explained.to_string().contains(word));
        }
        let report = rules.report(&names);
        for rule in rules.include() {
            let used = names.iter().any(|name| rule.admits(name));
            prop_assert_eq!(report.unmatched.contains(&rule), !used);
        }
        for rule in rules.exclude() {
            let only = GroupRules::new(rules.include().to_vec(), []).unwrap();
            let used = names.iter().any(|name| only.admits(name) && rule.admits(name));
            prop_assert_eq!(report.idle.contains(&rule), !used);
        }
    }
}

fn encoded_length(search: &SearchExpr) -> usize {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let text = search.to_string();
    text.bytes()
        .map(|byte| if plain(byte) { 1 } else { 3 })
        .sum()
}

#[test]
fn long_rules_are_cut_to_what_okta_takes() {
    let long = |character: &str, count: usize| NameRule::glob(&(character.repeat(count) + "*"));
    let rules = [
        long("x", 1000),
        long("\"", 1000),
        long("é", 500),
        long("語", 300),
    ];
    let rules = GroupRules::new(rules.map(Result::unwrap), []).unwrap();
    let Listing::Searches(searches) = rules.searches() else {
        panic!("all have a beginning");
    };
    for search in &searches {
        assert!(encoded_length(search) <= 2048);
        assert!(search.check(&Dialect::GROUP_SEARCH).is_ok());
    }
    for rule in rules.include() {
        let name = rule.pattern().replace('*', "tail");
        assert!(searches.iter().any(|search| finds(search, &name)));
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

//! Rules on small lists of groups.

use super::*;

fn rules(include: &[&str], exclude: &[&str]) -> GroupRules {
    GroupRules::read(include, exclude).unwrap()
}

#[test]
fn exclude_wins_and_nothing_to_include_is_everything() {
    let some = rules(&["prefix:eng-", "Sales"], &["eng-b", "glob:*-tmp"]);
    let table = [
        ("eng-a", true),
        ("eng-b", false),
        ("eng-tmp", false),
        ("Sales", true),
        ("sales", false),
        ("Support", false),
    ];
    for (name, expected) in table {
        assert_eq!(some.admits(name), expected, "{name}");
        assert_eq!(some.explain(name).is_selected(), expected, "{name}");
    }
    let all = rules(&[], &["Everyone"]);
    assert!(all.admits("x") && !all.admits("Everyone"));
    assert_eq!(
        all.searches(),
        Listing::Everything {
            because: Vec::new()
        }
    );
}

#[test]
fn one_rule_without_a_beginning_lists_everything() {
    let rules = rules(&["Sales", "glob:*-prod", "🚀"], &[]);
    let Listing::Everything { because } = rules.searches() else {
        panic!("`*-prod` may be anything");
    };
    let because: Vec<&str> = because.iter().map(|rule| rule.pattern()).collect();
    assert_eq!(because, ["*-prod", "🚀"]);
}

#[test]
fn searches_are_cut_to_size() {
    let many: Vec<String> = (10..55).map(|number| format!("glob:t{number}-*")).collect();
    let rules = GroupRules::read(&many, [""; 0]).unwrap();
    let Listing::Searches(searches) = rules.searches() else {
        panic!("all have a beginning");
    };
    let counts: Vec<usize> = searches.iter().map(|one| one.comparisons().len()).collect();
    assert_eq!(counts, [20, 20, 5]);
}

#[test]
fn every_case_is_explained() {
    let some = rules(&["glob:team-*", "prefix:Eng-"], &["prefix:team-x"]);
    let table = [
        ("team-a", "`team-a` is in: the glob `team-*` includes it"),
        (
            "team-x",
            "`team-x` is out: excluded by the prefix `team-x`, although the glob `team-*` includes it",
        ),
        ("a", "`a` is out: no rule includes it"),
        (
            "eng-a",
            "`eng-a` is out: no rule includes it; the prefix `Eng-` differs in upper and lower case",
        ),
    ];
    for (name, expected) in table {
        assert_eq!(some.explain(name).to_string(), expected);
    }
    let all = rules(&[], &["b"]);
    assert_eq!(
        all.explain("a").to_string(),
        "`a` is in: no rule excludes it, and there are no include rules"
    );
    let out = all.explain("b");
    assert_eq!(out.to_string(), "`b` is out: excluded by the name `b`");
    assert_eq!(
        (out.name(), out.included_by(), out.excluded_by()),
        ("b", None, Some(&all.exclude()[0]))
    );
}

#[test]
fn an_exclude_rule_is_idle_when_nothing_it_admits_is_included() {
    let some = rules(&["prefix:a", "b"], &["glob:*-x", "c", "a1"]);
    let report = some.report(["a1", "c", "c-x"]);
    let patterns = |rules: &[&NameRule]| rules.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(patterns(&report.unmatched), ["b"]);
    assert_eq!(patterns(&report.idle), ["glob:*-x", "c"]);
    assert!(report.ambiguous.is_empty());
    assert_eq!(some.report(["a1", "a-x", "b", "c"]).idle.len(), 1);
    assert_eq!(rules(&["a"], &[]).report(["a"]).to_string(), "");
}

#[test]
fn all_the_bad_rules_are_named() {
    let error = GroupRules::read(["a", "glob:[", "glob:}{"], ["prefix:"]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "include rule `glob:[`: this bracket is not closed at 5..6, expected a `]` after the characters; write `\\[`\n\
         include rule `glob:}{`: no brace is open here at 5..6; write `\\}`\n\
         include rule `glob:}{`: this brace is not closed at 6..7, expected a `}` after the alternatives; write `\\{`\n\
         exclude rule `prefix:`: the prefix is empty at 7..7, expected a text; `glob:*` admits every name"
    );
    let last = &error.rules()[2];
    assert_eq!((last.list(), last.index()), (RuleList::Exclude, 0));
    assert!(
        last.error()
            .render()
            .starts_with("error: the prefix is empty")
    );

    let many: Vec<String> = (0..MAX_RULES).map(|number| number.to_string()).collect();
    assert!(GroupRules::read(&many, [""; 0]).is_ok());
    let error = GroupRules::read(&many, ["x"]).unwrap_err();
    assert!(error.rules().is_empty());
    assert_eq!(
        error.to_string(),
        "there are more than 1000 rules; write several names as one prefix or glob"
    );
}

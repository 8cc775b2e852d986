//! What is read, and how it is printed.

use org_filter::{Literal, MAX_DEPTH, MAX_LENGTH, MAX_TERMS, Operator, SearchExpr};

/// One test for each text and the form it is printed in.
macro_rules! printed {
    ($($name:ident: $text:expr => $expected:expr;)*) => {$(
        #[test]
        fn $name() {
            let expr: SearchExpr = $text.parse().unwrap();
            assert_eq!(expr.to_string(), $expected);
            assert_eq!($expected.parse::<SearchExpr>(), Ok(expr));
        }
    )*};
}

printed! {
    a_comparison: r#"status eq "ACTIVE""# => r#"status eq "ACTIVE""#;
    operators_in_any_case: r#"a EQ "x" And b Pr OR c sW "y""# => r#"a eq "x" and b pr or c sw "y""#;
    all_the_operators: r#"a ne 1 or a gt 1 or a ge 1 or a lt 1 or a le 1 or a co "x" or a ew "y""#
        => r#"a ne 1 or a gt 1 or a ge 1 or a lt 1 or a le 1 or a co "x" or a ew "y""#;
    and_binds_closer: "a pr or b pr and c pr" => "a pr or b pr and c pr";
    needless_parentheses: "((a pr) or ((b pr) and (c pr)))" => "a pr or b pr and c pr";
    needed_parentheses: "(a pr or b pr) and c pr" => "(a pr or b pr) and c pr";
    chains_are_flat: "(a pr and b pr) and (c pr and d pr)" => "a pr and b pr and c pr and d pr";
    negation: "NOT(a pr or b pr)and_ pr".replace("and_", " and b") => "not (a pr or b pr) and b pr";
    double_negation: "not ( not ( a pr ) )" => "not (not (a pr))";
    inner_spaces: "  (  a\tpr\r\n and b   pr )  " => "a pr and b pr";
    numbers_keep_their_digits: "a eq -1.50e+3 and b eq 0" => "a eq -1.50e+3 and b eq 0";
    long_integers_keep_their_digits: "a eq 12345678901234567891" => "a eq 12345678901234567891";
    words_of_json: "a eq true or a eq false or a eq null" => "a eq true or a eq false or a eq null";
    escapes: r#"a eq "bob\"sm\u0069th\/\\\u00e9\n""# => r#"a eq "bob\"smith/\\é\n""#;
    beyond_the_first_plane: r#"a eq "\ud83d\ude00""# => r#"a eq "😀""#;
    quotes_of_others_in_a_string: r#"a eq "O'Brien “the %22”""# => r#"a eq "O'Brien “the %22”""#;
    keywords_in_a_string: r#"a eq "x and (y or not" and b pr"# => r#"a eq "x and (y or not" and b pr"#;
    operators_as_names: r#"eq eq "eq" and pr pr and sw gt 3"# => r#"eq eq "eq" and pr pr and sw gt 3"#;
    names: "_a.b-c.d$1 pr" => "_a.b-c.d$1 pr";
}

#[test]
fn equality_is_about_meaning() {
    let read = |text: &str| text.parse::<SearchExpr>().unwrap();
    assert_eq!(read("(a pr) AND b pr"), read("a pr and b pr"));
    assert_eq!(read("a eq 1.0"), read("a eq 1"), "the same number");
    assert_ne!(
        read("a pr and b pr"),
        read("b pr and a pr"),
        "the order is part of the tree"
    );
    assert_ne!(read(r#"a eq "1""#), read("a eq 1"));
    assert_ne!(read(r#"a eq "x""#), read(r#"A eq "x""#));
}

#[test]
fn comparisons_can_be_looked_at() {
    let expr: SearchExpr = r#"status eq "DEPROVISIONED" or not (profile.email pr and n ge 3)"#
        .parse()
        .unwrap();
    let comparisons = expr.comparisons();
    let paths: Vec<_> = comparisons
        .iter()
        .map(|found| found.path().as_str())
        .collect();
    assert_eq!(paths, ["status", "profile.email", "n"]);
    assert_eq!(
        comparisons[0].literal(),
        Some(&Literal::Text("DEPROVISIONED".to_owned()))
    );
    assert_eq!(
        (comparisons[1].operator(), comparisons[1].literal()),
        (Operator::Pr, None)
    );
    assert_eq!(comparisons[2].to_string(), "n ge 3");
}

#[test]
fn expressions_are_joined() {
    let read = |text: &str| text.parse::<SearchExpr>().unwrap();
    let parts = [read("a pr or b pr"), read("c pr and d pr"), read("e pr")];
    let all = SearchExpr::all_of(parts).unwrap();
    assert_eq!(all.to_string(), "(a pr or b pr) and c pr and d pr and e pr");
    assert_eq!(all.text(), all.to_string());
    assert_eq!(SearchExpr::all_of([]), None);
}

#[test]
fn limits_are_kept_and_named() {
    let nested = |depth: usize| format!("{}a pr{}", "(".repeat(depth), ")".repeat(depth));
    assert!(nested(MAX_DEPTH).parse::<SearchExpr>().is_ok());
    let deep = nested(MAX_DEPTH + 1).parse::<SearchExpr>().unwrap_err();
    assert_eq!(
        deep.to_string(),
        "parentheses are nested deeper than 64 at 64..65"
    );

    let chained = |terms: usize| vec!["a pr"; terms].join(" or ");
    assert!(chained(MAX_TERMS).parse::<SearchExpr>().is_ok());
    let many = chained(MAX_TERMS + 1).parse::<SearchExpr>().unwrap_err();
    assert_eq!(
        many.to_string(),
        "there are more than 1024 comparisons at 8192..8193"
    );

    let long = format!("a eq \"{}\"", "x".repeat(MAX_LENGTH));
    let long = long.parse::<SearchExpr>().unwrap_err();
    assert_eq!(
        long.to_string(),
        "the text is longer than 65536 bytes at 0..65543"
    );
}

#[test]
fn the_longest_texts_read_back_too() {
    let longest = |before: &str, part: &str, after: &str| {
        let room = MAX_LENGTH - before.len() - after.len();
        let text = format!("{before}{}{after}", part.repeat(room / part.len()));
        assert!(text.len() > MAX_LENGTH - 8);
        text
    };
    for text in [
        longest("a eq \"", r"\b", "\""),
        longest("a eq \"", r"\f", "\""),
        longest("a eq \"", r"\u001f", "\""),
    ] {
        let expr: SearchExpr = text.parse().unwrap();
        assert_eq!(expr.to_string().parse::<SearchExpr>(), Ok(expr));
    }
    // It would print with a space after `not`, one byte too long.
    let text = longest("not(a eq \"", "x", "\")");
    let errors = text.parse::<SearchExpr>().unwrap_err();
    assert_eq!(
        errors.to_string(),
        "the text is longer than 65536 bytes with a space after each `not` at 0..65536"
    );
    let text = longest("not (a eq \"", "x", "\")");
    assert!(text.parse::<SearchExpr>().is_ok());
}

#[test]
fn a_megabyte_is_refused_for_its_length() {
    let length = 1_000_000;
    for text in [
        "(".repeat(length),
        "not (".repeat(length / 5),
        "a and ".repeat(length / 6),
        "\"".repeat(length),
        format!("a eq \"{}\"", "x".repeat(length)),
        format!("{}a pr", "a pr or ".repeat(length / 8)),
    ] {
        let errors = text.parse::<SearchExpr>().unwrap_err();
        assert_eq!(errors.problems().len(), 1);
        let message = errors.problems()[0].message();
        assert_eq!(message, "the text is longer than 65536 bytes");
        assert!(errors.render().len() < 1000);
    }
}

#[test]
fn hostile_texts_are_refused_at_once() {
    for text in [
        "(".repeat(1 << 20),
        "not(".repeat(10_000),
        "not (".repeat(1 << 18),
    ] {
        let errors = text.parse::<SearchExpr>().unwrap_err();
        assert_eq!(errors.problems().len(), 1, "{errors}");
        assert!(errors.render().len() < 1000);
    }
    for text in [
        "„ ".repeat(16_000),
        "[ ".repeat(30_000),
        ")".repeat(60_000),
        "'".repeat(60_000),
        "a pr ".repeat(10_000),
        "=".repeat(65_000),
        "a and ".repeat(10_000),
        "\"".repeat(MAX_LENGTH),
        "not (".repeat(13_000),
        "not a pr ".repeat(7_000),
    ] {
        let errors = text.parse::<SearchExpr>().unwrap_err();
        assert!(errors.problems().len() <= 64, "{}", errors.problems().len());
    }
}

//! What is refused as text: where, why, and what to write instead.

#![expect(clippy::expect_used, reason = "a panic is how a test fails")]

use org_filter::names::NameRule;
use org_filter::{AttributePath, Dialect, ParseErrors, RecordKind, SearchExpr, Timestamp};

fn errors(text: &str) -> ParseErrors {
    text.parse::<SearchExpr>().expect_err(text)
}

/// One test for each text with its faults: place, part of the message, fix.
macro_rules! refused {
    ($($name:ident: $text:expr => [$(($span:expr, $message:expr, $fix:expr)),* $(,)?];)*) => {$(
        #[test]
        fn $name() {
            let errors = errors($text);
            let found: Vec<_> = errors.problems().iter().map(|one| (one.span(), one.fix())).collect();
            let expected: Vec<(std::ops::Range<usize>, Option<&str>)> = vec![$(($span, $fix)),*];
            assert_eq!(found, expected, "{errors}");
            let messages: Vec<&str> = vec![$($message),*];
            for (problem, part) in errors.problems().iter().zip(messages) {
                assert!(problem.message().contains(part), "{problem}");
            }
            if let [(span, Some(fix))] = found.as_slice() {
                let mut fixed = $text.to_owned();
                fixed.replace_range(span.clone(), fix);
                assert!(fixed.parse::<SearchExpr>().is_ok(), "{fixed} is still wrong");
            }
        }
    )*};
}

refused! {
    empty: "" => [(0..0, "empty", None)];
    blank: "  " => [(0..2, "empty", None)];
    a_word: "malformed" => [(0..9, "no operator", None)];
    no_filter: "this is not a filter" => [
        (5..7, "`is` is not an operator", Some("eq")),
        (8..20, "quotes around `not a filter`", Some("\"not a filter\"")),
    ];

    equals_sign: r#"a = "x""# => [(2..3, "`=` is not of this language", Some("eq"))];
    equals_sign_without_spaces: r#"a="x""# => [(1..2, "`=`", Some(" eq "))];
    double_equals: r#"a == "x""# => [(2..4, "`==`", Some("eq"))];
    bang_equals: r#"a != "x""# => [(2..4, "`!=`", Some("ne"))];
    greater_and_less: "a >= 3 or b < 4" => [(2..4, "`>=`", Some("ge")), (12..13, "`<`", Some("lt"))];
    ampersands: "a pr && b pr" => [(5..7, "`&&`", Some("and"))];
    bars: "a pr||b pr" => [(4..6, "`||`", Some(" or "))];
    bang: "!(a pr)" => [(0..1, "`!`", Some("not "))];
    misspelt_operator: r#"a eqq "x""# => [(2..5, "`eqq` is not an operator", Some("eq"))];
    operator_of_others: r#"a startsWith "x""# => [(2..12, "`startsWith`", Some("sw"))];
    unknown_operator: r#"a resembles "x""# => [(2..11, "`resembles`", None)];
    misspelt_pr: "a present" => [(2..9, "`present`", Some("pr"))];

    curly_quotes: "a eq “x y”" => [(5..14, "curly", Some("\"x y\""))];
    single_curly_quotes: "a eq ‘x’" => [(5..12, "curly", Some("\"x\""))];
    curly_and_straight: "a eq “x\"" => [(5..10, "curly", Some("\"x\""))];
    single_quotes: r#"a eq 'say "x"'"# => [(5..14, "single", Some(r#""say \"x\"""#))];
    backticks: "a eq `x`" => [(5..8, "backticks", Some("\"x\""))];
    shell_escapes: r#"a eq \"x\""# => [(5..10, "shell", Some("\"x\""))];
    no_quotes: "a eq ACTIVE" => [(5..11, "quotes around `ACTIVE`", Some("\"ACTIVE\""))];
    no_quotes_around_words: "a eq West Coast and b pr" => [(5..15, "`West Coast`", Some("\"West Coast\""))];
    no_quotes_around_a_date: "a gt 2017-04-17T23:16:50.000Z" => [
        (5..29, "quotes around", Some("\"2017-04-17T23:16:50.000Z\"")),
    ];
    no_quotes_around_an_apostrophe: "a eq O'Brien" => [(5..12, "`O'Brien`", Some("\"O'Brien\""))];
    no_closing_quote: r#"a eq "ACTIVE  "# => [(5..12, "closing quote", Some("\"ACTIVE\""))];
    no_closing_single_quote: "(a eq 'x) or b pr" => [(6..8, "single", Some("\"x\""))];
    wrong_escape: r#"a eq "\q""# => [(6..8, r"`\q` is not an escape", Some(r"\\q"))];
    half_a_character: r#"a eq "\ud83d""# => [(6..12, "half a character", None)];
    raw_line_break: "a eq \"x\ny\"" => [(5..10, "control characters", Some("\"x\\ny\""))];
    quoted_attribute: r#""a.b" eq "x""# => [(0..5, "without quotes", Some("a.b"))];
    upper_case_words: "a eq TRUE or b eq Null" => [
        (5..9, "lower case", Some("true")),
        (18..22, "lower case", Some("null")),
    ];
    too_large: "a eq 1e999" => [(5..10, "too large", None)];
    not_of_json: "a eq 007" => [(5..8, "quotes around `007`", Some("\"007\""))];

    no_opening: "a pr) or b pr" => [(4..5, "no `(`", Some(""))];
    no_closing: "(a pr or (b pr)" => [(15..15, "`(` that is character 1 is not closed", Some(")"))];
    neither: ")(" => [
        (0..1, "no `(`", Some("")),
        (2..2, "expression is missing", None),
        (2..2, "is not closed", Some(")")),
    ];
    nothing_inside: "a pr or ()" => [(8..10, "nothing stands in", None)];
    trailing_and: "a pr and" => [(5..8, "no expression follows", Some(""))];
    trailing_or_inside: "(a pr or )" => [(6..8, "no expression follows", Some(""))];
    leading_or: "or a pr" => [(0..2, "no expression stands before", Some(""))];
    and_and: "a pr and and b pr" => [(9..12, "no expression stands before", Some(""))];
    nothing_joins: "a pr b pr" => [(5..6, "nothing joins", None)];
    a_second_value: r#"a eq "x" "y""# => [(9..12, "complete before this", None)];
    a_comma: r#"a eq "x", b pr"# => [(8..9, "unexpected `,`", None)];
    no_operator: "a or b pr" => [(0..1, "no operator follows", None)];
    no_operator_before_value: r#"a "x""# => [(2..2, "operator is missing", Some("eq "))];
    no_value: "a sw" => [(2..4, "no value follows `sw`", None)];
    no_value_inside: "(a sw) or b pr" => [(3..5, "no value follows `sw`", None)];
    no_attribute: r#"eq "x""# => [(0..0, "missing before `eq`", None)];
    a_value_for_pr: r#"a pr "x""# => [(5..8, "takes no value", Some(""))];
    not_without_parentheses: "not a pr" => [(0..3, "takes parentheses", None)];
    not_alone: "not" => [(0..3, "nothing to negate", None)];
    no_space_after_operator: r#"status eq"LOCKED_OUT""# => [(9..9, "space is missing after `eq`", Some(" "))];
    no_space_before_and: r#"a eq "x"and b pr"# => [(8..8, "space is missing before `and`", Some(" "))];
    no_spaces_around_or: "(a pr)or(b pr)" => [(6..6, "before `or`", Some(" ")), (8..8, "after `or`", Some(" "))];
    a_space_that_is_none: "a\u{a0}pr" => [(1..3, "not a plain one", Some(" "))];
    an_invisible_character: "\u{feff}a pr" => [(0..3, "invisible character, U+FEFF", Some(""))];
    value_path: r#"emails[type eq "work"] pr"# => [(6..22, "brackets", None)];
    no_name: "1a pr" => [(0..2, "`1a` is not the name", None)];
    no_ascii_name: "prénom pr" => [(0..7, "`prénom` is not the name", None)];

    encoded: "status%20eq%20%22ACTIVE%22" => [(0..26, "URL-encoded", Some(r#"status eq "ACTIVE""#))];
    encoded_with_plus: "name+eq+%22a%2Bb+%C3%A9%22" => [(0..26, "URL-encoded", Some(r#"name eq "a+b é""#))];
    encoded_twice: "name+eq+%2522IAM+Team%2522" => [(0..26, "URL-encoded", Some(r#"name eq "IAM Team""#))];
    encoded_in_part: r#"status+eq+"ACTIVE""# => [(0..18, "URL-encoded", Some(r#"status eq "ACTIVE""#))];

    all_of_them: r#"status = 'ACTIVE' && (profile.x eqq "y" or b"# => [
        (7..8, "`=`", Some("eq")),
        (9..17, "single", Some("\"ACTIVE\"")),
        (18..20, "`&&`", Some("and")),
        (32..35, "`eqq`", Some("eq")),
        (43..44, "no operator follows", None),
        (44..44, "not closed", Some(")")),
    ];
}

#[test]
fn display_is_one_line_for_each_fault() {
    let errors = errors("a = x and");
    assert_eq!(
        errors.to_string(),
        "`=` is not of this language at 2..3; write `eq`\n\
         the quotes around `x` are missing at 4..5; write `\"x\"`\n\
         no expression follows this at 6..9; remove it"
    );
    assert_eq!(errors.text(), "a = x and");
    assert!(std::error::Error::source(&errors).is_none());
}

#[test]
fn renderings_show_the_text_with_carets() {
    let rendered = errors("profile.über = \"x\"\tand (b eqq ’y’").render();
    let expected = "\
error: `profile.über` is not the name of an attribute
  | profile.über = \"x\" and (b eqq ’y’
  | ^^^^^^^^^^^^ expected letters, digits, `_`, `-` and `$`, joined by dots
error: `=` is not of this language
  | profile.über = \"x\" and (b eqq ’y’
  |              ^
  = fix: write `eq`
error: `eqq` is not an operator
  | profile.über = \"x\" and (b eqq ’y’
  |                           ^^^ expected `eq`, `ne`, `gt`, `ge`, `lt`, `le`, `sw`, `co`, `ew` or `pr`
  = fix: write `eq`
error: strings stand in straight double quotes, not in curly ones
  | profile.über = \"x\" and (b eqq ’y’
  |                               ^^^
  = fix: write `\"y\"`
error: the `(` that is character 24 is not closed
  | profile.über = \"x\" and (b eqq ’y’
  |                                  ^
  = fix: insert `)`
";
    assert_eq!(rendered, expected);
}

#[test]
fn long_texts_are_shown_around_the_fault() {
    let text = format!("{}b = 1{}", "a pr or ".repeat(20), " or c pr".repeat(20));
    let expected = "\
error: `=` is not of this language
  | …a pr or a pr or a pr or a pr or a pr or a pr or b = 1 or c pr or c pr or c pr or c pr or c pr or c pr or c pr or c pr or…
  |                                                    ^
  = fix: write `eq`
";
    assert_eq!(errors(&text).render(), expected);
}

#[test]
fn renderings_do_not_move_the_cursor_of_a_terminal() {
    let rendered = errors("a eq \u{1b}[31mred\u{7}\r\nb").render();
    assert!(
        !rendered.chars().any(|one| one.is_control() && one != '\n'),
        "{rendered:?}"
    );
}

/// Whoever knows `in` of other languages is told of one mistake, and following the fix is all there is to do.
#[test]
fn a_list_of_values_is_one_mistake_with_its_fix_written_out() {
    let table = [
        (
            r#"status in ("A","B")"#,
            r#"status eq "A" or status eq "B""#,
        ),
        (
            r#"status IN ( 'A' , 'B' )"#,
            r#"status eq "A" or status eq "B""#,
        ),
        (
            r#"status in (ACTIVE, LOCKED_OUT)"#,
            r#"status eq "ACTIVE" or status eq "LOCKED_OUT""#,
        ),
        (
            r#"status in ["A", "B", "C"]"#,
            r#"status eq "A" or status eq "B" or status eq "C""#,
        ),
        (r#"profile.n in (1, 2)"#, "profile.n eq 1 or profile.n eq 2"),
        (
            r#"profile.city in (New York, Rome)"#,
            r#"profile.city eq "New York" or profile.city eq "Rome""#,
        ),
        (r#"status in ("A")"#, r#"status eq "A""#),
        (
            r#"status not in ("A","B")"#,
            r#"not (status eq "A" or status eq "B")"#,
        ),
        (
            r#"status ne ("A","B")"#,
            r#"not (status eq "A" or status eq "B")"#,
        ),
        (
            r#"status eq ("A" or "B")"#,
            r#"status eq "A" or status eq "B""#,
        ),
        (
            r#"status = ("A", "B")"#,
            r#"status eq "A" or status eq "B""#,
        ),
        (
            r#"profile.login sw ("a", "b")"#,
            r#"profile.login sw "a" or profile.login sw "b""#,
        ),
        (
            r#"id pr and status in ("A","B")"#,
            r#"id pr and (status eq "A" or status eq "B")"#,
        ),
        (
            r#"(status in ("A","B")) and id pr"#,
            r#"((status eq "A" or status eq "B")) and id pr"#,
        ),
        (
            r#"not (status in ("A","B"))"#,
            r#"not ((status eq "A" or status eq "B"))"#,
        ),
    ];
    for (text, meant) in table {
        let errors = errors(text);
        let [problem] = errors.problems() else {
            panic!("{text}: {errors}")
        };
        let mut fixed = text.to_owned();
        fixed.replace_range(problem.span(), problem.fix().expect(text));
        assert_eq!(fixed, meant, "{text}");
        assert!(fixed.parse::<SearchExpr>().is_ok(), "{fixed}");
    }
}

/// What `fn main() -> Result<(), Box<dyn Error>>` prints of each error.
#[test]
fn an_error_that_leaves_main_can_be_read() {
    let expr: SearchExpr = r#"a ew "x""#.parse().expect("is an expression");
    let table = [
        (
            format!("{:?}", errors("a = 1")),
            "not an expression of Okta's search language\nerror: `=` is not of this language\n  | a = 1\n  |   ^\n  = fix: \
             write `eq`",
        ),
        (
            format!(
                "{:?}",
                expr.check(&Dialect::USER_SEARCH).expect_err("has `ew`")
            ),
            "an expression that the server would refuse\nerror: ",
        ),
        (
            format!(
                "{:?}",
                expr.check_attributes(RecordKind::User)
                    .expect_err("`a` is none")
            ),
            "an expression about attributes that no record has\nerror: ",
        ),
        (
            format!("{:?}", NameRule::exact("").expect_err("is empty")),
            "not a rule about names\nerror: ",
        ),
        (
            format!(
                "{:?}",
                "a b".parse::<AttributePath>().expect_err("has a space")
            ),
            "`a b` is not the name of an attribute: ",
        ),
        (
            format!("{:?}", "today".parse::<Timestamp>().expect_err("is a word")),
            "`today` is not an instant such as ",
        ),
    ];
    for (report, start) in table {
        assert!(report.starts_with(start), "{report}");
        assert!(!report.ends_with('\n'), "{report}");
    }
}

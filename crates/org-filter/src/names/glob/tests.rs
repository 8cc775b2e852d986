//! Tables of globs, after those of globset.

use super::*;

fn glob(text: &str) -> Glob {
    Glob::read(text, 0).unwrap_or_else(|problems| panic!("{text}: {problems:?}"))
}

#[test]
fn globs_match_whole_names() {
    let table = [
        ("", "", true),
        ("", "a", false),
        ("a", "a", true),
        ("a", "A", false),
        ("a", "ab", false),
        ("b", "ab", false),
        ("*", "", true),
        ("*", "a/b c\n🚀", true),
        ("**", "a/b", true),
        ("***a", "aaa", true),
        ("a*b", "ab", true),
        ("a*b", "a/x/b", true),
        ("a*b", "abc", false),
        ("a*b*c", "abbbc", true),
        ("a*b*c", "acb", false),
        ("*ab", "aab", true),
        ("*a*", "bab", true),
        ("?", "", false),
        ("?", "é", true),
        ("?", "🚀", true),
        ("??", "a", false),
        ("*?", "a", true),
        ("[abc]", "b", true),
        ("[abc]", "d", false),
        ("[a-c]", "b", true),
        ("[a-c]", "-", false),
        ("[a-cx-z]", "y", true),
        ("[а-я]", "д", true),
        ("[!a-c]", "d", true),
        ("[!a-c]", "b", false),
        ("[!a]", "", false),
        ("[a!]", "!", true),
        ("[-a]", "-", true),
        ("[a-]", "-", true),
        ("[!-]", "-", false),
        ("[!!]", "!", false),
        ("[*?{,}]", "{", true),
        ("[[]", "[", true),
        (r"[\]]", "]", true),
        (r"[\!a]", "!", true),
        (r"[\^a]", "^", true),
        (r"[a\-c]", "b", false),
        ("]", "]", true),
        ("a,b", "a,b", true),
        ("{a,b}", "b", true),
        ("{a,b}", "a,b", false),
        ("{a}", "a", true),
        ("{,a}x", "x", true),
        ("{,a}x", "ax", true),
        ("{,}", "", true),
        ("{*,a}*", "bc", true),
        ("{a*}*b", "axb", true),
        ("{*}{*}", "x", true),
        ("{a,{b,c}d}e", "cde", true),
        ("{a,{b,c}d}e", "ce", false),
        ("{a,b}{c,d}", "bc", true),
        (r"{a\,b,c}", "a,b", true),
        (r"{a\},b}", "a}", true),
        ("{[,],x}", ",", true),
        (r"\*", "*", true),
        (r"\*", "a", false),
        (r"\\", r"\", true),
        (r"\a", "a", true),
        (r"\[a]", "[a]", true),
        ("team-*-{prod,dev}", "team-a-dev", true),
        ("team-*-{prod,dev}", "team-a-test", false),
        ("[Tt]eam/*", "Team/x", true),
    ];
    for (text, name, expected) in table {
        assert_eq!(glob(text).matches(name), expected, "{text} on {name}");
    }
}

#[test]
fn problems_have_a_place_and_a_fix() {
    let table = [
        ("a[b", 1..2, "this bracket is not closed", Some(r"\[")),
        ("[", 0..1, "this bracket is not closed", Some(r"\[")),
        ("[a-", 0..1, "this bracket is not closed", Some(r"\[")),
        (
            "a[]",
            1..3,
            "there is nothing between the brackets",
            Some(r"\[\]"),
        ),
        (
            "[!]",
            0..3,
            "there is nothing between the brackets",
            Some(r"\[!\]"),
        ),
        ("[^a]", 1..2, "`^` does not negate a set", Some("!")),
        (
            "[xz-a]",
            2..5,
            "the range `z-a` runs backwards",
            Some("a-z"),
        ),
        (
            r"[a-\]]",
            1..5,
            r"the range `a-\]` runs backwards",
            Some(r"\]-a"),
        ),
        ("{a,b", 0..1, "this brace is not closed", Some(r"\{")),
        ("é}", 2..3, "no brace is open here", Some(r"\}")),
        (
            "x{}",
            1..3,
            "there is nothing between the braces",
            Some(r"\{\}"),
        ),
        (r"a\", 1..2, r"`\` stands before nothing", Some(r"\\")),
    ];
    for (text, span, message, fix) in table {
        let problems = Glob::read(text, 0).unwrap_err();
        let [problem] = problems.as_slice() else {
            panic!("{text}: {problems:?}");
        };
        assert_eq!(problem.span(), span, "{text}");
        assert_eq!(problem.message(), message);
        assert_eq!(problem.fix(), fix);
        let mut fixed = text.to_owned();
        fixed.replace_range(span, fix.unwrap());
        glob(&fixed);
    }
    assert_eq!(Glob::read("}[^a]{", 5).unwrap_err().len(), 3);
    assert_eq!(Glob::read("}", 5).unwrap_err()[0].span(), 5..6);
}

#[test]
fn braces_have_a_limit() {
    let nested = |depth: usize| format!("{}a{}", "{".repeat(depth), "}".repeat(depth));
    assert!(glob(&nested(16)).matches("a"));
    let problems = Glob::read(&nested(17), 0).unwrap_err();
    assert_eq!(problems[0].message(), "braces stand more than 16 deep");
}

#[test]
fn time_grows_with_the_length_only() {
    let hard = glob(&format!("{}b", "a*".repeat(300)));
    assert!(!hard.matches(&"a".repeat(2000)));
    let hard = glob(&format!("{}b", "{a,aa,*}".repeat(100)));
    assert!(!hard.matches(&"a".repeat(1000)));
}

//! One rule about the names of groups: a name, a prefix, a glob or a regular expression.

use std::error::Error;
use std::fmt;
use std::str::FromStr;

use super::glob::Glob;
#[cfg(feature = "regex")]
use super::regex::Regex;
use crate::problem::{ParseErrors, Place, Problem, Problems};

/// The most bytes of one rule. Okta's names of groups have at most 255 characters (Okta API reference, Groups).
pub const MAX_RULE_LENGTH: usize = 1024;

/// How a rule compares names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RuleKind {
    /// `exact`: the name, as it is written.
    Exact,
    /// `prefix`: the beginning of the name, as it is written.
    Prefix,
    /// `glob`: the whole name, by `*`, `?`, `[a-z]` and `{a,b}`.
    Glob,
    /// `regex`: the whole name, by a regular expression. Needs the feature `regex`.
    Regex,
}

impl RuleKind {
    const ALL: [Self; 4] = [Self::Exact, Self::Prefix, Self::Glob, Self::Regex];

    /// The word before the colon: `exact`, `prefix`, `glob` or `regex`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Prefix => "prefix",
            Self::Glob => "glob",
            Self::Regex => "regex",
        }
    }

    /// The kind of that word, in lower case.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

impl fmt::Display for RuleKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A rule about the names of groups, read from a text or made by one of the constructors.
///
/// As a text, a rule is a kind, a colon and a pattern, such as `glob:team-*`, without a space between them; a text that
/// does not begin with one of the four kinds and a colon is a name, compared exactly, whatever characters are in it.
/// For a name that does begin like that, write `exact:` before it. What a rule prints reads back as the same rule.
///
/// Upper and lower case differ, as they do in the names of a list; `glob:[Tt]eam-*` and `regex:(?i)team-.*` take both.
///
/// ```
/// use org_filter::names::{NameRule, RuleKind};
///
/// let rule: NameRule = "glob:team-*-{prod,dev}".parse()?;
/// assert_eq!(rule.kind(), RuleKind::Glob);
/// assert!(rule.admits("team-a-prod") && !rule.admits("team-a"));
///
/// let name: NameRule = "cn=admins*, ou:all".parse()?;
/// assert_eq!(name.kind(), RuleKind::Exact);
/// assert_eq!(NameRule::exact("glob:x")?.to_string(), "exact:glob:x");
/// # Ok::<(), org_filter::names::InvalidRule>(())
/// ```
#[derive(Clone)]
pub struct NameRule {
    kind: RuleKind,
    text: Box<str>,
    test: Test,
}

#[derive(Clone)]
enum Test {
    Exact,
    Prefix,
    Glob(Glob),
    #[cfg(feature = "regex")]
    Regex(Box<Regex>),
}

/// Why a text is not a rule: all the faults, in the order of the text.
///
/// `Display` prints one line for each; [`render`](Self::render) shows the text with carets.
#[derive(Clone, PartialEq, Eq)]
pub struct InvalidRule(ParseErrors);

impl fmt::Display for InvalidRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// As [`render`](Self::render), below a heading: so a `main` that returns the error shows the text with carets.
impl fmt::Debug for InvalidRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.0.report("not a rule about names", f)
    }
}

impl Error for InvalidRule {}

impl InvalidRule {
    /// The faults, at least one; their places are bytes of [`text`](Self::text).
    pub fn problems(&self) -> &[Problem] {
        self.0.problems()
    }

    /// The text that was read, with the kind before it when that was part of it.
    pub fn text(&self) -> &str {
        self.0.text()
    }

    /// The text with carets under each fault, and the fixes that are known; ends with a line break.
    pub fn render(&self) -> String {
        self.0.render()
    }
}

impl NameRule {
    /// The groups of this name.
    ///
    /// # Errors
    ///
    /// When the name is empty or longer than [`MAX_RULE_LENGTH`].
    pub fn exact(name: &str) -> Result<Self, InvalidRule> {
        Self::new(RuleKind::Exact, name)
    }

    /// The groups whose names begin with `prefix`.
    ///
    /// # Errors
    ///
    /// When the prefix is empty or longer than [`MAX_RULE_LENGTH`].
    pub fn prefix(prefix: &str) -> Result<Self, InvalidRule> {
        Self::new(RuleKind::Prefix, prefix)
    }

    /// The groups whose whole names a glob matches.
    ///
    /// # Errors
    ///
    /// When the glob is empty, longer than [`MAX_RULE_LENGTH`] or not one.
    pub fn glob(glob: &str) -> Result<Self, InvalidRule> {
        Self::new(RuleKind::Glob, glob)
    }

    /// The groups whose whole names a regular expression matches, with or without `^` and `$` around it. The syntax is
    /// that of the crate `regex`: no look-around and no backreferences, and the time is linear.
    ///
    /// # Errors
    ///
    /// When the expression is empty, longer than [`MAX_RULE_LENGTH`], not one, deeper than 64 parentheses or larger
    /// than 1 MiB when compiled; always without the feature `regex`.
    pub fn regex(regex: &str) -> Result<Self, InvalidRule> {
        Self::new(RuleKind::Regex, regex)
    }

    /// A rule of that kind, for formats that keep the kind and the pattern apart.
    ///
    /// # Errors
    ///
    /// Those of the constructor of the kind.
    pub fn new(kind: RuleKind, pattern: &str) -> Result<Self, InvalidRule> {
        Self::read(kind, pattern, 0)
    }

    /// A rule whose pattern begins at `start` of `text`.
    fn read(kind: RuleKind, text: &str, start: usize) -> Result<Self, InvalidRule> {
        let pattern = text.get(start..).unwrap_or_default();
        let read = check_length(kind, pattern, start).and_then(|()| test(kind, pattern, start));
        match read {
            Ok(test) => Ok(Self {
                kind,
                text: pattern.into(),
                test,
            }),
            Err(problems) => Err(InvalidRule(ParseErrors(Problems::new(
                text.into(),
                problems,
            )))),
        }
    }

    /// How the rule compares.
    pub fn kind(&self) -> RuleKind {
        self.kind
    }

    /// What it compares with: the text without its kind.
    pub fn pattern(&self) -> &str {
        &self.text
    }

    /// Whether the rule is about this name.
    pub fn admits(&self, name: &str) -> bool {
        match &self.test {
            Test::Exact => *name == *self.text,
            Test::Prefix => name.starts_with(&*self.text),
            Test::Glob(glob) => glob.matches(name),
            #[cfg(feature = "regex")]
            Test::Regex(regex) => regex.matches(name),
        }
    }
}

fn check_length(kind: RuleKind, pattern: &str, start: usize) -> Result<(), Vec<Problem>> {
    let whole = Place::new(start, start + pattern.len());
    if pattern.is_empty() {
        let problem = Problem::new(whole, format!("the {} is empty", noun(kind)));
        return Err(vec![match kind {
            RuleKind::Exact => problem.expecting("the name of a group"),
            RuleKind::Prefix => problem.expecting("a text; `glob:*` admits every name"),
            RuleKind::Glob => problem.expecting("a pattern").fixed_by("*".to_owned()),
            RuleKind::Regex => problem.expecting("a pattern").fixed_by(".*".to_owned()),
        }]);
    }
    if pattern.len() > MAX_RULE_LENGTH {
        let message = format!("the {} has {} bytes", noun(kind), pattern.len());
        let expected = format!("at most {MAX_RULE_LENGTH}, or several rules");
        return Err(vec![Problem::new(whole, message).expecting(expected)]);
    }
    Ok(())
}

fn test(kind: RuleKind, pattern: &str, start: usize) -> Result<Test, Vec<Problem>> {
    match kind {
        RuleKind::Exact => Ok(Test::Exact),
        RuleKind::Prefix => Ok(Test::Prefix),
        RuleKind::Glob => Glob::read(pattern, start).map(Test::Glob),
        #[cfg(feature = "regex")]
        RuleKind::Regex => Regex::read(pattern, start).map(|regex| Test::Regex(Box::new(regex))),
        #[cfg(not(feature = "regex"))]
        RuleKind::Regex => {
            let place = Place::new(start, start + pattern.len());
            let problem = Problem::new(place, "this program was built without regular expressions")
                .expecting("a glob, or the feature `regex` of org-filter");
            Err(vec![problem])
        }
    }
}

/// What a rule of this kind is called in a sentence.
fn noun(kind: RuleKind) -> &'static str {
    match kind {
        RuleKind::Exact => "name",
        RuleKind::Prefix => "prefix",
        RuleKind::Glob => "glob",
        RuleKind::Regex => "regular expression",
    }
}

/// The kind before the first colon, and where the pattern begins.
fn split(text: &str) -> (RuleKind, usize) {
    let kind = text
        .split_once(':')
        .and_then(|(word, _)| RuleKind::named(word));
    match kind {
        Some(kind) => (kind, kind.as_str().len() + 1),
        None => (RuleKind::Exact, 0),
    }
}

impl FromStr for NameRule {
    type Err = InvalidRule;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (kind, start) = split(text);
        Self::read(kind, text, start)
    }
}

/// The text that reads back as this rule; a name as it is, unless it would read as something else.
impl fmt::Display for NameRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.kind != RuleKind::Exact || split(&self.text).1 > 0 {
            write!(f, "{}:", self.kind)?;
        }
        f.write_str(&self.text)
    }
}

impl fmt::Debug for NameRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NameRule({self})")
    }
}

/// Two rules are equal when they are written alike.
impl PartialEq for NameRule {
    fn eq(&self, other: &Self) -> bool {
        (self.kind, &self.text) == (other.kind, &other.text)
    }
}

impl Eq for NameRule {}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(text: &str) -> NameRule {
        text.parse().unwrap()
    }

    #[test]
    fn what_does_not_name_its_kind_is_a_name() {
        let table = [
            ("Sales", RuleKind::Exact, "Sales"),
            ("team-*", RuleKind::Exact, "team-*"),
            ("Glob:a", RuleKind::Exact, "Glob:a"),
            ("glob :a", RuleKind::Exact, "glob :a"),
            ("/a/", RuleKind::Exact, "/a/"),
            ("exact:a", RuleKind::Exact, "a"),
            ("exact:exact:a", RuleKind::Exact, "exact:a"),
            ("prefix:eng-", RuleKind::Prefix, "eng-"),
            ("prefix:a:b", RuleKind::Prefix, "a:b"),
            ("glob: a", RuleKind::Glob, " a"),
        ];
        for (text, kind, pattern) in table {
            assert_eq!((rule(text).kind(), rule(text).pattern()), (kind, pattern));
        }
        assert_eq!(rule("exact:a").to_string(), "a");
        assert_eq!(rule("exact:glob:a").to_string(), "exact:glob:a");
    }

    #[test]
    fn faults_point_into_the_whole_text() {
        let error = "glob:a[b".parse::<NameRule>().unwrap_err();
        assert_eq!(
            error.render(),
            "error: this bracket is not closed\n  | glob:a[b\n  |       ^ expected a `]` after the characters\n  = fix: write `\\[`\n"
        );
        for text in ["", "exact:", "prefix:", "glob:", "regex:"] {
            let error = text.parse::<NameRule>().unwrap_err();
            assert!(error.to_string().contains(" is empty at "), "{error}");
        }
        let long = |length: usize| NameRule::glob(&"x".repeat(length));
        assert!(long(MAX_RULE_LENGTH).is_ok() && long(MAX_RULE_LENGTH + 1).is_err());
    }

    #[cfg(not(feature = "regex"))]
    #[test]
    fn without_the_feature_a_regular_expression_is_an_error() {
        let error = "regex:a".parse::<NameRule>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "this program was built without regular expressions at 6..7, expected a glob, or the feature `regex` of org-filter"
        );
    }
}

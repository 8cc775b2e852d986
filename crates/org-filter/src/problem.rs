//! What is wrong with an expression: where, why, and what to write instead.

use std::borrow::Cow;
use std::error::Error;
use std::fmt::{self, Write as _};
use std::ops::Range;
use std::sync::Arc;

/// A stretch of the text an expression was read from. Two places are always equal: trees are compared without them.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Place {
    pub(crate) start: usize,
    pub(crate) end: usize,
}

impl Place {
    pub(crate) fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }

    /// From the start of `self` to the end of `other`.
    pub(crate) fn to(self, other: Self) -> Self {
        Self {
            start: self.start,
            end: other.end.max(self.end),
        }
    }
}

impl PartialEq for Place {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Place {}

impl From<Place> for Range<usize> {
    fn from(place: Place) -> Self {
        place.start..place.end
    }
}

/// One fault of an expression, or of another text that is shown in the same way.
///
/// ```
/// use org_filter::Problem;
///
/// let problem = Problem::new(8..12, "no filter is called `lowr`").with_help("write `lower`");
/// assert_eq!(problem.to_string(), "no filter is called `lowr` at 8..12; write `lower`");
/// assert_eq!(
///     problem.render("{name | lowr}"),
///     "error: no filter is called `lowr`\n  | {name | lowr}\n  |         ^^^^\n  = fix: write `lower`\n",
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    span: Range<usize>,
    message: String,
    expected: Option<String>,
    remedy: Option<Remedy>,
    source: Option<&'static str>,
}

/// What to do about a problem.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Remedy {
    /// To put this text in the place of the span.
    Text(String),
    /// What these words say.
    Words(String),
}

impl Problem {
    /// A fault at these bytes of a text, an empty range where something is missing. The message is a fragment in lower case.
    pub fn new(span: impl Into<Range<usize>>, message: impl Into<String>) -> Self {
        Self {
            span: span.into(),
            message: message.into(),
            expected: None,
            remedy: None,
            source: None,
        }
    }

    /// With what to do about it, in words.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.remedy = Some(Remedy::Words(help.into()));
        self
    }

    pub(crate) fn expecting(mut self, expected: impl Into<String>) -> Self {
        self.expected = Some(expected.into());
        self
    }

    pub(crate) fn fixed_by(mut self, fix: impl Into<Option<String>>) -> Self {
        self.remedy = fix.into().map(Remedy::Text);
        self
    }

    pub(crate) fn resting_on(mut self, source: &'static str) -> Self {
        self.source = Some(source);
        self
    }

    /// The faulty bytes of the text; empty where something is missing.
    pub fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    /// What is wrong, as a fragment in lower case.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What should stand there, when the message does not say it.
    pub fn expected(&self) -> Option<&str> {
        self.expected.as_deref()
    }

    /// The text to put in place of [`span`](Self::span), when it is known; empty to remove the span.
    pub fn fix(&self) -> Option<&str> {
        match &self.remedy {
            Some(Remedy::Text(text)) => Some(text),
            Some(Remedy::Words(_)) | None => None,
        }
    }

    /// The document or observation the refusal rests on, for refusals of a dialect.
    pub fn authority(&self) -> Option<&'static str> {
        self.source
    }

    /// What to do about it, in words, when it is known: in those of [`with_help`](Self::with_help), or in some that say the
    /// [`fix`](Self::fix).
    pub fn help(&self) -> Option<Cow<'_, str>> {
        Some(match self.remedy.as_ref()? {
            Remedy::Words(help) => Cow::Borrowed(help),
            Remedy::Text(text) if text.is_empty() => Cow::Borrowed("remove it"),
            Remedy::Text(text) if self.span.is_empty() => {
                Cow::Owned(format!("insert `{}`", printable(text)))
            }
            Remedy::Text(text) => Cow::Owned(format!("write `{}`", printable(text))),
        })
    }

    /// A part of the text around the fault with carets under it, what to do, and what a refusal rests on; ends with a line
    /// break. Nothing of the text moves the cursor of a terminal or turns a line round.
    pub fn render(&self, text: &str) -> String {
        let mut out = String::new();
        // Writing to a string does not fail.
        let _ = render(&mut out, text, self);
        out
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            span,
            message,
            expected,
            ..
        } = self;
        write!(f, "{message} at {}..{}", span.start, span.end)?;
        if let Some(expected) = expected {
            write!(f, ", expected {expected}")?;
        }
        if let Some(help) = self.help() {
            write!(f, "; {help}")?;
        }
        Ok(())
    }
}

/// The faults found in one text, in the order of the text, at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problems {
    text: Arc<str>,
    list: Vec<Problem>,
}

impl Problems {
    pub(crate) fn new(text: Arc<str>, mut list: Vec<Problem>) -> Self {
        list.sort_by_key(|problem| (problem.span.start, problem.span.end));
        // One place, one fault: a second one there follows from the first.
        list.dedup_by(|second, first| second.span == first.span && !first.span.is_empty());
        Self { text, list }
    }

    /// What a program prints that ends with these.
    pub(crate) fn report(&self, heading: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{heading}\n{}", self.render().trim_end())
    }

    fn render(&self) -> String {
        let shown = self.list.iter().map(|problem| problem.render(&self.text));
        shown.collect()
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.list.iter().enumerate() {
            let separator = if index == 0 { "" } else { "\n" };
            write!(f, "{separator}{problem}")?;
        }
        Ok(())
    }
}

/// Why a text is not an expression: all the faults, in the order of the text.
///
/// `Display` prints one line for each; [`render`](Self::render) shows the text with carets.
#[derive(Clone, PartialEq, Eq)]
pub struct ParseErrors(pub(crate) Problems);

/// Why the server would refuse an expression: all the reasons, in the order of the text.
///
/// `Display` prints one line for each; [`render`](Self::render) shows the text with carets.
#[derive(Clone, PartialEq, Eq)]
pub struct DialectErrors(pub(crate) Problems);

/// Names in an expression that no record has: all of them, in the order of the text.
///
/// `Display` prints one line for each; [`render`](Self::render) shows the text with carets.
#[derive(Clone, PartialEq, Eq)]
pub struct AttributeErrors(pub(crate) Problems);

impl fmt::Display for ParseErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// As [`render`](Self::render), below a heading: so a `main` that returns the error shows the text with carets.
impl fmt::Debug for ParseErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .report("not an expression of Okta's search language", f)
    }
}

impl Error for ParseErrors {}

impl ParseErrors {
    #[cfg(feature = "miette")]
    pub(crate) fn shared_text(&self) -> &Arc<str> {
        &self.0.text
    }

    /// The faults, at least one.
    pub fn problems(&self) -> &[Problem] {
        &self.0.list
    }

    /// The text that was read.
    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// The text with carets under each fault, and the fixes that are known; ends with a line break.
    pub fn render(&self) -> String {
        self.0.render()
    }
}

impl fmt::Display for DialectErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// As [`render`](Self::render), below a heading: so a `main` that returns the error shows the text with carets.
impl fmt::Debug for DialectErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .report("an expression that the server would refuse", f)
    }
}

impl Error for DialectErrors {}

impl DialectErrors {
    #[cfg(feature = "miette")]
    pub(crate) fn shared_text(&self) -> &Arc<str> {
        &self.0.text
    }

    /// The reasons, at least one.
    pub fn problems(&self) -> &[Problem] {
        &self.0.list
    }

    /// The text that was read.
    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// The text with carets under each fault, the fixes that are known, and what the refusal rests on; ends with a
    /// line break.
    pub fn render(&self) -> String {
        self.0.render()
    }
}

impl fmt::Display for AttributeErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// As [`render`](Self::render), below a heading: so a `main` that returns the error shows the text with carets.
impl fmt::Debug for AttributeErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .report("an expression about attributes that no record has", f)
    }
}

impl Error for AttributeErrors {}

impl AttributeErrors {
    #[cfg(feature = "miette")]
    pub(crate) fn shared_text(&self) -> &Arc<str> {
        &self.0.text
    }

    /// The names, at least one.
    pub fn problems(&self) -> &[Problem] {
        &self.0.list
    }

    /// The text that was read.
    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// The text with carets under each name, the fixes that are known, and what the refusal rests on; ends with a line
    /// break.
    pub fn render(&self) -> String {
        self.0.render()
    }
}

/// Characters of the text shown before and after the start of a fault.
const BEFORE: usize = 50;
const AFTER: usize = 70;

fn render(out: &mut String, text: &str, problem: &Problem) -> fmt::Result {
    let Problem {
        span,
        message,
        expected,
        source,
        ..
    } = problem;
    let column = text.get(..span.start).unwrap_or(text).chars().count();
    let width = text
        .get(span.clone())
        .unwrap_or_default()
        .chars()
        .count()
        .max(1);
    let skipped = column.saturating_sub(BEFORE);
    let mut shown: String = text
        .chars()
        .skip(skipped)
        .take(BEFORE + AFTER)
        .map(one_column)
        .collect();
    let mut indent = column - skipped;
    let width = width.min(BEFORE + AFTER - indent);
    if skipped > 0 {
        shown.insert(0, '…');
        indent += 1;
    }
    if text.chars().nth(skipped + BEFORE + AFTER).is_some() {
        shown.push('…');
    }
    writeln!(out, "error: {message}")?;
    writeln!(out, "  | {}", shown.trim_end())?;
    write!(out, "  | {:indent$}{}", "", "^".repeat(width))?;
    match expected {
        Some(expected) => writeln!(out, " expected {expected}")?,
        None => writeln!(out)?,
    }
    if let Some(help) = problem.help() {
        writeln!(out, "  = fix: {help}")?;
    }
    if let Some(source) = source {
        writeln!(out, "  = see: {source}")?;
    }
    Ok(())
}

/// A character that is seen and does nothing else: it moves no cursor, and turns no text round.
fn one_column(character: char) -> char {
    if character.is_whitespace() {
        ' '
    } else if is_hidden(character) {
        '\u{fffd}'
    } else {
        character
    }
}

/// Whether the standard library writes a character out in `Debug`, as it does with controls, format characters and what is
/// not assigned. Marks, which it writes out where they have no letter, have one here.
fn is_hidden(character: char) -> bool {
    !character.is_ascii_graphic()
        && character.escape_debug().len() > 1
        && String::from_iter(['a', character])
            .escape_debug()
            .nth(2)
            .is_some()
}

/// `text` on one line, its hidden characters replaced.
fn printable(text: &str) -> String {
    text.chars().map(one_column).collect()
}

/// Input in backticks: short, on one line.
pub(crate) fn quoted(text: &str) -> String {
    const LONGEST: usize = 40;
    let mut shown: String = text.chars().take(LONGEST).map(one_column).collect();
    if text.chars().nth(LONGEST).is_some() {
        shown.push('…');
    }
    format!("`{shown}`")
}

//! What is wrong with a template: where, why, and what to write instead.

use std::fmt::{self, Write as _};
use std::ops::Range;

/// Why a text is not a template: everything that is wrong, in the order of the text.
///
/// `Display` quotes the text and prints one line for each; [`render`](Self::render) shows the text with carets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TemplateError {
    pub(super) text: String,
    pub(super) problems: Vec<TemplateProblem>,
}

/// One thing that is wrong with a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TemplateProblem {
    pub(super) span: Range<usize>,
    pub(super) message: String,
    pub(super) fix: Option<String>,
}

impl TemplateError {
    pub(super) fn new(text: &str, problems: Vec<TemplateProblem>) -> Self {
        Self {
            text: text.to_owned(),
            problems,
        }
    }

    /// The text with carets under each thing, and how to put it right; ends with a line break.
    #[must_use]
    pub(crate) fn render(&self) -> String {
        let mut out = String::new();
        for problem in &self.problems {
            // Writing to a string does not fail.
            let _ = problem.render(&self.text, &mut out);
        }
        out
    }
}

impl TemplateProblem {
    pub(super) fn new(span: Range<usize>, message: impl Into<String>) -> Self {
        Self {
            span,
            message: message.into(),
            fix: None,
        }
    }

    pub(super) fn fixed_by(mut self, fix: impl Into<String>) -> Self {
        self.fix = Some(fix.into());
        self
    }

    fn render(&self, text: &str, out: &mut String) -> fmt::Result {
        let columns = |range: Range<usize>| text.get(range).map_or(0, |part| part.chars().count());
        let column = columns(0..self.span.start);
        let skipped = column.saturating_sub(BEFORE);
        let mut shown: String = text
            .chars()
            .skip(skipped)
            .take(WIDTH)
            .map(visible)
            .collect();
        let mut indent = column - skipped;
        let width = columns(self.span.clone()).clamp(1, WIDTH - indent);
        if skipped > 0 {
            shown.insert(0, '…');
            indent += 1;
        }
        if text.chars().nth(skipped + WIDTH).is_some() {
            shown.push('…');
        }
        writeln!(out, "error: {}", self.message)?;
        writeln!(out, "  | {}", shown.trim_end())?;
        writeln!(out, "  | {:indent$}{}", "", "^".repeat(width))?;
        match &self.fix {
            Some(fix) => writeln!(out, "  = fix: {fix}"),
            None => Ok(()),
        }
    }
}

/// Characters of the text that are shown before what is wrong, and altogether.
const BEFORE: usize = 50;
const WIDTH: usize = 120;

/// A character that takes one column and cannot move the cursor of a terminal.
fn visible(character: char) -> char {
    if character.is_whitespace() {
        ' '
    } else if character.is_control() {
        '\u{fffd}'
    } else {
        character
    }
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown: String = self.text.chars().take(WIDTH).map(visible).collect();
        let cut = if self.text.chars().nth(WIDTH).is_some() {
            "…"
        } else {
            ""
        };
        write!(f, "in `{shown}{cut}`: ")?;
        for (index, problem) in self.problems.iter().enumerate() {
            if index > 0 {
                f.write_char('\n')?;
            }
            problem.fmt(f)?;
        }
        Ok(())
    }
}

impl fmt::Display for TemplateProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Range { start, end } = self.span;
        write!(f, "{} at {start}..{end}", self.message)?;
        match &self.fix {
            Some(fix) => write!(f, "; {fix}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for TemplateError {}

#[cfg(test)]
mod tests {
    #[test]
    fn the_example_of_template_error() {
        use crate::text::template::{RecordKind, Template};

        let error = Template::parse("{nickName | lowr}", RecordKind::User).unwrap_err();
        assert_eq!(
            error.to_string(),
            "in `{nickName | lowr}`: no filter is called `lowr` at 12..16; write `lower`"
        );
        assert_eq!(
            error.render(),
            "error: no filter is called `lowr`\n  | {nickName | lowr}\n  |             ^^^^\n  = fix: write `lower`\n",
        );
    }
}

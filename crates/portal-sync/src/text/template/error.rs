//! What is wrong with a template: where, why, and what to write instead.

use std::fmt::{self, Write as _};

use org_filter::Problem;

/// Why a text is not a template: everything that is wrong, in the order of the text.
///
/// `Display` quotes the text and prints one line for each; [`render`](Self::render) shows the text with carets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TemplateError {
    pub(super) text: String,
    pub(super) problems: Vec<Problem>,
}

impl TemplateError {
    pub(super) fn new(text: &str, problems: Vec<Problem>) -> Self {
        Self {
            text: text.to_owned(),
            problems,
        }
    }

    /// The text with carets under each thing, and how to put it right; ends with a line break.
    #[must_use]
    pub(crate) fn render(&self) -> String {
        let shown = self.problems.iter().map(|it| it.render(&self.text));
        shown.collect()
    }
}

/// Characters of the text that are quoted.
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

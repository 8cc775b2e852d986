//! What a rule found: where, what is wrong, and what to do.

use std::fmt;

/// Whether a finding stops the build. Warnings sort first, so that errors are the last thing on the screen.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Severity {
    Warning,
    Error,
}

#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Finding {
    pub(super) severity: Severity,
    /// Relative to the workspace's root, with `/`.
    pub(super) path: String,
    /// Counted from 1; none when the whole file is meant.
    pub(super) line: Option<usize>,
    pub(super) problem: String,
    pub(super) fix: String,
}

impl Finding {
    /// An error about a whole file.
    pub(super) fn new(path: &str, problem: impl Into<String>, fix: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            path: path.to_owned(),
            line: None,
            problem: problem.into(),
            fix: fix.into(),
        }
    }

    pub(super) fn at(mut self, line: impl Into<Option<usize>>) -> Self {
        self.line = line.into();
        self
    }

    pub(super) fn into_warning(mut self) -> Self {
        self.severity = Severity::Warning;
        self
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            Severity::Warning => "warning",
            Severity::Error => "error",
        };
        write!(f, "{severity}: {}", self.path)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        write!(f, ": {}\n  fix: {}", self.problem, self.fix)
    }
}

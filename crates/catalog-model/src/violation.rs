//! What is wrong with an entity, and where.

use std::borrow::Cow;

/// A rule that an entity breaks, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {message}", place(path))]
pub struct Violation {
    path: String,
    message: Cow<'static, str>,
}

impl Violation {
    pub(crate) fn new(path: impl ToString, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            path: path.to_string(),
            message: message.into(),
        }
    }

    /// Where: the path of the field, such as `metadata.labels["a b"]`; empty for the document as a whole.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What is wrong there.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }
}

fn place(path: &str) -> Cow<'static, str> {
    if path.is_empty() {
        "the document".into()
    } else {
        format!("`{path}`").into()
    }
}

//! Values that are not there.

use std::fmt;

use org_filter::AttributePath;

use super::Operand;

/// A placeholder none of whose attributes has a value, so that there is no text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Missing(pub(super) Vec<AttributePath>);

impl Missing {
    pub(super) fn of(operands: &[Operand]) -> Self {
        let paths = operands.iter().filter_map(|operand| match operand {
            Operand::Attribute(path) => Some(path.clone()),
            Operand::Text(_) => None,
        });
        Self(paths.collect())
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_slice() {
            [path] => write!(f, "`{path}` has no value"),
            [first, second] => write!(f, "neither `{first}` nor `{second}` has a value"),
            paths => {
                let listed: Vec<String> = paths.iter().map(|path| format!("`{path}`")).collect();
                write!(f, "none of {} has a value", listed.join(", "))
            }
        }
    }
}

impl std::error::Error for Missing {}

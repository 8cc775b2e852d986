//! Approvals of what the guard withholds.
//!
//! An approval is good for the one plan that it names, for some time, and for one commit. Whoever gives it, it is a row of the
//! store, and the commit that it fits uses it up.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Serialize;

/// The approval of a plan, as somebody gives it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Approval {
    /// The provider whose removals may go.
    pub provider: String,
    /// The id of the plan that withholds them.
    pub plan_id: String,
    /// Who gives it.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// The approvals of one provider.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Approvals {
    /// The plans that may be committed once, with who says so.
    pub given: BTreeMap<String, String>,
    /// The plans that were committed by an approval. What they were called is never approved again.
    pub used: BTreeSet<String>,
}

impl Approvals {
    /// Whether a plan of this id may be committed.
    #[must_use]
    pub(crate) fn allow(&self, plan_id: &str) -> bool {
        self.given.contains_key(plan_id)
    }
}

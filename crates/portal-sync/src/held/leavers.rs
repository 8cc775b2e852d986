//! People whose account is no longer in use: whether they stay in the catalog, and how it shows.

use std::collections::BTreeMap;

use catalog_model::{Entity, Spec};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// What becomes of a user whose account was deactivated or is gone.
///
/// Whoever stays is in no group, and is marked: what they own can then be given to somebody else before they go.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Leavers {
    /// They leave the catalog at once.
    #[default]
    Remove,
    /// They stay, marked, for good.
    Mark,
    /// They stay, marked, for so many days.
    Keep {
        /// Days of 24 hours, counted from the run that noticed.
        days: u32,
    },
}

/// The label of whoever left, with the value `true`.
pub(crate) const LEFT: &str = "okta.com/left";
/// The annotation that says when a run noticed that they left, in UTC.
pub(crate) const LEFT_AT: &str = "okta.com/left-at";

impl Leavers {
    /// Whether a user who left at `since` is in the catalog at `now`.
    #[must_use]
    pub(crate) fn stays(self, since: Timestamp, now: Timestamp) -> bool {
        match self {
            Self::Remove => false,
            Self::Mark => true,
            Self::Keep { days } => {
                now.duration_since(since) < SignedDuration::from_hours(24 * i64::from(days))
            }
        }
    }
}

/// When the user of a text left; nothing when they did not.
pub(crate) fn left_at(text: &str) -> Option<Timestamp> {
    // Few have the mark, so few are read.
    if !text.contains(LEFT_AT) {
        return None;
    }
    let entity: Entity = serde_json::from_str(text).ok()?;
    entity.metadata.annotations.get(LEFT_AT)?.parse().ok()
}

/// Marks a user as having left at `since`, and takes them out of all groups.
pub(crate) fn mark(user: &mut Entity, since: Timestamp) {
    let mark = |map: &mut BTreeMap<String, String>, key: &str, value: String| {
        map.insert(key.to_owned(), value);
    };
    mark(&mut user.metadata.labels, LEFT, "true".to_owned());
    mark(&mut user.metadata.annotations, LEFT_AT, since.to_string());
    if let Spec::User(spec) = &mut user.spec {
        spec.member_of.clear();
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_example_of_stays() -> Result<(), Box<dyn std::error::Error>> {
        use crate::held::leavers::Leavers;

        let since = "2026-03-01T00:00:00Z".parse()?;
        let keep = Leavers::Keep { days: 30 };
        assert!(keep.stays(since, "2026-03-30T23:59:59Z".parse()?));
        assert!(!keep.stays(since, "2026-03-31T00:00:00Z".parse()?));
        Ok(())
    }
}

//! Why the guard withheld something, as a value.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::held::criteria::Reconfigured;
use crate::held::object::Kind;
use crate::text::counted::counted;

/// One limit of the guard that a run would have gone over. It prints as a sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "kind",
    rename_all = "kebab-case",
    rename_all_fields = "camelCase"
)]
pub(crate) enum Trip {
    /// No user, or no group, would be left.
    Emptied {
        /// Of which kind.
        of: Kind,
        /// So many there are.
        before: usize,
        /// What of the configuration is different, if anything is.
        changed: Option<Reconfigured>,
    },
    /// Too many users, or groups, would go at once.
    Removals {
        /// Of which kind.
        of: Kind,
        /// So many would go.
        going: usize,
        /// So many there are.
        before: usize,
        /// The most that may go, in per cent of those.
        limit_percent: u8,
        /// What of the configuration is different, if anything is.
        changed: Option<Reconfigured>,
    },
    /// One group would lose too many of its members at once.
    Members {
        /// The group's entity ref.
        group: String,
        /// So many would go.
        going: usize,
        /// So many it has.
        before: usize,
        /// The most that may go, in per cent of those.
        limit_percent: u8,
    },
    /// All groups together would lose too many members at once.
    Memberships {
        /// So many would go.
        going: usize,
        /// So many there are.
        before: usize,
        /// The most that may go, in per cent of those.
        limit_percent: u8,
    },
    /// Too many users, or groups, would get another name at once.
    Renames {
        /// Of which kind.
        of: Kind,
        /// So many would be renamed.
        renamed: usize,
        /// So many there are.
        before: usize,
        /// The most that may be renamed, in per cent of those.
        limit_percent: u8,
    },
}

#[cfg_attr(
    not(test),
    expect(
        dead_code,
        reason = "for those who read accounts of runs that are kept"
    )
)]
impl Trip {
    /// What it is about: the kind of entities, or one group's entity ref; nothing when it is about all groups together.
    #[must_use]
    pub(crate) fn subject(&self) -> Option<&str> {
        match self {
            Self::Emptied { of, .. } | Self::Removals { of, .. } | Self::Renames { of, .. } => {
                Some(of.lower())
            }
            Self::Members { group, .. } => Some(group),
            Self::Memberships { .. } => None,
        }
    }
}

impl Trip {
    /// The limit in per cent, and what of the configuration is different.
    const fn limit_and_change(&self) -> (Option<u8>, Option<&Reconfigured>) {
        match self {
            Self::Emptied { changed, .. } => (None, changed.as_ref()),
            Self::Removals {
                limit_percent,
                changed,
                ..
            } => (Some(*limit_percent), changed.as_ref()),
            Self::Members { limit_percent, .. }
            | Self::Memberships { limit_percent, .. }
            | Self::Renames { limit_percent, .. } => (Some(*limit_percent), None),
        }
    }
}

impl fmt::Display for Trip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (limit, changed) = self.limit_and_change();
        match self {
            Self::Emptied { of, before: 1, .. } => {
                write!(f, "the only one of the {}s would go", of.lower())?;
            }
            Self::Emptied { of, before, .. } => {
                write!(f, "all {before} {}s would go", of.lower())?;
            }
            Self::Removals {
                of, going, before, ..
            } => {
                write!(f, "{going} of {before} {}s would go", of.lower())?;
                if changed.is_none() {
                    f.write_str(" for no reason that a record of theirs gives")?;
                }
            }
            Self::Members {
                group,
                going,
                before,
                ..
            } => {
                let members = counted(*before, "member", "members");
                write!(f, "{going} of the {members} of group `{group}` would go")?;
            }
            Self::Memberships { going, before, .. } => {
                let before = counted(*before, "membership", "memberships");
                write!(f, "{going} of the {before} of all groups would go")?;
            }
            Self::Renames {
                of,
                renamed,
                before,
                ..
            } => write!(f, "{renamed} of {before} {}s would be renamed", of.lower())?,
        }
        if let Some(limit) = limit {
            write!(f, ", more than {limit}%")?;
        }
        match changed {
            Some(changed) => write!(f, "; {changed}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_a_word_a_subject_and_a_sentence() {
        let changed = || Some(Reconfigured::Keys(vec!["userFilter".into()]));
        let emptied = |before, changed| Trip::Emptied {
            of: Kind::User,
            before,
            changed,
        };
        let removals = |changed| Trip::Removals {
            of: Kind::Group,
            going: 6,
            before: 40,
            limit_percent: 10,
            changed,
        };
        let members = Trip::Members {
            group: "group:default/a".to_owned(),
            going: 11,
            before: 20,
            limit_percent: 50,
        };
        let memberships = Trip::Memberships {
            going: 11,
            before: 20,
            limit_percent: 50,
        };
        let renames = Trip::Renames {
            of: Kind::User,
            renamed: 9,
            before: 40,
            limit_percent: 20,
        };
        let rows = [
            (emptied(3, None), Some("user"), "all 3 users would go"),
            (
                emptied(1, changed()),
                Some("user"),
                "the only one of the users would go; `userFilter` has changed since the last complete run",
            ),
            (
                removals(None),
                Some("group"),
                "6 of 40 groups would go for no reason that a record of theirs gives, more than 10%",
            ),
            (
                removals(Some(Reconfigured::Unknown)),
                Some("group"),
                "6 of 40 groups would go, more than 10%; it is not known by which configuration the catalog was filled",
            ),
            (
                members,
                Some("group:default/a"),
                "11 of the 20 members of group `group:default/a` would go, more than 50%",
            ),
            (
                memberships,
                None,
                "11 of the 20 memberships of all groups would go, more than 50%",
            ),
            (
                renames,
                Some("user"),
                "9 of 40 users would be renamed, more than 20%",
            ),
        ];
        let kinds = [
            "emptied",
            "emptied",
            "removals",
            "removals",
            "members",
            "memberships",
            "renames",
        ];
        for ((trip, subject, text), kind) in rows.into_iter().zip(kinds) {
            assert_eq!((trip.subject(), &*trip.to_string()), (subject, text));
            let written = serde_json::to_value(&trip).unwrap();
            assert_eq!(written["kind"], kind);
            assert_eq!(serde_json::from_value::<Trip>(written).unwrap(), trip);
        }
    }
}

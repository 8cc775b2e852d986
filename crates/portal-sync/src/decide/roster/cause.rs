//! Why objects leave.

use std::fmt;

/// Why an object leaves the catalog.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Cause {
    /// The user was seen with the status `DEPROVISIONED`.
    Deactivated,
    /// Okta says by its id that there is no such user any more.
    Deleted,
    /// The user's record was read and does not match the user filter.
    LeftUserFilter,
    /// The user's record was read and has a status that is not wanted.
    Status,
    /// The record was read and the configuration excludes it.
    Excluded,
    /// The user left earlier and is not kept any longer.
    Left,
    /// The group was read and is a part of another one by now.
    Merged,
    /// The configuration does not ask for the group any more, which is no group of Okta's.
    NotConfigured,
    /// The group's record was read and does not match the group filter.
    LeftGroupFilter,
    /// It is no longer listed, and the filter by which it was is another one by now.
    FilterChanged,
    /// The user was seen alive, and Okta no longer returns them for the user filter.
    NotFound,
    /// The user was seen alive and is in none of the selected groups.
    LeftGroups,
    /// The user's groups are not in the catalog any more.
    GroupsGone,
    /// The group has no members and empty groups are not wanted.
    GroupEmpty,
    /// It is no longer listed, and nothing says why.
    Absent,
    /// Its tenant was taken out of the catalog as a whole.
    Forgotten,
}

impl Cause {
    /// All there are.
    pub(crate) const ALL: [Self; 16] = [
        Self::Deactivated,
        Self::Deleted,
        Self::LeftUserFilter,
        Self::Status,
        Self::Excluded,
        Self::Left,
        Self::Merged,
        Self::NotConfigured,
        Self::LeftGroupFilter,
        Self::FilterChanged,
        Self::NotFound,
        Self::LeftGroups,
        Self::GroupsGone,
        Self::GroupEmpty,
        Self::Absent,
        Self::Forgotten,
    ];

    /// Whether the account is no longer in use, as far as anybody can see: it was deactivated, or is gone.
    #[must_use]
    pub(crate) const fn is_leaving(self) -> bool {
        matches!(self, Self::Deactivated | Self::Deleted | Self::Absent)
    }

    /// Whether a record of the object itself, or the configuration, says so. All else rests on what was not listed, which a
    /// role that was taken away or a search that broke makes look the same: the guard counts it. It also counts what only a
    /// change of the configuration explains.
    #[must_use]
    pub(crate) const fn explained(self) -> bool {
        matches!(
            self,
            Self::Deactivated
                | Self::Deleted
                | Self::LeftUserFilter
                | Self::LeftGroupFilter
                | Self::Status
                | Self::Excluded
                | Self::Left
                | Self::Merged
                | Self::NotConfigured
                | Self::Forgotten
        )
    }

    /// The stable word of the JSON output.
    #[must_use]
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Deactivated => "deactivated",
            Self::Deleted => "deleted",
            Self::LeftUserFilter => "left-user-filter",
            Self::Status => "status",
            Self::Excluded => "excluded",
            Self::Left => "left",
            Self::Merged => "merged",
            Self::NotConfigured => "not-configured",
            Self::LeftGroupFilter => "left-group-filter",
            Self::FilterChanged => "filter-changed",
            Self::NotFound => "not-found",
            Self::LeftGroups => "left-groups",
            Self::GroupsGone => "groups-gone",
            Self::GroupEmpty => "group-empty",
            Self::Absent => "absent",
            Self::Forgotten => "forgotten",
        }
    }

    /// The one that this stable word is for.
    #[must_use]
    pub(crate) fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cause| cause.as_str() == word)
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Deactivated => "deactivated in Okta",
            Self::Deleted => "deleted in Okta",
            Self::LeftUserFilter => "no longer matches the user filter",
            Self::Status => "has a status that is not wanted",
            Self::Excluded => "excluded by the configuration",
            Self::Left => "left earlier, and is not kept any longer",
            Self::Merged => "is a part of another group now",
            Self::NotConfigured => "no longer in the configuration",
            Self::LeftGroupFilter => "no longer matches the group filter",
            Self::FilterChanged => "not found by the filter, which has changed",
            Self::NotFound => "no longer found by the user filter",
            Self::LeftGroups => "no longer in a selected group",
            Self::GroupsGone => "its groups are not in the catalog any more",
            Self::GroupEmpty => "has no members left",
            Self::Absent => "no longer listed by Okta",
            Self::Forgotten => "taken out of the catalog with its tenant",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Cause;

    #[test]
    fn a_cause_is_found_by_its_word() {
        for cause in Cause::ALL {
            assert_eq!(Cause::of_word(cause.as_str()), Some(cause));
        }
        assert_eq!(Cause::of_word("moved-to-mars"), None);
    }
}

//! The removal guard: how many unexplained removals one run may make.
//!
//! Sources lie in one direction: an administrator role that was taken away, a filter that broke, a directory that
//! answers before it is loaded all look like fewer people. So removals that a run saw the reason of pass, removals
//! that are mere absence pass up to a limit, and an emptied catalog never passes.

use std::fmt;

/// The limits of one provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Guard {
    /// The part of all users that may go in one run.
    pub users: Percent,
    /// The part of all groups that may go in one run.
    pub groups: Percent,
    /// The part of one group's members that may go in one run.
    pub members: Percent,
    /// The part of all users, and of all groups, whose entities may get another name in one run. Owners and permissions
    /// refer to names, so another name breaks what a removal breaks.
    pub renames: Percent,
    /// So many removals, or renames, never trip the guard, whatever part they are.
    pub minimum: usize,
}

impl Default for Guard {
    fn default() -> Self {
        Self {
            users: Percent(10),
            groups: Percent(10),
            members: Percent(50),
            renames: Percent(20),
            minimum: 5,
        }
    }
}

impl Guard {
    /// Whether `removed` unexplained removals out of `before` are more than `limit` allows.
    #[must_use]
    pub(crate) const fn trips(&self, limit: Percent, before: usize, removed: usize) -> bool {
        removed > self.minimum
            && removed.saturating_mul(100) > before.saturating_mul(limit.0 as usize)
    }
}

/// A part of a whole, from 0 to 100 per cent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Percent(u8);

impl Percent {
    /// A part of a whole, unless it is more than the whole.
    #[must_use]
    pub(crate) const fn new(percent: u8) -> Option<Self> {
        if percent <= 100 {
            Some(Self(percent))
        } else {
            None
        }
    }

    /// The number in front of the `%`.
    #[must_use]
    pub(crate) const fn get(self) -> u8 {
        self.0
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}%", self.0)
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_example_of_guard() {
        use super::Guard;

        let guard = Guard::default();
        assert!(
            !guard.trips(guard.users, 20, 5),
            "up to five at once are always let through"
        );
        assert!(
            guard.trips(guard.users, 40, 6),
            "six of forty are more than 10 %"
        );
        assert!(
            !guard.trips(guard.users, 1_000, 100),
            "exactly the limit is let through"
        );
    }

    #[test]
    fn the_example_of_percent() {
        use super::Percent;

        assert_eq!(Percent::new(10).unwrap().to_string(), "10%");
        assert_eq!(Percent::new(101), None);
    }
}

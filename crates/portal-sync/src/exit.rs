//! Exit codes: the part of the contract that scripts read.

use std::process::ExitCode;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Exit {
    /// Everything was done; for `plan`, there is nothing to change.
    Done,
    /// `plan` has changes.
    Changes,
    /// The guard withheld removals.
    Withheld,
    /// Something stayed unknown or was quarantined.
    Partial,
    /// The command line or the configuration is wrong.
    Usage,
    /// Okta refused the credentials or the permission.
    Refused,
    /// Okta could not be reached, failed, or answered against its protocol.
    Okta,
    /// The store failed.
    Store,
    /// Another run holds the catalog.
    Busy,
    /// A bug in portal-sync.
    Bug,
}

impl Exit {
    /// The process exit code.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Changes => 2,
            Self::Withheld => 3,
            Self::Partial => 4,
            Self::Usage => 10,
            Self::Refused => 11,
            Self::Okta => 12,
            Self::Store => 13,
            Self::Busy => 14,
            Self::Bug => 70,
        }
    }

    /// The one of two that is reported: failures before results, and of results 3 over 4 over 2.
    #[must_use]
    pub fn worse(self, other: Self) -> Self {
        if other.rank() > self.rank() {
            other
        } else {
            self
        }
    }

    const fn rank(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Changes => 1,
            Self::Partial => 2,
            Self::Withheld => 3,
            failure => failure.code(),
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::Exit;

    #[test]
    fn of_several_the_worst_is_reported() {
        for (a, b, worst) in [
            (Exit::Done, Exit::Changes, Exit::Changes),
            (Exit::Partial, Exit::Changes, Exit::Partial),
            (Exit::Withheld, Exit::Partial, Exit::Withheld),
            (Exit::Withheld, Exit::Refused, Exit::Refused),
        ] {
            assert_eq!(a.worse(b), worst);
            assert_eq!(b.worse(a), worst);
        }
    }

    #[test]
    fn the_example_of_exit() {
        use super::Exit;

        assert_eq!(Exit::Partial.code(), 4);
        assert_eq!(Exit::Partial.worse(Exit::Withheld), Exit::Withheld);
    }
}

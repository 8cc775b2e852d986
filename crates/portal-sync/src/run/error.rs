//! A run that failed.

use std::time::Duration;

use okta_api::ErrorKind;

use crate::decide::mapping::MappingError;
use crate::decide::plan::PlanError;
use crate::exit::Exit;
use crate::read::directory::ReadError;
use crate::store::{StoreError, StoreErrorKind};

/// A run that failed. The catalog is as it was.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum RunError {
    /// The org could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// What was read gives no plan.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The store gave no answer in the time that the run may take: this long. What Okta is asked for ends before that, with
    /// an error of its own.
    #[error("the run was given up after {0:?}, its `schedule.timeout`")]
    TimedOut(Duration),
    /// It was to commit without a turn: a bug.
    #[error("the run has no turn to commit by")]
    NoTurn,
}

impl RunError {
    /// Whether another run of the provider is under way.
    #[must_use]
    pub(crate) fn is_busy(&self) -> bool {
        matches!(self, Self::Store(error) if error.kind() == StoreErrorKind::Busy)
    }

    /// Whether the run may have committed after all: the store did not say.
    #[must_use]
    pub(crate) fn is_unanswered(&self) -> bool {
        matches!(self, Self::Store(error) if error.kind() == StoreErrorKind::Unanswered)
    }

    /// Whether another run of the provider took over.
    #[must_use]
    pub(crate) fn is_overtaken(&self) -> bool {
        matches!(self, Self::Store(error) if error.kind() == StoreErrorKind::Conflict)
    }

    /// The exit code.
    #[must_use]
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Read(ReadError::NoGroupOfList(_)) => Exit::Usage,
            Self::Read(ReadError::TooMany { .. }) => Exit::Okta,
            Self::Read(ReadError::Okta { source, .. }) => match source.kind() {
                ErrorKind::Unauthenticated | ErrorKind::Forbidden { .. } => Exit::Refused,
                ErrorKind::BadSearch | ErrorKind::SearchTooLong => Exit::Usage,
                _ => Exit::Okta,
            },
            Self::Plan(PlanError::EmptySource { .. }) => Exit::Refused,
            Self::Plan(PlanError::AnotherOrg { .. }) => Exit::Usage,
            Self::Plan(PlanError::Mapping(MappingError::Collisions(_))) => Exit::Usage,
            Self::Plan(PlanError::Mapping(_)) => Exit::Store,
            Self::Plan(PlanError::Packed(_) | PlanError::Unsound(_)) => Exit::Bug,
            Self::Store(error) => match error.kind() {
                StoreErrorKind::Busy | StoreErrorKind::Conflict | StoreErrorKind::NameTaken => {
                    Exit::Busy
                }
                _ => Exit::Store,
            },
            Self::TimedOut(_) => Exit::Store,
            Self::NoTurn => Exit::Bug,
        }
    }

    /// What to do about it, as the layer that failed has it.
    #[must_use]
    pub(crate) fn fix(&self) -> Option<String> {
        match self {
            Self::Read(error) => error.fix(),
            Self::Plan(error) => Some(error.fix().to_owned()),
            Self::Store(error) => Some(error.fix().to_owned()),
            Self::TimedOut(_) => {
                Some("raise `schedule.timeout`; the next run tries again".to_owned())
            }
            Self::NoTurn => {
                Some("this is a bug in portal-sync: please report it with this message".to_owned())
            }
        }
    }
}

#[cfg(test)]
mod tests;

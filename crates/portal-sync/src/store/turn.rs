//! Leave to run one provider.
//!
//! A turn is a lease: whoever has it renews it while a run lasts, and the clock of the database decides when it has run out.
//! Its number is the number of the run in the ledger, and the fence: whoever lost a turn commits nothing by it. There is one
//! sequence of numbers for all providers.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;

use super::holder::Holder;
use crate::held::run::Why;

/// How long a turn lasts that is not renewed.
pub(crate) const LEASE: Duration = Duration::from_secs(15);

/// How often it is renewed.
pub(crate) const RENEWAL: Duration = Duration::from_secs(5);

/// Who asks for a turn, and what for.
#[derive(Debug, Clone)]
pub(crate) struct Claim {
    /// The provider that is to run.
    pub provider: String,
    /// Who will run it.
    pub holder: Holder,
    /// Why.
    pub why: Why,
    /// When the run began.
    pub began: Timestamp,
    /// How long the turn lasts unless it is renewed.
    pub lease: Duration,
}

/// Leave to run one provider, until it is ended or has run out.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub(crate) struct Turn {
    /// The provider.
    pub provider: String,
    /// The fence, and the number of the run in the ledger.
    pub number: u64,
    /// Who has it, as the ledger has it: a database that lost its newest transactions, or that was put back, gives a number again.
    pub(super) holder: String,
}

/// The turn of somebody else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HeldBy {
    /// Who has it.
    pub holder: Holder,
    /// The number of the run.
    pub number: u64,
    /// Until when, unless it is renewed.
    pub until: Timestamp,
}

#[cfg(test)]
impl Turn {
    /// A turn that no store gave.
    pub(crate) fn of_test(provider: &str, number: u64) -> Self {
        Self {
            provider: provider.to_owned(),
            number,
            holder: String::new(),
        }
    }
}

impl fmt::Display for HeldBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            holder,
            number,
            until,
        } = self;
        write!(
            f,
            "run {number} is under way in {holder}, which holds its turn until {until} and renews it"
        )
    }
}

impl std::error::Error for HeldBy {}

impl Claim {
    /// Whether the turn of `other` is given to this one: it has run out, or its holder has ended, as far as is seen from here. One
    /// process runs a provider once at a time, so that a turn it holds already is one that it could not end.
    #[must_use]
    pub(super) fn overrides(&self, other: &HeldBy, now: Timestamp) -> bool {
        other.until <= now
            || other.holder == self.holder
            || self.holder.sees_the_end_of(&other.holder)
    }
}

//! How it stands: of the store, and of each provider.

use std::sync::Arc;

use jiff::Timestamp;

use crate::held::run::Run;

/// What is known of the store.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub(crate) enum StoreStatus {
    /// It is being read for the first time.
    #[default]
    Opening,
    /// It was read when it was last looked at.
    Read,
    /// It could not be read then. It is tried again.
    Unreadable,
    /// Its file is not there any more.
    Gone,
    /// Another file took its place, in which there is no catalog yet.
    Emptied,
    /// What is in it is not what was written.
    Damaged,
}

impl StoreStatus {
    /// Why nobody is to rely on what is served; nothing when the store can be read.
    #[must_use]
    pub(crate) const fn trouble(self) -> Option<&'static str> {
        match self {
            Self::Opening => Some("reading the store"),
            Self::Unreadable => Some("the store cannot be read: it is tried again"),
            Self::Gone => Some("the store is gone"),
            Self::Emptied => Some("the store was replaced by one without a catalog"),
            Self::Damaged => Some("the store is damaged"),
            Self::Read => None,
        }
    }
}

/// One provider, as the schedule sees it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ProviderStatus {
    /// Its id in the configuration.
    pub provider: String,
    /// The host of its Okta org.
    pub org: String,
    /// The run that ended last since the process began.
    pub last_run: Option<Arc<Run>>,
    /// When the next run starts, if one is planned.
    pub next_run: Option<Timestamp>,
    /// Whether a run is under way.
    pub running: bool,
}

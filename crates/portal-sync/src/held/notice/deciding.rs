//! What is noticed while it is decided who belongs into the catalog.

use std::borrow::Cow;
use std::fmt;

use okta_api::GIVE_ROLE;
use serde::{Deserialize, Serialize};

use crate::held::criteria::Reconfigured;
use crate::held::object::Kind;
use crate::text::counted::counted;

/// What the decision noticed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub(crate) enum DecidingNotice {
    /// Okta lists nobody, and was asked for everybody.
    NoneListed {
        /// Of which kind.
        of: Kind,
    },
    /// Okta lists nobody for a filter.
    NoneFound {
        /// Of which kind.
        of: Kind,
        /// The filter, unless it is a list of names.
        filter: Option<String>,
    },
    /// Whoever Okta lists is refused here.
    AllRefused {
        /// Of which kind.
        of: Kind,
        /// So many.
        listed: usize,
        /// The keys that refuse them.
        by: Vec<Cow<'static, str>>,
    },
    /// None of the users that Okta lists belongs.
    NoUserBelongs,
    /// Many go because the configuration leaves them out.
    ManyLeftOut {
        /// So many users.
        users: usize,
        /// So many groups.
        groups: usize,
    },
    /// The configuration is another one than that which filled the catalog.
    Reconfigured {
        /// How it differs.
        changed: Reconfigured,
    },
}

impl DecidingNotice {
    pub(super) fn subject(&self) -> Option<&str> {
        match self {
            Self::NoneListed { of } | Self::NoneFound { of, .. } | Self::AllRefused { of, .. } => {
                Some(of.lower())
            }
            Self::NoUserBelongs => Some(Kind::User.lower()),
            Self::ManyLeftOut { .. } => None,
            Self::Reconfigured { changed } => match changed {
                Reconfigured::Unknown => None,
                Reconfigured::Keys(keys) => keys.first().map(|key| &**key),
            },
        }
    }
}

impl fmt::Display for DecidingNotice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoneListed { of } => write!(
                f,
                "okta answers that there is no {} at all; if that is not so, {GIVE_ROLE}",
                of.lower()
            ),
            Self::NoneFound { of, filter } => {
                let of = of.lower();
                write!(f, "okta finds no {of} for `{of}Filter`")?;
                if let Some(filter) = filter {
                    write!(f, " `{filter}`")?;
                }
                write!(f, "; if there should be some, correct it, or {GIVE_ROLE}")
            }
            Self::AllRefused {
                of: Kind::Group,
                listed,
                ..
            } => write!(
                f,
                "okta lists {}, and `groupFilter` refuses all of them here",
                counted(*listed, "group", "groups")
            ),
            Self::AllRefused { listed, by, .. } => write!(
                f,
                "okta lists {}, and all of them are refused here, by `{}`",
                counted(*listed, "user", "users"),
                by.join("`, `")
            ),
            Self::NoUserBelongs => f.write_str(
                "of the users that Okta lists none is wanted, or is in a group that is wanted, so there is no user",
            ),
            Self::ManyLeftOut { users, groups } => write!(
                f,
                "{} and {} go because `exclude` or `statuses` leaves them out, which the guard does not count",
                counted(*users, "user", "users"),
                counted(*groups, "group", "groups")
            ),
            Self::Reconfigured { changed } => {
                write!(f, "{changed}: what it removes is counted by the guard")
            }
        }
    }
}

//! The endpoints that this crate asks, and the rate limit each falls under.

use std::fmt;

/// An endpoint by its path template.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Endpoint {
    Users,
    Groups,
    Members,
}

/// Endpoints that share one budget.
///
/// `/api/v1/groups` covers "everything below except `/api/v1/groups/{id}`", so lists of groups and
/// of members draw on the same one (Okta developer documentation, rate limits by endpoint).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Bucket {
    Users,
    Groups,
}

impl Endpoint {
    /// The path with its variables named, as metrics and errors show it.
    pub(crate) const fn template(self) -> &'static str {
        match self {
            Self::Users => "/api/v1/users",
            Self::Groups => "/api/v1/groups",
            Self::Members => "/api/v1/groups/{id}/users",
        }
    }

    /// The budget that a request is charged to.
    pub(crate) const fn bucket(self) -> Bucket {
        match self {
            Self::Users => Bucket::Users,
            Self::Groups | Self::Members => Bucket::Groups,
        }
    }

    /// The scope that a token needs here (Okta API reference, each operation's security section).
    pub(crate) const fn scope(self) -> &'static str {
        match self {
            Self::Users => "okta.users.read",
            Self::Groups | Self::Members => "okta.groups.read",
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.template())
    }
}

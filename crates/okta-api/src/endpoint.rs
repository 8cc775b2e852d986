//! The endpoints that this crate asks, and the rate limit each falls under.

use std::fmt;

/// An endpoint by its path template.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Endpoint {
    Users,
    User,
    UserGroups,
    Groups,
    Group,
    Members,
    SkinnyMembers,
    Logs,
}

/// Endpoints that share one budget.
///
/// `/api/v1/groups` covers "everything below except `/api/v1/groups/{id}`", so lists of groups and of members draw on the
/// same one (Okta developer documentation, rate limits by endpoint); a user's groups draw on the users', and the
/// skinny members have their own (Okta's Terraform provider, `rate_limit_lines.go`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Bucket {
    Users,
    User,
    Groups,
    Group,
    SkinnyMembers,
    Logs,
}

impl Endpoint {
    /// The path with its variables named, as metrics and errors show it.
    pub(crate) const fn template(self) -> &'static str {
        match self {
            Self::Users => "/api/v1/users",
            Self::User => "/api/v1/users/{id}",
            Self::UserGroups => "/api/v1/users/{id}/groups",
            Self::Groups => "/api/v1/groups",
            Self::Group => "/api/v1/groups/{id}",
            Self::Members => "/api/v1/groups/{id}/users",
            Self::SkinnyMembers => "/api/v1/groups/{id}/skinny_users",
            Self::Logs => "/api/v1/logs",
        }
    }

    /// The budget that a request is charged to.
    pub(crate) const fn bucket(self) -> Bucket {
        match self {
            Self::Users | Self::UserGroups => Bucket::Users,
            Self::User => Bucket::User,
            Self::Groups | Self::Members => Bucket::Groups,
            Self::Group => Bucket::Group,
            Self::SkinnyMembers => Bucket::SkinnyMembers,
            Self::Logs => Bucket::Logs,
        }
    }

    /// The scope that a token needs here (Okta API reference, each operation's security section).
    pub(crate) const fn scope(self) -> &'static str {
        match self {
            Self::Users | Self::User | Self::UserGroups => "okta.users.read",
            Self::Groups | Self::Group | Self::Members | Self::SkinnyMembers => "okta.groups.read",
            Self::Logs => "okta.logs.read",
        }
    }

    /// Whether every org answers there: that nothing is found says something about the address, not about a record.
    pub(crate) const fn is_of_every_org(self) -> bool {
        matches!(self, Self::Users | Self::Groups | Self::Logs)
    }

    /// Whether the answer is made of users, of which parts can be left out.
    pub(crate) const fn answers_users(self) -> bool {
        matches!(
            self,
            Self::Users | Self::User | Self::Members | Self::SkinnyMembers
        )
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.template())
    }
}

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
    /// One that this crate does not know, by the template that its caller gives.
    Other(&'static str),
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
    /// That of an endpoint by itself. Where several share one at Okta, each learns from the answers what the others take.
    Other(&'static str),
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
            Self::Other(template) => template,
        }
    }

    /// The budget that a request is charged to.
    pub(crate) fn bucket(self) -> Bucket {
        match self {
            Self::Users | Self::UserGroups => Bucket::Users,
            Self::User => Bucket::User,
            Self::Groups | Self::Members => Bucket::Groups,
            Self::Group => Bucket::Group,
            Self::SkinnyMembers => Bucket::SkinnyMembers,
            Self::Logs => Bucket::Logs,
            Self::Other(template) => Bucket::of(template),
        }
    }

    /// The scope that a token needs here (Okta API reference, each operation's security section).
    pub(crate) const fn scope(self) -> Option<&'static str> {
        match self {
            Self::Users | Self::User | Self::UserGroups => Some("okta.users.read"),
            Self::Groups | Self::Group | Self::Members | Self::SkinnyMembers => {
                Some("okta.groups.read")
            }
            Self::Logs => Some("okta.logs.read"),
            Self::Other(_) => None,
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

impl Bucket {
    /// The one of an endpoint by its path template, as Okta matches paths: exactly, else by the longest beginning.
    fn of(template: &'static str) -> Self {
        let path = template.strip_prefix("/api/v1/").unwrap_or_default();
        let mut segments = path.split('/');
        match (segments.next(), segments.next(), segments.next()) {
            (Some("users"), Some(_), None) => Self::User,
            (Some("users"), ..) => Self::Users,
            (Some("groups"), Some(_), None) => Self::Group,
            (Some("groups"), Some(_), Some("skinny_users")) => Self::SkinnyMembers,
            (Some("groups"), ..) => Self::Groups,
            (Some("logs"), ..) => Self::Logs,
            _ => Self::Other(template),
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.template())
    }
}

#[cfg(test)]
mod tests {
    use super::{Bucket, Endpoint};

    #[test]
    fn an_endpoint_that_shares_a_budget_is_known_by_its_path() {
        for (template, bucket) in [
            ("/api/v1/users", Bucket::Users),
            ("/api/v1/users/{userId}", Bucket::User),
            ("/api/v1/users/{userId}/factors", Bucket::Users),
            ("/api/v1/groups/{groupId}", Bucket::Group),
            ("/api/v1/groups/{groupId}/owners", Bucket::Groups),
            (
                "/api/v1/groups/{groupId}/skinny_users",
                Bucket::SkinnyMembers,
            ),
            ("/api/v1/logs", Bucket::Logs),
            ("/api/v1/apps", Bucket::Other("/api/v1/apps")),
            ("/oauth2/v1/users", Bucket::Other("/oauth2/v1/users")),
        ] {
            assert_eq!(Endpoint::Other(template).bucket(), bucket, "{template}");
        }
    }
}

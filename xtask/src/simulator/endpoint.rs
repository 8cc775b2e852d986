//! Which endpoint a request is for, and which rate-limit bucket it counts against.

use std::fmt;

use http::Method;
use serde::{Deserialize, Serialize};

/// An endpoint the simulator knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Endpoint {
    /// `POST /oauth2/v1/token`
    Token,
    /// `GET /api/v1/users`
    Users,
    /// `GET /api/v1/users/{id}`
    User,
    /// `GET /api/v1/users/{id}/groups`
    UserGroups,
    /// `GET /api/v1/groups`
    Groups,
    /// `GET /api/v1/groups/{id}`
    Group,
    /// `GET /api/v1/groups/{id}/users`
    GroupUsers,
    /// `GET /api/v1/logs`
    Logs,
    /// `GET /api/v1/groups/{id}/skinny_users`, which Okta does not document
    GroupSkinnyUsers,
}

impl Endpoint {
    /// The path with `{id}` in place of an id.
    #[must_use]
    pub fn template(self) -> &'static str {
        match self {
            Self::Token => "/oauth2/v1/token",
            Self::Users => "/api/v1/users",
            Self::User => "/api/v1/users/{id}",
            Self::UserGroups => "/api/v1/users/{id}/groups",
            Self::Groups => "/api/v1/groups",
            Self::Group => "/api/v1/groups/{id}",
            Self::GroupUsers => "/api/v1/groups/{id}/users",
            Self::Logs => "/api/v1/logs",
            Self::GroupSkinnyUsers => "/api/v1/groups/{id}/skinny_users",
        }
    }

    /// The bucket it counts against: `/groups/{id}/users` against the groups', `/users/{id}/groups` against the
    /// users', single objects and skinny users each against their own (as Okta's own Terraform provider assigns them).
    #[must_use]
    pub fn bucket(self) -> Bucket {
        match self {
            Self::Token => Bucket::Token,
            Self::Users | Self::UserGroups => Bucket::Users,
            Self::User => Bucket::User,
            Self::Groups | Self::GroupUsers => Bucket::Groups,
            Self::Group => Bucket::Group,
            Self::GroupSkinnyUsers => Bucket::SkinnyUsers,
            Self::Logs => Bucket::Logs,
        }
    }

    pub(crate) fn method(self) -> Method {
        if self == Self::Token {
            Method::POST
        } else {
            Method::GET
        }
    }

    /// The resource whose `read` or `manage` scope is needed.
    pub(crate) fn scope(self) -> Option<&'static str> {
        match self {
            Self::Token => None,
            Self::Logs => Some("okta.logs"),
            Self::Users | Self::User | Self::UserGroups => Some("okta.users"),
            Self::Groups | Self::Group | Self::GroupUsers | Self::GroupSkinnyUsers => {
                Some("okta.groups")
            }
        }
    }

    /// Whether it is a list of users or groups, which a caller without a role may see empty.
    pub(crate) fn is_list(self) -> bool {
        matches!(
            self,
            Self::Users
                | Self::UserGroups
                | Self::Groups
                | Self::GroupUsers
                | Self::GroupSkinnyUsers
        )
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.template())
    }
}

/// A rate-limit bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Bucket {
    /// Requests for tokens.
    Token,
    /// Lists of users and the groups of a user.
    Users,
    /// A single user.
    User,
    /// Lists of groups and the members of a group.
    Groups,
    /// A single group.
    Group,
    /// The members of a group without their credentials.
    SkinnyUsers,
    /// The System Log.
    Logs,
    /// Every other path.
    Other,
}

/// What a path asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Route {
    pub(crate) endpoint: Endpoint,
    /// The decoded id of the path, empty where the template has none.
    pub(crate) id: String,
}

impl Route {
    /// The route of a path, whatever the method; a trailing slash is forgiven, as Okta forgives it.
    pub(crate) fn of(path: &str) -> Option<Self> {
        let path = path.strip_suffix('/').unwrap_or(path);
        if path == "/oauth2/v1/token" {
            return Some(Self {
                endpoint: Endpoint::Token,
                id: String::new(),
            });
        }
        let rest = path.strip_prefix("/api/v1/")?;
        let mut parts = rest.split('/');
        let (endpoint, id) = match (parts.next()?, parts.next(), parts.next(), parts.next()) {
            ("users", None, ..) => (Endpoint::Users, ""),
            ("users", Some(id), None, _) => (Endpoint::User, id),
            ("users", Some(id), Some("groups"), None) => (Endpoint::UserGroups, id),
            ("logs", None, ..) => (Endpoint::Logs, ""),
            ("groups", None, ..) => (Endpoint::Groups, ""),
            ("groups", Some(id), None, _) => (Endpoint::Group, id),
            ("groups", Some(id), Some("users"), None) => (Endpoint::GroupUsers, id),
            ("groups", Some(id), Some("skinny_users"), None) => (Endpoint::GroupSkinnyUsers, id),
            _ => return None,
        };
        Some(Self {
            endpoint,
            id: decoded(id),
        })
    }
}

/// Percent-decodes one segment of a path; a `+` there is a plus.
fn decoded(segment: &str) -> String {
    let form = segment.replace('+', "%2B");
    url::form_urlencoded::parse(form.as_bytes())
        .map(|(name, _)| name.into_owned())
        .next()
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_have_routes() {
        for (path, expected) in [
            ("/oauth2/v1/token", Some((Endpoint::Token, ""))),
            ("/api/v1/users", Some((Endpoint::Users, ""))),
            ("/api/v1/users/", Some((Endpoint::Users, ""))),
            ("/api/v1/logs", Some((Endpoint::Logs, ""))),
            ("/api/v1/users/00u1", Some((Endpoint::User, "00u1"))),
            (
                "/api/v1/users/ana+x%40example.com",
                Some((Endpoint::User, "ana+x@example.com")),
            ),
            (
                "/api/v1/users/00u1/groups",
                Some((Endpoint::UserGroups, "00u1")),
            ),
            (
                "/api/v1/groups/00g1/users",
                Some((Endpoint::GroupUsers, "00g1")),
            ),
            (
                "/api/v1/groups/00g1/skinny_users",
                Some((Endpoint::GroupSkinnyUsers, "00g1")),
            ),
            ("/api/v1/groups/00g1/owners", None),
            ("/api/v1/apps", None),
            ("/", None),
        ] {
            let route = Route::of(path).map(|route| (route.endpoint, route.id));
            assert_eq!(
                route,
                expected.map(|(endpoint, id)| (endpoint, id.to_owned())),
                "{path}"
            );
        }
    }
}

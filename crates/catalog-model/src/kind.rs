//! The kinds of entity and the versions of their format.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize};

use crate::spelling::{self, Spelled};

/// What an entity is.
///
/// On the wire the spelling is exact: `kind: user` is not recognised by Backstage. In refs, and so
/// in [`FromStr`], case does not matter.
///
/// ```
/// use catalog_model::Kind;
///
/// assert_eq!("user".parse(), Ok(Kind::User));
/// assert_eq!(Kind::User.to_string(), "User");
/// assert_eq!(Kind::User.lower(), "user");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Kind {
    /// A person.
    User,
    /// A team or another set of people.
    Group,
    /// A pointer to more entities.
    Location,
}

impl Kind {
    /// Every kind, in the order of the enum.
    pub const ALL: [Self; 3] = [Self::User, Self::Group, Self::Location];

    /// The spelling of `kind` in an entity, such as `User`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "User",
            Self::Group => "Group",
            Self::Location => "Location",
        }
    }

    /// The spelling in a canonical ref, such as `user`.
    #[must_use]
    pub const fn lower(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Group => "group",
            Self::Location => "location",
        }
    }
}

impl Spelled for Kind {
    const EXPECTED: &'static str = "`User`, `Group` or `Location`";

    fn spelled(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

impl<'de> Deserialize<'de> for Kind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        spelling::deserialize(deserializer)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Kind {
    type Err = KindError;

    fn from_str(text: &str) -> Result<Self, KindError> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.lower().eq_ignore_ascii_case(text))
            .ok_or_else(|| KindError {
                shown: crate::name::shown(text),
            })
    }
}

/// A text that names no kind of this catalog.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{shown}` is not a kind of this catalog: it has `User`, `Group` and `Location`")]
pub struct KindError {
    shown: String,
}

/// The version of an entity's format. Backstage reads both for these kinds, by the same rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize)]
pub enum ApiVersion {
    /// `backstage.io/v1alpha1`, what everybody writes.
    #[default]
    #[serde(rename = "backstage.io/v1alpha1")]
    V1Alpha1,
    /// `backstage.io/v1beta1`.
    #[serde(rename = "backstage.io/v1beta1")]
    V1Beta1,
}

impl ApiVersion {
    /// The spelling on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V1Alpha1 => "backstage.io/v1alpha1",
            Self::V1Beta1 => "backstage.io/v1beta1",
        }
    }
}

impl Spelled for ApiVersion {
    const EXPECTED: &'static str = "`backstage.io/v1alpha1` or `backstage.io/v1beta1`";

    fn spelled(text: &str) -> Option<Self> {
        let all = [Self::V1Alpha1, Self::V1Beta1];
        all.into_iter().find(|version| version.as_str() == text)
    }
}

impl<'de> Deserialize<'de> for ApiVersion {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        spelling::deserialize(deserializer)
    }
}

impl fmt::Display for ApiVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

//! The kinds of entity and the versions of their format: texts that Backstage accepts, checked once.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::name::{NameError, checked_text};
use crate::syntax::{self, Problem};

/// `kind` of an entity: a letter, then up to 62 ASCII letters and digits.
///
/// The set is open. Backstage has kinds of its own and lets installations add theirs; of all these a `Kind` is the text.
/// The spelling is exact, because Backstage does not recognise `kind: user`: another spelling of one of its own kinds is
/// refused.
///
/// ```
/// use catalog_model::Kind;
///
/// assert_eq!("User".parse(), Ok(Kind::USER));
/// assert_eq!(Kind::parse("Component")?.as_str(), "Component");
/// assert_eq!(
///     Kind::parse("component").unwrap_err().to_string(),
///     "`component` is not a kind: it is spelled `Component`",
/// );
/// # Ok::<(), catalog_model::NameError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct Kind(Cow<'static, str>);

impl Kind {
    /// A person.
    pub const USER: Self = Self(Cow::Borrowed("User"));
    /// A team or another set of people.
    pub const GROUP: Self = Self(Cow::Borrowed("Group"));
    /// A pointer to more entities.
    pub const LOCATION: Self = Self(Cow::Borrowed("Location"));

    /// The kinds that Backstage reads without an extension, and `Template`, which its scaffolder adds.
    const OF_BACKSTAGE: [&'static str; 9] = [
        "API",
        "Component",
        "Domain",
        "Group",
        "Location",
        "Resource",
        "System",
        "Template",
        "User",
    ];

    /// Checks a text.
    ///
    /// # Errors
    ///
    /// When it is empty or too long, has a character that is no ASCII letter or digit, begins with a digit, or is a kind
    /// of Backstage's in other letter case.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let error = |problem| NameError::new(text, "a kind", problem);
        for own in Self::OF_BACKSTAGE {
            if own == text {
                return Ok(Self(Cow::Borrowed(own)));
            }
            if own.eq_ignore_ascii_case(text) {
                return Err(error(Problem::Spelling(own)));
            }
        }
        syntax::check_kind(text).map_err(error)?;
        Ok(Self(Cow::Owned(text.to_owned())))
    }

    /// The text as it stands in an entity, such as `User`. In refs it is lower case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// `apiVersion` of an entity: `[prefix/]version`, the prefix as DNS has it and in lower case, the version of ASCII letters
/// and digits.
///
/// ```
/// use catalog_model::ApiVersion;
///
/// assert_eq!(ApiVersion::default().as_str(), "backstage.io/v1alpha1");
/// assert!(ApiVersion::parse("acme.example/v1").is_ok());
/// assert!(ApiVersion::parse("Acme.example/v1").is_err(), "the prefix is lower case");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct ApiVersion(Cow<'static, str>);

impl ApiVersion {
    /// `backstage.io/v1alpha1`, what everybody writes.
    pub const V1_ALPHA1: Self = Self(Cow::Borrowed("backstage.io/v1alpha1"));
    /// `backstage.io/v1beta1`, which Backstage reads by the same rules.
    pub const V1_BETA1: Self = Self(Cow::Borrowed("backstage.io/v1beta1"));

    /// Checks a text.
    ///
    /// # Errors
    ///
    /// When it is empty or too long, has two `/`, or a character where Backstage allows none such.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        for own in [Self::V1_ALPHA1, Self::V1_BETA1] {
            if own.as_str() == text {
                return Ok(own);
            }
        }
        match syntax::check_api_version(text) {
            Ok(()) => Ok(Self(Cow::Owned(text.to_owned()))),
            Err(problem) => Err(NameError::new(text, "a version", problem)),
        }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// True for the versions that Backstage has of the kinds that this crate reads the spec of.
    pub(crate) fn is_of_organization(&self) -> bool {
        *self == Self::V1_ALPHA1 || *self == Self::V1_BETA1
    }
}

impl Default for ApiVersion {
    /// `backstage.io/v1alpha1`.
    fn default() -> Self {
        Self::V1_ALPHA1
    }
}

checked_text!(Kind ApiVersion);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_and_versions_have_a_form() {
        let kind = |text: &str| Kind::parse(text).map_err(|error| error.to_string());
        let version = |text: &str| ApiVersion::parse(text).map_err(|error| error.to_string());
        for text in ["User", "API", "Template", "Acme", "a", "CostCenter2"] {
            assert_eq!(kind(text).map(|kind| kind.to_string()), Ok(text.to_owned()));
        }
        for text in [
            "backstage.io/v1beta1",
            "v1",
            "a.b-c/V1",
            "scaffolder.backstage.io/v1beta3",
        ] {
            assert_eq!(version(text).map(|it| it.to_string()), Ok(text.to_owned()));
        }
        let table = [
            (kind("").err(), "`` is not a kind: it is empty"),
            (
                kind("api").err(),
                "`api` is not a kind: it is spelled `API`",
            ),
            (
                kind("2a").err(),
                "`2a` is not a kind: character 1 is '2', the first must be a letter",
            ),
            (
                kind("Cost-Center").err(),
                "`Cost-Center` is not a kind: character 5 is '-', allowed are ASCII letters and digits",
            ),
            (
                version("a/b/c").err(),
                "`a/b/c` is not a version: character 4 is a second '/', there is one prefix at most",
            ),
            (
                version("a.b/").err(),
                "`a.b/` is not a version: after '/', it is empty",
            ),
            (
                version("A.b/v1").err(),
                "`A.b/v1` is not a version: in the prefix before '/', character 1 is 'A', allowed are lower-case ASCII \
                 letters, digits and '-'",
            ),
            (
                version("a/v1-x").err(),
                "`a/v1-x` is not a version: character 5 is '-', allowed are ASCII letters and digits",
            ),
        ];
        for (error, message) in table {
            assert_eq!(error.as_deref(), Some(message));
        }
        assert!(kind(&"a".repeat(63)).is_ok() && kind(&"a".repeat(64)).is_err());
    }
}

//! The attributes of a tenant's profiles, where they are known.

use std::collections::BTreeMap;
use std::fmt;

/// What an attribute of a profile holds (Okta API reference, Schemas, custom properties).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AttributeType {
    /// A text: `string`. Also an array of them, of which a comparison takes one at a time.
    Text,
    /// `number` or `integer`, or an array of them.
    Number,
    /// `boolean`.
    Boolean,
}

impl fmt::Display for AttributeType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text => "a text",
            Self::Number => "a number",
            Self::Boolean => "`true` or `false`",
        })
    }
}

/// The attributes that the profiles of a tenant's users or groups have.
///
/// Every tenant has attributes of its own, so without a schema any is accepted. With one
/// ([`Dialect::with_schema`](crate::Dialect::with_schema)) a misspelt attribute is found, and a value of the wrong type.
///
/// ```
/// use org_filter::{AttributeType, Dialect, Schema, SearchExpr};
///
/// let schema = Schema::users([("squad", AttributeType::Text), ("badge", AttributeType::Number)]);
/// let dialect = Dialect::USER_SEARCH.with_schema(schema);
///
/// let expr: SearchExpr = r#"profile.squd eq "red" and profile.badge gt "7""#.parse()?;
/// let refused = expr.check(&dialect).unwrap_err();
/// assert_eq!(refused.problems()[0].fix(), Some("profile.squad"));
/// assert_eq!(refused.problems()[1].fix(), Some("7"));
/// # Ok::<(), org_filter::ParseErrors>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schema(BTreeMap<String, AttributeType>);

/// What the base attributes rest on.
pub(crate) const SOURCE: &str = "Okta API reference, Schemas: base properties of the profile";

/// The base attributes of a user's profile, all of them texts (Okta API reference, Schemas, user profile base properties).
pub(crate) const USER: [&str; 31] = [
    "login",
    "email",
    "secondEmail",
    "firstName",
    "lastName",
    "middleName",
    "honorificPrefix",
    "honorificSuffix",
    "title",
    "displayName",
    "nickName",
    "profileUrl",
    "primaryPhone",
    "mobilePhone",
    "streetAddress",
    "city",
    "state",
    "zipCode",
    "countryCode",
    "postalAddress",
    "preferredLanguage",
    "locale",
    "timezone",
    "userType",
    "employeeNumber",
    "costCenter",
    "organization",
    "division",
    "department",
    "managerId",
    "manager",
];

/// The base attributes of a group's profile.
pub(crate) const GROUP: [&str; 2] = ["name", "description"];

impl Schema {
    /// The base attributes of users, and these.
    pub fn users(custom: impl IntoIterator<Item = (impl Into<String>, AttributeType)>) -> Self {
        Self::new(&USER, custom)
    }

    /// The base attributes of groups, and these. Groups that were imported have those of their directory as well, such as
    /// `samAccountName`.
    pub fn groups(custom: impl IntoIterator<Item = (impl Into<String>, AttributeType)>) -> Self {
        Self::new(&GROUP, custom)
    }

    fn new(
        base: &[&str],
        custom: impl IntoIterator<Item = (impl Into<String>, AttributeType)>,
    ) -> Self {
        let base = base
            .iter()
            .map(|name| ((*name).to_owned(), AttributeType::Text));
        let custom = custom.into_iter().map(|(name, kind)| (name.into(), kind));
        Self(base.chain(custom).collect())
    }

    /// What an attribute holds, by its name in the profile; `None` when there is none of that name.
    pub fn get(&self, name: &str) -> Option<AttributeType> {
        self.0.get(name).copied()
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

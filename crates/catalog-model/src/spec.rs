//! The specs of the three kinds, as they are written in documents.

use serde::{Deserialize, Deserializer, Serialize};

use crate::entity_ref::SpecRef;
use crate::metadata::{Extra, present};
use crate::spelling::{self, Spelled};

/// `spec.profile` of a user or a group: how it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Profile {
    /// The name that people read.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    pub display_name: Option<String>,
    /// The e-mail address. Backstage does not check its form.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    pub email: Option<String>,
    /// The URL of a picture.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    pub picture: Option<String>,
    /// All other fields.
    #[serde(flatten)]
    pub extra: Extra,
}

/// `spec` of a `User`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UserSpec {
    /// How the user is shown.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    pub profile: Option<Profile>,
    /// The groups the user is directly in. Required in a document, even when there are none.
    pub member_of: Vec<SpecRef>,
    /// All other fields.
    #[serde(flatten)]
    pub extra: Extra,
}

/// `spec` of a `Group`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupSpec {
    /// What kind of group it is, such as `team`: any text but the empty one.
    pub r#type: String,
    /// How the group is shown.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    pub profile: Option<Profile>,
    /// The group that this one is part of.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    pub parent: Option<SpecRef>,
    /// The groups that are part of this one. Required in a document, even when there are none.
    pub children: Vec<SpecRef>,
    /// The users directly in the group. Optional in a document, always written.
    #[serde(default)]
    pub members: Vec<SpecRef>,
    /// All other fields.
    #[serde(flatten)]
    pub extra: Extra,
}

impl GroupSpec {
    /// A group of this type, with nobody in it.
    #[must_use]
    pub fn new(r#type: impl Into<String>) -> Self {
        Self {
            r#type: r#type.into(),
            profile: None,
            parent: None,
            children: Vec::new(),
            members: Vec::new(),
            extra: Extra::new(),
        }
    }
}

/// `spec` of a `Location`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LocationSpec {
    /// How the targets are read, such as `url`; without it, as the location itself was read.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    pub r#type: Option<String>,
    /// One target.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    pub target: Option<String>,
    /// Several targets. Their order is kept.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub targets: Vec<String>,
    /// Whether it is an error when a target is not there.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    pub presence: Option<Presence>,
    /// All other fields.
    #[serde(flatten)]
    pub extra: Extra,
}

/// `spec.presence` of a location.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Presence {
    /// A missing target is an error; Backstage's default.
    Required,
    /// A missing target is an empty one.
    Optional,
}

impl Spelled for Presence {
    const EXPECTED: &'static str = "`required` or `optional`";

    fn spelled(text: &str) -> Option<Self> {
        match text {
            "required" => Some(Self::Required),
            "optional" => Some(Self::Optional),
            _ => None,
        }
    }
}

impl<'de> Deserialize<'de> for Presence {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        spelling::deserialize(deserializer)
    }
}

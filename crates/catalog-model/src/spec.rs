//! The specs of the kinds, as they are written in documents: three whose fields are known, and any other.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use crate::entity_ref::SpecRef;
use crate::kind::Kind;
use crate::metadata::{Extra, present};
use crate::spelling::{self, Spelled};

/// `spec.profile` of a user or a group: how it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
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

impl Profile {
    /// With this name for people.
    #[must_use]
    pub fn with_display_name(mut self, display_name: impl Into<String>) -> Self {
        self.display_name = Some(display_name.into());
        self
    }

    /// With this e-mail address.
    #[must_use]
    pub fn with_email(mut self, email: impl Into<String>) -> Self {
        self.email = Some(email.into());
        self
    }

    /// With a picture at this URL.
    #[must_use]
    pub fn with_picture(mut self, picture: impl Into<String>) -> Self {
        self.picture = Some(picture.into());
        self
    }
}

/// `spec` of a `User`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
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

impl UserSpec {
    /// Shown so.
    #[must_use]
    pub fn with_profile(mut self, profile: Profile) -> Self {
        self.profile = Some(profile);
        self
    }

    /// Directly in these groups, instead of those before.
    #[must_use]
    pub fn with_member_of(mut self, groups: impl IntoIterator<Item = impl Into<SpecRef>>) -> Self {
        self.member_of = groups.into_iter().map(Into::into).collect();
        self
    }
}

/// `spec` of a `Group`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct GroupSpec {
    /// What sort of group it is, such as `team`: any text but the empty one; on the wire `type`.
    #[serde(rename = "type")]
    pub type_: String,
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
    pub fn new(type_: impl Into<String>) -> Self {
        Self {
            type_: type_.into(),
            profile: None,
            parent: None,
            children: Vec::new(),
            members: Vec::new(),
            extra: Extra::new(),
        }
    }

    /// Shown so.
    #[must_use]
    pub fn with_profile(mut self, profile: Profile) -> Self {
        self.profile = Some(profile);
        self
    }

    /// Part of this group.
    #[must_use]
    pub fn with_parent(mut self, parent: impl Into<SpecRef>) -> Self {
        self.parent = Some(parent.into());
        self
    }

    /// With these groups as parts, instead of those before.
    #[must_use]
    pub fn with_children(mut self, children: impl IntoIterator<Item = impl Into<SpecRef>>) -> Self {
        self.children = children.into_iter().map(Into::into).collect();
        self
    }

    /// With these users directly in it, instead of those before.
    #[must_use]
    pub fn with_members(mut self, members: impl IntoIterator<Item = impl Into<SpecRef>>) -> Self {
        self.members = members.into_iter().map(Into::into).collect();
        self
    }
}

/// `spec` of a `Location`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct LocationSpec {
    /// How the targets are read, such as `url`; without it, as the location itself was read. On the wire `type`.
    #[serde(
        default,
        rename = "type",
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    pub type_: Option<String>,
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

impl LocationSpec {
    /// With targets that are read so, such as `url`.
    #[must_use]
    pub fn with_type(mut self, type_: impl Into<String>) -> Self {
        self.type_ = Some(type_.into());
        self
    }

    /// With these targets, instead of those before.
    #[must_use]
    pub fn with_targets(mut self, targets: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.targets = targets.into_iter().map(Into::into).collect();
        self
    }

    /// With targets that must be there or may be missing.
    #[must_use]
    pub fn with_presence(mut self, presence: Presence) -> Self {
        self.presence = Some(presence);
        self
    }
}

/// `spec` of any other kind, such as `Component`, kept as it was read.
///
/// Backstage checks the specs of its own kinds, such as `lifecycle` of a `Component`, and whoever added a kind checks that.
/// Here a spec is an object or is not there, and what holds for keys anywhere holds in it.
///
/// ```
/// use catalog_model::{Entity, Kind, Metadata, OtherSpec};
///
/// let spec = OtherSpec::new(Kind::parse("Component")?)
///     .with_field("type", "service")
///     .with_field("lifecycle", "production")
///     .with_field("owner", "group:default/team-a");
/// let payments = Entity::new(Metadata::new("payments".parse()?), spec);
/// assert_eq!(payments.entity_ref().as_str(), "component:default/payments");
/// assert_eq!(payments.validate(), Ok(()));
/// # Ok::<(), catalog_model::NameError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct OtherSpec {
    /// The kind: none of those that have a spec of their own here.
    pub kind: Kind,
    /// The fields; none when the entity has no `spec`, which Backstage's envelope allows.
    pub fields: Option<Extra>,
}

impl OtherSpec {
    /// A kind without a `spec`.
    #[must_use]
    pub fn new(kind: Kind) -> Self {
        Self { kind, fields: None }
    }

    /// With this field, instead of the one that has the name.
    #[must_use]
    pub fn with_field(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        let fields = self.fields.get_or_insert_default();
        fields.insert(name.into(), value.into());
        self
    }
}

impl Serialize for OtherSpec {
    /// The fields alone.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.fields.serialize(serializer)
    }
}

/// `spec.presence` of a location.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
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

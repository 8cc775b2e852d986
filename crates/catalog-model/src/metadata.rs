//! What every entity carries: its name, and what people and programs attach to it.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::name::{EntityName, Namespace};

/// Fields that this crate does not know, kept as they were read. Backstage allows them in
/// `metadata`, in links, in `spec` and in profiles.
pub type Extra = BTreeMap<String, Value>;

/// `metadata` of an entity.
///
/// Names are checked when they are made; the other fields hold what they are given, and
/// [`Entity::validate`](crate::Entity::validate) says what Backstage would refuse of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metadata {
    /// The name, unique among the entities of one kind and namespace.
    pub name: EntityName,
    /// The namespace; `default` when a document has none. It is always written.
    #[serde(default)]
    pub namespace: Namespace,
    /// What people read instead of the name.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    pub title: Option<String>,
    /// A sentence or two about the entity.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    pub description: Option<String>,
    /// Labels, to select entities by: keys `[prefix/]name`, values empty or like a name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// Annotations, mostly references into other systems: keys `[prefix/]name`, any text.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
    /// Tags, lower case. Their order is kept.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// Links shown on the entity's page. Their order is kept.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<Link>,
    /// All other fields.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Metadata {
    /// A name in the default namespace, and nothing else.
    #[must_use]
    pub fn new(name: EntityName) -> Self {
        Self {
            name,
            namespace: Namespace::default(),
            title: None,
            description: None,
            labels: BTreeMap::new(),
            annotations: BTreeMap::new(),
            tags: Vec::new(),
            links: Vec::new(),
            extra: Extra::new(),
        }
    }
}

/// A link on an entity's page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// An absolute URL.
    pub url: String,
    /// What the link is called.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    pub title: Option<String>,
    /// The name of an icon that the front end knows.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    pub icon: Option<String>,
    /// A category, such as `dashboard`.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    pub r#type: Option<String>,
    /// All other fields.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Link {
    /// A link with nothing but its URL.
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            title: None,
            icon: None,
            r#type: None,
            extra: Extra::new(),
        }
    }
}

/// Reads an optional field that may be absent but not `null`: Backstage's schemas refuse `null`.
pub(crate) fn present<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    T::deserialize(deserializer).map(Some)
}

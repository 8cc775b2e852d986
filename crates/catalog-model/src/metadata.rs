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
///
/// ```
/// use catalog_model::{Link, Metadata};
///
/// let metadata = Metadata::new("team-a".parse()?)
///     .with_title("Team A")
///     .with_annotation("acme.example/cost-center", "4711")
///     .with_tag("platform")
///     .with_link(Link::new("https://acme.example/team-a").with_title("Page"));
/// # Ok::<(), catalog_model::NameError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
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

    /// With this namespace.
    #[must_use]
    pub fn with_namespace(mut self, namespace: Namespace) -> Self {
        self.namespace = namespace;
        self
    }

    /// With this title.
    #[must_use]
    pub fn with_title(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }

    /// With this description.
    #[must_use]
    pub fn with_description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// With this label, instead of the one that has the key.
    #[must_use]
    pub fn with_label(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.labels.insert(key.into(), value.into());
        self
    }

    /// With this annotation, instead of the one that has the key.
    #[must_use]
    pub fn with_annotation(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.annotations.insert(key.into(), value.into());
        self
    }

    /// With this tag, too.
    #[must_use]
    pub fn with_tag(mut self, tag: impl Into<String>) -> Self {
        self.tags.push(tag.into());
        self
    }

    /// With this link, too.
    #[must_use]
    pub fn with_link(mut self, link: Link) -> Self {
        self.links.push(link);
        self
    }
}

/// A link on an entity's page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Link {
    /// An absolute URL. Without the feature `url` only its beginning is checked.
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
    /// A category, such as `dashboard`; on the wire `type`.
    #[serde(
        default,
        rename = "type",
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    pub type_: Option<String>,
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
            type_: None,
            extra: Extra::new(),
        }
    }

    /// With this title.
    #[must_use]
    pub fn with_title(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }

    /// With this icon.
    #[must_use]
    pub fn with_icon(mut self, icon: impl Into<String>) -> Self {
        self.icon = Some(icon.into());
        self
    }

    /// With this category.
    #[must_use]
    pub fn with_type(mut self, type_: impl Into<String>) -> Self {
        self.type_ = Some(type_.into());
        self
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

//! The entity: envelope, metadata and spec, to and from the wire form.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser::SerializeStruct};
use serde_json::Value;

use crate::entity_ref::{EntityRef, SpecRef};
use crate::kind::{ApiVersion, Kind};
use crate::metadata::{Extra, Metadata};
use crate::spec::{GroupSpec, LocationSpec, UserSpec};

/// One entity of the catalog, of a kind this crate knows.
///
/// Its wire form has exactly the root fields `apiVersion`, `kind`, `metadata` and `spec`; any
/// other is refused, as Backstage refuses it in what is fed to it.
///
/// ```
/// use catalog_model::{Entity, Metadata, Spec, UserSpec};
///
/// let jane = Entity::new(
///     Metadata::new("jane".parse()?),
///     Spec::User(UserSpec { member_of: vec!["team-a".into()], ..UserSpec::default() }),
/// );
/// assert_eq!(jane.entity_ref().as_str(), "user:default/jane");
/// assert_eq!(
///     serde_json::to_value(&jane)?,
///     serde_json::json!({
///         "apiVersion": "backstage.io/v1alpha1",
///         "kind": "User",
///         "metadata": { "name": "jane", "namespace": "default" },
///         "spec": { "memberOf": ["team-a"] },
///     }),
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entity {
    /// The version of the format, kept as it was read.
    pub api_version: ApiVersion,
    /// Name, labels, annotations and the like.
    pub metadata: Metadata,
    /// What depends on the kind, and so the kind.
    pub spec: Spec,
}

/// What an entity says about itself, by kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Spec {
    /// A person.
    User(UserSpec),
    /// A set of people.
    Group(GroupSpec),
    /// A pointer to more entities.
    Location(LocationSpec),
}

impl Entity {
    /// An entity of the version `backstage.io/v1alpha1`. Nothing is checked yet, see
    /// [`validate`](Self::validate).
    #[must_use]
    pub fn new(metadata: Metadata, spec: Spec) -> Self {
        Self {
            api_version: ApiVersion::default(),
            metadata,
            spec,
        }
    }

    /// The kind.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self.spec {
            Spec::User(_) => Kind::User,
            Spec::Group(_) => Kind::Group,
            Spec::Location(_) => Kind::Location,
        }
    }

    /// The identity.
    #[must_use]
    pub fn entity_ref(&self) -> EntityRef {
        EntityRef::new(self.kind(), &self.metadata.namespace, &self.metadata.name)
    }

    /// The wire form as a JSON value.
    pub(crate) fn to_value(&self) -> Value {
        // All keys are strings, and nothing else can fail to become a value.
        serde_json::to_value(self).unwrap_or_default()
    }

    /// The entity with `memberOf`, `members` and `children` sorted and without repetitions.
    ///
    /// Their order means nothing; Backstage sorts them when it reads an entity.
    pub(crate) fn into_sorted(mut self) -> Self {
        for list in self.spec.lists_mut().into_iter().flatten() {
            list.sort_unstable();
            list.dedup();
        }
        self
    }
}

impl Spec {
    fn lists_mut(&mut self) -> [Option<&mut Vec<SpecRef>>; 2] {
        match self {
            Self::User(user) => [Some(&mut user.member_of), None],
            Self::Group(group) => [Some(&mut group.children), Some(&mut group.members)],
            Self::Location(_) => [None, None],
        }
    }
}

impl Serialize for Entity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut root = serializer.serialize_struct("Entity", 4)?;
        root.serialize_field("apiVersion", &self.api_version)?;
        root.serialize_field("kind", &self.kind())?;
        root.serialize_field("metadata", &self.metadata)?;
        root.serialize_field("spec", &self.spec)?;
        root.end()
    }
}

impl<'de> Deserialize<'de> for Entity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        const FIELDS: &[&str] = &["apiVersion", "kind", "metadata", "spec"];

        #[derive(Deserialize)]
        #[serde(rename = "entity", rename_all = "camelCase")]
        struct Root {
            api_version: ApiVersion,
            kind: Kind,
            metadata: Metadata,
            spec: Value,
            // Instead of `deny_unknown_fields`, with which a list of the four values would do as well.
            #[serde(flatten)]
            foreign: Extra,
        }

        let Root {
            api_version,
            kind,
            metadata,
            spec,
            foreign,
        } = Root::deserialize(deserializer)?;
        if let Some(field) = foreign.keys().next() {
            return Err(de::Error::unknown_field(field, FIELDS));
        }
        let spec = match kind {
            Kind::User => UserSpec::deserialize(spec).map(Spec::User),
            Kind::Group => GroupSpec::deserialize(spec).map(Spec::Group),
            Kind::Location => LocationSpec::deserialize(spec).map(Spec::Location),
        }
        .map_err(|error| de::Error::custom(format_args!("in `spec` of the {kind}: {error}")))?;
        Ok(Self {
            api_version,
            metadata,
            spec,
        })
    }
}

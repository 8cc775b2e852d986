//! The entity: envelope, metadata and spec, to and from the wire form.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser::SerializeStruct};
use serde_json::Value;

use crate::entity_ref::{EntityRef, SpecRef};
use crate::kind::{ApiVersion, Kind};
use crate::metadata::{Extra, Metadata, present};
use crate::spec::{GroupSpec, LocationSpec, OtherSpec, UserSpec};

/// One entity of the catalog, of any kind.
///
/// Its wire form has exactly the root fields `apiVersion`, `kind`, `metadata` and `spec`; any
/// other is refused, as Backstage refuses it in what is fed to it.
///
/// ```
/// use catalog_model::{Entity, Metadata, UserSpec};
///
/// let jane = Entity::new(
///     Metadata::new("jane".parse()?),
///     UserSpec::default().with_member_of(["team-a"]),
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
#[non_exhaustive]
pub struct Entity {
    /// The version of the format.
    pub api_version: ApiVersion,
    /// Name, labels, annotations and the like.
    pub metadata: Metadata,
    /// What depends on the kind, and so the kind.
    pub spec: Spec,
}

/// What an entity says about itself, by kind.
///
/// A kind that is [`Other`](Self::Other) today may get a type of its own in a later version: to find the entities of a
/// kind, compare [`Entity::kind`], which stays what it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum Spec {
    /// A person.
    User(UserSpec),
    /// A set of people.
    Group(GroupSpec),
    /// A pointer to more entities.
    Location(LocationSpec),
    /// Any other kind, such as `Component`, whose fields are kept as they were read.
    Other(OtherSpec),
}

impl Entity {
    /// An entity of the version `backstage.io/v1alpha1`. Nothing is checked yet, see
    /// [`validate`](Self::validate).
    #[must_use]
    pub fn new(metadata: Metadata, spec: impl Into<Spec>) -> Self {
        Self {
            api_version: ApiVersion::default(),
            metadata,
            spec: spec.into(),
        }
    }

    /// Of this version of the format.
    #[must_use]
    pub fn with_api_version(mut self, api_version: ApiVersion) -> Self {
        self.api_version = api_version;
        self
    }

    /// The kind.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match &self.spec {
            Spec::User(_) => Kind::USER,
            Spec::Group(_) => Kind::GROUP,
            Spec::Location(_) => Kind::LOCATION,
            Spec::Other(other) => other.kind.clone(),
        }
    }

    /// The identity.
    #[must_use]
    pub fn entity_ref(&self) -> EntityRef {
        EntityRef::new(&self.kind(), &self.metadata.namespace, &self.metadata.name)
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
            Self::Location(_) | Self::Other(_) => [None, None],
        }
    }

    /// False for an entity that has no `spec`, which only other kinds can lack.
    pub(crate) fn is_there(&self) -> bool {
        !matches!(self, Self::Other(OtherSpec { fields: None, .. }))
    }
}

impl From<UserSpec> for Spec {
    fn from(spec: UserSpec) -> Self {
        Self::User(spec)
    }
}

impl From<GroupSpec> for Spec {
    fn from(spec: GroupSpec) -> Self {
        Self::Group(spec)
    }
}

impl From<LocationSpec> for Spec {
    fn from(spec: LocationSpec) -> Self {
        Self::Location(spec)
    }
}

impl From<OtherSpec> for Spec {
    fn from(spec: OtherSpec) -> Self {
        Self::Other(spec)
    }
}

impl Serialize for Entity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let fields = 3 + usize::from(self.spec.is_there());
        let mut root = serializer.serialize_struct("Entity", fields)?;
        root.serialize_field("apiVersion", &self.api_version)?;
        root.serialize_field("kind", &self.kind())?;
        root.serialize_field("metadata", &self.metadata)?;
        if self.spec.is_there() {
            root.serialize_field("spec", &self.spec)?;
        } else {
            root.skip_field("spec")?;
        }
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
            #[serde(default, deserialize_with = "present")]
            spec: Option<Value>,
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
        let spec = read_spec(kind, spec)?;
        Ok(Self {
            api_version,
            metadata,
            spec,
        })
    }
}

/// The spec of an entity of this kind.
fn read_spec<E: de::Error>(kind: Kind, spec: Option<Value>) -> Result<Spec, E> {
    let read = match (kind.as_str(), spec) {
        ("User" | "Group" | "Location", None) => return Err(E::missing_field("spec")),
        ("User", Some(spec)) => UserSpec::deserialize(spec).map(Spec::User),
        ("Group", Some(spec)) => GroupSpec::deserialize(spec).map(Spec::Group),
        ("Location", Some(spec)) => LocationSpec::deserialize(spec).map(Spec::Location),
        (_, spec) => {
            let kind = kind.clone();
            let fields = spec.map(Extra::deserialize).transpose();
            fields.map(|fields| Spec::Other(OtherSpec { kind, fields }))
        }
    };
    read.map_err(|error| E::custom(format_args!("in `spec` of the {kind}: {error}")))
}

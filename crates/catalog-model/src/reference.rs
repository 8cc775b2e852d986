//! Which fields of an entity name other entities, and what they mean by it.

use crate::entity::{Entity, Spec};
use crate::entity_ref::{EntityRef, RefError, SpecRef};
use crate::kind::Kind;
use crate::name::Namespace;
use crate::path::{self, Path, Segment};

/// A field of a spec that names other entities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RefField {
    /// `spec.memberOf` of a user: groups.
    MemberOf,
    /// `spec.parent` of a group: one group.
    Parent,
    /// `spec.children` of a group: groups.
    Children,
    /// `spec.members` of a group: users.
    Members,
}

impl RefField {
    /// The field's path in the entity.
    #[must_use]
    pub const fn path(self) -> &'static str {
        match self {
            Self::MemberOf => "spec.memberOf",
            Self::Parent => "spec.parent",
            Self::Children => "spec.children",
            Self::Members => "spec.members",
        }
    }

    /// Its name in `spec`.
    const fn name(self) -> &'static str {
        match self {
            Self::MemberOf => "memberOf",
            Self::Parent => "parent",
            Self::Children => "children",
            Self::Members => "members",
        }
    }

    /// The kind meant by a ref that names none.
    #[must_use]
    pub const fn default_kind(self) -> Kind {
        match self {
            Self::MemberOf | Self::Parent | Self::Children => Kind::GROUP,
            Self::Members => Kind::USER,
        }
    }

    /// The fields of this kind that are lists, whose order means nothing.
    pub(crate) const fn lists(spec: &Spec) -> &'static [Self] {
        match spec {
            Spec::User(_) => &[Self::MemberOf],
            Spec::Group(_) => &[Self::Children, Self::Members],
            Spec::Location(_) | Spec::Other(_) => &[],
        }
    }
}

/// One ref in an entity's spec.
#[derive(Debug, Clone, Copy)]
pub struct Reference<'a> {
    field: RefField,
    index: usize,
    text: &'a SpecRef,
    namespace: &'a Namespace,
}

impl<'a> Reference<'a> {
    /// The field that has it.
    #[must_use]
    pub fn field(&self) -> RefField {
        self.field
    }

    /// Its path in the entity, such as `spec.memberOf[0]`.
    #[must_use]
    pub fn path(&self) -> String {
        self.at(|path| path.to_string())
    }

    /// Its place in the entity, step by step.
    #[must_use]
    pub fn segments(&self) -> Vec<Segment> {
        self.at(|path| path.segments())
    }

    /// Its place in the entity as a JSON pointer (RFC 6901), such as `/spec/memberOf/0`.
    #[must_use]
    pub fn pointer(&self) -> String {
        path::pointer(&self.segments())
    }

    pub(crate) fn at<T>(&self, with: impl FnOnce(&Path<'_>) -> T) -> T {
        let root = Path::Root;
        let spec = root.key("spec");
        let field = spec.key(self.field.name());
        match self.field {
            RefField::Parent => with(&field),
            _ => with(&field.index(self.index)),
        }
    }

    /// The text as it was written.
    #[must_use]
    pub fn text(&self) -> &'a SpecRef {
        self.text
    }

    /// The entity that it means: of the field's kind and in the referring entity's namespace,
    /// where the text does not say otherwise.
    ///
    /// # Errors
    ///
    /// As [`EntityRef::parse`].
    pub fn resolve(&self) -> Result<EntityRef, RefError> {
        self.text
            .resolve(&self.field.default_kind(), self.namespace)
    }
}

impl Entity {
    /// Every ref in the spec of a user or a group, in the order of the document. Other kinds have none here.
    pub fn references(&self) -> impl Iterator<Item = Reference<'_>> {
        let namespace = &self.metadata.namespace;
        let lists: [(RefField, &[SpecRef]); 3] = match &self.spec {
            Spec::User(user) => [(RefField::MemberOf, &user.member_of), NO_REFS, NO_REFS],
            Spec::Group(group) => [
                (RefField::Parent, group.parent.as_slice()),
                (RefField::Children, &group.children),
                (RefField::Members, &group.members),
            ],
            Spec::Location(_) | Spec::Other(_) => [NO_REFS; 3],
        };
        lists.into_iter().flat_map(move |(field, texts)| {
            let refs = texts.iter().enumerate();
            refs.map(move |(index, text)| Reference {
                field,
                index,
                text,
                namespace,
            })
        })
    }
}

const NO_REFS: (RefField, &[SpecRef]) = (RefField::MemberOf, &[]);

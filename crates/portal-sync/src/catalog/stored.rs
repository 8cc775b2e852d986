//! What the text of an entity says, read as far as somebody needs it.

use std::borrow::Cow;
use std::fmt;

use catalog_model::{EntityRef, Kind, Namespace, RefField};
use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, Visitor};
use serde_json::value::RawValue;

/// The parts of an entity's text.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Parts<'a> {
    #[serde(borrow)]
    pub(super) api_version: &'a RawValue,
    #[serde(borrow)]
    pub(super) kind: &'a RawValue,
    #[serde(borrow)]
    pub(super) metadata: Entries<'a>,
    #[serde(borrow)]
    pub(super) spec: Option<&'a RawValue>,
}

/// The entries of an object, in their order.
#[derive(Debug, Default)]
pub(super) struct Entries<'a>(pub(super) Vec<(Text<'a>, &'a RawValue)>);

impl<'a> Entries<'a> {
    pub(super) fn get(&self, key: &str) -> Option<&'a RawValue> {
        let found = self.0.iter().find(|(name, _)| name.0 == key);
        found.map(|(_, value)| *value)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Entries<'a> {
    fn deserialize<D: Deserializer<'de>>(object: D) -> Result<Self, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = Entries<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = object.next_entry()? {
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }
        }

        object.deserialize_map(Object)
    }
}

/// A text, which is copied only where it has escapes.
#[derive(Debug)]
pub(super) struct Text<'a>(pub(super) Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(text: D) -> Result<Self, D::Error> {
        struct Borrowed;

        impl<'de> Visitor<'de> for Borrowed {
            type Value = Text<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text")
            }

            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Borrowed(text)))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }
        }

        text.deserialize_str(Borrowed)
    }
}

/// The refs in the spec of a user or a group.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Stated<'a> {
    #[serde(borrow, default)]
    member_of: Vec<Text<'a>>,
    #[serde(borrow, default)]
    parent: Option<Text<'a>>,
    #[serde(borrow, default)]
    children: Vec<Text<'a>>,
    #[serde(borrow, default)]
    members: Vec<Text<'a>>,
}

impl Stated<'_> {
    /// The refs as they are written, with the fields they are in.
    pub(super) fn refs(&self, kind: &str) -> impl Iterator<Item = (RefField, &str)> {
        let fields: &[(RefField, &[Text<'_>])] = match kind {
            "User" => &[(RefField::MemberOf, &self.member_of)],
            "Group" => &[
                (RefField::Children, &self.children),
                (RefField::Members, &self.members),
            ],
            _ => &[],
        };
        let parent = self.parent.iter().filter(move |_| kind == "Group");
        let parent = parent.map(|text| (RefField::Parent, &*text.0));
        let lists: Vec<_> = fields
            .iter()
            .flat_map(|(field, texts)| texts.iter().map(|text| (*field, &*text.0)))
            .collect();
        lists.into_iter().chain(parent)
    }
}

/// What a ref in this field means, where an entity can be called so.
pub(super) fn resolve(field: RefField, text: &str, namespace: &Namespace) -> Option<EntityRef> {
    let kind: Kind = field.default_kind();
    EntityRef::parse(text, &kind, namespace).ok()
}

/// What people are told of an entity in a list.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Outline<'a> {
    #[serde(skip)]
    pub(super) entity_ref: &'a str,
    #[serde(borrow)]
    metadata: OutlinedMetadata<'a>,
    #[serde(borrow, default)]
    spec: OutlinedSpec<'a>,
}

#[derive(Debug, Default, Deserialize)]
struct OutlinedMetadata<'a> {
    #[serde(borrow)]
    name: Option<Text<'a>>,
    #[serde(borrow)]
    title: Option<Text<'a>>,
}

#[derive(Debug, Default, Deserialize)]
struct OutlinedSpec<'a> {
    #[serde(borrow, rename = "type")]
    type_: Option<Text<'a>>,
    #[serde(borrow)]
    profile: Option<OutlinedProfile<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct OutlinedProfile<'a> {
    #[serde(borrow)]
    display_name: Option<Text<'a>>,
    #[serde(borrow)]
    email: Option<Text<'a>>,
}

impl Outline<'_> {
    /// What people call it, in the order of Backstage's own pages.
    pub(crate) fn label(&self) -> &str {
        let profile = self.spec.profile.as_ref();
        profile
            .and_then(|profile| profile.display_name.as_ref())
            .or(self.metadata.title.as_ref())
            .or(self.metadata.name.as_ref())
            .map_or(self.entity_ref, |text| &text.0)
    }

    pub(crate) fn email(&self) -> Option<&str> {
        Some(&self.spec.profile.as_ref()?.email.as_ref()?.0)
    }

    /// The type of a group; empty of others.
    pub(crate) fn type_of(&self) -> &str {
        self.spec.type_.as_ref().map_or("", |text| &text.0)
    }
}

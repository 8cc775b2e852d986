//! An entity as the store keeps it: text that is read only when somebody asks.

use catalog_model::{ApiVersion, Digest, Entity, EntityRef, Spec};
use serde::de::Error as _;
use sha2::{Digest as _, Sha256};

use crate::held::object::Key;

/// An entity's ref and its JSON text.
///
/// Equal entities have equal texts, so that a catalog of a million is compared with what an org holds now by the digests of
/// their texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Document {
    entity_ref: EntityRef,
    body: Box<str>,
}

impl Document {
    /// The document of an entity.
    #[must_use]
    pub(crate) fn of(entity: &Entity) -> Self {
        let mut text = Text::default();
        Self::stored(entity.entity_ref(), text.of(entity))
    }

    /// A document as it was stored.
    #[must_use]
    pub(crate) fn stored(entity_ref: EntityRef, body: impl Into<Box<str>>) -> Self {
        Self {
            entity_ref,
            body: body.into(),
        }
    }

    /// The identity of the entity.
    #[must_use]
    pub(crate) const fn entity_ref(&self) -> &EntityRef {
        &self.entity_ref
    }

    /// The text. Equal entities have equal texts: keys and lists of refs are sorted.
    #[must_use]
    pub(crate) fn body(&self) -> &str {
        &self.body
    }

    /// Reads the text.
    ///
    /// # Errors
    /// When it is not an entity: the store was damaged.
    pub(crate) fn entity(&self) -> Result<Entity, serde_json::Error> {
        let entity: Entity = serde_json::from_str(&self.body)?;
        let version = &entity.api_version;
        if ![ApiVersion::V1_ALPHA1, ApiVersion::V1_BETA1].contains(version) {
            return Err(serde_json::Error::custom(format_args!(
                "`{version}` is no version that was ever written"
            )));
        }
        match &entity.spec {
            Spec::User(_) | Spec::Group(_) | Spec::Location(_) => Ok(entity),
            _ => {
                let kind = entity.kind();
                Err(serde_json::Error::custom(format_args!(
                    "`{kind}` is no kind that was ever written"
                )))
            }
        }
    }
}

/// An entity to write, and what it stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Written {
    /// What it stands for.
    pub key: Key,
    /// The entity.
    pub document: Document,
}

/// Tells whether two texts are the same.
#[must_use]
pub(crate) fn digest_of(text: &str) -> Digest {
    Digest::from_bytes(Sha256::digest(text).into())
}

/// Where the texts of many entities are written, one over the other.
#[derive(Debug, Default)]
pub(crate) struct Text(Vec<u8>);

impl Text {
    /// The text of an entity, until the next one is written.
    pub(crate) fn of(&mut self, entity: &Entity) -> &str {
        self.0.clear();
        // Entities have text keys and no numbers but JSON's own, so there is nothing that could not be written.
        drop(serde_json::to_writer(&mut self.0, entity));
        str::from_utf8(&self.0).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_example_of_document() -> Result<(), Box<dyn std::error::Error>> {
        use crate::held::document::Document;
        use catalog_model::{Entity, Metadata, Spec, UserSpec};

        let jane = Entity::new(
            Metadata::new("Jane".parse()?),
            Spec::User(UserSpec::default()),
        );
        let document = Document::of(&jane);
        assert_eq!(document.entity_ref().as_str(), "user:default/jane");
        assert_eq!(document.entity()?, jane);
        Ok(())
    }

    #[test]
    fn a_text_of_another_kind_is_damage() -> Result<(), Box<dyn std::error::Error>> {
        use crate::held::document::Document;

        let text = r#"{"apiVersion":"backstage.io/v1alpha1","kind":"Component","metadata":{"name":"jane"}}"#;
        let document = Document::stored("user:default/jane".parse()?, text);
        let error = document.entity().unwrap_err().to_string();
        assert_eq!(error, "`Component` is no kind that was ever written");
        Ok(())
    }

    #[test]
    fn a_text_of_another_version_is_damage() -> Result<(), Box<dyn std::error::Error>> {
        use crate::held::document::Document;

        let text = r#"{"apiVersion":"a/v1","kind":"User","metadata":{"name":"jane"},"spec":{"memberOf":[]}}"#;
        let document = Document::stored("user:default/jane".parse()?, text);
        let error = document.entity().unwrap_err().to_string();
        assert_eq!(error, "`a/v1` is no version that was ever written");
        Ok(())
    }
}

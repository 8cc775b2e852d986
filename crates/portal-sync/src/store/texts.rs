//! The little that stores read of the texts of entities.

use catalog_model::Entity;
use serde::Deserialize;

/// The org that an entity is from, by where it says that it is managed: `okta:https://acme.okta.com/api/v1/users/00u1`.
pub(super) fn org_of(body: &str) -> Option<String> {
    let entity: Entity = serde_json::from_str(body).ok()?;
    let location = entity
        .metadata
        .annotations
        .get("backstage.io/managed-by-location")?;
    let (org, _) = location.strip_prefix("okta:")?.split_once("/api/v1/")?;
    Some(org.to_owned())
}

/// The e-mail address of a user.
///
/// # Errors
/// When the text is no entity.
pub(super) fn address_of(body: &str) -> Result<Option<String>, serde_json::Error> {
    #[derive(Deserialize)]
    struct User {
        metadata: Metadata,
    }
    #[derive(Deserialize)]
    struct Metadata {
        #[serde(default)]
        annotations: Annotations,
    }
    #[derive(Default, Deserialize)]
    struct Annotations {
        #[serde(rename = "okta.com/email")]
        email: Option<String>,
    }
    let user: User = serde_json::from_str(body)?;
    Ok(user.metadata.annotations.email)
}

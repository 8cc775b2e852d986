//! What an entity is called, and where it is reached.

use catalog_model::{Entity, Profile, Spec};

/// A link to the page of the entity with this ref. Its parts need no escaping in a path.
pub(super) fn address(entity_ref: &str) -> String {
    let (kind, path) = entity_ref.split_once(':').unwrap_or_default();
    let (namespace, name) = path.split_once('/').unwrap_or_default();
    format!("/catalog/{namespace}/{kind}/{name}")
}

/// What people call the entity, in the order of Backstage's own pages.
pub(super) fn label(entity: &Entity) -> &str {
    profile(entity)
        .and_then(|profile| profile.display_name.as_deref())
        .or(entity.metadata.title.as_deref())
        .unwrap_or_else(|| entity.metadata.name.as_str())
}

pub(super) fn email(entity: &Entity) -> Option<&str> {
    profile(entity)?.email.as_deref()
}

fn profile(entity: &Entity) -> Option<&Profile> {
    match &entity.spec {
        Spec::User(user) => user.profile.as_ref(),
        Spec::Group(group) => group.profile.as_ref(),
        _ => None,
    }
}

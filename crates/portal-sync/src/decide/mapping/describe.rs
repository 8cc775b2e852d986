//! What an entity says of the object it is made from.

use std::collections::BTreeMap;

use catalog_model::{Entity, EntityName, GroupSpec, Link, Metadata, Namespace, Profile, UserSpec};
use okta_api::{Group, GroupId, User};
use org_filter::Record;

use super::names::Named;
use super::urls::{PAGES, is_https, is_page};
use super::{Mapping, OKTA_EMAIL, OKTA_ID, OKTA_LOGIN, OKTA_ORG, OKTA_PROVIDER};
use crate::decide::rules::{EmailCase, Fields, Root, addresses};
use crate::decide::shape::{OKTA_MERGED, ShapedGroup, Whole};
use crate::text::naming;
use crate::text::template::Template;
use crate::text::without_nul;

/// The first source that has a value. Blank counts as none.
pub(super) fn first(sources: &[Template], record: &impl Record) -> Option<String> {
    sources.iter().find_map(|source| source.value(record))
}

/// The first source that has an `https:` URL.
fn first_https(sources: &[Template], record: &impl Record) -> Option<String> {
    let mut values = sources.iter().filter_map(|source| source.value(record));
    values.find(|value| is_https(value))
}

impl Mapping {
    /// The entity of a user, in no group yet.
    pub(super) fn user(&self, user: &User, named: &Named) -> Entity {
        let fields = &self.rules.users.fields;
        let mut metadata = self.metadata(named, fields, user);
        let id = user.id.as_str();
        let (login, email) = addresses(user);
        let annotations = &mut metadata.annotations;
        self.annotate(annotations, "users", Some(id));
        for (key, value) in [(OKTA_LOGIN, login), (OKTA_EMAIL, email)] {
            if let Some(value) = value {
                annotations.insert(key.to_owned(), without_nul(value).into_owned());
            }
        }
        self.link(&mut metadata, "user/profile/view", id);
        let mut profile = profile(fields, user);
        if let (EmailCase::Lower, Some(email)) = (self.rules.users.email_case, &mut profile.email) {
            *email = email.to_lowercase();
        }
        Entity::new(metadata, UserSpec::default().with_profile(profile))
    }

    /// The entity of a group, without members, parent and children.
    pub(super) fn group(&self, group: ShapedGroup<'_>, named: &Named) -> Entity {
        match group {
            ShapedGroup::Okta(group) => {
                let mut entity = self.of_record(group, named);
                let id = group.id.as_str();
                self.annotate(&mut entity.metadata.annotations, "groups", Some(id));
                self.link(&mut entity.metadata, "group", id);
                entity
            }
            ShapedGroup::Merged(Whole { record, parts, .. }) => {
                let mut entity = self.of_record(record, named);
                let annotations = &mut entity.metadata.annotations;
                self.annotate(annotations, "groups", None);
                let parts: Vec<&str> = parts.iter().map(GroupId::as_str).collect();
                annotations.insert(OKTA_MERGED.to_owned(), parts.join(","));
                entity
            }
            ShapedGroup::Root(root) => self.root(root, named),
        }
    }

    /// What the record of a group says.
    fn of_record(&self, group: &Group, named: &Named) -> Entity {
        let fields = &self.rules.groups.fields;
        let spec = GroupSpec::new(self.group_type(group)).with_profile(profile(fields, group));
        Entity::new(self.metadata(named, fields, group), spec)
    }

    /// The entity of the root group, which has nobody in it.
    fn root(&self, root: &Root, named: &Named) -> Entity {
        let mut metadata = plain(named);
        self.annotate(&mut metadata.annotations, "groups", None);
        metadata.description.clone_from(&root.description);
        let mut spec = GroupSpec::new(root.r#type.clone());
        let name = root.display_name.as_ref();
        spec.profile = name.map(|name| Profile::default().with_display_name(name));
        Entity::new(metadata, spec)
    }

    fn metadata(&self, named: &Named, fields: &Fields, record: &impl Record) -> Metadata {
        let mut metadata = plain(named);
        metadata.title = first(&fields.title, record);
        metadata.description = first(&fields.description, record);
        for (key, template) in &fields.annotations {
            let value = template.value(record);
            if let Some(value) = value.filter(|value| !is_page(key) || is_https(value)) {
                metadata.annotations.insert(key.clone(), value);
            }
        }
        for (key, template) in &fields.labels {
            let value = template.value(record);
            if let Some(value) = value.and_then(|value| naming::valid(&value)) {
                metadata.labels.insert(key.clone(), value);
            }
        }
        metadata
    }

    /// The annotations that every entity has: where it comes from, and which object of Okta's it is, if it is one.
    fn annotate(
        &self,
        annotations: &mut BTreeMap<String, String>,
        collection: &str,
        id: Option<&str>,
    ) {
        let location = match id {
            Some(id) => format!("okta:{}/api/v1/{collection}/{id}", self.org_url),
            None => format!("okta:{}/api/v1/{collection}", self.org_url),
        };
        let mut annotate = |key: &str, value: &str| {
            annotations.insert(key.to_owned(), value.to_owned());
        };
        if let Some(id) = id {
            annotate(OKTA_ID, id);
        }
        annotate(OKTA_ORG, &self.org_host);
        annotate(OKTA_PROVIDER, &self.provider);
        annotate("backstage.io/managed-by-location", &location);
        annotate("backstage.io/managed-by-origin-location", &location);
    }

    fn link(&self, metadata: &mut Metadata, page: &str, id: &str) {
        if let Some(console) = &self.admin_console {
            let link = Link::new(format!("{console}/admin/{page}/{id}"));
            let link = link
                .with_title("Okta admin console")
                .with_type("admin-console");
            // Pages of Backstage lead there, unless the mapping says otherwise.
            for key in PAGES {
                let annotations = &mut metadata.annotations;
                annotations
                    .entry(key.to_owned())
                    .or_insert_with(|| link.url.clone());
            }
            metadata.links.push(link);
        }
    }
}

fn plain(named: &Named) -> Metadata {
    Metadata::new(EntityName::clone(&named.name)).with_namespace(Namespace::clone(&named.namespace))
}

fn profile(fields: &Fields, record: &impl Record) -> Profile {
    let mut profile = Profile::default();
    profile.display_name = first(&fields.display_name, record);
    profile.email = first(&fields.email, record);
    profile.picture = first_https(&fields.picture, record);
    profile
}

//! Backstage's rules for the entities it is fed, all of them and all violations at once.

mod open;

use std::borrow::Cow;
use std::collections::BTreeMap;

use url::Url;

use crate::entity::{Entity, Spec};
use crate::entity_ref::RefParts;
use crate::metadata::{Link, Metadata};
use crate::path;
use crate::spec::Profile;
use crate::syntax;

/// A rule that an entity breaks, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{path}`: {message}")]
pub struct Violation {
    path: String,
    message: Cow<'static, str>,
}

impl Violation {
    pub(crate) fn new(path: impl Into<String>, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            path: path.into(),
            message: message.into(),
        }
    }

    /// Where: the path of the field, such as `metadata.labels["a b"]`.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What is wrong there.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl Entity {
    /// Every rule of Backstage that the entity breaks, in the order of the document; none when
    /// Backstage would take it.
    ///
    /// Name, namespace, kind and version are not among them: their types hold valid ones only.
    ///
    /// ```
    /// # use catalog_model::{Entity, Metadata, Spec, UserSpec};
    /// let mut metadata = Metadata::new("jane".parse()?);
    /// metadata.labels.insert("e-mail".to_owned(), "jane@acme.example".to_owned());
    /// metadata.tags.push("On Call".to_owned());
    ///
    /// let violations = Entity::new(metadata, Spec::User(UserSpec::default())).validate();
    /// let paths: Vec<&str> = violations.iter().map(|violation| violation.path()).collect();
    /// assert_eq!(paths, [r#"metadata.labels["e-mail"]"#, "metadata.tags[0]"]);
    /// # Ok::<(), catalog_model::NameError>(())
    /// ```
    ///
    /// Source of the rules: `@backstage/catalog-model` 1.10.1 (the schemas and
    /// `FieldFormatEntityPolicy`) and `plugin-catalog-backend` 4.0.0 (`PlaceholderProcessor`,
    /// `buildEntitySearch`).
    #[must_use]
    pub fn validate(&self) -> Vec<Violation> {
        let mut found = Vec::new();
        check_metadata(&self.metadata, &mut found);
        match &self.spec {
            Spec::User(user) => check_profile(user.profile.as_ref(), &mut found),
            Spec::Group(group) => {
                check_text("spec.type", Some(&group.r#type), &mut found);
                check_profile(group.profile.as_ref(), &mut found);
            }
            Spec::Location(location) => {
                check_text("spec.type", location.r#type.as_ref(), &mut found);
                check_text("spec.target", location.target.as_ref(), &mut found);
                for (at, target) in location.targets.iter().enumerate() {
                    check_text(&path::index("spec.targets", at), Some(target), &mut found);
                }
            }
        }
        for reference in self.references() {
            if let Err(error) = RefParts::split(reference.text().as_str()) {
                found.push(Violation::new(reference.path(), error.to_string()));
            }
        }
        open::check(self, &mut found);
        found
    }
}

fn check_metadata(metadata: &Metadata, found: &mut Vec<Violation>) {
    check_text("metadata.title", metadata.title.as_ref(), found);
    check_keys("metadata.labels", &metadata.labels, found);
    check_keys("metadata.annotations", &metadata.annotations, found);
    for (key, value) in &metadata.labels {
        // The empty value is a valid one: a label may be a mere mark.
        if let (false, Err(problem)) = (value.is_empty(), syntax::check_name(value)) {
            let path = path::key("metadata.labels", key);
            found.push(Violation::new(
                path,
                format!("the value is not valid: {problem}"),
            ));
        }
    }
    for (at, tag) in metadata.tags.iter().enumerate() {
        if let Err(problem) = syntax::check_tag(tag) {
            let path = path::index("metadata.tags", at);
            found.push(Violation::new(
                path,
                format!("the tag is not valid: {problem}"),
            ));
        }
    }
    for (at, link) in metadata.links.iter().enumerate() {
        check_link(&path::index("metadata.links", at), link, found);
    }
}

fn check_keys(base: &str, map: &BTreeMap<String, String>, found: &mut Vec<Violation>) {
    for key in map.keys() {
        if let Err(problem) = syntax::check_key(key) {
            let message = format!("the key is not valid: {problem}");
            found.push(Violation::new(path::key(base, key), message));
        }
    }
}

fn check_link(base: &str, link: &Link, found: &mut Vec<Violation>) {
    if let Err(error) = Url::parse(&link.url) {
        let message = format!("it is not an absolute URL: {error}");
        found.push(Violation::new(path::key(base, "url"), message));
    }
    for (name, text) in [("title", &link.title), ("icon", &link.icon)] {
        if text.as_ref().is_some_and(|text| syntax::is_blank(text)) {
            found.push(Violation::new(
                path::key(base, name),
                "it is blank, leave it out instead",
            ));
        }
    }
    check_text(&path::key(base, "type"), link.r#type.as_ref(), found);
}

fn check_profile(profile: Option<&Profile>, found: &mut Vec<Violation>) {
    let Some(Profile {
        display_name,
        email,
        picture,
        extra: _,
    }) = profile
    else {
        return;
    };
    check_text("spec.profile.displayName", display_name.as_ref(), found);
    check_text("spec.profile.email", email.as_ref(), found);
    check_text("spec.profile.picture", picture.as_ref(), found);
}

/// A text that is there has at least one character.
fn check_text(path: &str, text: Option<&String>, found: &mut Vec<Violation>) {
    if text.is_some_and(String::is_empty) {
        found.push(Violation::new(path, "it is empty"));
    }
}

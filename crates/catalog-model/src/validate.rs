//! Backstage's rules for the entities it is fed, all of them and all violations at once.

pub(crate) mod open;

use std::collections::BTreeMap;

use crate::check::{self, Check};
use crate::entity::{Entity, Spec};
use crate::metadata::{Link, Metadata};
use crate::path::Path;
use crate::rule::Rule;
use crate::shape::{self, check_text};
use crate::spec::Profile;
use crate::violation::{Violation, Violations};

impl Entity {
    /// Checks the entity by every rule that Backstage has for a `User`, a `Group` or a `Location`. Of other kinds it
    /// checks all but the fields of `spec`.
    ///
    /// Name and namespace, and the form of kind and version, need no check: their types hold valid ones only.
    /// For what is not an entity yet there is [`from_document`](Self::from_document).
    ///
    /// ```
    /// # use catalog_model::{Entity, Metadata, UserSpec};
    /// let mut metadata = Metadata::new("jane".parse()?);
    /// metadata.labels.insert("e-mail".to_owned(), "jane@acme.example".to_owned());
    /// metadata.tags.push("On Call".to_owned());
    ///
    /// let violations = Entity::new(metadata, UserSpec::default()).validate().unwrap_err();
    /// let paths: Vec<&str> = violations.iter().map(|violation| violation.path()).collect();
    /// assert_eq!(paths, [r#"metadata.labels["e-mail"]"#, "metadata.tags[0]"]);
    /// # Ok::<(), catalog_model::NameError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Every rule that the entity breaks, in the order of its fields.
    ///
    /// Source of the rules: `@backstage/catalog-model` 1.10.1 (the schemas and
    /// `FieldFormatEntityPolicy`) and `plugin-catalog-backend` 4.0.0 (`PlaceholderProcessor`,
    /// `buildEntitySearch`).
    pub fn validate(&self) -> Result<(), Violations> {
        let mut found = Vec::new();
        let root = Path::Root;
        let kind = self.kind();
        match &self.spec {
            Spec::Other(other) => {
                if shape::spec(&other.kind).is_some() {
                    let message = format!("a `{kind}` has a spec of its own type, not `OtherSpec`");
                    found.push(Violation::new(Rule::Kind, &root.key("kind"), message));
                }
            }
            Spec::User(_) | Spec::Group(_) | Spec::Location(_) => {
                shape::check_version(&kind, &self.api_version, &mut found);
            }
        }
        check_metadata(&self.metadata, &root.key("metadata"), &mut found);
        let at = root.key("spec");
        match &self.spec {
            Spec::User(user) => check_profile(user.profile.as_ref(), &at, &mut found),
            Spec::Group(group) => {
                check_text(check::NOT_EMPTY, &group.type_, &at.key("type"), &mut found);
                check_profile(group.profile.as_ref(), &at, &mut found);
            }
            Spec::Location(location) => {
                let texts = [("type", &location.type_), ("target", &location.target)];
                check_texts(check::NOT_EMPTY, texts, &at, &mut found);
                check_list(
                    check::NOT_EMPTY,
                    &location.targets,
                    &at.key("targets"),
                    &mut found,
                );
            }
            Spec::Other(_) => {}
        }
        for reference in self.references() {
            reference.at(|at| check_text(check::REF, reference.text().as_str(), at, &mut found));
        }
        open::check(self, &mut found);
        Violations::of(found)
    }
}

fn check_metadata(metadata: &Metadata, at: &Path<'_>, found: &mut Vec<Violation>) {
    check_texts(check::NOT_EMPTY, [("title", &metadata.title)], at, found);
    let maps: [(_, &BTreeMap<_, _>, Check); 2] = [
        ("labels", &metadata.labels, check::LABEL_VALUE),
        ("annotations", &metadata.annotations, check::ANY),
    ];
    for (name, map, of_values) in maps {
        let at = at.key(name);
        for (key, value) in map {
            let at = at.key(key);
            check_text(check::KEY, key, &at, found);
            check_text(of_values, value, &at, found);
        }
    }
    check_list(check::TAG, &metadata.tags, &at.key("tags"), found);
    let links = at.key("links");
    for (index, link) in metadata.links.iter().enumerate() {
        check_link(link, &links.index(index), found);
    }
}

fn check_link(link: &Link, at: &Path<'_>, found: &mut Vec<Violation>) {
    check_text(check::URL, &link.url, &at.key("url"), found);
    let texts = [("title", &link.title), ("icon", &link.icon)];
    check_texts(check::NOT_BLANK, texts, at, found);
    check_texts(check::NOT_EMPTY, [("type", &link.type_)], at, found);
}

fn check_profile(profile: Option<&Profile>, at: &Path<'_>, found: &mut Vec<Violation>) {
    if let Some(profile) = profile {
        let texts = [
            ("displayName", &profile.display_name),
            ("email", &profile.email),
            ("picture", &profile.picture),
        ];
        check_texts(check::NOT_EMPTY, texts, &at.key("profile"), found);
    }
}

/// Optional fields of one object.
fn check_texts<const N: usize>(
    check: Check,
    texts: [(&str, &Option<String>); N],
    at: &Path<'_>,
    found: &mut Vec<Violation>,
) {
    for (name, text) in texts {
        if let Some(text) = text {
            check_text(check, text, &at.key(name), found);
        }
    }
}

fn check_list(check: Check, texts: &[String], at: &Path<'_>, found: &mut Vec<Violation>) {
    for (index, text) in texts.iter().enumerate() {
        check_text(check, text, &at.index(index), found);
    }
}

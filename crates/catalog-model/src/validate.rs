//! Backstage's rules for the entities it is fed, all of them and all violations at once.

pub(crate) mod open;

use std::collections::BTreeMap;

use crate::entity::{Entity, Spec};
use crate::metadata::{Link, Metadata};
use crate::path::Path;
use crate::rule::{self, Rule};
use crate::spec::Profile;
use crate::violation::Violation;

impl Entity {
    /// Every rule of Backstage that the entity breaks, in the order of its fields; none when
    /// Backstage would take it.
    ///
    /// Name, namespace, kind and version are not among them: their types hold valid ones only.
    /// For what is not an entity yet there is [`from_document`](Self::from_document).
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
        let root = Path::Root;
        check_metadata(&self.metadata, &root.key("metadata"), &mut found);
        let at = root.key("spec");
        match &self.spec {
            Spec::User(user) => check_profile(user.profile.as_ref(), &at, &mut found),
            Spec::Group(group) => {
                check_text(rule::not_empty, &group.r#type, &at.key("type"), &mut found);
                check_profile(group.profile.as_ref(), &at, &mut found);
            }
            Spec::Location(location) => {
                let texts = [("type", &location.r#type), ("target", &location.target)];
                check_texts(rule::not_empty, texts, &at, &mut found);
                check_list(
                    rule::not_empty,
                    &location.targets,
                    &at.key("targets"),
                    &mut found,
                );
            }
        }
        for reference in self.references() {
            if let Some(message) = rule::reference(reference.text().as_str()) {
                found.push(Violation::new(reference.path(), message));
            }
        }
        open::check(self, &mut found);
        found
    }
}

fn check_metadata(metadata: &Metadata, at: &Path<'_>, found: &mut Vec<Violation>) {
    check_texts(rule::not_empty, [("title", &metadata.title)], at, found);
    let maps: [(_, &BTreeMap<_, _>, Rule); 2] = [
        ("labels", &metadata.labels, rule::label_value),
        ("annotations", &metadata.annotations, rule::any),
    ];
    for (name, map, rule_of_values) in maps {
        let at = at.key(name);
        for (key, value) in map {
            let at = at.key(key);
            check_text(rule::key, key, &at, found);
            check_text(rule_of_values, value, &at, found);
        }
    }
    check_list(rule::tag, &metadata.tags, &at.key("tags"), found);
    let links = at.key("links");
    for (index, link) in metadata.links.iter().enumerate() {
        check_link(link, &links.index(index), found);
    }
}

fn check_link(link: &Link, at: &Path<'_>, found: &mut Vec<Violation>) {
    check_text(rule::url, &link.url, &at.key("url"), found);
    let texts = [("title", &link.title), ("icon", &link.icon)];
    check_texts(rule::not_blank, texts, at, found);
    check_texts(rule::not_empty, [("type", &link.r#type)], at, found);
}

fn check_profile(profile: Option<&Profile>, at: &Path<'_>, found: &mut Vec<Violation>) {
    if let Some(profile) = profile {
        let texts = [
            ("displayName", &profile.display_name),
            ("email", &profile.email),
            ("picture", &profile.picture),
        ];
        check_texts(rule::not_empty, texts, &at.key("profile"), found);
    }
}

/// Optional fields of one object.
fn check_texts<const N: usize>(
    rule: Rule,
    texts: [(&str, &Option<String>); N],
    at: &Path<'_>,
    found: &mut Vec<Violation>,
) {
    for (name, text) in texts {
        if let Some(text) = text {
            check_text(rule, text, &at.key(name), found);
        }
    }
}

fn check_list(rule: Rule, texts: &[String], at: &Path<'_>, found: &mut Vec<Violation>) {
    for (index, text) in texts.iter().enumerate() {
        check_text(rule, text, &at.index(index), found);
    }
}

fn check_text(rule: Rule, text: &str, at: &Path<'_>, found: &mut Vec<Violation>) {
    if let Some(message) = rule(text) {
        found.push(Violation::new(at, message));
    }
}

//! What a search looks at: the texts of all entities, folded once.

use catalog_model::{Entity, Spec};

/// Of each name, title, display name and e-mail address so many characters are searched.
pub(crate) const SEARCHED: usize = 200;

/// Stands between texts, so that nothing is found across two. No text has it: it is left out of all.
const BETWEEN: char = '\0';

/// The folded texts of all entities, one after the other.
#[derive(Debug)]
pub(super) struct SearchTexts {
    all: String,
    /// Where the texts of each entity end.
    ends: Vec<usize>,
}

impl SearchTexts {
    pub(super) fn of<'a>(entities: impl Iterator<Item = &'a Entity>) -> Self {
        let mut all = String::new();
        let ends = entities.map(|entity| {
            for text in texts(entity).into_iter().flatten() {
                all.extend(folded(text).take(SEARCHED).filter(|c| *c != BETWEEN));
                all.push(BETWEEN);
            }
            all.len()
        });
        let ends = ends.collect();
        all.shrink_to_fit();
        Self { all, ends }
    }

    /// The numbers of the entities with this text, each once, in their order.
    pub(super) fn find(&self, text: &str) -> Vec<usize> {
        let text: String = folded(text).collect();
        let mut found = Vec::new();
        if text.contains(BETWEEN) {
            return found;
        }
        let mut from = 0;
        while let Some(at) = self.all.get(from..).and_then(|rest| rest.find(&text)) {
            let entity = self.ends.partition_point(|end| *end <= from + at);
            let Some(end) = self.ends.get(entity) else {
                break;
            };
            found.push(entity);
            from = *end;
        }
        found
    }
}

fn texts(entity: &Entity) -> [Option<&str>; 4] {
    let metadata = &entity.metadata;
    let profile = match &entity.spec {
        Spec::User(user) => user.profile.as_ref(),
        Spec::Group(group) => group.profile.as_ref(),
        _ => None,
    };
    [
        Some(metadata.name.as_str()),
        metadata.title.as_deref(),
        profile.and_then(|profile| profile.display_name.as_deref()),
        profile.and_then(|profile| profile.email.as_deref()),
    ]
}

/// One letter at a time: a sigma is folded alike wherever it stands in a word.
fn folded(text: &str) -> impl Iterator<Item = char> {
    text.chars().flat_map(char::to_lowercase)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn entity(name: &str, title: &str, display_name: &str, email: &str) -> Entity {
        serde_json::from_value(json!({
            "apiVersion": "backstage.io/v1alpha1",
            "kind": "User",
            "metadata": { "name": name, "title": title },
            "spec": { "profile": { "displayName": display_name, "email": email }, "memberOf": [] },
        }))
        .unwrap()
    }

    fn texts() -> SearchTexts {
        let long = format!("{}END", "x".repeat(SEARCHED));
        let entities = [
            entity("ada", "Countess", "Ada Lovelace", "ada@example.com"),
            entity("odysseas", "ΟΔΥΣΣΕΑΣ", "Ödön\u{0}", "o@example.com"),
            entity("long", &long, "Zed", "z@example.com"),
        ];
        SearchTexts::of(entities.iter())
    }

    #[test]
    fn a_part_of_any_text_is_found_whatever_its_case() {
        let texts = texts();
        for (text, found) in [
            ("ada", vec![0]),
            ("ADA L", vec![0]),
            ("countess", vec![0]),
            ("@EXAMPLE", vec![0, 1, 2]),
            ("e", vec![0, 1, 2]),
            ("", vec![0, 1, 2]),
            ("οδυσσεασ", vec![1]),
            ("ΣΣΕΑΣ", vec![1]),
            ("ödön", vec![1]),
            ("zed", vec![2]),
            ("nobody", vec![]),
            // Nothing is found across two texts, nor across two entities.
            ("adacountess", vec![]),
            ("example.comody", vec![]),
            ("\0", vec![]),
            ("ada\0countess", vec![]),
            ("ödön\0", vec![]),
            // The end of a text that is too long is not looked at.
            ("xxxend", vec![]),
            (&"x".repeat(SEARCHED), vec![2]),
        ] {
            assert_eq!(texts.find(text), found, "{text:?}");
        }
    }

    #[test]
    fn of_nobody_nothing_is_found() {
        let nobody = SearchTexts::of(std::iter::empty());
        assert!(nobody.find("a").is_empty());
        assert!(nobody.find("").is_empty());
    }
}

//! What entities look like in files and on a terminal.

use std::borrow::Cow;

use catalog_model::Entity;
use clap::ValueEnum;

use crate::store::Record;
use crate::text::json::nothing_hidden;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum EntityFormat {
    /// YAML documents
    #[default]
    Yaml,
    /// One JSON object a line
    Ndjson,
    /// One JSON array
    Json,
}

impl EntityFormat {
    pub(super) const fn extension(self) -> &'static str {
        match self {
            Self::Yaml => "yaml",
            Self::Ndjson => "ndjson",
            Self::Json => "json",
        }
    }
}

pub(super) type RenderError = Box<dyn std::error::Error + Send + Sync>;

pub(super) fn render(records: &[&Record], format: EntityFormat) -> Result<String, RenderError> {
    let entities = records.iter().map(|record| &record.entity);
    let mut text = String::new();
    match format {
        EntityFormat::Json => {
            text = shown(serde_json::to_string_pretty(&entities.collect::<Vec<_>>())?);
            text.push('\n');
        }
        EntityFormat::Ndjson => {
            for entity in entities {
                text.push_str(&shown(serde_json::to_string(entity)?));
                text.push('\n');
            }
        }
        EntityFormat::Yaml => {
            for entity in entities {
                text.push_str("---\n");
                text.push_str(&yaml(entity)?);
            }
        }
    }
    Ok(text)
}

/// The same JSON, in which nothing is hidden. YAML escapes what a terminal acts on by itself.
fn shown(json: String) -> String {
    match nothing_hidden(&json) {
        Cow::Borrowed(_) => json,
        Cow::Owned(shown) => shown,
    }
}

/// Every text is quoted, so that no reader takes `no` or `012` for something else.
fn yaml(entity: &Entity) -> Result<String, RenderError> {
    let options = serde_saphyr::ser_options! { quote_all: true };
    Ok(serde_saphyr::to_string_with_options(entity, options)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(display_name: &str) -> Entity {
        serde_json::from_value(serde_json::json!({
            "apiVersion": "backstage.io/v1alpha1",
            "kind": "User",
            "metadata": {"name": "jane", "namespace": "default"},
            "spec": {"profile": {"displayName": display_name}, "memberOf": []},
        }))
        .unwrap()
    }

    #[test]
    fn json_has_no_character_that_a_terminal_acts_on_and_the_same_values() {
        for text in [
            "\u{9b}2J",
            "a\u{202e}b",
            "\u{7f}\u{2028}",
            "émoji 🚀",
            "\\\u{85}",
        ] {
            let record = Record {
                provider: "acme".into(),
                key: crate::held::object::Key::User("00u1".into()),
                entity: user(text),
            };
            for format in [EntityFormat::Json, EntityFormat::Ndjson] {
                let shown = render(&[&record], format).unwrap();
                let hides = |c| c != '\n' && okta_auth::visible::is_hidden(c);
                assert!(!shown.contains(hides), "{shown:?}");
                let one = shown.trim().trim_start_matches('[').trim_end_matches(']');
                let read: Entity = serde_json::from_str(one).unwrap();
                assert_eq!(read, record.entity);
            }
        }
    }

    #[test]
    fn yaml_reads_back_as_it_was() {
        for text in [
            "no",
            "012",
            "1e3",
            "~",
            "null",
            "# x",
            "- x",
            "a: b",
            "\"",
            "'",
            "\\",
            "line\nbreak",
            " lead",
            "trail ",
            "tab\t",
            "émoji 🚀",
            "\u{2028}",
            "{}",
            "[]",
            "%",
            "@",
            "`",
            "\u{7}",
            "---",
            "? x",
            "!tag",
            "&a",
            "*a",
        ] {
            let entity = user(text);
            let read: Entity = serde_saphyr::from_str(&yaml(&entity).unwrap()).unwrap();
            assert_eq!(read, entity, "{text:?}");
        }
    }
}

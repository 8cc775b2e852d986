//! `export`: the catalog as files that Backstage reads.

use std::borrow::Cow;
use std::path::PathBuf;

use catalog_model::Entity;
use clap::{Args, ValueEnum, value_parser};

use super::session::Session;
use super::{failure, output};
use crate::exit::Exit;
use crate::store::Record;
use crate::text::json::nothing_hidden;

mod set;

#[derive(Debug, Args)]
pub(super) struct ExportArgs {
    /// Only the people and groups of this tenant; may repeat
    #[arg(long = "provider", value_name = "ID")]
    providers: Vec<String>,
    /// What the entities look like
    #[arg(long, value_enum, default_value_t)]
    format: EntityFormat,
    /// Write files into this folder instead of printing: they replace the `entities-NUMBER` files of an export before
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Spread the entities over so many files, 1 to 1024; one stays in its file as long as the number does
    #[arg(
        long,
        value_name = "N",
        default_value = "1",
        requires = "out",
        value_parser = value_parser!(u16).range(1..=1024)
    )]
    shards: u16,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum EntityFormat {
    /// YAML documents
    #[default]
    Yaml,
    /// One JSON object a line
    Ndjson,
    /// One JSON array
    Json,
}

impl EntityFormat {
    const fn extension(self) -> &'static str {
        match self {
            Self::Yaml => "yaml",
            Self::Ndjson => "ndjson",
            Self::Json => "json",
        }
    }
}

pub(super) async fn export(session: Session, arguments: ExportArgs) -> Exit {
    let records = match session.catalog(&arguments.providers).await {
        Ok(catalog) => sorted(catalog.records),
        Err(exit) => return exit,
    };
    let format = arguments.format;
    let Some(folder) = &arguments.out else {
        return match render(&records.iter().collect::<Vec<_>>(), format) {
            Err(error) => failure::of_system("the catalog cannot be told in this format", &*error),
            Ok(text) => match output::result(text) {
                Ok(()) => Exit::Done,
                Err(error) => failure::of_output(&error),
            },
        };
    };
    match set::replace(folder, &records, format, usize::from(arguments.shards)) {
        Ok(()) => Exit::Done,
        Err(error) => {
            failure::print(&error, Some(error.fix()));
            error.exit()
        }
    }
}

type RenderError = Box<dyn std::error::Error + Send + Sync>;

/// By ref, so that the same catalog gives the same bytes.
fn sorted(mut records: Vec<Record>) -> Vec<Record> {
    records.sort_by_cached_key(|record| record.entity.entity_ref());
    records
}

fn render(records: &[&Record], format: EntityFormat) -> Result<String, RenderError> {
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

//! `export`: the catalog as files that Backstage reads.

use std::fs;
use std::io::Write as _;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use catalog_model::Entity;
use clap::{Args, ValueEnum};
use sha2::{Digest, Sha256};

use super::session::Session;
use super::{failure, output};
use crate::exit::Exit;
use crate::store::{CatalogStore as _, Record};

#[derive(Debug, Args)]
pub(super) struct ExportArgs {
    /// What the entities look like
    #[arg(long, value_enum, default_value_t)]
    format: EntityFormat,
    /// Write files into this folder instead of printing
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Spread the entities over so many files; one stays in its file for ever
    #[arg(long, value_name = "N", default_value = "1", requires = "out")]
    shards: NonZeroUsize,
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

pub(super) async fn export(session: Session, arguments: ExportArgs) -> Exit {
    let records = match session.store.catalog().await {
        Ok(Some(catalog)) => sorted(catalog.records),
        Ok(None) => {
            output::message(
                "error: there is no catalog yet\n  fix: run `portal-sync sync` first; an empty export would delete people",
            );
            return Exit::Store;
        }
        Err(error) => return failure::of_store(&error),
    };
    let written = match &arguments.out {
        None => render(&records.iter().collect::<Vec<_>>(), arguments.format)
            .and_then(|text| Ok(output::result(text)?)),
        Some(folder) => write_shards(folder, &records, arguments.format, arguments.shards.get()),
    };
    match written {
        Ok(()) => Exit::Done,
        Err(error) => {
            failure::print(&*error, None);
            Exit::Store
        }
    }
}

type Failure = Box<dyn std::error::Error>;

/// By ref, so that the same catalog gives the same bytes.
fn sorted(mut records: Vec<Record>) -> Vec<Record> {
    records.sort_by_cached_key(|record| record.entity.entity_ref());
    records
}

fn render(records: &[&Record], format: EntityFormat) -> Result<String, Failure> {
    let entities = records.iter().map(|record| &record.entity);
    let mut text = String::new();
    match format {
        EntityFormat::Json => {
            text = serde_json::to_string_pretty(&entities.collect::<Vec<_>>())?;
            text.push('\n');
        }
        EntityFormat::Ndjson => {
            for entity in entities {
                text.push_str(&serde_json::to_string(entity)?);
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

/// Every text is quoted, so that no reader takes `no` or `012` for something else.
fn yaml(entity: &Entity) -> Result<String, Failure> {
    let options = serde_saphyr::ser_options! { quote_all: true };
    Ok(serde_saphyr::to_string_with_options(entity, options)?)
}

fn write_shards(
    folder: &Path,
    records: &[Record],
    format: EntityFormat,
    shards: usize,
) -> Result<(), Failure> {
    fs::create_dir_all(folder)?;
    let extension = match format {
        EntityFormat::Yaml => "yaml",
        EntityFormat::Ndjson => "ndjson",
        EntityFormat::Json => "json",
    };
    let digits = (shards - 1).to_string().len();
    for shard in 0..shards {
        let of_shard: Vec<&Record> = records
            .iter()
            .filter(|record| shard_of(&record.okta_id, shards) == shard)
            .collect();
        let path = folder.join(format!("entities-{shard:0digits$}.{extension}"));
        replace(&path, render(&of_shard, format)?.as_bytes())?;
    }
    Ok(())
}

/// The shard depends on the Okta id alone: an entity that moved from one file to another would be lost to Backstage until
/// the files change again.
fn shard_of(okta_id: &str, shards: usize) -> usize {
    let hash = Sha256::digest(okta_id);
    let number = hash
        .iter()
        .take(8)
        .fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    usize::try_from(number % shards as u64).unwrap_or_default()
}

/// Writes a file whole or not at all.
fn replace(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let partial = path.with_extension("partial");
    let mut file = fs::File::create(&partial)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&partial, path)?;
    Ok(())
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

    #[test]
    fn a_shard_depends_on_the_id_alone() {
        assert_eq!(shard_of("00u1", 1), 0);
        assert_eq!(shard_of("00u1", 20), shard_of("00u1", 20));
        let used: std::collections::BTreeSet<usize> = (0..1000)
            .map(|id| shard_of(&format!("00u{id}"), 16))
            .collect();
        assert_eq!(used.len(), 16);
    }
}

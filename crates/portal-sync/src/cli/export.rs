//! `export`: the catalog as files that Backstage reads.

use std::path::PathBuf;

use clap::{Args, value_parser};

use super::session::Session;
use super::{failure, output};
use crate::exit::Exit;
use crate::store::Record;

mod format;
mod set;

use format::{EntityFormat, render};

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

/// By ref, so that the same catalog gives the same bytes.
fn sorted(mut records: Vec<Record>) -> Vec<Record> {
    records.sort_by_cached_key(|record| record.entity.entity_ref());
    records
}

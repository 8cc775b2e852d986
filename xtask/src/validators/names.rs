//! The libraries that Roadie's Okta module makes names with, and what is recorded of them.

use std::fmt::Write as _;
use std::process::Stdio;

use anyhow::Context as _;

use crate::golden::{self, Mode};
use crate::packages::Packages;
use crate::{say, tidy};

const TABLE: &str = "fixtures/naming/roadie.tsv";

/// The scripts of `xtask/naming`.
const SCRIPTS: [&str; 2] = ["roadie.mjs", "letters.mjs"];

/// The installed libraries.
#[derive(Debug)]
pub(super) struct Names(Packages);

impl Names {
    /// Installs them, unless they are there already. The inner error says why nobody can be asked.
    pub(super) fn install() -> anyhow::Result<Result<Self, String>> {
        Ok(Packages::install("naming", &SCRIPTS)?.map(Self))
    }

    /// Returns what differs from the records, if something does: the names of the table, and the letters that the libraries
    /// replace.
    pub(super) fn check(&self, mode: Mode) -> anyhow::Result<Option<String>> {
        let root = tidy::root()?;
        let table = root.join(TABLE);
        let table = table
            .to_str()
            .context("the path of the table is not UTF-8")?;
        let mut differences = String::new();
        for (record, arguments) in [
            (TABLE, ["roadie.mjs", table]),
            (
                "crates/portal-sync/src/text/naming/deburr.txt",
                ["letters.mjs", "deburr"],
            ),
            (
                "crates/portal-sync/src/text/naming/charmap.txt",
                ["letters.mjs", "charmap"],
            ),
        ] {
            let now = self.0.run(&arguments, Stdio::null())?;
            say(format_args!("{record}: {} lines", now.lines().count()));
            if let Some(diff) = golden::check(&root.join(record), &now, mode)? {
                let _ = write!(differences, "{record}:\n{diff}");
            }
        }
        Ok((!differences.is_empty()).then_some(differences))
    }
}

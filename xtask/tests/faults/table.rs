//! The table of what each trouble becomes and costs, as the documentation of the client shows it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use xtask::golden::{self, Mode};

use crate::fault::{Lasting, Trouble};
use crate::walk::Outcome;

const BEGIN: &str = "<!-- faults: begin -->\n";
const END: &str = "<!-- faults: end -->";

/// All outcomes of one row and one way to last.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cell {
    becomes: BTreeSet<String>,
    requests: Option<(u64, u64)>,
    time: Option<(Duration, Duration)>,
}

/// The cells, by the number of the row.
pub(crate) type Cells = BTreeMap<(usize, Lasting), Cell>;

impl Cell {
    pub(crate) fn add(&mut self, outcome: Outcome) {
        self.becomes.insert(outcome.becomes);
        widen(&mut self.requests, outcome.requests);
        widen(&mut self.time, outcome.time);
    }

    /// Whether an outcome is one of those it holds already.
    pub(crate) fn covers(&self, outcome: &Outcome) -> bool {
        self.becomes.contains(&outcome.becomes)
            && within(self.requests, outcome.requests)
            && within(self.time, outcome.time)
    }
}

fn widen<T: Copy + Ord>(range: &mut Option<(T, T)>, value: T) {
    let (least, most) = range.unwrap_or((value, value));
    *range = Some((least.min(value), most.max(value)));
}

fn within<T: Copy + Ord>(range: Option<(T, T)>, value: T) -> bool {
    range.is_some_and(|(least, most)| (least..=most).contains(&value))
}

/// The table in Markdown.
pub(crate) fn markdown(troubles: &[Trouble], cells: &Cells) -> String {
    let mut text =
        "| what happens | once | requests | seconds | from then on | requests | seconds |\n\
                    |---|---|---|---|---|---|---|\n"
            .to_owned();
    for (row, trouble) in troubles.iter().enumerate() {
        let _ = write!(text, "| {} ", trouble.name);
        for lasting in [Lasting::Once, Lasting::FromThen] {
            match cells.get(&(row, lasting)) {
                Some(cell) => {
                    let becomes: Vec<&str> = cell.becomes.iter().map(String::as_str).collect();
                    let _ = write!(
                        text,
                        "| {} | {} | {} ",
                        becomes.join(" or "),
                        range(cell.requests, |requests| requests.to_string()),
                        range(cell.time, seconds)
                    );
                }
                None => text.push_str("| | | "),
            }
        }
        text.push_str("|\n");
    }
    text
}

fn range<T: Copy>(range: Option<(T, T)>, show: impl Fn(T) -> String) -> String {
    let Some((least, most)) = range else {
        return String::new();
    };
    let (least, most) = (show(least), show(most));
    if least == most {
        least
    } else {
        format!("{least} to {most}")
    }
}

/// With one digit after the point, where there is something.
fn seconds(time: Duration) -> String {
    let text = format!("{:.1}", time.as_secs_f64());
    text.strip_suffix(".0").unwrap_or(&text).to_owned()
}

/// Compares the table with the one in the file at `path`, or puts it there. Returns what differs.
pub(crate) fn check(path: &Path, table: &str, mode: Mode) -> anyhow::Result<Option<String>> {
    let text = std::fs::read_to_string(path)?.replace("\r\n", "\n");
    let (before, rest) = text.split_once(BEGIN).context("the table has no place")?;
    let (_, after) = rest.split_once(END).context("the table has no end")?;
    golden::check(path, &format!("{before}{BEGIN}{table}{END}{after}"), mode)
}

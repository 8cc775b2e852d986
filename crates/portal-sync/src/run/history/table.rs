//! The runs of the ledger as a table, a line each.

use std::fmt::{self, Write as _};

use crate::decide::plan::name;
use crate::held::run::{Run, Tally};
use crate::run::report::{UNDER_WAY, word};
use crate::store::Entry;

/// The columns, and whether their texts end below each other, as numbers do.
const COLUMNS: [(&str, bool); 8] = [
    ("run", true),
    ("began", false),
    ("provider", false),
    ("outcome", false),
    ("changes", false),
    ("requests", true),
    ("seconds", true),
    ("", false),
];

/// Runs, the newest first. It prints as nothing when there are none.
#[derive(Debug)]
pub(crate) struct Table<'a>(pub(crate) &'a [Entry]);

type Row = [String; COLUMNS.len()];

impl fmt::Display for Table<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return Ok(());
        }
        let head = COLUMNS.map(|(name, _)| name.to_owned());
        let rows: Vec<Row> = std::iter::once(head)
            .chain(self.0.iter().map(row))
            .collect();
        let mut widths = [0; COLUMNS.len()];
        for row in &rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = cell.chars().count().max(*width);
            }
        }
        for row in &rows {
            let mut line = String::new();
            for ((cell, width), (_, is_number)) in row.iter().zip(widths).zip(COLUMNS) {
                let _ = if is_number {
                    write!(line, "{cell:>width$}  ")
                } else {
                    write!(line, "{cell:<width$}  ")
                };
            }
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

fn row(entry: &Entry) -> Row {
    let number = entry.number.to_string();
    let began = format!("{:.0}", entry.began);
    let provider = name(&entry.provider).to_string();
    let Some(run) = &entry.run else {
        let holder = entry.holder.to_string();
        let (none, holder) = (String::new, name(&holder).to_string());
        let outcome = UNDER_WAY.to_owned();
        return [
            number,
            began,
            provider,
            outcome,
            none(),
            none(),
            none(),
            holder,
        ];
    };
    let Tally {
        added,
        updated,
        removed,
        ..
    } = run.tally;
    [
        number,
        began,
        provider,
        word(run.outcome).to_owned(),
        format!("+{added} ~{updated} -{removed}"),
        run.asked.total().to_string(),
        format!("{:.1}", run.seconds()),
        remarks(run),
    ]
}

/// What did not go well.
fn remarks(run: &Run) -> String {
    let counts = [
        (run.tally.withheld, "withheld"),
        (run.tally.withheld_renames, "renames withheld"),
        (run.unknown.len(), "unknown"),
        (run.quarantined.len(), "quarantined"),
    ];
    let failure = run.failure.iter().map(|it| it.kind.as_str().to_owned());
    let counts = counts.into_iter().filter(|(count, _)| *count > 0);
    let counts = counts.map(|(count, what)| format!("{count} {what}"));
    failure.chain(counts).collect::<Vec<_>>().join(", ")
}

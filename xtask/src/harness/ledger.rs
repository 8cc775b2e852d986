//! The ledger as `runs --format json` tells it, and what must be true of it whatever happened.

use std::collections::BTreeSet;

use anyhow::Context as _;
use jiff::Timestamp;
use serde::Deserialize;

/// A run of the ledger.
#[derive(Clone, Debug, Deserialize)]
pub struct PastRun {
    /// Its number.
    pub run: u64,
    /// When it began.
    pub began: Timestamp,
    /// When it ended; none while it is under way.
    pub ended: Option<Timestamp>,
    /// How it ended, in a word.
    pub outcome: String,
    /// The generation that it committed, if it committed one.
    pub generation: Option<u64>,
    /// Whose turn it was.
    pub holder: String,
    /// Why it failed, if it did.
    pub failure: Option<Failure>,
}

/// Why a run failed.
#[derive(Clone, Debug, Deserialize)]
pub struct Failure {
    /// In a word.
    pub kind: String,
    /// In words.
    pub message: String,
}

impl PastRun {
    /// Whether somebody else closed it, because its process did not end it.
    #[must_use]
    pub fn is_interrupted(&self) -> bool {
        self.failure
            .as_ref()
            .is_some_and(|failure| failure.kind == "interrupted")
    }
}

/// The runs of one tenant, from the first on.
#[derive(Clone, Debug)]
pub struct Ledger {
    /// The runs, the oldest first.
    pub runs: Vec<PastRun>,
}

impl Ledger {
    pub(super) fn read(said: &str) -> anyhow::Result<Self> {
        let runs = said.lines().map(serde_json::from_str);
        let runs: Result<Vec<PastRun>, _> = runs.collect();
        let mut runs = runs.with_context(|| format!("no runs: {said}"))?;
        runs.reverse();
        Ok(Self { runs })
    }

    /// The number of the newest generation; zero before the first.
    #[must_use]
    pub fn generation(&self) -> u64 {
        let generations = self.runs.iter().filter_map(|run| run.generation);
        generations.max().unwrap_or_default()
    }

    /// The run under way.
    #[must_use]
    pub fn under_way(&self) -> Option<&PastRun> {
        self.runs.iter().find(|run| run.ended.is_none())
    }

    /// What is wrong with it: the numbers of runs and of generations go up one by one, one run at most is under way, which is
    /// the newest, and each has ended after it began.
    #[must_use]
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let numbers: Vec<u64> = self.runs.iter().map(|run| run.run).collect();
        if !numbers.iter().copied().eq(1..=numbers.len() as u64) {
            faults.push(format!("the numbers of runs are {}", shown(&numbers)));
        }
        let committed = self.runs.iter().filter_map(|run| run.generation);
        let generations: Vec<u64> = committed.collect();
        if !generations.iter().copied().eq(1..=generations.len() as u64) {
            faults.push(format!("the generations are {}", shown(&generations)));
        }
        for (at, run) in self.runs.iter().enumerate() {
            let PastRun {
                run: number,
                began,
                ended,
                ..
            } = run;
            match ended {
                None if at + 1 < self.runs.len() => {
                    faults.push(format!("run {number} is under way, and is not the newest"));
                }
                Some(ended) if ended < began => {
                    faults.push(format!("run {number} ended before it began"));
                }
                _ => {}
            }
            if run.generation.is_some() && run.failure.is_some() {
                faults.push(format!("run {number} failed and committed"));
            }
        }
        faults
    }
}

/// Numbers, those that are in order left out.
fn shown(numbers: &[u64]) -> String {
    let before = std::iter::once(0).chain(numbers.iter().copied());
    let odd = before
        .zip(numbers)
        .filter(|(before, number)| before + 1 != **number)
        .map(|(before, number)| format!("{number} after {before}"));
    odd.collect::<BTreeSet<_>>()
        .into_iter()
        .collect::<Vec<_>>()
        .join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(number: u64, generation: Option<u64>, ended: bool) -> String {
        let ended = if ended {
            "\"2026-01-01T00:00:02Z\""
        } else {
            "null"
        };
        let generation = generation.map_or("null".to_owned(), |it| it.to_string());
        format!(
            r#"{{"run":{number},"began":"2026-01-01T00:00:01Z","ended":{ended},"outcome":"","generation":{generation},"holder":"","failure":null}}"#
        )
    }

    #[test]
    fn holes_doubles_and_disorder_are_found() {
        let good = [
            run(3, Some(2), false),
            run(2, None, true),
            run(1, Some(1), true),
        ];
        let ledger = Ledger::read(&good.join("\n")).unwrap();
        assert_eq!(ledger.faults(), Vec::<String>::new());
        assert_eq!(ledger.generation(), 2);
        assert_eq!(ledger.under_way().unwrap().run, 3);
        for (bad, says) in [
            ([run(3, None, true), run(1, None, true)], "3 after 1"),
            ([run(2, None, true), run(2, None, true)], "2 after 0"),
            ([run(2, Some(1), true), run(1, Some(1), true)], "1 after 1"),
            ([run(2, Some(1), true), run(1, Some(2), true)], "2 after 0"),
            ([run(2, Some(3), true), run(1, Some(1), true)], "3 after 1"),
            (
                [run(2, None, true), run(1, None, false)],
                "run 1 is under way",
            ),
        ] {
            let faults = Ledger::read(&bad.join("\n")).unwrap().faults();
            assert!(faults.join("\n").contains(says), "{faults:?}");
        }
    }
}

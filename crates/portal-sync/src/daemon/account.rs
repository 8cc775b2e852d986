//! What `serve` says of a run: in the log, on the page, in the metrics.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;

use crate::plan::Unknown;
use crate::report::{Outcome, Report};
use crate::telemetry::{Left, RunFigures};

/// So many of many are named in a sentence.
const SHOWN: usize = 3;

/// So many details of one run are logged.
const LOGGED: usize = 10;

/// What the log has said of a provider already: what is the same at each run is said once, and again when it has changed.
#[derive(Debug, Default)]
pub(super) struct Told(BTreeSet<String>);

impl Told {
    /// What was not said of the run before this one.
    fn news(&mut self, now: impl IntoIterator<Item = String>) -> Vec<String> {
        let now: Vec<String> = now.into_iter().collect();
        let all = now.iter().cloned().collect();
        let before = std::mem::replace(&mut self.0, all);
        now.into_iter()
            .filter(|line| !before.contains(line))
            .collect()
    }

    /// Logs how a run ended, and what is new about it.
    pub(super) fn log(&mut self, report: &Report) {
        let Report {
            provider,
            added,
            updated,
            removed,
            renamed,
            withheld,
            withheld_renames,
            unknown,
            quarantined,
            generation,
            ..
        } = report;
        let counts = report.counts;
        let (users, groups) = (counts.users, counts.groups);
        let (outcome, requests) = (report.outcome.as_str(), report.requests.total);
        let seconds = report.duration_seconds;
        match (&report.error, report.outcome) {
            (Some(error), _) => {
                tracing::error!(
                    %provider, requests, seconds, fix = error.fix.as_deref(), "run failed: {}", error.message
                );
            }
            (None, Outcome::Complete) => tracing::info!(
                %provider, outcome, generation, added, updated, removed, renamed, users, groups, requests, seconds,
                "run ended"
            ),
            (None, Outcome::Blocked) => tracing::warn!(
                %provider, outcome, generation, added, updated, removed, renamed, withheld, withheld_renames, unknown,
                quarantined, users, groups, requests, seconds, plan_id = %report.plan_id,
                reason = %report.guard.join("; "), fix = %approval(report), "run ended"
            ),
            (None, _) => tracing::warn!(
                %provider, outcome, generation, added, updated, removed, renamed, unknown, quarantined, users, groups,
                requests, seconds, "run ended"
            ),
        }
        // A run that failed says nothing of what was noticed before.
        if report.error.is_some() {
            return;
        }
        for line in self.news(details(report)) {
            tracing::warn!(%provider, "{line}");
        }
    }
}

/// What a run noticed, a line each.
fn details(report: &Report) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    lines.extend(report.unknown_groups.iter().take(LOGGED).map(of_group));
    lines.extend(more(
        report.unknown_groups.len(),
        LOGGED,
        "groups are unknown",
    ));
    let records = report.quarantined_records.iter().take(LOGGED);
    lines.extend(records.map(|(id, reason)| format!("record {id} is quarantined: {reason}")));
    lines.extend(more(report.quarantined, LOGGED, "records are quarantined"));
    lines.extend(report.notices.iter().cloned());
    lines
}

fn more(all: usize, shown: usize, what: &str) -> Option<String> {
    let more = all.checked_sub(shown).filter(|more| *more > 0)?;
    Some(format!(
        "{more} more {what}: `portal-sync plan` names all of them"
    ))
}

/// One group whose members could not be read: which, since when, and why.
fn of_group(group: &Unknown) -> String {
    let stays = if group.kept {
        "keeps the members it had"
    } else {
        "is not added yet"
    };
    let since = group.since;
    let since = since.map_or_else(String::new, |since| format!(" since {since}"));
    format!(
        "group `{}` ({}) {stays}, unread{since}: {}",
        group.name.escape_debug(),
        group.okta_id,
        group.reason
    )
}

fn approval(report: &Report) -> String {
    format!(
        "look at `portal-sync plan`; to let it happen once: portal-sync sync --provider {} --approve {}",
        report.provider, report.plan_id
    )
}

/// What a person should know about a run that did not just go well.
pub(super) fn message(report: &Report) -> Option<String> {
    if let Some(error) = &report.error {
        return Some(match &error.fix {
            Some(fix) => format!("{}. {fix}", error.message),
            None => error.message.clone(),
        });
    }
    match report.outcome {
        Outcome::Complete | Outcome::Failed => None,
        Outcome::Partial => {
            let groups = report.unknown_groups.iter().take(SHOWN).map(of_group);
            let records = report.quarantined_records.iter().take(SHOWN);
            let records = records.map(|(id, reason)| format!("record {id}: {reason}"));
            let hidden =
                report.unknown.saturating_sub(SHOWN) + report.quarantined.saturating_sub(SHOWN);
            let more = (hidden > 0).then(|| format!("and {hidden} more"));
            let all: Vec<String> = groups.chain(records).chain(more).collect();
            Some(format!("It stays as it was: {}", all.join("; ")))
        }
        Outcome::Blocked => Some(format!("{}. {}", report.guard.join("; "), approval(report))),
    }
}

/// What a run leaves in the metrics.
pub(super) fn figures(report: &Report, finished: Timestamp) -> RunFigures {
    RunFigures {
        provider: report.provider.clone(),
        outcome: report.outcome.as_str().to_owned(),
        finished,
        duration: Duration::try_from_secs_f64(report.duration_seconds).unwrap_or_default(),
        requests: report.requests.endpoints.clone(),
        throttled: report.throttled,
        waited: Duration::try_from_secs_f64(report.waited_seconds).unwrap_or_default(),
        backed_off: Duration::try_from_secs_f64(report.backed_off_seconds).unwrap_or_default(),
        left: (report.outcome != Outcome::Failed).then_some(Left {
            users: report.counts.users as u64,
            groups: report.counts.groups as u64,
            withheld: report.withheld as u64,
            withheld_renames: report.withheld_renames as u64,
            unknown: report.unknown as u64,
            quarantined: report.quarantined as u64,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_the_same_at_each_run_is_said_once_and_then_when_it_changes() {
        let mut told = Told::default();
        let mut news = |lines: &[&str]| told.news(lines.iter().map(|line| (*line).to_owned()));
        assert_eq!(news(&["a", "b"]), ["a", "b"]);
        assert_eq!(news(&["a", "b"]), [""; 0]);
        assert_eq!(news(&["a", "c"]), ["c"]);
        assert_eq!(news(&["a", "b"]), ["b"]);
    }

    #[test]
    fn a_group_is_named_with_its_reason() {
        let group = Unknown {
            okta_id: "00g1".to_owned(),
            name: "Team \u{7}".to_owned(),
            reason: "forbidden".to_owned(),
            since: Some(Timestamp::UNIX_EPOCH),
            kept: true,
        };
        assert_eq!(
            of_group(&group),
            "group `Team \\u{7}` (00g1) keeps the members it had, unread since 1970-01-01T00:00:00Z: forbidden"
        );
    }
}

//! What `serve` says of a run: in the log, on the page, in the metrics.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use okta_auth::visible;

use crate::decide::plan::{Unknown, name};
use crate::run::cycle::Ended;
use crate::run::report::{Outcome, Report};
use crate::run::steps::RunError;
use crate::store::StoreErrorKind;
use crate::telemetry::{Left, RunFigures};

/// So many of many are named in a sentence.
const SHOWN: usize = 3;

/// So many details of one run are logged.
const LOGGED: usize = 10;

/// How a run ended that another one overtook: that one committed while this one read, and the catalog is as it left it.
const OVERTAKEN: &str = "overtaken";

/// Whether another run of the provider committed first. It read the org as well, so nothing is wrong, and nothing is missing.
fn is_overtaken(ended: &Ended) -> bool {
    matches!(&ended.result, Err(RunError::Store(error)) if error.kind() == StoreErrorKind::Conflict)
}

/// The word for how a run ended, as the page and the metrics have it.
pub(crate) fn outcome(ended: &Ended) -> &'static str {
    if is_overtaken(ended) {
        OVERTAKEN
    } else {
        ended.report.outcome.as_str()
    }
}

/// What the log has said of a provider already: what is the same at each run is said once, and again when it has changed.
#[derive(Debug, Default)]
pub(crate) struct Told(BTreeSet<String>);

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
    pub(crate) fn log(&mut self, ended: &Ended) {
        let report = &ended.report;
        if is_overtaken(ended) {
            let (provider, requests) = (&report.provider, report.requests.total);
            tracing::info!(
                %provider, outcome = OVERTAKEN, requests, seconds = report.duration_seconds,
                "another run of this tenant committed while this one read: the catalog is as that one left it, and is read \
                 again on schedule"
            );
            return;
        }
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
    lines.extend(records.map(|(id, reason)| {
        let (id, reason) = (name(id), visible::message(reason));
        format!("record {id} is quarantined: {reason}")
    }));
    lines.extend(more(report.quarantined, LOGGED, "records are quarantined"));
    lines.extend(report.log_notices.iter().cloned());
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
        name(&group.name),
        name(&group.okta_id),
        visible::message(&group.reason)
    )
}

fn approval(report: &Report) -> String {
    format!(
        "look at `portal-sync plan`; to let it happen once: portal-sync sync --provider {} --approve {}",
        report.provider, report.plan_id
    )
}

/// What a person should know about a run that did not just go well.
pub(crate) fn message(ended: &Ended) -> Option<String> {
    let report = &ended.report;
    if is_overtaken(ended) {
        return Some(
            "Another run committed while this one read; the catalog is as that one left it"
                .to_owned(),
        );
    }
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
            let records = records
                .map(|(id, reason)| format!("record {}: {}", name(id), visible::message(reason)));
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
pub(crate) fn figures(ended: &Ended, finished: Timestamp) -> RunFigures {
    let report = &ended.report;
    RunFigures {
        provider: report.provider.clone(),
        outcome: outcome(ended).to_owned(),
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
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::decide::plan::Counts;
    use crate::run::provider::Usage;
    use crate::store::StoreError;

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
    /// What is logged of a run that ended so.
    fn logged(ended: &Ended) -> String {
        let written = Arc::new(Mutex::new(Vec::new()));
        let lines = {
            let written = Arc::clone(&written);
            let to = move || Written(Arc::clone(&written));
            tracing_subscriber::fmt()
                .without_time()
                .with_ansi(false)
                .with_writer(to)
        };
        tracing::subscriber::with_default(lines.finish(), || Told::default().log(ended));
        let written = written.lock().unwrap().clone();
        String::from_utf8(written).unwrap()
    }

    struct Written(Arc<Mutex<Vec<u8>>>);

    impl std::io::Write for Written {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn failed(kind: StoreErrorKind) -> Ended {
        let error = RunError::Store(StoreError::new(kind, "committing"));
        let (counts, usage) = (Counts::default(), Usage::default());
        let report = Report::of_failure("acme", &error, counts, usage, Duration::from_secs(1));
        Ended {
            report,
            result: Err(error),
        }
    }

    #[test]
    fn a_run_that_another_one_overtook_did_not_fail() {
        for (kind, level, word) in [
            (StoreErrorKind::Conflict, " INFO ", "overtaken"),
            (StoreErrorKind::Disk, "ERROR ", "failed"),
            (StoreErrorKind::NameTaken, "ERROR ", "failed"),
        ] {
            let ended = failed(kind);
            let log = logged(&ended);
            assert!(log.starts_with(level), "{log}");
            assert_eq!(log.lines().count(), 1, "{log}");
            assert_eq!(outcome(&ended), word);
            let figures = figures(&ended, Timestamp::UNIX_EPOCH);
            assert_eq!(figures.outcome, word);
            assert_eq!(log.contains("run failed"), word == "failed", "{log}");
            assert!(message(&ended).is_some());
        }
    }
}

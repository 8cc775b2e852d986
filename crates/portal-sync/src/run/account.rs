//! What `serve` says of a run, in the log and on the page.

use std::collections::BTreeSet;

use okta_auth::visible;

use crate::decide::plan::name;
use crate::held::notice::Notice;
use crate::held::run::{Outcome, Run, Tally, Unknown};

/// So many of many are named in a sentence.
const SHOWN: usize = 3;

/// So many details of one run are logged.
const LOGGED: usize = 10;

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
    pub(crate) fn log(&mut self, run: &Run) {
        ended(run);
        // A run that failed says nothing of what was noticed before.
        if run.failure.is_some() {
            return;
        }
        let provider = &run.provider;
        for line in self.news(details(run)) {
            tracing::warn!(%provider, "{line}");
        }
    }
}

/// Logs how a run ended.
fn ended(run: &Run) {
    let Run {
        provider,
        outcome,
        plan_id,
        generation,
        ..
    } = run;
    let Tally {
        added,
        updated,
        removed,
        renamed,
        withheld,
        withheld_renames,
    } = run.tally;
    let (users, groups) = (run.counts.users, run.counts.groups);
    let (unknown, quarantined) = (run.unknown.len(), run.quarantined.len());
    let (requests, seconds) = (run.asked.total(), run.seconds());
    let plan_id = plan_id.as_deref().unwrap_or_default();
    let outcome = outcome.as_str();
    match (run.outcome, &run.failure) {
        (Outcome::Overtaken, _) => tracing::info!(
            %provider, outcome, requests, seconds,
            "another run of this tenant took over while this one was under way: what that one commits counts, and the tenant is \
             read again on schedule"
        ),
        (_, Some(failure)) => tracing::error!(
            %provider, requests, seconds, fix = failure.fix.as_deref(), "run failed: {}", failure.message
        ),
        (Outcome::Complete, None) => tracing::info!(
            %provider, outcome, generation, added, updated, removed, renamed, users, groups, requests, seconds, "run ended"
        ),
        (Outcome::Blocked, None) => tracing::warn!(
            %provider, outcome, generation, added, updated, removed, renamed, withheld, withheld_renames, unknown,
            quarantined, users, groups, requests, seconds, plan_id = %plan_id, reason = %reasons(run),
            fix = %approval(run), "run ended"
        ),
        (Outcome::Partial | Outcome::Failed, None) => tracing::warn!(
            %provider, outcome, generation, added, updated, removed, renamed, unknown, quarantined, users, groups, requests,
            seconds, "run ended"
        ),
    }
}

/// What a run noticed, a line each.
fn details(run: &Run) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    lines.extend(run.unknown.iter().take(LOGGED).map(of_group));
    lines.extend(more(run.unknown.len(), LOGGED, "groups are unknown"));
    let records = run.quarantined.iter().take(LOGGED);
    lines.extend(records.map(|(id, reason)| {
        let reason = reason.to_string();
        let (id, reason) = (name(id), visible::message(&reason));
        format!("record {id} is quarantined: {reason}")
    }));
    lines.extend(more(
        run.quarantined.len(),
        LOGGED,
        "records are quarantined",
    ));
    lines.extend(run.notices.iter().map(Notice::logged));
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
    let as_of = group.as_of;
    let as_of = as_of.map_or_else(String::new, |as_of| format!(" (last read {as_of})"));
    format!(
        "group `{}` ({}) {stays}, unread{since}{as_of}: {}",
        name(&group.name),
        name(&group.okta_id),
        visible::message(&group.reason)
    )
}

/// Why the guard withheld something, in a line.
fn reasons(run: &Run) -> String {
    let reasons: Vec<String> = run.guard.iter().map(ToString::to_string).collect();
    reasons.join("; ")
}

fn approval(run: &Run) -> String {
    format!(
        "look at `portal-sync plan`; to let it happen once: portal-sync sync --provider {} --approve {}",
        run.provider,
        run.plan_id.as_deref().unwrap_or_default()
    )
}

/// What a person should know about a run that did not just go well.
pub(crate) fn message(run: &Run) -> Option<String> {
    match (run.outcome, &run.failure) {
        (Outcome::Overtaken, _) => Some(
            "Another run took over while this one was under way; what that one commits counts"
                .to_owned(),
        ),
        (_, Some(failure)) => Some(match &failure.fix {
            Some(fix) => format!("{}. {fix}", failure.message),
            None => failure.message.clone(),
        }),
        (Outcome::Complete | Outcome::Failed, None) => None,
        (Outcome::Partial, None) => {
            let groups = run.unknown.iter().take(SHOWN).map(of_group);
            let records = run.quarantined.iter().take(SHOWN);
            let records = records.map(|(id, reason)| {
                let reason = reason.to_string();
                format!("record {}: {}", name(id), visible::message(&reason))
            });
            let hidden = run.unknown.len().saturating_sub(SHOWN)
                + run.quarantined.len().saturating_sub(SHOWN);
            let more = (hidden > 0).then(|| format!("and {hidden} more"));
            let all: Vec<String> = groups.chain(records).chain(more).collect();
            Some(format!("It stays as it was: {}", all.join("; ")))
        }
        (Outcome::Blocked, None) => Some(format!("{}. {}", reasons(run), approval(run))),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use jiff::Timestamp;

    use super::*;
    use crate::held::object::Kind;
    use crate::held::run::Failure;
    use crate::held::trip::Trip;

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
            as_of: None,
            kept: true,
        };
        assert_eq!(
            of_group(&group),
            "group `Team \\u{7}` (00g1) keeps the members it had, unread since 1970-01-01T00:00:00Z: forbidden"
        );
    }
    /// What is logged of a run that ended so.
    fn logged(run: &Run) -> String {
        let written = Arc::new(Mutex::new(Vec::new()));
        let lines = {
            let written = Arc::clone(&written);
            let to = move || Written(Arc::clone(&written));
            tracing_subscriber::fmt()
                .without_time()
                .with_ansi(false)
                .with_writer(to)
        };
        tracing::subscriber::with_default(lines.finish(), || Told::default().log(run));
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

    #[test]
    fn a_blocked_run_says_why_and_what_to_do() {
        let run = Run {
            provider: "acme".to_owned(),
            outcome: Outcome::Blocked,
            plan_id: Some("abc".to_owned()),
            generation: Some(7),
            guard: vec![Trip::Emptied {
                of: Kind::User,
                before: 3,
                changed: None,
            }],
            tally: Tally {
                added: 1,
                withheld: 2,
                ..Tally::default()
            },
            ..Run::default()
        };
        let log = logged(&run);
        assert!(
            log.contains(
                r#"run ended provider=acme outcome="blocked" generation=7 added=1 updated=0 removed=0 renamed=0 withheld=2"#
            ) && log.ends_with(
                "seconds=0.0 plan_id=abc reason=all 3 users would go fix=look at `portal-sync plan`; to let it happen once: \
                 portal-sync sync --provider acme --approve abc\n"
            ),
            "{log}"
        );
    }

    #[test]
    fn a_run_that_another_one_overtook_did_not_fail() {
        for (outcome, level) in [(Outcome::Overtaken, " INFO "), (Outcome::Failed, "ERROR ")] {
            let run = Run {
                outcome,
                failure: Some(Failure {
                    kind: crate::held::run::FailureKind::Okta,
                    message: "the disk is full".to_owned(),
                    fix: None,
                    exit_code: 13,
                }),
                ..Run::default()
            };
            let log = logged(&run);
            assert!(log.starts_with(level), "{log}");
            assert_eq!(log.lines().count(), 1, "{log}");
            assert_eq!(
                log.contains("run failed: the disk is full"),
                outcome == Outcome::Failed
            );
            assert!(message(&run).is_some());
        }
    }
}

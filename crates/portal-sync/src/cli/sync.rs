//! `sync` and `plan`: the same run, with and without the commit.

use std::fmt::Display;

use super::session::Session;
use super::{Format, failure, output, progress};
use crate::cycle::{Ended, Then, run_once};
use crate::exit::Exit;
use crate::report::Report;

pub(super) async fn sync(session: Session, format: Format, approve: Option<String>) -> Exit {
    run(session, format, Then::Commit, approve.as_deref()).await
}

pub(super) async fn plan(session: Session, format: Format) -> Exit {
    run(session, format, Then::Report, None).await
}

async fn run(session: Session, format: Format, then: Then, approve: Option<&str>) -> Exit {
    let orgs = match session.orgs().await {
        Ok(orgs) => orgs,
        Err(exit) => return exit,
    };
    let mut exit = Exit::Done;
    for (okta, provider) in orgs.iter().zip(&session.config.providers) {
        let (on_progress, shown) = progress::show(&provider.id, session.quiet);
        let limit = provider.schedule.timeout;
        let ended = run_once(
            okta,
            &session.store,
            &session.clock,
            limit,
            on_progress,
            approve,
            then,
        )
        .await;
        if let Some(shown) = shown {
            shown.finish();
        }
        exit = exit.worse(tell(
            &ended,
            format,
            then,
            &provider.id,
            approve,
            session.quiet,
        ));
    }
    if let Err(error) = session.telemetry.shutdown() {
        tracing::warn!(error = %crate::directory::chain(&error), "telemetry was not sent whole");
    }
    exit
}

fn tell(
    ended: &Ended,
    format: Format,
    then: Then,
    provider: &str,
    approve: Option<&str>,
    quiet: bool,
) -> Exit {
    let mut exit = Exit::Done;
    if format == Format::Json {
        match serde_json::to_string(&ended.report) {
            Ok(json) => exit = print(&ended.report, then, format_args!("{json}\n")),
            Err(error) => {
                return failure::of_system("the report cannot be written as JSON", &error);
            }
        }
    }
    let plan = match &ended.result {
        Ok(plan) => plan,
        Err(error) => return failure::of_run(provider, error).worse(exit),
    };
    if let (Some(approved), false) = (approve, plan.approved) {
        output::message(format_args!(
            "{provider}: nothing was approved: no removals are withheld under plan `{approved}`"
        ));
    }
    if format == Format::Text {
        if then == Then::Report {
            exit = print(&ended.report, then, format_args!("{plan}{}", ended.report));
        } else {
            if !plan.withheld.is_empty() || plan.is_partial() {
                output::message(plan);
            }
            exit = print(&ended.report, then, &ended.report);
        }
    } else if !quiet {
        for notice in &ended.report.notices {
            output::message(format_args!("{provider}: note: {notice}"));
        }
    }
    let changes = if then == Then::Report && ended.report.has_changes() {
        Exit::Changes
    } else {
        Exit::Done
    };
    ended.report.exit().worse(changes).worse(exit)
}

/// Prints the report. When that fails, what the run did stays done, and whoever reads the message has to know.
fn print(report: &Report, then: Then, text: impl Display) -> Exit {
    let Err(error) = output::result(text) else {
        return Exit::Done;
    };
    let provider = &report.provider;
    match (then, report.generation) {
        (Then::Report, _) => failure::of_output(&error),
        (Then::Commit, Some(generation)) => failure::of_report(
            &error,
            format_args!(
                "{provider}: the catalog was changed, generation {generation} is committed; only its report is missing"
            ),
        ),
        (Then::Commit, None) => failure::of_report(
            &error,
            format_args!("{provider}: the catalog was not changed; only the report is missing"),
        ),
    }
}

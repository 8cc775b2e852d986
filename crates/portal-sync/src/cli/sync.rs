//! `sync` and `plan`: the same run, with and without the commit.

use std::sync::Arc;

use futures::{StreamExt as _, stream};
use okta_auth::visible::line;

use super::output::Unwritten;
use super::session::Session;
use super::{Format, PlanArgs, failure, output, progress};
use crate::exit::Exit;
use crate::run::cycle::{Cycle, Ended, Then};
use crate::run::first_runs;
use crate::run::provider::ProviderConfig;
use crate::run::report::Report;

pub(super) async fn sync(session: Session, arguments: &PlanArgs, approve: Option<&str>) -> Exit {
    run(session, arguments, Then::Commit, approve).await
}

pub(super) async fn plan(session: Session, arguments: &PlanArgs) -> Exit {
    run(session, arguments, Then::Report, None).await
}

/// Runs all tenants side by side and tells of them in the order of the configuration.
async fn run(session: Session, arguments: &PlanArgs, then: Then, approve: Option<&str>) -> Exit {
    let progress = progress::Shown::new(session.quiet);
    let prepared = async {
        let providers = session.chosen(&arguments.providers)?;
        let shown: Vec<_> = providers.iter().map(|it| progress.of(&it.id)).collect();
        let of = |provider: &ProviderConfig| shown.iter().find(|it| it.is_of(&provider.id));
        let tell = |provider: &ProviderConfig| {
            let shown = of(provider).map(Arc::clone);
            move |_, line: &str| {
                if let Some(shown) = &shown {
                    shown.wait(line);
                }
            }
        };
        let orgs = session.orgs(&providers, tell).await?;
        Ok((providers, shown, orgs))
    };
    let (providers, shown, orgs) = match prepared.await {
        Ok(prepared) => prepared,
        Err(exit) => return exit,
    };
    let first_runs = first_runs::in_order(orgs.len());
    let runs = orgs.iter().zip(&providers).zip(&shown).zip(&first_runs);
    let runs = runs.map(|(((okta, provider), shown), first_run)| {
        let cycle = Cycle {
            okta,
            store: &session.store,
            clock: &session.clock,
            limit: provider.schedule.timeout,
            on_progress: shown.told(),
            approved: approve,
            then,
            first_run,
        };
        async move {
            let ended = cycle.run().await;
            shown.finish();
            (provider.id.as_str(), ended)
        }
    });
    let mut exit = Exit::Done;
    let mut runs = stream::iter(runs).buffered(orgs.len().max(1));
    while let Some((provider, ended)) = runs.next().await {
        exit = exit.worse(tell(
            &ended,
            arguments.format,
            then,
            provider,
            approve,
            session.quiet,
        ));
    }
    drop(runs);
    if let Err(error) = session.telemetry.shutdown() {
        tracing::warn!(error = %crate::text::chain(&error), "telemetry was not sent whole");
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
            Ok(json) => exit = arrived(&ended.report, then, output::json(&json)),
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
            "{provider}: nothing was approved: nothing is withheld under plan `{approved}`"
        ));
    }
    if format == Format::Text {
        if then == Then::Report {
            let text = format_args!("{plan}{}", ended.report);
            exit = arrived(&ended.report, then, output::lines(text));
        } else {
            if plan.is_withheld() || plan.is_partial() {
                output::message(plan);
            }
            exit = arrived(&ended.report, then, output::lines(&ended.report));
        }
    } else if !quiet {
        for notice in &ended.report.notices {
            output::message(format_args!("{provider}: note: {}", line(notice)));
        }
    }
    let changes = if then == Then::Report && ended.report.has_changes() {
        Exit::Changes
    } else {
        Exit::Done
    };
    ended.report.exit().worse(changes).worse(exit)
}

/// Tells when a report was not printed. What the run did stays done, and whoever reads the message has to know.
fn arrived(report: &Report, then: Then, printed: Result<(), Unwritten>) -> Exit {
    let Err(error) = printed else {
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

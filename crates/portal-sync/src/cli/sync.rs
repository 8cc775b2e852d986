//! `sync` and `plan`: the same run, with and without the commit.

use std::path::Path;
use std::sync::Arc;

use futures::{StreamExt as _, stream};
use okta_auth::visible::line;

use super::output::Unwritten;
use super::record::Recorded;
use super::session::{Asked, Session};
use super::{Format, Global, PlanArgs, failure, output, progress};
use crate::config::Environment;
use crate::decide::plan::Plan;
use crate::exit::Exit;
use crate::held::run::{Run, Why};
use crate::read::directory::OnProgress;
use crate::run::error::RunError;
use crate::run::first_runs::{self, FirstRun};
use crate::run::once::OneRun;
use crate::run::provider::ProviderConfig;
use crate::run::report::Report;
use crate::run::retention::prune;
use crate::store::{Approved, Retention};

/// A run that ended, with its plan in full.
struct Ended {
    run: Run,
    result: Result<Plan, RunError>,
    /// What became of the approval that was given for it.
    approved: Option<Approved>,
}

impl Ended {
    async fn of(run: OneRun<'_>, result: Result<Plan, RunError>) -> Self {
        Self {
            run: run.end(result.as_ref()).await,
            result,
            approved: None,
        }
    }
}

pub(super) async fn plan(session: Session, arguments: &PlanArgs) -> Exit {
    let (format, quiet) = (arguments.format, session.quiet);
    let work = async |mut run: OneRun<'_>, on_progress: OnProgress, _: FirstRun| {
        let planned = async {
            let known = run.read(on_progress).await?;
            run.decide(known).await
        };
        let planned = planned.await;
        Ended::of(run, planned).await
    };
    run_each(session, arguments, None, work, |ended| {
        tell_plan(ended, format, quiet)
    })
    .await
}

/// Plans from a recording.
pub(super) async fn replay(
    global: &Global,
    environment: &Environment,
    format: Format,
    folder: &Path,
) -> Exit {
    let (session, index) = match Session::replay(global, environment, folder).await {
        Ok(opened) => opened,
        Err(exit) => return exit,
    };
    if let Some(note) = index.note().filter(|_| !session.quiet) {
        output::message(format_args!("{}: note: {note}", index.provider));
    }
    let replay = match &session.asked {
        Asked::Recording(replay) => replay.clone(),
        _ => return Exit::Bug,
    };
    let arguments = PlanArgs {
        providers: Vec::new(),
        full: index.full,
        format,
    };
    let exit = plan(session, &arguments).await;
    let missing = replay.missing();
    let Some(first) = missing.first() else {
        return exit;
    };
    output::message(format_args!(
        "error: the recording has no answer to {} of the requests, the first of which is `{first}`\n  fix: replay it with the \
         version that made it, {}, or make another one with `portal-sync sync --record`",
        missing.len(),
        index.version,
    ));
    Exit::Usage
}

pub(super) async fn sync(
    session: Session,
    arguments: &PlanArgs,
    approve: Option<&str>,
    recorded: Option<Recorded>,
) -> Exit {
    let (format, quiet) = (arguments.format, session.quiet);
    let (holder, operator) = (session.holder.clone(), session.operator.clone());
    let work = async |mut run: OneRun<'_>, on_progress: OnProgress, first_run: FirstRun| {
        let mut approved = None;
        let synced = async {
            run.take_turn(&holder, Why::Command).await?;
            if let Some(plan_id) = approve {
                approved = Some(run.approve(plan_id, &operator).await?);
            }
            if let Some(recording) = &recorded {
                run.meanwhile(async |store, began| recording.copy(store, began).await)
                    .await?;
            }
            let known = run.read(on_progress).await?;
            run.commit(known, &first_run).await
        };
        let synced = synced.await;
        Ended {
            approved,
            ..Ended::of(run, synced).await
        }
    };
    let keep = Some(session.config.retention);
    run_each(session, arguments, keep, work, |ended| {
        let exit = tell_sync(ended, format, approve, quiet);
        match &recorded {
            Some(recorded) => exit.worse(recorded.finish(&ended.run)),
            None => exit,
        }
    })
    .await
}

/// Runs all tenants side by side and tells of them in the order of the configuration. A tenant's place in the order of first
/// runs is given up with its work. At last the ledger is pruned, where something was written into it.
async fn run_each(
    session: Session,
    arguments: &PlanArgs,
    keep: Option<Retention>,
    work: impl AsyncFn(OneRun<'_>, OnProgress, FirstRun) -> Ended,
    tell: impl Fn(&Ended) -> Exit,
) -> Exit {
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
    let runs = orgs.iter().zip(&providers).zip(&shown).zip(first_runs);
    let runs = runs.map(|(((okta, provider), shown), first_run)| {
        let limit = provider.schedule.timeout;
        let mut run = OneRun::begin(okta, &*session.store, &*session.clock, limit);
        run.in_full(arguments.full);
        let ended = work(run, shown.told(), first_run);
        async move {
            let ended = ended.await;
            shown.finish();
            ended
        }
    });
    let mut exit = Exit::Done;
    let mut runs = stream::iter(runs).buffered(orgs.len().max(1));
    while let Some(ended) = runs.next().await {
        exit = exit.worse(tell(&ended));
    }
    drop(runs);
    if let Some(keep) = keep {
        prune(&*session.store, keep, session.clock.now()).await;
    }
    if let Err(error) = session.telemetry.shutdown() {
        tracing::warn!(error = %crate::text::chain(&error), "telemetry was not sent whole");
    }
    exit
}

fn tell_plan(Ended { run, result, .. }: &Ended, format: Format, quiet: bool) -> Exit {
    let report = Report::of_plan(run, result.as_ref().ok());
    let printed = match (format, result) {
        (Format::Json, _) => output::object(&report),
        (Format::Text, Ok(plan)) => output::lines(format_args!("{plan}{report}")),
        (Format::Text, Err(_)) => Ok(()),
    };
    let exit = match printed {
        Ok(()) => Exit::Done,
        Err(error) => failure::of_output(&error),
    };
    if let Err(error) = result {
        return failure::of_run(&run.provider, error).worse(exit);
    }
    if format == Format::Json && !quiet {
        tell_notices(run);
    }
    let changes = if run.tally.has_changes() {
        Exit::Changes
    } else {
        Exit::Done
    };
    run.outcome.exit().worse(changes).worse(exit)
}

fn tell_sync(
    Ended {
        run,
        result,
        approved,
    }: &Ended,
    format: Format,
    approve: Option<&str>,
    quiet: bool,
) -> Exit {
    let report = Report::of_sync(run, result.as_ref().ok());
    let mut exit = Exit::Done;
    if format == Format::Json {
        exit = arrived(run, output::object(&report));
    }
    let plan = match result {
        Ok(plan) => plan,
        Err(error) => return failure::of_run(&run.provider, error).worse(exit),
    };
    if let Some(plan_id) = approve.filter(|_| plan.approved.as_deref() != approve) {
        let why = match approved {
            Some(Approved::Used { run }) => {
                format!("plan `{plan_id}` was approved before, and run {run} committed it")
            }
            _ => format!("nothing is withheld under plan `{plan_id}`"),
        };
        output::message(format_args!(
            "{}: nothing was approved: {why}",
            run.provider
        ));
    }
    if format == Format::Text {
        if plan.is_withheld() || plan.is_partial() {
            output::message(plan);
        }
        exit = arrived(run, output::lines(&report));
    } else if !quiet {
        tell_notices(run);
    }
    run.outcome.exit().worse(exit)
}

/// What the object on standard output says too, for whoever looks.
fn tell_notices(run: &Run) {
    for notice in &run.notices {
        let text = notice.to_string();
        output::message(format_args!("{}: note: {}", run.provider, line(&text)));
    }
}

/// Tells when the report of a `sync` was not printed. What the run did stays done, and whoever reads the message has to know.
fn arrived(run: &Run, printed: Result<(), Unwritten>) -> Exit {
    let Err(error) = printed else {
        return Exit::Done;
    };
    let provider = &run.provider;
    match run.generation {
        Some(generation) => failure::of_report(
            &error,
            format_args!(
                "{provider}: the catalog was changed, generation {generation} is committed; only its report is missing"
            ),
        ),
        None => failure::of_report(
            &error,
            format_args!("{provider}: the catalog was not changed; only the report is missing"),
        ),
    }
}

//! `forget`: a tenant that the configuration does not have any more goes from the catalog.

use clap::Args;

use super::session::Session;
use super::{Format, failure, output};
use crate::decide::forget::Forgetting;
use crate::exit::Exit;
use crate::held::run::Run;
use crate::run::forget::{ForgetReport, forget, planned};
use crate::text::nearest::{listed, nearest};

#[derive(Debug, Args)]
pub(super) struct ForgetArgs {
    /// The tenant, by the id that it had in the configuration
    #[arg(value_name = "PROVIDER")]
    provider: String,
    /// Let them go, as this plan names them
    #[arg(long, value_name = "PLAN")]
    approve: Option<String>,
    /// What the result looks like
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

impl ForgetArgs {
    /// Whether something is to be done, and not only told.
    pub(super) const fn is_approved(&self) -> bool {
        self.approve.is_some()
    }
}

pub(super) async fn run(session: Session, arguments: &ForgetArgs) -> Exit {
    let ForgetArgs {
        provider,
        approve,
        format,
    } = arguments;
    let forgetting = match what_goes(&session, provider).await {
        Ok(forgetting) => forgetting,
        Err(exit) => return exit,
    };
    let Some(plan_id) = approve else {
        return tell(&planned(&forgetting), &forgetting, *format, Exit::Changes);
    };
    if *plan_id != forgetting.id {
        output::message(format_args!(
            "{provider}: nothing was approved: plan `{plan_id}` is not what would go now"
        ));
        return tell(&planned(&forgetting), &forgetting, *format, Exit::Changes);
    }
    let Session {
        store,
        holder,
        operator,
        clock,
        ..
    } = &session;
    match forget(&forgetting, &**store, (holder, operator), &**clock).await {
        Ok(run) => tell(&run, &forgetting, *format, Exit::Done),
        Err(error) => failure::of_run(provider, &error),
    }
}

/// What the catalog holds of a tenant that may be forgotten.
async fn what_goes(session: &Session, provider: &str) -> Result<Forgetting, Exit> {
    let refuse = |what: &str, fix: &str| {
        output::message(format_args!("error: {what}\n  fix: {fix}"));
        Err(Exit::Usage)
    };
    let configured = &session.config.providers;
    if configured.iter().any(|it| it.id == provider) {
        return refuse(
            &format!(
                "tenant `{provider}` is configured: the next run would bring back whatever went"
            ),
            "take it out of `catalog.providers.okta` first, and stop a `serve` that has it",
        );
    }
    let failed = |error| failure::of_store(&error);
    let known = session.store.providers().await.map_err(failed)?;
    let is_configured = |id: &str| configured.iter().any(|it| it.id == id);
    let known: Vec<&str> = known.iter().map(|it| it.id.as_str()).collect();
    if !known.contains(&provider) {
        let others = known.iter().copied().filter(|id| !is_configured(id));
        let fix = match nearest(provider, others.clone()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None if others.clone().next().is_none() => {
                "there is nothing to forget: every tenant of the catalog is configured".to_owned()
            }
            None => format!("those that are not configured are {}", listed(others)),
        };
        return refuse(
            &format!("the catalog has nothing of a tenant `{provider}`"),
            &fix,
        );
    }
    let state = session.store.state(provider).await.map_err(failed)?;
    Ok(Forgetting::of(provider, &state))
}

fn tell(run: &Run, forgetting: &Forgetting, format: Format, exit: Exit) -> Exit {
    let report = ForgetReport { run, forgetting };
    let printed = match format {
        Format::Text => output::lines(&report),
        Format::Json => output::object(&report),
    };
    let Err(error) = printed else {
        return exit;
    };
    let provider = &forgetting.provider;
    match run.generation {
        Some(generation) => failure::of_report(
            &error,
            format_args!(
                "{provider}: it is forgotten, generation {generation} is committed; only its report is missing"
            ),
        ),
        None => failure::of_output(&error),
    }
}

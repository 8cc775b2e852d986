//! The account of a run, completed by how it ended.

use crate::decide::plan::Plan;
use crate::held::notice::Notice;
use crate::held::run::{Failure, FailureKind, Outcome, Run, Tally};
use crate::run::error::RunError;
use crate::text::chain;

/// The account of a run that failed.
pub(crate) fn failed(run: Run, error: &RunError) -> Run {
    Run {
        outcome: if error.is_overtaken() {
            Outcome::Overtaken
        } else {
            Outcome::Failed
        },
        failure: Some(Failure {
            kind: FailureKind::of(error.exit()),
            message: chain(error),
            fix: error.fix(),
            exit_code: error.exit().code(),
        }),
        ..run
    }
}

/// The account of a run with a plan.
pub(crate) fn with_plan(run: Run, plan: &Plan) -> Run {
    let (added, updated, removed) = plan.tally();
    let of_sign_in = plan.sign_in.notices().into_iter().map(Notice::SignIn);
    Run {
        outcome: if plan.is_withheld() {
            Outcome::Blocked
        } else if plan.is_partial() {
            Outcome::Partial
        } else {
            Outcome::Complete
        },
        plan_id: Some(plan.id.clone()),
        tally: Tally {
            added,
            updated,
            removed,
            renamed: plan.renamed(),
            withheld: plan.withheld.len(),
            withheld_renames: plan.withheld_renames.len(),
        },
        approved: plan.approved.clone(),
        guard: plan.tripped.clone(),
        unknown: plan.unknown.clone(),
        quarantined: plan.quarantined.clone(),
        collisions: plan.collided,
        notices: plan.notices.iter().cloned().chain(of_sign_in).collect(),
        ..run
    }
}

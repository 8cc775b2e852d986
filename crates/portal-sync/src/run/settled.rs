//! A plan is a function of what the catalog holds, of what Okta said, and of the configuration. Where all three are as they were
//! when nothing was left to do, nothing is left to do, and no entity has to be made to see it.

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};

use crate::decide::mapping::SignIn;
use crate::decide::plan::{Known, Plan, Settings};
use crate::held::leavers::Leavers;
use crate::held::mirror::{Mirror, Settled};
use crate::held::notice::Notice;
use crate::held::packed::Packed;

/// The plan, where it is made of the same as the last one, of which nothing was left to do.
#[must_use]
pub(crate) fn as_before(known: &Known, mirror: &Mirror, settings: &Settings) -> Option<Plan> {
    let settled = mirror.settled()?;
    if inputs(known, settings)? != settled.inputs {
        return None;
    }
    Some(Plan {
        provider: settings.provider.clone(),
        id: settled.plan_id.clone(),
        changes: Vec::new(),
        withheld: Vec::new(),
        withheld_renames: Vec::new(),
        tripped: Vec::new(),
        approved: None,
        unknown: Vec::new(),
        quarantined: BTreeMap::new(),
        unidentified: false,
        collisions: Vec::new(),
        collided: settled.collided,
        sign_in: SignIn::default(),
        notices: settled.notices.clone(),
        after: settled.counts,
        added: Packed::default(),
        changed: Vec::new(),
        removed: Vec::new(),
        remembered: known.state().remembered().clone(),
    })
}

/// What is to be kept of a plan of which nothing is left to do.
#[must_use]
pub(crate) fn settled(known: &Known, plan: &Plan, settings: &Settings) -> Option<Settled> {
    let is_done = plan.is_empty()
        && !plan.is_withheld()
        && !plan.is_partial()
        && plan.tripped.is_empty()
        && plan.approved.is_none()
        && plan.remembered == *known.state().remembered();
    let inputs = inputs(known, settings).filter(|_| is_done)?;
    let of_sign_in = plan.sign_in.notices().into_iter().map(Notice::SignIn);
    Some(Settled {
        inputs,
        plan_id: plan.id.clone(),
        counts: plan.after,
        collided: plan.collided,
        notices: plan.notices.iter().cloned().chain(of_sign_in).collect(),
    })
}

/// A digest of everything that a plan is made of besides what Okta said; none where time makes a difference, or where the
/// catalog has nothing of the provider.
fn inputs(known: &Known, settings: &Settings) -> Option<String> {
    let state = known.state();
    let generation = state.generation()?;
    // Whoever stays for some days after leaving goes without anybody saying anything.
    if settings.rules.leavers != Leavers::Remove || known.org().has_doubts() {
        return None;
    }
    let mut hash = Sha256::new();
    hash.update(env!("CARGO_PKG_VERSION"));
    hash.update(format!(
        "{generation} {settings:?} {:?}",
        state.remembered()
    ));
    hash.update(format!("{:?} {:?}", state.approvals(), known.org().notices));
    let others = state.others();
    for name in &others.taken {
        hash.update(name.as_str());
        hash.update([0]);
    }
    for (name, address) in &others.addresses {
        hash.update(name.as_str());
        hash.update([u8::from(address.is_some())]);
        hash.update(address.as_deref().unwrap_or_default());
        hash.update([0]);
    }
    let digest: [u8; 32] = hash.finalize().into();
    Some(catalog_model::Digest::from_bytes(digest).to_string())
}

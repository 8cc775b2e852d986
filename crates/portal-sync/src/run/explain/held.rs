//! What the store holds of a tenant, and what a run makes of it.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::decide::plan::{Known, Plan, Settings};
use crate::held::mirror::{Listed, Mirror, Scope, UserScope};
use crate::held::org::Org;
use crate::held::state::State;
use crate::read::baseline::Baseline;
use crate::read::read_plan::{Chooser, Why, Wish};
use crate::read::selection::Selection;
use crate::run::deciding::decided;
use crate::run::provider::{ProviderConfig, selection, settings};
use crate::store::{CatalogStore, StoreError};
use crate::text::chain;

/// So many users, or groups, are on a page.
const PAGE: usize = 200;

/// What is configured of a tenant, as far as it decides.
#[derive(Debug, Clone)]
pub(crate) struct Tenant {
    /// What a plan depends on.
    pub settings: Settings,
    /// What is wanted of the org.
    pub selection: Selection,
}

impl Tenant {
    /// The tenant of a configuration. Nobody is asked for a token.
    #[must_use]
    pub(crate) fn of(config: &ProviderConfig) -> Self {
        Self {
            settings: settings(config),
            selection: selection(config),
        }
    }
}

/// What is held of a tenant, and what a run makes of it.
#[derive(Debug)]
pub(crate) struct Held {
    /// What the catalog has.
    pub state: State,
    /// What Okta said; empty when nothing is held.
    pub mirror: Mirror,
    /// Whether something is held of what Okta said.
    pub is_read: bool,
    /// The org that is wanted of it.
    pub org: Option<Org>,
    /// What the next run does if nothing changes in Okta until then; or why that cannot be told.
    pub plan: Result<Plan, String>,
    /// What the configuration asks for and is not held.
    pub missing: Option<Missing>,
}

/// What the configuration asks for and is not held.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Missing {
    /// Attributes of users, as a search names them.
    pub attributes: BTreeSet<String>,
    /// About so many requests the next run makes, which reads everything.
    pub requests: u64,
}

impl Held {
    /// What the store holds.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub(crate) async fn of(tenant: &Tenant, store: &dyn CatalogStore) -> Result<Self, StoreError> {
        let provider = &tenant.settings.provider;
        let state = store.state(provider).await?;
        let mirror = match state.synced() {
            true => store.mirror(provider).await?,
            false => None,
        };
        Ok(Self::decided(tenant, store, state, mirror).await)
    }

    /// The same with another mirror.
    pub(crate) async fn over(
        self,
        tenant: &Tenant,
        store: &dyn CatalogStore,
        change: impl FnOnce(Mirror) -> Mirror,
    ) -> Self {
        let mirror = change(self.mirror);
        // One object is no org.
        if !self.is_read {
            return Self { mirror, ..self };
        }
        Self::decided(tenant, store, self.state, Some(mirror)).await
    }

    /// What a run makes of it.
    pub(super) async fn decided(
        tenant: &Tenant,
        store: &dyn CatalogStore,
        state: State,
        mirror: Option<Mirror>,
    ) -> Self {
        let Tenant {
            settings,
            selection,
        } = tenant;
        let undecided = |state, mirror: Option<Mirror>, missing, why: String| Self {
            state,
            is_read: mirror.is_some(),
            mirror: mirror.unwrap_or_default(),
            org: None,
            plan: Err(why),
            missing,
        };
        let Some(mirror) = mirror else {
            let why = "nothing is held of what Okta said";
            return undecided(state, None, None, why.to_owned());
        };
        let baseline = Baseline::of(&state.remembered().criteria, &settings.criteria);
        let mirror = match scope_of_users(tenant, &mirror, &baseline) {
            Ok(users) => mirror.with_users_of(users),
            Err(missing) => {
                let why = missing.to_string();
                return undecided(state, Some(mirror), Some(missing), why);
            }
        };
        let org = match selection.org(&mirror, &baseline) {
            Ok(org) => org,
            Err(error) => return undecided(state, Some(mirror), None, chain(&error)),
        };
        let taken_at = as_of(&mirror).unwrap_or_default();
        let known = Known::new(state, org, taken_at);
        let (known, plan) = decided(known, store, settings).await;
        let (state, org) = known.into_parts();
        Self {
            state,
            mirror,
            is_read: true,
            org: Some(org),
            plan: plan.map_err(|error| chain(&error)),
            missing: None,
        }
    }

    /// Whether the tenant was ever read.
    #[must_use]
    pub(crate) const fn was_read(&self) -> bool {
        self.state.synced() || self.is_read
    }

    /// As of when Okta's answers are, by its clock.
    #[must_use]
    pub(crate) fn as_of(&self) -> Option<Timestamp> {
        as_of(&self.mirror)
    }
}

fn as_of(mirror: &Mirror) -> Option<Timestamp> {
    let watermarks = &mirror.account.watermarks;
    watermarks.users.max(watermarks.reconciled)
}

/// Which users the next run has, as the plan of its reads says.
///
/// # Errors
/// When the configuration asks for what is not held, so that it reads everything.
fn scope_of_users(
    tenant: &Tenant,
    mirror: &Mirror,
    baseline: &Baseline,
) -> Result<UserScope, Missing> {
    let Tenant {
        settings,
        selection,
    } = tenant;
    let scope = Scope {
        org: settings.criteria.org.clone(),
        client: settings.criteria.client.clone(),
        users: UserScope::All,
        attributes: selection.attributes(baseline.asked_of_users()),
    };
    let chooser = Chooser {
        selection,
        scope: &scope,
        users_from_groups: settings.rules.users_from_groups,
        held: Some(mirror),
        wish: Wish::default(),
    };
    let records = mirror.groups().values();
    let groups = Listed {
        records: records.map(|held| (*held.record).clone()).collect(),
        ..Listed::default()
    };
    // A token, and the groups.
    let asked = 1 + pages(mirror.groups().len());
    let plan = chooser.choose(&groups, None, asked);
    if plan.why != Why::SelectionChanged {
        return Ok(plan.scope.users);
    }
    let cost = plan.cost;
    let users = cost.users.least.max(pages(mirror.users().len()));
    let held = mirror.account.scope.attributes.clone();
    let needed = scope.attributes.unwrap_or_default();
    let attributes = held.map(|held| needed.difference(&held).cloned().collect());
    Err(Missing {
        attributes: attributes.unwrap_or_default(),
        requests: asked + users + cost.members + cost.single,
    })
}

fn pages(records: usize) -> u64 {
    records.div_ceil(PAGE) as u64
}

impl std::fmt::Display for Missing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "the configuration asks for what is not held: the next run reads everything (about {} requests)",
            self.requests
        )
    }
}

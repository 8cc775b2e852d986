//! Reading an org: what is held, the groups, the plan, the rest, and what is known then.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use okta_api::UserId;
use tokio::time::Instant;

use crate::decide::plan::{Known, Settings};
use crate::held::mirror::{Found, MembersRead, Mirror, Read, Scope, UserScope, Way};
use crate::held::notice::ReadingNotice;
use crate::held::org::{Members, Org};
use crate::held::run::{Asked, Mode, Reads};
use crate::held::state::State;
use crate::read::apart::apart;
use crate::read::baseline::Baseline;
use crate::read::directory::{Directory, Listing, OnProgress, Question};
use crate::read::read_plan::{Chooser, ReadPlan, SINGLE, Wish};
use crate::read::selection::Selection;
use crate::read::wanted::Interested;
use crate::run::error::RunError;
use crate::run::feasible;
use crate::run::provider::Provider;

/// What came of it.
pub(crate) struct WasRead {
    /// The org over what the catalog holds.
    pub known: Known,
    /// What is known of the org for the next run.
    pub mirror: Arc<Mirror>,
    /// What was read, and why.
    pub reads: Reads,
}

/// One read of the org of a provider.
pub(crate) struct Reading<'a> {
    provider: &'a Provider,
    asked_before: &'a Asked,
    began: Timestamp,
}

impl<'a> Reading<'a> {
    /// A read by a run that began at this machine's time, and before which so much had been asked of the org.
    pub(crate) const fn new(
        provider: &'a Provider,
        asked_before: &'a Asked,
        began: Timestamp,
    ) -> Self {
        Self {
            provider,
            asked_before,
            began,
        }
    }

    /// Reads what has to be read, and lays it over what is held.
    pub(crate) async fn read(
        &self,
        state: State,
        mirror: Option<Mirror>,
        wish: Wish,
        on_progress: OnProgress,
        until: Instant,
    ) -> Result<WasRead, RunError> {
        let settings = self.provider.settings();
        let baseline = Baseline::of(&state.remembered().criteria, &settings.criteria);
        let directory = self.provider.directory(baseline.clone(), on_progress);
        let directory = directory.begun(self.began);
        // Of another org, or of what another app may see, nothing is taken over: not the place in the log either.
        let whose = Scope {
            org: settings.criteria.org.clone(),
            client: settings.criteria.client.clone(),
            ..Scope::default()
        };
        let mirror = mirror.filter(|held| held.is_of(&whose));
        let held = mirror.as_ref();
        let wish = Wish {
            due: wish.due || held.is_some_and(|held| self.is_due(held)),
            ..wish
        };
        let log = tokio::time::timeout_at(until, self.provider.log_of(held)).await;
        let steps = Steps {
            directory: &directory,
            selection: self.provider.selection(),
            settings,
            baseline: &baseline,
            asked: &|| self.provider.usage().since(self.asked_before).total(),
            limits: &|| self.provider.limits(),
            notice: &|whole, users| {
                let (limits, share) = (self.provider.limits(), self.provider.share().get());
                feasible::of_plan(whole, &limits, share, self.provider.schedule(), users)
            },
            began: self.began,
            until,
        };
        steps
            .read(state, mirror, wish, log.unwrap_or_default())
            .await
    }

    /// Whether a read of everything is due.
    fn is_due(&self, held: &Mirror) -> bool {
        let last = held.account.watermarks.reconciled;
        last.is_none_or(|last| self.provider.reconcile().is_due(last, self.began))
    }
}

/// The wish by which it is told what a read of everything would cost.
const FULL: Wish = Wish {
    full: true,
    due: false,
};

/// The steps of a read, whatever the directory.
struct Steps<'a> {
    directory: &'a dyn Directory,
    selection: &'a Selection,
    settings: &'a Settings,
    baseline: &'a Baseline,
    /// How many requests the run has sent.
    asked: &'a (dyn Fn() -> u64 + Sync),
    /// What was last seen of Okta's limits.
    limits: &'a (dyn Fn() -> BTreeMap<String, u64> + Sync),
    /// What is to be told of a plan that reads everything, of at least so many users.
    notice: &'a (dyn Fn(&ReadPlan, usize) -> Option<ReadingNotice> + Sync),
    began: Timestamp,
    until: Instant,
}

impl Steps<'_> {
    /// Reads what has to be read, and lays it over what is held; the System Log as `log` says.
    async fn read(
        &self,
        state: State,
        mirror: Option<Mirror>,
        wish: Wish,
        log: Option<Option<String>>,
    ) -> Result<WasRead, RunError> {
        let (selection, criteria) = (self.selection, &self.settings.criteria);
        let scope = Scope {
            org: criteria.org.clone(),
            client: criteria.client.clone(),
            users: UserScope::All,
            attributes: selection.attributes(self.baseline.asked_of_users()),
        };
        let chooser = Chooser {
            selection,
            scope: &scope,
            users_from_groups: self.settings.rules.users_from_groups,
            held: mirror.as_ref(),
            wish,
        };
        let question = Question {
            counts: chooser.needs_counts(),
            log,
        };
        let listing = self.directory.list(&question, self.until).await?;
        let plan = chooser.choose(&listing.groups, listing.log.as_ref(), (self.asked)());
        let whole = Chooser {
            wish: FULL,
            ..chooser
        };
        let whole = whole.choose(&listing.groups, None, 0);
        tracing::info!(provider = %self.settings.provider, "reading {plan}");
        let mut laid = self.lay(&plan, listing, state, mirror).await?;
        let mut confirmed = 0;
        if !laid.doubtful.is_empty() {
            let before = (self.asked)();
            laid = self.confirm(laid, &plan).await?;
            confirmed = (self.asked)() - before;
        }
        let Laid {
            state,
            mirror,
            mut org,
            taken_at,
            ..
        } = laid;
        let taken_at = taken_at.unwrap_or(self.began);
        let users = mirror.users().len();
        org.notices.extend((self.notice)(&whole, users));
        let reads = Reads {
            confirmed,
            ..reads(&plan, &mirror, &org)
        };
        Ok(WasRead {
            known: Known::new(state, org, taken_at),
            mirror: Arc::new(mirror),
            reads,
        })
    }

    /// Reads what the plan says and lays it over what is held.
    async fn lay(
        &self,
        plan: &ReadPlan,
        listing: Listing,
        state: State,
        mirror: Option<Mirror>,
    ) -> Result<Laid, RunError> {
        let read = self.directory.read(plan, listing, self.until).await?;
        let read = Read {
            limits: (self.limits)(),
            ..read
        };
        let selection = self.selection.clone();
        let (baseline, is_delta) = (self.baseline.clone(), !plan.is_whole());
        let from_groups = self.settings.rules.users_from_groups;
        let laid = apart(move || {
            #[expect(
                clippy::unwrap_or_default,
                reason = "a default one is one that the store has already"
            )]
            let mut mirror = mirror.unwrap_or_else(Mirror::new);
            let touched = if is_delta {
                touched(&read, &mirror)
            } else {
                BTreeSet::new()
            };
            let listed = read.users.listed();
            let dates = [listed.server_date, read.groups.server_date];
            let taken_at = dates.into_iter().flatten().min();
            let answered = read.single.iter();
            let answered = answered.filter(|(_, found)| !matches!(found, Found::Unknown(_)));
            let answered: BTreeSet<UserId> = answered.map(|(id, _)| id.clone()).collect();
            let interest = Interested {
                selection: &selection,
                state: &state,
            };
            mirror.apply(read, &interest);
            let org = selection.org(&mirror, &baseline)?;
            let mut doubtful = if is_delta {
                leaving(&org, &state, from_groups, touched)
            } else {
                unseen(&org, &state)
            };
            doubtful.retain(|id| !answered.contains(id));
            Ok::<_, RunError>(Laid {
                state,
                mirror,
                org,
                doubtful,
                taken_at,
            })
        });
        laid.await
    }

    /// Asks for those who would go by what a delta saw alone. Whom nobody asked for stays, until a run does or everything is
    /// read.
    async fn confirm(&self, laid: Laid, plan: &ReadPlan) -> Result<Laid, RunError> {
        let Laid {
            state,
            mut mirror,
            doubtful,
            taken_at,
            ..
        } = laid;
        let room = SINGLE.saturating_sub(plan.single.len());
        let now: Vec<UserId> = doubtful.iter().take(room).cloned().collect();
        let directory = self.directory;
        let single = directory
            .single(&now, plan.with_groups(), self.until)
            .await?;
        let selection = self.selection.clone();
        let (baseline, is_delta) = (self.baseline.clone(), !plan.is_whole());
        let laid = apart(move || {
            // Whole lists have proved the others' absence.
            if is_delta {
                mirror.doubt(doubtful);
            }
            let interest = Interested {
                selection: &selection,
                state: &state,
            };
            mirror.apply_single(single, &interest);
            let org = selection.org(&mirror, &baseline)?;
            Ok::<_, RunError>(Laid {
                state,
                mirror,
                org,
                doubtful: BTreeSet::new(),
                taken_at,
            })
        });
        laid.await
    }
}

/// The account of it. That they are few is known from the first page of users: the plan costs no more then.
fn reads(plan: &ReadPlan, mirror: &Mirror, org: &Org) -> Reads {
    let way = mirror.account.watermarks.way;
    let few = org.users.len() + org.malformed_users.len();
    let cost = &plan.cost;
    let (predicted, at_least) = match way {
        Way::OfGroups => (cost.total(), cost.users.more),
        Way::OfUsers => (
            cost.asked + cost.users.least + cost.single + few as u64,
            false,
        ),
    };
    Reads {
        mode: if plan.is_whole() {
            Mode::Full
        } else {
            Mode::Delta
        },
        why: plan.why.as_str().to_owned(),
        predicted,
        at_least,
        confirmed: 0,
        members_read: match way {
            Way::OfGroups => plan.members.len(),
            Way::OfUsers => 0,
        },
        members_kept: plan.kept,
        unconfirmed: mirror.account.unconfirmed.len(),
    }
}

/// What is known of an org after a read was laid over it.
struct Laid {
    state: State,
    mirror: Mirror,
    org: Org,
    /// Who would go by what a delta saw alone.
    doubtful: BTreeSet<UserId>,
    /// Okta's clock when it gave the first page: what changed since may be missing.
    taken_at: Option<Timestamp>,
}

/// The users whom a read says something new of: those that changed, and those that are not members any more.
fn touched(read: &Read, held: &Mirror) -> BTreeSet<UserId> {
    let listed = read.users.listed().records.iter();
    let mut touched: BTreeSet<UserId> = listed.map(|user| user.id.clone()).collect();
    for (group, members) in &read.members {
        let MembersRead::Known {
            ids, deactivated, ..
        } = members
        else {
            continue;
        };
        touched.extend(deactivated.iter().cloned());
        if let Some(roll) = held.rolls().get(group) {
            touched.extend(roll.ids.difference(ids).cloned());
        }
    }
    let listed: BTreeSet<_> = read.groups.records.iter().map(|group| &group.id).collect();
    let gone = held.rolls().iter().filter(|(id, _)| !listed.contains(id));
    touched.extend(gone.flat_map(|(_, roll)| roll.ids.iter().cloned()));
    touched
}

/// The users of the catalog whom no list of members shows any more: what became of them is evidence for the guard, and what is
/// held of them is none.
fn unseen(org: &Org, state: &State) -> BTreeSet<UserId> {
    let members: Option<Vec<_>> = org.members.values().map(Members::known).collect();
    let Some(members) = members.filter(|_| org.users_are_members) else {
        return BTreeSet::new();
    };
    let members: BTreeSet<&UserId> = members.into_iter().flatten().collect();
    let is_told_of = |id: &UserId| {
        members.contains(id)
            || org.deactivated.contains(id)
            || org.deleted.contains(id)
            || org.filtered_out.contains_key(id)
            || org.malformed_users.contains_key(id)
    };
    let all = state.users().keys();
    all.filter(|id| !is_told_of(id)).cloned().collect()
}

/// Those of these users whom the catalog has and whom the org does not want any more.
fn leaving(
    org: &Org,
    state: &State,
    from_groups: bool,
    touched: BTreeSet<UserId>,
) -> BTreeSet<UserId> {
    let known: BTreeMap<_, _> = org.members.iter().collect();
    let members: Option<BTreeSet<&UserId>> = (from_groups && !touched.is_empty()).then(|| {
        let known = known.values().filter_map(|members| Members::known(members));
        known.flatten().collect()
    });
    let is_wanted = |id: &UserId| {
        org.users.contains_key(id) && members.as_ref().is_none_or(|all| all.contains(id))
    };
    let mut touched = touched;
    touched.retain(|id| {
        state.users().contains_key(id)
            && !is_wanted(id)
            && !org.deleted.contains(id)
            && !org.malformed_users.contains_key(id)
    });
    touched
}

#[cfg(test)]
mod laws;
#[cfg(test)]
mod tests;

//! What the benchmarks and a fuzz target of this workspace drive from outside. Nobody is promised anything of it.

use std::error::Error;
use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::Arc;

use catalog_model::{Entity, EntitySet};
use jiff::Timestamp;
use okta_api::{Group, User, UserId};
use okta_auth::SystemClock;
use tokio::sync::watch;
use uuid::Uuid;

use crate::catalog::feed::Feed;
use crate::catalog::generation::Builder;
use crate::catalog::published::Published;
use crate::decide::guard::Guard;
use crate::decide::mapping::{KeptNames, Mapping};
use crate::decide::plan::{Known, Plan, Settings};
use crate::decide::roster::{Rules, resolve};
use crate::decide::rules::MappingRules;
use crate::held::criteria::Criteria;
use crate::held::document::Document;
use crate::held::org::{Members, Org};
use crate::held::run as account;
use crate::held::run::Why;
use crate::held::state::State;
use crate::read::selection::Selection;
use crate::read::trim::trimmed;
use crate::run::deciding::decided;
use crate::run::status::StoreStatus;
use crate::serve::{App, Router, router};
use crate::store::{CatalogStore as _, Claim, Commit, Ending, Holder, LEASE, SqliteStore, Work};
use crate::telemetry::{Registry, Unauthorized};

mod commits;
mod mirrors;

pub use commits::{End, Row, Target};
pub use mirrors::Answers;

type Failed = Box<dyn Error>;

/// A store, and what it holds of the one provider.
#[derive(Debug)]
pub struct Held {
    settings: Settings,
    store: SqliteStore,
    state: State,
}

/// That, and what was read of the org.
#[derive(Debug)]
pub struct Run {
    settings: Settings,
    store: SqliteStore,
    known: Known,
}

/// A plan, and how large what it makes is.
#[derive(Debug)]
pub struct Planned(Plan);

impl Held {
    /// Opens a store and reads what it holds.
    ///
    /// # Errors
    /// When that fails.
    pub async fn read(store: &Path) -> Result<Self, Failed> {
        let settings = Settings {
            provider: "acme".to_owned(),
            rules: Rules::default(),
            criteria: Criteria::default(),
            guard: Guard::default(),
            mapping: Mapping::new(
                "acme",
                &"https://acme.okta.com".parse()?,
                MappingRules::default(),
            ),
        };
        let store = SqliteStore::open(store)?;
        let state = store.state(&settings.provider).await?;
        Ok(Self {
            settings,
            store,
            state,
        })
    }

    /// With an org of these users and groups.
    pub fn with(
        self,
        users: impl Iterator<Item = User>,
        groups: impl Iterator<Item = (Group, Vec<UserId>)>,
    ) -> Run {
        let needs = MappingRules::default().needs();
        let selection = Selection::new(None, None).needing(&needs);
        let names = selection.attributes([]);
        let mut org = Org::default();
        for user in users {
            let user = match &names {
                Some(names) => trimmed(user, names),
                None => user,
            };
            org.users.insert(user.id.clone(), user.into());
        }
        for (group, members) in groups {
            let members = Members::of(members);
            org.members.insert(group.id.clone(), members);
            org.groups.insert(group.id.clone(), group);
        }
        let known = Known::new(self.state, org, Timestamp::UNIX_EPOCH);
        Run {
            settings: self.settings,
            store: self.store,
            known,
        }
    }
}

impl Run {
    /// Makes every entity of the org, with its text, and compares it with nothing: the length of all texts.
    ///
    /// # Errors
    /// When the names collide.
    pub fn map(&self) -> Result<usize, Failed> {
        let (settings, state) = (&self.settings, self.known.state());
        let shaped = settings.mapping.shape(self.known.org(), state);
        let roster = resolve(&shaped, state, settings.rules, Some(&settings.guard));
        let mapping = &settings.mapping;
        let mapped = mapping.map(&shaped, &roster, state, KeptNames::NONE)?;
        let mut length = 0;
        let users = mapped.users().map(|made| made.map(|it| it.entity));
        let groups = mapped.groups().map(|made| made.map(|it| it.entity));
        for entity in users.chain(groups) {
            length += serde_json::to_string(&entity?)?.len();
        }
        Ok(length)
    }

    /// Plans.
    ///
    /// # Errors
    /// When there is no plan.
    pub async fn plan(self) -> Result<(Self, Planned), Failed> {
        let Self {
            settings,
            store,
            known,
        } = self;
        let (known, plan) = decided(known, &store, &settings).await;
        let plan = plan?;
        let run = Self {
            settings,
            store,
            known,
        };
        Ok((run, Planned(plan)))
    }

    /// Writes a plan of a first run, with all of it in the ledger.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn commit(self, Planned(plan): Planned) -> Result<Option<u64>, Failed> {
        drop(self.known);
        let claim = Claim {
            provider: plan.provider.clone(),
            holder: Holder::of_this_process(),
            why: Why::Command,
            began: Timestamp::UNIX_EPOCH,
            lease: LEASE,
        };
        let turn = self.store.begin(claim).await?;
        let run = account::Run {
            provider: plan.provider,
            ..account::Run::default()
        };
        let ending = Ending {
            work: Work::Entities(Commit {
                taken_at: Timestamp::UNIX_EPOCH,
                removed: plan.removed,
                added: plan.added,
                written: plan.changed,
                remembered: plan.remembered,
            }),
            changes: Arc::new(plan.changes),
            ..Ending::of(run)
        };
        Ok(self.store.end(&turn, ending).await?)
    }
}

impl Planned {
    /// How many changes there are.
    #[must_use]
    pub fn changes(&self) -> usize {
        self.0.changes.len()
    }

    /// Users, groups and memberships afterwards.
    #[must_use]
    pub const fn after(&self) -> (usize, usize, usize) {
        let after = self.0.after;
        (after.users, after.groups, after.memberships)
    }
}

/// The server over these entities.
///
/// # Errors
/// When they are no catalog.
pub fn server(entities: Vec<Entity>) -> Result<Router, Failed> {
    let set = EntitySet::build(entities).map_err(|error| format!("{error:?}"))?;
    let mut builder = Builder::default();
    for (entity, number) in set.iter().zip(1..) {
        let document = Document::of(entity);
        builder.add(
            document.entity_ref().as_str(),
            Uuid::from_u128(number),
            document.body(),
        )?;
    }
    let published = Published::from(builder.finish(1, Timestamp::UNIX_EPOCH, [])?);
    Ok(router(App {
        catalog: watch::channel(Some(Arc::new(published))).1,
        feed: Arc::new(Feed::new(None)),
        store: watch::channel(StoreStatus::Read).1,
        status: watch::channel(Vec::new()).1,
        tokens: Vec::new(),
        unauthorized: Unauthorized::unread(),
        listen: Ipv4Addr::LOCALHOST.into(),
        hosts: Vec::new(),
        metrics: Registry::new(),
        clock: Arc::new(SystemClock),
    }))
}

//! What a run of one provider begins with, copied out of whatever store it is in: into a database of its own that a replay of
//! the run opens in the place of the store.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use catalog_model::{Entity, EntityRef, GroupSpec, Metadata, Spec, UserSpec};
use jiff::Timestamp;

use super::{CatalogStore, Claim, Commit, Ending, Holder, LEASE, SqliteStore, StoreError, Work};
use crate::held::approval::Approval;
use crate::held::document::{Document, Written};
use crate::held::mirror::Mirror;
use crate::held::object::{Key, Kind};
use crate::held::packed::Packed;
use crate::held::run::{Run, Why};
use crate::held::state::{Others, State};

/// Of so many entities at once the store is asked for the texts.
const TEXTS: usize = 1_000;

/// What the copy calls all other providers. The id of none is like it.
const OTHERS: &str = "(others)";

/// The annotation by which an address is found (`texts.rs`).
const OKTA_EMAIL: &str = "okta.com/email";

/// By then nobody replays a run any more.
const EVER: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// Copies what a run of `provider` begins with, `state`, into a new database at `to`, and from the store what the state does
/// not hold: the texts of the provider's entities. Of other providers only names and addresses are copied, which is what a run
/// knows of them.
///
/// # Errors
/// When the store cannot be read, somebody committed for the provider meanwhile, or the copy cannot be written.
pub(crate) async fn copy(
    store: &dyn CatalogStore,
    provider: &str,
    state: &State,
    began: Timestamp,
    to: &Path,
) -> Result<(), StoreError> {
    let copy = Copy {
        to: SqliteStore::open(to)?,
        began,
    };
    let others = others(state.others());
    if !others.is_empty() {
        copy.commit(OTHERS, others, State::default()).await?;
    }
    if let Some(base) = state.generation() {
        let users = state.users().keys().cloned().map(Key::User);
        let groups = state.groups().keys().cloned().map(Key::Group);
        let keys: Vec<Key> = users.chain(groups).collect();
        let mut written = Vec::with_capacity(keys.len());
        for some in keys.chunks(TEXTS) {
            written.extend(store.documents(provider, base, some.to_vec()).await?);
        }
        copy.commit(provider, written, state.clone()).await?;
        if let Some(mirror) = store.mirror(provider).await? {
            copy.keep(provider, mirror.anew()).await?;
        }
    }
    copy.approvals(provider, state).await
}

/// A database that is filled.
struct Copy {
    to: SqliteStore,
    began: Timestamp,
}

impl Copy {
    async fn commit(
        &self,
        provider: &str,
        written: Vec<Written>,
        of: State,
    ) -> Result<(), StoreError> {
        let commit = Commit {
            taken_at: self.began,
            removed: Vec::new(),
            added: Packed::default(),
            written,
            remembered: of.remembered().clone(),
        };
        self.run(provider, Work::Entities(commit), None).await
    }

    async fn approvals(&self, provider: &str, of: &State) -> Result<(), StoreError> {
        let approvals = of.approvals();
        for plan_id in &approvals.used {
            self.approve(provider, plan_id, "somebody").await?;
            self.run(provider, Work::Nothing, Some(plan_id.clone()))
                .await?;
        }
        for (plan_id, by) in &approvals.given {
            self.approve(provider, plan_id, by).await?;
        }
        Ok(())
    }

    async fn approve(&self, provider: &str, plan_id: &str, by: &str) -> Result<(), StoreError> {
        let approval = Approval {
            provider: provider.to_owned(),
            plan_id: plan_id.to_owned(),
            by: by.to_owned(),
            at: self.began,
        };
        self.to.approve(approval, EVER).await.map(drop)
    }

    async fn run(
        &self,
        provider: &str,
        work: Work,
        approval: Option<String>,
    ) -> Result<(), StoreError> {
        self.end(provider, work, approval, None).await
    }

    async fn keep(&self, provider: &str, mirror: Mirror) -> Result<(), StoreError> {
        let mirror = Some(Arc::new(mirror));
        self.end(provider, Work::Nothing, None, mirror).await
    }

    async fn end(
        &self,
        provider: &str,
        work: Work,
        approval: Option<String>,
        mirror: Option<Arc<Mirror>>,
    ) -> Result<(), StoreError> {
        let claim = Claim {
            provider: provider.to_owned(),
            holder: Holder::of_this_process(),
            why: Why::Command,
            began: self.began,
            lease: LEASE,
        };
        let turn = self.to.begin(claim).await?;
        let ending = Ending {
            work,
            mirror,
            changes: Arc::default(),
            withheld: Arc::default(),
            approval,
            run: Run {
                provider: provider.to_owned(),
                began: self.began,
                ended: self.began,
                ..Run::default()
            },
        };
        self.to.end(&turn, ending).await.map(drop)
    }
}

/// Entities that have of those of other providers what a run knows of them.
fn others(others: &Others) -> Vec<Written> {
    let addresses = others.addresses.iter();
    let addresses = addresses.map(|(entity_ref, address)| (entity_ref, address.as_deref()));
    let addresses: BTreeMap<_, _> = addresses.collect();
    let written = others.taken.iter().filter_map(|entity_ref| {
        let address = addresses.get(entity_ref).copied().flatten();
        let kind = Kind::of(entity_ref)?;
        Some(Written {
            key: Key::parse(kind, entity_ref.as_str()),
            document: document(entity_ref, kind, address)?,
        })
    });
    written.collect()
}

/// An entity of this name, at this address.
fn document(entity_ref: &EntityRef, kind: Kind, address: Option<&str>) -> Option<Document> {
    let metadata = Metadata::new(entity_ref.name().parse().ok()?);
    let mut metadata = metadata.with_namespace(entity_ref.namespace().parse().ok()?);
    if let Some(address) = address {
        metadata = metadata.with_annotation(OKTA_EMAIL, address);
    }
    let spec = match kind {
        Kind::User => Spec::User(UserSpec::default()),
        Kind::Group => Spec::Group(GroupSpec::new("group")),
    };
    let entity = Entity::new(metadata, spec);
    Some(Document::of(&entity))
}

#[cfg(test)]
mod tests;

//! Users and groups for tests: as Okta says them, and as the catalog has them.

use catalog_model::{Entity, GroupSpec, Metadata, UserSpec};
use jiff::Timestamp;
use okta_api::{Group, User};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::catalog::generation::Builder;
use crate::catalog::published::Published;
use crate::held::criteria::{Criteria, GroupCriterion, Remembered};
use crate::held::document::Document;
use crate::held::leavers::Leavers;
use crate::held::packed::Packed;
use crate::held::run::{Outcome, Run, Why};
use crate::store::{
    CatalogStore, Claim, Commit, Ending, Holder, LEASE, Record, StoreError, Turn, Work,
};

/// These entities as readers find them, be they a catalog or not. The uid of an entity is that of its name.
pub(crate) fn published(number: u64, taken_at: Timestamp, entities: Vec<Value>) -> Published {
    let mut builder = Builder::default();
    for entity in entities {
        let entity: Entity = serde_json::from_value(entity).unwrap();
        let document = Document::of(&entity);
        let uid = uid_of(entity.metadata.name.as_str());
        builder
            .add(document.entity_ref().as_str(), uid, document.body())
            .unwrap();
    }
    let providers = ["default".to_owned()];
    builder.finish(number, taken_at, providers).unwrap().into()
}

/// A uid that begins with the first letters of a name.
pub(crate) fn uid_of(name: &str) -> Uuid {
    let mut bytes = [0; 16];
    for (byte, letter) in bytes.iter_mut().zip(name.bytes()) {
        *byte = letter;
    }
    Uuid::from_bytes(bytes)
}

mod stubborn;

pub(crate) use stubborn::Stubborn;

#[cfg(unix)]
pub(crate) mod cluster;

/// An active user as Okta says it.
pub(crate) fn user(id: &str, profile: Value) -> User {
    serde_json::from_value(json!({"id": id, "status": "ACTIVE", "profile": profile})).unwrap()
}

/// A group as Okta says it.
pub(crate) fn group(id: &str, profile: Value) -> Group {
    serde_json::from_value(json!({"id": id, "type": "OKTA_GROUP", "profile": profile})).unwrap()
}

/// A group of which nothing but the name is of interest.
pub(crate) fn group_named(id: &str, name: &str) -> Group {
    group(id, json!({ "name": name }))
}

/// A user of the catalog who has nothing but a name.
pub(crate) fn user_entity(name: &str) -> Entity {
    Entity::new(Metadata::new(name.parse().unwrap()), UserSpec::default())
}

/// A group of the catalog with these members, by name.
pub(crate) fn group_entity(name: &str, members: &[&str]) -> Entity {
    let spec = GroupSpec::new("group").with_members(members.iter().copied());
    Entity::new(Metadata::new(name.parse().unwrap()), spec)
}

/// What a provider selects that selects by every key.
pub(crate) fn criteria() -> Criteria {
    Criteria {
        org: "https://acme.okta.com".to_owned(),
        client: Some("0oa1".to_owned()),
        user_filter: Some(r#"status eq "ACTIVE" and profile.email ew "@example.com""#.to_owned()),
        group_filter: Some(GroupCriterion::Search(
            r#"profile.name sw "team-""#.to_owned(),
        )),
        users_from_groups: true,
        include_empty_groups: true,
        statuses: vec!["ACTIVE".to_owned()],
        exclude_users: vec!["prefix:svc-".to_owned()],
        exclude_groups: vec!["glob:*-test".to_owned()],
        merge: vec![("Eng".to_owned(), vec!["prefix:eng-".to_owned()])],
        leavers: Leavers::Keep { days: 30 },
    }
}

/// A process of this machine that is not this one, and of which nobody sees whether it lives.
pub(crate) fn somebody(number: u32) -> Holder {
    Holder {
        host: "elsewhere".to_owned(),
        process: number,
        token: number.to_string(),
        life: None,
    }
}

/// What this process asks for a turn with.
pub(crate) fn claim(provider: &str) -> Claim {
    Claim {
        provider: provider.to_owned(),
        holder: Holder::of_this_process(),
        why: Why::Command,
        began: Timestamp::UNIX_EPOCH,
        lease: LEASE,
    }
}

/// What a run of a provider writes that removes nothing and learned nothing.
pub(crate) fn writing(provider: &str, written: impl IntoIterator<Item = Record>) -> Writing {
    let commit = Commit {
        taken_at: "2026-01-01T00:00:00Z".parse().unwrap(),
        removed: Vec::new(),
        remembered: Remembered::default(),
        added: Packed::default(),
        written: written.into_iter().map(Into::into).collect(),
    };
    Writing {
        provider: provider.to_owned(),
        commit,
    }
}

/// A run that writes this.
#[derive(Debug, Clone)]
pub(crate) struct Writing {
    pub(crate) provider: String,
    pub(crate) commit: Commit,
}

impl Writing {
    /// Its end.
    pub(crate) fn ending(self) -> Ending {
        let run = Run {
            provider: self.provider,
            outcome: Outcome::Complete,
            ..Run::default()
        };
        Ending {
            work: Work::Entities(self.commit),
            ..Ending::of(run)
        }
    }

    /// Ends a run by this turn.
    pub(crate) async fn end(
        self,
        store: &dyn CatalogStore,
        turn: &Turn,
    ) -> Result<u64, StoreError> {
        let generation = store.end(turn, self.ending()).await?;
        Ok(generation.unwrap())
    }

    /// A whole run: takes a turn and ends it.
    pub(crate) async fn run(self, store: &dyn CatalogStore) -> Result<u64, StoreError> {
        let turn = store.begin(claim(&self.provider)).await?;
        self.end(store, &turn).await
    }
}

//! A copy holds what the run began with.

use jiff::Timestamp;
use tempfile::tempdir;

use super::copy;
use crate::held::approval::Approval;
use crate::held::criteria::Remembered;
use crate::held::state::State;
use crate::store::{CatalogStore, Ending, LEASE, Record, SqliteStore};
use crate::testing::{claim, criteria, group_entity, user_entity, writing};

/// What a run knows of a state but for the number of its generation.
fn known(state: &State) -> String {
    let state = state.without_texts();
    format!(
        "{:?} {:?} {:?} {:?} {:?} {}",
        state.users(),
        state.groups(),
        state.others(),
        state.remembered(),
        state.approvals(),
        state.synced()
    )
}

fn record(provider: &str, key: &str, entity: catalog_model::Entity) -> Record {
    let kind = crate::held::object::Kind::of(&entity.entity_ref()).unwrap();
    Record {
        provider: provider.into(),
        key: crate::held::object::Key::parse(kind, key),
        entity,
    }
}

async fn approve(store: &SqliteStore, plan_id: &str) {
    let approval = Approval {
        provider: "acme".to_owned(),
        plan_id: plan_id.to_owned(),
        by: "ops".to_owned(),
        at: Timestamp::UNIX_EPOCH,
    };
    store.approve(approval, LEASE).await.unwrap();
}

#[tokio::test]
async fn what_a_run_knows_is_copied() {
    let folder = tempdir().unwrap();
    let store = SqliteStore::open(&folder.path().join("a.db")).unwrap();
    let mut other = user_entity("Linh");
    other.metadata.namespace = "other".parse().unwrap();
    let other = [
        record("other", "00u9", other),
        record("other", "00g9", group_entity("ops", &[])),
    ];
    writing("other", other).run(&store).await.unwrap();
    let own = [
        record("acme", "00u1", user_entity("Jane")),
        record("acme", "00g1", group_entity("platform", &["jane"])),
    ];
    let mut own = writing("acme", own);
    own.commit.remembered = Remembered {
        criteria: vec![criteria()],
        unknown_since: [("00g1".to_owned(), Timestamp::UNIX_EPOCH)].into(),
    };
    own.run(&store).await.unwrap();
    approve(&store, "used").await;
    let turn = store.begin(claim("acme")).await.unwrap();
    let ending = Ending {
        approval: Some("used".to_owned()),
        ..Ending::of(crate::held::run::Run::default())
    };
    store.end(&turn, ending).await.unwrap();
    approve(&store, "given").await;

    for provider in ["acme", "never read"] {
        let state = store.state(provider).await.unwrap();
        let to = folder.path().join(format!("{provider}.db"));
        copy(&store, provider, &state, Timestamp::UNIX_EPOCH, &to)
            .await
            .unwrap();
        let copied = SqliteStore::open_to_look(&to).unwrap();
        let again = copied.state(provider).await.unwrap();
        let lower = |text: String| text.replace("Linh", "linh");
        assert_eq!(lower(known(&again)), lower(known(&state)), "{provider}");
        if let (Some(base), Some(copied_base)) = (state.generation(), again.generation()) {
            let keys: Vec<_> = state
                .users()
                .keys()
                .cloned()
                .map(crate::held::object::Key::User)
                .collect();
            let texts = store.documents(provider, base, keys.clone()).await.unwrap();
            let copies = copied.documents(provider, copied_base, keys).await.unwrap();
            assert_eq!(copies, texts);
            assert!(!texts.is_empty());
        }
    }
}

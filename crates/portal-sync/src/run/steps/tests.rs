//! Runs over a real store, and what happens meanwhile.

use std::sync::Arc;

use catalog_model::{Entity, Metadata, Spec, UserSpec};
use futures::FutureExt as _;
use futures::future::BoxFuture;
use serde_json::json;

use super::*;
use crate::decide::guard::{Guard, Percent};
use crate::decide::plan::tests::settings;
use crate::held::criteria::Remembered;
use crate::held::org::{self, Members};
use crate::read::baseline::Baseline;
use crate::run::first_runs::in_order;
use crate::store::{Record, SqliteStore};

mod odd;
mod selecting;

/// An org with one user `jane` in one group, and what someone else commits while it is read.
#[derive(Debug)]
struct Org {
    store: Arc<SqliteStore>,
    meanwhile: Option<Commit>,
}

impl Directory for Org {
    fn read<'a>(
        &'a self,
        _: &'a Baseline,
        _: Instant,
    ) -> BoxFuture<'a, Result<org::Org, ReadError>> {
        async {
            if let Some(commit) = self.meanwhile.clone() {
                self.store.commit(commit).await.unwrap();
            }
            let mut read = org::Org::default();
            let user = json!({"id": "00u1", "profile": {"email": "jane@example.com"}});
            read.users
                .insert("00u1".into(), serde_json::from_value(user).unwrap());
            let group = json!({"id": "00g1", "profile": {"name": "Team"}});
            read.groups
                .insert("00g1".into(), serde_json::from_value(group).unwrap());
            read.members
                .insert("00g1".into(), Members::Known(["00u1".into()].into()));
            Ok(read)
        }
        .boxed()
    }
}

fn at() -> Timestamp {
    "2026-01-01T00:00:00Z".parse().unwrap()
}

/// A user `jane` of some provider.
fn jane_of(provider: &str) -> Commit {
    let entity = Entity::new(
        Metadata::new("jane".parse().unwrap()),
        Spec::User(UserSpec::default()),
    );
    Commit {
        provider: provider.to_owned(),
        base: None,
        taken_at: at(),
        removed: Vec::new(),
        remembered: Remembered::default(),
        written: vec![
            Record {
                provider: provider.into(),
                key: crate::held::object::Key::User("00u9".into()),
                entity,
            }
            .into(),
        ],
    }
}

async fn sync(org: &Org) -> Result<(Plan, Option<u64>), RunError> {
    let known = read(org, &*org.store, &settings(), at(), Instant::now()).await?;
    let first_run = &in_order(1)[0];
    commit(known, &*org.store, &settings(), None, at(), first_run).await
}

fn org(folder: &tempfile::TempDir, meanwhile: Option<Commit>) -> Org {
    let store = SqliteStore::open(&folder.path().join("catalog.db")).unwrap();
    Org {
        store: Arc::new(store),
        meanwhile,
    }
}

#[tokio::test]
async fn what_a_dry_run_shows_a_sync_does_and_then_nothing_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let org = org(&folder, None);
    let known = read(&org, &*org.store, &settings(), at(), Instant::now())
        .await
        .unwrap();
    let planned = decide(&known, &settings(), None).unwrap();
    assert_eq!(org.store.generation().await.unwrap(), None);

    let (done, generation) = sync(&org).await.unwrap();
    assert_eq!((done.id, generation), (planned.id, Some(1)));
    let (again, generation) = sync(&org).await.unwrap();
    assert!(again.is_empty());
    assert_eq!(
        (generation, org.store.generation().await.unwrap()),
        (None, Some(1))
    );
}

#[tokio::test]
async fn a_name_that_another_provider_takes_meanwhile_costs_a_suffix_and_no_run() {
    let folder = tempfile::tempdir().unwrap();
    let org = org(&folder, Some(jane_of("other")));
    let (plan, generation) = sync(&org).await.unwrap();
    assert_eq!(generation, Some(2));
    assert_eq!(plan.collisions.len(), 1);
    assert_eq!(org.store.catalog().await.unwrap().unwrap().records.len(), 3);
}

#[tokio::test]
async fn another_run_of_the_same_provider_wins() {
    let folder = tempfile::tempdir().unwrap();
    let org = org(&folder, Some(jane_of("acme")));
    let refused = sync(&org).await.unwrap_err();
    assert_eq!(refused.exit(), Exit::Busy);
    assert_eq!(org.store.catalog().await.unwrap().unwrap().records.len(), 1);
}

#[tokio::test]
async fn fixes_name_the_key_of_the_list_that_was_refused() {
    use okta_api::Client;
    use okta_api::testing::{Answer, ScriptedTransport};
    use okta_auth::TransportErrorKind as Failure;

    let okta = |code| format!(r#"{{"errorCode":"{code}","errorSummary":"no"}}"#);
    let html = "<html>blocked</html>".to_owned();
    let table = [
        (
            "users",
            400,
            okta("E0000031"),
            Exit::Usage,
            "correct `userFilter`",
        ),
        (
            "groups",
            400,
            okta("E0000031"),
            Exit::Usage,
            "correct `groupFilter`",
        ),
        (
            "users",
            414,
            html.clone(),
            Exit::Usage,
            "shorten `userFilter`",
        ),
        (
            "groups",
            431,
            html.clone(),
            Exit::Usage,
            "shorten `groupFilter`",
        ),
        (
            "users",
            403,
            html.clone(),
            Exit::Okta,
            "check `oktaUrl`; where it is right, a firewall",
        ),
        (
            "users",
            401,
            html.clone(),
            Exit::Okta,
            "check `oktaUrl`; where it is right, a firewall",
        ),
        (
            "groups",
            404,
            html,
            Exit::Okta,
            "check `oktaUrl`; where it is right, a firewall",
        ),
        (
            "groups",
            404,
            okta("E0000008"),
            Exit::Okta,
            "check that `oktaUrl` is the address",
        ),
        (
            "users",
            403,
            okta("E0000006"),
            Exit::Refused,
            "give the application an admin role",
        ),
        (
            "users",
            401,
            okta("E0000011"),
            Exit::Refused,
            "check that the API token",
        ),
    ];
    let answered =
        |(list, status, body, exit, fix)| (list, Answer::status(status, body), exit, fix);
    let failed = [
        (
            Failure::NotTls,
            "check `oktaUrl`: use the port at which the host speaks HTTPS",
        ),
        (
            Failure::ProxyAuthentication,
            "give the proxy's user and password in HTTPS_PROXY",
        ),
    ];
    let failed = failed.map(|(kind, fix)| ("users", Answer::failure(kind), Exit::Okta, fix));
    for (list, answer, exit, fix) in table.map(answered).into_iter().chain(failed) {
        let transport = ScriptedTransport::default();
        let target = format!("/api/v1/{list}?limit=200&search=a");
        // A token that is refused is tried once more.
        (0..2).for_each(|_| transport.expect(&target, answer.clone()));
        let org = okta_auth::OrgUrl::parse("https://acme.okta.com").unwrap();
        let token = okta_auth::ApiToken::new("00test".to_owned().into()).unwrap();
        let client = Client::builder(org, token, transport).build();
        let error = match list {
            "users" => client.users().list().search("a").all().await.unwrap_err(),
            _ => client.groups().list().search("a").all().await.unwrap_err(),
        };
        let error = RunError::Read(ReadError::Okta {
            reading: "a list",
            source: Box::new(error),
        });
        assert_eq!(error.exit(), exit, "{list} {answer:?}");
        let said = error.fix().unwrap();
        assert!(said.starts_with(fix), "{list} {answer:?}: {said}");
    }
}

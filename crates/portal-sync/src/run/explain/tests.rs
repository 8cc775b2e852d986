//! Explanations of hand-made orgs: of each cause of being in or out, and by each kind of key.
//!
//! What is told is in `tests/causes.txt`, which `cargo test -p portal-sync --lib explain::tests::bless -- --ignored` writes anew.

use std::fmt::Write as _;
use std::sync::Arc;

use jiff::Timestamp;
use okta_api::UserId;
use serde_json::{Value, json};

use super::{Asking, Sought, Tenant, answers};
use crate::config::{Environment, load};
use crate::decide::plan::Known;
use crate::held::mirror::{Account, HeldGroup, HeldUser, Mirror, Roll, Scope, UserScope};
use crate::held::mirror::{Unread, Watermarks};
use crate::held::object::Kind;
use crate::held::run::{Outcome, Run};
use crate::read::baseline::Baseline;
use crate::run::deciding::decided;
use crate::store::{CatalogStore, Commit, Ending, SqliteStore, Work};
use crate::testing::claim;

mod cases;
mod live;

use cases::CASES;

/// Okta's time when everything was read.
fn read_at() -> Timestamp {
    "2026-03-01T10:00:00Z".parse().unwrap()
}

/// Since when something cannot be read.
fn broken_at() -> Timestamp {
    "2026-02-22T10:00:00Z".parse().unwrap()
}

/// A tenant with these keys.
fn tenant(keys: &str) -> Tenant {
    let folder = tempfile::tempdir().unwrap();
    let head = "catalog:\n  providers:\n    okta:\n      oktaUrl: https://acme.okta.com\n      token: 00abcdefghijklmnopqrstuvwxyz\n";
    let keys: String = keys.lines().map(|line| format!("      {line}\n")).collect();
    std::fs::write(
        folder.path().join("app-config.yaml"),
        format!("{head}{keys}"),
    )
    .unwrap();
    let config = load(&[], &Environment::default(), folder.path());
    let config = config.unwrap_or_else(|errors| panic!("{errors}"));
    Tenant::of(&config.providers[0])
}

/// What is held of an org: Jane of engineering is in Platform, Bob of sales in Data.
#[derive(Debug, Clone)]
struct Parts {
    users: Vec<Value>,
    groups: Vec<(&'static str, &'static str, Vec<&'static str>)>,
    account: Account,
}

fn user(id: &str, email: &str, department: &str) -> Value {
    json!({
        "id": id, "status": "ACTIVE", "lastUpdated": "2026-01-01T00:00:00Z",
        "profile": {"login": email, "email": email, "department": department},
    })
}

impl Parts {
    fn new() -> Self {
        Self {
            users: vec![
                user("00u1", "jane@example.com", "Engineering"),
                user("00u2", "bob@example.com", "Sales"),
            ],
            groups: vec![
                ("00g1", "Platform", vec!["00u1"]),
                ("00g2", "Data", vec!["00u2"]),
            ],
            account: Account::default(),
        }
    }

    fn unread(reason: &str) -> Unread {
        Unread {
            reason: reason.to_owned(),
            since: broken_at(),
        }
    }

    fn lose(&mut self, id: &str) {
        self.users.retain(|user| user["id"] != id);
        for (.., members) in &mut self.groups {
            members.retain(|member| *member != id);
        }
    }

    /// The mirror, as a run by this configuration leaves it.
    fn mirror(&self, tenant: &Tenant) -> Mirror {
        let mut account = self.account.clone();
        account.watermarks = Watermarks {
            reconciled: Some(read_at()),
            users: Some(read_at()),
            ..Watermarks::default()
        };
        let criteria = &tenant.settings.criteria;
        let attributes = account.scope.attributes.take();
        let search = tenant.selection.users().search.as_ref();
        account.scope = Scope {
            org: criteria.org.clone(),
            client: criteria.client.clone(),
            users: match search {
                _ if tenant.settings.rules.users_from_groups => UserScope::Members,
                Some(search) => UserScope::Search(search.to_string()),
                None => UserScope::All,
            },
            attributes: attributes.or_else(|| tenant.selection.attributes([])),
        };
        let users = self.users.iter().map(|user| HeldUser {
            record: Arc::new(serde_json::from_value(user.clone()).unwrap()),
            by_search: !tenant.settings.rules.users_from_groups,
        });
        let groups = self.groups.iter().map(|(id, name, _)| HeldGroup {
            record: Arc::new(crate::testing::group_named(id, name)),
            stamp: None,
        });
        let rolls = self.groups.iter().map(|(id, _, members)| {
            let unread = self.account.unread.get(&(*id).into());
            let miscounted = self.account.miscounted.contains_key(&(*id).into());
            let roll = Roll {
                ids: Arc::new(members.iter().map(|id| UserId::from(*id)).collect()),
                as_of: unread.map_or_else(read_at, |_| "2026-02-21T10:00:00Z".parse().unwrap()),
                inactive: Arc::default(),
                listed: members.len() as u64,
                counted: miscounted.then_some(3),
            };
            ((*id).into(), roll)
        });
        Mirror::of(account, users, groups, rolls)
    }
}

/// A store and what is in it.
#[derive(Debug)]
struct Scene {
    store: SqliteStore,
    _folder: tempfile::TempDir,
}

impl Scene {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&folder.path().join("catalog.db")).unwrap();
        Self {
            store,
            _folder: folder,
        }
    }

    /// A run that commits what is held.
    async fn commit(&self, tenant: &Tenant, parts: &Parts) {
        let provider = &tenant.settings.provider;
        let turn = self.store.begin(claim(provider)).await.unwrap();
        let state = self.store.state(provider).await.unwrap();
        let last = &state.remembered().criteria;
        let baseline = Baseline::of(last, &tenant.settings.criteria);
        let mirror = parts.mirror(tenant);
        let org = tenant.selection.org(&mirror, &baseline).unwrap();
        let known = Known::new(state, org, read_at());
        let (_, plan) = decided(known, &self.store, &tenant.settings).await;
        let plan = plan.unwrap();
        let commit = Commit {
            taken_at: read_at(),
            removed: plan.removed,
            added: plan.added,
            written: plan.changed,
            remembered: plan.remembered,
        };
        let ending = Ending {
            work: Work::Entities(commit),
            changes: Arc::new(plan.changes),
            withheld: Arc::new(plan.withheld),
            ..self.ending(provider, Some(mirror))
        };
        self.store.end(&turn, ending).await.unwrap();
    }

    /// A run that learns this, and commits nothing.
    async fn learn(&self, tenant: &Tenant, parts: &Parts) {
        let provider = &tenant.settings.provider;
        let turn = self.store.begin(claim(provider)).await.unwrap();
        let ending = self.ending(provider, Some(parts.mirror(tenant)));
        self.store.end(&turn, ending).await.unwrap();
    }

    fn ending(&self, provider: &str, mirror: Option<Mirror>) -> Ending {
        let run = Run {
            provider: provider.to_owned(),
            outcome: Outcome::Complete,
            ..Run::default()
        };
        Ending {
            mirror: mirror.map(Arc::new),
            ..Ending::of(run)
        }
    }

    /// What is told of a key, as lines; and the keys of those who fit.
    async fn told(
        &self,
        tenant: &Tenant,
        kind: Kind,
        key: &str,
        asking: Option<&Asking<'_>>,
    ) -> (String, Vec<String>) {
        let sought = Sought::new(kind, key).unwrap();
        let found = answers(tenant, &self.store, &sought, asking).await.unwrap();
        let found = found.found;
        let text = found.iter().map(ToString::to_string).collect();
        (text, found.into_iter().map(|it| it.okta_id).collect())
    }
}

/// Something that happened, and whom is asked about.
struct Case {
    name: &'static str,
    /// The configuration of the first run.
    before: &'static str,
    /// That of today; the same when there is none.
    now: Option<&'static str>,
    /// What the org becomes after the first run.
    happens: fn(&mut Parts),
    /// Whether a second run commits that.
    is_committed: bool,
    asks: &'static [(Kind, &'static str)],
}

async fn all() -> String {
    let mut all = String::new();
    for case in CASES {
        let scene = Scene::new();
        let (before, mut parts) = (tenant(case.before), Parts::new());
        scene.commit(&before, &parts).await;
        let now = case.now.map_or_else(|| before.clone(), tenant);
        (case.happens)(&mut parts);
        match case.is_committed {
            true => scene.commit(&now, &parts).await,
            false => scene.learn(&before, &parts).await,
        }
        for (kind, key) in case.asks {
            let (told, _) = scene.told(&now, *kind, key, None).await;
            let told = if told.is_empty() { "nothing\n" } else { &told };
            let _ = writeln!(all, "# {}: {} {key}\n{told}", case.name, kind.lower());
        }
    }
    all
}

#[tokio::test]
async fn each_cause_is_told() {
    let told = all().await;
    let golden = include_str!("tests/causes.txt");
    for (told, golden) in told.split("\n# ").zip(golden.split("\n# ")) {
        assert_eq!(told, golden);
    }
    assert_eq!(told.len(), golden.len());
}

#[tokio::test]
#[ignore = "writes the golden file"]
async fn bless() {
    let file = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/src/run/explain/tests/causes.txt"
    );
    std::fs::write(file, all().await).unwrap();
}

#[tokio::test]
async fn each_kind_of_key_finds_its_object() {
    let scene = Scene::new();
    let tenant = tenant("mapping: { groups: { merge: [{ name: All, groups: [Platform] }] } }");
    let mut parts = Parts::new();
    let mut other = user("00u3", "jane@example.org", "Sales");
    other["profile"]["login"] = json!("j.doe@example.org");
    parts.users.push(other);
    scene.commit(&tenant, &parts).await;
    use Kind::{Group, User};
    let cases: [(Kind, &str, &[&str]); 20] = [
        (User, "00u1", &["00u1"]),
        (User, "00U1", &[]),
        (User, "jane@example.com", &["00u1"]),
        (User, "JANE@Example.COM", &["00u1"]),
        (User, "j.doe@example.org", &["00u3"]),
        (User, "jane@example.org", &["00u3"]),
        (User, "jane", &["00u1"]),
        (User, "Jane", &["00u1"]),
        (User, "user:default/jane", &["00u1"]),
        (User, "User:Default/JANE", &["00u1"]),
        (User, "default/jane", &["00u1"]),
        (User, "user:jane", &["00u1"]),
        (User, "user:other/jane", &[]),
        (User, "nobody", &[]),
        (Group, "Data", &["00g2"]),
        (Group, "data", &["00g2"]),
        (Group, "group:default/data", &["00g2"]),
        (Group, "00g1", &["00g1"]),
        (Group, "Platform", &["00g1"]),
        (Group, "all", &["portal-sync:merged:All"]),
    ];
    for (kind, key, expected) in cases {
        let (_, found) = scene.told(&tenant, kind, key, None).await;
        assert_eq!(found, expected, "{key}");
    }
}

#[test]
fn a_key_of_another_kind_is_refused() {
    let refused = Sought::new(Kind::User, "group:default/data").unwrap_err();
    assert_eq!(
        refused.to_string(),
        "`group:default/data` is the ref of a group, and a user was asked for"
    );
    assert!(Sought::new(Kind::User, " ").is_err());
    assert!(Sought::new(Kind::Group, "eng: all/hands").is_ok());
}

#[tokio::test]
async fn the_object_has_the_fields_of_the_contract() {
    let scene = Scene::new();
    let tenant = tenant("");
    scene.commit(&tenant, &Parts::new()).await;
    let sought = Sought::new(Kind::User, "jane").unwrap();
    let found = answers(&tenant, &scene.store, &sought, None).await.unwrap();
    let object = serde_json::to_value(&found.found[0]).unwrap();
    let steps = object["steps"].as_array().unwrap().iter();
    let steps: Vec<&str> = steps.map(|it| it["step"].as_str().unwrap()).collect();
    assert_eq!(
        steps,
        [
            "status",
            "filter",
            "exclusion",
            "groups",
            "name",
            "guard",
            "quarantine"
        ]
    );
    let mut object = object;
    object["steps"] = json!(null);
    assert_eq!(
        object,
        json!({
            "provider": "default", "kind": "User", "found": true, "in": true, "oktaId": "00u1",
            "entityRef": "user:default/jane",
            "next": {"change": "none", "entityRef": "user:default/jane", "cause": null},
            "steps": null, "asOf": "2026-03-01T10:00:00Z", "live": false,
            "changes": [{
                "run": 1, "began": "1970-01-01T00:00:00Z", "change": "added", "kind": "User", "oktaId": "00u1",
                "entityRef": "user:default/jane",
            }],
        })
    );
}

//! Orgs of which something cannot be read.

use std::sync::Mutex;

use serde_json::Value;

use super::*;

/// Answers each path with a text, in the place of the one of a whole org.
#[derive(Debug, Clone, Default)]
struct Tenant(Arc<Mutex<Vec<(&'static str, String)>>>);

impl Transport for Tenant {
    fn send(
        &self,
        request: Request<Bytes>,
    ) -> BoxFuture<'_, Result<Response<Bytes>, TransportError>> {
        let path = request.uri().path().to_owned();
        let odd = self.0.lock().unwrap();
        let odd = odd.iter().find(|(odd, _)| *odd == path);
        let body = odd.map_or_else(|| whole(&path).to_string(), |(_, body)| body.clone());
        let answer = Response::builder().header("content-type", "application/json");
        async move { Ok(answer.body(Bytes::from(body)).unwrap()) }.boxed()
    }
}

const USERS: &str = "/api/v1/users";
const GROUPS: &str = "/api/v1/groups";
const MEMBERS: &str = "/api/v1/groups/00g1/users";

fn whole(path: &str) -> Value {
    let user = |id: &str| json!({"id": id, "status": "ACTIVE", "profile": {"email": format!("{id}@example.com")}});
    let group = |id: &str| json!({"id": id, "profile": {"name": id}});
    match path {
        USERS => json!([user("00u1"), user("00u2"), user("00u3")]),
        GROUPS => json!([group("00g1"), group("00g2")]),
        MEMBERS => json!([{"id": "00u1"}, {"id": "00u2"}]),
        _ => json!([]),
    }
}

async fn run(tenant: &Tenant, store: &SqliteStore) -> Result<Plan, RunError> {
    // Whoever is missing would go.
    let guard = Guard {
        users: Percent::new(100).unwrap(),
        groups: Percent::new(100).unwrap(),
        members: Percent::new(100).unwrap(),
        minimum: 100,
        ..Guard::default()
    };
    let provider = provider(&acme(guard), tenant.clone());
    sync(&provider, store, None).await
}

/// Records that cannot be read, some of them by the id `ID`.
fn odd_records() -> [String; 11] {
    let deep = format!("{}{}", "[".repeat(500), "]".repeat(500));
    let large = "x".repeat(600_000);
    [
        "null".to_owned(),
        "NaN".to_owned(),
        "{}".to_owned(),
        r#"{"id":7}"#.to_owned(),
        r#"{"id":"\ud800"}"#.to_owned(),
        format!(r#"{{"id":"{large}"}}"#),
        r#"{"id":"00x","id":"00y"}"#.to_owned(),
        // By their own ids.
        r#"{"id":"ID","status":tru}"#.to_owned(),
        r#"{"id":"ID","status":"ACTIVE","status":"DEPROVISIONED"}"#.to_owned(),
        format!(r#"{{"id":"ID","status":{deep}}}"#),
        format!(r#"{{"id":"ID","profile":{{}},"x":"{large}"}}"#),
    ]
}

/// One element of each list is odd, in the place of somebody who is in the catalog: nobody goes, and the run is partial.
#[tokio::test(start_paused = true)]
async fn a_record_that_cannot_be_read_removes_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&folder.path().join("catalog.db")).unwrap();
    let tenant = Tenant::default();
    assert!(!run(&tenant, &store).await.unwrap().is_partial());
    let generation = store.generation().await.unwrap();

    for odd in odd_records() {
        // A status is nothing that a group has, and a type nothing that a user has: odd in every kind.
        let record = |id: &str| {
            odd.replace("ID", id)
                .replace("\"status\":", "\"type\":[],\"status\":")
        };
        let table = [
            (
                USERS,
                format!(r#"[{{"id":"00u1"}},{},{{"id":"00u3"}}]"#, record("00u2")),
            ),
            (GROUPS, format!(r#"[{},{{"id":"00g2"}}]"#, record("00g1"))),
            (MEMBERS, format!(r#"[{{"id":"00u1"}},{}]"#, record("00u2"))),
        ];
        for (path, body) in table {
            *tenant.0.lock().unwrap() = vec![(path, body)];
            let plan = run(&tenant, &store).await.unwrap();
            let shown = odd.get(..60).unwrap_or(&odd);
            assert_eq!(plan.tally().2, 0, "{path} {shown}");
            assert_eq!(
                (plan.after.users, plan.after.groups),
                (3, 2),
                "{path} {shown}"
            );
            assert_eq!(plan.after.memberships, 2, "{path} {shown}: {plan}");
            // Of a member nothing but the id is needed.
            let is_member = path == MEMBERS && odd.contains("ID");
            assert!(plan.is_partial() || is_member, "{path} {shown}: {plan}");
        }
    }
    assert!(store.generation().await.unwrap() >= generation);

    // One who cannot be told is somebody even where nobody is missing.
    *tenant.0.lock().unwrap() = Vec::new();
    run(&tenant, &store).await.unwrap();
    let users = whole(USERS).to_string().replace("]", ",null]");
    *tenant.0.lock().unwrap() = vec![(USERS, users)];
    let plan = run(&tenant, &store).await.unwrap();
    assert!(plan.is_partial() && plan.tally().2 == 0, "{plan}");
}

/// A page of far more records than were asked for is no address that is wrong.
#[tokio::test]
async fn a_page_of_too_many_records_is_told_as_such() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&folder.path().join("catalog.db")).unwrap();
    let users: Vec<Value> = (0..500).map(|n| json!({"id": format!("00u{n}")})).collect();
    let tenant = Tenant::default();
    *tenant.0.lock().unwrap() = vec![(USERS, Value::from(users).to_string())];
    let error = run(&tenant, &store).await.unwrap_err();
    assert_eq!(error.exit(), Exit::Okta);
    let told = chain(&error);
    assert!(
        told.contains("the page has 500 records, and 200 were asked for"),
        "{told}"
    );
    assert_eq!(store.generation().await.unwrap(), None);
}

//! What a read makes of the answers of an org, good and bad.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use okta_api::{ErrorKind, User};
use okta_auth::{ApiToken, OrgUrl, Transport, TransportError};
use org_filter::SearchExpr;
use serde_json::{Value, json};

use super::*;
use crate::held::mirror::{Interest, Mirror, Scope};
use crate::held::notice::ReadingNotice;
use crate::held::org::{Members, Org};
use crate::read::read_plan::{Chooser, Wish};
use crate::read::selection::GroupFilter;
use crate::read::trim::trimmed;

mod fields;

/// Answers each path with a function, and keeps what was asked.
#[derive(Clone)]
struct Server(Arc<Inner>);

/// Answers the list of users that is asked for `fields` in a way of its own.
type Narrow = fn() -> (u16, Value);

struct Inner {
    answer: fn(&str) -> (u16, Value),
    narrow: Option<Narrow>,
    asked: Mutex<Vec<String>>,
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Server")
    }
}

impl Transport for Server {
    fn send(
        &self,
        request: Request<Bytes>,
    ) -> BoxFuture<'_, Result<Response<Bytes>, TransportError>> {
        let path = request.uri().path().to_owned();
        let query = request.uri().query().unwrap_or_default();
        self.0.asked.lock().unwrap().push(format!("{path}?{query}"));
        let (status, body) = match self.0.narrow {
            Some(narrow) if query.contains("fields=") => narrow(),
            _ => (self.0.answer)(&path),
        };
        let answer = Response::builder()
            .status(status)
            .header("content-type", "application/json");
        async move { Ok(answer.body(Bytes::from(body.to_string())).unwrap()) }.boxed()
    }
}

fn selection(user_filter: Option<&str>, group_filter: Option<GroupFilter>) -> Selection {
    let user_filter: Option<SearchExpr> = user_filter.map(|filter| filter.parse().unwrap());
    Selection::new(user_filter.as_ref(), group_filter.as_ref())
}

async fn read(
    answer: fn(&str) -> (u16, Value),
    selection: Selection,
) -> (Result<Org, ReadError>, Vec<String>) {
    read_narrowly(answer, None, selection).await
}

async fn read_narrowly(
    answer: fn(&str) -> (u16, Value),
    narrow: Option<Narrow>,
    selection: Selection,
) -> (Result<Org, ReadError>, Vec<String>) {
    read_over(answer, narrow, selection, &Baseline::UNCHANGED).await
}

async fn read_over(
    answer: fn(&str) -> (u16, Value),
    narrow: Option<Narrow>,
    selection: Selection,
    baseline: &Baseline,
) -> (Result<Org, ReadError>, Vec<String>) {
    let server = Server(Arc::new(Inner {
        answer,
        narrow,
        asked: Mutex::default(),
    }));
    let url = OrgUrl::parse("https://acme.okta.com").unwrap();
    let token = ApiToken::new("00test").unwrap();
    let client = Client::builder(url, token, server.clone()).build();
    let directory = OktaDirectory::new(client, selection, baseline.clone(), 4, Arc::new(|_| ()));
    let org = whole(&directory).await;
    let mut asked = server.0.asked.lock().unwrap().clone();
    asked.sort();
    (org, asked)
}

/// Everybody is of interest.
struct Everybody;

impl Interest for Everybody {
    fn is_found(&self, _: &User) -> bool {
        true
    }

    fn is_in_catalog(&self, _: &UserId) -> bool {
        true
    }

    fn trimmed(&self, user: User, scope: &Scope) -> User {
        match &scope.attributes {
            Some(names) => trimmed(user, names),
            None => user,
        }
    }
}

/// What a read of everything makes of an org of which nothing is known.
async fn whole(directory: &OktaDirectory) -> Result<Org, ReadError> {
    let until = Instant::now() + Duration::from_secs(60);
    let (selection, baseline) = (&directory.selection, &directory.baseline);
    let scope = Scope {
        attributes: selection.attributes(baseline.asked_of_users()),
        ..Scope::default()
    };
    let chooser = Chooser {
        selection,
        scope: &scope,
        users_from_groups: false,
        held: None,
        wish: Wish::default(),
    };
    let question = Question {
        counts: true,
        log: None,
    };
    let listing = directory.list(&question, until).await?;
    let plan = chooser.choose(&listing.groups, None, 0);
    let read = directory.read(&plan, listing, until).await?;
    let mut mirror = Mirror::new();
    mirror.apply(read, &Everybody);
    selection.org(&mirror, baseline)
}

fn group(id: &str, name: &str, count: u64) -> Value {
    json!({"id": id, "type": "OKTA_GROUP", "profile": {"name": name}, "_embedded": {"stats": {"usersCount": count}}})
}

fn small_org(path: &str) -> (u16, Value) {
    let body = match path {
        "/api/v1/users" => json!([
            {"id": "00u1", "status": "ACTIVE", "profile": {"email": "jane@example.com"}},
            {"id": "00u2", "status": "SUSPENDED", "profile": {"email": "bob@example.org"}},
            {"id": "00u3", "status": "DEPROVISIONED"},
            {"id": "00u4", "status": "ACTIVE", "created": 7},
        ]),
        "/api/v1/groups" => {
            json!([group("00g1", "Team", 3), group("00g2", "team", 0), {"id": "00g3", "type": 1}])
        }
        "/api/v1/groups/00g1/users" => json!([
            {"id": "00u1", "status": "ACTIVE"},
            {"id": "00u3", "status": "DEPROVISIONED"},
            {"id": "00u5", "status": "DEPROVISIONED"},
        ]),
        other => panic!("nobody asks for {other}"),
    };
    (200, body)
}

fn ids<'a, T: fmt::Display + 'a>(ids: impl IntoIterator<Item = &'a T>) -> Vec<String> {
    ids.into_iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn a_read_sorts_what_it_finds() {
    let (org, asked) = read(small_org, selection(None, None)).await;
    let org = org.unwrap();
    assert_eq!(ids(org.users.keys()), ["00u1", "00u2"]);
    assert_eq!(ids(&org.deactivated), ["00u3", "00u5"]);
    assert_eq!(ids(org.malformed_users.keys()), ["00u4"]);
    assert_eq!(ids(org.malformed_groups.keys()), ["00g3"]);
    assert_eq!(org.members[&"00g1".into()], Members::of(["00u1".into()]));
    assert_eq!(org.members[&"00g2".into()], Members::of([]));
    assert_eq!(
        asked,
        [
            "/api/v1/groups/00g1/users?limit=1000",
            "/api/v1/groups?limit=200&expand=stats",
            "/api/v1/users?limit=200"
        ],
        "nobody asks for the members of an empty group"
    );
}

#[tokio::test]
async fn what_the_local_filter_refuses_is_remembered() {
    let filter = selection(Some(r#"profile.email ew "@example.com""#), None);
    let (org, _) = read(small_org, filter).await;
    let org = org.unwrap();
    assert_eq!(ids(org.users.keys()), ["00u1"]);
    assert_eq!(ids(org.filtered_out.keys()), ["00u2"]);
    assert_eq!(org.notices.len(), 1);
}

#[tokio::test]
async fn listed_names_are_exact_and_their_faults_are_told() {
    let names = |names: &[&str]| {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        selection(None, Some(GroupFilter::Names(names)))
    };
    let (org, _) = read(small_org, names(&["Team", "Nobody"])).await;
    let org = org.unwrap();
    assert_eq!(ids(org.groups.keys()), ["00g1"]);
    assert_eq!(
        org.notices,
        [ReadingNotice::NameMissing {
            name: "Nobody".to_owned(),
            all_read: false,
        }]
    );
    let (refused, _) = read(small_org, names(&["Nobody", "TEAM"])).await;
    assert_eq!(
        refused.unwrap_err().to_string(),
        "no group of the org has one of the names that groupFilter lists: `Nobody`, `TEAM`"
    );
}

#[tokio::test(start_paused = true)]
async fn a_group_that_cannot_be_read_is_unknown_and_not_empty() {
    let (org, _) = read(
        |path| match path {
            "/api/v1/groups" => (200, json!([group("00g1", "a", 3), group("00g2", "b", 1)])),
            "/api/v1/groups/00g2/users" => (
                403,
                json!({"errorCode": "E0000006", "errorSummary": "no", "errorCauses": []}),
            ),
            other => small_org(other),
        },
        selection(None, None),
    )
    .await;
    let members = org.unwrap().members;
    assert!(members[&"00g1".into()].known().is_some());
    let Members::Unknown(reason) = &members[&"00g2".into()] else {
        panic!("known")
    };
    assert!(
        reason.contains("00g2") && reason.contains("E0000006"),
        "{reason}"
    );
}

#[tokio::test]
async fn a_role_that_may_see_no_members_is_named() {
    let (refused, _) = read(
        |path| match path {
            "/api/v1/groups" => (
                200,
                json!([
                    group("00g1", "a", 3),
                    group("00g2", "b", 1),
                    group("00g3", "c", 0)
                ]),
            ),
            "/api/v1/users" => small_org(path),
            _ => (
                403,
                json!({"errorCode": "E0000006", "errorSummary": "no", "errorCauses": []}),
            ),
        },
        selection(None, None),
    )
    .await;
    let ReadError::Okta { source, .. } = refused.unwrap_err() else {
        panic!("another error")
    };
    assert!(matches!(source.kind(), ErrorKind::Forbidden { .. }));
}

#[tokio::test(start_paused = true)]
async fn a_failing_server_is_not_asked_for_every_group() {
    let (org, asked) = read(
        |path| match path {
            "/api/v1/groups" => {
                let groups = (0..100).map(|n| group(&format!("00g{n}"), &format!("g{n}"), 1));
                (200, groups.collect())
            }
            "/api/v1/users" => small_org(path),
            _ => (
                500,
                json!({"errorCode": "E0000009", "errorSummary": "no", "errorCauses": []}),
            ),
        },
        selection(None, None),
    )
    .await;
    let org = org.unwrap();
    assert_eq!(org.members.len(), 100);
    assert!(
        org.members
            .values()
            .all(|members| members.known().is_none())
    );
    let groups: BTreeSet<&str> = asked
        .iter()
        .filter_map(|path| path.split('/').nth(4))
        .collect();
    assert!(groups.len() < 20, "{} groups were asked for", groups.len());
}

#[tokio::test(start_paused = true)]
async fn a_broken_list_is_no_snapshot() {
    for broken in ["/api/v1/users", "/api/v1/groups"] {
        let answer: fn(&str) -> (u16, Value) = match broken {
            "/api/v1/users" => |path| {
                if path == "/api/v1/users" {
                    (404, json!({}))
                } else {
                    small_org(path)
                }
            },
            _ => |path| {
                if path == "/api/v1/groups" {
                    (404, json!({}))
                } else {
                    small_org(path)
                }
            },
        };
        let (refused, _) = read(answer, selection(None, None)).await;
        refused.unwrap_err();
    }
}

#[tokio::test]
async fn refused_credentials_end_the_run_wherever_they_show() {
    let (refused, _) = read(
        |path| match path {
            "/api/v1/users" | "/api/v1/groups" => small_org(path),
            _ => (
                401,
                json!({"errorCode": "E0000011", "errorSummary": "no", "errorCauses": []}),
            ),
        },
        selection(None, None),
    )
    .await;
    assert_eq!(
        refused.unwrap_err().to_string(),
        "the members of the groups could not be read"
    );
}

#[tokio::test]
async fn a_record_without_an_id_is_somebody() {
    let (org, _) = read(
        |path| {
            let body = match path {
                "/api/v1/users" => json!([{"id": "00u1", "status": "ACTIVE"}, {"id": 7}]),
                "/api/v1/groups" => {
                    json!([group("00g1", "Team", 2), group("00g2", "Other", 1), {"id": ""}])
                }
                "/api/v1/groups/00g1/users" => json!([{"id": "00u1", "status": "ACTIVE"}, null]),
                _ => json!([{"id": "00u1", "status": "ACTIVE"}]),
            };
            (200, body)
        },
        selection(None, None),
    )
    .await;
    let org = org.unwrap();
    assert_eq!(ids(org.users.keys()), ["00u1"]);
    let reason = |place| format!("element {place} of the page has no id that can be read");
    assert_eq!(org.unidentified_user, Some(reason(2)));
    assert_eq!(org.unidentified_group, Some(reason(3)));
    assert_eq!(org.notices.len(), 2, "{:?}", org.notices);
    assert_eq!(
        org.members[&"00g1".into()],
        Members::Unknown(format!("one of its members cannot be told: {}", reason(2)))
    );
    assert_eq!(org.members[&"00g2".into()], Members::of(["00u1".into()]));
}

async fn limited(answer: fn(&str) -> (u16, Value), limits: Limits) -> Result<Org, ReadError> {
    let server = Server(Arc::new(Inner {
        answer,
        narrow: None,
        asked: Mutex::default(),
    }));
    let url = OrgUrl::parse("https://acme.okta.com").unwrap();
    let token = ApiToken::new("00test").unwrap();
    let client = Client::builder(url, token, server).build();
    let (selection, baseline) = (selection(None, None), Baseline::UNCHANGED);
    let directory = OktaDirectory::new(client, selection, baseline, 4, Arc::new(|_| ()));
    whole(&directory.limited(limits)).await
}

/// The small org has 4 users and 3 groups, the odd ones and those that are not in use included, and 3 members in all.
#[tokio::test]
async fn an_org_of_more_than_the_limits_is_not_read_to_its_end() {
    let enough = Limits {
        users: 4,
        groups: 3,
        members: 3,
    };
    limited(small_org, enough).await.unwrap();
    let table = [
        ("users", Limits { users: 3, ..enough }),
        (
            "groups",
            Limits {
                groups: 2,
                ..enough
            },
        ),
        (
            "members",
            Limits {
                members: 2,
                ..enough
            },
        ),
    ];
    for (kind, limits) in table {
        let error = limited(small_org, limits).await.unwrap_err();
        let limit = limits.users.min(limits.groups).min(limits.members);
        assert_eq!(
            error.to_string(),
            format!(
                "the org has more than {limit} {kind}, the most that is read of one (`limits.{kind}`)"
            )
        );
    }
}

/// Two groups of two members each: the limit is for all groups together.
#[tokio::test]
async fn members_of_all_groups_count_together() {
    let two: fn(&str) -> (u16, Value) = |path| match path {
        "/api/v1/groups" => (200, json!([group("00g1", "a", 2), group("00g2", "b", 2)])),
        "/api/v1/users" => small_org(path),
        _ => (
            200,
            json!([{"id": "00u1", "status": "ACTIVE"}, {"id": "00u2"}]),
        ),
    };
    let members = |members| Limits {
        members,
        ..Limits::default()
    };
    limited(two, members(4)).await.unwrap();
    limited(two, members(3)).await.unwrap_err();
}

/// An id that would be another path is no id, and nobody is asked for the members of such a group.
#[tokio::test]
async fn a_group_of_an_odd_id_is_told_of_and_not_asked_for() {
    let (org, asked) = read(
        |path| match path {
            "/api/v1/groups" => (
                200,
                json!([
                    group("00g1", "Team", 3),
                    group("..", "a", 1),
                    group("00g\t1", "b", 1),
                    group("00g1/..", "c", 1)
                ]),
            ),
            other => small_org(other),
        },
        selection(None, None),
    )
    .await;
    let org = org.unwrap();
    assert_eq!(ids(org.groups.keys()), ["00g1"]);
    assert_eq!(
        ids(org.malformed_groups.keys()),
        ["..", "00g\t1", "00g1/.."]
    );
    assert_eq!(asked.len(), 3, "{asked:?}");
}

fn with_mapping(keys: &str) -> Selection {
    let folder = tempfile::tempdir().unwrap();
    let keys = format!(
        "catalog: {{ providers: {{ okta: {{ oktaUrl: https://acme.okta.com, token: 00abcdefghijklmnopqrstuvwxyz, {keys} }} }} }}"
    );
    std::fs::write(folder.path().join("app-config.yaml"), keys).unwrap();
    let config = crate::config::load(&[], &crate::config::Environment::default(), folder.path());
    let config = config.unwrap_or_else(|errors| panic!("{errors}"));
    let provider = &config.providers[0];
    crate::run::provider::selection(provider)
}

/// What is not built is nobody's trouble, and its name is told where it may have been meant.
#[tokio::test]
async fn what_nothing_is_made_of_is_not_read_and_its_name_is_still_known() {
    let org: fn(&str) -> (u16, Value) = |path| {
        let deep = (0..120).fold(json!(0), |inner, _| json!([inner]));
        let zeros: Vec<u8> = vec![0; 20_000];
        let body = match path {
            "/api/v1/users" => json!([
                {"id": "00u1", "status": "ACTIVE", "realmId": zeros,
                 "profile": {"email": "jane@example.com", "department": "a", "zeros": zeros, "deep": deep}},
                {"id": "00u2", "status": "ACTIVE", "profile": {"department": "b", "team": "x"}},
            ]),
            "/api/v1/groups" => {
                json!([{"id": "00g1", "profile": {"name": "Team", "zeros": zeros, "costCenter": "7"}}])
            }
            _ => json!([]),
        };
        (200, body)
    };
    let keys = "userFilter: profile.departement ew a, mapping: { users: { title: '{team}' }, groups: { title: '{costCentre}' } }";
    let keys = keys.replace("ew a", "ew \\\"a\\\"");
    let keys = keys
        .replace("userFilter: ", "userFilter: \"")
        .replace(", mapping", "\", mapping");
    let (org, _) = read(org, with_mapping(&keys)).await;
    let org = org.unwrap();
    assert_eq!(org.malformed_users.len(), 0, "{:?}", org.malformed_users);
    assert_eq!(org.malformed_groups.len(), 0, "{:?}", org.malformed_groups);
    assert_eq!(ids(org.filtered_out.keys()), ["00u1", "00u2"]);
    let group = &org.groups[&"00g1".into()];
    assert_eq!(group.profile.iter().count(), 1);
    let notices = org.notices.iter().map(ToString::to_string);
    let notices = notices.collect::<Vec<_>>().join("\n");
    for told in [
        "of 2 users none has `profile.departement`",
        "did you mean `profile.department`, which 2 have?",
        "did you mean `costCenter`, which 1 has?",
    ] {
        assert!(notices.contains(told), "{told}: {notices}");
    }
}

//! How fast a page is decoded, beside what the JSON parser alone can do.
//!
//! `cargo bench -p okta-api`. Throughput is of the page's bytes: 200 users with the profile of a real org, 28 attributes
//! each. `skipped` is the parser's own limit (nothing is kept), `value` what reading without types costs. `read` is a whole page
//! of a list, from the answer of a transport to the records, with every bound on what a page may hold. `memberships` are whole
//! lists of that, group by group.

use std::hint::black_box;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use futures::future::BoxFuture;
use futures::{FutureExt as _, StreamExt as _};
use http::{Request, Response};
use okta_api::{Client, Group, GroupId, List, Member, Resource, User};
use okta_auth::{ApiToken, OrgUrl, Transport, TransportError};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

const RECORDS: usize = 200;

const PEOPLE: usize = 50_000;
const GROUPS: usize = 200;
const MEMBERS: usize = 250;

fn user(number: usize) -> Value {
    let mut profile = json!({
        "firstName": format!("Zoë {number}"),
        "lastName": "Müller-Lüdenscheidt",
        "login": format!("zoe.{number}@example.com"),
        "email": format!("zoe.{number}@example.com"),
        "mobilePhone": null,
        "secondEmail": null,
        "displayName": format!("Zoë Müller-Lüdenscheidt {number}"),
        "title": "Principal Engineer",
        "department": "Platform Engineering",
    });
    let custom = (0..19).map(|number| {
        (
            format!("customAttribute{number}"),
            format!("value {number}").into(),
        )
    });
    if let Some(profile) = profile.as_object_mut() {
        profile.extend(custom);
    }
    json!({
        "id": format!("00u{number:016}x"),
        "status": "ACTIVE",
        "created": "2024-03-01T18:49:54.000Z",
        "activated": "2024-03-01T18:49:55.000Z",
        "statusChanged": "2024-03-01T18:49:55.000Z",
        "lastLogin": "2026-02-26T08:01:12.000Z",
        "lastUpdated": "2026-02-20T11:12:13.000Z",
        "passwordChanged": "2024-03-01T18:49:55.000Z",
        "type": { "id": "otyfnjfba4ye7pgjB0g4" },
        "profile": profile,
        "_links": { "self": { "href": format!("https://acme.okta.com/api/v1/users/00u{number:016}x") } },
    })
}

fn group(number: usize) -> Value {
    let id = format!("00g{number:016}x");
    let logo = |size: &str| json!({ "name": size, "href": format!("https://op3static.oktacdn.com/{size}.png"), "type": "image/png" });
    json!({
        "id": id,
        "created": "2024-03-01T18:49:54.000Z",
        "lastUpdated": "2024-03-01T18:49:54.000Z",
        "lastMembershipUpdated": "2026-02-20T11:12:13.000Z",
        "objectClass": ["okta:user_group"],
        "type": "OKTA_GROUP",
        "profile": { "name": format!("Platform {number}"), "description": "Those who keep it running" },
        "_links": {
            "logo": [logo("medium"), logo("large")],
            "users": { "href": format!("https://acme.okta.com/api/v1/groups/{id}/users") },
            "apps": { "href": format!("https://acme.okta.com/api/v1/groups/{id}/apps") },
        },
    })
}

fn page(record: fn(usize) -> Value) -> Vec<u8> {
    let records: Vec<Value> = (0..RECORDS).map(record).collect();
    Value::from(records).to_string().into_bytes()
}

fn measure<T: DeserializeOwned>(criterion: &mut Criterion, group: &str, name: &str, page: &[u8]) {
    let mut group = criterion.benchmark_group(group);
    let bytes = u64::try_from(page.len()).unwrap_or_default();
    group.throughput(Throughput::Bytes(bytes));
    group.bench_function(name, |bencher| {
        bencher.iter(|| black_box(serde_json::from_slice::<Vec<T>>(black_box(page)).is_ok()));
    });
    group.finish();
}

/// Answers with one page after the other, over and over, and leaves nobody waiting for a rate limit.
#[derive(Debug)]
struct InTurn {
    pages: Vec<Bytes>,
    asked: AtomicUsize,
}

impl InTurn {
    fn new(pages: Vec<Bytes>) -> Self {
        let asked = AtomicUsize::new(0);
        Self { pages, asked }
    }
}

impl Transport for InTurn {
    fn send(
        &self,
        _request: Request<Bytes>,
    ) -> BoxFuture<'_, Result<Response<Bytes>, TransportError>> {
        let turn = self.asked.fetch_add(1, Ordering::Relaxed) % self.pages.len().max(1);
        let mut answer = Response::new(self.pages.get(turn).cloned().unwrap_or_default());
        let headers = answer.headers_mut();
        for (name, value) in [
            ("x-rate-limit-limit", "4000000000"),
            ("x-rate-limit-remaining", "4000000000"),
            ("x-rate-limit-reset", "1700000060"),
            ("date", "Tue, 14 Nov 2023 22:13:20 GMT"),
            ("content-type", "application/json"),
        ] {
            headers.insert(name, http::HeaderValue::from_static(value));
        }
        async move { Ok(answer) }.boxed()
    }
}

/// A client that is answered with these pages in turn, and what runs it.
fn client(pages: Vec<Bytes>) -> Option<(Client, Runtime)> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .ok()?;
    let org = OrgUrl::parse("https://acme.okta.com").ok()?;
    let token = ApiToken::new("secret").ok()?;
    let client = Client::builder(org, token, InTurn::new(pages)).build();
    Some((client, runtime))
}

/// Reads the page of a list again and again.
fn measure_list<T: Resource, S: 'static>(
    criterion: &mut Criterion,
    group: &str,
    name: &str,
    page: &[u8],
    list: impl Fn(&Client) -> List<T, S>,
) {
    let Some((client, runtime)) = client(vec![Bytes::copy_from_slice(page)]) else {
        return;
    };
    let mut group = criterion.benchmark_group(group);
    let bytes = u64::try_from(page.len()).unwrap_or_default();
    group.throughput(Throughput::Bytes(bytes));
    group.bench_function(name, |bencher| {
        bencher.iter(|| {
            let page = runtime.block_on(async { list(&client).pages().next().await });
            let records = page.and_then(Result::ok).map_or(0, |page| page.items.len());
            assert!(records > 0, "the page is read");
            black_box(records)
        });
    });
    group.finish();
}

fn users(criterion: &mut Criterion) {
    let page = page(user);
    measure::<IgnoredAny>(criterion, "users", "skipped", &page);
    measure::<Value>(criterion, "users", "value", &page);
    measure::<User>(criterion, "users", "typed", &page);
    measure::<Member>(criterion, "users", "ids and status only", &page);
    measure_list(criterion, "users", "read", &page, |client| {
        client.users().list()
    });
    measure_list(criterion, "users", "read and two kept", &page, |client| {
        let names = ["profile.login", "profile.email"];
        client.users().list().keep(names)
    });
    measure_list(criterion, "users", "read members", &page, |client| {
        client.groups().members(&GroupId::from("00g1"))
    });
}

fn groups(criterion: &mut Criterion) {
    let page = page(group);
    measure::<IgnoredAny>(criterion, "groups", "skipped", &page);
    measure::<Value>(criterion, "groups", "value", &page);
    measure::<Group>(criterion, "groups", "typed", &page);
    measure_list(criterion, "groups", "read", &page, |client| {
        client.groups().list()
    });
}

/// A user as lists of members have them: some 900 bytes.
fn member(number: usize) -> String {
    let id = format!("00u{number:016}x");
    let person = format!("zoe.mueller-luedenscheidt.{number}@example.com");
    let profile = format!(
        r#"{{"firstName":"Zoë","lastName":"Müller-Lüdenscheidt","mobilePhone":null,"secondEmail":null,"login":"{person}","email":"{person}","displayName":"Zoë Müller-Lüdenscheidt","title":"Principal Engineer","department":"Platform Engineering","organization":"Example GmbH","city":"Köln","countryCode":"DE","employeeNumber":"{number:08}","manager":"ana.lima@example.com","userType":"Employee","timezone":"Europe/Berlin"}}"#
    );
    format!(
        r#"{{"id":"{id}","status":"ACTIVE","created":"2024-03-01T18:49:54.000Z","activated":"2024-03-01T18:49:55.000Z","statusChanged":"2024-03-01T18:49:55.000Z","lastLogin":"2026-02-26T08:01:12.000Z","lastUpdated":"2026-02-20T11:12:13.000Z","passwordChanged":"2024-03-01T18:49:55.000Z","type":{{"id":"otyfnjfba4ye7pgjB0g4"}},"profile":{profile},"_links":{{"self":{{"href":"https://acme.okta.com/api/v1/users/{id}"}}}}}}"#
    )
}

/// The members of a group, each of whom is in ten.
fn members_of(group: usize) -> Bytes {
    let numbers = (0..MEMBERS).map(|place| (group * 25 + place * PEOPLE / MEMBERS) % PEOPLE);
    let records: Vec<String> = numbers.map(member).collect();
    Bytes::from(format!("[{}]", records.join(",")))
}

/// Reads the members of group after group; the throughput is that of records.
fn measure_groups<T: Resource>(
    criterion: &mut Criterion,
    name: &str,
    list: impl Fn(&Client, &GroupId) -> List<T>,
) {
    let pages = (0..GROUPS).map(|group| members_of(group * 10)).collect();
    let Some((client, runtime)) = client(pages) else {
        return;
    };
    let ids: Vec<GroupId> = (0..GROUPS).map(|id| format!("00g{id}").into()).collect();
    let mut group = criterion.benchmark_group("memberships");
    let records = u64::try_from(GROUPS * MEMBERS).unwrap_or_default();
    group
        .throughput(Throughput::Elements(records))
        .sample_size(10);
    group.bench_function(name, |bencher| {
        bencher.iter(|| {
            for id in &ids {
                let members = runtime.block_on(list(&client, id).all());
                assert!(members.is_ok_and(|members| members.len() == MEMBERS));
            }
        });
    });
    group.finish();
}

/// A tenth of 2,000 groups of 250, in which 50,000 people are: ten times these figures is what an org of that size costs.
fn memberships(criterion: &mut Criterion) {
    measure_groups(criterion, "ids and status", |client, group| {
        client.groups().members(group)
    });
    measure_groups(criterion, "users and six kept", |client, group| {
        let names = [
            "login",
            "email",
            "displayName",
            "firstName",
            "lastName",
            "title",
        ];
        let names = names.map(|name| format!("profile.{name}"));
        let kept = names.iter().map(String::as_str);
        client.groups().users(group).keep(kept)
    });
    measure_groups(criterion, "users", |client, group| {
        client.groups().users(group)
    });
}

criterion_group!(benches, users, groups, memberships);
criterion_main!(benches);

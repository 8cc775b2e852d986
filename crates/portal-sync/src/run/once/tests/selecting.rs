//! What a change of the keys that decide who is in the catalog may remove.

use std::collections::BTreeSet;

use okta_api::{Group, User};
use org_filter::{Dialect, SearchExpr};
use proptest::collection::{btree_set, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::Value;

use super::*;
use crate::config::{self, Environment};
use crate::held::state::State;
use crate::run::provider::settings;

/// An org that answers searches as Okta does, by the same language.
#[derive(Debug, Clone, Default)]
struct Tenant {
    users: Vec<Value>,
    groups: Vec<(Value, Vec<usize>)>,
    /// The groups whose members it refuses to list.
    closed: BTreeSet<usize>,
}

impl Tenant {
    fn answer(&self, path: &str, query: &str) -> (u16, Value) {
        let search = url::form_urlencoded::parse(query.as_bytes())
            .find(|(name, _)| name == "search")
            .map(|(_, text)| text.parse::<SearchExpr>().unwrap());
        let of = |dialect| search.as_ref().map(|search| search.compile(dialect));
        match path {
            "/api/v1/users" => {
                let search = of(&Dialect::USER_SEARCH);
                let finds = |json: &&Value| {
                    let user: User = serde_json::from_value((*json).clone()).unwrap();
                    let finds = |it: &org_filter::Matcher| it.matches(&user);
                    search.as_ref().is_none_or(finds)
                };
                (200, self.users.iter().filter(finds).cloned().collect())
            }
            "/api/v1/groups" => {
                let search = of(&Dialect::GROUP_SEARCH);
                let finds = |json: &&Value| {
                    let group: Group = serde_json::from_value((*json).clone()).unwrap();
                    let finds = |it: &org_filter::Matcher| it.matches(&group);
                    search.as_ref().is_none_or(finds)
                };
                let groups = self.groups.iter().map(|(group, _)| group);
                (200, groups.filter(finds).cloned().collect())
            }
            user if user.starts_with("/api/v1/users/") => {
                let id = user.split('/').nth(4).unwrap();
                let mut all = self.users.iter();
                match all.find(|user| user["id"] == id) {
                    Some(user) => (200, user.clone()),
                    None => (
                        404,
                        json!({"errorCode": "E0000007", "errorSummary": "Not found"}),
                    ),
                }
            }
            members => {
                let id = members.split('/').nth(4).unwrap();
                let number: usize = id.trim_start_matches("00g").parse().unwrap();
                if self.closed.contains(&number) {
                    return (
                        404,
                        json!({"errorCode": "E0000007", "errorSummary": "Not found"}),
                    );
                }
                let members = self.groups[number].1.iter();
                (
                    200,
                    members
                        .filter_map(|n| self.users.get(*n))
                        .cloned()
                        .collect(),
                )
            }
        }
    }
}

impl Transport for Tenant {
    fn send(
        &self,
        request: Request<Bytes>,
    ) -> BoxFuture<'_, Result<Response<Bytes>, TransportError>> {
        let uri = request.uri();
        let (status, body) = self.answer(uri.path(), uri.query().unwrap_or_default());
        let answer = Response::builder()
            .status(status)
            .header("content-type", "application/json")
            .body(Bytes::from(body.to_string()));
        async move { Ok(answer.unwrap()) }.boxed()
    }
}

const DEPARTMENTS: [&str; 4] = ["Eng", "Sales", "Legal", ""];

fn any_tenant() -> impl Strategy<Value = Tenant> {
    let status = select(vec![
        "ACTIVE",
        "ACTIVE",
        "ACTIVE",
        "SUSPENDED",
        "STAGED",
        "DEPROVISIONED",
    ]);
    let user = (status, select(DEPARTMENTS.to_vec()));
    let members = btree_set(0..24_usize, 0..10);
    (vec(user, 12..24), vec(members, 4..8)).prop_map(|(users, groups)| Tenant {
        users: users
            .into_iter()
            .enumerate()
            .map(|(n, (status, department))| {
                let login = format!("{}u{n}@example.com", if n % 5 == 0 { "svc-" } else { "" });
                let department = Some(department).filter(|it| !it.is_empty());
                json!({"id": format!("00u{n:02}"), "status": status,
                    "profile": {"login": login, "email": login, "department": department}})
            })
            .collect(),
        groups: groups
            .into_iter()
            .enumerate()
            .map(|(n, members)| {
                let name = format!("{}-{n}", if n % 2 == 0 { "team" } else { "app" });
                let group = json!({"id": format!("00g{n}"), "type": "OKTA_GROUP", "profile": {"name": name}});
                (group, members.into_iter().collect())
            })
            .collect(),
        closed: BTreeSet::new(),
    })
}

/// Any of the keys that decide who is in, each in a few of its forms.
fn any_keys() -> impl Strategy<Value = String> {
    let user_filter = select(vec![
        r#"status eq "ACTIVE""#,
        r#"profile.department eq "Eng""#,
        r#"profile.department ew "ng""#,
        r#"not (profile.department eq "Sales")"#,
        r#"profile.departmnt ew "x""#,
        r#"profile.login eq "u1@example.com" or profile.departmnt ew "x""#,
        r#"status eq "ACTIVE" and profile.login ew "@example.com""#,
    ]);
    let group_filter = select(vec![
        r#"'profile.name sw "team""#.to_owned() + "'",
        r#"'profile.name ew "1""#.to_owned() + "'",
        "[team-0, app-1, team-2]".to_owned(),
        "[team-0]".to_owned(),
    ]);
    let users = select(vec![
        "{}",
        "{ statuses: [ACTIVE] }",
        "{ statuses: [SUSPENDED] }",
        "{ exclude: ['prefix:svc-'] }",
        "{ exclude: ['prefix:u'] }",
        "{ leavers: mark }",
    ]);
    let groups = select(vec![
        "{}",
        "{ exclude: ['prefix:app-'] }",
        "{ exclude: ['glob:*'] }",
        "{ merge: [{ name: All, groups: ['glob:*'] }] }",
        "{ merge: [{ name: Apps, groups: ['prefix:app'] }] }",
    ]);
    let filters = (
        option::weighted(0.6, user_filter),
        option::weighted(0.4, group_filter),
    );
    (filters, users, groups, any::<[bool; 2]>()).prop_map(
        |((user_filter, group_filter), users, groups, [from_groups, empty])| {
            let user_filter = user_filter.map(|it| format!("  userFilter: '{it}',\n"));
            let group_filter = group_filter.map(|it| format!("  groupFilter: {it},\n"));
            format!(
                "catalog: {{ providers: {{ okta: {{ acme: {{\n  oktaUrl: https://acme.okta.com, token: 00t,\n{}{}\
                 \x20 usersFromGroups: {from_groups}, includeEmptyGroups: {empty},\n\
                 \x20 mapping: {{ users: {users}, groups: {groups} }} }} }} }} }}\n",
                user_filter.unwrap_or_default(),
                group_filter.unwrap_or_default(),
            )
        },
    )
}

fn provider(keys: &str, guard: Guard) -> ProviderConfig {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("app-config.yaml"), keys).unwrap();
    let config = config::load(&[], &Environment::default(), folder.path());
    let mut provider = config
        .unwrap_or_else(|errors| panic!("{keys}{errors}"))
        .providers
        .remove(0);
    provider.guard = guard;
    provider
}

/// One whole run; a filter that selects nobody of a first run, or no listed name that is there, is an error.
async fn run(
    tenant: &Tenant,
    provider: &ProviderConfig,
    store: &SqliteStore,
    approved: Option<&str>,
) -> Option<Plan> {
    let provider = super::provider(provider, tenant.clone());
    sync(&provider, store, approved).await.ok()
}

/// Who is in the catalog and in use, by Okta id, and which groups are.
fn held(state: &State) -> [BTreeSet<String>; 2] {
    let users = state.users().iter();
    let users = users.filter(|(id, _)| state.left_at(id).is_none());
    [
        users.map(|(id, _)| id.to_string()).collect(),
        state.groups().keys().map(ToString::to_string).collect(),
    ]
}

proptest! {
    // Each case is up to a dozen runs over a real file.
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases / 4, ..ProptestConfig::default() })]

    /// Nothing changes at the org, so whatever goes does because of the configuration.
    #[test]
    fn a_change_of_the_configuration_removes_only_what_the_guard_allows(
        tenant in any_tenant(),
        first in any_keys(),
        versions in vec((any_keys(), btree_set(0..8_usize, 0..3)), 1..4),
        (part, minimum) in (0..60_u8, 0..4_usize),
    ) {
        let part = Percent::new(part).unwrap();
        let guard = Guard { users: part, groups: part, members: Percent::new(100).unwrap(), minimum, ..Guard::default() };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let store = SqliteStore::open(&folder.path().join("catalog.db")).unwrap();
            run(&tenant, &provider(&first, guard), &store, None).await;
            for (keys, closed) in &versions {
                let provider = provider(keys, guard);
                // Some groups cannot be read at first; the same again afterwards must not do what was withheld.
                for closed in [closed.clone(), BTreeSet::new(), BTreeSet::new()] {
                    let before = held(&store.state("acme").await.unwrap());
                    let tenant = Tenant { closed, ..tenant.clone() };
                    let plan = run(&tenant, &provider, &store, None).await;
                    let after = held(&store.state("acme").await.unwrap());
                    for (before, after) in before.iter().zip(&after) {
                        let gone = before.difference(after).count();
                        prop_assert!(
                            !guard.trips(part, before.len(), gone),
                            "{gone} of {} are gone\n{first}\n{keys}\n{}", before.len(), plan.unwrap()
                        );
                        prop_assert!(before.is_empty() || !after.is_empty());
                    }
                }
            }
            // What is approved is done, and then nothing is left to do.
            let Some((keys, _)) = versions.last() else { return Ok(()) };
            let provider = provider(keys, guard);
            if let Some(plan) = run(&tenant, &provider, &store, None).await {
                let approved = run(&tenant, &provider, &store, Some(&plan.id)).await.unwrap();
                prop_assert_eq!(approved.approved.is_some(), plan.is_withheld());
                prop_assert!(!approved.is_withheld(), "{}", approved);
                let again = run(&tenant, &provider, &store, None).await.unwrap();
                prop_assert!(again.is_empty() && !again.is_withheld(), "{}", again);
                let last = store.state("acme").await.unwrap().remembered().criteria.clone();
                prop_assert_eq!(last, [settings(&provider).criteria]);
            }
            Ok(())
        })?;
    }
}

//! What a client can ask for besides lists of users, groups and members, asked of the simulated org.

use std::collections::BTreeSet;
use std::time::Duration;

use okta_api::{Client, Cursor, ErrorKind, EventType, PageSize};
use okta_auth::Scope;
use tokio::time::sleep;
use xtask::simulator::{Event, Options, Org, SkinnyUsers};

use crate::tenant::{Tenant, with_app};
use crate::walk::START;

/// A tenant that requires proofs or does not, and a client that may read its log as well.
fn tenant(dpop_required: bool, options: Options) -> (Tenant, Client) {
    let mut org = with_app(Org::generate(60, 12, 7), dpop_required);
    for app in &mut org.clients {
        app.scopes.push("okta.logs.read".to_owned());
    }
    let tenant = Tenant::new(org, options, START);
    let scopes = [Scope::USERS_READ, Scope::GROUPS_READ, Scope::LOGS_READ];
    let client = tenant.client_for(scopes).build();
    (tenant, client)
}

#[tokio::test(start_paused = true)]
async fn one_user_one_group_and_the_groups_of_a_user() {
    for dpop_required in [false, true] {
        let (tenant, client) = tenant(dpop_required, Options::default());
        let org = tenant.simulator.org();
        for user in org.users.values().take(10) {
            let read = client.users().get(&user.id.as_str().into()).await.unwrap();
            assert_eq!(read.profile.login(), Some(user.login()));
            let groups = client.users().groups(&read.id).all().await.unwrap();
            let found: BTreeSet<&str> = groups.iter().map(|it| it.id.as_str()).collect();
            let groups = org.groups.values();
            let expected = groups.filter(|group| org.is_member(group, user));
            assert_eq!(found, expected.map(|group| group.id.as_str()).collect());
        }
        let group = org.groups.values().next().unwrap();
        let read = client
            .groups()
            .get(&group.id.as_str().into())
            .await
            .unwrap();
        assert_eq!(read.profile.name(), Some(group.name()));
        let nobody = client.users().get(&"00unobody".into()).await.unwrap_err();
        assert_eq!(nobody.kind(), ErrorKind::NotFound);
    }
}

#[tokio::test(start_paused = true)]
async fn only_the_named_fields_come() {
    let (tenant, client) = tenant(false, Options::default());
    let list = client.users().list().fields(["status", "profile.login"]);
    let users = list.page_size(PageSize::users(7).unwrap()).all();
    let users = users.await.unwrap();
    assert!(users.len() > 50);
    let org = tenant.simulator.org();
    for user in users {
        let known = &org.users[user.id.as_str()];
        assert_eq!(user.status.as_str(), known.status);
        assert_eq!(user.profile.login(), Some(known.login()));
        assert_eq!(user.profile.iter().count(), 1, "{user:?}");
        assert_eq!((user.created, user.extra.len()), (None, 0), "{user:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn members_come_the_cheap_way_or_the_usual_one() {
    for (skinny_users, cheap, usual) in [
        (SkinnyUsers::Served, 12, 0),
        (SkinnyUsers::NotFound, 1, 12),
        (SkinnyUsers::NotAllowed, 1, 12),
    ] {
        let options = Options {
            skinny_users,
            ..Options::default()
        };
        let (tenant, client) = tenant(true, options);
        let org = tenant.simulator.org();
        for group in org.groups.values().take(12) {
            let list = client.groups().members(&group.id.as_str().into());
            let members = list.skinny().all().await.unwrap();
            let found: BTreeSet<&str> = members.iter().map(|it| it.id.as_str()).collect();
            let expected = org.members(group, None).map(|user| user.id.as_str());
            assert_eq!(found, expected.collect(), "{skinny_users:?}");
        }
        let asked = tenant.simulator.requests_by_endpoint();
        let count = |template: &str| asked.get(template).copied().unwrap_or(0);
        assert_eq!(count("/api/v1/groups/{id}/skinny_users"), cheap);
        assert_eq!(count("/api/v1/groups/{id}/users"), usual);
    }
}

#[tokio::test(start_paused = true)]
async fn the_log_is_followed_over_a_restart() {
    let (tenant, client) = tenant(false, Options::default());
    let simulator = &tenant.simulator;
    let log = |number: u64| {
        let kind = if number.is_multiple_of(2) {
            "group.user_membership.add"
        } else {
            "user.session.start"
        };
        simulator.log(Event::new(kind, simulator.now()))
    };
    sleep(Duration::from_secs(5)).await;
    let since = simulator.now();
    let mut logged: Vec<String> = (0..25).map(log).collect();

    let size = PageSize::events(10).unwrap();
    let (mut seen, mut kept) = (Vec::new(), String::new());
    let mut pages = client.logs().follow(since).page_size(size).pages();
    for _ in 0..4 {
        let page = pages.try_next().await.unwrap().unwrap();
        seen.extend(page.items);
        kept = page.next.unwrap().to_string();
    }
    drop(pages);
    logged.extend((25..40).map(log));
    let cursor: Cursor = kept.parse().unwrap();
    let mut pages = client.logs().follow(cursor).page_size(size).pages();
    while seen.len() < 40 {
        seen.extend(pages.try_next().await.unwrap().unwrap().items);
    }
    let uuids: Vec<&str> = seen.iter().map(|event| event.uuid.as_str()).collect();
    assert_eq!(uuids, logged);
    assert_eq!(seen[0].event_type, EventType::GROUP_USER_MEMBERSHIP_ADD);
    assert_eq!(seen[1].event_type, "user.session.start");

    sleep(Duration::from_secs(1)).await;
    let time = client.logs().between(since, simulator.now());
    let only = time.filter(r#"eventType eq "group.user_membership.add""#);
    let all = only.page_size(size).all().await.unwrap();
    assert_eq!(all.len(), 20);
}

#[tokio::test(start_paused = true)]
async fn without_the_scope_the_log_is_forbidden_by_its_name() {
    let (tenant, _) = tenant(false, Options::default());
    let client = tenant.client().build();
    let log = client.logs().follow(tenant.simulator.now());
    let error = log.pages().try_next().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "following the System Log: the scope `okta.logs.read` is not granted to the application"
    );
}

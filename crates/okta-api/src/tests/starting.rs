//! What a program does first: make a client, ask by hand, show what went wrong.

use std::time::Duration;

use futures::FutureExt as _;
use okta_auth::testing::{Answer, ScriptedTransport};
use okta_auth::{Algorithm, OrgUrl, PrivateKey, Scope, ServiceApp, TransportErrorKind};
use tokio::time::Instant;

use super::{chain, scripted};
use crate::{Client, ErrorKind, PageSize, SortOrder, User};

#[tokio::test(start_paused = true)]
async fn a_service_app_asks_for_its_tokens_by_the_transport_of_the_client() {
    let script = ScriptedTransport::default();
    let key = PrivateKey::generate(Algorithm::ES256)
        .unwrap()
        .key()
        .clone();
    let app = ServiceApp::new("0oa1", [key], [Scope::USERS_READ]).unwrap();
    let org = OrgUrl::parse("https://acme.okta.com").unwrap();
    let client = Client::builder_for_app(org, app, script.clone()).build();
    let token =
        r#"{"token_type":"Bearer","access_token":"t","expires_in":3600,"scope":"okta.users.read"}"#;
    script.expect("/oauth2/v1/token", Answer::json(token));
    script.expect("/api/v1/users?limit=200", Answer::json("[]"));
    assert_eq!(client.users().list().all().await.unwrap(), []);
    script.finish().unwrap();
}

/// It is somebody at a terminal who waits.
#[tokio::test(start_paused = true)]
async fn an_org_that_is_not_there_is_given_up_within_seconds() {
    for kind in [
        TransportErrorKind::Connect,
        TransportErrorKind::NameNotFound,
    ] {
        let (client, script) = scripted();
        for _ in 0..9 {
            script.expect("/api/v1/users?limit=200", Answer::failure(kind));
        }
        let begun = Instant::now();
        let error = client.users().list().all().await.unwrap_err();
        assert!(begun.elapsed() < Duration::from_secs(5), "{kind:?}");
        assert_eq!(error.kind(), ErrorKind::Unreachable);
        assert!(error.is_transient());
        let report = format!("{error:?}");
        assert!(
            report.starts_with("listing users: page 1: okta can not be reached: "),
            "{report}"
        );
        assert!(report.contains("\n  fix: check the org URL"), "{report}");
    }
}

#[test]
fn without_a_runtime_there_is_an_error() {
    let (client, script) = scripted();
    let list = client.users().list().all();
    let error = list.now_or_never().unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NoRuntime);
    let fix = error.fix().unwrap();
    assert!(fix.contains("#[tokio::main]"), "{fix}");
    script.finish().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_list_is_looked_through_and_sorted() {
    let (client, script) = scripted();
    script.expect(
        "/api/v1/users?limit=200&q=ana%20l%C3%A9",
        Answer::json("[]"),
    );
    client.users().list().q("ana lé").all().await.unwrap();
    script.expect("/api/v1/groups?limit=200&q=a%26b", Answer::json("[]"));
    client.groups().list().q("a&b").all().await.unwrap();
    script.expect(
        "/api/v1/users?limit=200&search=id%20pr&sortBy=profile.lastName&sortOrder=desc",
        Answer::json("[]"),
    );
    let list = client.users().list().search("id pr");
    let list = list.sort_by("profile.lastName");
    let list = list.sort_order(SortOrder::Descending);
    list.all().await.unwrap();
    script.finish().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_user_is_found_by_login() {
    let (client, script) = scripted();
    let get = |login: &'static str| {
        let client = client.clone();
        async move { client.users().get_by_login(login).await }
    };
    for (login, path) in [
        ("ana.lima@example.com", "ana.lima@example.com"),
        ("ana lima+x@example.com", "ana%20lima+x@example.com"),
        ("a#b%c@example.com", "a%23b%25c@example.com"),
        ("zoé@example.com", "zo%C3%A9@example.com"),
        ("ana", "ana"),
    ] {
        script.expect(
            &format!("/api/v1/users/{path}"),
            Answer::json(r#"{"id":"00u1"}"#),
        );
        let user: User = get(login).await.unwrap();
        assert_eq!(user.id.as_str(), "00u1");
    }
    for login in ["", ".", "..", "me", "a/b@example.com", "a?b", "a\nb"] {
        let error = get(login).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidId, "{login}");
        assert!(error.fix().unwrap().contains("profile.login"), "{login}");
    }
    script.finish().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_list_that_okta_does_not_page_is_never_short_in_silence() {
    let (client, script) = scripted();
    let two = Answer::json(r#"[{"id":"00g1"},{"id":"00g2"}]"#);
    let list = || {
        let list = client.groups().list().q("team");
        list.page_size(PageSize::groups(2).unwrap())
    };
    let url = "/api/v1/groups?limit=2&q=team";
    script.expect(url, two.clone());
    let error = list().all().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::CutShort { limit: 2 });
    assert!(
        chain(&error).contains("there may be more than 2"),
        "{}",
        chain(&error)
    );

    script.expect(url, two);
    let mut pages = list().pages();
    assert_eq!(pages.try_next().await.unwrap().unwrap().items.len(), 2);
    pages.try_next().await.unwrap_err();

    script.expect(url, Answer::json(r#"[{"id":"00g1"}]"#));
    assert_eq!(list().all().await.unwrap().len(), 1);
    script.finish().unwrap();
}

//! Tokens, scopes and roles.

use crate::client::{API_TOKEN, Client, PLATFORM, bearer, small, start, token};
use jiff::SignedDuration;
use xtask::simulator::{Clock, WithoutRole};

#[tokio::test]
async fn a_token_opens_the_api_until_it_expires_or_is_revoked() {
    let clock = Clock::fixed("2026-01-31T08:15:30.250Z".parse().unwrap());
    let simulator = start("small", |options| options.clock = clock).await;
    let client = bearer(&simulator, "0oa1portalsync0000d7").await;
    let users = format!("{}/api/v1/users", simulator.url());
    let answer = client.get(&users).await;
    assert_eq!((answer.status, answer.ids().len()), (200, 9));
    assert_eq!(answer.header("date"), "Sat, 31 Jan 2026 08:15:30 GMT");
    assert!(answer.header("x-okta-request-id").starts_with("req"));

    simulator.set_clock_offset(SignedDuration::from_secs(3600));
    let answer = client.get(&users).await;
    assert_eq!((answer.status, answer.code().as_str()), (401, "E0000011"));
    assert!(
        answer
            .header("www-authenticate")
            .contains("The token has expired.")
    );
    simulator.set_clock_offset(SignedDuration::ZERO);
    simulator.revoke_tokens();
    assert!(
        client
            .get(&users)
            .await
            .header("www-authenticate")
            .contains("error=\"invalid_token\"")
    );

    let log = simulator.requests();
    let statuses: Vec<(u16, bool)> = log
        .iter()
        .map(|request| (request.status, request.authorized))
        .collect();
    assert_eq!(
        statuses,
        [(200, true), (200, true), (401, false), (401, false)]
    );
    let expected = [
        ("/api/v1/users".to_owned(), 3),
        ("/oauth2/v1/token".to_owned(), 1),
    ];
    assert_eq!(simulator.requests_by_endpoint(), expected.into());
    let printed = format!("{simulator:?}{log:?}");
    assert!(
        !printed.contains(client.authorization.trim_start_matches("Bearer "))
            && !printed.contains(API_TOKEN)
    );
}

#[tokio::test]
async fn scope_and_role_are_two_gates() {
    let simulator = small().await;
    let users_only = bearer(&simulator, "0oa3onlyusers0000d7x").await;
    let answer = users_only
        .get(&format!(
            "{}/api/v1/groups/{PLATFORM}/users",
            simulator.url()
        ))
        .await;
    assert_eq!((answer.status, answer.text.as_str()), (403, ""));
    let challenge = answer.header("www-authenticate");
    assert!(
        challenge.contains("scope=\"okta.groups.read\", error=\"insufficient_scope\""),
        "{challenge}"
    );
    assert!(
        challenge.ends_with(&format!("resource=\"/api/v1/groups/{PLATFORM}/users\"")),
        "{challenge}"
    );

    let without_role = bearer(&simulator, "0oa2withoutrole000d7").await;
    for list in ["users", "groups"] {
        let answer = without_role
            .get(&format!("{}/api/v1/{list}", simulator.url()))
            .await;
        assert_eq!(
            (answer.status, answer.text.as_str(), answer.links().len()),
            (200, "[]", 1)
        );
    }
    let answer = without_role
        .get(&format!("{}/api/v1/groups/{PLATFORM}", simulator.url()))
        .await;
    assert_eq!((answer.status, answer.code().as_str()), (403, "E0000006"));

    let strict = start("small", |options| {
        options.without_role = WithoutRole::Forbidden
    })
    .await;
    let without_role = bearer(&strict, "0oa2withoutrole000d7").await;
    let answer = without_role
        .get(&format!("{}/api/v1/users", strict.url()))
        .await;
    assert_eq!((answer.status, answer.code().as_str()), (403, "E0000006"));
}

#[tokio::test]
async fn other_credentials_are_refused() {
    let simulator = small().await;
    let users = format!("{}/api/v1/users", simulator.url());
    for (authorization, status, code) in [
        ("", 403, "E0000005"),
        ("SSWS wrong", 401, "E0000011"),
        ("Bearer wrong", 401, "E0000011"),
    ] {
        let answer = Client::new(authorization).get(&users).await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (status, code),
            "{authorization}"
        );
    }
    assert_eq!(
        token(&simulator, "0oa4proof000000000d7", "okta.users.read")
            .await
            .json()["error"],
        "invalid_dpop_proof"
    );
}

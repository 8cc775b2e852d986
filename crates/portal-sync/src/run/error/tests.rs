//! The exit code and the fix of what can fail.

use okta_api::Client;
use okta_auth::testing::{Answer, ScriptedTransport};
use okta_auth::{ApiToken, OrgUrl, TransportErrorKind};

use super::*;

/// What a list is answered: its name, the status, the code of an error of Okta's (without one it is a page of somebody
/// else's), and what follows.
const REFUSALS: [(&str, u16, &str, Exit, &str); 10] = [
    (
        "users",
        400,
        "E0000031",
        Exit::Usage,
        "correct `userFilter`",
    ),
    (
        "groups",
        400,
        "E0000031",
        Exit::Usage,
        "correct `groupFilter`",
    ),
    ("users", 414, "", Exit::Usage, "shorten `userFilter`"),
    ("groups", 431, "", Exit::Usage, "shorten `groupFilter`"),
    (
        "users",
        403,
        "",
        Exit::Okta,
        "check `oktaUrl`; where it is right, a firewall",
    ),
    (
        "users",
        401,
        "",
        Exit::Okta,
        "check `oktaUrl`; where it is right, a firewall",
    ),
    (
        "groups",
        404,
        "",
        Exit::Okta,
        "check `oktaUrl`; where it is right, a firewall",
    ),
    (
        "groups",
        404,
        "E0000008",
        Exit::Okta,
        "check that `oktaUrl` is the address",
    ),
    (
        "users",
        403,
        "E0000006",
        Exit::Refused,
        "give the application an admin role",
    ),
    (
        "users",
        401,
        "E0000011",
        Exit::Refused,
        "check that the API token",
    ),
];

#[tokio::test]
async fn fixes_name_the_key_of_the_list_that_was_refused() {
    let answered = REFUSALS.map(|(list, status, code, exit, fix)| {
        let body = if code.is_empty() {
            "<html>blocked</html>".to_owned()
        } else {
            format!(r#"{{"errorCode":"{code}","errorSummary":"no"}}"#)
        };
        (list, Answer::status(status, body), exit, fix)
    });
    let failed = [
        (
            TransportErrorKind::NotTls,
            "check `oktaUrl`: use the port at which the host speaks HTTPS",
        ),
        (
            TransportErrorKind::ProxyAuthentication,
            "give the proxy's user and password in HTTPS_PROXY",
        ),
    ];
    let failed = failed.map(|(kind, fix)| ("users", Answer::failure(kind), Exit::Okta, fix));
    for (list, answer, exit, fix) in answered.into_iter().chain(failed) {
        let transport = ScriptedTransport::default();
        let target = format!("/api/v1/{list}?limit=200&search=a");
        // A token that is refused is tried once more.
        (0..2).for_each(|_| transport.expect(&target, answer.clone()));
        let org = OrgUrl::parse("https://acme.okta.com").unwrap();
        let token = ApiToken::new("00test").unwrap();
        let client = Client::builder(org, token, transport).build();
        let source = match list {
            "users" => client.users().list().search("a").all().await.unwrap_err(),
            _ => client.groups().list().search("a").all().await.unwrap_err(),
        };
        let error = RunError::Read(ReadError::Okta {
            reading: "a list",
            source: Box::new(source),
        });
        assert_eq!(error.exit(), exit, "{list} {answer:?}");
        let said = error.fix().unwrap();
        assert!(said.starts_with(fix), "{list} {answer:?}: {said}");
    }
}

/// An org that is larger than it may be is like one that broke off.
#[test]
fn a_reached_limit_names_the_key() {
    let error = RunError::Read(ReadError::TooMany {
        what: "users",
        limit: 5,
    });
    assert_eq!(error.exit(), Exit::Okta);
    assert_eq!(
        error.fix().unwrap(),
        "raise `portalSync.limits.users` above 5, or the tenant's own `limits.users` where it has one, if the org is that large"
    );
}

#[test]
fn a_layer_says_what_failed_and_leaves_the_cause_to_its_source() {
    let damaged = StoreError::new(StoreErrorKind::Damaged, "reading the state");
    let error = RunError::Store(damaged.because(std::fmt::Error));
    assert_eq!(
        error.to_string(),
        "reading the state: the store is no database, or it is damaged"
    );
    let cause = std::error::Error::source(&error).unwrap();
    assert_eq!(cause.to_string(), std::fmt::Error.to_string());
}

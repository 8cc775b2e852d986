//! Who refuses a request, and what an administrator is told to do about it.

use okta_auth::{CertificateFault, TransportErrorKind as Failure};

use super::{chain, scripted};
use crate::{Error, ErrorKind, GIVE_ROLE, GroupId};
use okta_auth::testing::Answer;

const HTML: &str = "<html><h1>Access denied</h1></html>";

fn okta(status: u16, code: &str) -> Answer {
    let body = format!(
        r#"{{"errorCode":"{code}","errorSummary":"Summary.","errorCauses":[{{"errorSummary":"the cause"}}]}}"#
    );
    Answer::status(status, body).header("content-type", "application/json")
}

/// What comes of listing users, by a search where there is one. A 401 is answered twice.
async fn users(search: Option<&str>, answer: Answer) -> Error {
    let (client, script) = scripted();
    let mut list = client.users().list();
    let mut url = "/api/v1/users?limit=200".to_owned();
    if let Some(search) = search {
        list = list.search(search);
        let encoded: String = url::form_urlencoded::byte_serialize(search.as_bytes()).collect();
        url = format!("{url}&search={}", encoded.replace('+', "%20"));
    }
    script.expect(&url, answer.clone());
    script.expect(&url, answer);
    list.all().await.unwrap_err()
}

async fn members(answer: Answer) -> Error {
    let (client, script) = scripted();
    let url = "/api/v1/groups/00g1/users?limit=1000";
    script.expect(url, answer.clone());
    script.expect(url, answer);
    let list = client.groups().members(&GroupId::from("00g1"));
    list.all().await.unwrap_err()
}

#[tokio::test(start_paused = true)]
async fn what_has_not_the_shape_of_oktas_errors_is_not_oktas() {
    let bodies = [
        (HTML, "text/html"),
        ("", ""),
        ("", "application/json"),
        (r#"{"message":"forbidden"}"#, "application/json"),
        ("[]", "application/json"),
        ("Forbidden", "text/plain"),
        (r#"{"errorCode":7}"#, "application/json"),
    ];
    for status in [400, 401, 403, 404, 405, 407, 410, 418, 451] {
        for (body, content_type) in bodies {
            let mut answer = Answer::status(status, body);
            if !content_type.is_empty() {
                answer = answer.header("content-type", content_type);
            }
            let basic = answer
                .clone()
                .header("www-authenticate", "Basic realm=\"proxy\"");
            for answer in [answer, basic] {
                for error in [users(None, answer.clone()).await, members(answer).await] {
                    assert_eq!(error.kind(), ErrorKind::NotOkta, "{status} {body}");
                    let text = chain(&error);
                    assert!(text.contains("it is not okta that answers"), "{text}");
                    assert!(text.contains(&status.to_string()), "{text}");
                    let fix = error.fix().unwrap();
                    assert!(fix.contains("org URL") && fix.contains("firewall"), "{fix}");
                    assert!(!fix.contains("role"), "{fix}");
                }
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_list_that_every_org_has_is_missing_only_at_a_wrong_address() {
    for (status, code) in [(404, "E0000007"), (404, "E0000008"), (410, "E0000215")] {
        assert_eq!(
            users(None, okta(status, code)).await.kind(),
            ErrorKind::WrongAddress
        );
        assert_eq!(
            members(okta(status, code)).await.kind(),
            ErrorKind::NotFound
        );
    }
    let error = users(None, okta(404, "E0000008")).await;
    assert_eq!(
        error.to_string(),
        "listing users: page 1: the address is not that of an okta org"
    );
    assert!(error.fix().unwrap().contains("org URL"));
}

#[tokio::test(start_paused = true)]
async fn a_challenge_without_a_body_is_oktas() {
    for (challenge, kind) in [
        (
            r#"Bearer error="invalid_token""#,
            ErrorKind::Unauthenticated,
        ),
        (r#"DPoP error="invalid_token""#, ErrorKind::Unauthenticated),
    ] {
        let answer = Answer::status(401, "").header("www-authenticate", challenge);
        assert_eq!(users(None, answer).await.kind(), kind);
    }
}

#[tokio::test(start_paused = true)]
async fn a_search_that_is_too_long_is_told_with_its_length() {
    let (short, long) = (r#"status eq "é""#, r#"status eq "ACTIVE" or "#.repeat(200));
    let html = |status: u16| Answer::status(status, HTML).header("content-type", "text/html");
    let nginx = "<html>400 Bad Request<hr>Request Header Or Cookie Too Large</html>";
    let too_long = ErrorKind::SearchTooLong;
    let table = [
        (&*long, html(414), too_long.clone()),
        (&*long, html(431), too_long.clone()),
        (&*long, html(413), too_long.clone()),
        (&*long, html(400), too_long.clone()),
        (&*long, Answer::status(400, ""), too_long.clone()),
        (&*long, okta(414, "E0000256"), too_long.clone()),
        (short, html(414), too_long.clone()),
        (short, Answer::status(400, nginx), too_long.clone()),
        (short, Answer::status(400, "the URI is too long"), too_long),
        (short, html(400), ErrorKind::NotOkta),
        (&*long, okta(400, "E0000031"), ErrorKind::BadSearch),
        (&*long, html(403), ErrorKind::NotOkta),
    ];
    for (search, answer, kind) in table {
        let error = users(Some(search), answer).await;
        assert_eq!(error.kind(), kind, "{}", chain(&error));
        assert_eq!(error.search(), Some(search));
        if kind == ErrorKind::SearchTooLong {
            let length = format!(
                "the search is too long for okta: {} characters",
                search.chars().count()
            );
            assert!(error.to_string().ends_with(&length), "{error}");
            assert!(error.fix().unwrap().contains("shorten"));
        }
    }
    // Without a search it is something else.
    assert_eq!(users(None, html(431)).await.kind(), ErrorKind::NotOkta);
}

#[tokio::test(start_paused = true)]
async fn a_refused_search_is_quoted_with_oktas_reasons() {
    for code in [
        "E0000030", "E0000031", "E0000033", "E0000053", "E0000063", "E0000094",
    ] {
        let search = r#"profile.nope eq "a+b & c""#;
        let error = users(Some(search), okta(400, code)).await;
        assert_eq!(error.kind(), ErrorKind::BadSearch);
        assert_eq!(error.search(), Some(search));
        assert_eq!(error.endpoint(), "/api/v1/users");
        assert_eq!(error.api().unwrap().causes, ["the cause"]);
        assert_eq!(
            chain(&error),
            format!(
                "listing users: page 1: okta refuses the search expression `{search}` < the answer was 400 Bad Request, \
                 {code}: Summary: the cause"
            )
        );
    }
}

#[tokio::test(start_paused = true)]
async fn the_members_that_one_group_refuses_are_a_sentence() {
    let forbidden = members(okta(403, "E0000006")).await;
    assert_eq!(
        chain(&forbidden),
        "listing the members of group `00g1`: page 1: the application's admin role does not allow it < the answer was 403 \
         Forbidden, E0000006: Summary: the cause"
    );
    let gone = members(okta(404, "E0000007")).await;
    assert_eq!(
        chain(&gone),
        "listing the members of group `00g1`: page 1: it does not exist < the answer was 404 Not Found, E0000007: Summary: \
         the cause"
    );
}

/// Of a name that is not found the address may be wrong, of a proxy that asks for a password it is not.
#[tokio::test(start_paused = true)]
async fn a_request_without_an_answer_has_the_fix_of_what_kept_it_away() {
    let certificate = Failure::Certificate(CertificateFault::UnknownIssuer);
    for (failure, begins) in [
        (Failure::NotTls, "check the org URL: use the port"),
        (Failure::ProxyAuthentication, "give the proxy's user"),
        (certificate, "where a proxy or a firewall opens TLS"),
        (Failure::TooLarge, ""),
    ] {
        let error = users(None, Answer::failure(failure)).await;
        assert_eq!(error.kind(), ErrorKind::Unreachable);
        let fix = error.fix().unwrap_or_default();
        assert!(fix.starts_with(begins), "{failure}: {fix}");
        assert_eq!(fix.is_empty(), begins.is_empty(), "{failure}: {fix}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_role_is_missed_for_what_was_asked_for() {
    let error = users(None, okta(403, "E0000006")).await;
    assert_eq!(error.fix().unwrap(), GIVE_ROLE);
    let (client, script) = scripted();
    let target = "/api/v1/logs?limit=1000&since=1970-01-01T00%3A00%3A00.000Z";
    script.expect(target, okta(403, "E0000006"));
    let mut pages = client.logs().follow(jiff::Timestamp::UNIX_EPOCH).pages();
    let error = futures::TryStreamExt::try_next(&mut pages)
        .await
        .unwrap_err();
    assert!(
        error.fix().unwrap().contains("view the System Log"),
        "{}",
        chain(&error)
    );
}

//! The request as it goes out, and every answer that is known.

mod refusals;

use std::path::Path;

use serde_json::{Value, json};

use super::*;
use crate::fixtures::{answer, app, granting, oauth_error, org};
use crate::refusal::RefusalCause;

const DATE_TEXT: &str = "Thu, 01 Jan 2026 00:00:00 GMT";

fn now() -> Timestamp {
    "2026-01-01T00:00:00Z".parse().unwrap()
}

fn assertion(app: &ServiceApp) -> ClientAssertion {
    app.assertion(app.first_key(), &org(), now(), "jti-1")
        .unwrap()
}

fn read_for(app: &ServiceApp, response: &Response<Bytes>) -> Result<Token, AuthError> {
    read_token_response(app, &assertion(app), response, now())
}

fn read(response: &Response<Bytes>) -> Result<Token, AuthError> {
    read_for(&app([Scope::USERS_READ]), response)
}

fn prover() -> Prover {
    let clock = crate::clock::ManualClock::new(now());
    Prover::new(Arc::new(clock), Arc::new(|| "jti".to_owned())).unwrap()
}

fn refusal(response: &Response<Bytes>) -> Refusal {
    match read(response) {
        Err(AuthError::Refused(refusal)) => refusal,
        other => panic!("not a refusal: {other:?}"),
    }
}

#[test]
fn a_token_request_is_a_form_with_an_assertion() {
    let app = app([Scope::USERS_READ, Scope::GROUPS_READ, Scope::USERS_READ]);
    let assertion = assertion(&app);
    let request = token_request(&org(), &app, &assertion);

    assert_eq!(request.method(), Method::POST);
    assert_eq!(request.uri(), "https://acme.okta.com/oauth2/v1/token");
    assert_eq!(request.headers()["accept"], "application/json");
    assert_eq!(
        request.headers()["content-type"],
        "application/x-www-form-urlencoded"
    );
    assert_eq!(
        String::from_utf8(request.body().to_vec()).unwrap(),
        format!(
            "grant_type=client_credentials&scope=okta.users.read+okta.groups.read\
             &client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer\
             &client_assertion={}",
            assertion.expose_secret()
        )
    );
}

#[test]
fn a_token_comes_with_its_lifetime_and_scopes() {
    let token = read(&granting("secret", 3600)).unwrap();
    assert_eq!(token.authorization().to_str().unwrap(), "Bearer secret");
    assert_eq!(token.expires_in(), Some(Duration::from_secs(3600)));
    assert_eq!(token.scopes(), [Scope::USERS_READ]);

    let silent = json!({"token_type": "bearer", "expires_in": 60, "access_token": "secret"});
    let token = read(&answer(200, None, silent.to_string())).unwrap();
    assert_eq!(token.scopes(), [Scope::USERS_READ], "what was asked for");
}

#[test]
fn a_token_for_less_than_is_needed_names_what_is_missing() {
    let wanted = app([Scope::GROUPS_READ, Scope::USERS_READ, Scope::LOGS_READ]);
    let error = read_for(&wanted, &granting("secret", 60)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the token lacks the scopes `okta.groups.read`, `okta.logs.read` \
         (granted: `okta.users.read`)"
    );
    assert!(!error.is_transient());
    assert!(error.fix().unwrap().contains("Okta API Scopes"));
}

#[test]
fn of_more_scopes_than_anybody_has_a_few_are_told() {
    let of = |scope: &str| {
        let body =
            json!({"token_type": "Bearer", "expires_in": 60, "access_token": "t", "scope": scope});
        answer(200, None, body.to_string())
    };
    let many: String = (0..50_000).map(|at| format!("okta.s{at}.read ")).collect();
    let error = read(&of(&many)).unwrap_err().to_string();
    assert!(
        error
            .starts_with("the token lacks the scopes `okta.users.read` (granted: `okta.s0.read`, ")
            && error.ends_with("`okta.s9.read` and 990 more, and 49000 beside them)"),
        "{error}"
    );
    // What is wanted is found behind all the others.
    let token = read(&of(&format!("{many}okta.users.read"))).unwrap();
    assert!(token.scopes().contains(&Scope::USERS_READ));
    assert_eq!(token.scopes().len(), 1_001);
    let long = read(&of(&"x".repeat(256))).unwrap_err().to_string();
    assert!(long.len() < 200, "{long}");
}

#[test]
fn an_answer_that_is_no_token_is_not_quoted() {
    let with = |key: &str, value: Value| {
        let mut body = json!({"token_type": "Bearer", "expires_in": 60, "access_token": "hunter2"});
        body[key] = value;
        answer(200, None, body.to_string())
    };
    for response in [
        answer(200, None, "<html>hunter2</html>"),
        answer(
            200,
            None,
            r#"{"token_type":"Bearer","expires_in":60,"access_token":"hunter2"#,
        ),
        answer(200, None, "[]"),
        answer(204, None, "hunter2"),
        answer(302, None, "hunter2"),
        answer(404, None, "<html>hunter2</html>"),
        answer(401, None, r#"{"message":"hunter2"}"#),
        with("token_type", json!("DPoP")),
        with("expires_in", json!("hunter2")),
        with("expires_in", json!(-1)),
        with("access_token", json!("hunter2\n")),
        with("access_token", Value::Null),
        with("scope", json!("okta.users.read \"hunter2\"")),
    ] {
        let error = read(&response).unwrap_err();
        assert!(matches!(error, AuthError::Unexpected(_)), "{error:?}");
        assert!(!error.is_transient() && error.fix().is_some());
        assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
    }
}

#[test]
fn an_endpoint_that_is_not_available_says_when_to_come_back() {
    // RFC 6749 and Okta's catalogue have an overload with this status.
    let busy = r#"{"error":"temporarily_unavailable","error_description":"hunter2"}"#;
    let failed =
        r#"{"error":"server_error","error_description":"Failed to create the access_token."}"#;
    for (status, body) in [
        (408, "hunter2"),
        (429, "hunter2"),
        (500, failed),
        (502, "hunter2"),
        (503, "hunter2"),
        (504, "hunter2"),
        (400, busy),
    ] {
        let mut response = answer(status, Some(DATE_TEXT), body);
        for (name, value) in [
            ("x-rate-limit-limit", "150"),
            ("x-rate-limit-remaining", "0"),
            ("x-rate-limit-reset", "1767225660"),
            ("retry-after", "60"),
            ("set-cookie", "hunter2"),
        ] {
            response
                .headers_mut()
                .insert(name, HeaderValue::from_static(value));
        }
        let error = read(&response).unwrap_err();
        assert!(error.is_transient());
        let AuthError::Unavailable(unavailable) = &error else {
            panic!("{error:?}")
        };
        assert_eq!(unavailable.status(), status);
        assert_eq!(unavailable.headers().len(), 5);
        assert_eq!(unavailable.headers()["x-rate-limit-reset"], "1767225660");
        assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
    }
}

/// The folder of recorded answers, if there is one.
#[expect(
    clippy::disallowed_methods,
    reason = "where recordings are is a matter of the machine"
)]
fn recordings() -> Option<std::path::PathBuf> {
    let folder = std::env::var("OKTA_RECORDED_DIR").ok();
    if folder.is_none() {
        eprintln!("skipped: OKTA_RECORDED_DIR is not set");
    }
    folder.map(Into::into)
}

fn json_file(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn recorded(path: &Path) -> Response<Bytes> {
    let response = &json_file(path)["response"];
    let status = u16::try_from(response["status"].as_u64().unwrap()).unwrap();
    let mut answer = answer(status, None, response["body"].to_string());
    for (name, values) in response["headers"].as_object().unwrap() {
        for value in values.as_array().unwrap() {
            let name = http::HeaderName::try_from(name).unwrap();
            answer
                .headers_mut()
                .append(name, value.as_str().unwrap().parse().unwrap());
        }
    }
    answer
}

#[test]
fn recorded_answers_of_the_token_endpoint_are_understood() {
    let Some(folder) = recordings() else { return };
    let files = ["oauth", "errors"].map(|kind| std::fs::read_dir(folder.join(kind)).unwrap());
    let mut seen = 0;
    for path in files.into_iter().flatten().map(|file| file.unwrap().path()) {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if !name.contains("post-token") {
            continue;
        }
        seen += 1;
        let response = recorded(&path);
        let result = read(&response);
        let is_as_expected = match name.split("post-token").next().unwrap() {
            "" => match (
                &result,
                response.body().windows(4).any(|word| word == b"DPoP"),
            ) {
                (Ok(token), false) => token.expires_in() == Some(Duration::from_secs(3600)),
                // Without a key of ours it is bound to somebody else's.
                (Err(AuthError::Unexpected(_)), true) => {
                    let prover = Arc::new(prover());
                    let app = app([Scope::USERS_READ]);
                    let bound =
                        read_answer(&app, &assertion(&app), &response, now(), Some(&prover));
                    bound.is_ok_and(|token| token.scheme() == TokenScheme::Dpop)
                }
                _ => false,
            },
            "400-invalid_dpop_proof-" => matches!(
                &result,
                Err(AuthError::Refused(refusal)) if refusal.cause() == RefusalCause::DpopRequired
            ),
            "400-use_dpop_nonce-" => matches!(
                &result,
                Err(AuthError::Refused(refusal)) if refusal.cause() == RefusalCause::DpopNonceRequired
            ),
            "429-E0000047-" => matches!(
                &result,
                Err(AuthError::Unavailable(unavailable))
                    if unavailable.headers().contains_key("x-rate-limit-reset")
                        && unavailable.headers().contains_key("date")
            ),
            _ => matches!(result, Err(AuthError::Refused(_))),
        };
        assert!(is_as_expected, "{name}: {result:?}");
    }
    assert!(seen >= 5, "{seen} recordings");
}

//! Every refusal that Okta documents, from the answer to its cause and fix.

use std::collections::HashSet;

use jiff::SignedDuration;

use super::*;
use crate::refusal::ANSWERS;

#[test]
fn a_refusal_about_time_measures_the_clocks() {
    const EXPIRED: &str = "The client_assertion token is expired.";
    for (date, skew, words) in [
        (
            "Thu, 01 Jan 2026 05:30:00 GMT",
            19_800,
            "is 5 h 30 min behind Okta's",
        ),
        (
            "Wed, 31 Dec 2025 23:59:00 GMT",
            -60,
            "is 1 min ahead of Okta's",
        ),
        (DATE_TEXT, 0, "agrees with Okta's"),
    ] {
        let refusal = refusal(&oauth_error(401, Some(date), "invalid_client", EXPIRED));
        assert_eq!(refusal.cause(), RefusalCause::Expired);
        assert_eq!(refusal.clock_skew(), Some(SignedDuration::from_secs(skew)));
        assert!(refusal.to_string().contains(words), "{refusal}");
    }
    for date in [None, Some("yesterday")] {
        let refusal = refusal(&oauth_error(401, date, "invalid_client", EXPIRED));
        assert_eq!(refusal.clock_skew(), None);
    }
    let other = refusal(&oauth_error(401, Some(DATE_TEXT), "invalid_client", "else"));
    assert_eq!(
        other.clock_skew(),
        None,
        "a clock that has nothing to do with it"
    );
}

#[test]
fn the_fix_for_a_time_fits_the_clocks() {
    let clock = "set this machine's clock right (NTP)";
    for (text, date, fix) in [
        (
            "is expired.",
            "Thu, 01 Jan 2026 02:00:00 GMT",
            "it is behind Okta's",
        ),
        (
            "is expired.",
            "Thu, 01 Jan 2026 00:04:00 GMT",
            "it is behind Okta's",
        ),
        ("is expired.", DATE_TEXT, "the clocks do not explain it"),
        (
            "is expired.",
            "Thu, 01 Jan 2026 00:00:20 GMT",
            "the clocks do not explain it",
        ),
        // A fast clock makes no assertion expire.
        (
            "is expired.",
            "Wed, 31 Dec 2025 22:00:00 GMT",
            "the clocks do not explain it",
        ),
        (
            "must be issued before the current time.",
            "Wed, 31 Dec 2025 23:59:50 GMT",
            "it is ahead of Okta's",
        ),
        (
            "must be issued before the current time.",
            DATE_TEXT,
            "the clocks do not explain it",
        ),
        (
            "has an expiration too far into the future.",
            "Wed, 31 Dec 2025 22:00:00 GMT",
            "it is ahead of Okta's",
        ),
        (
            "has an expiration too far into the future.",
            "Thu, 01 Jan 2026 00:00:01 GMT",
            "the clocks do not explain it",
        ),
        ("is expired.", "yesterday", clock),
    ] {
        let text = format!("The client_assertion token {text}");
        let error = read(&oauth_error(401, Some(date), "invalid_client", &text)).unwrap_err();
        let found = error.fix().unwrap();
        assert!(found.contains(fix), "{text} {date}: {found}");
        assert_eq!(
            found.contains(clock),
            !fix.contains("explain"),
            "{text} {date}"
        );
    }
    let far = refusal(&oauth_error(
        401,
        Some("Sun, 04 Jan 2026 02:00:05 GMT"),
        "invalid_client",
        "token is expired",
    ));
    assert!(
        far.to_string()
            .ends_with(
                "(this machine's clock is 3 d 2 h behind Okta's: 2026-01-01T00:00:00Z here, 2026-01-04T02:00:05Z in the \
                 answer)"
            ),
        "{far}"
    );
}

#[test]
fn a_difference_of_more_than_a_day_is_not_put_right() {
    for (date, correction) in [
        ("Thu, 01 Jan 2026 00:00:00 GMT", Some(0)),
        ("Fri, 02 Jan 2026 00:00:00 GMT", Some(86_400)),
        ("Wed, 31 Dec 2025 00:00:00 GMT", Some(-86_400)),
        ("Fri, 02 Jan 2026 00:00:01 GMT", None),
        ("Tue, 30 Dec 2025 23:59:59 GMT", None),
        ("Mon, 01 Jan 2035 00:00:00 GMT", None),
        ("Thu, 01 Jan 1970 00:00:00 GMT", None),
        ("Fri, 01 Jan 9999 00:00:00 GMT", None),
    ] {
        for text in ["token is expired", "must be issued before the current time"] {
            let error = read(&oauth_error(401, Some(date), "invalid_client", text)).unwrap_err();
            let fix = error.fix().unwrap().to_owned();
            let AuthError::Refused(refusal) = error else {
                panic!("{error:?}")
            };
            let seconds = refusal.correction().map(|skew| skew.as_secs());
            assert_eq!(seconds, correction, "{date}");
            let message = refusal.to_string();
            assert_eq!(
                message.contains("2026-01-01T00:00:00Z here, "),
                correction.is_none(),
                "{message}"
            );
            assert_eq!(
                fix.contains("whoever answers in Okta's place"),
                correction.is_none(),
                "{fix}"
            );
        }
    }
}

#[test]
fn an_answer_of_somebody_else_says_so_and_not_what_okta_would_want() {
    let html = "<html>hunter2</html>";
    for (status, content_type, body, words, fix) in [
        (
            403,
            Some("text/html"),
            html,
            "403 Forbidden with `text/html`",
            "firewall",
        ),
        (
            401,
            Some("text/html; charset=utf-8"),
            html,
            "401 Unauthorized with `text/html; charset=utf-8`",
            "firewall",
        ),
        (
            403,
            Some("application/json"),
            r#"{"message":"hunter2"}"#,
            "403 Forbidden with `application/json`",
            "firewall",
        ),
        (
            403,
            Some("application/json"),
            r#"{"error":{"code":403}}"#,
            "403 Forbidden",
            "firewall",
        ),
        (
            403,
            None,
            "",
            "403 Forbidden without a content type",
            "firewall",
        ),
        (
            404,
            Some("text/plain"),
            "404 page not found",
            "404 Not Found with `text/plain`",
            "correct the org URL",
        ),
        (
            404,
            Some("application/json"),
            r#"{"error":"not_found"}"#,
            "404 Not Found",
            "correct the org URL",
        ),
        (
            404,
            Some("application/json"),
            r#"{"errorCode":"E0000007","errorSummary":"x"}"#,
            "404 Not Found",
            "correct the org URL",
        ),
        (
            405,
            Some("text/html"),
            html,
            "405 Method Not Allowed",
            "correct the org URL",
        ),
        (
            407,
            Some("text/html"),
            html,
            "407 Proxy Authentication Required",
            "HTTPS_PROXY",
        ),
        (
            400,
            Some("text/html"),
            html,
            "400 Bad Request with `text/html`",
            "check that the org URL",
        ),
        (
            302,
            Some("text/html"),
            html,
            "302 Found with `text/html`",
            "check that the org URL",
        ),
    ] {
        let mut response = answer(status, None, body);
        if let Some(content_type) = content_type {
            let headers = response.headers_mut();
            headers.insert("content-type", HeaderValue::from_static(content_type));
        }
        let error = read(&response).unwrap_err();
        let AuthError::Unexpected(cause) = &error else {
            panic!("{error:?}")
        };
        assert_eq!(
            error.to_string(),
            "the answer to the token request is not one of Okta's"
        );
        let printed = cause.to_string();
        assert!(
            printed.starts_with(words) && !printed.contains("hunter2"),
            "{printed}"
        );
        let found = error.fix().unwrap();
        assert!(
            found.contains(fix) && !found.contains("role"),
            "{status}: {found}"
        );
    }
}

/// Each row of the table of causes, as an answer: it is understood as that cause, which says what to do.
#[test]
fn a_refusal_is_told_by_its_words_and_comes_with_its_fix() {
    let mut seen = HashSet::new();
    for (cause, status, error, description) in ANSWERS {
        let refused = refusal(&oauth_error(*status, None, error, description));
        assert_eq!(refused.cause(), *cause, "{description}");
        assert_eq!(refused.status(), *status);
        assert_eq!(
            (refused.error(), refused.description()),
            (*error, Some(*description))
        );
        let fix = cause.fix().unwrap_or_default();
        assert!(
            fix.len() > 20 && !fix.ends_with('.') && !fix.contains("  "),
            "{cause:?}: {fix}"
        );
        assert!(seen.insert(*cause), "{cause:?} is there twice");
    }
    assert_eq!(seen.len(), 31);
    let dpop = RefusalCause::DpopRequired.fix().unwrap();
    assert!(
        dpop.contains("General Settings") && dpop.contains("Proof of possession"),
        "{dpop}"
    );
}

#[test]
fn a_refusal_in_other_words_is_quoted_and_has_no_fix() {
    for (error, description) in [
        ("invalid_client", "Something new."),
        ("something_new", "The client_assertion token is expired."),
        ("invalid_request", "Something new."),
        ("invalid_scope", "Something new."),
    ] {
        let refused = refusal(&oauth_error(401, None, error, description));
        assert_eq!(refused.cause(), RefusalCause::Other, "{description}");
        assert!(refused.cause().fix().is_none());
        assert!(refused.to_string().contains(error), "{refused}");
    }
}

#[test]
fn a_refusal_says_who_asked_for_what() {
    let refused = read(&oauth_error(401, None, "invalid_client", "kid is invalid")).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "the token request of client `0oatestapp0000000001` with key `portal-sync-test-1` for `okta.users.read` was refused"
    );
    let AuthError::Refused(refusal) = refused else {
        panic!("{refused}")
    };
    assert_eq!(refusal.key_ids(), ["portal-sync-test-1"]);
    let several = refusal.with_key_ids(vec!["new".to_owned(), "old".to_owned()]);
    let error = AuthError::Refused(several).to_string();
    assert!(error.contains("with keys `new`, `old` for"), "{error}");
}

#[test]
fn an_error_of_the_api_and_one_without_words_are_refusals_too() {
    let body = json!({"errorCode": "E0000022", "errorSummary": "Not supported", "errorCauses": []});
    let api = refusal(&answer(405, None, body.to_string()));
    assert_eq!(
        api.to_string(),
        "okta answered 405 `E0000022`: Not supported"
    );
    let bare = refusal(&answer(400, None, r#"{"error":"invalid_request"}"#));
    assert_eq!(bare.to_string(), "okta answered 400 `invalid_request`");
    let long = refusal(&oauth_error(400, None, "e", &"x\n".repeat(4000)));
    assert!(long.to_string().len() < 400 && !long.to_string().contains('\n'));
    let hostile = "\u{202e}\u{1b}[2J\u{9b}\u{2028}".repeat(100_000);
    let hostile = refusal(&oauth_error(400, None, &hostile, &hostile)).to_string();
    assert!(hostile.len() < 700, "{}", hostile.len());
    assert!(!hostile.contains(crate::visible::is_hidden), "{hostile}");
}

#[test]
fn okta_s_own_list_of_errors_is_told_apart() {
    use RefusalCause::*;
    let Some(folder) = recordings() else { return };
    let list = json_file(&folder.join("documented-okta-oauth2-error-codes.json"));
    let mut found = 0;
    for entry in list["errors"].as_array().unwrap() {
        let text = |key: &str| entry[key].as_str().unwrap_or_default();
        let expected = match text("internalErrorCode") {
            "client_assertion_invalid_signature" => BadSignature,
            "client_assertion_invalid_kid" => UnknownKeyId,
            "client_assertion_invalid_audience" => WrongAudience,
            "client_assertion_expired_token" => Expired,
            "client_assertion_issued_at_in_future" => IssuedInFuture,
            "client_assertion_expires_too_far_in_future" => ExpiresTooLate,
            "client_assertion_already_used" => Replayed,
            "client_assertion_expiration_required" => ExpiryMissing,
            "client_assertion_invalid_issuer" => WrongIssuer,
            "client_assertion_invalid_subject" => WrongSubject,
            "client_assertion_invalid_jwt" => MalformedAssertion,
            "client_assertion_invalid_signature_algorithm" => AlgorithmNotAllowed,
            "client_assertion_not_signed_with_signing_key" | "client_assertion_invalid_key_use" => {
                NotSigningKey
            }
            "jwks_uri_error" => KeySetUnreachable,
            "invalid_client_id" => UnknownClient,
            "missing_client_credentials" => NoCredentials,
            "client_assertion_type_invalid" => WrongAssertionType,
            "token_request_missing_grant_type" => GrantTypeMissing,
            "unsupported_grant_type"
            | "unsupported_grant_type_client_creds_org_as"
            | "unauthorized_client" => GrantNotEnabled,
            "missing_scopes" => NoScopeRequested,
            "openid_not_allowed_client_creds" => OpenIdScope,
            "client_credentials_self_scope_requested" => SelfScope,
            "client_assertion_jwks_not_configured" => NoKeySet,
            "invalid_application_type_client_credentials" => NotServiceApp,
            "unsupported_auth_method_client_creds" => KeyAuthRequired,
            "no_matching_scope" | "invalid_scope" => UnknownScope,
            "no_org_scopes_granted" | "consent_required_client_credentials" => NoScopeGranted,
            "invalid_dpop_proof_missing_header" => DpopRequired,
            "use_dpop_nonce" => DpopNonceRequired,
            "invalid_dpop_proof_jwt_issued_in_future" => IssuedInFuture,
            "invalid_dpop_proof_jwt_too_old" | "invalid_dpop_proof_jwt_expired" => Expired,
            "dpop_proof_already_used" => Replayed,
            "invalid_dpop_proof"
            | "invalid_dpop_proof_multiple_headers_not_allowed"
            | "invalid_dpop_proof_invalid_jwt"
            | "invalid_dpop_proof_invalid_signature_algorithm"
            | "invalid_dpop_proof_invalid_type"
            | "invalid_dpop_proof_invalid_signature"
            | "invalid_dpop_proof_invalid_htm"
            | "invalid_dpop_proof_invalid_htu"
            | "invalid_dpop_proof_invalid_iat"
            | "invalid_dpop_proof_invalid_jti" => DpopRefused,
            "disallowed_network_zone" => AccessDenied,
            // About a client secret, about the app's key set as a whole, and the one that says nothing.
            "client_assertion_invalid_no_secret"
            | "client_assertion_invalid_jwks"
            | "jwks_uri_no_key"
            | "invalid_client" => Other,
            _ => continue,
        };
        found += 1;
        let status = u16::try_from(entry["statusCode"].as_u64().unwrap()).unwrap();
        let response = oauth_error(status, None, text("errorCode"), text("errorDescription"));
        assert_eq!(
            refusal(&response).cause(),
            expected,
            "{}",
            text("errorDescription")
        );
    }
    assert_eq!(found, 53);
}

//! Refusals, from the answer to the cause.

use super::*;

#[test]
fn a_refusal_about_time_measures_the_clocks() {
    const EXPIRED: &str = "The client_assertion token is expired.";
    for (date, skew, words) in [
        (
            "Thu, 01 Jan 2026 05:30:00 GMT",
            19_800,
            "19800 s behind Okta's",
        ),
        ("Wed, 31 Dec 2025 23:59:00 GMT", -60, "60 s ahead of Okta's"),
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
fn a_refusal_is_told_by_its_words_and_comes_with_its_fix() {
    use RefusalCause::*;
    for (status, error, description, cause) in [
        (
            401,
            "invalid_client",
            "The client_assertion signature is invalid.",
            BadSignature,
        ),
        (
            401,
            "invalid_client",
            "The client_assertion JWT kid is invalid.",
            UnknownKeyId,
        ),
        (
            401,
            "invalid_client",
            "The audience claim for client_assertion must be the endpoint invoked for the request.",
            WrongAudience,
        ),
        (
            401,
            "invalid_client",
            "The client_assertion token is expired.",
            Expired,
        ),
        (
            401,
            "invalid_client",
            "The client_assertion token must be issued before the current time.",
            IssuedInFuture,
        ),
        (
            401,
            "invalid_client",
            "The client_assertion token has an expiration too far into the future.",
            ExpiresTooLate,
        ),
        (
            401,
            "invalid_client",
            "The client_assertion token has already been used.",
            Replayed,
        ),
        (
            401,
            "invalid_client",
            "Invalid value for 'client_id' parameter.",
            UnknownClient,
        ),
        (
            401,
            "invalid_client",
            "The client does not have a JWKSet configured, but the client_assertion requires one.",
            NoKeySet,
        ),
        (
            401,
            "invalid_client",
            "Only clients with 'application_type' of 'service' may use the client_credentials \
             'grant_type' with the Org Authorization Server.",
            NotServiceApp,
        ),
        (
            401,
            "invalid_client",
            "Client Credentials requests to the Org Authorization Server must use the \
             private_key_jwt token_endpoint_auth_method.",
            KeyAuthRequired,
        ),
        (
            400,
            "invalid_scope",
            "One or more scopes are not configured for the authorization server resource.",
            UnknownScope,
        ),
        (
            400,
            "consent_required",
            "You are not allowed any of the requested scopes.",
            NoScopeGranted,
        ),
        (
            400,
            "invalid_dpop_proof",
            "The DPoP proof JWT header is missing.",
            DpopRequired,
        ),
        (
            403,
            "access_denied",
            "The request is made from outside …",
            AccessDenied,
        ),
        (401, "invalid_client", "Something new.", Other),
        (
            401,
            "something_new",
            "The client_assertion token is expired.",
            Other,
        ),
    ] {
        let refused = refusal(&oauth_error(status, None, error, description));
        assert_eq!(refused.cause(), cause, "{description}");
        assert_eq!(refused.status(), status);
        assert_eq!(
            (refused.error(), refused.description()),
            (error, Some(description))
        );
        assert_eq!(cause.fix().is_none(), cause == Other, "{description}");
    }
    let dpop = DpopRequired.fix().unwrap();
    assert!(
        dpop.contains("General Settings") && dpop.contains("Proof of possession"),
        "{dpop}"
    );
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
            "client_assertion_invalid_issuer"
            | "client_assertion_invalid_subject"
            | "invalid_client_id" => UnknownClient,
            "client_assertion_jwks_not_configured" => NoKeySet,
            "invalid_application_type_client_credentials" => NotServiceApp,
            "unsupported_auth_method_client_creds" => KeyAuthRequired,
            "no_matching_scope" => UnknownScope,
            "no_org_scopes_granted" => NoScopeGranted,
            "invalid_dpop_proof_missing_header" => DpopRequired,
            "use_dpop_nonce" => DpopNonceRequired,
            "invalid_dpop_proof_jwt_issued_in_future" => IssuedInFuture,
            "invalid_dpop_proof_jwt_too_old" | "invalid_dpop_proof_jwt_expired" => Expired,
            "dpop_proof_already_used" => Replayed,
            "invalid_dpop_proof"
            | "invalid_dpop_proof_invalid_type"
            | "invalid_dpop_proof_invalid_signature"
            | "invalid_dpop_proof_invalid_htm"
            | "invalid_dpop_proof_invalid_htu"
            | "invalid_dpop_proof_invalid_iat"
            | "invalid_dpop_proof_invalid_jti" => DpopRefused,
            "disallowed_network_zone" => AccessDenied,
            "client_assertion_invalid_jwt"
            | "client_assertion_invalid_signature_algorithm"
            | "client_assertion_expiration_required"
            | "client_assertion_type_invalid" => Other,
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
    assert_eq!(found, 33);
}

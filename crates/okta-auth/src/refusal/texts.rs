//! By which words of an answer its cause is known. They are taken from the texts of Okta's catalogue of OAuth errors
//! (okta-developer-docs, `oauth2-error-codes.json`), no longer than it takes to tell them apart, so that a text may be
//! polished without being misread.

use super::RefusalCause;

/// The cause of a refusal with this code and description.
pub(super) fn cause_of(error: &str, description: &str) -> RefusalCause {
    let description = description.to_ascii_lowercase();
    let rows = TEXTS.iter().find(|(code, _)| *code == error);
    let mut rows = rows.map_or(&[][..], |(_, rows)| rows).iter();
    let row = rows.find(|(words, _)| description.contains(words));
    row.map_or(RefusalCause::Other, |(_, cause)| *cause)
}

/// For each code the words, in lower case, the more particular first. A row without words takes whatever is left.
const TEXTS: &[(&str, &[(&str, RefusalCause)])] = {
    use RefusalCause::*;
    &[
        (
            "invalid_client",
            &[
                ("signature is invalid", BadSignature),
                ("kid is invalid", UnknownKeyId),
                ("audience claim", WrongAudience),
                ("token is expired", Expired),
                ("too far into the future", ExpiresTooLate),
                ("issued before the current time", IssuedInFuture),
                ("'exp' claim", ExpiryMissing),
                ("already been used", Replayed),
                ("issuer claim for", WrongIssuer),
                ("subject claim for client_assertion is not", WrongSubject),
                ("parsing of the client_assertion", MalformedAssertion),
                ("signature algorithm is invalid", AlgorithmNotAllowed),
                ("using a signing key", NotSigningKey),
                ("invalid 'use' parameter", NotSigningKey),
                ("does not have a jwkset", NoKeySet),
                ("error retrieving the client jwkset", KeySetUnreachable),
                ("invalid value for 'client_id'", UnknownClient),
                ("no client credentials", NoCredentials),
                ("'application_type' of 'service'", NotServiceApp),
                ("must use the private_key_jwt", KeyAuthRequired),
            ],
        ),
        (
            "invalid_request",
            &[
                ("client_assertion_type", WrongAssertionType),
                ("must specify a 'grant_type'", GrantTypeMissing),
            ],
        ),
        ("unsupported_grant_type", &[("grant type", GrantNotEnabled)]),
        ("unauthorized_client", &[("grant type", GrantNotEnabled)]),
        (
            "invalid_scope",
            &[
                ("no scopes were requested", NoScopeRequested),
                ("not configured for the authorization server", UnknownScope),
                ("invalid, unknown, malformed", UnknownScope),
                ("cannot request 'openid'", OpenIdScope),
                ("not allowed any of the requested scopes", NoScopeGranted),
            ],
        ),
        (
            "client_credentials_self_scope_requested",
            &[("", SelfScope)],
        ),
        ("consent_required", &[("", NoScopeGranted)]),
        ("use_dpop_nonce", &[("", DpopNonceRequired)]),
        (
            "invalid_dpop_proof",
            &[
                ("header is missing", DpopRequired),
                ("issued in the future", IssuedInFuture),
                ("in the past", Expired),
                ("is expired", Expired),
                ("already been used", Replayed),
                ("", DpopRefused),
            ],
        ),
        ("access_denied", &[("", AccessDenied)]),
    ]
};

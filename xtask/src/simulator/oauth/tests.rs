//! Every refusal of the token endpoint that can be provoked, with its exact status and text.

use axum::body::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use jsonwebtoken::jwk::{Jwk, JwkSet, PublicKeyUse};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use super::super::reply::Content;
use super::*;

const NOW: i64 = 1_767_225_600;
const AUDIENCE: &str = "http://127.0.0.1:9/oauth2/v1/token";

fn key(name: &str) -> Vec<u8> {
    let path = format!("{}/../fixtures/keys/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn org() -> Org {
    let public: Jwk = serde_json::from_slice(&key("rsa2048.public.jwk.json")).unwrap();
    let mut encryption = public.clone();
    encryption.common.key_id = Some("encryption".to_owned());
    encryption.common.public_key_use = Some(PublicKeyUse::Encryption);
    let client = Client::new(
        "0oaclient",
        JwkSet {
            keys: vec![public, encryption],
        },
    );
    let with = |id: &str, change: fn(&mut Client)| {
        let mut other = client.clone();
        id.clone_into(&mut other.client_id);
        change(&mut other);
        other
    };
    let p521: Jwk = serde_json::from_slice(&key("ec-p521.public.jwk.json")).unwrap();
    let clients = vec![
        Client::new("0oap521", JwkSet { keys: vec![p521] }),
        with("0oadpop", |client| client.dpop_required = true),
        with("0oaweb", |client| client.service = false),
        with("0oaoff", |client| client.active = false),
        with("0oakeyless", |client| client.keys.keys.clear()),
        with("0oausers", |client| client.scopes.truncate(1)),
        client,
    ];
    Org {
        clients,
        ..Org::default()
    }
}

/// A token request that would be granted, for the tests to spoil.
struct Ask {
    header: Header,
    claims: Value,
    key: &'static str,
    form: Vec<(&'static str, String)>,
    headers: Vec<(&'static str, &'static str)>,
    uri: &'static str,
    assertion: Option<String>,
}

impl Ask {
    fn good(client: &str) -> Self {
        let claims = json!({
            "iss": client, "sub": client, "aud": AUDIENCE, "iat": NOW, "exp": NOW + 300, "jti": "one",
        });
        let form = vec![
            ("grant_type", "client_credentials".to_owned()),
            ("scope", "okta.users.read okta.groups.read".to_owned()),
            ("client_assertion_type", JWT_BEARER.to_owned()),
        ];
        let mut header = Header::new(Algorithm::RS256);
        header.kid = Some("portal-sync-test-1".to_owned());
        let headers = vec![
            ("host", "127.0.0.1:9"),
            ("content-type", "application/x-www-form-urlencoded"),
        ];
        Self {
            header,
            claims,
            key: "rsa2048.pkcs8.pem",
            form,
            headers,
            uri: "/oauth2/v1/token",
            assertion: None,
        }
    }

    fn claim(mut self, name: &str, value: Value) -> Self {
        self.claims[name] = value;
        self
    }

    fn form(mut self, name: &'static str, value: &str) -> Self {
        self.form.retain(|(key, _)| *key != name);
        self.form.push((name, value.to_owned()));
        self
    }

    fn without(mut self, name: &str) -> Self {
        self.form.retain(|(key, _)| *key != name);
        self
    }

    fn kid(mut self, kid: &str) -> Self {
        self.header.kid = Some(kid.to_owned());
        self
    }

    fn call(&self) -> Call {
        let signed = || {
            let key = EncodingKey::from_rsa_pem(&key(self.key)).unwrap();
            jsonwebtoken::encode(&self.header, &self.claims, &key).unwrap()
        };
        let assertion = self.assertion.clone().unwrap_or_else(signed);
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(&self.form);
        if assertion != "none" {
            form.append_pair("client_assertion", &assertion);
        }
        let headers: HeaderMap = self
            .headers
            .iter()
            .map(|(name, value)| {
                (
                    HeaderName::from_static(name),
                    HeaderValue::from_static(value),
                )
            })
            .collect();
        Call::new(
            Method::POST,
            &self.uri.parse().unwrap(),
            headers,
            Bytes::from(form.finish()),
        )
    }
}

struct Bench {
    desk: Desk,
    tokens: Tokens,
    chance: Chance,
}

impl Bench {
    fn new() -> Self {
        Self {
            desk: Desk::default(),
            tokens: Tokens::default(),
            chance: Chance::new(1),
        }
    }

    fn ask(&mut self, ask: &Ask) -> (u16, Value) {
        let now = Timestamp::from_second(NOW).unwrap();
        let options = Options::default();
        let reply = token(
            &mut self.desk,
            &mut self.tokens,
            &mut self.chance,
            &org(),
            &options,
            &ask.call(),
            now,
        );
        match reply.content {
            Content::Json(body) => (reply.status.as_u16(), body),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_good_request_is_granted() {
    let (status, body) = Bench::new().ask(&Ask::good("0oaclient"));
    assert_eq!(status, 200);
    assert_eq!(body["token_type"], "Bearer");
    assert_eq!(body["expires_in"], 3600);
    assert_eq!(body["scope"], "okta.users.read okta.groups.read");
    assert!(
        body["access_token"]
            .as_str()
            .is_some_and(|token| token.len() > 40)
    );
}

#[test]
fn what_else_is_granted() {
    for ask in [
        Ask::good("0oaclient").claim("aud", json!(["other", AUDIENCE])),
        Ask::good("0oaclient").claim("iat", Value::Null),
        Ask::good("0oaclient").claim("jti", Value::Null),
        Ask::good("0oaclient").claim("exp", json!(NOW + 3600)),
        Ask::good("0oaclient").form("client_id", "0oaclient"),
    ] {
        assert_eq!(Bench::new().ask(&ask).0, 200, "{}", ask.claims);
    }
}

/// An assertion of `client` by the key on P-521, which the JWT library does not sign with.
fn by_es512(client: &str) -> Ask {
    use aws_lc_rs::signature::{ECDSA_P521_SHA512_FIXED_SIGNING, EcdsaKeyPair};
    use base64::Engine as _;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
    let pem = String::from_utf8(key("ec-p521.pkcs8.pem")).unwrap();
    let der: String = pem.lines().filter(|line| !line.contains("---")).collect();
    let der = STANDARD.decode(der).unwrap();
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P521_SHA512_FIXED_SIGNING, &der).unwrap();
    let ask = Ask::good(client);
    let header = json!({"typ": "JWT", "alg": "ES512", "kid": "portal-sync-test-3"});
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let message = format!("{}.{}", part(&header), part(&ask.claims));
    let random = aws_lc_rs::rand::SystemRandom::new();
    let signature = pair.sign(&random, message.as_bytes()).unwrap();
    let signature = URL_SAFE_NO_PAD.encode(signature);
    Ask {
        assertion: Some(format!("{message}.{signature}")),
        ..ask
    }
}

#[test]
fn an_assertion_may_be_signed_on_the_curve_p_521() {
    assert_eq!(Bench::new().ask(&by_es512("0oap521")).0, 200);
    let mut forged = by_es512("0oap521");
    let other = Ask::good("0oap521").claim("jti", json!("two"));
    let claims = {
        use base64::Engine as _;
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(other.claims.to_string())
    };
    let jws = forged.assertion.take().unwrap();
    let parts: Vec<&str> = jws.split('.').collect();
    forged.assertion = Some(format!("{}.{claims}.{}", parts[0], parts[2]));
    let (status, body) = Bench::new().ask(&forged);
    assert_eq!(
        (status, &body["error_description"]),
        (401, &json!("The client_assertion signature is invalid."))
    );
}

#[test]
fn the_scope_is_the_intersection() {
    assert_eq!(
        Bench::new().ask(&Ask::good("0oausers")).1["scope"],
        "okta.users.read"
    );
}

#[test]
fn an_assertion_works_once_even_when_the_request_failed() {
    let mut bench = Bench::new();
    let (_, refused) = bench.ask(&Ask::good("0oaclient").form("scope", "okta.apps.read"));
    assert_eq!(refused["error"], "consent_required");
    let (status, body) = bench.ask(&Ask::good("0oaclient"));
    assert_eq!((status, &body["error"]), (401, &json!("invalid_client")));
    assert_eq!(
        body["error_description"],
        "The client_assertion token has already been used."
    );
    assert_eq!(
        bench
            .ask(&Ask::good("0oaclient").claim("jti", json!("two")))
            .0,
        200
    );
}

#[test]
fn an_assertion_is_used_up_by_a_missing_proof() {
    let mut bench = Bench::new();
    assert_eq!(
        bench.ask(&Ask::good("0oadpop")).1["error_description"],
        "The DPoP proof JWT header is missing."
    );
    let again = bench.ask(&Ask::good("0oadpop")).1;
    assert_eq!(
        again["error_description"],
        "The client_assertion token has already been used."
    );
}

#[test]
fn refusals_have_the_published_status_and_text() {
    let good = || Ask::good("0oaclient");
    let header = |name, value| {
        let mut ask = good();
        ask.headers.push((name, value));
        ask
    };
    let cases: Vec<(Ask, u16, &str, &str)> = vec![
        (
            Ask {
                key: "rsa2048.wrong.pem",
                ..good()
            },
            401,
            "invalid_client",
            "The client_assertion signature is invalid.",
        ),
        (
            good().kid("other"),
            401,
            "invalid_client",
            "The client_assertion JWT kid is invalid.",
        ),
        (
            Ask {
                header: Header::new(Algorithm::RS256),
                ..good()
            },
            401,
            "invalid_client",
            "The client_assertion JWT kid is invalid.",
        ),
        (
            good().kid("encryption"),
            401,
            "invalid_client",
            "The client_assertion JWT needs to be signed using a signing key.",
        ),
        (
            good().claim("aud", json!("http://127.0.0.1:9")),
            401,
            "invalid_client",
            "The audience claim for client_assertion must be the endpoint invoked for the request.",
        ),
        (
            good().claim("exp", json!(NOW)),
            401,
            "invalid_client",
            "The client_assertion token is expired.",
        ),
        (
            good().claim("exp", json!(NOW + 3601)),
            401,
            "invalid_client",
            "The client_assertion token has an expiration too far into the future.",
        ),
        (
            good().claim("iat", json!(NOW + 1)),
            401,
            "invalid_client",
            "The client_assertion token must be issued before the current time.",
        ),
        (
            good().claim("exp", json!("soon")),
            401,
            "invalid_client",
            "The client_assertion must contain the 'exp' claim as seconds since epoch.",
        ),
        (
            good().claim("iss", json!("0oaother")),
            401,
            "invalid_client",
            "The issuer claim for client_assertion is not a valid client_id.",
        ),
        (
            good()
                .claim("sub", json!("0oaother"))
                .form("client_id", "0oaclient"),
            401,
            "invalid_client",
            "The subject claim for client_assertion is not a valid client_id.",
        ),
        (
            Ask {
                assertion: Some("not.a.jwt".to_owned()),
                ..good()
            },
            401,
            "invalid_client",
            "The parsing of the client_assertion failed.",
        ),
        (
            Ask {
                assertion: Some(
                    "eyJhbGciOiJub25lIn0.eyJpc3MiOiIwb2FjbGllbnQiLCJzdWIiOiIwb2FjbGllbnQifQ."
                        .to_owned(),
                ),
                ..good()
            },
            401,
            "invalid_client",
            "The client_assertion JWT signature algorithm is invalid.",
        ),
        (
            Ask::good("0oakeyless"),
            401,
            "invalid_client",
            "The client does not have a JWKSet configured, but the client_assertion requires one.",
        ),
        (
            Ask::good("0oanobody"),
            401,
            "invalid_client",
            "Invalid value for 'client_id' parameter.",
        ),
        (
            Ask::good("0oaoff"),
            401,
            "invalid_client",
            "Invalid value for 'client_id' parameter.",
        ),
        (
            Ask::good("0oaweb"),
            401,
            "invalid_client",
            "Only clients with 'application_type' of 'service' may use the client_credentials 'grant_type' with the Org \
             Authorization Server.",
        ),
        (
            Ask {
                assertion: Some("none".to_owned()),
                ..good()
            },
            401,
            "invalid_client",
            "No client credentials found.",
        ),
        (
            Ask {
                assertion: Some("none".to_owned()),
                ..good()
            }
            .form("client_secret", "x"),
            401,
            "invalid_client",
            "Client Credentials requests to the Org Authorization Server must use the private_key_jwt \
             token_endpoint_auth_method.",
        ),
        (
            header("authorization", "Basic eDp5"),
            401,
            "invalid_request",
            "Cannot supply multiple client credentials. Use one of the following: credentials in the Authorization \
             header, credentials in the post body, or a client_assertion in the post body.",
        ),
        (
            Ask {
                uri: "/oauth2/v1/token?client_id=0oaclient",
                ..good()
            },
            400,
            "invalid_request",
            "Client credentials cannot be supplied via query parameters.",
        ),
        (
            good().form("client_assertion_type", "x"),
            400,
            "invalid_request",
            "The client_assertion_type is invalid.",
        ),
        (
            good().without("grant_type"),
            400,
            "invalid_request",
            "The token request must specify a 'grant_type'. Valid values: [client_credentials]",
        ),
        (
            good().form("grant_type", "password"),
            400,
            "unsupported_grant_type",
            "The authorization grant type is not supported by the authorization server. Configured grant types: \
             [client_credentials].",
        ),
        (
            good().without("scope"),
            400,
            "invalid_scope",
            "No scopes were requested.",
        ),
        (
            good().form("scope", "okta.users.look"),
            400,
            "invalid_scope",
            "One or more scopes are not configured for the authorization server resource.",
        ),
        (
            good().form("scope", "openid"),
            400,
            "invalid_scope",
            "Cannot request 'openid' scopes using client credentials.",
        ),
        (
            good().form("scope", "okta.users.read.self"),
            400,
            "client_credentials_self_scope_requested",
            "The 'client_credentials' grant type may not request .self scopes.",
        ),
        (
            good().form("scope", "okta.apps.read okta.logs.read"),
            400,
            "consent_required",
            "You are not allowed any of the requested scopes.",
        ),
        (
            Ask::good("0oadpop"),
            400,
            "invalid_dpop_proof",
            "The DPoP proof JWT header is missing.",
        ),
    ];
    for (ask, status, error, description) in cases {
        let expected = (
            status,
            json!({ "error": error, "error_description": description }),
        );
        assert_eq!(Bench::new().ask(&ask), expected);
    }
}

#[test]
fn a_body_that_is_no_form_is_refused() {
    let mut ask = Ask::good("0oaclient");
    ask.headers = vec![
        ("host", "127.0.0.1:9"),
        ("content-type", "application/json"),
    ];
    assert_eq!(Bench::new().ask(&ask).0, 400);
}

#[test]
fn tokens_do_not_print() {
    let mut bench = Bench::new();
    let (_, body) = bench.ask(&Ask::good("0oaclient"));
    let token = body["access_token"].as_str().unwrap();
    assert!(!format!("{:?}", bench.tokens).contains(token));
}

//! What is left of an answer gives the client what the whole answer gave it, and tells nothing that is not used.

use bytes::Bytes;
use okta_api::Client;
use okta_auth::testing::{Answer, ScriptedTransport};
use okta_auth::{ApiToken, OrgUrl};
use proptest::prelude::*;
use tokio::runtime::Builder;

use super::redact::{Of, redacted};
use crate::read::selection::Kept;

/// Stands wherever nothing that is used is.
const UNUSED: &str = "canary";

fn kept() -> Kept {
    let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
    Kept {
        users: names(&[
            "profile.login",
            "profile.manager.name",
            "type.id",
            "realmId",
        ]),
        groups: names(&["profile.name"]),
    }
}

/// What a client makes of a page: who is on it with what is used of them, whose records cannot be read, and what attributes
/// there are; or of what kind its trouble is.
fn read(body: &[u8]) -> String {
    let runtime = Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build();
    runtime.unwrap().block_on(async {
        let transport = ScriptedTransport::default();
        let answer = http::Response::new(Bytes::copy_from_slice(body));
        transport.expect("/api/v1/users?limit=200", Answer::from(answer));
        let org = OrgUrl::parse("https://acme.okta.com").unwrap();
        let token = ApiToken::new("00QCjAl4MlV-WPXM-ABCDEFGH_ijklmnopqrstuvwxyz").unwrap();
        let client = Client::builder(org, token, transport).build();
        let kept = kept();
        let list = client.users().list();
        let mut pages = list
            .keep(kept.users.iter().map(String::as_str))
            .pages_with_malformed();
        match pages.try_next().await {
            Ok(page) => page.map_or_else(String::new, |page| {
                let malformed = page.malformed.iter().map(|it| it.id.as_deref());
                let malformed: Vec<_> = malformed.collect();
                // A record that is read twice counts twice, and one that cannot be read as far as it is read.
                let is_told = malformed.is_empty() && body.len() < 500_000;
                let names = is_told.then(|| page.skipped.keys());
                format!("{:?} {malformed:?} {names:?}", page.items)
            }),
            Err(error) => format!("{:?}", error.kind()),
        }
    })
}

fn is_kept_and_nothing_else(body: &[u8]) {
    let left = redacted(body, Of::Users, &kept());
    let whole = String::from_utf8_lossy(body);
    let (again, was) = (read(left.as_bytes()), read(body));
    assert_eq!(again, was, "{whole:.2000}\n{left:.2000}");
    assert!(!left.contains(UNUSED), "{left:.2000}");
}

/// Values that an attribute may have, odd ones among them.
fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        Just(r#""""#.to_owned()),
        Just("[]".to_owned()),
        Just("1e999".to_owned()),
        Just("007".to_owned()),
        Just("tru".to_owned()),
        Just(r#""a canary \ud83d""#.to_owned()),
        Just(r#""a canary \x""#.to_owned()),
        Just("\"a canary \t\n\"".to_owned()),
        Just(r#""a canary \"},{\"id\":""#.to_owned()),
        Just(r#"{"canary":["canary"]}"#.to_owned()),
        Just(r#"["canary",{"a":"canary"}]"#.to_owned()),
        Just("[".repeat(200) + "\"canary\"" + &"]".repeat(200)),
        Just(format!("\"canary{}\"", "y".repeat(600_000))),
    ]
}

/// A field of a record, by its name and its value.
fn field() -> impl Strategy<Value = String> {
    let unused = (
        prop_oneof![
            Just("credentials"),
            Just("_links"),
            Just("ours"),
            Just("_embedded")
        ],
        value(),
    );
    let unused = unused.prop_map(|(name, value)| format!("\"{name}\": {value}"));
    let used = prop_oneof![
        Just(r#""id": "00u1""#),
        Just(r#""id":"00u2""#),
        Just(r#""id":7"#),
        Just(r#""status":"ACTIVE""#),
        Just(r#""status":{}"#),
        Just(r#""lastUpdated":"2026-03-01T18:49:54.000Z""#),
        Just(r#""lastUpdated":"yesterday""#),
        Just(r#""type":{"id":"oty1"}"#),
        Just(r#""realmId":"guo1""#),
        Just(r#""\u0069d":"00u3""#),
    ];
    let profile = proptest::collection::vec(
        prop_oneof![
            Just(r#""login":"ada@example.com""#.to_owned()),
            Just(r#""login":7"#.to_owned()),
            Just(r#""manager":{"name":"Grace","age":7}"#.to_owned()),
            value().prop_map(|value| format!("\"shoeSize\":{value}")),
            value().prop_map(|value| format!("\"nickName\" :{value}")),
        ],
        0..4,
    );
    let profile = profile.prop_map(|fields| format!("\"profile\":{{{}}}", fields.join(" ,\n")));
    prop_oneof![
        3 => used.prop_map(str::to_owned),
        2 => unused,
        2 => profile,
        1 => Just(r#""profile":"canary""#.to_owned()),
        1 => Just(r#""profile":null"#.to_owned()),
    ]
}

fn record() -> impl Strategy<Value = String> {
    let fields = proptest::collection::vec(field(), 0..5);
    let record = fields.prop_map(|fields| format!("{{\"id\":\"00u0\",{}}}", fields.join(",")));
    prop_oneof![
        8 => record.prop_map(|record| record.replace(",}", "}")),
        1 => Just("\"canary\"".to_owned()),
        1 => Just("[\"canary\"]".to_owned()),
        1 => Just("7".to_owned()),
    ]
}

fn page() -> impl Strategy<Value = String> {
    let records = proptest::collection::vec(record(), 0..4);
    records.prop_map(|records| format!("[{}]\n", records.join(" , ")))
}

proptest! {
    #[test]
    fn an_answer_says_to_the_client_what_it_said(page in page()) {
        is_kept_and_nothing_else(page.as_bytes());
    }

    /// Cut anywhere, or with a byte in it that is another.
    #[test]
    fn an_answer_that_is_damaged_stays_damaged(page in page(), part in 0.0..1.0f64, other in any::<Option<u8>>()) {
        let at = (page.len() as f64 * part) as usize;
        let mut body = page.into_bytes();
        match other {
            Some(byte) => body[at] = byte,
            None => body.truncate(at),
        }
        let whole = String::from_utf8_lossy(&body).into_owned();
        let left = redacted(&body, Of::Users, &kept());
        // What is inside of a name or a value that is used stands where it stood.
        if !left.contains(UNUSED) || other.is_none() {
            let kind = |read: String| read.starts_with('[');
            prop_assert_eq!(kind(read(left.as_bytes())), kind(read(&body)), "{}\n{}", whole, left);
        }
    }

    #[test]
    fn any_bytes_are_taken(body in proptest::collection::vec(any::<u8>(), 0..80), brackets in any::<bool>()) {
        let start = if brackets { Vec::from(b"[{\"id\":") } else { Vec::new() };
        let body = [start, body].concat();
        let _any = redacted(&body, Of::Users, &kept());
    }
}

#[test]
fn what_is_used_of_each_kind_of_answer_is_kept() {
    let deep = "[".repeat(100_000);
    let deep_too = format!("[{{\"actor\":{deep}");
    let table = [
        (
            Of::Users,
            r#"[{"id":"00u1","status":"ACTIVE","profile":{"login":"a","mobile":"5","x":["c"]},"_links":{"self":1}}]"#,
            r#"[{"id":"00u1","status":"ACTIVE","profile":{"login":"a","mobile":"~","x":["~"]},"_links":{}}]"#,
        ),
        (
            Of::Groups,
            r#"[{"id":"00g1","type":"OKTA_GROUP","profile":{"name":"n","secret":7},"_embedded":{"stats":{"usersCount":2,"_links":{"a":1}},"b":"c"}}]"#,
            r#"[{"id":"00g1","type":"OKTA_GROUP","profile":{"name":"n","secret":0},"_embedded":{"stats":{"usersCount":2,"_links":{}},"b":"~"}}]"#,
        ),
        (
            Of::Members,
            r#"[{"id":"00u1","status":"ACTIVE","profile":{"login":"a"}},{"id":"00u2"}]"#,
            r#"[{"id":"00u1","status":"ACTIVE","profile":{}},{"id":"00u2"}]"#,
        ),
        (
            Of::Events,
            r#"[{"uuid":"u","eventType":"t","published":"p","displayMessage":"m","client":{"ipAddress":"1.2.3.4"},
              "actor":{"id":"00u1","type":"User","alternateId":"a@b"},"target":[{"id":"00g1","type":"UserGroup","displayName":"n"}]}]"#,
            r#"[{"uuid":"u","eventType":"t","published":"p","displayMessage":"~","client":{},
              "actor":{"id":"00u1","type":"User","alternateId":"~"},"target":[{"id":"00g1","type":"UserGroup","displayName":"~"}]}]"#,
        ),
        (
            Of::Errors,
            r#"{"errorCode":"E1","errorSummary":"s","who":"jane","errorCauses":[{"errorSummary":"c","who":"jane"}]}"#,
            r#"{"errorCode":"E1","errorSummary":"s","who":"~","errorCauses":[{"errorSummary":"c","who":"~"}]}"#,
        ),
        (
            Of::Errors,
            r#"{"message":"The URI is Too Long for jane"}"#,
            r#"{"message":"too long"}"#,
        ),
        (Of::Errors, "<html>jane</html>", "<not kept: 17 bytes>"),
        (
            Of::Errors,
            "jane, this is too large",
            "<not kept: 23 bytes, \"too large\">",
        ),
        (
            Of::Others,
            r#"{"id":"0oa1","label":"l"}"#,
            r#"{"id":"0oa1","label":"~"}"#,
        ),
        (Of::Users, &deep, "["),
        (Of::Events, &deep_too, "[{\"actor\":["),
        (Of::Users, "", ""),
    ];
    for (of, body, left) in table {
        let redacted = redacted(body.as_bytes(), of, &kept());
        assert_eq!(redacted, left.replace('\n', " "), "{body:.100}");
    }
}

#[test]
fn whose_records_an_answer_holds_is_told_by_its_path() {
    for (path, of) in [
        ("/api/v1/users", Of::Users),
        ("/api/v1/users/00u1", Of::Users),
        ("/api/v1/users/00u1/groups", Of::Groups),
        ("/api/v1/groups", Of::Groups),
        ("/api/v1/groups/00g1/users", Of::Users),
        ("/api/v1/groups/00g1/skinny_users", Of::Members),
        ("/api/v1/logs", Of::Events),
        ("/api/v1/apps", Of::Others),
    ] {
        assert_eq!(Of::at(path), of, "{path}");
    }
}

//! Odd records among good ones.

use serde_json::json;

use super::read;
use crate::error::Cause;
use crate::group::Group;
use crate::log_event::LogEvent;
use crate::user::{Member, User};

/// A page of three users, of whom the middle one is this.
fn around(record: &str) -> String {
    format!(r#"[{{"id":"00u1","status":"ACTIVE"}},{record},{{"id":"00u3"}}]"#)
}

#[test]
fn one_odd_record_is_known_by_its_id_and_everybody_else_is_read() {
    let deep = format!(
        r#"{{"id":"00u2","x":{}{}}}"#,
        "[".repeat(500),
        "]".repeat(500)
    );
    let table = [
        r#"{"id":"00u2","profile":[]}"#,
        r#"{"id":"00u2","profile":{"level":1e400}}"#,
        r#"{"profile":{"level":-1e999},"id":"00u2"}"#,
        r#"{"id":"00u2","status":7}"#,
        r#"{"id":"00u2","created":"yesterday"}"#,
        r#"{"id":"00u2","created":"2024-03-01T18:49:54.000Z","created":"x"}"#,
        r#"{"status":{"x":1e400},"uuid":"other","id":"00u2"}"#,
        &deep,
    ];
    for record in table {
        let (users, malformed) = read::<User>(around(record).as_bytes()).unwrap();
        let ids: Vec<_> = users.iter().map(|user| user.id.as_str()).collect();
        assert_eq!(ids, ["00u1", "00u3"], "{record}");
        assert_eq!(malformed.len(), 1, "{record}");
        assert_eq!(malformed[0].id.as_deref(), Some("00u2"), "{record}");
        assert!(!malformed[0].reason.is_empty());
    }
}

#[test]
fn odd_text_and_numbers_that_a_float_can_hold_are_read() {
    let long = json!({ "id": "00u2", "profile": { "title": "x".repeat(1 << 20) } }).to_string();
    let table = [
        (
            r#"{"id":"00u2","profile":{"title":"half \ud83d"}}"#,
            "half \u{fffd}",
        ),
        (
            r#"{"id":"00u2","profile":{"title":"a\ude00b"}}"#,
            "a\u{fffd}b",
        ),
        ("{\"id\":\"00u2\",\"profile\":{\"title\":\"a\tb\"}}", "a\tb"),
        (
            r#"{"id":"00u2","level":99999999999999999999999,"profile":{"title":"x","y":"\ud83d"}}"#,
            "x",
        ),
        (
            r#"{"id":"00u2","profile":{"title":"a","title":"b"},"z":"\ud83d"}"#,
            "b",
        ),
        (&long, &"x".repeat(1 << 20)),
    ];
    for (record, title) in table {
        let (users, malformed) = read::<User>(around(record).as_bytes()).unwrap();
        assert!(malformed.is_empty(), "{malformed:?}");
        assert_eq!(users[1].profile.text("title"), Some(title));
    }
    let latin = b"[{\"id\":\"00u1\",\"profile\":{\"lastName\":\"M\xfcller\"}}]";
    let (users, _) = read::<User>(latin).unwrap();
    assert_eq!(users[0].profile.text("lastName"), Some("M\u{fffd}ller"));
}

#[test]
fn a_record_without_an_id_that_can_be_read_is_somebody_all_the_same() {
    let table = [
        "{}",
        "null",
        "7",
        "[]",
        r#""00u2""#,
        r#"{"id":7}"#,
        r#"{"id":""}"#,
        r#"{"id":null,"uuid":"00u2"}"#,
        r#"{"id":["00u2"]}"#,
        r#"{"ID":"00u2"}"#,
        r#"{"id":"00u\ud83d2"}"#,
        r#"{"id":"00u2","id":"00u4"}"#,
        r#"{"id":1e400}"#,
    ];
    for record in table {
        let (users, malformed) = read::<User>(around(record).as_bytes()).unwrap();
        assert_eq!(users.len(), 2, "{record}");
        let [somebody] = &malformed[..] else {
            panic!("{record}: {malformed:?}");
        };
        assert_eq!(somebody.id, None, "{record}");
        assert_eq!(
            somebody.reason,
            "element 2 of the page has no id that can be read"
        );
    }
}

#[test]
fn records_of_every_kind_are_told_apart() {
    let odd = r#"[{"id":"00g1","type":{"x":1e400}},{"id":"00g2"}]"#;
    let (groups, malformed) = read::<Group>(odd.as_bytes()).unwrap();
    assert_eq!(
        (groups.len(), malformed[0].id.as_deref()),
        (1, Some("00g1"))
    );
    let odd = r#"[{"id":"00u1","status":[]},{"id":"00u2","profile":{"x":1e400}}]"#;
    let (members, malformed) = read::<Member>(odd.as_bytes()).unwrap();
    assert_eq!(
        (members.len(), malformed[0].id.as_deref()),
        (1, Some("00u1"))
    );
    let odd = r#"[{"uuid":"e1","published":"never"}]"#;
    let (events, malformed) = read::<LogEvent>(odd.as_bytes()).unwrap();
    assert_eq!((events.len(), malformed[0].id.as_deref()), (0, Some("e1")));
}

#[test]
fn what_is_no_page_is_an_error() {
    for body in [
        "{}",
        "null",
        "<html>",
        r#"[{"id":"00u1"}]]"#,
        r#"[{"id":"00u1"} {"id":"00u2"}]"#,
        r#"[{"id":"00u1","x":"\ud83d"}]]"#,
        r#"[{"id":"00u1","x":NaN}]"#,
        r#"[{"name":"nobody"}]"#,
        "[1,2]",
    ] {
        let read = read::<User>(body.as_bytes());
        assert!(matches!(read, Err(Cause::Protocol(_))), "{body}");
    }
    for body in [
        "",
        r#"[{"id":"00u1""#,
        r#"[{"id":"00u1","profile":[]},{"#,
        r#"[{"id":"00u1","profile":{"x":1e400}},{"id":"#,
        r#"[{"id":"00u1","x":"\ud83d"}"#,
        r#"[{"id":"00u1","x":"\ud83"#,
    ] {
        let read = read::<User>(body.as_bytes());
        assert!(matches!(read, Err(Cause::Truncated(_))), "{body}");
    }
}

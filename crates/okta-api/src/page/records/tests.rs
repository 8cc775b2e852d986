//! Odd records among good ones.

use serde_json::json;

use super::{MAX_RECORD, Room};
use crate::error::{Cause, ProtocolError};
use crate::group::Group;
use crate::log_event::LogEvent;
use crate::malformed::Malformed;
use crate::reader::Reader;
use crate::resource::sealed::Sealed;
use crate::user::{Member, User};

pub(super) fn read<T: Sealed>(body: &[u8]) -> Result<(Vec<T>, Vec<Malformed>), Cause> {
    let room = Room {
        asked: 200,
        most: 410,
    };
    let records = super::read(body, room, Reader::of_everything)?;
    Ok((records.items, records.malformed))
}

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
        // What is no JSON, in places where JSON has a word or a number.
        r#"{"id":"00u2","profile":{"a":tru}}"#,
        r#"{"id":"00u2","profile":{"a":NaN}}"#,
        r#"{"id":"00u2","x":-Infinity,"y":[01,1.,.5,0x1F,undefined]}"#,
        r#"{"x":'a',"id":"00u2"}"#,
        "{\"id\":\"00u2\",\"x\":\0}",
        r#"{"id":"00u2","x":"\q"}"#,
        r#"{"id":"00u2","x":"\u12"}"#,
        r#"{"\u0069d":"\u00300u2","status":nul}"#,
        // Of two fields neither can be trusted.
        r#"{"id":"00u2","status":"ACTIVE","status":"DEPROVISIONED"}"#,
        r#"{"id":"00u2","profile":{},"profile":{"login":"ada"}}"#,
        r#"{"id":"00u2","id":"00u2"}"#,
        // More than any record has.
        &json!({ "id": "00u2", "profile": { "title": "x".repeat(1 << 20) } }).to_string(),
        &format!(r#"{{"id":"00u2","_links":"{}"}}"#, "x".repeat(MAX_RECORD)),
        &format!(r#"{{"id":"00u2","x":[{}0]}}"#, "0,".repeat(100_000)),
        &format!(r#"{{"id":"00u2","x":[{}0]}}"#, "0,".repeat(10_000)),
        &format!(
            r#"{{"id":"00u2","profile":{{{}"z":0}}}}"#,
            (0..1_000)
                .map(|n| format!(r#""a{n}":0,"#))
                .collect::<String>()
        ),
    ];
    for record in table {
        let (users, malformed) = read::<User>(around(record).as_bytes()).unwrap();
        let ids: Vec<_> = users.iter().map(|user| user.id.as_str()).collect();
        assert_eq!(ids, ["00u1", "00u3"], "{record}");
        assert_eq!(malformed.len(), 1, "{record}");
        assert_eq!(malformed[0].id.as_deref(), Some("00u2"), "{record}");
        let reason = &malformed[0].reason;
        assert!(!reason.is_empty() && reason.len() < 400, "{reason}");
    }
}

#[test]
fn odd_text_and_numbers_that_a_float_can_hold_are_read() {
    let long = json!({ "id": "00u2", "profile": { "title": "x".repeat(1 << 18) } }).to_string();
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
        (&long, &"x".repeat(1 << 18)),
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
        r#"{"id":NaN,"uuid":"00u2"}"#,
        r#"{"id":"\q"}"#,
        "tru",
        "NaN",
        "[[[[]]]]",
        &format!(r#"{{"id":"{}"}}"#, "x".repeat(1_001)),
        &format!(r#"{{"id":"{}"}}"#, "x".repeat(1 << 20)),
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

/// A last page may have no other record.
#[test]
fn nor_is_a_page_of_such_records_alone_something_else() {
    for record in [
        r#"{"id":7}"#,
        r#"{"id":"\ud800"}"#,
        r#"{"id":"00u2","id":"00u4"}"#,
        r#"{"\u0069d":null}"#,
    ] {
        for body in [format!("[{record}]"), format!("[{{}},{record}]")] {
            let (users, malformed) = read::<User>(body.as_bytes()).unwrap();
            assert!(users.is_empty(), "{body}");
            assert!(malformed.iter().all(|bad| bad.id.is_none()), "{body}");
        }
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
        r#"[{"id":"00u1","x":[}]"#,
        r#"[{"id":"00u1","x":1,}]"#,
        r#"[{"id":"00u1","x":"a},{"id":"00u2"}]"#,
        r#"[{"id":"00u1"},]"#,
        r#"[,{"id":"00u1"}]"#,
        r#"[{"id":"00u1"}]["#,
        "[NaN]",
        "\u{feff}[]",
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
        "[",
        "[ ",
        r#"[{"id":"00u1"}"#,
        r#"[{"id":"00u1"},"#,
        r#"[{"id":"00u1","profile":{"a":tru},"b":"c"#,
        r#"[{"id":"00u1","profile":{"a":tru}},{"id":"#,
    ] {
        let read = read::<User>(body.as_bytes());
        assert!(matches!(read, Err(Cause::Truncated(_))), "{body}");
    }
}

/// Ids of other letters would mean something in a URL or on a terminal.
#[test]
fn a_record_of_an_id_that_okta_never_gives_is_known_by_that_text() {
    let long = "x".repeat(1_000);
    for id in [
        "..",
        "00g1/../00g2",
        "00g\t1",
        "00g 1",
        "00g1\n+ user:default/forged",
        "\u{1b}[2J",
        "00gä",
        "\u{202e}x",
        "%2e%2e",
        "00u1?x=",
        &long,
    ] {
        let record = json!({ "id": id }).to_string();
        let (groups, malformed) = read::<Group>(around(&record).as_bytes()).unwrap();
        assert_eq!((groups.len(), malformed.len()), (2, 1), "{id:?}");
        assert_eq!(malformed[0].id.as_deref(), Some(id));
        let reason = &malformed[0].reason;
        assert!(reason.contains("cannot be an id of okta's"), "{reason}");
        assert!(
            !reason.contains(['\n', '\u{1b}', '\t', '\u{202e}']),
            "{reason}"
        );
    }
}

#[test]
fn a_page_of_far_more_records_than_were_asked_for_is_refused() {
    let page = |count: usize| {
        let records: Vec<String> = (0..count)
            .map(|n| format!(r#"{{"id":"00u{n}"}}"#))
            .collect();
        read::<User>(format!("[{}]", records.join(",")).as_bytes())
    };
    assert_eq!(page(410).unwrap().0.len(), 410);
    let Err(Cause::Protocol(error)) = page(411) else {
        panic!("it is read")
    };
    assert!(
        matches!(
            error,
            ProtocolError::TooManyRecords {
                asked: 200,
                got: 411
            }
        ),
        "{error}"
    );
    let Err(Cause::Protocol(error)) = page(5_000) else {
        panic!("it is read")
    };
    assert_eq!(
        error.to_string(),
        "the page has 5000 records, and 200 were asked for"
    );
}

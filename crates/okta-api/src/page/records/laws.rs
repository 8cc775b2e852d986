//! Laws of pages of good and odd records in any mix.

use std::cell::RefCell;
use std::collections::BTreeMap;

use proptest::prelude::*;

use super::Room;
use super::tests::read;
use crate::reader::{Keep, Reader, Shape};
use crate::user::{Member, User};

/// A record, and the id by which it is told where it is odd: none where that cannot be read.
#[derive(Clone, Debug)]
enum Record {
    Good(String),
    Odd(String, Option<String>),
}

fn record() -> impl Strategy<Value = Record> {
    let good = ("[a-zA-Z0-9_-]{1,30}", ".{0,10}", any::<bool>()).prop_map(|(id, title, first)| {
        let title = serde_json::Value::from(title);
        let id = format!(r#""id":"{id}""#);
        let rest = format!(r#""status" : "ACTIVE","profile":{{"title":{title}}}"#);
        let (a, b) = if first { (id, rest) } else { (rest, id) };
        Record::Good(format!("{{ {a},\n{b} }}"))
    });
    let odd = prop_oneof![
        Just(r#""profile":[]"#.to_owned()),
        Just(r#""created":"x""#.to_owned()),
        Just(r#""status":tru"#.to_owned()),
        Just(r#""profile":{"a":NaN,"b":[[[]]]}"#.to_owned()),
        Just(r#""status":"A","status":"B""#.to_owned()),
        (150..600usize).prop_map(|depth| {
            let (open, close) = ("[".repeat(depth), "]".repeat(depth));
            format!(r#""x":{open}{close},"status":{{}}"#)
        }),
    ];
    let odd = ("[a-z]{1,9}", odd, any::<bool>()).prop_map(|(id, odd, first)| {
        let own = format!(r#""id":"{id}""#);
        let (a, b) = if first { (own, odd) } else { (odd, own) };
        Record::Odd(format!("{{{a},{b}}}"), Some(id))
    });
    let nameless = prop_oneof![
        Just("null"),
        Just("{}"),
        Just("NaN"),
        Just("[1,[2]]"),
        Just(r#"{"id":7}"#),
        Just(r#""text""#),
    ];
    let nameless = nameless.prop_map(|text| Record::Odd(text.to_owned(), None));
    prop_oneof![4 => good, 2 => odd, 1 => nameless]
}

/// Attributes and their values, in any order, some of them twice.
fn profile() -> impl Strategy<Value = Vec<(String, &'static str)>> {
    let value = prop::sample::select(vec!["7", "null", r#""x""#, r#""""#, "[]", r#"{"a":1}"#]);
    proptest::collection::vec(("[a-h]", value), 0..12)
}

proptest! {
    /// What a record is read to has nothing to do with what the others of its page look like.
    #[test]
    fn records_of_a_page_are_read_as_if_alone(
        profiles in proptest::collection::vec(profile(), 0..12),
        kept in proptest::collection::btree_set("[a-h]", 0..5),
    ) {
        let texts: Vec<String> = profiles.iter().enumerate().map(|(number, profile)| {
            let fields: Vec<String> = profile.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
            format!(r#"{{"id":"00u{number}","profile":{{{}}}}}"#, fields.join(","))
        }).collect();
        let names: Vec<String> = kept.iter().map(|name| format!("profile.{name}")).collect();
        let keep = Keep::only(names.iter().map(String::as_str));
        let shape = RefCell::new(Shape::new(true));
        let room = Room { asked: 200, most: 200 };
        let body = format!("[{}]", texts.join(","));
        let read = super::read::<User>(body.as_bytes(), room, || Reader::new(&keep, Some(&shape))).unwrap();
        let alone = texts.iter().map(|text| {
            let mut user: User = serde_json::from_str(text).unwrap();
            user.profile.retain(|name| kept.contains(name));
            user
        });
        prop_assert_eq!(read.items, alone.collect::<Vec<_>>());
        let mut counts = BTreeMap::new();
        let passed_over = profiles.iter().flatten().filter(|(name, _)| !kept.contains(name));
        for (name, _) in passed_over.filter(|(_, value)| matches!(*value, "7" | r#""x""#)) {
            *counts.entry(name.clone()).or_insert(0) += 1;
        }
        prop_assert_eq!(shape.into_inner().into_skipped(), counts);
    }

    /// Everybody good is read, in order and as if alone; everybody odd is told of.
    #[test]
    fn good_records_are_read_and_odd_ones_told_of(records in proptest::collection::vec(record(), 0..20)) {
        let texts: Vec<&str> = records.iter().map(|record| match record {
            Record::Good(text) | Record::Odd(text, _) => text.as_str(),
        }).collect();
        let good: Vec<User> = records.iter().filter_map(|record| match record {
            Record::Good(text) => Some(serde_json::from_str(text).unwrap()),
            Record::Odd(..) => None,
        }).collect();
        let ids: Vec<Option<&str>> = records.iter().filter_map(|record| match record {
            Record::Good(_) => None,
            Record::Odd(_, id) => Some(id.as_deref()),
        }).collect();
        let body = format!(" [ {} ] ", texts.join(" ,\r\n"));
        match read::<User>(body.as_bytes()) {
            Ok((users, malformed)) => {
                prop_assert_eq!(users, good);
                let told: Vec<Option<&str>> = malformed.iter().map(|bad| bad.id.as_deref()).collect();
                prop_assert_eq!(told, ids);
            }
            // A list in which nothing has an id is none of Okta's.
            Err(_) => prop_assert!(good.is_empty() && ids.iter().all(Option::is_none)),
        }
    }

    /// Wherever it is cut, a page is never taken for a whole one.
    #[test]
    fn a_page_that_is_cut_off_is_no_page(records in proptest::collection::vec(record(), 1..8), part in 0.0..1.0f64) {
        let texts: Vec<&str> = records.iter().map(|record| match record {
            Record::Good(text) | Record::Odd(text, _) => text.as_str(),
        }).collect();
        let body = format!("[{}]", texts.join(","));
        let cut = (body.len() as f64 * part) as usize;
        let read = read::<Member>(&body.as_bytes()[..cut]);
        prop_assert!(matches!(read, Err(crate::error::Cause::Truncated(_))), "{:?}", read);
    }

    /// Whatever stands between two good records: they are read, or the page is refused.
    #[test]
    fn nobody_is_lost_in_the_record_of_another(garbage in r#"([\[\]{}:,"\\ ]|"id"|"a":|tru|1e400|00u1){0,12}"#) {
        let body = format!(r#"[{{"id":"good1"}},{garbage},{{"id":"good2"}}]"#);
        if let Ok((users, _)) = read::<User>(body.as_bytes()) {
            let ids: Vec<&str> = users.iter().map(|user| user.id.as_str()).collect();
            prop_assert_eq!((ids.first(), ids.last()), (Some(&"good1"), Some(&"good2")), "{}", body);
        }
    }

    #[test]
    fn any_bytes_are_a_page_or_an_error(body in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = read::<User>(&body);
        let _ = read::<User>(&[b"[", &*body, b"]"].concat());
    }
}

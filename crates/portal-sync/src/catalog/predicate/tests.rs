//! Filters as requests write them.

use serde_json::json;

use super::*;

fn of(filters: &[&str]) -> Result<Option<Value>, String> {
    let filters: Vec<String> = filters.iter().map(|text| (*text).to_owned()).collect();
    of_parameter(&filters)
}

#[test]
fn a_parameter_is_a_predicate() {
    for (filters, expected) in [
        (&[][..], None),
        (&[" , "], None),
        (&["kind=user"], Some(json!({ "kind": "user" }))),
        (&["kind"], Some(json!({ "kind": { "$exists": true } }))),
        (&["kind="], Some(json!({ "kind": "" }))),
        (&["a = b = c "], Some(json!({ "a": "b = c" }))),
        (
            &["kind=user,a=1,a=2,b"],
            Some(
                json!({ "$all": [{ "kind": "user" }, { "a": { "$in": ["1", "2"] } }, { "b": { "$exists": true } }] }),
            ),
        ),
        (
            &["kind=user", "kind=group", ""],
            Some(json!({ "$any": [{ "kind": "user" }, { "kind": "group" }] })),
        ),
        (&["a,a=1"], Some(json!({ "a": "1" }))),
    ] {
        assert_eq!(of(filters), Ok(expected), "{filters:?}");
    }
    assert_eq!(
        of(&["kind=user, =1"]).unwrap_err(),
        "Invalid filter, '=1' is not a valid statement (expected a string on the form a=b or a= or a)"
    );
}

#[test]
fn an_older_filter_is_a_predicate() {
    let older = json!({ "allOf": [
        { "anyOf": [{ "key": "kind", "values": ["user"] }, { "key": "a", "values": ["1", "2"] }] },
        { "not": { "key": "b" } },
    ] });
    let expected = json!({ "$all": [
        { "$any": [{ "kind": "user" }, { "a": { "$in": ["1", "2"] } }] },
        { "$not": { "b": { "$exists": true } } },
    ] });
    assert_eq!(of_older_filter(&older), expected);
}

#[test]
fn a_predicate_is_a_filter() {
    use Filter::{Any, Begins, Every, Has, Is, Not};
    let is = |key: &str, values: &[&str]| {
        Is(
            key.to_owned(),
            values.iter().map(|text| (*text).to_owned()).collect(),
        )
    };
    let has = |key: &str| Has(key.to_owned());
    for (predicate, expected) in [
        (json!({}), Every(vec![])),
        (
            json!({ "Kind": "User", "b": 1.0 }),
            Every(vec![is("kind", &["user"]), is("b", &["1"])]),
        ),
        (
            json!({ "a": 1e21, "b": true }),
            Every(vec![is("a", &["1e+21"]), is("b", &["true"])]),
        ),
        (json!({ "$all": [] }), Every(vec![])),
        (
            json!({ "$any": [{ "a": "B" }] }),
            Any(vec![Every(vec![is("a", &["b"])])]),
        ),
        (json!({ "$not": {} }), Not(Box::new(Every(vec![])))),
        (json!({ "a": { "$exists": true } }), Every(vec![has("a")])),
        (
            json!({ "a": { "$exists": false } }),
            Every(vec![Not(Box::new(has("a")))]),
        ),
        (
            json!({ "a": { "$in": ["X", 2] } }),
            Every(vec![is("a", &["x", "2"])]),
        ),
        (
            json!({ "a": { "$hasPrefix": "Xy" } }),
            Every(vec![Begins("a".into(), "xy".into())]),
        ),
        (
            json!({ "a": { "$contains": "X" } }),
            Every(vec![is("a", &["x"])]),
        ),
        (
            json!({ "relations": { "$contains": { "type": "memberOf", "targetRef": { "$in": ["Group:default/X"] } } } }),
            Every(vec![is("relations.memberof", &["group:default/x"])]),
        ),
        (
            json!({ "relations": { "$contains": { "Type": "memberOf" } } }),
            Every(vec![has("relations.memberof")]),
        ),
    ] {
        assert_eq!(filter(&predicate), Ok(expected), "{predicate}");
    }
}

#[test]
fn what_means_nothing_is_refused() {
    for (predicate, expected) in [
        (
            json!("x"),
            "top-level primitive values are not supported. Wrap the value in a field expression, e.g. { \"kind\": \"x\" }",
        ),
        (
            json!({ "$all": [], "a": 1 }),
            "operators must be a single $all or $any with an array, or $not, but got {\"$all\":[],\"a\":1}",
        ),
        (
            json!({ "$not": 1 }),
            "top-level primitive values are not supported",
        ),
        (
            json!({ "a": null }),
            "Invalid filter predicate value for field \"a\": expected a primitive value, $exists, $in, $hasPrefix, or $contains operator, but got null",
        ),
        (
            json!({ "A": { "$contains": {} } }),
            "Object form of $contains is not supported for field \"a\"",
        ),
        (
            json!({ "a": { "$contains": [] } }),
            "Unsupported $contains target for field \"a\": []",
        ),
        (
            json!({ "relations": { "$contains": { "type": "" } } }),
            "requires a \"type\" string property",
        ),
        (
            json!({ "relations": { "$contains": { "type": "a", "x": 1 } } }),
            "Unsupported key \"x\" in $contains",
        ),
        (
            json!({ "relations": { "$contains": { "type": "a", "TYPE": "b" } } }),
            "Duplicate key \"TYPE\"",
        ),
        (
            json!({ "relations": { "$contains": { "type": "a", "targetRef": { "$in": [] } } } }),
            "Empty \"$in\" array",
        ),
        (
            json!({ "relations": { "$contains": { "type": "a", "targetRef": 1 } } }),
            "expected a string or { \"$in\": [strings] }, but got 1",
        ),
    ] {
        let error = filter(&predicate).unwrap_err();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn a_shape_is_checked_and_what_is_not_looked_at_is_left_out() {
    for (predicate, expected) in [
        (json!({}), json!({})),
        (
            json!({ "a": "b", "c": { "$hasPrefix": "u", "x": 1 } }),
            json!({ "a": "b", "c": { "$hasPrefix": "u" } }),
        ),
        (
            json!({ "a": { "$in": [1], "$exists": true } }),
            json!({ "a": { "$exists": true } }),
        ),
        (
            json!({ "a": { "$contains": { "$all": ["x", { "b": 1 }] } } }),
            json!({ "a": { "$contains": { "$all": ["x", { "b": 1 }] } } }),
        ),
        (
            json!({ "$not": { "$any": [{ "$all": [] }] } }),
            json!({ "$not": { "$any": [{ "$all": [] }] } }),
        ),
    ] {
        assert_eq!(checked(&predicate, None), Ok(expected), "{predicate}");
    }
}

#[test]
fn another_shape_is_told_by_each_alternative() {
    const NO_OPERATORS: &str = "Required at \"$all\"; Unrecognized key(s) in object: 'a', or Required at \"$any\"; Unrecognized key(s) in object: 'a', or Required at \"$not\"; Unrecognized key(s) in object: 'a'";
    let of_null = "Expected string, received null at \"a\", or Expected number, received null at \"a\", or Expected boolean, received null at \"a\", or Expected object, received null at \"a\"";
    let nothing = format!(
        "{of_null}, or Invalid at \"a\"; Expected never, received null at \"a\", or {NO_OPERATORS}"
    );
    for (predicate, root, expected) in [
        (json!({ "$not": 1 }), None, "Invalid at \"$not\""),
        (json!({ "$foo": 1 }), None, "Invalid at \"$foo\""),
        (json!({ "a\nb": 1 }), None, "Invalid at \"a\nb\""),
        (
            json!({ "a": "x", "$all": [] }),
            None,
            "Unrecognized key(s) in object: 'a'",
        ),
        (
            json!({ "$all": [], "$any": [] }),
            None,
            "Unrecognized key(s) in object: '$any'",
        ),
        (json!({ "a": null }), None, &nothing),
    ] {
        assert_eq!(
            checked(&predicate, root).unwrap_err(),
            format!("Validation error: {expected}")
        );
    }
    let deep = checked(&json!({ "$all": [{ "m.n": null }] }), Some("query")).unwrap_err();
    assert!(
        deep.contains("Expected string, received null at \"query.$all[0][\"m.n\"]\""),
        "{deep}"
    );
}

//! What searches find, against a plain reading of the same rules.

use fixedbitset::FixedBitSet;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::catalog::filter::Filter;
use crate::catalog::published::Published;
use crate::catalog::query::{Cursor, Direction, FullText, Listing, Order, Query, Window};
use crate::catalog::texts::number;
use crate::testing;

fn user(name: &str, more: &Value) -> Value {
    let mut user = json!({
        "apiVersion": "backstage.io/v1alpha1",
        "kind": "User",
        "metadata": { "name": name, "namespace": "default" },
        "spec": { "memberOf": [] },
    });
    merge(&mut user, more);
    user
}

fn group(name: &str, members: &[&str]) -> Value {
    json!({
        "apiVersion": "backstage.io/v1alpha1",
        "kind": "Group",
        "metadata": { "name": name, "namespace": "default" },
        "spec": { "type": "team", "children": [], "members": members },
    })
}

fn merge(into: &mut Value, more: &Value) {
    match (into, more) {
        (Value::Object(into), Value::Object(more)) => {
            for (key, value) in more {
                merge(into.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (into, more) => *into = more.clone(),
    }
}

/// Uids are in the order of names, whose letters they begin with: capitals before others.
fn small() -> Published {
    let ada = json!({
        "metadata": { "annotations": { "okta.com/id": "00u1" } },
        "spec": {
            "profile": { "displayName": "Ada 100%", "email": "Ada@x.io" },
            "memberOf": ["engines"],
            "skills": ["Math", "math", "poet"],
        },
    });
    let bob = json!({
        "metadata": { "title": "b".repeat(201) },
        "spec": {
            "profile": { "displayName": "bob", "email": "ada@X.io" },
            "skills": ["poet"],
            "n": 3,
            "flag": true,
        },
    });
    let cy = json!({ "spec": { "profile": { "displayName": "Bob" }, "skills": "poet" } });
    let entities = vec![
        user("ada", &ada),
        user("Bob", &bob),
        user("cy", &cy),
        group("engines", &["ada", "cy"]),
    ];
    testing::published(1, Timestamp::UNIX_EPOCH, entities)
}

fn names(of: &Published, positions: impl IntoIterator<Item = u32>) -> Vec<String> {
    let name = |at| of.ref_at(at).rsplit('/').next().unwrap().to_owned();
    positions.into_iter().map(name).collect()
}

fn selected(of: &Published, chosen: &FixedBitSet) -> String {
    names(of, chosen.ones().map(number)).join(" ")
}

fn is(key: &str, value: &str) -> Filter {
    Filter::Is(key.to_owned(), vec![value.to_owned()])
}

#[test]
fn a_filter_means_those_that_have_the_terms() {
    use Filter::{Any, Begins, Every, Has, Not};
    let catalog = small();
    let has = |key: &str| Has(key.to_owned());
    for (filter, expected) in [
        (Filter::ALL, "engines ada bob cy"),
        (Any(vec![]), ""),
        (is("kind", "user"), "ada bob cy"),
        (is("kind", "User"), ""),
        (is("spec.profile.email", "ada@x.io"), "ada bob"),
        (
            Filter::Is(
                "metadata.name".to_owned(),
                vec!["ada".into(), "cy".into(), "x".into()],
            ),
            "ada cy",
        ),
        (
            Every(vec![
                is("kind", "user"),
                Not(Box::new(has("spec.profile.email"))),
            ]),
            "cy",
        ),
        (Not(Box::new(is("kind", "user"))), "engines"),
        (has("metadata.title"), "bob"),
        (is("metadata.title", &"b".repeat(201)), ""),
        (is("spec.n", "3"), "bob"),
        (is("spec.flag", "true"), "bob"),
        (is("metadata.namespace", "default"), "engines ada bob cy"),
        (is("spec.skills", "poet"), "ada bob cy"),
        // A text in a list is a key of its own, and a text is not.
        (has("spec.skills.poet"), "ada bob"),
        (is("spec.skills.poet", "true"), "ada bob"),
        (is("spec.skills.poet", "false"), ""),
        (
            Begins("spec.skills.poet".to_owned(), "tr".to_owned()),
            "ada bob",
        ),
        (has("spec.skills.nope"), ""),
        (has("spec.memberof.engines"), "ada"),
        (is("relations.memberof", "group:default/engines"), "ada cy"),
        (is("relations.hasmember", "user:default/cy"), "engines"),
        (has("relations.memberof"), "ada cy"),
        (has("relations"), ""),
        (is("metadata.annotations.okta.com/id", "00u1"), "ada"),
        (Begins("metadata.name".to_owned(), "b".to_owned()), "bob"),
        (
            Begins("metadata.name".to_owned(), String::new()),
            "engines ada bob cy",
        ),
        (
            Any(vec![is("metadata.name", "bob"), is("metadata.name", "cy")]),
            "bob cy",
        ),
        (has("nope"), ""),
        (has(&"spec.skills.".repeat(50)), ""),
    ] {
        assert_eq!(
            selected(&catalog, &catalog.index().select(&filter)),
            expected,
            "{filter:?}"
        );
    }
}

#[test]
fn facets_count_values_as_they_are_spelled() {
    let catalog = small();
    let everything = Filter::ALL;
    let facet = |key: &str, filter: &Filter| -> Vec<(String, u64)> {
        let facets = catalog
            .index()
            .facets(&[key.to_owned(), key.to_owned()], filter);
        assert_eq!(facets.len(), 1);
        facets.into_iter().next().unwrap().1
    };
    for (key, expected) in [
        ("kind", vec![("Group", 1), ("User", 3)]),
        (
            "spec.profile.displayName",
            vec![("Ada 100%", 1), ("Bob", 1), ("bob", 1)],
        ),
        ("spec.skills", vec![("Math", 1), ("poet", 3)]),
        ("SPEC.SKILLS.POET", vec![("true", 2)]),
        ("relations.memberOf", vec![("group:default/engines", 2)]),
        ("spec.flag", vec![("true", 1)]),
        ("metadata.title", vec![]),
        ("nope", vec![]),
    ] {
        let expected: Vec<_> = expected
            .into_iter()
            .map(|(value, count)| (value.to_owned(), count))
            .collect();
        assert_eq!(facet(key, &everything), expected, "{key}");
    }
    let bob = is("metadata.name", "bob");
    assert_eq!(
        facet("spec.profile.displayName", &bob),
        [("bob".to_owned(), 1)]
    );
}

fn order(field: &str, order: Option<Direction>) -> Order {
    Order {
        field: field.to_owned(),
        order,
    }
}

#[test]
fn lists_are_sorted_as_they_are_asked_for() {
    let (asc, desc) = (Some(Direction::Asc), Some(Direction::Desc));
    let catalog = small();
    let all = Window::default();
    for (orders, window, expected) in [
        (vec![], None, "bob ada cy engines"),
        (vec![], Some(all), "engines ada bob cy"),
        (
            vec![order("metadata.name", asc)],
            None,
            "ada bob cy engines",
        ),
        (
            vec![order("metadata.NAME", desc)],
            None,
            "engines cy bob ada",
        ),
        // Who lacks the key is not in the whole list, and comes last in a part of it.
        (
            vec![order("spec.profile.displayname", asc)],
            None,
            "ada bob cy",
        ),
        (
            vec![order("spec.profile.displayname", desc)],
            None,
            "cy bob ada",
        ),
        (
            vec![order("spec.profile.displayname", asc)],
            Some(all),
            "ada bob cy engines",
        ),
        (
            vec![order("spec.profile.displayname", desc)],
            Some(all),
            "bob cy ada engines",
        ),
        // A key with capitals is none, in a part.
        (
            vec![order("spec.profile.displayName", asc)],
            Some(all),
            "bob ada cy engines",
        ),
        (vec![order("spec.skills", asc)], None, "ada bob ada cy"),
        (vec![order("nope", asc)], None, ""),
        (vec![order("nope", asc)], Some(all), "bob ada cy engines"),
        (
            vec![order("spec.skills.poet", desc)],
            Some(all),
            "bob ada cy engines",
        ),
        (vec![order("spec.skills.poet", desc)], None, "ada bob"),
        (
            vec![order("kind", desc), order("metadata.name", asc)],
            Some(all),
            "ada bob cy engines",
        ),
        (
            vec![order("spec.skills", desc), order("metadata.name", desc)],
            Some(all),
            "cy bob ada ada engines",
        ),
        (
            vec![],
            Some(Window {
                limit: Some(2),
                offset: 1,
            }),
            "ada bob",
        ),
        (
            vec![order("metadata.name", asc)],
            Some(Window {
                limit: Some(9),
                offset: 3,
            }),
            "engines",
        ),
        (
            vec![],
            Some(Window {
                limit: None,
                offset: 9,
            }),
            "",
        ),
    ] {
        let listing = Listing {
            filter: Filter::ALL,
            order: orders,
            window,
        };
        let listed = catalog.index().list(&listing);
        let goes_on = window.is_some_and(|it| it.limit == Some(2));
        assert_eq!(
            names(&catalog, listed.positions).join(" "),
            expected,
            "{listing:?}"
        );
        assert_eq!(listed.has_more, goes_on, "{listing:?}");
    }
}

fn query(orders: Vec<Order>, limit: usize) -> Query {
    Query {
        cursor: Cursor {
            order_fields: orders,
            ..Cursor::default()
        },
        filter: Filter::ALL,
        limit,
        offset: 0,
        counts: true,
    }
}

/// Every page from the first to the last, and back again.
fn walked(catalog: &Published, first: &Query) -> (Vec<String>, Vec<String>) {
    let (mut there, mut back) = (Vec::new(), Vec::new());
    let mut at = first.clone();
    loop {
        let found = catalog.index().query(&at);
        there.push(names(catalog, found.positions).join(" "));
        let Some(next) = found.next else {
            at.cursor = match found.previous {
                Some(previous) => previous,
                None => return (there, back),
            };
            break;
        };
        (at.cursor, at.offset) = (next, 0);
    }
    loop {
        let found = catalog.index().query(&at);
        back.push(names(catalog, found.positions).join(" "));
        match found.previous {
            Some(previous) => at.cursor = previous,
            None => return (there, back),
        }
    }
}

#[test]
fn a_query_is_read_page_by_page_there_and_back() {
    let (asc, desc) = (None, Some(Direction::Desc));
    let catalog = small();
    for (orders, limit, there, back) in [
        (vec![], 3, vec!["bob ada cy", "engines"], vec!["bob ada cy"]),
        (vec![], 2, vec!["bob ada", "cy engines"], vec!["bob ada"]),
        (vec![], 9, vec!["bob ada cy engines"], vec![]),
        (
            vec![order("metadata.name", asc)],
            1,
            vec!["ada", "bob", "cy", "engines"],
            vec!["cy", "bob", "ada"],
        ),
        (
            vec![order("metadata.name", desc)],
            3,
            vec!["engines cy bob", "ada"],
            vec!["engines cy bob"],
        ),
        // Who lacks the key is not found.
        (
            vec![order("spec.profile.displayName", asc)],
            2,
            vec!["ada bob", "cy"],
            vec!["ada bob"],
        ),
        (
            vec![order("spec.profile.displayName", desc)],
            1,
            vec!["cy", "bob", "ada"],
            vec!["bob", "cy"],
        ),
        (
            vec![order("spec.skills", asc)],
            3,
            vec!["ada bob ada", "cy"],
            vec!["ada bob ada"],
        ),
        (vec![order("nope", asc)], 3, vec![""], vec![]),
    ] {
        let first = query(orders, limit);
        let (forwards, backwards) = walked(&catalog, &first);
        assert_eq!(forwards, there, "{first:?}");
        assert_eq!(backwards, back, "{first:?}");
    }
}

#[test]
fn totals_count_entities_once() {
    let catalog = small();
    let total = |query: &Query| catalog.index().query(query).total.as_u64().unwrap();
    assert_eq!(total(&query(vec![], 0)), 4);
    assert_eq!(total(&query(vec![order("spec.skills", None)], 1)), 3);
    assert_eq!(total(&query(vec![order("nope", None)], 1)), 0);
    let uncounted = Query {
        counts: false,
        ..query(vec![], 1)
    };
    let found = catalog.index().query(&uncounted);
    assert_eq!(found.total.as_u64(), Some(0));
    // What a cursor says is repeated.
    let next = Query {
        cursor: found.next.unwrap(),
        ..query(vec![], 1)
    };
    assert_eq!(total(&next), 0);
}

#[test]
fn a_text_is_looked_for_in_the_values_of_keys() {
    let catalog = small();
    let searched = |term: &str, fields: Option<&[&str]>, orders: Vec<Order>| {
        let mut query = query(orders, 9);
        let fields = fields.map(|fields| fields.iter().map(|key| (*key).to_owned()).collect());
        query.cursor.full_text_filter = Some(FullText {
            term: term.to_owned(),
            fields,
        });
        let found = catalog.index().query(&query);
        (
            names(&catalog, found.positions).join(" "),
            found.total.as_u64().unwrap(),
        )
    };
    let fields = |term, fields: &[&str]| searched(term, Some(fields), vec![]);
    assert_eq!(fields(" BO ", &["metadata.name"]), ("bob".to_owned(), 1));
    assert_eq!(
        fields("bo", &["Spec.Profile.DisplayName"]),
        ("bob cy".to_owned(), 2)
    );
    assert_eq!(
        fields("o", &["metadata.name", "spec.skills"]),
        ("bob ada cy".to_owned(), 3)
    );
    assert_eq!(fields("a_a", &["metadata.name"]), ("ada".to_owned(), 1));
    assert_eq!(
        fields("1%%%", &["spec.profile.displayname"]),
        ("ada".to_owned(), 1)
    );
    assert_eq!(fields("", &["metadata.name"]).1, 4);
    assert_eq!(fields("o", &[]), (String::new(), 0));
    assert_eq!(fields("x", &["nope"]), (String::new(), 0));
    // Without fields it is the one that is sorted by, or the uid.
    let by_tag = vec![order("spec.skills", None)];
    assert_eq!(
        searched("po", None, by_tag.clone()),
        ("bob ada cy".to_owned(), 3)
    );
    // In other fields it does not choose the values.
    assert_eq!(
        searched("a", Some(&["metadata.name"]), by_tag),
        ("ada ada".to_owned(), 1)
    );
    assert_eq!(searched("ada", None, vec![]).1, 0);
    assert_eq!(searched("6164", None, vec![]), ("ada".to_owned(), 1));
}

#[test]
fn a_search_of_the_page_takes_signs_as_they_are() {
    let catalog = small();
    let found = |text: &str| {
        let (people, groups) = catalog.search(text);
        (
            names(&catalog, people).join(" "),
            names(&catalog, groups).join(" "),
        )
    };
    assert_eq!(found("100%"), ("ada".to_owned(), String::new()));
    assert_eq!(found("1%0"), (String::new(), String::new()));
    assert_eq!(found("N"), (String::new(), "engines".to_owned()));
    assert_eq!(found("X.IO"), ("ada bob".to_owned(), String::new()));
}

#[test]
fn a_cursor_that_makes_no_sense_finds_nobody() {
    let catalog = small();
    let by_name = vec![order("metadata.name", None)];
    for (orders, places) in [
        (by_name.clone(), vec![None, None]),
        (
            by_name.clone(),
            vec![Some("zzz".to_owned()), Some("x".to_owned())],
        ),
        (vec![], vec![None]),
        (vec![], vec![Some("zzz".to_owned())]),
    ] {
        for is_previous in [false, true] {
            let mut query = query(orders.clone(), 3);
            query.cursor.is_previous = is_previous;
            query.cursor.order_field_values = Some(places.clone());
            let found = catalog.index().query(&query);
            let is_beyond = is_previous && places.iter().all(Option::is_some);
            assert_eq!(found.positions.is_empty(), !is_beyond, "{query:?}");
        }
    }
}

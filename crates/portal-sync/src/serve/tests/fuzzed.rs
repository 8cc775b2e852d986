//! Requests made from our own OpenAPI document, with values that nobody would think of.

use proptest::arbitrary::any;
use proptest::prelude::*;
use proptest::sample::Index;

use super::*;

/// Texts that mean something here, and others.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(vec![
            "kind=user",
            "kind",
            "=",
            "a,b=,c",
            "$not=1",
            "$any",
            "metadata.name",
            "spec.memberOf",
            "asc:metadata.name",
            "desc:spec.profile.email",
            "metadata.name,desc",
            "exclude",
            "%",
            "_",
            "0",
            "7",
            "-1",
            "1e9",
            "99999999999999999999",
            "user:default/mallory",
            "bnVsbA==",
            "e30=",
            "eyJsaW1pdCI6MSwib2Zmc2V0IjoyfQ==",
            "a[0]",
            "__proto__",
        ])
        .prop_map(str::to_owned),
        ".{0,12}",
    ]
}

/// Any JSON, with the operators of predicates among its keys.
fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        proptest::bool::ANY.prop_map(Value::from),
        (-3_i64..300).prop_map(Value::from),
        proptest::num::f64::ANY.prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    let key = prop_oneof![
        prop::sample::select(vec![
            "$all",
            "$any",
            "$not",
            "$in",
            "$exists",
            "$hasPrefix",
            "$contains",
            "relations",
            "kind",
            "type",
            "targetRef",
            "key",
            "values",
            "anyOf",
        ])
        .prop_map(str::to_owned),
        text(),
    ];
    leaf.prop_recursive(4, 24, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((key.clone(), inner), 0..4)
                .prop_map(|entries| entries.into_iter().collect::<Value>()),
        ]
    })
}

/// What is asked: an operation, and what is put into it.
#[derive(Debug)]
struct Asking {
    operation: Index,
    texts: Vec<String>,
    /// Which parameters are given.
    given: Vec<Index>,
    body: Value,
    /// The properties of the body that the document names, instead of any JSON.
    properties: Vec<(Index, Value)>,
    is_any: bool,
}

fn asking() -> impl Strategy<Value = Asking> {
    let index = any::<Index>;
    (
        index(),
        prop::collection::vec(text(), 8),
        prop::collection::vec(index(), 0..5),
        json_value(),
        prop::collection::vec((index(), json_value()), 0..4),
        prop::bool::weighted(0.2),
    )
        .prop_map(
            |(operation, texts, given, body, properties, is_any)| Asking {
                operation,
                texts,
                given,
                body,
                properties,
                is_any,
            },
        )
}

fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// The request: its method, address and body.
fn request(document: &Value, asking: &Asking) -> (Method, String, String) {
    let paths = document["paths"].as_object().unwrap();
    let operations: Vec<_> = paths
        .iter()
        .flat_map(|(path, of)| {
            of.as_object()
                .unwrap()
                .iter()
                .map(move |(method, it)| (path, method, it))
        })
        .collect();
    let (path, method, operation) = operations[asking.operation.index(operations.len())];
    let mut texts = asking.texts.iter().cycle();
    let mut address = String::new();
    for part in path.split('/').skip(1) {
        let is_name = part.starts_with('{');
        let part = if is_name {
            encoded(texts.next().unwrap()).replace('+', "%20")
        } else {
            part.to_owned()
        };
        address.push('/');
        address.push_str(&part);
    }
    let parameters = operation["parameters"].as_array().unwrap();
    let in_query: Vec<_> = parameters.iter().filter(|it| it["in"] == "query").collect();
    let mut separator = '?';
    for index in asking.given.iter().filter(|_| !in_query.is_empty()) {
        let name = in_query[index.index(in_query.len())]["name"]
            .as_str()
            .unwrap();
        address.push(separator);
        separator = '&';
        address.extend([name, "=", &encoded(texts.next().unwrap())]);
    }
    let schema = &operation["requestBody"]["content"]["application/json"]["schema"]["properties"];
    let body = match schema.as_object().filter(|_| !asking.is_any) {
        Some(known) if !known.is_empty() => asking
            .properties
            .iter()
            .map(|(index, value)| {
                let name = known.keys().nth(index.index(known.len())).unwrap();
                (name.clone(), value.clone())
            })
            .collect::<Value>(),
        _ => asking.body.clone(),
    };
    let body = if method == "get" || method == "delete" {
        String::new()
    } else {
        body.to_string()
    };
    (method.to_uppercase().parse().unwrap(), address, body)
}

#[test]
fn whatever_is_asked_is_answered_or_refused() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let stage = runtime.block_on(async { Stage::empty() });
    stage.publish(small());
    let document = runtime
        .block_on(stage.get("/api/catalog/openapi.json"))
        .json();
    proptest!(|(asking in asking())| {
        let (method, address, body) = request(&document, &asking);
        let headers = [("content-type", "application/json")];
        let answer = runtime.block_on(stage.send(method.clone(), &address, &headers, body.clone()));
        prop_assert!(
            matches!(answer.status, 200 | 304 | 400 | 403 | 404),
            "{method} {address} {body}: {} {}", answer.status, answer.text()
        );
    });
}

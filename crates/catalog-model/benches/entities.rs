//! What one entity costs where a run handles a million of them: reading, checking and digesting it.
//!
//! `cargo bench -p catalog-model`. `user` is what a directory gives, `rich` has every field and unknown ones, `group` has
//! 1,000 members; throughput is of entities.

use std::hint::black_box;

use catalog_model::{Entity, digest};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use serde_json::{Value, json};

fn user() -> Value {
    let groups: Vec<String> = (0..8)
        .map(|number| format!("group:default/team-{number}"))
        .collect();
    json!({
        "apiVersion": "backstage.io/v1alpha1",
        "kind": "User",
        "metadata": {
            "name": "zoe.mueller",
            "namespace": "default",
            "annotations": {
                "backstage.io/managed-by-location": "okta:acme.okta.com",
                "backstage.io/managed-by-origin-location": "okta:acme.okta.com",
                "okta.com/email": "zoe.mueller@acme.example",
                "okta.com/id": "00u000000000000001d7",
                "okta.com/login": "zoe.mueller@acme.example",
                "okta.com/org": "acme",
            },
        },
        "spec": {
            "profile": { "displayName": "Zoë Müller", "email": "zoe.mueller@acme.example" },
            "memberOf": groups,
        },
    })
}

fn rich() -> Value {
    let mut user = user();
    let more = [
        ("/metadata", "title", json!("Zoë")),
        (
            "/metadata",
            "labels",
            json!({ "Site": "Berlin", "on-call": "" }),
        ),
        ("/metadata", "tags", json!(["c++", "on-call"])),
        (
            "/metadata",
            "links",
            json!([{ "url": "https://acme.example/zoe", "title": "Page" }]),
        ),
        (
            "/metadata",
            "badge",
            json!({ "number": 4711, "doors": ["north", "south"] }),
        ),
        ("/spec", "manager", json!("user:default/kim")),
    ];
    for (at, field, value) in more {
        if let Some(object) = user.pointer_mut(at).and_then(Value::as_object_mut) {
            object.insert(field.to_owned(), value);
        }
    }
    user
}

fn group() -> Value {
    let members: Vec<String> = (0..1_000)
        .map(|number| format!("user:default/person-{number:04}"))
        .collect();
    json!({
        "apiVersion": "backstage.io/v1alpha1",
        "kind": "Group",
        "metadata": { "name": "everyone", "annotations": { "okta.com/id": "00g000000000000001d7" } },
        "spec": { "type": "team", "children": [], "members": members },
    })
}

fn entities(criterion: &mut Criterion) {
    for (name, document) in [("user", user()), ("rich", rich()), ("group", group())] {
        let text = document.to_string();
        let Ok(entity) = Entity::from_document(&document) else {
            continue;
        };
        let mut of_one = criterion.benchmark_group(name);
        of_one.throughput(Throughput::Elements(1));
        of_one.bench_function("read", |it| {
            it.iter(|| serde_json::from_str::<Entity>(black_box(&text)));
        });
        of_one.bench_function("from_document", |it| {
            it.iter(|| Entity::from_document(black_box(&document)));
        });
        of_one.bench_function("validate", |it| it.iter(|| black_box(&entity).validate()));
        of_one.bench_function("digest", |it| it.iter(|| digest(black_box(&entity))));
        of_one.finish();
    }
}

criterion_group!(benches, entities);
criterion_main!(benches);

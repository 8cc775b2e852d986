//! Laws that hold for any entity, any ref and any catalog.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a panic is how a test fails"
)]

#[cfg(feature = "digest")]
mod digests;
mod documents;
mod strategies;

use catalog_model::{
    Entity, EntityName, EntityRef, EntitySet, FieldChange, Kind, Namespace, Relation, RelationType,
    UserSpec,
};
use proptest::prelude::*;
use serde_json::{Map, Value};
use strategies::{entities, entity, entity_set};

/// The same JSON with the keys of every object in the opposite order.
fn with_keys_reversed(value: Value) -> Value {
    match value {
        Value::Object(object) => {
            let turned = object
                .into_iter()
                .rev()
                .map(|(key, v)| (key, with_keys_reversed(v)));
            Value::Object(turned.collect::<Map<_, _>>())
        }
        Value::Array(list) => list.into_iter().map(with_keys_reversed).collect(),
        value => value,
    }
}

proptest! {
    #[test]
    fn the_order_of_keys_does_not_matter(entity in entity()) {
        let turned = with_keys_reversed(serde_json::to_value(&entity).unwrap());
        prop_assert_eq!(&serde_json::from_value::<Entity>(turned).unwrap(), &entity);
    }

    #[test]
    fn a_valid_entity_is_written_as_it_was_read(entity in entity()) {
        prop_assert_eq!(entity.validate(), Ok(()));
        let text = serde_json::to_string(&entity).unwrap();
        let read: Entity = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(&read, &entity);
        prop_assert_eq!(serde_json::to_string(&read).unwrap(), text);
    }

    #[test]
    fn a_ref_prints_what_it_parses(entity in entity()) {
        let reference = entity.entity_ref();
        prop_assert_eq!(&reference.to_string().parse::<EntityRef>().unwrap(), &reference);
        let shouted = reference.to_string().to_uppercase();
        prop_assert_eq!(&shouted.parse::<EntityRef>().unwrap(), &reference);
        let parts = EntityRef::new(
            &entity.kind(),
            &reference.namespace().parse().unwrap(),
            &reference.name().parse().unwrap(),
        );
        prop_assert_eq!(&parts, &reference);
        let json = serde_json::to_string(&reference).unwrap();
        prop_assert_eq!(serde_json::from_str::<EntityRef>(&json).unwrap(), reference);
    }

    #[test]
    fn any_text_is_a_ref_or_an_error(text in prop_oneof![".*", "[a-zA-Z:/é.-]{0,12}"]) {
        if let Ok(reference) = EntityRef::parse(&text, &Kind::USER, &Namespace::default()) {
            prop_assert_eq!(&reference.to_string().parse::<EntityRef>().unwrap(), &reference);
        }
        if let Ok(reference) = text.parse::<EntityRef>() {
            prop_assert_eq!(
                EntityRef::parse(&text, &Kind::LOCATION, &Namespace::default()).unwrap(),
                reference
            );
        }
    }

    #[test]
    fn any_text_is_a_name_or_an_error(text in prop_oneof![".*", "[a-zA-Z0-9-_.é]{0,70}"]) {
        let alphanumeric = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
        let allowed = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        let ends = alphanumeric(text.chars().next()) && alphanumeric(text.chars().last());
        let valid = ends && text.len() <= 63 && text.chars().all(allowed);
        prop_assert_eq!(EntityName::parse(&text).is_ok(), valid);
        let lower = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let valid = ends && text.len() <= 63 && text.chars().all(lower);
        prop_assert_eq!(Namespace::parse(&text).is_ok(), valid);
    }

    #[test]
    fn any_texts_are_validated(entity in entity(), text in prop_oneof![".*", "[a-zA-Z$:/#é.-]{0,9}"]) {
        let mut entity = entity;
        let metadata = &mut entity.metadata;
        metadata.title = Some(text.clone());
        metadata.labels.insert(text.clone(), text.clone());
        metadata.annotations.insert(text.clone(), text.clone());
        metadata.tags.push(text.clone());
        metadata.links.push(catalog_model::Link::new(text.clone()));
        metadata.extra.insert(text.clone(), text.clone().into());
        entity.spec = UserSpec::default().with_member_of([text]).into();
        let _ = entity.validate();
        let _ = EntitySet::build([entity]);
    }

    #[test]
    fn the_order_of_entities_does_not_matter(entities in entities()) {
        let mut reversed = entities.clone();
        reversed.reverse();
        let (a, b) = (EntitySet::build(entities).unwrap(), EntitySet::build(reversed).unwrap());
        prop_assert_eq!(a, b);
    }

    #[test]
    fn what_differs_is_named_and_nothing_else(a in entity_set(), b in entity_set()) {
        for (before, after) in a.iter().flat_map(|before| b.iter().map(move |after| (before, after))) {
            let fields = FieldChange::between(before, after);
            prop_assert_eq!(fields.is_empty(), before == after);
            prop_assert!(fields.is_sorted_by_key(|field| &field.path));
            prop_assert!(fields.iter().all(|field| field.before != field.after));
            let mut back = FieldChange::between(after, before);
            for field in &mut back {
                std::mem::swap(&mut field.before, &mut field.after);
            }
            let by_value = |a: &FieldChange, b: &FieldChange| a.to_string().cmp(&b.to_string());
            let mut there = fields;
            there.sort_by(by_value);
            back.sort_by(by_value);
            prop_assert_eq!(there, back);
        }
    }

    #[test]
    fn relations_are_symmetric_sorted_and_distinct(set in entity_set()) {
        for entity in set.iter() {
            let source = entity.entity_ref();
            let relations = set.relations(&source);
            prop_assert!(relations.is_sorted_by(|a, b| a < b));
            for relation in relations {
                let back = Relation::new(relation.type_.inverse(), source.clone());
                prop_assert!(set.relations(&relation.target).contains(&back));
            }
            // What the spec states is among them.
            for reference in entity.references() {
                let type_ = RelationType::of(reference.field());
                let stated = Relation::new(type_, reference.resolve().unwrap());
                prop_assert!(set.relations(&source).contains(&stated));
            }
        }
    }
}

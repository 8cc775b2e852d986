//! Laws of digests.

use catalog_model::{Digest, Entity, Spec, digest};
use proptest::prelude::*;
use sha2::{Digest as _, Sha256};

use crate::strategies::{entity, entity_set};
use crate::with_keys_reversed;

fn with_lists_reversed(mut entity: Entity) -> Entity {
    match &mut entity.spec {
        Spec::User(user) => user.member_of.reverse(),
        Spec::Group(group) => {
            group.members.reverse();
            group.children.reverse();
        }
        _ => {}
    }
    entity
}

proptest! {
    #[test]
    fn the_order_of_keys_and_refs_does_not_change_the_digest(entity in entity()) {
        let turned = with_keys_reversed(serde_json::to_value(&entity).unwrap());
        let turned: Entity = serde_json::from_value(turned).unwrap();
        prop_assert_eq!(&turned, &entity);
        prop_assert_eq!(digest(&turned), digest(&entity));
        prop_assert_eq!(digest(&with_lists_reversed(turned)), digest(&entity));
    }

    #[test]
    fn the_digest_is_that_of_the_sorted_json(entity in entity()) {
        let mut sorted = entity.clone();
        let lists = match &mut sorted.spec {
            Spec::User(user) => vec![&mut user.member_of],
            Spec::Group(group) => vec![&mut group.members, &mut group.children],
            _ => Vec::new(),
        };
        for list in lists {
            list.sort();
            list.dedup();
        }
        let mut value = serde_json::to_value(&sorted).unwrap();
        value.sort_all_objects();
        let expected: [u8; 32] = Sha256::digest(value.to_string()).into();
        prop_assert_eq!(digest(&entity), Digest::from_bytes(expected));
    }

    #[test]
    fn another_name_is_another_digest(entity in entity(), name in "[a-z]{1,9}") {
        let mut other = entity.clone();
        other.metadata.name = name.parse().unwrap();
        prop_assert_eq!(digest(&other) == digest(&entity), other == entity);
    }

    #[test]
    fn entities_that_differ_have_digests_that_differ(a in entity_set(), b in entity_set()) {
        for (one, other) in a.iter().flat_map(|one| b.iter().map(move |other| (one, other))) {
            prop_assert_eq!(digest(one) == digest(other), one == other);
        }
    }
}

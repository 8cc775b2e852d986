//! Valid entities and catalogs to draw from.

use std::collections::BTreeMap;

use catalog_model::{
    ApiVersion, Entity, EntitySet, Extra, GroupSpec, Link, LocationSpec, Metadata, OtherSpec,
    Presence, Profile, Spec, SpecRef, UserSpec,
};
use proptest::collection::{btree_map, vec};
use proptest::option::of as maybe;
use proptest::prelude::*;
use proptest::sample::{Index, subsequence};
use serde_json::Value;

const NAME: &str = "[A-Za-z0-9]([-A-Za-z0-9_.]{0,12}[A-Za-z0-9])?";
const NAMESPACE: &str = "[a-z0-9]{1,6}(-{1,2}[a-z0-9]{1,3}){0,2}";
const REF: &str = "((user|Group|api):)?([a-zA-Z0-9-]{1,6}/)?[^:/]{1,8}";
// Lower case, because keys that differ by case only are not valid.
const KEY: &str = "([a-z0-9]{1,5}(\\.[a-z0-9]-{0,2}[a-z0-9]){0,2}/)?[a-z0-9]([-_.]?[a-z0-9]){0,6}";
const TAG: &str = "[a-z0-9:+#]{1,5}(-[a-z0-9:+#]{1,3}){0,2}";

fn text() -> impl Strategy<Value = String> {
    ".{1,12}"
}

/// Fields with names that no known field has.
fn extra() -> impl Strategy<Value = Extra> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[ -@\\[-~é😀]{0,8}".prop_map(Value::from),
    ];
    let value = leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            btree_map("x[a-z0-9]{0,4}", inner, 0..4).prop_map(|map| map.into_iter().collect()),
        ]
    });
    prop_oneof![3 => Just(Extra::new()), 1 => btree_map("x[a-z0-9]{0,4}", value, 0..4)]
}

fn refs() -> impl Strategy<Value = Vec<SpecRef>> {
    vec(REF.prop_map(SpecRef::from), 0..5)
}

fn link() -> impl Strategy<Value = Link> {
    let words = || maybe("[a-z]{1,6}");
    (
        "https://[a-z]{1,8}\\.example/[a-z?=&]{0,8}",
        words(),
        words(),
        words(),
        extra(),
    )
        .prop_map(|(url, title, icon, type_, extra)| {
            let mut link = Link::new(url);
            (link.title, link.icon, link.type_, link.extra) = (title, icon, type_, extra);
            link
        })
}

fn metadata() -> impl Strategy<Value = Metadata> {
    let value = prop_oneof![Just(String::new()), NAME];
    (
        (NAME, NAMESPACE, maybe(text()), maybe(".{0,12}")),
        (
            btree_map(KEY, value, 0..4),
            btree_map(KEY, ".{0,12}", 0..4),
            vec(TAG, 0..4),
            vec(link(), 0..3),
        ),
        extra(),
    )
        .prop_map(|((name, namespace, title, description), open, extra)| {
            let (labels, annotations, tags, links) = open;
            let mut metadata =
                Metadata::new(name.parse().unwrap()).with_namespace(namespace.parse().unwrap());
            (metadata.title, metadata.description) = (title, description);
            (metadata.labels, metadata.annotations) = (labels, annotations);
            (metadata.tags, metadata.links, metadata.extra) = (tags, links, extra);
            metadata
        })
}

fn profile() -> impl Strategy<Value = Profile> {
    (maybe(text()), maybe(text()), maybe(text()), extra()).prop_map(
        |(display_name, email, picture, extra)| {
            let mut profile = Profile::default();
            (profile.display_name, profile.email) = (display_name, email);
            (profile.picture, profile.extra) = (picture, extra);
            profile
        },
    )
}

fn spec() -> impl Strategy<Value = Spec> {
    let user = (maybe(profile()), refs(), extra()).prop_map(|(profile, member_of, extra)| {
        let mut user = UserSpec::default();
        (user.profile, user.member_of, user.extra) = (profile, member_of, extra);
        Spec::from(user)
    });
    let of_groups = (maybe(REF), refs(), refs());
    let group = (text(), maybe(profile()), of_groups, extra()).prop_map(
        |(type_, profile, (parent, children, members), extra)| {
            let mut group = GroupSpec::new(type_);
            (group.profile, group.parent) = (profile, parent.map(SpecRef::from));
            (group.children, group.members, group.extra) = (children, members, extra);
            Spec::from(group)
        },
    );
    let presence = prop_oneof![Just(Presence::Required), Just(Presence::Optional)];
    let targets = (maybe(text()), vec(text(), 0..3), maybe(presence));
    let location = (maybe(text()), targets, extra()).prop_map(
        |(type_, (target, targets, presence), extra)| {
            let mut location = LocationSpec::default();
            (location.type_, location.target, location.targets) = (type_, target, targets);
            (location.presence, location.extra) = (presence, extra);
            Spec::from(location)
        },
    );
    let other = ("[A-Z][a-z0-9]{1,3}X", maybe(extra())).prop_map(|(kind, fields)| {
        let mut other = OtherSpec::new(kind.parse().unwrap());
        other.fields = fields;
        Spec::from(other)
    });
    prop_oneof![user, group, location, other]
}

/// Any valid entity, whose refs may name nothing.
pub(crate) fn entity() -> impl Strategy<Value = Entity> {
    let version = prop_oneof![Just(ApiVersion::V1_ALPHA1), Just(ApiVersion::V1_BETA1)];
    let other = "([a-z0-9]{1,5}/)?[A-Za-z0-9]{1,8}".prop_map(|text| text.parse().unwrap());
    (version, other, metadata(), spec()).prop_map(|(version, other, metadata, spec)| {
        let version = if matches!(spec, Spec::Other(_)) {
            other
        } else {
            version
        };
        Entity::new(metadata, spec).with_api_version(version)
    })
}

/// The entities of a catalog that fits together, in any order. Names come from a small stock, so
/// that two catalogs have many of them in common.
pub(crate) fn entities() -> impl Strategy<Value = Vec<Entity>> {
    const GROUPS: [&str; 6] = ["all", "Ops", "team-a", "team-b", "team.c", "x"];
    const USERS: [&str; 6] = ["bob", "Jane", "kim", "omar", "team-a", "zoe"];

    let pick = |names: &'static [&'static str]| subsequence(names, 0..=names.len());
    let links = || vec(any::<(Index, Index)>(), 0..10);
    (
        pick(&GROUPS),
        pick(&USERS),
        links(),
        links(),
        vec(any::<Index>(), 6),
        vec(text(), 12),
    )
        .prop_map(|(groups, users, by_user, by_group, parents, titles)| {
            catalog(&groups, &users, [&by_user, &by_group], &parents, titles)
        })
        .prop_shuffle()
}

pub(crate) fn entity_set() -> impl Strategy<Value = EntitySet> {
    entities().prop_map(|entities| EntitySet::build(entities).unwrap())
}

fn catalog(
    groups: &[&str],
    users: &[&str],
    [by_user, by_group]: [&[(Index, Index)]; 2],
    parents: &[Index],
    titles: Vec<String>,
) -> Vec<Entity> {
    // Either end of a membership may state it.
    let mut member_of: BTreeMap<&str, Vec<SpecRef>> = BTreeMap::new();
    let mut members: BTreeMap<&str, Vec<SpecRef>> = BTreeMap::new();
    if !groups.is_empty() && !users.is_empty() {
        for (user, group) in by_user {
            member_of
                .entry(*user.get(users))
                .or_default()
                .push((*group.get(groups)).into());
        }
        for (user, group) in by_group {
            let user = format!("user:default/{}", user.get(users));
            members
                .entry(*group.get(groups))
                .or_default()
                .push(user.into());
        }
    }
    let users = users.iter().map(|name| {
        let member_of = member_of.remove(name).unwrap_or_default();
        (
            *name,
            Spec::from(UserSpec::default().with_member_of(member_of)),
        )
    });
    let groups = groups
        .iter()
        .enumerate()
        .zip(parents)
        .map(|((at, name), parent)| {
            let mut spec = GroupSpec::new("team");
            spec.members = members.remove(name).unwrap_or_default();
            // A parent stands before its children, so there is no cycle.
            spec.parent = (at > 0).then(|| (*parent.get(&groups[..at])).into());
            (*name, Spec::Group(spec))
        });
    users
        .chain(groups)
        .zip(titles)
        .map(|((name, spec), title)| {
            let mut metadata = Metadata::new(name.parse().unwrap());
            metadata.title = Some(title);
            Entity::new(metadata, spec)
        })
        .collect()
}

//! The page of one person or group.

use catalog_model::{Entity, EntityRef, RelationType, Spec};
use maud::{Markup, html};

use super::identity::{address, email, label};
use super::listing::{Page, Query};
use super::words;
use crate::catalog::generation::Entities;
use crate::catalog::published::Published;
use crate::held::object::Kind;

/// So many annotations are shown.
const ANNOTATIONS: usize = 100;

/// An address that can be written to is no longer than this (RFC 5321, section 4.5.3.1.3).
const LONGEST_ADDRESS: usize = 254;

/// What the page of `entity` shows.
pub(super) fn content(
    published: &Published,
    position: u32,
    entity: &Entity,
    query: &Query,
) -> Markup {
    let reference = entity.entity_ref();
    let metadata = &entity.metadata;
    html! {
        p.kind { (kind(entity)) }
        h1 { (words::foreign(label(entity))) }
        @if let Some(description) = &metadata.description { p { (words::prose(description)) } }
        dl {
            dt { "Reference" } dd { code { (reference) } }
            @if let Some(email) = email(entity) { dt { "E-mail" } dd { (mail_link(email)) } }
            @if let Spec::Group(group) = &entity.spec { dt { "Type" } dd { (words::foreign(&group.type_)) } }
        }
        (relations(published, position, &reference, query))
        @if !metadata.annotations.is_empty() {
            section aria-labelledby="annotations" {
                h2 #annotations { "Annotations" }
                table {
                    thead { tr { th scope="col" { "Key" } th scope="col" { "Value" } } }
                    tbody {
                        @for (key, value) in metadata.annotations.iter().take(ANNOTATIONS) {
                            tr { th scope="row" { code { (key) } } td { (words::foreign(value)) } }
                        }
                    }
                }
                @if metadata.annotations.len() > ANNOTATIONS {
                    p { (words::counted(metadata.annotations.len() - ANNOTATIONS)) " more are in the JSON." }
                }
            }
        }
        p { a href=(json(&reference)) { "As JSON" } }
    }
}

/// One list of relations: its type, heading, section, and the parameter that pages it.
struct List {
    relation: RelationType,
    heading: &'static str,
    id: &'static str,
    parameter: &'static str,
}

const USER: [List; 1] = [List {
    relation: RelationType::MemberOf,
    heading: "Groups",
    id: "groups",
    parameter: "page",
}];

const GROUP: [List; 3] = [
    List {
        relation: RelationType::ChildOf,
        heading: "Parent",
        id: "parent",
        parameter: "parent",
    },
    List {
        relation: RelationType::ParentOf,
        heading: "Children",
        id: "children",
        parameter: "children",
    },
    List {
        relation: RelationType::HasMember,
        heading: "Members",
        id: "members",
        parameter: "page",
    },
];

fn relations(published: &Published, position: u32, reference: &EntityRef, query: &Query) -> Markup {
    let lists: &[List] = match Kind::of(reference) {
        Some(Kind::User) => &USER,
        Some(Kind::Group) => &GROUP,
        None => &[],
    };
    let relations: Vec<_> = published.relations(position).collect();
    let mut entities = published.entities();
    html! {
        @for list in lists {
            @let targets = relations.iter().filter(|(of, _)| *of == list.relation);
            @let page = Page::of(targets.map(|(_, target)| *target).collect::<Vec<_>>(), list.parameter, query);
            section aria-labelledby=(list.id) {
                h2 id=(list.id) { (list.heading) " " span.count { (words::counted(page.total)) } }
                @if page.items.is_empty() {
                    p.none { "None." }
                } @else {
                    ul.relations { @for target in &page.items { li { (link(published, &mut entities, *target)) } } }
                }
                (page.pager(list.heading, list.id))
            }
        }
    }
}

fn link(published: &Published, entities: &mut Entities<'_>, target: u32) -> Markup {
    let target_ref = published.ref_at(target);
    html! {
        @if published.has(target) {
            a href=(address(target_ref)) { (words::foreign(entities.outline(target).label())) }
        } @else {
            code { (target_ref) }
        }
    }
}

/// A link that writes a mail. Only where the address cannot say more than an address: `?` and `&` would add headers.
fn mail_link(email: &str) -> Markup {
    let plain = |c: char| c.is_ascii_alphanumeric() || "@.+-_'".contains(c);
    html! {
        @if email.len() <= LONGEST_ADDRESS && email.chars().all(plain) {
            a href={ "mailto:" (email) } { (words::foreign(email)) }
        } @else {
            (words::foreign(email))
        }
    }
}

fn json(reference: &EntityRef) -> String {
    let kind = reference.kind();
    let (namespace, name) = (reference.namespace(), reference.name());
    format!("/api/catalog/entities/by-name/{kind}/{namespace}/{name}")
}

fn kind(entity: &Entity) -> &'static str {
    match &entity.spec {
        Spec::User(_) => "Person",
        Spec::Group(_) => "Group",
        _ => "Location",
    }
}

//! The canonical JSON of an entity: keys sorted, no white space, each list of refs sorted and without repetitions.
//!
//! It says again what the types derive for serde, because sorting what serde makes costs several times as much; a law
//! among the tests holds the two together.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use crate::entity::{Entity, Spec};
use crate::entity_ref::SpecRef;
use crate::metadata::{Extra, Link, Metadata};
use crate::spec::{GroupSpec, LocationSpec, Presence, Profile, UserSpec};

/// The bytes of it.
pub(crate) fn json(entity: &Entity) -> Vec<u8> {
    let mut json = Json(Vec::with_capacity(512));
    let kind = entity.kind();
    let mut fields = vec![
        ("apiVersion", Part::Text(entity.api_version.as_str())),
        ("kind", Part::Text(kind.as_str())),
        ("metadata", Part::Object(metadata(&entity.metadata))),
    ];
    if entity.spec.is_there() {
        fields.push(("spec", Part::Object(spec(&entity.spec))));
    }
    json.object(fields);
    json.0
}

type Fields<'a> = Vec<(&'a str, Part<'a>)>;

/// A value that is still where the entity has it.
enum Part<'a> {
    Text(&'a str),
    Texts(&'a [String]),
    Refs(&'a [SpecRef]),
    /// In its keys' order already.
    Map(&'a BTreeMap<String, String>),
    Object(Fields<'a>),
    Objects(Vec<Fields<'a>>),
    Other(&'a Value),
}

fn metadata(metadata: &Metadata) -> Fields<'_> {
    let mut fields = vec![
        ("name", Part::Text(metadata.name.as_str())),
        ("namespace", Part::Text(metadata.namespace.as_str())),
    ];
    text(&mut fields, "title", metadata.title.as_ref());
    text(&mut fields, "description", metadata.description.as_ref());
    for (name, map) in [
        ("labels", &metadata.labels),
        ("annotations", &metadata.annotations),
    ] {
        if !map.is_empty() {
            fields.push((name, Part::Map(map)));
        }
    }
    texts(&mut fields, "tags", &metadata.tags);
    if !metadata.links.is_empty() {
        let links = metadata.links.iter().map(link).collect();
        fields.push(("links", Part::Objects(links)));
    }
    others(&mut fields, &metadata.extra);
    fields
}

fn link(link: &Link) -> Fields<'_> {
    let mut fields = vec![("url", Part::Text(&link.url))];
    text(&mut fields, "title", link.title.as_ref());
    text(&mut fields, "icon", link.icon.as_ref());
    text(&mut fields, "type", link.type_.as_ref());
    others(&mut fields, &link.extra);
    fields
}

fn spec(spec: &Spec) -> Fields<'_> {
    match spec {
        Spec::User(user) => user_spec(user),
        Spec::Group(group) => group_spec(group),
        Spec::Location(location) => location_spec(location),
        Spec::Other(other) => {
            let mut fields = Fields::new();
            other
                .fields
                .iter()
                .for_each(|extra| others(&mut fields, extra));
            fields
        }
    }
}

fn user_spec(user: &UserSpec) -> Fields<'_> {
    let mut fields = vec![("memberOf", Part::Refs(&user.member_of))];
    profile(&mut fields, user.profile.as_ref());
    others(&mut fields, &user.extra);
    fields
}

fn group_spec(group: &GroupSpec) -> Fields<'_> {
    let mut fields = vec![
        ("type", Part::Text(&group.type_)),
        ("children", Part::Refs(&group.children)),
        ("members", Part::Refs(&group.members)),
    ];
    if let Some(parent) = &group.parent {
        fields.push(("parent", Part::Text(parent.as_str())));
    }
    profile(&mut fields, group.profile.as_ref());
    others(&mut fields, &group.extra);
    fields
}

fn location_spec(location: &LocationSpec) -> Fields<'_> {
    let mut fields = Fields::new();
    text(&mut fields, "type", location.type_.as_ref());
    text(&mut fields, "target", location.target.as_ref());
    texts(&mut fields, "targets", &location.targets);
    if let Some(presence) = location.presence {
        let text = match presence {
            Presence::Required => "required",
            Presence::Optional => "optional",
        };
        fields.push(("presence", Part::Text(text)));
    }
    others(&mut fields, &location.extra);
    fields
}

fn profile<'a>(fields: &mut Fields<'a>, profile: Option<&'a Profile>) {
    if let Some(profile) = profile {
        let mut inner = Fields::new();
        text(&mut inner, "displayName", profile.display_name.as_ref());
        text(&mut inner, "email", profile.email.as_ref());
        text(&mut inner, "picture", profile.picture.as_ref());
        others(&mut inner, &profile.extra);
        fields.push(("profile", Part::Object(inner)));
    }
}

fn text<'a>(fields: &mut Fields<'a>, name: &'a str, text: Option<&'a String>) {
    fields.extend(text.map(|text| (name, Part::Text(text))));
}

fn texts<'a>(fields: &mut Fields<'a>, name: &'a str, texts: &'a [String]) {
    if !texts.is_empty() {
        fields.push((name, Part::Texts(texts)));
    }
}

fn others<'a>(fields: &mut Fields<'a>, extra: &'a Extra) {
    fields.extend(
        extra
            .iter()
            .map(|(name, value)| (name.as_str(), Part::Other(value))),
    );
}

struct Json(Vec<u8>);

impl Json {
    fn part(&mut self, part: Part<'_>) {
        match part {
            Part::Text(text) => self.leaf(text),
            Part::Texts(texts) => self.leaf(texts),
            Part::Refs(refs) if refs.is_sorted_by(|a, b| a < b) => self.leaf(refs),
            Part::Refs(refs) => {
                let mut refs: Vec<&SpecRef> = refs.iter().collect();
                refs.sort_unstable();
                refs.dedup();
                self.leaf(&refs);
            }
            Part::Map(map) => self.leaf(map),
            Part::Object(fields) => self.object(fields),
            Part::Objects(objects) => self.list(objects, Self::object),
            Part::Other(Value::Array(list)) => {
                self.list(list, |json, inner| json.part(Part::Other(inner)));
            }
            Part::Other(Value::Object(object)) => {
                let field = |(name, value)| (String::as_str(name), Part::Other(value));
                self.object(object.iter().map(field).collect());
            }
            Part::Other(value) => self.leaf(value),
        }
    }

    fn object(&mut self, mut fields: Fields<'_>) {
        // Stable, so that of two fields with one name, which is not valid, the known one comes first.
        fields.sort_by_key(|(name, _)| *name);
        self.0.push(b'{');
        for (index, (name, part)) in fields.into_iter().enumerate() {
            self.comma(index);
            self.leaf(name);
            self.0.push(b':');
            self.part(part);
        }
        self.0.push(b'}');
    }

    fn list<T>(&mut self, items: impl IntoIterator<Item = T>, mut print: impl FnMut(&mut Self, T)) {
        self.0.push(b'[');
        for (index, item) in items.into_iter().enumerate() {
            self.comma(index);
            print(self, item);
        }
        self.0.push(b']');
    }

    fn comma(&mut self, index: usize) {
        if index > 0 {
            self.0.push(b',');
        }
    }

    /// What serde prints in the right order by itself.
    fn leaf(&mut self, value: impl Serialize) {
        // Memory takes everything, and none of these can fail to be written.
        drop(serde_json::to_writer(&mut self.0, &value));
    }
}

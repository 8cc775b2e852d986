//! What objects are called: one name each, the same whatever the order in which they were read.

use std::collections::{HashMap, HashSet};
use std::fmt;

use catalog_model::{EntityName, EntityRef, Kind, Namespace};
use okta_api::{Group, User};
use okta_auth::visible::visible;
use serde::{Serialize, Serializer};

use super::Mapping;
use crate::decide::rules::{Collisions, GroupNaming, UserNaming};
use crate::held::state::State;
use crate::read::records::{GroupRecord, UserRecord};
use crate::text::naming;
use crate::text::template::{Missing, Template};

/// Two objects that wanted one name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Collision {
    /// The kind of both.
    pub kind: Kind,
    /// The Okta id of the one that got another name.
    pub okta_id: String,
    /// The name it would have alone.
    pub wanted: String,
    /// The Okta id of the one that has the name; nothing when that is another tenant's, or the root group.
    pub holder: Option<String>,
    /// What it is called instead.
    pub given: EntityRef,
}

impl fmt::Display for Collision {
    /// Who cannot have which name, and who has it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            kind,
            okta_id,
            wanted,
            holder,
            ..
        } = self;
        let (okta_id, wanted) = (visible(okta_id), visible(wanted));
        write!(f, "{} {okta_id} cannot be `{wanted}`, as ", kind.lower())?;
        match holder {
            Some(holder) => write!(f, "{} is called so", visible(holder)),
            None => f.write_str("the root group or another tenant's object is called so"),
        }
    }
}

/// An object that is called otherwise than in the catalog.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Rename {
    /// The Okta object.
    pub okta_id: String,
    /// What it is called in the catalog.
    #[serde(serialize_with = "as_text")]
    pub entity_ref: EntityRef,
    /// What it would be called.
    #[serde(serialize_with = "as_text")]
    pub to: EntityRef,
}

fn as_text<S: Serializer>(entity_ref: &EntityRef, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(entity_ref)
}

/// The kinds of which whatever is in the catalog keeps the name it has there, whatever it would be called today.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct KeptNames {
    users: bool,
    groups: bool,
    waits: bool,
}

impl KeptNames {
    /// Everything is called as it is to be called today.
    pub(crate) const NONE: Self = Self {
        users: false,
        groups: false,
        waits: false,
    };

    /// The same while something is held back: who collides with that gets a suffix, whatever the configuration wants of
    /// collisions, until it is decided.
    #[must_use]
    pub(crate) const fn while_waiting(self) -> Self {
        Self {
            waits: true,
            ..self
        }
    }

    pub(super) const fn waits(self) -> bool {
        self.waits
    }

    /// Keeps the names of another kind.
    pub(crate) const fn add(&mut self, kind: Kind) {
        match kind {
            Kind::User => self.users = true,
            _ => self.groups = true,
        }
    }

    pub(super) const fn of(self, kind: Kind) -> bool {
        match kind {
            Kind::User => self.users,
            _ => self.groups,
        }
    }
}

/// A name that was given.
#[derive(Debug, Clone)]
pub(super) struct Named {
    pub(super) entity_ref: EntityRef,
    pub(super) name: EntityName,
    pub(super) namespace: Namespace,
}

impl Named {
    pub(super) fn new(kind: Kind, namespace: &Namespace, name: EntityName) -> Self {
        Self {
            entity_ref: EntityRef::new(kind, namespace, &name),
            name,
            namespace: namespace.clone(),
        }
    }
}

/// An object that is to be named.
#[derive(Debug)]
pub(super) struct Wisher<'a> {
    /// Its Okta id.
    pub(super) id: &'a str,
    /// What it would be called.
    pub(super) wish: Wish,
    /// What it is called in the catalog: when that is what it will be called, the two share one text.
    pub(super) before: Option<&'a EntityRef>,
}

/// What an object would be called.
#[derive(Debug)]
pub(super) enum Wish {
    /// It would have this name if it were alone.
    Name(EntityName),
    /// It has this name and keeps it.
    Held(Box<Named>),
}

impl Mapping {
    /// What a user would be called alone.
    ///
    /// # Errors
    /// When it is for a template to say, and the user lacks an attribute of it.
    pub(super) fn user_wish(&self, user: &User) -> Result<EntityName, Missing> {
        let (login, email) = super::addresses(user);
        let mut missing = None;
        for strategy in &self.rules.user_name {
            missing = None;
            // Whoever has no address is called by the login, which has the form of one.
            let by_address = |name: fn(&str) -> Option<String>| {
                email
                    .and_then(name)
                    .or_else(|| login.and_then(naming::strip_domain_name))
            };
            let name = match strategy {
                UserNaming::Id => Some(user.id.as_str().to_owned()),
                UserNaming::StripDomainEmail => by_address(naming::strip_domain_name),
                UserNaming::KebabCaseEmail => by_address(naming::kebab_case_name),
                UserNaming::SlugifyEmail => by_address(naming::slugify_email_name),
                UserNaming::Login => login.and_then(naming::valid),
                UserNaming::Attribute(template) => rendered(template, &UserRecord(user), &mut None),
                UserNaming::Template(template) => {
                    rendered(template, &UserRecord(user), &mut missing)
                }
            };
            if let Some(name) = name.and_then(|name| EntityName::parse(&name).ok()) {
                return Ok(name);
            }
        }
        missing.map_or_else(|| Ok(name_of_id(user.id.as_str())), Err)
    }

    /// What a group would be called alone.
    ///
    /// # Errors
    /// When it is for a template to say, and the group lacks an attribute of it.
    pub(super) fn group_wish(&self, group: &Group) -> Result<EntityName, Missing> {
        let name = group.profile.name();
        let mut missing = None;
        for strategy in &self.rules.group_name {
            missing = None;
            let name = match strategy {
                GroupNaming::Id => Some(group.id.as_str().to_owned()),
                GroupNaming::KebabCaseName => name.and_then(naming::kebab_case_name),
                GroupNaming::ProfileName => name.and_then(naming::valid),
                GroupNaming::Attribute(template) => {
                    rendered(template, &GroupRecord(group), &mut None)
                }
                GroupNaming::Template(template) => {
                    rendered(template, &GroupRecord(group), &mut missing)
                }
            };
            if let Some(name) = name.and_then(|name| EntityName::parse(&name).ok()) {
                return Ok(name);
            }
        }
        missing.map_or_else(|| Ok(name_of_id(group.id.as_str())), Err)
    }

    /// Whether a record can lack what its name is made of.
    pub(super) fn naming_can_fail(&self, kind: Kind) -> bool {
        match kind {
            Kind::User => matches!(self.rules.user_name.last(), Some(UserNaming::Template(_))),
            _ => matches!(self.rules.group_name.last(), Some(GroupNaming::Template(_))),
        }
    }

    /// The namespace for objects that cannot have their name in the usual one, when the configuration wants that.
    pub(super) fn other_namespace(&self) -> Option<Namespace> {
        if self.rules.collisions != Collisions::Namespace {
            return None;
        }
        crate::decide::rules::namespace_of(&self.provider)
    }

    /// Gives every object of one kind its name. `wishes` come in the order of the Okta ids; `taken` are the names that
    /// nobody can have, and those that are given are added to it.
    ///
    /// Whoever holds a name keeps it. Of several others with one wish the one with the smallest id gets it.
    pub(super) fn give_names(
        &self,
        kind: Kind,
        wishes: Vec<Wisher<'_>>,
        taken: &mut HashSet<EntityRef>,
        collisions: &mut Vec<Collision>,
    ) -> Vec<Named> {
        for wisher in &wishes {
            if let Wish::Held(named) = &wisher.wish {
                taken.insert(named.entity_ref.clone());
            }
        }
        let namespace = &self.rules.namespace;
        let mut given: Vec<Named> = Vec::with_capacity(wishes.len());
        let mut waiting: Vec<(usize, &str)> = Vec::new();
        let ids: Vec<&str> = wishes.iter().map(|wisher| wisher.id).collect();
        for Wisher { id, wish, before } in wishes {
            let named = match wish {
                Wish::Held(named) => *named,
                Wish::Name(name) => {
                    let mut named = Named::new(kind, namespace, name);
                    if let Some(before) = before.filter(|before| **before == named.entity_ref) {
                        named.entity_ref = before.clone();
                    }
                    if !taken.insert(named.entity_ref.clone()) {
                        waiting.push((given.len(), id));
                    }
                    named
                }
            };
            given.push(named);
        }
        let holders = holders(&ids, &given, &waiting);
        // Only now: a name with a suffix must not take the plain wish of an object that comes later.
        let other = self.other_namespace();
        for (at, id) in waiting {
            let Some(place) = given.get_mut(at) else {
                continue;
            };
            let (wanted, holder) = (place.name.clone(), holders.get(&place.entity_ref));
            let in_other = other
                .as_ref()
                .map(|other| Named::new(kind, other, wanted.clone()))
                .filter(|named| taken.insert(named.entity_ref.clone()));
            let named = in_other.unwrap_or_else(|| suffixed(kind, namespace, &wanted, id, taken));
            collisions.push(Collision {
                kind,
                okta_id: id.to_owned(),
                wanted: wanted.as_str().to_owned(),
                holder: holder.map(|holder| (*holder).to_owned()),
                given: named.entity_ref.clone(),
            });
            *place = named;
        }
        given
    }
}

/// Who has the names that others wait for, by Okta id.
fn holders<'i>(
    ids: &[&'i str],
    given: &[Named],
    waiting: &[(usize, &str)],
) -> HashMap<EntityRef, &'i str> {
    let mut waits = vec![false; given.len()];
    for (at, _) in waiting {
        if let Some(waits) = waits.get_mut(*at) {
            *waits = true;
        }
    }
    let wanted: HashSet<&EntityRef> = waiting
        .iter()
        .filter_map(|(at, _)| given.get(*at))
        .map(|named| &named.entity_ref)
        .collect();
    if wanted.is_empty() {
        return HashMap::new();
    }
    let holding = ids.iter().zip(given).zip(waits);
    holding
        .filter(|((id, named), waits)| {
            !waits && **id != State::ROOT && wanted.contains(&named.entity_ref)
        })
        .map(|((id, named), _)| (named.entity_ref.clone(), *id))
        .collect()
}

/// The name with a suffix made from the id, which depends on nobody else unless two such suffixes are the same.
fn suffixed(
    kind: Kind,
    namespace: &Namespace,
    wanted: &EntityName,
    id: &str,
    taken: &mut HashSet<EntityRef>,
) -> Named {
    let mut salt = id.to_owned();
    loop {
        let name = naming::with_suffix(wanted.as_str(), &salt);
        if let Ok(name) = EntityName::parse(&name) {
            let named = Named::new(kind, namespace, name);
            if taken.insert(named.entity_ref.clone()) {
                return named;
            }
        }
        salt.push('+');
    }
}

fn rendered(
    template: &Template,
    record: &impl org_filter::Record,
    missing: &mut Option<Missing>,
) -> Option<String> {
    match template.render(record) {
        Ok(text) => naming::valid(&text),
        Err(error) => {
            *missing = Some(error);
            None
        }
    }
}

/// The name of an object of which nothing else gives one. Okta's ids are letters and digits.
pub(super) fn name_of_id(id: &str) -> EntityName {
    naming::valid(id)
        .and_then(|name| EntityName::parse(&name).ok())
        .unwrap_or_else(|| unnamed(id))
}

/// An id without a letter or a digit has never been seen; its hash has some.
fn unnamed(id: &str) -> EntityName {
    let name = naming::with_suffix("unnamed", id);
    EntityName::parse(&name).unwrap_or_else(|_| unnamed("0"))
}

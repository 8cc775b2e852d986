//! What objects are called: one name each, the same whatever the order in which they were read.

use std::collections::{HashMap, HashSet};
use std::fmt;

use catalog_model::{EntityName, EntityRef, Namespace};
use okta_auth::visible::visible;
use serde::{Serialize, Serializer};

use super::Mapping;
use crate::decide::rules::{Collisions, namespace_of};
use crate::held::object::Kind;
use crate::text::naming;

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
            entity_ref: EntityRef::new(&kind.into(), namespace, &name),
            name,
            namespace: namespace.clone(),
        }
    }
}

/// An object that is to be named.
#[derive(Debug)]
pub(super) struct Claimant<'a, Id> {
    /// What it is.
    pub(super) id: &'a Id,
    /// The name it claims.
    pub(super) claim: Claim,
    /// What it is called in the catalog: when that is what it will be called, the two share one text.
    pub(super) before: Option<&'a EntityRef>,
}

/// A claim to a name: which kind decides who comes first.
#[derive(Debug)]
pub(super) enum Claim {
    /// It has this name and keeps it, whoever else claims it.
    Held(Box<Named>),
    /// The configuration names it so: it comes before those that would only be called so.
    Configured(EntityName),
    /// It would have this name if it were alone.
    Derived(EntityName),
}

impl Mapping {
    /// The namespace for objects that cannot have their name in the usual one, when the configuration wants that.
    pub(super) fn other_namespace(&self) -> Option<Namespace> {
        if self.rules.collisions != Collisions::Namespace {
            return None;
        }
        namespace_of(&self.provider)
    }

    /// Gives every object of one kind its name. `claimants` come in the order of their ids; `taken` are the names that nobody
    /// can have, and those that are given are added to it.
    ///
    /// Of several with one claim the one with the smallest id gets it.
    pub(super) fn assign_names<Id: fmt::Display>(
        &self,
        kind: Kind,
        claimants: Vec<Claimant<'_, Id>>,
        taken: &mut HashSet<EntityRef>,
        collisions: &mut Vec<Collision>,
    ) -> Vec<Named> {
        let namespace = &self.rules.namespace;
        let configured = first_come(kind, namespace, &claimants, taken);
        let mut waiting: Vec<usize> = Vec::new();
        waiting.extend(configured.iter().filter(|it| !it.has_it).map(|it| it.at));
        let ids: Vec<&Id> = claimants.iter().map(|claimant| claimant.id).collect();
        let mut given: Vec<Named> = Vec::with_capacity(claimants.len());
        for Claimant { claim, before, .. } in claimants {
            let (name, is_derived) = match claim {
                Claim::Held(named) => {
                    given.push(*named);
                    continue;
                }
                Claim::Configured(name) => (name, false),
                Claim::Derived(name) => (name, true),
            };
            let mut named = Named::new(kind, namespace, name);
            if let Some(before) = before.filter(|before| **before == named.entity_ref) {
                named.entity_ref = before.clone();
            }
            if is_derived && !taken.insert(named.entity_ref.clone()) {
                waiting.push(given.len());
            }
            given.push(named);
        }
        let owners = owners(&ids, &given, &waiting, &configured);
        // Only now: a name with a suffix must not take the plain name of an object that comes later.
        let other = self.other_namespace();
        for at in waiting {
            let (Some(place), Some(id)) = (given.get_mut(at), ids.get(at)) else {
                continue;
            };
            let (wanted, owner) = (place.name.clone(), owners.get(&place.entity_ref));
            let in_other = other
                .as_ref()
                .map(|other| Named::new(kind, other, wanted.clone()))
                .filter(|named| taken.insert(named.entity_ref.clone()));
            let named = in_other.unwrap_or_else(|| suffixed(kind, namespace, &wanted, id, taken));
            collisions.push(Collision {
                kind,
                okta_id: id.to_string(),
                wanted: wanted.as_str().to_owned(),
                holder: owner.map(ToString::to_string),
                given: named.entity_ref.clone(),
            });
            *place = named;
        }
        given
    }
}

/// An object that the configuration names.
struct Configured {
    /// Its place among the claimants.
    at: usize,
    /// Whether it has the name.
    has_it: bool,
}

/// Takes the names for those that come before all others: first whoever holds one, then whatever the configuration names.
fn first_come<Id>(
    kind: Kind,
    namespace: &Namespace,
    claimants: &[Claimant<'_, Id>],
    taken: &mut HashSet<EntityRef>,
) -> Vec<Configured> {
    for claimant in claimants {
        if let Claim::Held(named) = &claimant.claim {
            taken.insert(named.entity_ref.clone());
        }
    }
    let mut configured = Vec::new();
    for (at, claimant) in claimants.iter().enumerate() {
        if let Claim::Configured(name) = &claimant.claim {
            let has_it = taken.insert(EntityRef::new(&kind.into(), namespace, name));
            configured.push(Configured { at, has_it });
        }
    }
    configured
}

/// Which objects of Okta's have the names that others wait for.
fn owners<'i, Id>(
    ids: &[&'i Id],
    given: &[Named],
    waiting: &[usize],
    configured: &[Configured],
) -> HashMap<EntityRef, &'i Id> {
    let mut owns = vec![true; given.len()];
    for at in waiting.iter().chain(configured.iter().map(|it| &it.at)) {
        if let Some(owns) = owns.get_mut(*at) {
            *owns = false;
        }
    }
    let wanted: HashSet<&EntityRef> = waiting
        .iter()
        .filter_map(|at| given.get(*at))
        .map(|named| &named.entity_ref)
        .collect();
    if wanted.is_empty() {
        return HashMap::new();
    }
    let owning = ids.iter().zip(given).zip(owns);
    owning
        .filter(|((_, named), owns)| *owns && wanted.contains(&named.entity_ref))
        .map(|((id, named), _)| (named.entity_ref.clone(), *id))
        .collect()
}

/// The name with a suffix made from the id, which depends on nobody else unless two such suffixes are the same.
fn suffixed(
    kind: Kind,
    namespace: &Namespace,
    wanted: &EntityName,
    id: &impl fmt::Display,
    taken: &mut HashSet<EntityRef>,
) -> Named {
    let mut salt = id.to_string();
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

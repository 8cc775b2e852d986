//! The entities of a roster, one at a time.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;

use catalog_model::{Entity, EntityName, EntityRef, Namespace, Spec, SpecRef};
use okta_api::UserId;

use super::hierarchy::{Nearest, break_cycles};
use super::lists::Lists;
use super::names::{Claim, Claimant, KeptNames, Named, Rename};
use super::sign_in::{Person, SignIn};
use super::{Collision, Mapping, MappingError, OKTA_EMAIL};
use crate::decide::roster::{Roster, Standing};
use crate::decide::rules::{Collisions, Hierarchy, Renames, addresses, name_of_id};
use crate::decide::shape::{Shaped, ShapedGroup};
use crate::held::document::Document;
use crate::held::leavers;
use crate::held::notice::MappingNotice;
use crate::held::object::{GroupKey, Key, Kind};
use crate::held::state::{Entry, State};
use crate::text::{is_blank, without_nul};

/// A roster with names and relations, of which entities are made.
#[derive(Debug)]
pub(crate) struct Mapped<'a> {
    mapping: &'a Mapping,
    shaped: &'a Shaped<'a>,
    state: &'a State,
    roster: &'a Roster<'a>,
    user_names: Vec<Named>,
    group_names: Vec<Named>,
    /// The users of each group, by their refs.
    members: Lists,
    /// The groups of each user, by their refs.
    member_of: Lists,
    parents: Vec<Option<u32>>,
    /// The groups below each group, by their refs.
    children: Lists,
    /// Objects that could not have the name they would have alone.
    pub collisions: Vec<Collision>,
    /// What the operator should know.
    pub notices: Vec<MappingNotice>,
}

/// An entity and what it stands for.
#[derive(Debug)]
pub(crate) struct MappedEntity<'a, Id> {
    /// What it stands for.
    pub id: &'a Id,
    /// The identity of the entity.
    pub entity_ref: &'a EntityRef,
    /// The entity.
    pub entity: Entity,
}

impl<'a> Mapped<'a> {
    pub(super) fn new(
        mapping: &'a Mapping,
        shaped: &'a Shaped<'a>,
        roster: &'a Roster<'a>,
        state: &'a State,
        kept: KeptNames,
    ) -> Result<Self, MappingError> {
        let Roster { users, groups, .. } = roster;
        let mut taken: HashSet<EntityRef> =
            HashSet::with_capacity(users.len() + groups.len() + state.taken().len());
        taken.extend(state.taken().iter().cloned());
        let mut collisions = Vec::new();
        let user_names = {
            let claim = |user: &okta_api::User| match mapping.rules.name_of_user(user) {
                Ok(name) => Claim::Derived(name),
                Err(_) => Claim::Derived(name_of_id(user.id.as_str())),
            };
            let keep = kept.of(Kind::User);
            let claimants = mapping.claimants(users, claim, state.users(), keep)?;
            mapping.assign_names(Kind::User, claimants, &mut taken, &mut collisions)
        };
        let group_names = {
            let claim = |group| mapping.claim_of_group(group);
            let keep = kept.of(Kind::Group);
            let claimants = mapping.claimants(groups, claim, state.groups(), keep)?;
            mapping.assign_names(Kind::Group, claimants, &mut taken, &mut collisions)
        };
        let fails = mapping.rules.collisions == Collisions::Fail && !kept.waits();
        if fails && !collisions.is_empty() {
            return Err(MappingError::Collisions(collisions));
        }

        drop(taken);
        let position: HashMap<&UserId, u32> = users.keys().zip(0..).collect();
        let mut members = Lists::new();
        for group in roster.members.values() {
            members.push(group.iter().filter_map(|user| position.get(user).copied()));
        }
        drop(position);
        let (user_order, group_order) = (by_ref(&user_names), by_ref(&group_names));
        let member_of = members.inverted(users.len(), &group_order);
        let members = member_of.inverted(groups.len(), &user_order);

        let mut mapped = Self {
            mapping,
            shaped,
            state,
            roster,
            user_names,
            group_names,
            members,
            member_of,
            parents: Vec::new(),
            children: Lists::new(),
            collisions,
            notices: mapping.url_notices(roster),
        };
        mapped.relate_groups(&group_order);
        Ok(mapped)
    }

    /// How many pairs of user and group there are.
    #[must_use]
    pub(crate) fn memberships(&self) -> usize {
        self.members.total()
    }

    /// The objects of one kind that are called otherwise than in the catalog, without the root.
    pub(crate) fn renames(&self, kind: Kind) -> impl Iterator<Item = Rename> {
        let users = self.roster.users.keys().zip(&self.user_names);
        let users = users.filter_map(|(id, named)| {
            let before = self.state.users().get(id)?.entity_ref();
            Some((id as &dyn fmt::Display, before, &named.entity_ref))
        });
        let groups = self.roster.groups.keys().zip(&self.group_names);
        let groups = groups.filter_map(|(key, named)| {
            let before = self.state.groups().get(key)?.entity_ref();
            let is_root = *key == GroupKey::Root;
            (!is_root).then_some((key as &dyn fmt::Display, before, &named.entity_ref))
        });
        users
            .chain(groups)
            .filter(move |(_, before, now)| Kind::of(before) == Some(kind) && before != now)
            .map(|(id, before, now)| Rename {
                okta_id: id.to_string(),
                entity_ref: before.clone(),
                to: now.clone(),
            })
    }

    /// The users, by Okta id.
    ///
    /// # Errors
    /// When the store has a text that is no entity.
    pub(crate) fn users(
        &self,
    ) -> impl Iterator<Item = Result<MappedEntity<'_, UserId>, MappingError>> {
        (0..)
            .zip(&self.roster.users)
            .zip(&self.user_names)
            .map(|((at, (id, standing)), named)| {
                let mut entity = match standing {
                    Standing::Fresh(user) => self.mapping.user(user, named),
                    Standing::Kept(_) => {
                        self.kept(self.state.text(&Key::User(id.clone())), named)?
                    }
                    Standing::Left { since, .. } => {
                        let mut user = self.kept(self.state.text(&Key::User(id.clone())), named)?;
                        leavers::mark(&mut user, *since);
                        user
                    }
                };
                if let Spec::User(spec) = &mut entity.spec {
                    spec.member_of = refs(self.member_of.get(at), &self.group_names);
                }
                Ok(MappedEntity {
                    id,
                    entity_ref: &named.entity_ref,
                    entity,
                })
            })
    }

    /// The groups, by their keys.
    ///
    /// # Errors
    /// When the store has a text that is no entity.
    pub(crate) fn groups(
        &self,
    ) -> impl Iterator<Item = Result<MappedEntity<'_, GroupKey>, MappingError>> {
        (0..).zip(&self.roster.groups).zip(&self.group_names).map(
            |((at, (id, standing)), named)| {
                let mut entity = match standing {
                    Standing::Fresh(group) => self.mapping.group(*group, named),
                    Standing::Kept(_) | Standing::Left { .. } => {
                        self.kept(self.state.text(&Key::Group(id.clone())), named)?
                    }
                };
                if let Spec::Group(spec) = &mut entity.spec {
                    spec.members = refs(self.members.get(at), &self.user_names);
                    spec.children = refs(self.children.get(at), &self.group_names);
                    spec.parent = self.parent(at).map(SpecRef::from);
                }
                Ok(MappedEntity {
                    id,
                    entity_ref: &named.entity_ref,
                    entity,
                })
            },
        )
    }

    /// What is wrong with the addresses by which people sign in. `others` are the users of other tenants, each with the
    /// annotation `okta.com/email`: Backstage looks for an address in the whole catalog.
    #[must_use]
    pub(crate) fn sign_in(&self, others: &[(EntityRef, Option<String>)]) -> SignIn {
        let users = self.roster.users.iter().zip(&self.user_names);
        let here = users.map(|((id, standing), named)| {
            let email = match standing {
                Standing::Fresh(user) => addresses(user).1.map(without_nul),
                Standing::Kept(_) | Standing::Left { .. } => {
                    let document = self.state.text(&Key::User(id.clone()));
                    document.and_then(address_in).map(Cow::Owned)
                }
            };
            Person {
                entity_ref: &named.entity_ref,
                email,
                signs_in: !matches!(standing, Standing::Left { .. }),
            }
        });
        let others = others.iter().map(|(entity_ref, email)| Person {
            entity_ref,
            email: email.as_deref().map(Cow::Borrowed),
            signs_in: false,
        });
        // Whoever it is that has such a name, nobody here is called so.
        let taken = self.state.taken().iter().map(|entity_ref| Person {
            entity_ref,
            email: None,
            signs_in: false,
        });
        SignIn::of(here.chain(others).chain(taken))
    }

    fn parent(&self, at: u32) -> Option<&EntityRef> {
        let parent = self.parents.get(at as usize).copied().flatten()?;
        let named = self.group_names.get(parent as usize)?;
        Some(&named.entity_ref)
    }

    /// The entity as the catalog has it, under the name it was given.
    fn kept(&self, document: Option<&Document>, named: &Named) -> Result<Entity, MappingError> {
        let damaged = |source| MappingError::Damaged {
            entity_ref: named.entity_ref.clone(),
            source,
        };
        let missing = || damaged(serde::de::Error::custom("there is none"));
        document.ok_or_else(missing)?.entity().map_err(damaged)
    }

    /// The groups above a group as the catalog has them, the nearest first.
    fn above<'s>(&'s self, group: &'s GroupKey) -> impl Iterator<Item = &'s GroupKey> {
        std::iter::successors(self.state.parent(group), |above| self.state.parent(above))
    }

    /// Decides which group is part of which, of those that are here.
    fn relate_groups(&mut self, order: &[u32]) {
        let groups = &self.roster.groups;
        let position: HashMap<&GroupKey, u32> = groups.keys().zip(0..).collect();
        let is_kept = |id: &GroupKey| {
            let standing = groups.get(id);
            standing.is_some_and(|standing| !matches!(standing, Standing::Fresh(_)))
        };
        let nearest = Nearest::new(&self.shaped.parents, groups);
        let by_name = matches!(
            self.mapping.rules.groups.hierarchy,
            Some(Hierarchy::ByName { .. })
        );
        let parent = |(id, standing): (&GroupKey, &Standing<ShapedGroup<'_>>)| {
            let before = self.state.parent(id);
            if !matches!(standing, Standing::Fresh(_)) {
                return before.and_then(|parent| position.get(parent)).copied();
            }
            let above = nearest.of(id);
            // What a parent is known by is not known when its record cannot be read: it stays the parent, unless the group
            // says by now that it is part of something else.
            let hidden = before.filter(|parent| is_kept(parent));
            let passed_over = |parent: &GroupKey| {
                by_name
                    && self
                        .above(parent)
                        .take(groups.len())
                        .any(|it| Some(it) == above)
            };
            let hidden = hidden.filter(|parent| above.is_none() || passed_over(parent));
            position.get(hidden.or(above)?).copied()
        };
        let mut parents: Vec<Option<u32>> = groups.iter().map(parent).collect();
        let circles = break_cycles(&mut parents);
        if let Some(&first) = circles.first() {
            let first = self.group_names.get(first as usize);
            let first = first.map_or("", |named| named.entity_ref.as_str());
            self.notices.push(MappingNotice::OwnAncestor {
                groups: circles.len(),
                first: first.to_owned(),
            });
        }
        // Whoever is at the top is below the root.
        if let Some(&root) = position.get(&GroupKey::Root) {
            let others = (0..).zip(&mut parents).filter(|(at, _)| *at != root);
            others.for_each(|(_, parent)| *parent = parent.or(Some(root)));
        }
        let mut above = Lists::new();
        for parent in &parents {
            above.push((*parent).into_iter());
        }
        self.children = above.inverted(parents.len(), order);
        self.parents = parents;
    }
}

impl Mapping {
    /// The names that all objects of one kind claim.
    fn claimants<'a, Id: Ord + fmt::Display, T: Copy>(
        &self,
        objects: &'a BTreeMap<Id, Standing<T>>,
        claim: impl Fn(T) -> Claim,
        state: &'a BTreeMap<Id, Entry>,
        kept: bool,
    ) -> Result<Vec<Claimant<'a, Id>>, MappingError> {
        let keep = kept || self.rules.renames == Renames::Keep;
        let mut claimants = Vec::with_capacity(objects.len());
        for (id, standing) in objects {
            let own = match standing {
                Standing::Fresh(object) => Some(claim(*object)),
                _ => None,
            };
            let entry = state.get(id);
            let claim = match (own, entry) {
                (Some(Claim::Configured(name)), _) => Claim::Configured(name),
                (Some(_), Some(entry)) if keep => self.held(entry, !kept)?,
                (None, Some(entry)) => self.held(entry, false)?,
                (Some(own), _) => own,
                (None, None) => Claim::Derived(name_of_id(&id.to_string())),
            };
            claimants.push(Claimant {
                id,
                claim,
                before: entry.map(Entry::entity_ref),
            });
        }
        Ok(claimants)
    }

    /// The name that a group claims for itself.
    fn claim_of_group(&self, group: ShapedGroup<'_>) -> Claim {
        let record = match group {
            ShapedGroup::Root(root) => return Claim::Configured(root.name.clone()),
            ShapedGroup::Okta(record) => record,
            ShapedGroup::Merged(whole) => &whole.record,
        };
        let name = self.rules.name_of_group(record);
        Claim::Derived(name.unwrap_or_else(|_| name_of_id(record.id.as_str())))
    }

    /// The name that an object has in the catalog. A name that is only kept moves to the namespace of today.
    fn held(&self, entry: &Entry, moves: bool) -> Result<Claim, MappingError> {
        let entity_ref = entry.entity_ref().clone();
        let name = EntityName::parse(entry.name()).map_err(|error| MappingError::Damaged {
            entity_ref: entity_ref.clone(),
            source: serde::de::Error::custom(error),
        })?;
        let namespace = Namespace::parse(entity_ref.namespace()).unwrap_or_default();
        let stays = namespace == self.rules.namespace
            || self
                .other_namespace()
                .is_some_and(|other| other == namespace);
        Ok(if stays || !moves {
            Claim::Held(Box::new(Named {
                entity_ref,
                name,
                namespace,
            }))
        } else {
            Claim::Derived(name)
        })
    }
}

/// The address by which Backstage finds the user of a document.
fn address_in(document: &Document) -> Option<String> {
    let mut annotations = document.entity().ok()?.metadata.annotations;
    let email = annotations.remove(OKTA_EMAIL)?;
    (!is_blank(&email)).then_some(email)
}

/// The positions in the order of the refs.
fn by_ref(names: &[Named]) -> Vec<u32> {
    let mut order: Vec<(u128, u32)> = names
        .iter()
        .map(|named| beginning(named.entity_ref.as_str()))
        .zip(0..)
        .collect();
    // Nearly always the beginnings decide, and these lie side by side.
    let text = |at: u32| names.get(at as usize).map(|named| &named.entity_ref);
    order.sort_unstable_by(|(one, a), (other, b)| {
        one.cmp(other).then_with(|| text(*a).cmp(&text(*b)))
    });
    order.into_iter().map(|(_, at)| at).collect()
}

/// The first sixteen bytes after the kind, as a number that is ordered as they are.
fn beginning(text: &str) -> u128 {
    let after = text.split_once(':').map_or(text, |(_, after)| after);
    let mut bytes = [0; 16];
    for (place, byte) in bytes.iter_mut().zip(after.bytes()) {
        *place = byte;
    }
    u128::from_be_bytes(bytes)
}

fn refs(positions: &[u32], names: &[Named]) -> Vec<SpecRef> {
    positions
        .iter()
        .filter_map(|at| names.get(*at as usize))
        .map(|named| SpecRef::from(&named.entity_ref))
        .collect()
}

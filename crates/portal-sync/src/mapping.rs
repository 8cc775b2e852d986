//! From Okta's users and groups to the entities of the catalog.
//!
//! Names are derived last, over everything that will be in the catalog, so that collisions are seen and resolved
//! before anything is written. Who is a member of what is joined by Okta id, never by name.

use std::collections::{BTreeMap, BTreeSet};

use catalog_model::{
    Entity, EntityName, GroupSpec, Kind, Metadata, Namespace, Profile, Spec, SpecRef, UserSpec,
};
use okta_api::{Group, User, UserId};

use crate::config::{GroupNaming, UserNaming};
use crate::roster::{Roster, Standing};
use crate::state::State;

mod naming;

pub use naming::{kebab_case, valid};

/// The annotation that holds the Okta id.
pub const OKTA_ID: &str = "okta.com/id";
/// The annotation that holds the host of the org.
pub const OKTA_ORG: &str = "okta.com/org";
/// The annotation that holds a user's login.
pub const OKTA_LOGIN: &str = "okta.com/login";
/// The annotation that holds a user's e-mail; the stock sign-in resolver of Backstage looks it up.
pub const OKTA_EMAIL: &str = "okta.com/email";

/// How one provider's objects become entities.
#[derive(Debug, Clone)]
pub struct Mapping {
    /// The org, as in `https://acme.okta.com`.
    pub org_url: String,
    /// The org's host, as in `acme.okta.com`.
    pub org_host: String,
    /// How users are named.
    pub user_name: UserNaming,
    /// How groups are named.
    pub group_name: GroupNaming,
}

/// What [`Mapping::entities`] makes.
#[derive(Debug, Clone, Default)]
pub struct Mapped {
    /// The entities by kind and Okta id.
    pub entities: BTreeMap<(Kind, String), Entity>,
    /// Objects that could not have the name they would have alone.
    pub collisions: Vec<Collision>,
    /// How many pairs of user and group there are.
    pub memberships: usize,
}

/// Two objects that wanted one name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Collision {
    /// The kind of both.
    pub kind: Kind,
    /// The Okta id of the one that got another name.
    pub okta_id: String,
    /// The name it would have alone.
    pub wanted: String,
    /// The name it has.
    pub given: String,
}

impl Mapping {
    /// Makes the entities of a roster. Objects that stay as they were keep their entity and only their relations are
    /// brought up to date.
    #[must_use]
    pub fn entities(&self, roster: &Roster<'_>, state: &State) -> Mapped {
        let mut mapped = Mapped::default();
        let user_names = self.names(
            Kind::User,
            roster.users.iter().map(|(id, standing)| {
                let wish = match standing {
                    Standing::Fresh(user) => Ok(self.user_wish(user)),
                    Standing::Kept(_) => Err(state.users().get(id)),
                };
                (id.as_str(), wish)
            }),
            state,
            &mut mapped.collisions,
        );
        let group_names = self.names(
            Kind::Group,
            roster.groups.iter().map(|(id, standing)| {
                let wish = match standing {
                    Standing::Fresh(group) => Ok(self.group_wish(group)),
                    Standing::Kept(_) => Err(state.groups().get(id)),
                };
                (id.as_str(), wish)
            }),
            state,
            &mut mapped.collisions,
        );

        let mut member_of: BTreeMap<&UserId, Vec<SpecRef>> = BTreeMap::new();
        for (group, members) in &roster.members {
            let Some(name) = group_names.get(group.as_str()) else {
                continue;
            };
            let group = reference(Kind::Group, name);
            for user in members {
                member_of.entry(user).or_default().push(group.clone());
            }
            mapped.memberships += members.len();
        }
        for (id, standing) in &roster.users {
            let Some(name) = user_names.get(id.as_str()) else {
                continue;
            };
            let groups = sorted(member_of.remove(id).unwrap_or_default());
            let entity = match standing {
                Standing::Fresh(user) => Some(self.user(user, name.clone(), groups)),
                Standing::Kept(_) => state.users().get(id).cloned().map(|mut kept| {
                    if let Spec::User(spec) = &mut kept.spec {
                        spec.member_of = groups;
                    }
                    kept
                }),
            };
            if let Some(entity) = entity {
                mapped
                    .entities
                    .insert((Kind::User, id.as_str().to_owned()), entity);
            }
        }
        // One text for all the groups that name a user.
        let user_refs: BTreeMap<&str, SpecRef> = user_names
            .iter()
            .map(|(id, name)| (id.as_str(), reference(Kind::User, name)))
            .collect();
        for (id, standing) in &roster.groups {
            let Some(name) = group_names.get(id.as_str()) else {
                continue;
            };
            let members = roster.members.get(id).into_iter().flatten();
            let members = sorted(
                members
                    .filter_map(|user| user_refs.get(user.as_str()).cloned())
                    .collect(),
            );
            let entity = match standing {
                Standing::Fresh(group) => Some(self.group(group, name.clone(), members)),
                Standing::Kept(_) => state.groups().get(id).cloned().map(|mut kept| {
                    if let Spec::Group(spec) = &mut kept.spec {
                        spec.members = members;
                    }
                    kept
                }),
            };
            if let Some(entity) = entity {
                mapped
                    .entities
                    .insert((Kind::Group, id.as_str().to_owned()), entity);
            }
        }
        mapped
    }

    /// Gives every object of one kind its name. An object that stays as it was keeps its name, whoever else wants it.
    fn names<'r>(
        &self,
        kind: Kind,
        objects: impl Iterator<Item = (&'r str, Result<String, Option<&'r Entity>>)>,
        state: &State,
        collisions: &mut Vec<Collision>,
    ) -> BTreeMap<String, EntityName> {
        let mut names = BTreeMap::new();
        let mut wanted = BTreeMap::new();
        let mut held: BTreeSet<String> = state
            .taken()
            .iter()
            .filter(|taken| taken.kind() == kind)
            .map(|taken| taken.name().to_owned())
            .collect();
        for (id, wish) in objects {
            match wish {
                Ok(wish) => drop(wanted.insert(id.to_owned(), wish)),
                Err(Some(kept)) => {
                    held.insert(kept.metadata.name.as_str().to_lowercase());
                    names.insert(id.to_owned(), kept.metadata.name.clone());
                }
                Err(None) => {}
            }
        }
        let mut assigned = naming::assign(&wanted, &held);
        for (id, wanted) in std::mem::take(&mut assigned.collided) {
            let given = assigned.names.get(&id).cloned().unwrap_or_default();
            collisions.push(Collision {
                kind,
                okta_id: id,
                wanted,
                given,
            });
        }
        // `assign` gives only what `valid` makes, so nothing is refused here.
        names.extend(
            assigned
                .names
                .into_iter()
                .filter_map(|(id, name)| Some((id, EntityName::parse(&name).ok()?))),
        );
        names
    }

    fn user_wish(&self, user: &User) -> String {
        let local = |address: &str| address.split('@').next().and_then(valid);
        let email = user.profile.email();
        let wish = match self.user_name {
            UserNaming::Id => None,
            UserNaming::StripDomainEmail => email.and_then(local),
            UserNaming::KebabCaseEmail => email.and_then(|email| valid(&kebab_case(email))),
            UserNaming::Login => user.profile.login().and_then(valid),
        };
        let wish = match self.user_name {
            UserNaming::Id => wish,
            _ => wish.or_else(|| user.profile.login().and_then(local)),
        };
        wish.unwrap_or_else(|| name_of_id(user.id.as_str()))
    }

    fn group_wish(&self, group: &Group) -> String {
        let name = group.profile.name();
        match self.group_name {
            GroupNaming::Id => None,
            GroupNaming::KebabCaseName => name.and_then(|name| valid(&kebab_case(name))),
            GroupNaming::ProfileName => name.and_then(valid),
        }
        .unwrap_or_else(|| name_of_id(group.id.as_str()))
    }

    fn user(&self, user: &User, name: EntityName, member_of: Vec<SpecRef>) -> Entity {
        let profile = &user.profile;
        let mut metadata = self.metadata(name, "users", user.id.as_str());
        for (key, value) in [(OKTA_LOGIN, profile.login()), (OKTA_EMAIL, profile.email())] {
            if let Some(value) = value {
                metadata
                    .annotations
                    .insert(key.to_owned(), value.to_owned());
            }
        }
        let full_name = || {
            let names: Vec<&str> = [profile.first_name(), profile.last_name()]
                .into_iter()
                .flatten()
                .collect();
            (!names.is_empty()).then(|| names.join(" "))
        };
        let spec = UserSpec {
            profile: Some(Profile {
                display_name: profile
                    .display_name()
                    .map(str::to_owned)
                    .or_else(full_name)
                    .or_else(|| profile.login().map(str::to_owned)),
                email: profile.email().map(str::to_owned),
                ..Profile::default()
            }),
            member_of,
            ..UserSpec::default()
        };
        Entity::new(metadata, Spec::User(spec))
    }

    fn group(&self, group: &Group, name: EntityName, members: Vec<SpecRef>) -> Entity {
        let mut metadata = self.metadata(name, "groups", group.id.as_str());
        metadata.description = group.profile.description().map(str::to_owned);
        let spec = GroupSpec {
            profile: Some(Profile {
                display_name: group.profile.name().map(str::to_owned),
                ..Profile::default()
            }),
            members,
            ..GroupSpec::new("group")
        };
        Entity::new(metadata, Spec::Group(spec))
    }

    fn metadata(&self, name: EntityName, collection: &str, id: &str) -> Metadata {
        let location = format!("okta:{}/api/v1/{collection}/{id}", self.org_url);
        let mut metadata = Metadata::new(name);
        metadata.annotations = [
            (OKTA_ID, id),
            (OKTA_ORG, &self.org_host),
            ("backstage.io/managed-by-location", &location),
            ("backstage.io/managed-by-origin-location", &location),
        ]
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect();
        metadata
    }
}

/// The name of an object of which nothing else gives one. Okta's ids are letters and digits.
fn name_of_id(id: &str) -> String {
    valid(id).unwrap_or_else(|| "unnamed".to_owned())
}

fn reference(kind: Kind, name: &EntityName) -> SpecRef {
    let namespace = Namespace::default();
    catalog_model::EntityRef::new(kind, &namespace, name).into()
}

fn sorted(mut refs: Vec<SpecRef>) -> Vec<SpecRef> {
    refs.sort_unstable();
    refs
}

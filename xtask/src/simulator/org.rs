//! The simulated org as plain data: a test edits it, the server shows it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jiff::Timestamp;
use jsonwebtoken::jwk::JwkSet;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The status of a user who was deactivated: not in plain lists, still in groups.
pub const DEPROVISIONED: &str = "DEPROVISIONED";

/// Everything an Okta org holds that the simulator can show.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Org {
    /// Users by their Okta id.
    pub users: BTreeMap<String, User>,
    /// Groups by their Okta id.
    pub groups: BTreeMap<String, Group>,
    /// Ids of the users of each group, by the group's id. `Everyone` needs no entry: see [`Org::is_member`].
    pub memberships: BTreeMap<String, BTreeSet<String>>,
    /// The service apps that may ask for tokens.
    pub clients: Vec<Client>,
    /// The API tokens (`SSWS`) that are valid.
    pub api_tokens: Vec<ApiToken>,
}

/// A user as Okta stores it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct User {
    /// The Okta id: `00u` and 17 letters or digits.
    pub id: String,
    /// `ACTIVE`, `STAGED`, `DEPROVISIONED`, … or a word Okta may invent one day.
    #[serde(default = "active")]
    pub status: String,
    /// When the user was created.
    #[serde(default = "long_ago")]
    pub created: Timestamp,
    /// When the user was activated, if ever.
    #[serde(default)]
    pub activated: Option<Timestamp>,
    /// When the status changed last.
    #[serde(default)]
    pub status_changed: Option<Timestamp>,
    /// When the user signed in last.
    #[serde(default)]
    pub last_login: Option<Timestamp>,
    /// When the profile or the status changed last; memberships do not count.
    #[serde(default = "long_ago")]
    pub last_updated: Timestamp,
    /// When the password changed last.
    #[serde(default)]
    pub password_changed: Option<Timestamp>,
    /// The id of the user type.
    #[serde(default = "default_type")]
    pub type_id: String,
    /// Profile attributes. Unset ones are left out, as Okta does.
    #[serde(default)]
    pub profile: Map<String, Value>,
}

/// A group as Okta stores it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Group {
    /// The Okta id: `00g` and 17 letters or digits.
    pub id: String,
    /// `OKTA_GROUP`, `APP_GROUP` or `BUILT_IN`.
    #[serde(rename = "type", default = "okta_group")]
    pub kind: String,
    /// When the group was created.
    #[serde(default = "long_ago")]
    pub created: Timestamp,
    /// When the profile changed last.
    #[serde(default = "long_ago")]
    pub last_updated: Timestamp,
    /// When a member came or went last.
    #[serde(default = "long_ago")]
    pub last_membership_updated: Timestamp,
    /// `okta:user_group`, `okta:windows_security_principal`, …
    #[serde(default = "user_group")]
    pub object_class: Vec<String>,
    /// The id of the app an `APP_GROUP` comes from.
    #[serde(default)]
    pub source: Option<String>,
    /// `name`, `description` and whatever an app brings along.
    #[serde(default)]
    pub profile: Map<String, Value>,
}

/// A service app that authenticates with a private key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Client {
    /// The client id: `0oa…`.
    pub client_id: String,
    /// The public keys registered for it.
    pub keys: JwkSet,
    /// The scopes an administrator granted.
    pub scopes: Vec<String>,
    /// Whether an admin role is assigned, without which no user and no group is visible.
    pub admin_role: bool,
    /// Whether "Require Demonstrating Proof of Possession" is on.
    pub dpop_required: bool,
    /// Whether the app is active.
    pub active: bool,
    /// Whether the app is of the type "API Services".
    pub service: bool,
}

/// An API token, sent as `Authorization: SSWS …`. Its `Debug` leaves the secret out.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ApiToken {
    /// The secret itself; simulated orgs have no real ones.
    pub token: String,
    /// Whether the administrator who made it has a role that sees users and groups.
    #[serde(default = "yes")]
    pub admin_role: bool,
}

impl Org {
    /// Adds a user, or replaces the one with the same id.
    pub fn add_user(&mut self, user: User) {
        self.users.insert(user.id.clone(), user);
    }

    /// Adds a group, or replaces the one with the same id.
    pub fn add_group(&mut self, group: Group) {
        self.groups.insert(group.id.clone(), group);
    }

    /// Removes a user as deleting does: from the org and from all groups.
    pub fn remove_user(&mut self, id: &str) {
        self.users.remove(id);
        for members in self.memberships.values_mut() {
            members.remove(id);
        }
    }

    /// Removes a group and its memberships.
    pub fn remove_group(&mut self, id: &str) {
        self.groups.remove(id);
        self.memberships.remove(id);
    }

    /// Puts a user into a group and moves the group's `lastMembershipUpdated`.
    pub fn join(&mut self, group: &str, user: &str, at: Timestamp) {
        if self
            .memberships
            .entry(group.to_owned())
            .or_default()
            .insert(user.to_owned())
        {
            self.touch_membership(group, at);
        }
    }

    /// Takes a user out of a group and moves the group's `lastMembershipUpdated`.
    pub fn leave(&mut self, group: &str, user: &str, at: Timestamp) {
        if self
            .memberships
            .get_mut(group)
            .is_some_and(|members| members.remove(user))
        {
            self.touch_membership(group, at);
        }
    }

    /// Gives a user another status and moves `statusChanged` and `lastUpdated`.
    pub fn set_status(&mut self, user: &str, status: &str, at: Timestamp) {
        if let Some(user) = self.users.get_mut(user) {
            status.clone_into(&mut user.status);
            user.status_changed = Some(at);
            user.last_updated = at;
        }
    }

    /// Sets a profile attribute of a user (null removes it) and moves `lastUpdated`.
    pub fn set_user_profile(&mut self, user: &str, attribute: &str, value: Value, at: Timestamp) {
        if let Some(user) = self.users.get_mut(user) {
            user.profile.insert(attribute.to_owned(), value);
            user.last_updated = at;
        }
    }

    /// Sets a profile attribute of a group (null removes it) and moves `lastUpdated`.
    pub fn set_group_profile(&mut self, group: &str, attribute: &str, value: Value, at: Timestamp) {
        if let Some(group) = self.groups.get_mut(group) {
            group.profile.insert(attribute.to_owned(), value);
            group.last_updated = at;
        }
    }

    /// Whether `user` is in `group`. Everyone who is not deactivated is in `Everyone`.
    #[must_use]
    pub fn is_member(&self, group: &Group, user: &User) -> bool {
        if group.is_everyone() {
            user.status != DEPROVISIONED
        } else {
            self.memberships
                .get(&group.id)
                .is_some_and(|members| members.contains(&user.id))
        }
    }

    /// The users of `group` whose id comes after `after`, in the order of their ids.
    pub fn members<'a>(
        &'a self,
        group: &'a Group,
        after: Option<&str>,
    ) -> Box<dyn Iterator<Item = &'a User> + 'a> {
        if group.is_everyone() {
            let users = self.users.range::<str, _>(following(after));
            return Box::new(
                users
                    .map(|(_, user)| user)
                    .filter(|user| user.status != DEPROVISIONED),
            );
        }
        match self.memberships.get(&group.id) {
            Some(members) => Box::new(
                members
                    .range::<str, _>(following(after))
                    .filter_map(|id| self.users.get(id)),
            ),
            None => Box::new(std::iter::empty()),
        }
    }

    /// The user with this id or this login.
    #[must_use]
    pub fn user_by_id_or_login(&self, name: &str) -> Option<&User> {
        let by_login = || {
            let name = name.to_lowercase();
            self.users
                .values()
                .find(|user| user.login().to_lowercase() == name)
        };
        self.users.get(name).or_else(by_login)
    }

    fn touch_membership(&mut self, group: &str, at: Timestamp) {
        if let Some(group) = self.groups.get_mut(group) {
            group.last_membership_updated = at;
        }
    }
}

impl User {
    /// An active user with the five attributes every profile has.
    #[must_use]
    pub fn new(id: &str, first_name: &str, last_name: &str, email: &str) -> Self {
        let mut profile = Map::new();
        for (attribute, value) in [
            ("firstName", first_name),
            ("lastName", last_name),
            ("login", email),
            ("email", email),
        ] {
            profile.insert(attribute.to_owned(), value.into());
        }
        Self {
            id: id.to_owned(),
            status: active(),
            created: long_ago(),
            activated: Some(long_ago()),
            status_changed: Some(long_ago()),
            last_login: None,
            last_updated: long_ago(),
            password_changed: None,
            type_id: default_type(),
            profile,
        }
    }

    /// What the user signs in with, or nothing when the profile has no login.
    #[must_use]
    pub fn login(&self) -> &str {
        self.profile
            .get("login")
            .and_then(Value::as_str)
            .unwrap_or_default()
    }
}

impl Group {
    /// A group made in Okta.
    #[must_use]
    pub fn new(id: &str, name: &str) -> Self {
        let mut profile = Map::new();
        profile.insert("name".to_owned(), name.into());
        profile.insert("description".to_owned(), Value::Null);
        Self {
            id: id.to_owned(),
            kind: okta_group(),
            created: long_ago(),
            last_updated: long_ago(),
            last_membership_updated: long_ago(),
            object_class: user_group(),
            source: None,
            profile,
        }
    }

    /// The group's name, or nothing when the profile has none.
    #[must_use]
    pub fn name(&self) -> &str {
        self.profile
            .get("name")
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    /// Whether it is the group of everybody who is not deactivated.
    pub(crate) fn is_everyone(&self) -> bool {
        self.kind == "BUILT_IN" && self.name() == "Everyone"
    }
}

impl fmt::Debug for ApiToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiToken")
            .field("admin_role", &self.admin_role)
            .finish_non_exhaustive()
    }
}

impl Client {
    /// An active service app with an admin role and the two scopes a sync needs.
    #[must_use]
    pub fn new(client_id: &str, keys: JwkSet) -> Self {
        Self {
            client_id: client_id.to_owned(),
            keys,
            scopes: vec!["okta.users.read".to_owned(), "okta.groups.read".to_owned()],
            admin_role: true,
            dpop_required: false,
            active: true,
            service: true,
        }
    }
}

/// The part of an ordered collection that follows `after`.
pub(crate) fn following(after: Option<&str>) -> (std::ops::Bound<&str>, std::ops::Bound<&str>) {
    use std::ops::Bound::{Excluded, Unbounded};
    (after.map_or(Unbounded, Excluded), Unbounded)
}

fn active() -> String {
    "ACTIVE".to_owned()
}

fn okta_group() -> String {
    "OKTA_GROUP".to_owned()
}

fn user_group() -> Vec<String> {
    vec!["okta:user_group".to_owned()]
}

fn default_type() -> String {
    "oty1default0000000d7".to_owned()
}

/// 2024-01-01T00:00:00Z, for objects whose age is of no interest.
fn long_ago() -> Timestamp {
    Timestamp::constant(1_704_067_200, 0)
}

fn yes() -> bool {
    true
}

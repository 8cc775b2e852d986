//! Who will have trouble to sign in, because Backstage finds a person by an e-mail address.
//!
//! Backstage's stock resolvers take the address that Okta sends along. `emailMatchingUserEntityAnnotation` looks for the one
//! user with that `okta.com/email`, `emailMatchingUserEntityProfileEmail` for the one with that e-mail in the profile, and
//! `emailLocalPartMatchingUserEntityName` for the user in the namespace `default` who is called what stands before the `@`.
//! All of them compare in lower case, over the whole catalog.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};

use catalog_model::EntityRef;
use serde::{Serialize, Serializer};

mod notices;

#[cfg(test)]
mod tests;

/// The most characters of a value that the catalog can look for (`MAX_VALUE_LENGTH` of its search index), as JavaScript
/// counts them.
const MAX_VALUE: usize = 200;

/// What is wrong with the e-mail addresses of the users in the catalog.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SignIn {
    /// Addresses that several users have, upper and lower case aside: resolvers that look for an address sign none of
    /// them in. At least one of the users is of this tenant.
    pub duplicates: Vec<Address>,
    /// Users whom `emailLocalPartMatchingUserEntityName` signs in as somebody else.
    pub local_part_of_another: Vec<Mistaken>,
    /// Users whose address no resolver finds.
    pub not_found: Vec<NotFound>,
    /// Users outside of the namespace `default`, for whom `emailLocalPartMatchingUserEntityName` finds nobody.
    #[serde(serialize_with = "as_texts")]
    pub outside_default: Vec<EntityRef>,
    /// Users without an e-mail address.
    #[serde(serialize_with = "as_texts")]
    pub without_email: Vec<EntityRef>,
}

/// An address and who has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Address {
    /// The address in lower case.
    pub email: String,
    /// The users, of this tenant and of others.
    #[serde(serialize_with = "as_texts")]
    pub users: Vec<EntityRef>,
}

/// A user who is taken for another one, because that one is called what stands before the `@` of the user's address.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Mistaken {
    /// The user.
    #[serde(serialize_with = "as_text")]
    pub user: EntityRef,
    /// The user's address.
    pub email: String,
    /// Who the user is signed in as.
    #[serde(serialize_with = "as_text")]
    pub signed_in_as: EntityRef,
}

/// A user whose address cannot be looked for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) struct NotFound {
    /// The user.
    #[serde(serialize_with = "as_text")]
    pub user: EntityRef,
    /// The user's address.
    pub email: String,
    /// What is wrong with it.
    pub why: Unfindable,
}

/// Why the catalog cannot look for an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub(crate) enum Unfindable {
    /// A comma separates the conditions of a filter, and nothing escapes one.
    Comma,
    /// The catalog trims the values of a filter.
    WhiteSpace,
    /// Such values are not in the index.
    TooLong,
}

impl Unfindable {
    fn of(email: &str) -> Option<Self> {
        if email.contains(',') {
            Some(Self::Comma)
        } else if email.contains(char::is_whitespace) {
            Some(Self::WhiteSpace)
        } else if email.len() > MAX_VALUE && email.encode_utf16().count() > MAX_VALUE {
            Some(Self::TooLong)
        } else {
            None
        }
    }
}

impl fmt::Display for Unfindable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Comma => f.write_str("it has a comma in it"),
            Self::WhiteSpace => f.write_str("it has white space in it"),
            Self::TooLong => write!(f, "it is longer than {MAX_VALUE} characters"),
        }
    }
}

impl Serialize for Unfindable {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A user as a resolver sees one.
#[derive(Debug, Clone)]
pub(super) struct Person<'a> {
    pub(super) entity_ref: &'a EntityRef,
    /// The annotation `okta.com/email`.
    pub(super) email: Option<Cow<'a, str>>,
    /// Whether this is somebody of this tenant who has an account; others only have addresses and names that are taken.
    pub(super) signs_in: bool,
}

impl SignIn {
    /// Looks at all users of a catalog.
    pub(super) fn of<'a>(people: impl Iterator<Item = Person<'a>> + Clone) -> Self {
        let mut found = Self::default();
        let mut room = String::new();
        // A million addresses are not copied to learn that no two are the same, and that few are somebody's name.
        let mut addresses: Vec<u64> = Vec::new();
        let mut aims: Vec<u64> = Vec::new();
        for Person {
            entity_ref,
            email,
            signs_in,
        } in people.clone()
        {
            let Some(email) = email else {
                if signs_in {
                    found.without_email.push(entity_ref.clone());
                }
                continue;
            };
            lower(&email, &mut room);
            addresses.push(hash(&room));
            if !signs_in {
                continue;
            }
            if let Some(why) = Unfindable::of(&email) {
                found.not_found.push(NotFound {
                    user: entity_ref.clone(),
                    email: email.into_owned(),
                    why,
                });
                continue;
            }
            aim(&email, &mut room);
            if room != entity_ref.as_str() {
                aims.push(hash(&room));
            }
        }
        found.duplicates = duplicates(people.clone(), addresses);
        found.look_for_names(people, aims);
        found.local_part_of_another.sort_unstable();
        found.not_found.sort_unstable();
        found.outside_default.sort_unstable();
        found.without_email.sort_unstable();
        found
    }

    /// Looks for the people whose name is not what the local part says. `aims` are the names that they would be found by.
    fn look_for_names<'a>(
        &mut self,
        people: impl Iterator<Item = Person<'a>> + Clone,
        mut aims: Vec<u64>,
    ) {
        if aims.is_empty() {
            return;
        }
        aims.sort_unstable();
        let named: HashMap<&str, &EntityRef> = people
            .clone()
            .map(|person| (person.entity_ref.as_str(), person.entity_ref))
            .filter(|(name, _)| aims.binary_search(&hash(name)).is_ok())
            .collect();
        let mut room = String::new();
        for Person {
            entity_ref,
            email,
            signs_in,
        } in people
        {
            let email = email.filter(|email| signs_in && Unfindable::of(email).is_none());
            let Some(email) = email else { continue };
            aim(&email, &mut room);
            match named.get(&*room) {
                Some(same) if *same == entity_ref => {}
                Some(other) => self.local_part_of_another.push(Mistaken {
                    user: entity_ref.clone(),
                    email: email.into_owned(),
                    signed_in_as: (*other).clone(),
                }),
                None if !is_default(entity_ref) => self.outside_default.push(entity_ref.clone()),
                None => {}
            }
        }
    }
}

/// The addresses that several people have, at least one of whom signs in.
fn duplicates<'a>(
    people: impl Iterator<Item = Person<'a>>,
    mut addresses: Vec<u64>,
) -> Vec<Address> {
    addresses.sort_unstable();
    let several: Vec<u64> = addresses
        .chunk_by(|one, other| one == other)
        .filter_map(|same| same.first().filter(|_| same.len() > 1).copied())
        .collect();
    drop(addresses);
    if several.is_empty() {
        return Vec::new();
    }
    let mut room = String::new();
    let mut shared: Vec<(String, &EntityRef, bool)> = Vec::new();
    for person in people {
        let Some(email) = person.email else { continue };
        lower(&email, &mut room);
        if several.binary_search(&hash(&room)).is_ok() {
            shared.push((room.clone(), person.entity_ref, person.signs_in));
        }
    }
    shared.sort_unstable();
    shared
        .chunk_by(|(one, ..), (other, ..)| one == other)
        .filter_map(|same| {
            let (email, ..) = same.first()?;
            let mut users: Vec<EntityRef> =
                same.iter().map(|(_, user, _)| (*user).clone()).collect();
            users.dedup();
            let concerns = users.len() > 1 && same.iter().any(|(.., signs_in)| *signs_in);
            concerns.then(|| Address {
                email: email.clone(),
                users,
            })
        })
        .collect()
}

fn is_default(entity_ref: &EntityRef) -> bool {
    entity_ref.namespace() == "default"
}

/// Writes a text in lower case, as the catalog compares it.
fn lower(text: &str, room: &mut String) {
    room.clear();
    if text.is_ascii() {
        room.push_str(text);
        room.make_ascii_lowercase();
    } else {
        // Not by character: whether a `Σ` is the last letter of a word depends on what follows.
        room.push_str(&text.to_lowercase());
    }
}

/// Writes the ref that `emailLocalPartMatchingUserEntityName` looks for.
fn aim(email: &str, room: &mut String) {
    let local = email.split('@').next().unwrap_or(email);
    room.clear();
    room.push_str("user:default/");
    // Names are ASCII: what else becomes of other letters does not matter.
    room.extend(local.chars().flat_map(char::to_lowercase));
}

fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

fn as_text<S: Serializer>(entity_ref: &EntityRef, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(entity_ref.as_str())
}

fn as_texts<S: Serializer>(refs: &[EntityRef], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(refs.iter().map(EntityRef::as_str))
}

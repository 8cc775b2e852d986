//! Who will have trouble to sign in, because Backstage finds a person by an e-mail address.

use std::hash::{DefaultHasher, Hash, Hasher};

use catalog_model::EntityRef;
use serde::Serialize;

use crate::counted::counted;

/// What is wrong with the e-mail addresses of the users in the catalog.
///
/// Backstage's stock resolvers look for the one user with the address that Okta sends along: nobody is found without
/// one, and with two the sign-in fails.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SignIn {
    /// Addresses, in lower case, that several users have, upper and lower case aside.
    pub duplicates: Vec<Address>,
    /// Users whose login and e-mail address are the same but for upper and lower case.
    #[serde(serialize_with = "as_texts")]
    pub case_drift: Vec<EntityRef>,
    /// Users without an e-mail address.
    #[serde(serialize_with = "as_texts")]
    pub without_email: Vec<EntityRef>,
}

/// An address and who has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Address {
    /// The address in lower case.
    pub email: String,
    /// The users.
    #[serde(serialize_with = "as_texts")]
    pub users: Vec<EntityRef>,
}

impl SignIn {
    /// Looks at users: login, e-mail address and ref of each.
    pub(super) fn of<'u, U>(users: U) -> Self
    where
        U: Iterator<Item = (Option<&'u str>, Option<&'u str>, &'u EntityRef)> + Clone,
    {
        let mut found = Self::default();
        let mut hashes: Vec<u64> = Vec::new();
        let mut lower = String::new();
        for (login, email, entity_ref) in users.clone() {
            let Some(email) = email else {
                found.without_email.push(entity_ref.clone());
                continue;
            };
            hashes.push(hash(email, &mut lower));
            let drifts =
                |login: &str| login != email && login.to_lowercase() == email.to_lowercase();
            if login.is_some_and(drifts) {
                found.case_drift.push(entity_ref.clone());
            }
        }
        // A million addresses are not copied to learn that no two are the same.
        hashes.sort_unstable();
        let several: Vec<u64> = hashes
            .chunk_by(|one, other| one == other)
            .filter_map(|same| same.first().filter(|_| same.len() > 1).copied())
            .collect();
        let mut shared: Vec<(String, &EntityRef)> = users
            .filter_map(|(_, email, entity_ref)| Some((email?, entity_ref)))
            .filter(|(email, _)| {
                !several.is_empty() && several.binary_search(&hash(email, &mut lower)).is_ok()
            })
            .map(|(email, entity_ref)| (email.to_lowercase(), entity_ref))
            .collect();
        shared.sort();
        found.duplicates = shared
            .chunk_by(|(one, _), (other, _)| one == other)
            .filter(|same| same.len() > 1)
            .filter_map(|same| {
                let (email, _) = same.first()?;
                let users = same.iter().map(|(_, entity_ref)| (*entity_ref).clone());
                Some(Address {
                    email: email.clone(),
                    users: users.collect(),
                })
            })
            .collect();
        found.case_drift.sort();
        found.without_email.sort();
        found
    }

    /// Whether everybody can be found by one address.
    #[must_use]
    pub const fn is_clean(&self) -> bool {
        self.duplicates.is_empty() && self.case_drift.is_empty() && self.without_email.is_empty()
    }

    /// What the operator should know, a sentence each.
    pub(crate) fn notices(&self) -> Vec<String> {
        let list = |refs: &[EntityRef]| {
            const SHOWN: usize = 3;
            let shown: Vec<&str> = refs.iter().take(SHOWN).map(EntityRef::as_str).collect();
            let more = if refs.len() > SHOWN { ", …" } else { "" };
            format!("{}{more}", shown.join(", "))
        };
        let users = |count| counted(count, "user", "users");
        let mut notices = Vec::new();
        if let Some(first) = self.duplicates.first() {
            let addresses = counted(
                self.duplicates.len(),
                "e-mail address belongs",
                "e-mail addresses belong",
            );
            notices.push(format!(
                "sign-in: {addresses} to several users, whom Backstage cannot tell apart by it, such as {}",
                list(&first.users)
            ));
        }
        if !self.case_drift.is_empty() {
            notices.push(format!(
                "sign-in: {} with a login and an e-mail address that differ in upper and lower case only: {}",
                users(self.case_drift.len()),
                list(&self.case_drift)
            ));
        }
        if !self.without_email.is_empty() {
            notices.push(format!(
                "sign-in: {} without an e-mail address, and not to be found by one: {}",
                users(self.without_email.len()),
                list(&self.without_email)
            ));
        }
        notices
    }
}

/// A number that is the same for addresses that are the same but for upper and lower case. `lower` is room to work in.
fn hash(email: &str, lower: &mut String) -> u64 {
    if email.is_ascii() {
        lower.clear();
        lower.push_str(email);
        lower.make_ascii_lowercase();
    } else {
        *lower = email.to_lowercase();
    }
    let mut hasher = DefaultHasher::new();
    lower.hash(&mut hasher);
    hasher.finish()
}

fn as_texts<S: serde::Serializer>(refs: &[EntityRef], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(refs.iter().map(EntityRef::as_str))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_cause_trouble_are_named() {
        let refs: Vec<EntityRef> = ["a", "b", "c", "d", "e"]
            .iter()
            .map(|name| format!("user:default/{name}").parse().unwrap())
            .collect();
        let users = [
            (Some("jane@example.com"), Some("Jane@example.com"), &refs[0]),
            (Some("jane"), Some("JANE@example.com"), &refs[1]),
            (Some("x"), None, &refs[2]),
            (None, Some("ÄRA@example.com"), &refs[3]),
            (None, Some("ära@example.com"), &refs[4]),
        ];
        let found = SignIn::of(users.into_iter());
        assert_eq!(
            serde_json::to_value(&found).unwrap(),
            serde_json::json!({
                "duplicates": [
                    {"email": "jane@example.com", "users": ["user:default/a", "user:default/b"]},
                    {"email": "ära@example.com", "users": ["user:default/d", "user:default/e"]},
                ],
                "caseDrift": ["user:default/a"],
                "withoutEmail": ["user:default/c"],
            })
        );
        assert_eq!(found.notices().len(), 3);
        assert!(SignIn::of([].into_iter()).is_clean());
    }
}
